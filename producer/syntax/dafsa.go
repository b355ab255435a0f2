package syntax

import (
	"encoding/binary"
	"fmt"
)

// A dafsa is a minimal acyclic automaton over bytes that maps a form to a number below 1<<16: the number's
// two bytes follow the form and a zero byte, so that words with equal endings and equal numbers share their arcs.
// An arc is label | last<<8 | target<<9; target is the first arc of the next node, 0 the end.
type dafsa struct{ arcs []uint32 }

func find[T string | []byte](d dafsa, form T) (int, bool) {
	if len(d.arcs) == 0 {
		return 0, false
	}
	at := d.arcs[0] >> 9
	for i := range len(form) {
		if at = d.step(at, form[i]); at == 0 {
			return 0, false
		}
	}
	if at = d.step(at, 0); at == 0 {
		return 0, false
	}
	hi := d.arcs[at]
	lo := d.arcs[hi>>9]
	return int(hi&0xff)<<8 | int(lo&0xff), true
}

func (d dafsa) step(at uint32, c byte) uint32 {
	if at == 0 {
		return 0
	}
	for ; ; at++ {
		arc := d.arcs[at]
		if byte(arc) == c {
			return arc >> 9
		}
		if arc&0x100 != 0 {
			return 0
		}
	}
}

// check refuses arcs that would lead outside the automaton, so that a broken table is an error and not a panic.
func (d dafsa) check() error {
	for i, arc := range d.arcs {
		if int(arc>>9) >= len(d.arcs) {
			return fmt.Errorf("arc %d leads outside", i)
		}
	}
	if n := len(d.arcs); n > 0 && d.arcs[n-1]&0x100 == 0 {
		return fmt.Errorf("last arc is open")
	}
	return nil
}

// buildDafsa makes the automaton of forms, sorted and without repetition, after Daciuk et al. (2000),
// "Incremental construction of minimal acyclic finite-state automata".
func buildDafsa(forms []string, numbers []int) dafsa {
	b := dafsaBuilder{register: map[string]int{}, arcs: []uint32{0, 0x100}}
	b.path = append(b.path, nil)
	last := ""
	for i, form := range forms {
		key := form + string([]byte{0, byte(numbers[i] >> 8), byte(numbers[i])})
		shared := 0
		for shared < len(last) && shared < len(key) && last[shared] == key[shared] {
			shared++
		}
		b.freeze(last, shared)
		for len(b.path) <= len(key) {
			b.path = append(b.path, nil)
		}
		last = key
	}
	b.freeze(last, 0)
	root := b.node(b.path[0])
	b.arcs[0] = uint32(root)<<9 | 0x100
	return dafsa{b.arcs}
}

type dafsaBuilder struct {
	register map[string]int
	arcs     []uint32
	path     [][]uint32 // the open nodes of the last key: finished arcs without the last flag
	sig      []byte
}

// freeze closes the nodes of the last key deeper than depth.
func (b *dafsaBuilder) freeze(last string, depth int) {
	target := 0
	for i := len(last); i > depth; i-- {
		if i < len(last) {
			target = b.node(b.path[i])
		}
		b.path[i] = b.path[i][:0]
		b.path[i-1] = append(b.path[i-1], uint32(last[i-1])|uint32(target)<<9)
	}
}

func (b *dafsaBuilder) node(arcs []uint32) int {
	if len(arcs) == 0 {
		return 0
	}
	b.sig = b.sig[:0]
	for _, a := range arcs {
		b.sig = binary.LittleEndian.AppendUint32(b.sig, a)
	}
	if at, ok := b.register[string(b.sig)]; ok {
		return at
	}
	at := len(b.arcs)
	b.arcs = append(b.arcs, arcs...)
	b.arcs[len(b.arcs)-1] |= 0x100
	b.register[string(b.sig)] = at
	return at
}
