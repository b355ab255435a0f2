package story

import (
	"math/bits"
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/cow"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
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

func wordKey(lang string, h uint64) uint64 {
	return word | languageOf(lang) | h>>(2+languageBits)
}

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

// rarity is sixteen times the binary logarithm of how rare a term is, at least 8.
func (f *frequency) rarity(key uint64) uint32 {
	const prior = 32 // articles that are supposed to be known, without the term
	all, with := uint64(f.articles)+prior, uint64(1)
	if n := f.of.Find(key); n != nil {
		with += uint64(*n)
	}
	return max(8, log16(all)-min(log16(all), log16(with)))
}

// log16 is sixteen times the binary logarithm, the mantissa by linear interpolation.
func log16(x uint64) uint32 {
	n := bits.Len64(x) - 1
	if n >= 4 {
		return uint32(n)*16 + uint32(x>>(n-4)&15)
	}
	return uint32(n)*16 + uint32(x<<(4-n)&15)
}

// vector weighs the terms of a report.
func (f *frequency) vector(r *news.Report, v vector) vector {
	add := func(key uint64, weight int, factor uint32) {
		root := roots[min(max(weight, 1), len(roots)-1)]
		v = append(v, weighted{key, root * f.rarity(key) * factor / 2})
	}
	lang := r.Article.Language
	for _, t := range r.Sketch.Terms {
		if t.Key == "" {
			continue
		}
		switch h := hash(t.Key); t.Key[0] {
		case '@', '^':
			add(name|h>>2, t.Weight, nameFactor)
		case '#':
			add(number|h>>2, t.Weight, numberFactor)
		default:
			add(wordKey(lang, h), t.Weight, wordFactor)
		}
	}
	for i := range r.Events {
		for _, key := range eventKeys(&r.Events[i]) {
			add(event|key>>2, 1, eventFactor)
		}
	}
	return v.tidy()
}

// maxSides bounds the actors on one side of an event that are looked at.
const maxSides = 3

// eventKeys are what two tellings of one event have in common in any language: who, what and whom; what, whom and where.
func eventKeys(e *news.Event) []uint64 {
	if e.Historical || e.Realis == news.Hypothetical {
		return nil
	}
	var out []uint64
	what := string(e.What.Type)
	for _, who := range sides(e.Who) {
		for _, whom := range sides(e.Whom) {
			if who != "" || whom != "" {
				out = append(out, hashAll(who, what, whom))
			}
		}
	}
	if e.Where != nil {
		for _, whom := range sides(e.Whom) {
			out = append(out, hashAll(what, whom, e.Where.Country, e.Where.Name))
		}
	}
	return out
}

// sides are the codes of the actors; one empty code where none is told.
func sides(actors []news.Actor) []string {
	if len(actors) == 0 {
		return []string{""}
	}
	out := make([]string, 0, maxSides)
	for _, a := range actors[:min(len(actors), maxSides)] {
		if c := code(a); !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// code names an actor for comparing: its country or body, else its entry, else its name.
func code(a news.Actor) string {
	switch {
	case a.Country != "":
		return a.Country
	case a.Key != "":
		return a.Key
	}
	return a.Name
}

// tidy sorts the terms and keeps each once, with the greatest weight.
func (v vector) tidy() vector {
	slices.SortFunc(v, func(a, b weighted) int {
		if c := compare(a.key, b.key); c != 0 {
			return c
		}
		return int(b.weight) - int(a.weight)
	})
	return slices.CompactFunc(v, func(a, b weighted) bool { return a.key == b.key })
}

// likeness is how much two articles or stories are alike, in thousandths.
type likeness struct {
	all    int // over names, events and the words of the language
	names  int // over names and events alone
	shared int // terms in common, numbers left out
	common int // names and events in common
	deeds  int // events in common
	named  int // names in common
	mine   int // names of the article
	theirs int // names of the story
	spoken bool
}

// like compares an article with a story. Words count that are of the article's language.
func (v vector) like(c vector, lang string) likeness {
	var out likeness
	var dot, dotNames, vv, vn, cc, cn uint64
	language := word | languageOf(lang)
	square := func(w uint32) uint64 { return uint64(w) * uint64(w) }
	j := 0
	for _, t := range v {
		for ; j < len(c) && c[j].key < t.key; j++ {
			weigh(c[j], language, &cc, &cn, &out)
		}
		vv += square(t.weight)
		neutral := t.key&classMask != word
		if t.key&classMask == name {
			out.mine++
		}
		if neutral {
			vn += square(t.weight)
		}
		if j < len(c) && c[j].key == t.key {
			weigh(c[j], language, &cc, &cn, &out)
			product := uint64(t.weight) * uint64(c[j].weight)
			j++
			dot += product
			if t.key&classMask != number {
				out.shared++
			}
			if neutral {
				dotNames += product
				out.common++
			}
			switch t.key & classMask {
			case event:
				out.deeds++
			case name:
				out.named++
			}
		}
	}
	for ; j < len(c); j++ {
		weigh(c[j], language, &cc, &cn, &out)
	}
	out.all = cosine(dot, vv, cc)
	out.names = cosine(dotNames, vn, cn)
	return out
}

func weigh(t weighted, language uint64, all, names *uint64, out *likeness) {
	square := uint64(t.weight) * uint64(t.weight)
	if t.key&classMask == name {
		out.theirs++
	}
	switch {
	case t.key&classMask != word:
		*names += square
		*all += square
	case t.key&languageMask == language:
		*all += square
		out.spoken = true
	}
}

// cosine of two vectors in thousandths, of their product and their squares.
func cosine(dot, a, b uint64) int {
	norm := root(a) * root(b)
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
