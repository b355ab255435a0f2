package syntax

const (
	freeLabelFeatures = 10
	labelFeatures     = freeLabelFeatures + 14
)

// labelContext fills keys for the label of the arc from head to dep, both as they stand when it is drawn.
func (s *state) labelContext(head, dep int32, keys *[labelFeatures]uint32) []uint32 {
	it := s.items
	h, d := &it[head], &it[dep]
	dir := uint64(1)
	kids := h.lset
	if head < dep {
		dir = 2
		kids = h.rset
	}
	dist := distance(head, dep)*4 + dir
	dl, dr := &it[d.l1], &it[d.r1]
	dkids := d.lset
	keys[0] = feature(1, d.mark, h.l, dir)
	keys[1] = feature(2, d.rset, d.t, h.t*4+dir)
	keys[2] = feature(3, h.lset, h.t, d.t*4+dir)
	keys[3] = feature(4, d.previous, d.t, dir)
	keys[4] = feature(5, dr.w, d.t, dir)
	keys[5] = feature(6, dl.t, d.t, h.t*4+dir)
	lo, hi := &it[min(head, dep)], &it[max(head, dep)]
	keys[6] = feature(7, few(hi.commas-lo.commas)|few(hi.verbs-lo.verbs)<<2, h.t, d.t*4+dir)
	keys[7] = feature(8, h.l, d.t, dir)
	keys[8] = feature(9, d.l, kids, dir)
	keys[9] = feature(10, h.lset|h.rset, d.mark, h.t*4+dir)
	if !s.guided {
		return keys[:freeLabelFeatures]
	}
	keys[10] = feature(11, h.w, dir, 0)
	keys[11] = feature(12, h.t, dir, 0)
	keys[12] = feature(13, d.w, dir, 0)
	keys[13] = feature(14, h.t, d.t, dist)
	keys[14] = feature(15, d.mark, d.t, dir)
	keys[15] = feature(16, dkids, d.t, h.t*4+dir)
	keys[16] = feature(17, h.l, kids, d.t*4+dir)
	keys[17] = feature(18, d.next, d.t, dir)
	keys[18] = feature(19, h.previous, h.t, d.t*4+dir)
	keys[19] = feature(20, dl.w, d.t, dir)
	keys[20] = feature(21, d.c, d.t, h.t*4+dir)
	keys[21] = feature(22, h.c, d.c, (h.t*64+d.t)*4+dir)
	keys[22] = feature(23, dkids, d.mark, d.t*4+dir)
	keys[23] = feature(24, d.l, h.t, dir)
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
