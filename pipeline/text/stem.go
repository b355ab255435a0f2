package text

import (
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/french"
)

// Stem returns what the inflected forms of a word have in common, folded: Snowball's stem for "fr" and "en", the folded
// word for any other language. It is for comparing, not for reading.
func Stem(lang, word string) string {
	word = Fold(word)
	env := snowballstem.NewEnv(word)
	switch lang {
	case "fr":
		french.Stem(env)
	case "en":
		english.Stem(env)
	}
	return env.Current()
}
