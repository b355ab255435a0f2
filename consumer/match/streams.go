package match

import "math/bits"

// streams are the entries of the marks that anchor rules. Most marks anchor none: a bit says which do, and the rank of the
// mark among them where its stream begins. A supplement has few and keeps them in a table.
type streams struct {
	anchors []uint64
	ranks   []uint32 // of the first mark of each word of anchors; of a supplement, of the marks in keys
	keys    []mark   // of a supplement: open addressing; 0: empty
	starts  []uint32 // by rank; one more for the end of the last
	entries []uint32
}

// newStreams lays out streams of so many words by mark, for marks up to last.
func newStreams(counts []uint32, last int) streams {
	s := streams{anchors: make([]uint64, last>>6+1), ranks: make([]uint32, last>>6+1)}
	rank, total := uint32(0), uint32(0)
	for m, n := range counts {
		if n > 0 {
			s.anchors[m>>6] |= 1 << (m & 63)
			rank++
		}
	}
	s.starts = make([]uint32, 0, rank+1)
	rank = 0
	for i, w := range s.anchors {
		s.ranks[i] = rank
		rank += uint32(bits.OnesCount64(w))
	}
	for _, n := range counts {
		if n > 0 {
			s.starts = append(s.starts, total)
			total += n
		}
	}
	s.starts = append(s.starts, total)
	s.entries = make([]uint32, total)
	return s
}

// newSparse lays out the streams of a supplement, of so many words by the places of their marks.
func newSparse(counts []uint32, places map[mark]uint32) streams {
	size := 4
	for size < 2*len(places) {
		size *= 2
	}
	s := streams{keys: make([]mark, size), ranks: make([]uint32, size), starts: make([]uint32, 0, len(places)+1)}
	for m, at := range places {
		i := slotOf(m) & uint32(size-1)
		for s.keys[i] != 0 {
			i = (i + 1) & uint32(size-1)
		}
		s.keys[i], s.ranks[i] = m, at
	}
	total := uint32(0)
	for _, n := range counts[:len(places)] {
		s.starts = append(s.starts, total)
		total += n
	}
	s.starts = append(s.starts, total)
	s.entries = make([]uint32, total)
	return s
}

// sparse is the rank of a mark of a supplement, if it anchors rules.
func (s *streams) sparse(m mark) (rank uint32, ok bool) {
	last := uint32(len(s.keys) - 1)
	for i := slotOf(m) & last; s.keys[i] != 0; i = (i + 1) & last {
		if s.keys[i] == m {
			return s.ranks[i], true
		}
	}
	return 0, false
}

func (s *streams) anchor(m mark) bool { return s.anchors[m>>6]>>(m&63)&1 != 0 }

// rank is the place in starts of a mark that anchors rules.
func (s *streams) rank(m mark) uint32 {
	return s.ranks[m>>6] + uint32(bits.OnesCount64(s.anchors[m>>6]&(1<<(m&63)-1)))
}

// fill copies entries, each behind its mark, to their streams, in the order in which they come.
func (s *streams) fill(pending [kinds][]uint32) {
	to := make([]uint32, len(s.starts))
	copy(to, s.starts)
	for _, list := range pending {
		for i := 0; i < len(list); {
			n := entrySize(list[i+1])
			r := list[i] // a place is a rank in a supplement
			if s.keys == nil {
				r = s.rank(r)
			}
			to[r] += uint32(copy(s.entries[to[r]:], list[i+1:i+1+n]))
			i += 1 + n
		}
	}
}

// entrySize is how many words an entry has that begins with the head.
func entrySize(head uint32) int {
	if head&63 == farLen {
		return 2
	}
	return 1 + int(head&63)
}
