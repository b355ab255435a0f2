package match

import "github.com/quidnunc-news/quidnunc/pipeline/news"

// rules appends the rules of the segment that the article satisfies, in any order and some of them twice; their bindings
// it lists beside.
func (v *view) rules(out []uint32) []uint32 {
	s := v.segment
	v.bindings = v.bindings[:0]
	out = v.scan(s.always, out)
	v.anchors = v.anchors[:0]
	switch {
	case s.base != nil:
		for _, m := range v.hot {
			if r, ok := s.sparse(m); ok {
				v.anchors = append(v.anchors, r)
			}
		}
		for i := range v.present[v.own:] {
			if r, ok := s.sparse(v.present[v.own+i].mark); ok {
				v.anchors = append(v.anchors, r)
			}
		}
	case v.overlay != nil:
		for i := range v.present {
			m := v.present[i].mark
			if s.anchor(m) {
				v.anchors = append(v.anchors, s.rank(m))
			}
			if v.overlay.anchors(m) {
				v.hot = append(v.hot, m)
			}
		}
	default:
		for i := range v.present {
			m := v.present[i].mark
			if s.anchor(m) {
				v.anchors = append(v.anchors, s.rank(m))
			}
		}
	}
	for _, r := range v.anchors { // only touched: the processor waits for many at a time
		v.warm += s.entries[s.starts[r]]
	}
	for _, r := range v.anchors {
		out = v.scan(s.entries[s.starts[r]:s.starts[r+1]], out)
	}
	return out
}

// scan tries the entries of a stream.
func (v *view) scan(stream []uint32, out []uint32) []uint32 {
	bits := v.bits
	for i := 0; i < len(stream); {
		head := stream[i]
		end := i + entrySize(head)
		program := stream[i+1 : end]
		i = end
		if len(program) > 0 { // most programs come to no more than their first operator
			m := program[0] & markMask
			switch program[0] >> opShift {
			case opMark:
				if bits[m>>6]>>(m&63)&1 == 0 {
					continue
				}
				program = program[1:]
			case opOr:
				there := bits[m>>6] >> (m & 63)
				k := 1
				for {
					m = program[k] & markMask
					there |= bits[m>>6] >> (m & 63)
					if k++; program[k-1]>>opShift != opOr {
						break
					}
				}
				if there&1 == 0 {
					continue
				}
				program = program[k:]
			case opNear:
				if other := program[1]; (bits[m>>6]>>(m&63))&(bits[other>>6]>>(other&63))&1 == 0 {
					continue
				}
			}
		}
		before := v.work
		if v.holds(program) && !v.exceeds(before, head>>6) {
			out = append(out, head>>6)
			v.bindings = append(v.bindings, v.segment.binding(program))
		}
	}
	return out
}

// exceeds tells whether a rule has taken more work than it may, and notes it.
func (v *view) exceeds(before int, rule uint32) bool {
	if v.work-before <= Budget {
		return false
	}
	v.spent = append(v.spent, rule)
	return true
}

func (v *view) holds(program []uint32) bool {
	for i := 0; i < len(program); i++ {
		w := program[i]
		m := w & markMask
		switch w >> opShift {
		case opMark:
			if !v.has(m) {
				return false
			}
		case opOr:
			if !v.has(m) {
				continue
			}
			for program[i]>>opShift == opOr {
				i++
			}
		case opNot:
			if v.has(m) {
				return false
			}
		case opNear:
			i += 2
			if !v.near(m, program[i-1], program[i]) {
				return false
			}
		case opEval:
			if !v.evaluate(m) {
				return false
			}
		case opFar:
			n := v.segment.code[m]
			return v.holds(v.segment.code[m+1 : m+1+n])
		}
	}
	return true
}

// near: distance is the words between <<1, and 1 if the first mark stands first.
func (v *view) near(m, other mark, distance uint32) bool {
	if !v.has(m) || !v.has(other) {
		return false
	}
	xs, ys := v.positions(m), v.positions(other)
	v.work += len(xs) + len(ys)
	reach := int32(distance>>1) + 1
	j := 0
	for _, x := range xs {
		for j < len(ys) && ys[j] < x-reach {
			j++
		}
		for k := j; k < len(ys) && ys[k] <= x+reach; k++ {
			if ys[k] > x || ys[k] < x && distance&1 == 0 {
				return true
			}
		}
	}
	return false
}

// evaluate asks code: of the article, or of all events at once.
func (v *view) evaluate(at uint32) bool {
	flags := v.segment.code[at]
	if flags&codeBinds == 0 {
		mask, _ := v.code(at+1, 0)
		return mask != 0
	}
	for chunk, admitted := range v.admits[flags&(filters-1)] {
		if admitted == 0 {
			continue
		}
		if mask, _ := v.code(at+1, chunk); mask&admitted != 0 {
			return true
		}
	}
	return false
}

// code says for which events of a chunk the code at a place holds, and where it ends. What is asked of the article
// holds for all events or none.
func (v *view) code(at uint32, chunk int) (mask uint64, next uint32) {
	code := v.segment.code
	w := code[at]
	arg := w >> codeShift
	at++
	switch w & codeMask {
	case codeAll, codeAny:
		return v.codes(w, at, chunk)
	case codeNot:
		mask, at = v.code(at, chunk)
		return ^mask, at
	case codeMark:
		return all1(v.has(arg)), at
	case codeEvent:
		return v.eventMask(arg, chunk), at
	case codeNear:
		return all1(v.near(arg, code[at], code[at+1])), at + 2
	case codeFind:
		return all1(v.find(int(arg))), at
	case codeTest:
		return v.test(int(arg), false, 0), at
	case codeTestOf:
		return v.test(int(arg), true, chunk), at
	}
	return v.exists(arg, at), at + 1 + code[at]
}

func all1(ok bool) uint64 {
	if ok {
		return none
	}
	return 0
}

// codes joins the parts of an AND or an OR, as many as it takes.
func (v *view) codes(w, at uint32, chunk int) (mask uint64, next uint32) {
	next = at + 1 + v.segment.code[at]
	at++
	if w&codeMask == codeAny {
		for range w >> codeShift {
			var m uint64
			if m, at = v.code(at, chunk); mask|m == none {
				return none, next
			}
			mask |= m
		}
		return mask, next
	}
	mask = none
	for range w >> codeShift {
		var m uint64
		m, at = v.code(at, chunk)
		if mask &= m; mask == 0 {
			return 0, next
		}
	}
	return mask, next
}

func (v *view) exists(filter, at uint32) uint64 {
	for chunk, admitted := range v.admits[filter] {
		if mask, _ := v.code(at+1, chunk); mask&admitted != 0 {
			return none
		}
	}
	return 0
}

func (v *view) eventMask(m mark, chunk int) uint64 {
	if !v.has(m) {
		return 0
	}
	return v.masks[int(v.presence(m).mask)+chunk]
}

// find asks a finder once an article. The work counts each time, so that the order of asking does not matter.
func (v *view) find(k int) bool {
	a := &v.found[k]
	if a.number != v.number {
		before := v.work
		v.stack = v.segment.finds[k].runs(v, v.stack[:0])
		holds := len(v.stack) > 0
		*a = answer{number: v.number, holds: holds, work: int32(v.work - before)}
		return holds
	}
	v.work += int(a.work)
	return a.holds
}

// test makes a test once an article, or once for all its events.
func (v *view) test(k int, of bool, chunk int) uint64 {
	a := &v.asked[k]
	if a.number != v.number {
		*a = answer{number: v.number, mask: v.blank()}
		v.makeTest(v.segment.tests[k], int(a.mask), of)
	}
	if of {
		v.work += len(v.doc.report.Events)
	}
	return v.masks[int(a.mask)+chunk]
}

func (v *view) makeTest(t test, mask int, of bool) {
	sc := &v.doc.scene
	sc.event = nil
	if !of {
		v.masks[mask] = all1(t.ask(sc))
		return
	}
	for i := range sc.report.Events {
		sc.event = &sc.report.Events[i]
		if t.ask(sc) {
			v.masks[mask+i>>6] |= 1 << (i & 63)
		}
	}
}

// tryEager makes the tests that anchor rules.
func (v *view) tryEager() {
	for _, e := range v.segment.eager {
		if !e.of {
			if v.test(e.test, false, 0) != 0 {
				v.give(e.mark, -1)
			}
			continue
		}
		for chunk := range v.chunks {
			if v.test(e.test, true, chunk) != 0 && !v.has(e.mark) {
				v.set(e.mark, -1, -1)
			}
		}
	}
}

func admits(filter uint8, e *news.Event) bool {
	return (filter&withHistory != 0 || !e.Historical) && (filter&withHypothetical != 0 || e.Realis != news.Hypothetical)
}
