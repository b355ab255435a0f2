package sketch

import (
	"math"
	"slices"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// signature is the MinHash of the shingles of a text, three words or numbers each, and how many different ones there are.
// Fewer than three words are one shingle.
func (t *tally) signature(doc text.Document) (minima []uint32, shingles int) {
	hashes := t.hashes[:0]
	for i := range doc.Tokens {
		if kind := doc.Tokens[i].Kind; kind == text.Word || kind == text.Number {
			hashes = append(hashes, hash(text.Fold(doc.Word(i))))
		}
	}
	t.hashes = hashes
	if hashes = shingled(hashes); len(hashes) == 0 {
		return nil, 0
	}
	minima = make([]uint32, news.SketchSize)
	for i, f := range functions {
		least := uint32(math.MaxUint32)
		for _, h := range hashes {
			if m := uint32((h*f.times + f.plus) >> 32); m < least {
				least = m
			}
		}
		minima[i] = least
	}
	return minima, len(hashes)
}

// shingled makes of the hashes of words, in their place, those of the shingles, each once.
func shingled(hashes []uint64) []uint64 {
	n := len(hashes)
	out := hashes[:0]
	if n > 0 && n < 3 {
		return append(out, mix(hashes[0]+3*hashes[n-1]))
	}
	for i := range n - 2 {
		out = append(out, mix(hashes[i]+3*hashes[i+1]+9*hashes[i+2]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// hash is FNV-1a.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// mix is the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

type function struct{ times, plus uint64 }

// functions are the hashes of a signature. They never change: signatures are stored.
var functions = func() (fs [news.SketchSize]function) {
	x := uint64(0x9e3779b97f4a7c15)
	next := func() uint64 { x += 0x9e3779b97f4a7c15; return mix(x) }
	for i := range fs {
		fs[i] = function{next() | 1, next()}
	}
	return fs
}()
