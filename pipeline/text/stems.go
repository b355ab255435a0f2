package text

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// stems remembers the stems of words that came lately: news is written in few words, and finding a stem takes twenty times
// as long as looking it up. Each word has one place, which it takes from the word that was there. Safe for concurrent use.
type stems struct {
	seed   maphash.Seed
	find   func(word string) string
	places [1 << 15]atomic.Pointer[stemmed]
}

type stemmed struct{ word, stem string }

// longestStemmed bounds what is remembered to some megabytes: what is longer is rarely a word.
const longestStemmed = 32

var (
	frenchStems  = &stems{seed: maphash.MakeSeed(), find: stemFrench}
	englishStems = &stems{seed: maphash.MakeSeed(), find: stemEnglish}
)

// of is the stem of a folded word.
func (s *stems) of(word string) string {
	if len(word) > longestStemmed {
		return s.find(word)
	}
	place := &s.places[maphash.String(s.seed, word)%uint64(len(s.places))]
	if known := place.Load(); known != nil && known.word == word {
		return known.stem
	}
	own := strings.Clone(word) // not the article it was cut from
	found := &stemmed{own, s.find(own)}
	place.Store(found)
	return found.stem
}
