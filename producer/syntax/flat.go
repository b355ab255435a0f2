package syntax

// flat is a frozen perceptron of at most four classes: the row lies in the slot, so that a feature costs one look at memory.
type flat struct {
	slots []uint64 // (key+1)<<32 | four weights, 128 is zero
	shift uint
}

func readFlat(r *reader) flat {
	t := readTable(r)
	if t.classes > 4 {
		r.err = errShort
		return flat{}
	}
	for i, s := range t.slots {
		if s != 0 {
			t.slots[i] = s&^0xffffffff | t.rows[uint32(s)*stride]&0xffffffff
		}
	}
	return flat{t.slots, t.shift}
}

// score sums the rows of keys; the sums of different classes compare with one another.
// It looks at two slots at once and adds what fits without a branch: whether a feature is known is hard to foretell.
func (t *flat) score(keys []uint32) (sums [4]int32) {
	var even, odd uint32
	slots, shift := t.slots, t.shift
	for _, key := range keys {
		i := int(key >> shift)
		if i+1 >= len(slots) {
			break
		}
		s0, s1 := slots[i], slots[i+1]
		want := uint64(key + 1)
		v := s0&same(s0>>32, want) | s1&same(s1>>32, want)
		if v == 0 && s0 != 0 && s1 != 0 {
			v = t.probe(i+2, want)
		}
		even += uint32(v) & 0x00ff00ff
		odd += uint32(v) >> 8 & 0x00ff00ff
	}
	return [4]int32{int32(even & 0xffff), int32(odd & 0xffff), int32(even >> 16), int32(odd >> 16)}
}

// same is all ones if a equals b, both below 1<<32, and zero otherwise.
func same(a, b uint64) uint64 { return -(((a ^ b) - 1) >> 63) }

func (t *flat) probe(i int, want uint64) uint64 {
	for ; ; i++ {
		s := t.slots[i]
		if s == 0 || s>>32 == want {
			return s
		}
	}
}
