package syntax

// A range coder with adaptive bits, as in LZMA: the tables' weights are mostly zero or small, and it spends on each what
// its chance deserves. A chance is of a zero bit, in 1/2048.
type chance = uint16

const evens chance = 1024

type rangeEncoder struct {
	out   []byte
	low   uint64
	width uint32
	cache byte
	held  int
}

func newRangeEncoder(out []byte) *rangeEncoder {
	return &rangeEncoder{out: out, width: 0xffffffff, held: 1}
}

func (e *rangeEncoder) bit(p *chance, bit int) {
	bound := e.width >> 11 * uint32(*p)
	if bit == 0 {
		e.width = bound
		*p += (2048 - *p) >> 5
	} else {
		e.low += uint64(bound)
		e.width -= bound
		*p -= *p >> 5
	}
	for e.width < 1<<24 {
		e.width <<= 8
		e.shift()
	}
}

func (e *rangeEncoder) shift() {
	if e.low < 0xff000000 || e.low > 0xffffffff {
		carry := byte(e.low >> 32)
		for ; e.held > 0; e.held-- {
			e.out = append(e.out, e.cache+carry)
			e.cache = 0xff
		}
		e.cache = byte(e.low >> 24)
	}
	e.held++
	e.low = e.low & 0x00ffffff << 8
}

func (e *rangeEncoder) finish() []byte {
	for range 5 {
		e.shift()
	}
	return e.out
}

type rangeDecoder struct {
	in          []byte
	width, code uint32
}

func newRangeDecoder(in []byte) *rangeDecoder {
	d := &rangeDecoder{in: in, width: 0xffffffff}
	for range 5 {
		d.code = d.code<<8 | uint32(d.next())
	}
	return d
}

// next gives zeros after the end.
func (d *rangeDecoder) next() byte {
	if len(d.in) == 0 {
		return 0
	}
	b := d.in[0]
	d.in = d.in[1:]
	return b
}

func (d *rangeDecoder) bit(p *chance) int {
	bound := d.width >> 11 * uint32(*p)
	bit := 0
	if d.code < bound {
		d.width = bound
		*p += (2048 - *p) >> 5
	} else {
		d.code -= bound
		d.width -= bound
		*p -= *p >> 5
		bit = 1
	}
	if d.width < 1<<24 {
		d.width <<= 8
		d.code = d.code<<8 | uint32(d.next())
	}
	return bit
}

// weightModel is what coder and decoder expect of a weight of each class: zero or not, given how many in the row are
// not; its sign; its size.
type weightModel struct {
	zero []chance // class × 4
	sign []chance
	size []chance // class × 128: a tree of seven bits
}

func newWeightModel(classes int) *weightModel {
	m := &weightModel{make([]chance, 4*classes), make([]chance, classes), make([]chance, 128*classes)}
	for _, all := range [][]chance{m.zero, m.sign, m.size} {
		for i := range all {
			all[i] = evens
		}
	}
	return m
}

func (m *weightModel) encode(e *rangeEncoder, class, before int, w int8) {
	zero := &m.zero[4*class+min(before, 3)]
	if w == 0 {
		e.bit(zero, 0)
		return
	}
	e.bit(zero, 1)
	size := int(w)
	negative := 0
	if w < 0 {
		size, negative = -size, 1
	}
	e.bit(&m.sign[class], negative)
	node := 1
	for shift := 6; shift >= 0; shift-- {
		bit := (size - 1) >> shift & 1
		e.bit(&m.size[128*class+node], bit)
		node = node<<1 | bit
	}
}

func (m *weightModel) decode(d *rangeDecoder, class, before int) int8 {
	if d.bit(&m.zero[4*class+min(before, 3)]) == 0 {
		return 0
	}
	negative := d.bit(&m.sign[class])
	node := 1
	for range 7 {
		node = node<<1 | d.bit(&m.size[128*class+node])
	}
	w := min(node-127, 127)
	if negative == 1 {
		w = -w
	}
	return int8(w)
}
