package syntax

// tagFeatures is the number of features of one decision of the tagger.
const (
	usualTagFeatures = 41 // in a language whose word list tells no usage
	tagFeatures      = usualTagFeatures + 10
)

// tagContext fills keys for the word at i of nodes, whose words before i are tagged. nodes has two empty
// nodes before the first word (i counts from 2) and two after the last.
func tagContext(nodes []node, i int, usage bool, keys *[tagFeatures]uint32) []uint32 {
	n0, p1, p2, n1, n2 := &nodes[i], &nodes[i-1], &nodes[i-2], &nodes[i+1], &nodes[i+2]
	w0, m0, sh := uint64(n0.low), uint64(n0.mask), uint64(n0.shape)
	t1, t2 := uint64(p1.tag)+1, uint64(p2.tag)+1
	m1 := uint64(n1.mask)
	s3 := uint64(n0.suffix[2])
	wp, wn := uint64(p1.low), uint64(n1.low)
	keys[0] = feature(1, w0, 0, 0)
	keys[1] = feature(2, w0, sh, 0)
	keys[2] = feature(3, uint64(n0.suffix[0]), 0, 0)
	keys[3] = feature(4, uint64(n0.suffix[1]), 0, 0)
	keys[4] = feature(5, s3, 0, 0)
	keys[5] = feature(6, uint64(n0.suffix[3]), 0, 0)
	keys[6] = feature(7, uint64(n0.suffix[4]), 0, 0)
	keys[7] = feature(8, uint64(n0.prefix[1]), 0, 0)
	keys[8] = feature(9, uint64(n0.prefix[2]), 0, 0)
	keys[9] = feature(10, sh, 0, 0)
	keys[10] = feature(11, m0, 0, 0)
	keys[11] = feature(12, wp, 0, 0)
	keys[12] = feature(13, wn, 0, 0)
	keys[13] = feature(14, uint64(p2.low), 0, 0)
	keys[14] = feature(15, uint64(n2.low), 0, 0)
	keys[15] = feature(16, wp, w0, 0)
	keys[16] = feature(17, w0, wn, 0)
	keys[17] = feature(18, wp, wn, 0)
	keys[18] = feature(19, t1, 0, 0)
	keys[19] = feature(20, t1, t2, 0)
	keys[20] = feature(21, t1, m0, 0)
	keys[21] = feature(22, t1, t2, m0)
	keys[22] = feature(23, t1, wn, 0)
	keys[23] = feature(24, m1, 0, 0)
	keys[24] = feature(25, m0, m1, 0)
	keys[25] = feature(26, uint64(n1.suffix[2]), 0, 0)
	keys[26] = feature(27, uint64(p1.suffix[2]), 0, 0)
	keys[27] = feature(28, t1, s3, 0)
	keys[28] = feature(29, uint64(n1.shape), sh, 0)
	keys[29] = feature(30, uint64(p1.shape), sh, t1)
	keys[30] = feature(31, w0, m1, 0)
	keys[31] = feature(32, t1, s3, m1)
	a0, a1, a2 := uint64(n0.usual), uint64(n1.usual), uint64(n2.usual)
	keys[32] = feature(33, t1, a1, 0)
	keys[33] = feature(34, a0, a1, t1)
	keys[34] = feature(35, a0, a1, a2)
	keys[35] = feature(36, m0, a1, t1)
	keys[36] = feature(37, a1, a2, w0)
	keys[37] = feature(38, uint64(n0.name), m0, sh)
	keys[38] = feature(39, uint64(n0.name), t1, sh)
	keys[39] = feature(40, uint64(p1.shape), sh, uint64(n1.shape))
	keys[40] = feature(41, uint64(n0.class), m0, sh)
	if !usage {
		return keys[:usualTagFeatures]
	}
	u0, u1, u2, v0 := uint64(n0.used), uint64(n1.used), uint64(n2.used), uint64(n0.named)
	keys[41] = feature(42, v0, u0, sh)
	keys[42] = feature(43, v0, u0, t1)
	keys[43] = feature(44, u0, t1, u1)
	keys[44] = feature(45, u0, t1, t2)
	keys[45] = feature(46, u0, u1, u2)
	keys[46] = feature(47, u0, wp, 0)
	keys[47] = feature(48, u0, wn, 0)
	keys[48] = feature(49, u1, t1, 0)
	keys[49] = feature(50, v0, m0, uint64(n0.name))
	keys[50] = feature(51, uint64(n1.named), v0, t1)
	return keys[:]
}

// tag tags nodes from left to right.
func (m *Model) tag(nodes []node, keys *[tagFeatures]uint32) {
	for i := 2; i < len(nodes)-2; i++ {
		n := &nodes[i]
		if t, ok := m.certain[n.low]; ok {
			n.tag = t
			continue
		}
		n.tag = uint8(m.tagger.best(tagContext(nodes, i, m.words.usage, keys))) + 1
	}
}
