package match

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Live is an Index that takes changes while it is asked. Who asks never waits for who changes, and sees all rules as
// they were at one moment. Close it when done.
type Live struct {
	gazetteer *gazetteer.Gazetteer
	census    *Census
	current   atomic.Pointer[edition]
	desks     desks

	mu      sync.Mutex // of who changes
	numbers map[string]uint32
	rules   []*rule.Rule // by number; nil: deleted
	merging []*part      // in the background
	closed  bool
	merges  sync.WaitGroup
}

// edition is the rules at one moment, in parts: large ones first.
type edition struct {
	parts []*part
	live  int
}

// part is some of the rules. A changed part is a new one.
type part struct {
	segment *segment
	rules   []*rule.Rule // by their number in the segment
	numbers []uint32     // of the Live
	dead    []uint64     // bits: replaced or deleted since
	live    int
}

// NewLive makes a Live of the rules; those that are off take no part. The census may be nil. Rules are numbered from 0 in
// the order in which their names are first put; a rule that replaces one of its name takes its number.
func NewLive(rules []rule.Rule, g *gazetteer.Gazetteer, c *Census) (*Live, error) {
	l := &Live{gazetteer: g, census: c, numbers: make(map[string]uint32, len(rules))}
	l.current.Store(&edition{})
	return l, l.Put(rules...)
}

// Put adds rules, each in the place of the one that had its name. They are asked when Put returns. Of rules that mean
// nothing, which the error names, the rules before stay.
func (l *Live) Put(rules ...rule.Rule) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errors.New("match: closed")
	}
	var errs []error
	gone := map[uint32]bool{}
	for i := range rules {
		r := &rules[i]
		if err := check(r, l.gazetteer); err != nil {
			errs = append(errs, fmt.Errorf("match: rule %s: %w", r.Name, err))
			continue
		}
		n, ok := l.numbers[r.Name]
		if !ok {
			n = uint32(len(l.rules))
			l.numbers[r.Name] = n
			l.rules = append(l.rules, nil)
		}
		gone[n] = true
		kept := *r
		l.rules[n] = &kept
	}
	fresh := &part{numbers: slices.Sorted(maps.Keys(gone))}
	for _, n := range fresh.numbers {
		fresh.rules = append(fresh.rules, l.rules[n])
	}
	l.publish(l.bury(gone), l.make(fresh))
	l.tidy()
	return errors.Join(errs...)
}

// Delete drops the rules with the names, if they are there.
func (l *Live) Delete(names ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	gone := map[uint32]bool{}
	for _, name := range names {
		if n, ok := l.numbers[name]; ok {
			gone[n] = true
			delete(l.numbers, name)
			l.rules[n] = nil
		}
	}
	l.publish(l.bury(gone), nil)
	l.tidy()
}

// make builds the part's segment, of the rules that are still in force.
func (l *Live) make(p *part) *part {
	if len(p.rules) == 0 {
		return nil
	}
	b := newBuilder(l.gazetteer, l.census)
	p.dead = make([]uint64, len(p.rules)>>6+1)
	for i, r := range p.rules {
		if r.State != rule.Off {
			b.add(i, r.Expr)
			p.live++
		}
	}
	p.segment = b.segment(len(p.rules))
	return p
}

// bury returns the parts without the rules that are gone.
func (l *Live) bury(gone map[uint32]bool) []*part {
	parts := slices.Clone(l.current.Load().parts)
	if len(gone) == 0 {
		return parts
	}
	for i, p := range parts {
		var q *part
		for n := range gone {
			at, ok := slices.BinarySearch(p.numbers, n)
			if !ok || p.dead[at>>6]>>(at&63)&1 != 0 {
				continue
			}
			if q == nil {
				clone := *p
				q, clone.dead = &clone, slices.Clone(p.dead)
			}
			q.dead[at>>6] |= 1 << (at & 63)
			if p.rules[at].State != rule.Off {
				q.live--
			}
		}
		if q != nil {
			parts[i] = q
		}
	}
	return parts
}

func (l *Live) publish(parts []*part, fresh *part) {
	if fresh != nil {
		parts = append(parts, fresh)
	}
	e := &edition{}
	for _, p := range parts {
		if p.live > 0 {
			e.parts = append(e.parts, p)
			e.live += p.live
		}
	}
	slices.SortStableFunc(e.parts, func(a, b *part) int { return cmp.Compare(len(b.rules), len(a.rules)) })
	l.current.Store(e)
}

// A part is merged with the next larger one unless that is so many times as large. Small ones always are: each part costs
// each article a look.
const growth = 4

// Parts of fewer rules are merged at once; larger ones in the background.
const small = 256

// tidy merges parts that have become too many.
func (l *Live) tidy() {
	for {
		parts := slices.DeleteFunc(slices.Clone(l.current.Load().parts), l.isMerging)
		from := len(parts)
		for total := 0; from > 0 && (from == len(parts) || joins(len(parts[from-1].rules), total)); from-- {
			total += len(parts[from-1].rules)
		}
		some := parts[from:]
		if len(some) < 2 {
			return
		}
		if count(some) > small {
			l.later(some)
			return
		}
		l.replace(some, l.merge(some))
	}
}

// joins tells whether a part of so many rules is merged with smaller ones that have so many together.
func joins(rules, smaller int) bool { return rules+smaller <= small || rules < growth*smaller }

func count(parts []*part) (n int) {
	for _, p := range parts {
		n += len(p.rules)
	}
	return n
}

// later merges in the background, one merge at a time.
func (l *Live) later(some []*part) {
	if l.merging != nil || l.closed {
		return
	}
	l.merging = some
	l.merges.Go(func() {
		merged := l.merge(some)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.replace(some, merged)
		l.merging = nil
		l.tidy()
	})
}

func (l *Live) isMerging(p *part) bool {
	return slices.ContainsFunc(l.merging, func(q *part) bool { return q.segment == p.segment })
}

// merge makes one part of the rules alive in some.
func (l *Live) merge(some []*part) *part {
	type numbered struct {
		n uint32
		r *rule.Rule
	}
	var all []numbered
	for _, p := range some {
		for i, r := range p.rules {
			if p.dead[i>>6]>>(i&63)&1 == 0 {
				all = append(all, numbered{p.numbers[i], r})
			}
		}
	}
	slices.SortFunc(all, func(a, b numbered) int { return cmp.Compare(a.n, b.n) })
	m := &part{}
	for _, a := range all {
		m.rules, m.numbers = append(m.rules, a.r), append(m.numbers, a.n)
	}
	return l.make(m)
}

// replace puts a merged part in the place of those it was made of, less what died while it was made.
func (l *Live) replace(some []*part, merged *part) {
	var parts []*part
	for _, p := range l.current.Load().parts {
		if !slices.ContainsFunc(some, func(q *part) bool { return q.segment == p.segment }) {
			parts = append(parts, p)
		}
	}
	if merged == nil {
		l.publish(parts, nil)
		return
	}
	for i, n := range merged.numbers {
		if l.rules[n] != merged.rules[i] {
			merged.dead[i>>6] |= 1 << (i & 63)
			if merged.rules[i].State != rule.Off {
				merged.live--
			}
		}
	}
	l.publish(parts, merged)
}

// Close waits for merges under way; changes after it are refused, questions are not.
func (l *Live) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.merges.Wait()
}

// Len is how many rules are asked.
func (l *Live) Len() int { return l.current.Load().live }

// Rules appends to out the numbers of the rules that the report satisfies, in ascending order.
func (l *Live) Rules(r *news.Report, s news.Story, out []uint32) []uint32 {
	d := l.desks.take()
	defer l.desks.put(d)
	e := l.current.Load()
	from := len(out)
	d.read(r, s, e)
	for _, p := range e.parts {
		d.rules = d.viewOf(p.segment, e).rules(d.rules[:0])
		for _, at := range d.rules {
			if p.dead[at>>6]>>(at&63)&1 == 0 {
				out = append(out, p.numbers[at])
			}
		}
	}
	slices.Sort(out[from:])
	return out[:from+len(slices.Compact(out[from:]))]
}

func (d *desk) read(r *news.Report, s news.Story, e *edition) {
	d.doc.read(r, s, slices.ContainsFunc(e.parts, func(p *part) bool { return p.segment.worded }))
}

// viewOf begins the view of a segment: the one that knows it, or one whose segment is gone.
func (d *desk) viewOf(s *segment, e *edition) *view {
	var free *view
	for _, v := range d.views {
		if v.segment == s {
			v.begin(s, &d.doc)
			return v
		}
		if free == nil && !slices.ContainsFunc(e.parts, func(p *part) bool { return p.segment == v.segment }) {
			free = v
		}
	}
	if free == nil || wasteful(free, s) {
		free = &view{}
		if len(d.views) < 2*bits.Len(uint(e.live))+8 {
			d.views = append(d.views, free)
		}
	}
	free.begin(s, &d.doc)
	return free
}

// wasteful tells whether a view is much larger than the segment needs.
func wasteful(v *view, s *segment) bool { return len(v.bits) > 4096 && len(v.bits) > 64*(s.marks>>6+1) }
