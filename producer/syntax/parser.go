package syntax

import "slices"

// The transitions of the arc-hybrid system (Kuhlmann, Gómez-Rodríguez and Satta 2011), the root at the end of the buffer.
const (
	shift = iota
	left  // the top of the stack becomes a dependent of the first of the buffer
	right // the top of the stack becomes a dependent of the one below
	moves
)

// item is a word in the parser: its node's atoms and what is attached to it so far.
type item struct {
	w, l, t, c           uint64 // word, lemma, tag, class
	head                 int32
	l1, l2, r1, r2       int32 // outermost and second outermost children on each side; the null item if none
	label                uint8
	nl, nr               uint8
	lset, rset           uint64 // labels of the children on each side, one bit each
	mark                 uint64 // the word of a child that says the item's role: case, mark
	commas, verbs, conjs int32  // how many stand before the item
	next, previous       uint64 // tags of the neighbours
	guide                guide
}

// state is a parse under way. items[n] is the root, items[n+1] the null item.
type state struct {
	items  []item
	stack  []int32
	b      int32
	n      int32
	guided bool
}

// start begins a parse. guides, if any, are an earlier parse's arcs.
func (m *Model) start(s *state, nodes []node, guides []guide) {
	s.guided = guides != nil
	s.n = int32(len(nodes))
	s.b = 0
	s.stack = s.stack[:0]
	if cap(s.items) < len(nodes)+2 {
		s.items = make([]item, len(nodes)+2, 2*len(nodes)+2)
	}
	s.items = s.items[:len(nodes)+2]
	null := s.n + 1
	var commas, verbs, conjs int32
	for i := range s.items {
		s.items[i] = item{head: -1, l1: null, l2: null, r1: null, r2: null, commas: commas, verbs: verbs, conjs: conjs}
		if i >= len(nodes) {
			continue
		}
		n, it := &nodes[i], &s.items[i]
		it.w, it.l, it.t = uint64(n.low), uint64(n.lemma), uint64(n.tag)+2
		it.c = uint64(n.class)
		if s.guided {
			it.guide = guides[i]
		}
		if i > 0 {
			it.previous = uint64(nodes[i-1].tag) + 2
		}
		if i+1 < len(nodes) {
			it.next = uint64(nodes[i+1].tag) + 2
		}
		switch m.tags[n.tag].tag {
		case PUNCT:
			commas++
		case VERB, AUX:
			verbs++
		case CCONJ:
			conjs++
		}
	}
	s.items[s.n].w, s.items[s.n].t, s.items[s.n].l = 1, 1, 1
}

// legal says whether the move may be made; in every state but the last one at least one may.
func (s *state) legal(move int) bool {
	switch move {
	case shift:
		return s.b < s.n
	case left:
		return len(s.stack) > 0 && (s.b < s.n || len(s.stack) == 1)
	default:
		return len(s.stack) > 1
	}
}

func (s *state) done() bool { return s.b == s.n && len(s.stack) == 0 }

// arc gives head and dependent of the arc that a move would draw.
func (s *state) arc(move int) (head, dep int32) {
	top := len(s.stack) - 1
	if move == left {
		return s.b, s.stack[top]
	}
	return s.stack[top-1], s.stack[top]
}

func (s *state) move(move int, label uint8, roles uint64) {
	if move == shift {
		s.stack = append(s.stack, s.b)
		s.b++
		return
	}
	head, dep := s.arc(move)
	s.stack = s.stack[:len(s.stack)-1]
	h, d := &s.items[head], &s.items[dep]
	d.head, d.label = head, label
	if move == left {
		h.l2, h.l1 = h.l1, dep
		h.lset |= 1 << (label & 63)
		h.nl++
	} else {
		h.r2, h.r1 = h.r1, dep
		h.rset |= 1 << (label & 63)
		h.nr++
	}
	if roles>>(label&63)&1 != 0 && (h.mark == 0 || move == left) {
		h.mark = d.w
	}
}

var distances = [...]uint64{0, 1, 2, 3, 4, 5, 5, 5, 6, 6, 6, 6, 6, 7}

func distance(a, b int32) uint64 {
	d := b - a
	if d < 0 {
		d = -d
	}
	return distances[min(int(d), len(distances)-1)]
}

func few(n int32) uint64 { return uint64(min(n, 3)) }

func valency(n uint8) uint64 { return uint64(min(n, 4)) }

// side tells where the guide's head of item i stands.
func (s *state) side(head, i int32) uint64 {
	k := len(s.stack)
	switch {
	case i >= s.n:
		return 0
	case head == s.n:
		return 1
	case head == s.b:
		return 2
	case head > s.b:
		return 3
	case k > 0 && head == s.stack[k-1]:
		return 4
	case k > 1 && head == s.stack[k-2]:
		return 5
	}
	return 6
}

// guide is what an earlier parse says of a word: its head, its label, its outermost dependents on either side.
type guide struct {
	head, first, last int32
	label             uint8
}

// guides reads a finished parse. One that went from the end of the sentence to its beginning is turned round.
func (s *state) guides(to []guide, backwards bool) []guide {
	to = to[:0]
	for i := range s.n {
		it := &s.items[i]
		to = append(to, guide{head: it.head, first: i, last: i, label: it.label})
	}
	if backwards {
		slices.Reverse(to)
		for i := range to {
			to[i].first, to[i].last = int32(i), int32(i)
			if to[i].head < s.n {
				to[i].head = s.n - 1 - to[i].head
			}
		}
	}
	for i := range to {
		if h := to[i].head; h < s.n {
			to[h].first = min(to[h].first, int32(i))
			to[h].last = max(to[h].last, int32(i))
		}
	}
	return to
}
