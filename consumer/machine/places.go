package machine

import (
	"encoding/binary"
	"iter"
)

// place is a group of a rule's window.
type place struct{ rule, group string }

// roster numbers the names of rules, so that what each article keeps of them is small. Names are only added: a picture
// may share them. A machine that is restored begins anew, with those that are in use.
type roster struct {
	names   []string
	numbers map[string]uint64
}

func (r *roster) number(name string) uint64 {
	n, ok := r.numbers[name]
	if !ok {
		if r.numbers == nil {
			r.numbers = map[string]uint64{}
		}
		n = uint64(len(r.names))
		r.names = append(r.names, name)
		r.numbers[name] = n
	}
	return n
}

// packed is places, in their order: how many, and of each the number of its rule and the length of its group before the
// group. An article may stand in many windows, and there are many articles: most of these take two bytes.
type packed string

// pack packs places.
func (r *roster) pack(places []place) packed {
	if len(places) == 0 {
		return ""
	}
	var room [256]byte
	b := binary.AppendUvarint(room[:0], uint64(len(places)))
	for _, p := range places {
		b = binary.AppendUvarint(b, r.number(p.rule))
		b = append(binary.AppendUvarint(b, uint64(len(p.group))), p.group...)
	}
	return packed(b)
}

func (p packed) len() int {
	n, _ := p.number()
	return int(n) //nolint:gosec // it was the length of a slice
}

// number reads a number off the beginning; 0 of nothing.
func (p packed) number() (n uint64, rest packed) {
	for i := range len(p) {
		n |= uint64(p[i]&0x7f) << (7 * i)
		if p[i] < 0x80 {
			return n, p[i+1:]
		}
	}
	return 0, ""
}

// all are the places, by the names that the roster which packed them had or has.
func (p packed) all(names []string) iter.Seq[place] {
	return func(yield func(place) bool) {
		n, rest := p.number()
		for range n {
			var rule, length uint64
			rule, rest = rest.number()
			length, rest = rest.number()
			group := string(rest[:length])
			rest = rest[length:]
			if !yield(place{names[rule], group}) {
				return
			}
		}
	}
}
