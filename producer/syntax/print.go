package syntax

import (
	"io"
	"strconv"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/syntax/conllu"
)

// Layout is how Print writes trees.
type Layout int

// The layouts.
const (
	CoNLLU  Layout = iota
	Drawing        // one word a line under its head, for people
)

// Print parses the text and writes its trees. The first error of w ends it.
func (m *Model) Print(w io.Writer, s string, layout Layout) error {
	d := text.Segment(s, m.Lang)
	var b []byte
	for i := range d.Sentences {
		t := m.Parse(d, i)
		if layout == Drawing {
			b = append(append(b[:0], t.Draw()...), '\n')
		} else {
			out := t.Annotate(d.Text)
			out.ID, out.Text = strconv.Itoa(i+1), strings.Join(strings.Fields(d.Sentence(i)), " ")
			b = out.Append(b[:0])
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// Annotate gives the tree as a sentence of a treebank; s is the text its spans count in.
func (t Tree) Annotate(s string) conllu.Sentence {
	var out conllu.Sentence
	for i, w := range t.Words {
		n := len(out.Tokens)
		if i > 0 && w.Span == t.Words[i-1].Span && w.End > w.Start {
			out.Tokens[n-1].Last = i + 1
		} else {
			tok := conllu.Token{Form: w.Form, First: i, Last: i + 1}
			if w.Start < w.End && w.End <= len(s) {
				tok.Form = s[w.Start:w.End]
			}
			if n > 0 && t.Words[i-1].End == w.Start {
				out.Tokens[n-1].Glued = true
			}
			out.Tokens = append(out.Tokens, tok)
		}
		out.Words = append(out.Words, conllu.Word{
			Form: w.Form, Lemma: w.Lemma, UPOS: w.Tag.String(), Feats: w.Feats.String(), Head: w.Head + 1, Rel: w.Rel,
		})
	}
	return out
}

// Draw draws the tree: each word on a line, in text order, indented by its depth.
func (t Tree) Draw() string {
	var b strings.Builder
	for _, w := range t.Words {
		depth := 0
		for h := w.Head; h >= 0 && depth < len(t.Words); h = t.Words[h].Head {
			depth++
		}
		b.WriteString(strings.Repeat("  ", min(depth, 20)))
		b.WriteString(w.Form)
		b.WriteString("  " + w.Rel)
		if w.Head >= 0 {
			b.WriteString(" of " + t.Words[w.Head].Form)
		}
		b.WriteString("  " + w.Tag.String())
		if w.Lemma != w.Form {
			b.WriteString(" " + w.Lemma)
		}
		if f := w.Feats.String(); f != "_" {
			b.WriteString(" " + f)
		}
		b.WriteByte('\n')
	}
	if t.Shallow {
		b.WriteString("(too long to be parsed: heads are a chunker's)\n")
	}
	return b.String()
}
