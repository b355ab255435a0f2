package syntax

import (
	"fmt"
	"strings"

	"github.com/quidnunc-news/quidnunc/producer/syntax/conllu"
)

// Score counts what of a treebank a model has right.
type Score struct {
	Sentences            int
	Words, Given, Found  int // in the treebank; given by the model; at the same place in both
	UPOS, Head, Arc      int // right tags; right heads; right heads with the right universal relation
	Lemmas               int
	Plain                int // words that are no punctuation
	PlainHead, PlainArc  int
	Relations, Arguments map[string]*F1 // Arguments: of words that the treebank calls verbs
}

// F1 counts one relation: how often it is in the treebank, how often given, how often right in head and relation.
type F1 struct{ Gold, Given, Right int }

// Percent is the harmonic mean of precision and recall.
func (f F1) Percent() float64 {
	if f.Gold+f.Given == 0 {
		return 0
	}
	return 200 * float64(f.Right) / float64(f.Gold+f.Given)
}

var measured = []string{"nsubj", "nsubj:pass", "obj", "obl:agent", "iobj", "xcomp"}

// NewScore is a score of nothing yet.
func NewScore() *Score {
	s := &Score{Relations: map[string]*F1{}, Arguments: map[string]*F1{}}
	for _, r := range measured {
		s.Relations[r], s.Arguments[r] = new(F1), new(F1)
	}
	return s
}

// Add compares a tree with the treebank's. pairs gives for each word of the treebank the word of the tree at its place, or -1.
func (s *Score) Add(gold conllu.Sentence, words []Word, pairs []int) {
	s.Sentences++
	s.Words += len(gold.Words)
	s.Given += len(words)
	back := make([]int, len(words))
	for i := range back {
		back[i] = -1
	}
	for g, p := range pairs {
		if p >= 0 {
			back[p] = g
		}
	}
	for g, w := range gold.Words {
		plain := w.UPOS != "PUNCT"
		if plain {
			s.Plain++
		}
		verb := w.Head > 0 && gold.Words[w.Head-1].UPOS == "VERB"
		s.count(w.Rel, verb, func(f *F1) { f.Gold++ })
		if pairs[g] < 0 {
			continue
		}
		p := words[pairs[g]]
		s.Found++
		if p.Tag.String() == w.UPOS {
			s.UPOS++
		}
		if strings.EqualFold(p.Lemma, w.Lemma) || w.Lemma == "_" {
			s.Lemmas++
		}
		if head := p.Head; head < 0 && w.Head == 0 || head >= 0 && back[head] >= 0 && back[head] == w.Head-1 {
			s.right(w, p, plain, verb)
		}
	}
	for _, p := range words {
		verb := p.Head >= 0 && back[p.Head] >= 0 && gold.Words[back[p.Head]].UPOS == "VERB"
		s.count(p.Rel, verb, func(f *F1) { f.Given++ })
	}
}

func (s *Score) right(w conllu.Word, p Word, plain, verb bool) {
	s.Head++
	if plain {
		s.PlainHead++
	}
	if universal(p.Rel) == universal(w.Rel) {
		s.Arc++
		if plain {
			s.PlainArc++
		}
	}
	same := map[*F1]bool{}
	s.count(w.Rel, verb, func(f *F1) { same[f] = true })
	s.count(p.Rel, verb, func(f *F1) {
		if same[f] {
			f.Right++
		}
	})
}

// count calls f with the counters a relation belongs to: nsubj:pass counts as nsubj among the arguments.
func (s *Score) count(rel string, verb bool, f func(*F1)) {
	exact := rel
	if rel != "nsubj:pass" && rel != "obl:agent" {
		exact = universal(rel)
	}
	if c := s.Relations[exact]; c != nil {
		f(c)
	}
	if verb {
		if c := s.Arguments[universal(rel)]; c != nil {
			f(c)
		}
	}
}

// Percent is the F1 of a count of right words, in percent: on the treebank's own words, its accuracy.
func (s *Score) Percent(right int) float64 {
	return 200 * float64(right) / float64(max(1, s.Words+s.Given))
}

// String prints the score, one line for each kind of figure.
func (s *Score) String() string {
	share := func(right, of int) float64 { return 100 * float64(right) / float64(max(1, of)) }
	mean := s.Percent
	var b strings.Builder
	fmt.Fprintf(&b, "%d sentences, %d words", s.Sentences, s.Words)
	if s.Given != s.Words || s.Found != s.Words {
		fmt.Fprintf(&b, ", words F1 %.2f", mean(s.Found))
	}
	fmt.Fprintf(&b, "\nUPOS %.2f  UAS %.2f  LAS %.2f  lemmas %.2f", mean(s.UPOS), mean(s.Head), mean(s.Arc), mean(s.Lemmas))
	fmt.Fprintf(&b, "\nwithout punctuation: UAS %.2f  LAS %.2f\nF1", share(s.PlainHead, s.Plain), share(s.PlainArc, s.Plain))
	for _, r := range measured {
		fmt.Fprintf(&b, "  %s %.2f", r, s.Relations[r].Percent())
	}
	fmt.Fprintf(&b, "\nF1 of the arguments of verbs:  nsubj with nsubj:pass %.2f  obj %.2f\n", s.Arguments["nsubj"].Percent(), s.Arguments["obj"].Percent())
	return b.String()
}

// Measure parses the treebank's own words and adds the result to the score.
func (m *Model) Measure(gold []conllu.Sentence, s *Score) {
	for _, g := range gold {
		forms := make([]string, len(g.Words))
		pairs := make([]int, len(g.Words))
		for i, w := range g.Words {
			forms[i], pairs[i] = w.Form, i
		}
		s.Add(g, m.Words(forms).Words, pairs)
	}
}
