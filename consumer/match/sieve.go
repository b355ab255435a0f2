package match

import (
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// sieve is the bits of all that a segment asks for: a word that has none of its bits in it bears no mark.
type sieve []uint64

// newSieve has 16 bits and more for each hash.
func newSieve(hashes []uint32) sieve {
	size := 8
	for size < len(hashes)/4 {
		size *= 2
	}
	s := make(sieve, size)
	for _, h := range hashes {
		s[int(h>>6)&(size-1)] |= 1 << (h & 63)
	}
	return s
}

func (s sieve) has(h uint32) bool { return s[int(h>>6)&(len(s)-1)]>>(h&63)&1 != 0 }

func (s sieve) passes(t trace) bool { return s.has(t.fold) || s.has(t.stem) || s.has(t.start) }

// asks lists the hashes of which a word has one if it bears a mark that the builder gave; open tells that no list does.
func (b *builder) asks() (hashes []uint32, open bool) {
	for n, w := range b.words.list {
		hashes = append(hashes, uint32(b.words.hashes[n]>>32))
		if b.stems[n] != 0 {
			for _, lang := range langs[1:] {
				if stem := text.Stem(lang, w); stem != w {
					hashes = append(hashes, uint32(hash(stem)>>32))
				}
			}
		}
	}
	for w := range b.exact {
		hashes = append(hashes, uint32(hash(text.Fold(w))>>32))
	}
	for p := range b.prefixes {
		open = open || !whole(p)
		hashes = append(hashes, startOf(p))
	}
	for p := range b.patterns {
		p = literal(p)
		open = open || !whole(p)
		hashes = append(hashes, startOf(p))
	}
	return hashes, open
}

// whole tells whether a prefix has enough letters to be looked for by the first of them.
func whole(prefix string) bool { return len(prefix) >= startSize && utf8.ValidString(prefix) }
