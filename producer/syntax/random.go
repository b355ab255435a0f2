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

// thin leaves each key out with a chance of so many in a hundred, and gives what is left, in place and in order.
func (r *random) thin(keys []uint32, percent int) []uint32 {
	if percent <= 0 {
		return keys
	}
	const lanes = 4 // of sixteen bits, drawn at once
	least := uint64(percent) << 16 / 100
	var drawn uint64
	n := 0
	for i, key := range keys {
		if i%lanes == 0 {
			drawn = r.next()
		}
		keys[n] = key
		if drawn&0xffff >= least {
			n++
		}
		drawn >>= 16
	}
	return keys[:n]
}

// perm shuffles the numbers below n.
func (r *random) perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		j := r.below(i + 1)
		p[i], p[j] = p[j], i
	}
	return p
}
