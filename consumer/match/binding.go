package match

import "math/bits"

// A binding is what a rule asks of events, which a program ends with: 1 more than where it stands in code, behind its
// flags. 0: the rule asks the article alone.

// binding is a program's.
func (s *segment) binding(program []uint32) uint32 {
	if len(program) == 0 {
		return 0
	}
	last := program[len(program)-1]
	at := last & markMask
	switch last >> opShift {
	case opFar:
		return s.binding(s.code[at+1 : at+1+s.code[at]])
	case opEval:
		if s.code[at]&codeBinds != 0 {
			return at + 1
		}
	}
	return 0
}

// events appends the events on which a rule with the binding holds, which holds of the article: the lead first, then in
// text order.
func (v *view) events(binding uint32, out []int) []int {
	from := len(out)
	for chunk, admitted := range v.admits[v.segment.code[binding-1]&(filters-1)] {
		mask, _ := v.code(binding, chunk)
		for mask &= admitted; mask != 0; mask &= mask - 1 {
			out = append(out, chunk<<6+bits.TrailingZeros64(mask))
		}
	}
	for at := from; at < len(out); at++ {
		if n := out[at]; v.doc.report.Events[n].Lead {
			copy(out[from+1:at+1], out[from:at])
			out[from] = n
			from++
		}
	}
	return out
}
