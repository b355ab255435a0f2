package match

import (
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// sieve is the bits of all that a small segment asks for: a word that has none of its bits in it bears no mark. A small
// segment lives too short to be learned.
type sieve []uint64

// sieved is the most rules of a segment that has a sieve. A supplement always has one: of few words.
const sieved = 1024

func (b *builder) sieve(rules int) sieve {
	if rules > sieved && b.base == nil {
		return nil
	}
	size := 8
	for size < (3*len(b.words.list)+len(b.prefixes)+len(b.patterns)+len(b.exact))/4+8 { // 16 bits and more a word
		size *= 2
	}
	s := make(sieve, size)
	for n, w := range b.words.list {
		s.add(uint32(b.words.hashes[n] >> 32))
		if b.stems[n] != 0 {
			for _, lang := range langs[1:] {
				s.add(uint32(hash(text.Stem(lang, w)) >> 32))
			}
		}
	}
	for w := range b.exact {
		s.add(uint32(hash(text.Fold(w)) >> 32))
	}
	for p := range b.prefixes {
		if !s.start(p) {
			return sieve{none}
		}
	}
	for p := range b.patterns {
		if !s.start(literal(p)) {
			return sieve{none}
		}
	}
	return s
}

// start adds the first letters of a prefix, if there are enough.
func (s sieve) start(prefix string) bool {
	if len(prefix) < startSize || !utf8.ValidString(prefix) {
		return false
	}
	s.add(startOf(prefix))
	return true
}

func (s sieve) add(h uint32) { s[int(h>>6)&(len(s)-1)] |= 1 << (h & 63) }

func (s sieve) has(h uint32) bool { return s[int(h>>6)&(len(s)-1)]>>(h&63)&1 != 0 }

// scout remembers which of the lexer's words pass the sieve of a supplement.
type scout struct {
	segment *segment
	round   int
	asked   int // articles
	known   int // words of which it knows
	bits    []uint64
}

// scouted is how many articles ask a sieve before what it says is remembered: most supplements do not live that long.
const scouted = 32

// scoutOf is the one that knows a supplement, or the one that was asked least.
func (v *view) scoutOf(s *segment, round int) *scout {
	least := &v.scouts[0]
	for i := range v.scouts {
		if x := &v.scouts[i]; x.segment == s && x.round == round {
			x.asked++
			return x
		} else if x.asked < least.asked {
			least = x
		}
	}
	for i := range v.scouts {
		v.scouts[i].asked /= 2
	}
	*least = scout{segment: s, round: round, bits: least.bits[:0]}
	return least
}

// learn asks the sieve of all words that the lexer knows.
func (x *scout) learn(l *lexer) {
	for len(x.bits) <= l.known>>6 {
		x.bits = append(x.bits, 0)
	}
	for n, t := range l.traces[x.known:l.known] {
		if n += x.known; x.segment.sieve.passes(t) {
			x.bits[n>>6] |= 1 << (n & 63)
		}
	}
	x.known = l.known
}

func (s sieve) passes(t trace) bool { return s.has(t.fold) || s.has(t.stem) || s.has(t.start) }
