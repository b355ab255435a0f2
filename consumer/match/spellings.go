package match

import "strings"

// spellings are words by their numbers, each behind its length in one string.
type spellings struct {
	arena  string
	blocks []uint32          // where every eighth word stands
	long   map[uint32]string // words of 255 bytes and more
}

const blockWords = 8

func newSpellings(words []string) spellings {
	s := spellings{blocks: make([]uint32, 0, len(words)/blockWords+1)}
	size := 0
	for _, w := range words {
		size += 1 + len(w)
	}
	var b strings.Builder
	b.Grow(size)
	for n, w := range words {
		if n%blockWords == 0 {
			s.blocks = append(s.blocks, uint32(b.Len()))
		}
		if len(w) < 255 {
			b.WriteByte(byte(len(w)))
			b.WriteString(w)
			continue
		}
		if s.long == nil {
			s.long = map[uint32]string{}
		}
		s.long[uint32(n)] = w
		b.WriteByte(255)
	}
	s.arena = b.String()
	return s
}

func (s *spellings) word(n uint32) string {
	at := s.blocks[n/blockWords]
	for range n % blockWords {
		if size := s.arena[at]; size < 255 {
			at += uint32(size)
		}
		at++
	}
	size := uint32(s.arena[at])
	if size == 255 {
		return s.long[n]
	}
	return s.arena[at+1 : at+1+size]
}
