package window

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Picture is the window as it is now, to be written: it stays as it is while the window goes on. The two share their groups
// until the window writes to one.
func (w *Window) Picture() *Window {
	out := *w
	out.near, out.keys, out.moments, out.chained = nil, nil, nil, nil
	w.moment++
	w.shared = true
	return &out
}

// put gives a group its name.
func (w *Window) put(name string, g *group) {
	w.unshare()
	g.moment = w.moment
	w.groups[name] = g
	w.near, w.nearName = g, name
}

// own is a group to be written to: another than the one that a picture shows; nil where there is none of the name.
func (w *Window) own(name string) *group {
	if w.near != nil && w.near.moment == w.moment && w.nearName == name {
		return w.near
	}
	w.unshare()
	g := w.groups[name]
	if g == nil {
		return nil
	}
	w.near, w.nearName = g, name
	if g.moment == w.moment {
		return g
	}
	copied := *g
	copied.moment = w.moment
	copied.entries, copied.told, copied.seen = slices.Clone(g.entries), slices.Clone(g.told), maps.Clone(g.seen)
	copied.room = copied.entries
	w.groups[name], w.near = &copied, &copied
	return &copied
}

// unshare gives the window a map of its own.
func (w *Window) unshare() {
	if w.shared {
		w.groups, w.shared = maps.Clone(w.groups), false
	}
}

// Write writes the window. The same window gives the same bytes.
func (w *Window) Write(s *snapshot.Writer) {
	w.spec.write(s)
	s.Bool(w.begun)
	for _, n := range []int64{w.began, w.high, w.swept, w.due, int64(w.late), int64(w.dropped)} {
		s.Int(n)
	}
	s.Len(len(w.groups))
	for _, name := range slices.Sorted(maps.Keys(w.groups)) {
		s.String(name)
		w.groups[name].write(s, name)
	}
}

func (p Spec) write(s *snapshot.Writer) {
	s.String(string(p.Kind))
	for _, n := range []int64{int64(p.Over), int64(p.AtLeast), int64(p.Baseline), int64(p.Ratio), int64(p.Steps), int64(p.Lateness)} {
		s.Int(n)
	}
	s.Bool(p.Grouped)
}

func readSpec(r *snapshot.Reader) Spec {
	return Spec{
		Kind: Kind(r.String()), Over: time.Duration(r.Int()), AtLeast: int(r.Int()), Baseline: time.Duration(r.Int()), Ratio: int(r.Int()),
		Steps: int(r.Int()), Lateness: time.Duration(r.Int()), Grouped: r.Bool(),
	}
}

func (g *group) write(s *snapshot.Writer, name string) {
	s.Len(len(g.entries))
	for i := range g.entries {
		e := &g.entries[i]
		s.Time(moment(e.at))
		s.String(name)
		s.String(e.key)
		s.String(string(e.article.ID))
		s.String(e.article.Publisher)
		s.Int(int64(e.step))
	}
	s.Len(len(g.told))
	for _, e := range g.told {
		for _, n := range []int64{e.id, e.start, e.end, int64(e.count)} {
			s.Int(n)
		}
	}
	s.Len(len(g.seen))
	for _, key := range slices.Sorted(maps.Keys(g.seen)) {
		s.String(key)
		s.Len(len(g.seen[key]))
		for _, t := range g.seen[key] {
			s.Int(t)
		}
	}
	s.Int(g.last)
	s.Bool(g.silent)
}

// Read is what Write wrote; the reader tells whether it was that.
func Read(r *snapshot.Reader) *Window {
	w := New(readSpec(r))
	w.begun = r.Bool()
	w.began, w.high, w.swept, w.due, w.late, w.dropped = r.Int(), r.Int(), r.Int(), r.Int(), int(r.Int()), int(r.Int())
	for range r.Len(4) {
		name := r.String()
		g := readGroup(r, name)
		w.groups[name] = g
		w.total += len(g.entries)
		for _, times := range g.seen {
			w.total += len(times)
		}
	}
	return w
}

func readGroup(r *snapshot.Reader, name string) *group {
	g := &group{}
	for range r.Len(6) {
		at := r.Time().UnixNano()
		if r.String() != name {
			r.Fail("an entry of another group of a window")
		}
		g.entries = append(g.entries, kept{at: at, key: r.String(), article: &Article{news.ID(r.String()), r.String()}, step: int(r.Int())})
	}
	for range r.Len(4) {
		g.told = append(g.told, episode{r.Int(), r.Int(), r.Int(), int(r.Int())})
	}
	if n := r.Len(2); n > 0 {
		g.seen = make(map[string][]int64, n)
		for range n {
			key := r.String()
			times := make([]int64, r.Len(1))
			for i := range times {
				times[i] = r.Int()
			}
			if len(times) == 0 {
				r.Fail("a key of a window without a time")
				return g
			}
			g.seen[key] = times
		}
	}
	g.last, g.silent = r.Int(), r.Bool()
	g.ended = g.firstEnd()
	if n := len(g.entries); n > 0 {
		g.oldest, g.newest = g.entries[0].at, g.entries[n-1].at
	} else {
		g.oldest = math.MaxInt64
	}
	return g
}
