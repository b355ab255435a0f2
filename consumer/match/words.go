package match

import (
	"strings"
	"unicode"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// langs are the languages whose words are stemmed in their own way; the first stands for every other.
var langs = [...]string{"", "en", "fr"}

func langOf(code string) int {
	for i, l := range langs {
		if l == code {
			return i
		}
	}
	return 0
}

// How a rule writes a word.
const (
	stemmed = iota
	folded
	exact
)

// gap is what stands between title and text: wider than any NEAR.
const gap = rule.MaxNear + 1

// isWord tells whether a token counts as a word: it has a letter or a digit.
func isWord(k text.Kind, w string) bool {
	return k == text.Word || k == text.Number ||
		k == text.Symbol && strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

// wordsOf cuts a rule's words as the article's are cut.
func wordsOf(s, lang string) []string {
	seg := text.Segment(text.Normalize(s), lang)
	var out []string
	for i, t := range seg.Tokens {
		if w := seg.Word(i); isWord(t.Kind, w) {
			out = append(out, w)
		}
	}
	return out
}

var apostrophes = strings.NewReplacer("’", "'", "ʼ", "'", "‘", "'", "‐", "-", "‑", "-")

// straight sets aside only what no reader sees: which apostrophe and which hyphen was typed.
func straight(s string) string { return apostrophes.Replace(s) }

func foldPrefix(s string) string { return text.Fold(text.Normalize(s)) }
