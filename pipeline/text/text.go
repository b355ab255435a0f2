// Package text turns the bytes of an article into sentences and tokens that remember where they stood.
package text

import "github.com/quidnunc-news/quidnunc/pipeline/news"

// Kind says what a token is made of.
type Kind uint8

// The kinds of token.
const (
	Word   Kind = iota // letters, perhaps with digits, hyphens, apostrophes: "OTAN", "l’", "Jean-Yves", "F-16", "M."
	Number             // begins with a digit: "7", "3,5", "1er", "18h30", "2021-10-18"
	Punct              // punctuation; runs of one mark are one token: "...", "?!"
	Symbol             // all else: "€", "%", an emoji, a web or mail address
)

var kinds = [...]string{Word: "word", Number: "number", Punct: "punct", Symbol: "symbol"}

func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return "unknown"
}

// Token is a surface token: its bytes are Document.Text[Start:End]. It is never empty and holds no white space.
type Token struct {
	news.Span
	Kind Kind
}

// Sentence is a run of tokens [First, Last), never empty; its Span reaches from the first token's first byte to the
// last token's last.
type Sentence struct {
	news.Span
	First, Last int
}

// Document is a text cut into sentences and tokens. Tokens come in text order, do not overlap, and hold every byte
// that is not white space; each token belongs to one sentence.
type Document struct {
	Text      string
	Lang      string // ISO 639-1, empty when unknown
	Tokens    []Token
	Sentences []Sentence
}

// Word is the bytes of token i.
func (d Document) Word(i int) string { return d.Text[d.Tokens[i].Start:d.Tokens[i].End] }

// Words is the bytes of every token, by token number.
func (d Document) Words() []string {
	words := make([]string, len(d.Tokens))
	for i := range words {
		words[i] = d.Word(i)
	}
	return words
}

// Sentence is the bytes of sentence i.
func (d Document) Sentence(i int) string {
	return d.Text[d.Sentences[i].Start:d.Sentences[i].End]
}
