package window

import (
	"slices"
	"sort"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// few entries are looked through one by one: a map would cost more.
const few = 8

// hot looks at the moments that an entry put in at i can have made hot: a moment is hot if the stretch that ends with it
// has enough. Hot moments less than a stretch apart are one episode, told once, and again when it has doubled.
func (w *Window) hot(g *group, i int) []Find {
	if len(g.entries) < w.spec.AtLeast {
		return nil
	}
	moments := w.moments[:0] // they lie within a stretch, so they are of one episode
	until := g.at(i) + int64(w.spec.Over)
	for ; i < len(g.entries) && g.at(i) < until; i++ {
		if i+1 < len(g.entries) && g.at(i+1) == g.at(i) {
			continue // the last entry of a moment speaks for it
		}
		if f, ok := w.look(g, i); ok {
			moments = append(moments, f)
		}
	}
	if len(moments) == 0 {
		return nil
	}
	own := w.episode(g, moments)
	var out []Find
	for i := range moments {
		f := &moments[i]
		if own.count > 0 && f.Count < 2*own.count {
			continue
		}
		f.ID, f.Again = moment(own.id), own.count > 0
		f.Entries = slices.Clone(f.Entries)
		own.count = f.Count
		out = append(out, *f)
	}
	clear(moments) // they hold entries
	w.moments = moments
	return out
}

// look counts the stretch that ends with entry i. The newest moment, which nearly every entry belongs to, is counted on
// from the one before it.
func (w *Window) look(g *group, i int) (Find, bool) {
	end := g.at(i)
	start := end - int64(w.spec.Over)
	counted := i == len(g.entries)-1 && w.count(g)
	var from int
	if counted {
		from = g.tally.from
	} else {
		from = g.after(start)
	}
	if i+1-from < w.spec.AtLeast {
		return Find{}, false
	}
	var n int
	if counted {
		n = g.tally.keys
	} else {
		n = w.distinct(g.entries[from : i+1])
	}
	if n < w.spec.AtLeast {
		return Find{}, false
	}
	f := Find{Group: g.entries[i].Group, Start: g.entries[from].At, End: g.entries[i].At, Count: n, Entries: g.entries[from : i+1]}
	if w.spec.Kind == Count {
		return f, true
	}
	first := start - int64(w.spec.Baseline)
	if first < w.began { // too little is known of the time before
		return f, false
	}
	var before int
	if counted {
		before = g.tally.keysBefore
	} else {
		before = w.distinct(g.entries[g.after(first):from])
	}
	f.Expected = int(int64(before) * 10 * int64(w.spec.Over/1000) / int64(w.spec.Baseline/1000))
	// n ≥ ratio/100 · before · over/baseline, in microseconds to stay within 64 bits
	return f, int64(n)*100*int64(w.spec.Baseline/1000) >= int64(w.spec.Ratio)*int64(before)*int64(w.spec.Over/1000)
}

// at is when entry i came, in Unix nanoseconds.
func (g *group) at(i int) int64 { return g.entries[i].At.UnixNano() }

// after is the first entry later than t.
func (g *group) after(t int64) int {
	return sort.Search(len(g.entries), func(i int) bool { return g.at(i) > t })
}

// distinct is how many keys there are.
func (w *Window) distinct(entries []Entry) int {
	if len(entries) <= few {
		n := 0
		for i := range entries {
			if !keyed(entries[:i], entries[i].Key) {
				n++
			}
		}
		return n
	}
	if w.keys == nil {
		w.keys = map[string]struct{}{}
	}
	for i := range entries {
		w.keys[entries[i].Key] = struct{}{}
	}
	n := len(w.keys)
	if n > 1024 {
		w.keys = nil // clearing a map takes as long as it was ever large
	} else {
		clear(w.keys)
	}
	return n
}

func keyed(entries []Entry, key string) bool {
	for i := range entries {
		if entries[i].Key == key {
			return true
		}
	}
	return false
}

// episode is the one that hot moments belong to: one told before, or one that begins with them and has no count yet. Where
// they join several, these become one, under the name of the first told.
func (w *Window) episode(g *group, moments []Find) *episode {
	first := &moments[0]
	start, end, over := first.End.UnixNano(), moments[len(moments)-1].End.UnixNano(), int64(w.spec.Over)
	var own *episode
	kept := g.told[:0]
	for _, e := range g.told {
		switch {
		case start-e.end >= over || e.start-end >= over:
			kept = append(kept, e)
		case own == nil:
			kept = append(kept, e)
			own = &kept[len(kept)-1]
		default:
			own.start, own.end, own.count = min(own.start, e.start), max(own.end, e.end), max(own.count, e.count)
		}
	}
	if own == nil {
		kept = append(kept, episode{id: first.Start.UnixNano(), start: start, end: end})
		own = &kept[len(kept)-1]
		g.ended = min(g.ended, end)
	}
	own.start, own.end = min(own.start, start), max(own.end, end)
	g.told = kept
	return own
}

// Remove takes the entries of an article back and returns the finds that do not hold any more, by group and time.
func (w *Window) Remove(article news.ID, names []string) []Find {
	var out []Find
	for _, name := range names {
		g := w.own(name)
		if g == nil {
			continue
		}
		n := len(g.entries)
		g.entries = slices.DeleteFunc(g.entries, func(e Entry) bool { return e.Article == article })
		w.total -= n - len(g.entries)
		if n == len(g.entries) || w.spec.Kind == Absence {
			continue
		}
		g.tally, g.settled = nil, false
		g.told = slices.DeleteFunc(g.told, func(e episode) bool {
			if w.holds(g, e) {
				return false
			}
			out = append(out, Find{Group: name, ID: moment(e.id), Start: moment(e.start), End: moment(e.end), Gone: true})
			return true
		})
	}
	return out
}

// holds tells whether something in the episode still makes it one.
func (w *Window) holds(g *group, e episode) bool {
	if e.start < w.watermark()-w.reach() { // some of it is forgotten: it is not taken back
		return true
	}
	if w.spec.Kind == Sequence {
		alone := &group{entries: within(g.entries, e)}
		return len(w.chains(alone)) > 0
	}
	for i, entry := range g.entries {
		if at := entry.At.UnixNano(); at >= e.start && at <= e.end {
			if _, ok := w.look(g, i); ok {
				return true
			}
		}
	}
	return false
}

func within(entries []Entry, e episode) []Entry {
	var out []Entry
	for _, entry := range entries {
		if at := entry.At.UnixNano(); at >= e.start && at <= e.end {
			out = append(out, entry)
		}
	}
	return out
}
