package syntax

const (
	freeFeatures = 64 // of a parser that has no guide
	moveFeatures = freeFeatures + 35
)

// moveKeys are the keys of the features of one decision. Feature i is of template i+1.
type moveKeys [moveFeatures]uint32

// context fills keys for the next move, after Zhang and Nivre (2011) with the word of case and mark children,
// label sets, and the punctuation and verbs between.
func (s *state) context(keys *moveKeys) []uint32 {
	var f focus
	f.on(s)
	f.words(keys)
	f.pairs(keys)
	f.triples(keys)
	f.distances(keys)
	f.children(keys)
	f.labels(keys)
	f.roles(keys)
	f.between(keys)
	f.meanings(keys)
	f.ahead(keys)
	if !s.guided {
		return keys[:freeFeatures]
	}
	f.further(keys)
	f.guided(s, keys)
	return keys[:]
}

// focus is what a decision looks at: the top three of the stack, the first four of the buffer, their outermost dependents.
type focus struct {
	i0, i1, j0      int32 // of s0, s1, b0
	s0, s1, s2      *item
	b0, b1, b2, b3  *item
	s0l, s0r        *item
	s0l2, s0r2      *item
	b0l, b0l2       *item
	s1l, s1r        *item
	d0, d1          uint64 // distances from s0 to b0, from s1 to s0
	passed, passed1 uint64 // what stands between s0 and b0, between s1 and s0
	v0, v1, vb      uint64 // valencies
	sb, ss          uint64 // the tags of s0 and b0, and of s1 and s0, in one number
}

const apart = 9 // the distance from nothing

func (f *focus) on(s *state) {
	null, it := s.n+1, s.items
	f.i0, f.i1, f.j0 = null, null, s.b
	i2 := null
	if k := len(s.stack); k > 0 {
		f.i0 = s.stack[k-1]
		if k > 1 {
			f.i1 = s.stack[k-2]
		}
		if k > 2 {
			i2 = s.stack[k-3]
		}
	}
	f.s0, f.s1, f.s2 = &it[f.i0], &it[f.i1], &it[i2]
	f.b0, f.b1, f.b2, f.b3 = &it[s.b], &it[min(s.b+1, null)], &it[min(s.b+2, null)], &it[min(s.b+3, null)]
	f.s0l, f.s0r, f.s0l2, f.s0r2 = &it[f.s0.l1], &it[f.s0.r1], &it[f.s0.l2], &it[f.s0.r2]
	f.b0l, f.b0l2, f.s1l, f.s1r = &it[f.b0.l1], &it[f.b0.l2], &it[f.s1.l1], &it[f.s1.r1]
	f.d0, f.d1 = apart, apart
	if f.i0 != null {
		f.d0, f.passed = distance(f.i0, f.j0), passed(f.s0, f.b0)
	}
	if f.i1 != null {
		f.d1, f.passed1 = distance(f.i1, f.i0), passed(f.s1, f.s0)
	}
	f.v0 = valency(f.s0.nl) | valency(f.s0.nr)<<3
	f.v1, f.vb = valency(f.s1.nr), valency(f.b0.nl)
	f.sb, f.ss = f.s0.t*64+f.b0.t, f.s1.t*64+f.s0.t
}

// passed counts the commas, verbs and conjunctions between two words.
func passed(from, to *item) uint64 {
	return few(to.commas-from.commas) | few(to.verbs-from.verbs)<<2 | few(to.conjs-from.conjs)<<4
}

// words: the words between which the move decides, and those around them.
func (f *focus) words(keys *moveKeys) {
	s0, s1, b0, b1, b2, b3 := f.s0, f.s1, f.b0, f.b1, f.b2, f.b3
	keys[0] = feature(1, s0.w, 0, 0)
	keys[1] = feature(2, s0.w, s0.t, 0)
	keys[2] = feature(3, s1.w, 0, 0)
	keys[3] = feature(4, s1.t, 0, 0)
	keys[4] = feature(5, b0.w, 0, 0)
	keys[5] = feature(6, b0.w, b0.t, 0)
	keys[6] = feature(7, b1.w, 0, 0)
	keys[7] = feature(8, b1.w, b1.t, 0)
	keys[8] = feature(9, b2.w, b2.t, 0)
	keys[9] = feature(10, b2.t, b3.t, 0)
}

// pairs: two words at a time.
func (f *focus) pairs(keys *moveKeys) {
	s0, s1, b0, b1 := f.s0, f.s1, f.b0, f.b1
	keys[10] = feature(11, s0.t, b0.w, b0.t)
	keys[11] = feature(12, s0.w, b0.w, 0)
	keys[12] = feature(13, s0.w, b0.t, 0)
	keys[13] = feature(14, s0.t, b0.t, 0)
	keys[14] = feature(15, b0.t, b1.t, 0)
	keys[15] = feature(16, s1.t, s0.t, 0)
	keys[16] = feature(17, s1.w, s0.t, 0)
	keys[17] = feature(18, s1.t, b0.t, 0)
	keys[18] = feature(19, s1.t, b0.w, 0)
}

// triples: three tags at a time, or a word and the tags around it.
func (f *focus) triples(keys *moveKeys) {
	s0, s1, b0, b1, b2, s0l, s0r, b0l, s1r := f.s0, f.s1, f.b0, f.b1, f.b2, f.s0l, f.s0r, f.b0l, f.s1r
	keys[19] = feature(20, b0.t, b1.t, b2.t)
	keys[20] = feature(21, s0.t, s0l.t, b0.t)
	keys[21] = feature(22, s0.t, s0r.t, b0.t)
	keys[22] = feature(23, s0.t, b0.t, b0l.t)
	keys[23] = feature(24, s1.t, s1r.t, s0.t)
	keys[24] = feature(25, s1.t, s0.t, s0r.t)
	keys[25] = feature(26, s0.w, b0.t, b1.t)
	keys[26] = feature(27, s1.w, s0.t, b0.t)
	keys[27] = feature(28, s1.t, s0.t, b0.w)
	keys[28] = feature(29, s1.t, s0.t, b0.t*64+b1.t)
}

// distances: how far apart the words stand, and how many dependents they have.
func (f *focus) distances(keys *moveKeys) {
	s0, s1, b0 := f.s0, f.s1, f.b0
	keys[29] = feature(30, s0.w, f.d0, 0)
	keys[30] = feature(31, s1.w, f.d1, 0)
	keys[31] = feature(32, s0.t, f.v0, 0)
	keys[32] = feature(33, b0.w, f.vb, 0)
	keys[33] = feature(34, b0.t, f.vb, 0)
	keys[34] = feature(35, s1.w, f.v1, 0)
	keys[35] = feature(36, s1.t, f.v1, s0.t)
}

// children: the outermost dependents.
func (f *focus) children(keys *moveKeys) {
	s0, s1, b0, s0l, s0r, s0l2, b0l, b0l2, s1l, s1r := f.s0, f.s1, f.b0, f.s0l, f.s0r, f.s0l2, f.b0l, f.b0l2, f.s1l, f.s1r
	keys[36] = feature(37, s0l.w, s0l.t, uint64(s0l.label))
	keys[37] = feature(38, s0r.w, s0r.t, uint64(s0r.label))
	keys[38] = feature(39, b0l.w, b0l.t, uint64(b0l.label))
	keys[39] = feature(40, s1r.w, s1r.t, uint64(s1r.label))
	keys[40] = feature(41, s0.t, uint64(s0l.label), uint64(s0l2.label))
	keys[41] = feature(42, s1.t, uint64(s1r.label), uint64(s1l.label))
	keys[42] = feature(43, s0.t, s0l.t, s0l2.t)
	keys[43] = feature(44, b0.t, b0l.t, b0l2.t)
}

// labels: the sets of labels among the dependents.
func (f *focus) labels(keys *moveKeys) {
	s0, s1, b0 := f.s0, f.s1, f.b0
	keys[44] = feature(45, b0.t, b0.lset, s0.t)
	keys[45] = feature(46, s1.l, s1.rset, s0.mark)
}

// roles: the words of case and mark, which tell the role of a word.
func (f *focus) roles(keys *moveKeys) {
	s0, s1, b0 := f.s0, f.s1, f.b0
	keys[46] = feature(47, s0.t, b0.t, b0.mark)
	keys[47] = feature(48, s0.l, b0.mark, 0)
	keys[48] = feature(49, s1.t, s0.t, s0.mark)
	keys[49] = feature(50, s0.mark, b0.mark, s0.t)
}

// between: the punctuation, verbs and conjunctions that stand between.
func (f *focus) between(keys *moveKeys) {
	s0, b0 := f.s0, f.b0
	keys[50] = feature(51, s0.t, b0.t, f.passed)
	keys[51] = feature(52, f.passed, f.d0, s0.t)
}

// meanings: what the word list knows of meaning and government.
func (f *focus) meanings(keys *moveKeys) {
	s0, s1, b0 := f.s0, f.s1, f.b0
	keys[52] = feature(53, s0.c, s0.t, b0.t)
	keys[53] = feature(54, b0.c, b0.t, s0.t)
	keys[54] = feature(55, s0.c, b0.c, f.sb)
	keys[55] = feature(56, s1.c, s0.mark, s1.t)
	keys[56] = feature(57, s1.c, b0.mark, s1.t)
}

// ahead: what comes further on.
func (f *focus) ahead(keys *moveKeys) {
	s0, b0, b1, b2, s0r, b0l := f.s0, f.b0, f.b1, f.b2, f.s0r, f.b0l
	keys[57] = feature(58, b0.w, b1.w, 0)
	keys[58] = feature(59, b0.t, b1.w, 0)
	keys[59] = feature(60, f.sb, b1.t, b2.t)
	keys[60] = feature(61, s0.w, b0.w, b1.t)
	keys[61] = feature(62, f.sb, uint64(s0r.label), uint64(b0l.label))
	keys[62] = feature(63, b1.c, b1.t, b0.t*64+s0.t)
	keys[63] = feature(64, s0.t, b0.t, f.passed*8+f.d0)
}

// further: what the scout does without.
func (f *focus) further(keys *moveKeys) {
	s0, s1, s2, b0, b1, b2, s0r, s0r2, b0l, b0l2 := f.s0, f.s1, f.s2, f.b0, f.b1, f.b2, f.s0r, f.s0r2, f.b0l, f.b0l2
	keys[64] = feature(65, b1.t, 0, 0)
	keys[65] = feature(66, s0.w, s0.t, b0.t)
	keys[66] = feature(67, s0.t, b0.w, 0)
	keys[67] = feature(68, s1.w, s0.w, 0)
	keys[68] = feature(69, s1.t, s0.w, 0)
	keys[69] = feature(70, s1.w, b0.t, 0)
	keys[70] = feature(71, s1.t, s0.t, b0.t)
	keys[71] = feature(72, s1.t, s0.w, b0.t)
	keys[72] = feature(73, s2.t*64+s1.t, s0.t, b0.t)
	keys[73] = feature(74, s0.t, f.d0, 0)
	keys[74] = feature(75, b0.w, f.d0, 0)
	keys[75] = feature(76, s0.w, b0.w, f.d0)
	keys[76] = feature(77, s0.t, b0.t, f.d0)
	keys[77] = feature(78, s0.w, f.v0, 0)
	keys[78] = feature(79, b0.t, uint64(b0l.label), uint64(b0l2.label))
	keys[79] = feature(80, s0.t, s0r.t, s0r2.t)
	keys[80] = feature(81, s0.w, s0.lset, 0)
	keys[81] = feature(82, s0.t, s0.lset, b0.t)
	keys[82] = feature(83, s1.t, s0.t, b0.mark)
	keys[83] = feature(84, s1.l, s0.mark, s0.l)
	keys[84] = feature(85, s0.l, b0.mark, b0.l)
	keys[85] = feature(86, s0.mark, b0.w, b0.t)
	keys[86] = feature(87, s1.t, s0.t, f.passed1)
	keys[87] = feature(88, s0.c, b0.mark, s0.t)
	keys[88] = feature(89, s0.l, b0.l, 0)
	keys[89] = feature(90, b0.w, b1.t, b2.t)
	keys[90] = feature(91, s0.rset, s0.t, b0.w)
	keys[91] = feature(92, f.ss, b0.t, f.v0)
	keys[92] = feature(93, s0.previous, f.sb, b1.t)
}

// guided: what the guide says.
func (f *focus) guided(s *state, keys *moveKeys) {
	s0, b0, b1 := f.s0, f.b0, f.b1
	g0, gb := s.side(s0.guide.head, f.i0), s.side(b0.guide.head, f.j0)
	more, moreB := uint64(0), uint64(0) // whether the guide gives s0 more dependents to the right, b0 to the left
	if f.i0 <= s.n {
		if s0.guide.last >= f.j0 {
			more = 1
		}
		if s0.guide.last > f.j0 {
			more = 2
		}
		if b0.guide.first <= f.i0 {
			moreB = 1
		}
	}
	l0 := uint64(s0.guide.label)
	keys[93] = feature(94, g0, gb, more*2+moreB)
	keys[94] = feature(95, g0, more, l0)
	keys[95] = feature(96, g0*8+gb, more*2+moreB, l0*64+uint64(b0.guide.label))
	keys[96] = feature(97, g0, more, s0.l*mixD+b0.l)
	keys[97] = feature(98, g0*8+gb, b0.mark, f.sb)
	keys[98] = feature(99, g0*8+gb, more*2+moreB, f.sb*64+b1.t)
}
