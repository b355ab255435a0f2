package story

import (
	"math/bits"

	"github.com/quidnunc-news/quidnunc/consumer/cow"
)

// weighted is a term and how much it says.
type weighted struct {
	key    uint64 // class in the two highest bits
	weight uint32
}

// vector is terms sorted by key, none twice.
type vector []weighted

// The classes of terms, in the two highest bits of their keys. Words are compared within a language only.
const (
	name   uint64 = iota << 62 // names and actors: the same in every language
	event                      // who, what, whom, where
	number                     // the same in every language, too
	word
)

const classMask = 3 << 62

// languageBits of a word's key hold its language.
const languageBits = 8

// wordKey is the key of a word with the hash, in a language as its words' keys have it.
func wordKey(tongue, h uint64) uint64 { return tongue | h>>(2+languageBits) }

func languageOf(lang string) uint64 { return hash(lang) >> (64 - languageBits) << (62 - languageBits) }

// languageMask and class of a word's key.
const languageMask = classMask | (1<<languageBits-1)<<(62-languageBits)

// How much terms of each kind weigh, in halves.
const (
	wordFactor   = 2
	nameFactor   = 3
	numberFactor = 2
	eventFactor  = 5
)

// roots are sixteen times the square root of a term's weight in a sketch.
var roots = [...]uint32{0, 16, 23, 28, 32, 36, 39, 42, 45, 48, 51, 53, 55}

// frequency is in how many articles terms are, the older ones counting less.
type frequency struct {
	articles uint32
	of       cow.Table[uint32]
	halved   int64 // when
}

const (
	maxCounted = 1 << 17 // articles, then all counts are halved
	halfLife   = 7 * 24 * 3600
	maxTerms   = 1 << 21
)

func (f *frequency) count(v vector) {
	for _, t := range v {
		n, _ := f.of.Own(t.key)
		*n++
	}
	if f.articles++; f.articles > maxCounted || f.of.Len() > maxTerms {
		f.halve()
	}
}

func (f *frequency) decay(now int64) {
	if f.halved == 0 {
		f.halved = now
	}
	for n := 0; now-f.halved >= halfLife; n++ {
		if f.halved += halfLife; n < 32 {
			f.halve()
		}
	}
}

func (f *frequency) halve() {
	f.articles /= 2
	f.of.Keep(func(n uint32) (uint32, bool) { return n / 2, n > 1 })
}

// vector weighs the terms of a report, appended to v: sixteen times the binary logarithm of how rare each is, at least 8.
func (f *frequency) vector(terms []stem, v vector) vector {
	const prior = 32 // articles that are supposed to be known, without the term
	all := log16(uint64(f.articles) + prior)
	for _, t := range terms {
		with := uint64(1)
		if n := f.of.Find(t.key); n != nil {
			with += uint64(*n)
		}
		rarity := max(8, all-min(all, log16(with)))
		v = append(v, weighted{t.key, t.factor * rarity / 2})
	}
	return v
}

// log16 is sixteen times the binary logarithm, the mantissa by linear interpolation.
func log16(x uint64) uint32 {
	n := bits.Len64(x) - 1
	if n >= 4 {
		return uint32(n)*16 + uint32(x>>(n-4)&15)
	}
	return uint32(n)*16 + uint32(x<<(4-n)&15)
}

// probe is a vector that is compared with centres, and what is asked of it each time.
type probe struct {
	terms   vector
	names   int
	all     uint64 // root of the squares of its weights
	neutral uint64 // root of those that are no words
}

func (v vector) probe() probe {
	p := probe{terms: v}
	var all, neutral uint64
	for _, t := range v {
		all += square(t.weight)
		if t.key&classMask != word {
			neutral += square(t.weight)
		}
		if t.key&classMask == name {
			p.names++
		}
	}
	p.all, p.neutral = root(all), root(neutral)
	return p
}

// centre is what a story is about, and what is asked of it each time an article is compared with it. It never changes.
type centre struct {
	terms   vector
	names   int
	neutral uint64    // root of the squares of the weights that are no words'
	first   [2]tongue // of its words; most have no more
	others  []tongue
}

// tongue is a language, as words' keys have it, and the root of the squares of its words and of what is no word.
type tongue struct{ key, all uint64 }

func newCentre(v vector) centre {
	c := centre{terms: v}
	i := 0
	var neutral uint64
	for ; i < len(v) && v[i].key < word; i++ {
		neutral += square(v[i].weight)
		if v[i].key&classMask == name {
			c.names++
		}
	}
	c.neutral = root(neutral)
	for i < len(v) {
		t := tongue{key: v[i].key & languageMask}
		all := neutral
		for ; i < len(v) && v[i].key&languageMask == t.key; i++ {
			all += square(v[i].weight)
		}
		t.all = root(all)
		switch {
		case c.first[0].key == 0:
			c.first[0] = t
		case c.first[1].key == 0:
			c.first[1] = t
		default:
			c.others = append(c.others, t)
		}
	}
	return c
}

// in is the root of the squares of what is no word and of the words of a language; spoken tells whether there are any.
func (c *centre) in(language uint64) (all uint64, spoken bool) {
	switch language {
	case c.first[0].key:
		return c.first[0].all, true
	case c.first[1].key:
		return c.first[1].all, true
	}
	for _, t := range c.others {
		if t.key == language {
			return t.all, true
		}
	}
	return c.neutral, false
}

func square(w uint32) uint64 { return uint64(w) * uint64(w) }

// likeness is how much two articles or stories are alike, in thousandths.
type likeness struct {
	all    int // over names, events and the words of the language
	names  int // over names and events alone
	shared int // terms in common, numbers left out
	common int // names and events in common
	deeds  int // events in common
	named  int // names in common
	spoken bool
}

// like compares an article with a story. Words count that are of the article's language.
func (p *probe) like(c *centre, language uint64) likeness {
	var out likeness
	var dot, neutral uint64
	v, w := p.terms, c.terms
	for i, j := 0, 0; i < len(v) && j < len(w); {
		a, b := v[i].key, w[j].key
		if a != b {
			_, less := bits.Sub64(a, b, 0) // which of the two is less is a toss-up: nothing to branch on
			i, j = i+int(less), j+1-int(less)
			continue
		}
		product := uint64(v[i].weight) * uint64(w[j].weight)
		i, j = i+1, j+1
		dot += product
		class := a & classMask
		if class != number {
			out.shared++
		}
		if class != word {
			neutral += product
			out.common++
		}
		switch class {
		case event:
			out.deeds++
		case name:
			out.named++
		}
	}
	all, spoken := c.in(language)
	out.spoken = spoken
	out.all, out.names = cosine(dot, p.all*all), cosine(neutral, p.neutral*c.neutral)
	return out
}

// cosine of two vectors in thousandths, of their product and that of their lengths.
func cosine(dot, norm uint64) int {
	if norm == 0 {
		return 0
	}
	return int(dot * 1000 / norm)
}

// root is the integer square root.
func root(x uint64) uint64 {
	if x == 0 {
		return 0
	}
	r := uint64(1) << ((bits.Len64(x) + 1) / 2)
	for {
		next := (r + x/r) / 2
		if next >= r {
			return r
		}
		r = next
	}
}
