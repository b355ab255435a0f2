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

const (
	freeFeatures = 116 // of a parser that has no guide
	moveFeatures = freeFeatures + 14
)

// context fills keys for the next move, after Zhang and Nivre (2011) with the word of case and mark children,
// label sets, and the punctuation and verbs between.
func (s *state) context(keys *[moveFeatures]uint32) []uint32 {
	null := s.n + 1
	i0, i1, i2 := null, null, null
	if k := len(s.stack); k > 0 {
		i0 = s.stack[k-1]
		if k > 1 {
			i1 = s.stack[k-2]
		}
		if k > 2 {
			i2 = s.stack[k-3]
		}
	}
	j0, j1, j2, j3 := s.b, min(s.b+1, null), min(s.b+2, null), min(s.b+3, null)
	it := s.items
	s0, s1, s2, b0, b1, b2, b3 := &it[i0], &it[i1], &it[i2], &it[j0], &it[j1], &it[j2], &it[j3]
	s0l, s0r, s0l2, s0r2 := &it[s0.l1], &it[s0.r1], &it[s0.l2], &it[s0.r2]
	b0l, b0l2, s1r, s1l := &it[b0.l1], &it[b0.l2], &it[s1.r1], &it[s1.l1]
	d0, d1 := distance(i0, j0), distance(i1, i0)
	if i0 == null {
		d0 = 9
	}
	if i1 == null {
		d1 = 9
	}
	between, between1 := uint64(0), uint64(0)
	if i0 != null {
		between = few(b0.commas-s0.commas) | few(b0.verbs-s0.verbs)<<2 | few(b0.conjs-s0.conjs)<<4
	}
	if i1 != null && i0 != null {
		between1 = few(s0.commas-s1.commas) | few(s0.verbs-s1.verbs)<<2 | few(s0.conjs-s1.conjs)<<4
	}
	v0 := valency(s0.nl) | valency(s0.nr)<<3
	v1 := valency(s1.nr)
	vb := valency(b0.nl)

	keys[0] = feature(1, s0.w, 0, 0)
	keys[1] = feature(2, s0.t, 0, 0)
	keys[2] = feature(3, s0.w, s0.t, 0)
	keys[3] = feature(4, s1.w, 0, 0)
	keys[4] = feature(5, s1.t, 0, 0)
	keys[5] = feature(6, s1.w, s1.t, 0)
	keys[6] = feature(7, b0.w, 0, 0)
	keys[7] = feature(8, b0.t, 0, 0)
	keys[8] = feature(9, b0.w, b0.t, 0)
	keys[9] = feature(10, b1.w, 0, 0)
	keys[10] = feature(11, b1.t, 0, 0)
	keys[11] = feature(12, b1.w, b1.t, 0)
	keys[12] = feature(13, b2.w, b2.t, 0)
	keys[13] = feature(14, b2.t, b3.t, 0)
	keys[14] = feature(15, s2.t, s2.w, 0)
	// pairs
	keys[15] = feature(16, s0.w, s0.t, b0.w*mixD+b0.t)
	keys[16] = feature(17, s0.w, s0.t, b0.t)
	keys[17] = feature(18, s0.t, b0.w, b0.t)
	keys[18] = feature(19, s0.w, b0.w, 0)
	keys[19] = feature(20, s0.w, b0.t, 0)
	keys[20] = feature(21, s0.t, b0.w, 0)
	keys[21] = feature(22, s0.t, b0.t, 0)
	keys[22] = feature(23, b0.t, b1.t, 0)
	keys[23] = feature(24, s1.t, s0.t, 0)
	keys[24] = feature(25, s1.w, s0.w, 0)
	keys[25] = feature(26, s1.w, s0.t, 0)
	keys[26] = feature(27, s1.t, s0.w, 0)
	keys[27] = feature(28, s1.t, b0.t, 0)
	keys[28] = feature(29, s1.w, b0.w, 0)
	keys[29] = feature(30, s1.w, b0.t, 0)
	keys[30] = feature(31, s1.t, b0.w, 0)
	keys[31] = feature(32, s0.w, b1.w, 0)
	// triples
	keys[32] = feature(33, b0.t, b1.t, b2.t)
	keys[33] = feature(34, s0.t, b0.t, b1.t)
	keys[34] = feature(35, s1.t, s0.t, b0.t)
	keys[35] = feature(36, s2.t, s1.t, s0.t)
	keys[36] = feature(37, s0.t, s0l.t, b0.t)
	keys[37] = feature(38, s0.t, s0r.t, b0.t)
	keys[38] = feature(39, s0.t, b0.t, b0l.t)
	keys[39] = feature(40, s1.t, s1r.t, s0.t)
	keys[40] = feature(41, s1.t, s0.t, s0l.t)
	keys[41] = feature(42, s1.t, s0.t, s0r.t)
	keys[42] = feature(43, s0.w, b0.t, b1.t)
	keys[43] = feature(44, s0.t, b0.w, b1.t)
	keys[44] = feature(45, s0.t, b0.t, b1.w)
	keys[45] = feature(46, s1.w, s0.t, b0.t)
	keys[46] = feature(47, s1.t, s0.w, b0.t)
	keys[47] = feature(48, s1.t, s0.t, b0.w)
	keys[48] = feature(49, s1.t, s0.t, b0.t*64+b1.t)
	keys[49] = feature(50, s2.t*64+s1.t, s0.t, b0.t)
	// distance
	keys[50] = feature(51, s0.w, d0, 0)
	keys[51] = feature(52, s0.t, d0, 0)
	keys[52] = feature(53, b0.w, d0, 0)
	keys[53] = feature(54, b0.t, d0, 0)
	keys[54] = feature(55, s0.w, b0.w, d0)
	keys[55] = feature(56, s0.t, b0.t, d0)
	keys[56] = feature(57, s1.t, s0.t, d1)
	keys[57] = feature(58, s1.w, d1, 0)
	// valency
	keys[58] = feature(59, s0.w, v0, 0)
	keys[59] = feature(60, s0.t, v0, 0)
	keys[60] = feature(61, b0.w, vb, 0)
	keys[61] = feature(62, b0.t, vb, 0)
	keys[62] = feature(63, s1.w, v1, 0)
	keys[63] = feature(64, s1.t, v1, s0.t)
	// children
	keys[64] = feature(65, s0l.w, s0l.t, uint64(s0l.label))
	keys[65] = feature(66, s0r.w, s0r.t, uint64(s0r.label))
	keys[66] = feature(67, b0l.w, b0l.t, uint64(b0l.label))
	keys[67] = feature(68, s1r.w, s1r.t, uint64(s1r.label))
	keys[68] = feature(69, s0.t, uint64(s0l.label), uint64(s0l2.label))
	keys[69] = feature(70, s0.t, uint64(s0r.label), uint64(s0r2.label))
	keys[70] = feature(71, b0.t, uint64(b0l.label), uint64(b0l2.label))
	keys[71] = feature(72, s1.t, uint64(s1r.label), uint64(s1l.label))
	keys[72] = feature(73, s0.t, s0l.t, s0l2.t)
	keys[73] = feature(74, s0.t, s0r.t, s0r2.t)
	keys[74] = feature(75, b0.t, b0l.t, b0l2.t)
	// label sets
	keys[75] = feature(76, s0.w, s0.lset, 0)
	keys[76] = feature(77, s0.t, s0.lset, b0.t)
	keys[77] = feature(78, s0.w, s0.rset, 0)
	keys[78] = feature(79, s0.t, s0.rset, b0.t)
	keys[79] = feature(80, b0.t, b0.lset, s0.t)
	keys[80] = feature(81, s1.t, s1.rset, s0.t)
	keys[81] = feature(82, s1.l, s1.rset, s0.mark)
	// roles: the words of case and mark
	keys[82] = feature(83, s0.t, b0.t, b0.mark)
	keys[83] = feature(84, s0.l, b0.mark, 0)
	keys[84] = feature(85, s1.l, b0.mark, s1.t)
	keys[85] = feature(86, s1.t, s0.t, b0.mark)
	keys[86] = feature(87, s1.l, s0.mark, 0)
	keys[87] = feature(88, s1.t, s0.t, s0.mark)
	keys[88] = feature(89, s1.l, s0.mark, s0.l)
	keys[89] = feature(90, s0.l, b0.mark, b0.l)
	keys[90] = feature(91, s0.mark, b0.mark, s0.t)
	keys[91] = feature(92, s0.mark, b0.w, b0.t)
	// between
	keys[92] = feature(93, s0.t, b0.t, between)
	keys[93] = feature(94, s1.t, s0.t, between1)
	keys[94] = feature(95, s0.t, b0.w, between)
	keys[95] = feature(96, between, d0, s0.t)
	// meaning and government
	keys[96] = feature(97, s0.c, s0.t, b0.t)
	keys[97] = feature(98, b0.c, b0.t, s0.t)
	keys[98] = feature(99, s0.c, b0.c, s0.t*64+b0.t)
	keys[99] = feature(100, s1.c, s0.c, s1.t*64+s0.t)
	keys[100] = feature(101, s1.c, s0.mark, s1.t)
	keys[101] = feature(102, s0.c, b0.mark, s0.t)
	keys[102] = feature(103, s1.c, b0.mark, s1.t)
	keys[103] = feature(104, s0.l, b0.l, 0)
	// further ahead
	keys[104] = feature(105, b0.w, b1.w, 0)
	keys[105] = feature(106, b0.w, b1.t, b2.t)
	keys[106] = feature(107, b0.t, b1.w, 0)
	keys[107] = feature(108, s0.t*64+b0.t, b1.t, b2.t)
	keys[108] = feature(109, s0.w, b0.w, b1.t)
	keys[109] = feature(110, s0.t, b0.t*64+b1.t, b2.t*64+b3.t)
	keys[110] = feature(111, s0.t*64+b0.t, uint64(s0r.label), uint64(b0l.label))
	keys[111] = feature(112, b1.c, b1.t, b0.t*64+s0.t)
	keys[112] = feature(113, s0.t, b0.t, between*8+d0)
	keys[113] = feature(114, s0.rset, s0.t, b0.w)
	keys[114] = feature(115, s1.t*64+s0.t, b0.t, v0)
	keys[115] = feature(116, s0.previous, s0.t*64+b0.t, b1.t)
	if !s.guided {
		return keys[:freeFeatures]
	}
	// what the guide says of the words between which the move decides
	g0, gb, g1 := s.side(s0.guide.head, i0), s.side(b0.guide.head, j0), s.side(s1.guide.head, i1)
	more := uint64(0)
	if s0.guide.last >= j0 && i0 != null {
		more = 1
	}
	if s0.guide.last > j0 && i0 != null {
		more = 2
	}
	moreB := uint64(0)
	if b0.guide.first <= i0 && i0 != null {
		moreB = 1
	}
	pair := s0.t*64 + b0.t
	l0 := uint64(s0.guide.label)
	keys[116] = feature(117, g0, more, 0)
	keys[117] = feature(118, g0, gb, more*2+moreB)
	keys[118] = feature(119, g0, more, pair)
	keys[119] = feature(120, gb, moreB, pair)
	keys[120] = feature(121, g0*8+gb, more*2+moreB, pair)
	keys[121] = feature(122, g0*8+g1, more*2+moreB, s1.t*64+s0.t)
	keys[122] = feature(123, g0, more, l0)
	keys[123] = feature(124, g0, more, s0.w)
	keys[124] = feature(125, gb, moreB, b0.w)
	keys[125] = feature(126, g0, more*2+moreB, pair*16+d0)
	keys[126] = feature(127, g0*8+gb, more*2+moreB, l0*64+uint64(b0.guide.label))
	keys[127] = feature(128, g0, more, s0.l*mixD+b0.l)
	keys[128] = feature(129, g0*8+gb, b0.mark, pair)
	keys[129] = feature(130, g0*8+gb, more*2+moreB, pair*64+b1.t)
	return keys[:]
}

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
