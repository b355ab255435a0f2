package text

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
)

// The model gives each hashed n-gram a weight for each language; the language with the highest mean wins. Its file is a
// line of names for each script, those behind a "-" only known and not named, a blank line, and the table: a row of
// lanes bytes for each bucket, a byte a language, neutral for no weight. cmd/train makes it: `make languages`.

//go:embed languages.model
var modelFile []byte

const (
	lanes   = 56        // languages, rounded up
	quads   = lanes / 8 // words of a row
	bits    = 15
	buckets = 1 << bits
	neutral = 128
)

// script is one that several languages share.
type script int

const (
	latinScript script = iota
	cyrillicScript
)

var scriptNames = [...]string{latinScript: "latin", cyrillicScript: "cyrillic"}

// detector is the model.
type detector struct {
	names  [len(scriptNames)][]lane
	weight []row // by bucket
}

// row is the weights of a bucket, little endian; the last word only makes it as long as a line of the cache.
type row [quads + 1]uint64

// lane is a language of the model.
type lane struct {
	at    int
	name  string // "": known, but not named
	short string // its code, named or not
}

var model = sync.OnceValue(func() *detector {
	m, err := parseModel(modelFile)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return m
})

func parseModel(file []byte) (*detector, error) {
	head, table, ok := strings.Cut(string(file), "\n\n")
	if !ok || len(table) != buckets*lanes {
		return nil, fmt.Errorf("text: no language model: a table of %d bytes", len(table))
	}
	m := &detector{weight: make([]row, buckets)}
	at := 0
	for line := range strings.SplitSeq(head, "\n") {
		f := strings.Fields(line)
		for s, name := range scriptNames {
			if len(f) == 0 || f[0] != name {
				continue
			}
			for _, code := range f[1:] {
				l := lane{at: at, name: code, short: code}
				if known, ok := strings.CutPrefix(code, "-"); ok {
					l.name, l.short = "", known
				}
				m.names[s] = append(m.names[s], l)
				at++
			}
		}
	}
	for i := range m.weight {
		for q := range quads {
			m.weight[i][q] = binary.LittleEndian.Uint64([]byte(table[i*lanes+8*q:]))
		}
	}
	return m, nil
}

// sum adds rows of the table. Eight bytes of a word are added at once, as four lanes of 16 bits twice: 257 rows fit.
type sum struct {
	even, odd [quads]uint64
	pending   int
	n         int // rows
	total     [lanes]int
}

const evenBytes = 0x00ff00ff00ff00ff

func (s *sum) add(r *row) {
	for q := range quads {
		w := r[q]
		s.even[q] += w & evenBytes
		s.odd[q] += w >> 8 & evenBytes
	}
	if s.pending++; s.pending == 257 {
		s.flush()
	}
}

func (s *sum) flush() {
	for q := range quads {
		for i := range 4 {
			s.total[8*q+2*i] += int(uint16(s.even[q] >> (16 * i)))
			s.total[8*q+2*i+1] += int(uint16(s.odd[q] >> (16 * i)))
		}
	}
	s.even, s.odd = [quads]uint64{}, [quads]uint64{}
	s.n += s.pending
	s.pending = 0
}

// ngrams finds the buckets of a text, letter by letter.
type ngrams struct {
	a, b, c rune   // the letters before, of this word
	length  int    // of this word
	word    uint64 // its hash
}

// Each kind of n-gram has a seed of its own.
const (
	ofThree = 0x9e3779b97f4a7c15
	ofFour  = 0xc2b2ae3d27d4eb4f
	ofWord  = 0x165667b19e3779f9
	spread  = 0xff51afd7ed558ccd
)

func bucket(h uint64) uint64 {
	h ^= h >> 29
	return h * spread >> (64 - bits)
}

// found is the buckets that one more letter gives.
type found struct {
	buckets [3]uint64
	n       int
}

// next reads a letter, or the border behind a word: where there was no word that gives nothing.
func (w *ngrams) next(r rune) (f found) {
	if r == border && w.length == 0 {
		return f
	}
	k := uint64(w.b)<<42 ^ uint64(w.c)<<21 ^ uint64(r)
	f.buckets[0], f.n = bucket(k*ofThree), 1
	if w.length >= 2 {
		f.buckets[1], f.n = bucket((k^uint64(w.a)*ofThree)*ofFour), 2
	}
	if r == border {
		f.buckets[f.n] = bucket(w.word ^ uint64(w.length))
		f.n++
		*w = ngrams{}
		return f
	}
	w.a, w.b, w.c = w.b, w.c, r
	w.word = (w.word ^ uint64(r)) * ofWord
	w.length++
	return f
}

// distinct is how much more than the next a language's mean weight must be, in hundredths of a step of the table; plain is
// how much where little of a text was read.
const distinct, plain = 100, 1000

// short is how many n-grams a text seems to lack: the shorter it is, the clearer it must be.
const short = 30

// decide names the language of the highest sum, or "" where another is within margin.
func (m *detector) decide(s *sum, of script, margin int) string {
	s.flush()
	var best lane
	most, second := -1, -1
	for _, l := range m.names[of] {
		switch n := s.total[l.at]; {
		case n > most:
			best, most, second = l, n, most
		case n > second:
			second = n
		}
	}
	if (most-second)*100 < margin*(s.n+short) {
		return ""
	}
	return best.name
}
