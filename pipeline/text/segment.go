package text

import (
	"strings"
	"unicode"

	"github.com/clipperhouse/uax29/v2/sentences"
	"github.com/clipperhouse/uax29/v2/words"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Segment cuts s into sentences and surface tokens.
func Segment(s, lang string) Document {
	d := Document{Text: s, Lang: lang}
	for it := sentences.FromString(s); it.Next(); {
		first := len(d.Tokens)
		for w := words.FromString(it.Value()); w.Next(); {
			if v := w.Value(); strings.TrimSpace(v) != "" {
				span := news.Span{Start: it.Start() + w.Start(), End: it.Start() + w.End()}
				d.Tokens = append(d.Tokens, Token{Span: span, Kind: kindOf(v)})
			}
		}
		if last := len(d.Tokens); last > first {
			span := news.Span{Start: d.Tokens[first].Start, End: d.Tokens[last-1].End}
			d.Sentences = append(d.Sentences, Sentence{Span: span, First: first, Last: last})
		}
	}
	return d
}

func kindOf(v string) Kind {
	for _, r := range v {
		switch {
		case unicode.IsLetter(r):
			return Word
		case unicode.IsDigit(r):
			return Number
		case unicode.IsPunct(r):
			return Punct
		}
		break
	}
	return Symbol
}
