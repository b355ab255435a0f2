package match

// pairs are the words that rules ask for right behind each other. An article bears the mark of each that it has, as it
// bears the marks of its words: a phrase of two words is rarer than either, and so the better one to look a rule up by.
type pairs struct {
	keys  []uint64 // open addressing; 0: empty
	marks []mark   // by the place in keys
	words []uint64 // bits: the word is in a pair
}

// pairKey is two words of the rules by their numbers.
func pairKey(first, second uint32) uint64 { return uint64(first+1)<<32 | uint64(second+1) }

// newPairs is of words numbered up to words; of 0, has is not to be asked.
func newPairs(m map[uint64]mark, words int) pairs {
	if len(m) == 0 {
		return pairs{}
	}
	size := uint64(len(m)*5/3 + 1)
	p := pairs{keys: make([]uint64, size), marks: make([]mark, size)}
	if words > 0 {
		p.words = make([]uint64, words>>6+1)
	}
	for key, m := range m {
		i := pairPlace(key, size)
		for p.keys[i] != 0 {
			if i++; i == size {
				i = 0
			}
		}
		p.keys[i], p.marks[i] = key, m
		for _, n := range [...]uint32{uint32(key>>32) - 1, uint32(key) - 1} {
			if words == 0 {
				break
			}
			p.words[n>>6] |= 1 << (n & 63)
		}
	}
	return p
}

func pairPlace(key, size uint64) uint64 {
	key *= 0x9E3779B97F4A7C15
	return reduce(key>>32, size)
}

// has tells whether the word is in a pair.
func (p *pairs) has(word uint32) bool {
	return len(p.words) > 0 && p.words[word>>6]>>(word&63)&1 != 0
}

// find is the mark of a pair, or 0.
func (p *pairs) find(key uint64) mark {
	size := uint64(len(p.keys))
	for i := pairPlace(key, size); p.keys[i] != 0; {
		if p.keys[i] == key {
			return p.marks[i]
		}
		if i++; i == size {
			i = 0
		}
	}
	return 0
}
