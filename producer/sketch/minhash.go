package sketch

import (
	"math"
	"slices"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// signature is the MinHash of the words' shingles, three words each, and how many different ones there are. Fewer than
// three words are one shingle.
func signature(words []string) (minima []uint32, shingles int) {
	hashes := shingled(words)
	if len(hashes) == 0 {
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

func shingled(words []string) []uint64 {
	if len(words) == 0 {
		return nil
	}
	hashes := make([]uint64, len(words))
	for i, w := range words {
		hashes[i] = hash(w)
	}
	if len(words) < 3 {
		return []uint64{mix(hashes[0] + 3*hashes[len(words)-1])}
	}
	out := hashes[:0]
	for i := range len(words) - 2 {
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
