package match

import (
	"cmp"
	"slices"
	"sync/atomic"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Version is the rules of a Live at one moment. It never changes what it answers; safe for concurrent use.
type Version struct {
	gazetteer *gazetteer.Gazetteer
	desks     *desks
	edition   atomic.Pointer[edition] // a merge puts another one of the same rules in its place
}

// edition is rules in parts: a base and supplements to it, large ones first.
type edition struct {
	base    *part
	parts   []*part
	overlay *overlay // of the parts; nil without any
	asks    []uint32 // what the overlay asked for when this edition was made
	live    int
}

// part is some of the rules. A part that is asked never changes: a changed one is a new one.
type part struct {
	segment *segment
	rules   []*rule.Rule // by their number in the segment
	numbers []uint32     // of the Live, ascending
	dead    graves       // replaced or deleted since
	live    int
}

// Len is how many rules are asked.
func (v *Version) Len() int { return v.edition.Load().live }

// Rules appends to out the numbers of the rules that the report satisfies, in ascending order.
func (v *Version) Rules(r *news.Report, s news.Story, out []uint32) []uint32 {
	d := v.desks.take()
	defer v.desks.put(d)
	from := len(out)
	d.ask(v.edition.Load(), r, s, func(p *part, at, _ uint32) { out = append(out, p.numbers[at]) }, func(*part, uint32) {})
	slices.Sort(out[from:])
	return out[:from+len(slices.Compact(out[from:]))]
}

// Held is a rule of a Version that a report satisfies.
type Held struct {
	Rule   *rule.Rule // not to be changed
	Number uint32     // of the rule, as its Live numbers them
	Events []int      // as in Hit
	Why    []news.Clause
}

// Ask appends to held the rules that the report satisfies, and tells the names of those that do not hold because they
// would take more work than the Budget: both in the order of names, whatever way the rules came here. Why is nil for
// rules over windows and in shadow, whose hits are counted and seldom told: Version.Why tells it when one is.
func (v *Version) Ask(r *news.Report, s news.Story, held []Held) (_ []Held, exceeded []string) {
	d := v.desks.take()
	defer v.desks.put(d)
	d.holding, d.bound = d.holding[:0], d.bound[:0]
	d.ask(v.edition.Load(), r, s, func(p *part, at, binding uint32) {
		from := len(d.bound)
		if binding != 0 {
			d.bound = d.view.events(binding, d.bound)
		}
		d.holding = append(d.holding, holding{numbered{p.numbers[at], p.rules[at]}, from, len(d.bound)})
	}, func(p *part, at uint32) { exceeded = append(exceeded, p.rules[at].Name) })
	slices.Sort(exceeded)
	d.order()
	held = slices.Grow(held, len(d.holding))
	events := slices.Clone(d.bound)
	t := d.teller()
	for _, h := range d.holding {
		one := Held{Rule: h.r, Number: h.n}
		if h.from < h.to {
			one.Events = events[h.from:h.to:h.to]
		}
		if !h.r.When.Windowed() && h.r.State != rule.Shadow {
			of := v.desks.made.of(v.gazetteer, h.r)
			t.begin(of)
			one.Why = t.why(of, one.Events)
		}
		held = append(held, one)
	}
	clear(d.holding) // the rules are not to be kept alive
	return held, slices.Compact(exceeded)
}

// Why lists the clauses that hold, in the order of the query, of a rule that the report satisfies: held is what Ask told
// of it.
func (v *Version) Why(r *news.Report, s news.Story, held *Held) []news.Clause {
	d := v.desks.take()
	defer v.desks.put(d)
	of := v.desks.made.of(v.gazetteer, held.Rule)
	d.doc.read(r, s, of.segment.worded)
	t := d.teller()
	t.begin(of)
	return t.why(of, held.Events)
}

// holding is a rule that holds, and where its events stand in bound.
type holding struct {
	numbered
	from, to int
}

// order puts what holds in the order of names, each rule once. Names mostly come in the order of numbers: rules are
// numbered as they are given.
func (d *desk) order() {
	slices.SortFunc(d.holding, func(a, b holding) int { return cmp.Compare(a.n, b.n) })
	d.holding = slices.CompactFunc(d.holding, func(a, b holding) bool { return a.n == b.n })
	byName := func(a, b holding) int { return cmp.Compare(a.r.Name, b.r.Name) }
	if !slices.IsSortedFunc(d.holding, byName) {
		slices.SortFunc(d.holding, byName)
	}
}

// numbered is a rule and its number.
type numbered struct {
	n uint32
	r *rule.Rule
}

// ask tells of each rule that holds, with its binding, and of each that takes too much work:
// in any order and some of them twice.
func (d *desk) ask(e *edition, r *news.Report, s news.Story, holds func(p *part, at, binding uint32), exceeds func(p *part, at uint32)) {
	d.doc.read(r, s, e.base.segment.worded || slices.ContainsFunc(e.parts, func(p *part) bool { return p.segment.worded }))
	d.view.begin(e.base.segment, &d.doc, e.overlay, e.asks)
	d.part(e.base, holds, exceeds)
	for _, p := range e.parts {
		if !d.view.concerns(p.segment) {
			continue
		}
		d.view.lay(p.segment)
		d.part(p, holds, exceeds)
		d.view.lift()
	}
}

// part asks the segment that is laid out.
func (d *desk) part(p *part, holds func(p *part, at, binding uint32), exceeds func(p *part, at uint32)) {
	d.view.spent = d.view.spent[:0]
	d.rules = d.view.rules(d.rules[:0])
	for i, at := range d.rules {
		if !p.dead.has(at) {
			holds(p, at, d.view.bindings[i])
		}
	}
	for _, at := range d.view.spent {
		if !p.dead.has(at) {
			exceeds(p, at)
		}
	}
}

// bury returns the base and the parts without the rules that are gone.
func (e *edition) bury(gone map[uint32]bool) (base *part, parts []*part) {
	all := e.all()
	for i, p := range all {
		var q *part
		for n := range gone {
			at, ok := slices.BinarySearch(p.numbers, n)
			if !ok || p.dead.has(uint32(at)) {
				continue
			}
			if q == nil {
				clone := *p
				q = &clone
				q.dead = slices.Clone(p.dead)
				all[i] = q
			}
			q.bury(uint32(at))
		}
	}
	return all[0], all[1:]
}

// all are the base and the parts.
func (e *edition) all() []*part { return append([]*part{e.base}, e.parts...) }

func count(parts []*part) (n int) {
	for _, p := range parts {
		n += len(p.rules)
	}
	return n
}

// same tells whether two parts are of the same rules, dead ones with them.
func (p *part) same(q *part) bool { return p.segment == q.segment }

// bury marks a rule of a part that is not asked yet.
func (p *part) bury(at uint32) {
	if p.dead.has(at) {
		return
	}
	p.dead.dig(at)
	if p.rules[at].State != rule.Off {
		p.live--
	}
}

// update buries the rules of a part that is not asked yet of which there are others now.
func (p *part) update(now []numbered) {
	for _, a := range now {
		if at, ok := slices.BinarySearch(p.numbers, a.n); ok && a.r != p.rules[at] {
			p.bury(uint32(at))
		}
	}
}

// collect is a part without a segment, of the rules alive in some.
func collect(some []*part) *part {
	var all []numbered
	for _, p := range some {
		for i, r := range p.rules {
			if !p.dead.has(uint32(i)) {
				all = append(all, numbered{p.numbers[i], r})
			}
		}
	}
	slices.SortFunc(all, func(a, b numbered) int { return cmp.Compare(a.n, b.n) })
	out := &part{rules: make([]*rule.Rule, len(all)), numbers: make([]uint32, len(all))}
	for i, a := range all {
		out.rules[i], out.numbers[i] = a.r, a.n
	}
	return out
}

// graves are the bits of rules that died, in pages: a change copies the page it is on, and no more.
type graves []*[graveWords]uint64

const graveWords = 64

func newGraves(rules int) graves { return make(graves, rules/(64*graveWords)+1) }

func (g graves) has(at uint32) bool {
	page := g[at/(64*graveWords)]
	return page != nil && page[at/64%graveWords]>>(at&63)&1 != 0
}

// dig marks one, on a page of its own.
func (g graves) dig(at uint32) {
	page := &[graveWords]uint64{}
	if old := g[at/(64*graveWords)]; old != nil {
		*page = *old
	}
	page[at/64%graveWords] |= 1 << (at & 63)
	g[at/(64*graveWords)] = page
}
