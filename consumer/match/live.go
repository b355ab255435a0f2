package match

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
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
	current   atomic.Pointer[Version]

	mu      sync.Mutex // of who changes
	numbers map[string]uint32
	rules   roster   // by number; nil: deleted
	free    []uint32 // numbers of deleted rules
	merging []*part  // in the background
	changed []uint32 // numbers put or deleted since that merge began
	overlay *overlay // of the supplements that are asked; nil without any
	closed  bool
	merges  sync.WaitGroup
}

// NewLive makes a Live of the rules; those that are off take no part. The census may be nil. Rules are numbered from 0 in
// the order in which their names are first put; a rule that replaces one of its name takes its number, and a new one
// that of a rule that was deleted. The rules given, here and later, are kept: they are not to be changed.
func NewLive(rules []rule.Rule, g *gazetteer.Gazetteer, c *Census) (*Live, error) {
	l := &Live{gazetteer: g, census: c, numbers: make(map[string]uint32, len(rules))}
	fresh, _, err := l.enter(rules)
	v := &Version{gazetteer: g, desks: &desks{}}
	v.edition.Store(l.edition(l.make(l.partOf(fresh), nil), nil))
	l.current.Store(v)
	return l, err
}

// Put adds rules, each in the place of the one that had its name. They are asked when Put returns. Of rules that mean
// nothing, which the error names, the rules before stay.
func (l *Live) Put(rules ...rule.Rule) error { return l.Change(rules, nil) }

// Delete drops the rules with the names, if they are there.
func (l *Live) Delete(names ...string) {
	_ = l.Change(nil, names) // of a name there is nothing to refuse
}

// Change drops and adds rules, all at one moment. What Put says of rules holds.
func (l *Live) Change(put []rule.Rule, drop []string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errors.New("match: closed")
	}
	gone := map[uint32]bool{}
	for _, name := range drop {
		if n, ok := l.numbers[name]; ok {
			gone[n] = true
			delete(l.numbers, name)
			l.rules.set(n, nil)
			l.free = append(l.free, n)
		}
	}
	fresh, replaced, err := l.enter(put)
	for _, n := range replaced {
		gone[n] = true
	}
	if l.merging != nil {
		l.changed = slices.AppendSeq(append(l.changed, fresh...), maps.Keys(gone))
	}
	e := l.current.Load().edition.Load()
	base, parts := e.bury(gone)
	if p := l.partOf(fresh); len(p.rules) > 0 {
		made := l.make(p, base.segment)
		if l.overlay != nil {
			l.overlay.add(made.segment)
		}
		parts = append(parts, made)
	}
	v := &Version{gazetteer: l.gazetteer, desks: l.current.Load().desks}
	v.edition.Store(l.edition(base, parts))
	l.current.Store(v)
	l.tidy()
	return err
}

// enter gives rules their numbers, and returns them in ascending order, and those of the rules they replace.
func (l *Live) enter(rules []rule.Rule) (fresh, replaced []uint32, _ error) {
	var errs []error
	for i := range rules {
		r := &rules[i]
		if err := check(r, l.gazetteer); err != nil {
			errs = append(errs, fmt.Errorf("match: rule %s: %w", r.Name, err))
			continue
		}
		n, ok := l.numbers[r.Name]
		switch last := len(l.free) - 1; {
		case ok:
			replaced = append(replaced, n)
		case last >= 0:
			n, l.free = l.free[last], l.free[:last]
		default:
			n = l.rules.grow()
		}
		l.numbers[r.Name] = n
		l.rules.set(n, r)
		fresh = append(fresh, n)
	}
	slices.Sort(fresh)
	return slices.Compact(fresh), replaced, errors.Join(errs...)
}

func (l *Live) partOf(numbers []uint32) *part {
	p := &part{numbers: numbers, rules: make([]*rule.Rule, len(numbers))}
	for i, n := range numbers {
		p.rules[i] = l.rules.at(n)
	}
	return p
}

// make builds the part's segment, of the rules that are not off: a supplement to base, or a base itself.
func (l *Live) make(p *part, base *segment) *part {
	b := newBuilder(l.gazetteer, l.census, base)
	p.dead = newGraves(len(p.rules))
	for i, r := range p.rules {
		if r.State != rule.Off {
			b.add(i, r.Expr)
			p.live++
		}
	}
	p.segment = b.segment(len(p.rules))
	return p
}

// A supplement is merged with the next larger one unless that is so many times as large: each part costs each article
// a look.
const growth = 8

// Parts of so few rules always join.
const tiny = 32

// Parts of fewer rules are merged at once, while who changes waits; larger ones in the background, one merge at a time:
// while one goes on, somewhat larger ones are not left lying.
const (
	small = 64
	fair  = 256
)

// So many changes are caught up with while who changes waits.
const changedAtOnce = 1024

// A base is made anew, of all rules, when so many times the rules in its supplements are as many as its own; of a small
// base, when they are half as many, or more than fewOver and so: what desks have learned of a base is forgotten with it.
const (
	rebased   = 16
	leastOver = 512
	fewOver   = 1536
)

// tidy merges parts that have become too many.
func (l *Live) tidy() {
	for {
		e := l.current.Load().edition.Load()
		parts := slices.DeleteFunc(slices.Clone(e.parts), l.isMerging)
		if n := count(e.parts); l.merging == nil && n > leastOver && (2*n > len(e.base.rules) || n > fewOver && rebased*n > len(e.base.rules)) {
			l.later(e.all(), l.rebase)
			return
		}
		from := len(parts)
		for total := 0; from > 0 && (from == len(parts) || joins(len(parts[from-1].rules), total)); from-- {
			total += len(parts[from-1].rules)
		}
		some := parts[from:]
		if len(some) < 2 {
			return
		}
		switch n := count(some); {
		case n > small && l.merging == nil:
			l.later(some, l.mergeOf)
			return
		case n > fair:
			return
		}
		l.replace(some, l.make(collect(some), e.base.segment))
	}
}

// joins tells whether a part of so many rules is merged with smaller ones that have so many together.
func joins(rules, smaller int) bool { return rules+smaller <= tiny || rules < growth*smaller }

// later merges in the background, one merge at a time.
func (l *Live) later(some []*part, merge func([]*part)) {
	if l.closed {
		return
	}
	l.merging, l.changed = some, nil
	l.merges.Go(func() {
		merge(some) // comes back with the lock
		defer l.mu.Unlock()
		l.merging, l.changed = nil, nil
		l.tidy()
	})
}

func (l *Live) isMerging(p *part) bool {
	return slices.ContainsFunc(l.merging, p.same)
}

// mergeOf makes one supplement of some.
func (l *Live) mergeOf(some []*part) {
	merged := l.make(collect(some), some[0].segment.base)
	l.mu.Lock()
	l.bringUpToDate(merged)
	l.replace(some, merged)
}

// rebase makes a base of all, and supplements to it of what came while it was made: in rounds, so that the last, which
// those who change have to wait for, is short.
func (l *Live) rebase(all []*part) {
	base := l.make(collect(all), nil)
	var parts []*part
	for {
		l.mu.Lock()
		rest := slices.DeleteFunc(l.current.Load().edition.Load().all(), l.isMerging)
		if count(rest) <= small && len(l.changed) <= changedAtOnce {
			l.bringUpToDate(append(parts, base)...)
			if p := collect(rest); len(p.rules) > 0 {
				parts = append(parts, l.make(p, base.segment))
			}
			l.overlay = nil // it was of the former base
			l.current.Load().edition.Store(l.edition(base, parts))
			return
		}
		changed := make([]numbered, len(l.changed))
		for i, n := range l.changed {
			changed[i] = numbered{n, l.rules.at(n)}
		}
		l.merging, l.changed = slices.Concat(l.merging, rest), l.changed[:0]
		l.mu.Unlock()
		for _, p := range append(parts, base) {
			p.update(changed)
		}
		parts = append(parts, l.make(collect(rest), base.segment))
	}
}

// bringUpToDate buries the rules of parts that have changed while they were made.
func (l *Live) bringUpToDate(parts ...*part) {
	for _, n := range l.changed {
		for _, p := range parts {
			p.update([]numbered{{n, l.rules.at(n)}})
		}
	}
}

// replace puts a merged supplement in the place of those it was made of.
func (l *Live) replace(some []*part, merged *part) {
	v := l.current.Load()
	e := v.edition.Load()
	parts := slices.DeleteFunc(slices.Clone(e.parts), func(p *part) bool { return slices.ContainsFunc(some, p.same) })
	if l.overlay != nil {
		l.overlay.merge(merged.segment)
	}
	v.edition.Store(l.edition(e.base, append(parts, merged)))
}

// Close waits for merges under way; changes after it are refused, questions are not.
func (l *Live) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.merges.Wait()
}

// Version is the rules as they are now. It stays as it is, whatever is changed behind it.
func (l *Live) Version() *Version { return l.current.Load() }

// Len is how many rules are asked.
func (l *Live) Len() int { return l.Version().Len() }

// Number is the number of the rule with the name; ok is false where there is none.
func (l *Live) Number(name string) (n uint32, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, ok = l.numbers[name]
	return n, ok
}

// Rules appends to out the numbers of the rules that the report satisfies, in ascending order.
func (l *Live) Rules(r *news.Report, s news.Story, out []uint32) []uint32 {
	return l.Version().Rules(r, s, out)
}

// edition is of a base and its supplements, less those in which nothing lives.
func (l *Live) edition(base *part, parts []*part) *edition {
	e := &edition{base: base, live: base.live}
	for _, p := range parts {
		if p.live > 0 {
			e.parts = append(e.parts, p)
			e.live += p.live
		}
	}
	slices.SortStableFunc(e.parts, func(a, b *part) int { return cmp.Compare(len(b.rules), len(a.rules)) })
	switch {
	case len(e.parts) == 0:
		l.overlay = nil
	case l.overlay == nil || l.overlay.full():
		l.overlay = newOverlay(base.segment, e.parts)
	}
	if l.overlay != nil {
		e.overlay, e.asks = l.overlay, l.overlay.asks
	}
	return e
}
