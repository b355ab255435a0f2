package invent

import (
	"math"
	"sort"
)

// draw is a stream of random numbers that is the same on every machine (SplitMix64).
type draw uint64

func (d *draw) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	return mix(uint64(*d))
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// share is evenly spread over [0, 1).
func (d *draw) share() float64 { return float64(d.next()>>11) / (1 << 53) }

// below is one of 0 to n-1.
func (d *draw) below(n int) int { return int(d.share() * float64(n)) }

func (d *draw) chance(p float64) bool { return d.share() < p }

func pick[T any](d *draw, from []T) T { return from[d.below(len(from))] }

// zipf draws ranks from 0, each as often as 1/(rank+1)^s.
type zipf []float64

func newZipf(n int, s float64) zipf {
	z, total := make(zipf, n), 0.0
	for i := range z {
		total += math.Pow(float64(i+1), -s)
		z[i] = total
	}
	for i := range z {
		z[i] /= total
	}
	return z
}

func (z zipf) rank(d *draw) int { return min(sort.SearchFloat64s(z, d.share()), len(z)-1) }
