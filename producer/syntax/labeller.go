package syntax

const (
	freeLabelFeatures = 46
	labelFeatures     = freeLabelFeatures + 5
)

// labelContext fills keys for the label of the arc from head to dep, both as they stand when it is drawn.
func (s *state) labelContext(head, dep int32, keys *[labelFeatures]uint32) []uint32 {
	it := s.items
	h, d := &it[head], &it[dep]
	dir := uint64(1)
	kids, k1 := h.lset, &it[h.l1]
	if head < dep {
		dir = 2
		kids, k1 = h.rset, &it[h.r1]
	}
	dist := distance(head, dep)*4 + dir
	dl, dr := &it[d.l1], &it[d.r1]
	dkids := d.lset
	keys[0] = feature(1, h.w, dir, 0)
	keys[1] = feature(2, h.t, dir, 0)
	keys[2] = feature(3, d.w, dir, 0)
	keys[3] = feature(4, d.t, dir, 0)
	keys[4] = feature(5, h.t, d.t, dir)
	keys[5] = feature(6, h.w, d.w, dir)
	keys[6] = feature(7, h.w, d.t, dir)
	keys[7] = feature(8, h.t, d.w, dir)
	keys[8] = feature(9, h.l, d.l, dir)
	keys[9] = feature(10, h.t, d.t, dist)
	keys[10] = feature(11, d.w, dist, 0)
	keys[11] = feature(12, d.mark, d.t, dir)
	keys[12] = feature(13, d.mark, h.t, d.t*4+dir)
	keys[13] = feature(14, d.mark, h.l, dir)
	keys[14] = feature(15, d.mark, d.l, dir)
	keys[15] = feature(16, kids, h.t, dir)
	keys[16] = feature(17, kids, h.t, d.t*4+dir)
	keys[17] = feature(18, dkids, d.t, dir)
	keys[18] = feature(19, dkids, d.t, h.t*4+dir)
	keys[19] = feature(20, d.rset, d.t, h.t*4+dir)
	keys[20] = feature(21, h.lset, h.t, d.t*4+dir)
	keys[21] = feature(22, h.l, kids, d.t*4+dir)
	keys[22] = feature(23, d.previous, d.t, dir)
	keys[23] = feature(24, d.next, d.t, dir)
	keys[24] = feature(25, h.previous, h.t, d.t*4+dir)
	keys[25] = feature(26, h.next, h.t, d.t*4+dir)
	keys[26] = feature(27, dl.w, d.t, dir)
	keys[27] = feature(28, dr.w, d.t, dir)
	keys[28] = feature(29, dl.t, d.t, h.t*4+dir)
	keys[29] = feature(30, dr.t, d.t, h.t*4+dir)
	keys[30] = feature(31, k1.w, h.t, d.t*4+dir)
	keys[31] = feature(32, uint64(k1.label), h.t, d.t*4+dir)
	keys[32] = feature(33, h.mark, h.t, d.t*4+dir)
	keys[33] = feature(34, h.c, h.t, d.t*4+dir)
	keys[34] = feature(35, d.c, d.t, h.t*4+dir)
	keys[35] = feature(36, h.c, d.c, (h.t*64+d.t)*4+dir)
	keys[36] = feature(37, h.c, d.mark, h.t*4+dir)
	keys[37] = feature(38, d.c, d.mark, d.t*4+dir)
	lo, hi := &it[min(head, dep)], &it[max(head, dep)]
	keys[38] = feature(39, few(hi.commas-lo.commas)|few(hi.verbs-lo.verbs)<<2, h.t, d.t*4+dir)
	keys[39] = feature(40, h.l, d.t, d.mark*4+dir)
	keys[40] = feature(41, dkids, d.mark, d.t*4+dir)
	keys[41] = feature(42, d.l, h.t, dir)
	keys[42] = feature(43, h.l, d.t, dir)
	keys[43] = feature(44, d.w, d.previous, d.next)
	keys[44] = feature(45, d.l, kids, dir)
	keys[45] = feature(46, h.lset|h.rset, d.mark, h.t*4+dir)
	if !s.guided {
		return keys[:freeLabelFeatures]
	}
	same := uint64(d.guide.label) << 1
	if d.guide.head == head {
		same |= 1
	}
	keys[46] = feature(47, same, 0, 0)
	keys[47] = feature(48, same, d.t, h.t)
	keys[48] = feature(49, same, d.w, 0)
	keys[49] = feature(50, same, kids, d.t)
	keys[50] = feature(51, same, d.mark, h.t)
	return keys[:]
}

// parser is one pass of parsing: a table for the moves, one for the labels.
type parser struct {
	mover    flat
	labeller table
}

// parse draws the tree over nodes into s.
func (m *Model) parse(p *parser, s *state, nodes []node, guides []guide, keys *moveKeys, labels *[labelFeatures]uint32) {
	m.start(s, nodes, guides)
	for !s.done() {
		move := p.decide(s, keys)
		label := 0
		if move != shift {
			head, dep := s.arc(move)
			switch {
			case head == s.n:
				label = m.root
			case m.punct >= 0 && m.tags[nodes[dep].tag].tag == PUNCT:
				label = m.punct
			default:
				label = p.labeller.best(s.labelContext(head, dep, labels))
			}
		}
		s.move(move, uint8(label), m.roles)
	}
}

// decide asks the table only where there is a choice.
func (p *parser) decide(s *state, keys *moveKeys) int {
	if s.b == s.n {
		if len(s.stack) > 1 {
			return right
		}
		return left
	}
	if len(s.stack) == 0 {
		return shift
	}
	sums := p.mover.score(s.context(keys))
	best := shift
	if sums[left] > sums[best] {
		best = left
	}
	if len(s.stack) > 1 && sums[right] > sums[best] {
		best = right
	}
	return best
}
