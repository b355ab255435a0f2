package syntax_test

import (
	"fmt"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

func Example() {
	d := text.Segment("L’OTAN a choisi d’expulser sept diplomates.", "fr")
	tree := syntax.For(d.Lang).Parse(d, 0)
	for _, w := range tree.Words {
		head := "root"
		if w.Head >= 0 {
			head = tree.Words[w.Head].Lemma
		}
		fmt.Println(w.Form, w.Tag, w.Lemma, w.Rel, head)
	}
	// Output:
	// L’ DET le det OTAN
	// OTAN PROPN OTAN nsubj choisir
	// a AUX avoir aux:tense choisir
	// choisi VERB choisir root root
	// d’ ADP de mark expulser
	// expulser VERB expulser xcomp choisir
	// sept NUM sept nummod diplomate
	// diplomates NOUN diplomate obj expulser
	// . PUNCT . punct choisir
}
