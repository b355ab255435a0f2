package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/syntax/conllu"
)

// MeasureRaw parses the treebank's raw text, line by line, and adds the result to the score: words count as found
// where they cover the same letters, and within a contraction where they have the same form in the same order.
func (m *Model) MeasureRaw(gold []conllu.Sentence, s *Score) {
	for _, g := range gold {
		words := m.parseText(g.Text)
		s.Add(g, words, align(g, words))
	}
}

// parseText parses every sentence of a text; heads count from its first word.
func (m *Model) parseText(s string) []Word {
	d := text.Segment(s, m.Lang)
	var all []Word
	for i := range d.Sentences {
		from := len(all)
		for _, w := range m.Parse(d, i).Words {
			if w.Head >= 0 {
				w.Head += from
			}
			all = append(all, w)
		}
	}
	return all
}

// align pairs each word of the treebank with the word at its place, or -1.
func align(g conllu.Sentence, words []Word) []int {
	pairs := make([]int, len(g.Words))
	for i := range pairs {
		pairs[i] = -1
	}
	at, next := 0, 0
	for _, tok := range g.Tokens {
		span := locate(g.Text, at, tok.Form)
		at = span.End
		for next < len(words) && words[next].Start < span.Start {
			next++
		}
		end := next
		for end < len(words) && words[end].Start < span.End && words[end].End <= span.End {
			end++
		}
		inside := words[next:end]
		if tok.Last-tok.First == 1 {
			if len(inside) == 1 && inside[0].Span == span {
				pairs[tok.First] = next
			}
		} else {
			alignForms(g.Words[tok.First:tok.Last], inside, pairs[tok.First:tok.Last], next)
		}
		next = end
	}
	return pairs
}

// locate finds the form from at on, passing over white space that the form lacks or the text adds.
func locate(s string, at int, form string) news.Span {
	for at < len(s) {
		r, size := utf8.DecodeRuneInString(s[at:])
		if !unicode.IsSpace(r) {
			break
		}
		at += size
	}
	if strings.HasPrefix(s[at:], form) {
		return news.Span{Start: at, End: at + len(form)}
	}
	end := at
	for _, want := range form {
		if unicode.IsSpace(want) {
			continue
		}
		for end < len(s) {
			r, size := utf8.DecodeRuneInString(s[end:])
			end += size
			if !unicode.IsSpace(r) {
				break
			}
		}
	}
	return news.Span{Start: at, End: end}
}

func alignForms(gold []conllu.Word, words []Word, pairs []int, offset int) {
	from := 0
	for i, w := range gold {
		for k := from; k < len(words); k++ {
			if strings.EqualFold(words[k].Form, w.Form) {
				pairs[i], from = offset+k, k+1
				break
			}
		}
	}
}
