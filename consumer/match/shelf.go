package match

// shelf hands out slices that all live until it is cleared: what is made of one rule is of no use for the next.
type shelf[T any] struct{ free, all []T }

// A shelf begins small, for the few rules of an explanation, and doubles up to what the compiling of many is best served by.
const (
	leastShelf = 16
	mostShelf  = 1024
)

// take gives n zero values.
func (s *shelf[T]) take(n int) []T {
	if n > len(s.free) {
		s.all = make([]T, max(n, leastShelf, min(2*len(s.all), mostShelf)))
		s.free = s.all
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	return out
}

func (s *shelf[T]) clear() {
	clear(s.all[:len(s.all)-len(s.free)])
	s.free = s.all
}

// wordList numbers the words of rules in the order in which they are first asked for.
type wordList struct {
	list   []string
	hashes []uint64
	table  []uint64 // open addressing: the upper half of the hash, number + 1
}

const upperHalf = ^uint64(1<<32 - 1)

// number is the word's; it tells whether the word was there.
func (l *wordList) number(s string) (n uint32, known bool) {
	if 2*len(l.list) >= len(l.table) {
		l.grow()
	}
	h, last := hash(s), uint64(len(l.table)-1)
	i := h & last
	for ; l.table[i] != 0; i = (i + 1) & last {
		if n := uint32(l.table[i]) - 1; (l.table[i]^h)&upperHalf == 0 && l.list[n] == s {
			return n, true
		}
	}
	l.list, l.hashes = append(l.list, s), append(l.hashes, h)
	l.table[i] = h&upperHalf | uint64(len(l.list))
	return uint32(len(l.list) - 1), false
}

func (l *wordList) grow() {
	l.table = make([]uint64, max(256, 4*len(l.table)))
	last := uint64(len(l.table) - 1)
	for n, h := range l.hashes {
		i := h & last
		for l.table[i] != 0 {
			i = (i + 1) & last
		}
		l.table[i] = h&upperHalf | uint64(n+1)
	}
}
