package text

import (
	"github.com/clipperhouse/uax29/v2/words"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Segment cuts s into sentences and surface tokens, in time linear in its length. lang, "fr" or "en", adds the
// language's clitics ("l’" + "OTAN", "did" + "n't") and abbreviations; any other leaves Unicode's words (UAX #29), with
// hyphenated names, web addresses and runs of one mark kept whole. Invalid UTF-8 is no error: see Normalize.
func Segment(s, lang string) Document { return segment(s, lang, (*tokenizer).simple) }

// segment takes the short cut for simple chunks as an argument, so that a test can do without.
func segment(s, lang string, simple func(t *tokenizer, start, end int) bool) Document {
	t := tokenizer{text: s, language: languages(lang), simply: simple, iter: words.FromString("")}
	t.tokens = make([]Token, 0, len(s)/5+1)
	t.run()
	return Document{Text: s, Lang: lang, Tokens: t.tokens, Sentences: sentences(s, t.tokens, t.language)}
}

// language is what the passes know of a language.
type language struct {
	abbreviations map[string]abbreviation
	starters      map[string]bool // words that, capitalised, begin a sentence rather than go on with a name
	// split cuts clitics off the word [start, end) and adds its tokens to t.
	split func(t *tokenizer, start, end int)
	// elides is true when the word and an apostrophe after it are one token, whatever follows: l’« Union ».
	elides func(word string) bool
}

func languages(lang string) language {
	switch lang {
	case "fr":
		return fr()
	case "en":
		return en()
	}
	return language{abbreviations: common(), split: (*tokenizer).addWord, elides: func(string) bool { return false }}
}

// addWord adds the token [start, end), of the kind its first letter or digit gives it.
func (t *tokenizer) addWord(start, end int) { t.add(start, end, kindOf(t.text[start:end])) }

func (t *tokenizer) add(start, end int, k Kind) {
	t.tokens = append(t.tokens, Token{Span: news.Span{Start: start, End: end}, Kind: k})
}
