package match

import "math/bits"

// streams are the entries of the marks that anchor rules. Most marks anchor none: a bit says which do, and the rank of the
// mark among them where its stream begins.
type streams struct {
	anchors []uint64
	ranks   []uint32 // of the first mark of each word of anchors
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
			r := s.rank(list[i])
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
