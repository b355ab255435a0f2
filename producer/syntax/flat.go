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
func (t *flat) score(keys []uint32) (sums [4]int32) {
	var even, odd uint32
	slots := t.slots
	for _, key := range keys {
		for i := key >> t.shift; ; i++ {
			s := slots[i]
			if s == 0 {
				break
			}
			if uint32(s>>32) == key+1 {
				even += uint32(s) & 0x00ff00ff
				odd += uint32(s) >> 8 & 0x00ff00ff
				break
			}
		}
	}
	return [4]int32{int32(even & 0xffff), int32(odd & 0xffff), int32(even >> 16), int32(odd >> 16)}
}
