package syntax

// random is SplitMix64 (Steele, Lea and Flood 2014): the same seed gives the same shuffles on every machine and with every Go.
type random struct{ state uint64 }

func newRandom(seed uint64, stream int) *random {
	r := &random{seed*mixA + uint64(stream)*mixB}
	r.next()
	return r
}

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below gives a number in [0, n).
func (r *random) below(n int) int { return int((r.next() >> 33) % uint64(n)) }

// perm shuffles the numbers below n.
func (r *random) perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		j := r.below(i + 1)
		p[i], p[j] = p[j], i
	}
	return p
}
