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
func (w *Window) hot(name string, g *group, i int) []Find {
	if len(g.entries) < w.spec.AtLeast {
		return nil
	}
	moments := w.moments[:0] // they lie within a stretch, so they are of one episode
	until := g.entries[i].at + int64(w.spec.Over)
	for ; i < len(g.entries) && g.entries[i].at < until; i++ {
		if i+1 < len(g.entries) && g.entries[i+1].at == g.entries[i].at {
			continue // the last entry of a moment speaks for it
		}
		if s, ok := w.look(g, i); ok {
			moments = append(moments, s)
		}
	}
	w.moments = moments
	if len(moments) == 0 {
		return nil
	}
	own := w.episode(g, moments)
	var out []Find
	for _, s := range moments {
		if own.count > 0 && s.count < 2*own.count {
			continue
		}
		entries := told(name, g.entries[s.from:s.to])
		out = append(out, Find{
			Group: name, ID: moment(own.id), Start: entries[0].At, End: entries[len(entries)-1].At, Count: s.count, Expected: s.expected,
			Entries: entries, Again: own.count > 0,
		})
		own.count = s.count
	}
	return out
}

// stretch is some entries of a group, up to a moment.
type stretch struct {
	from, to        int // of its entries, without to
	count, expected int // as a Find tells them
}

// look counts the stretch that ends with entry i. The newest moment, which nearly every entry belongs to, is counted on
// from the one before it.
func (w *Window) look(g *group, i int) (stretch, bool) {
	start := g.entries[i].at - int64(w.spec.Over)
	counted := i == len(g.entries)-1 && w.count(g)
	var from int
	if counted {
		from = g.tally.from
	} else {
		from = g.after(start)
	}
	if i+1-from < w.spec.AtLeast {
		return stretch{}, false
	}
	var n int
	if counted {
		n = g.tally.keys
	} else {
		n = w.distinct(g.entries[from : i+1])
	}
	if n < w.spec.AtLeast {
		return stretch{}, false
	}
	s := stretch{from: from, to: i + 1, count: n}
	if w.spec.Kind == Count {
		return s, true
	}
	first := start - int64(w.spec.Baseline)
	if first < w.began { // too little is known of the time before
		return s, false
	}
	var before int
	if counted {
		before = g.tally.keysBefore
	} else {
		before = w.distinct(g.entries[g.after(first):from])
	}
	s.expected = int(int64(before) * 10 * int64(w.spec.Over/1000) / int64(w.spec.Baseline/1000))
	// n ≥ ratio/100 · before · over/baseline, in microseconds to stay within 64 bits
	return s, int64(n)*100*int64(w.spec.Baseline/1000) >= int64(w.spec.Ratio)*int64(before)*int64(w.spec.Over/1000)
}

// after is the first entry later than t.
func (g *group) after(t int64) int {
	return sort.Search(len(g.entries), func(i int) bool { return g.entries[i].at > t })
}

// distinct is how many keys there are.
func (w *Window) distinct(entries []kept) int {
	if len(entries) <= few {
		n := 0
		for i := range entries {
			if !keyed(entries[:i], entries[i].key) {
				n++
			}
		}
		return n
	}
	if w.keys == nil {
		w.keys = map[string]struct{}{}
	}
	for i := range entries {
		w.keys[entries[i].key] = struct{}{}
	}
	n := len(w.keys)
	if n > 1024 {
		w.keys = nil // clearing a map takes as long as it was ever large
	} else {
		clear(w.keys)
	}
	return n
}

func keyed(entries []kept, key string) bool {
	for i := range entries {
		if entries[i].key == key {
			return true
		}
	}
	return false
}

// episode is the one that hot moments belong to: one told before, or one that begins with them and has no count yet. Where
// they join several, these become one, under the name of the first told.
func (w *Window) episode(g *group, moments []stretch) *episode {
	first, last := moments[0], moments[len(moments)-1]
	start, end, over := g.entries[first.to-1].at, g.entries[last.to-1].at, int64(w.spec.Over)
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
		kept = append(kept, episode{id: g.entries[first.from].at, start: start, end: end})
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
		g.entries = slices.DeleteFunc(g.entries, func(e kept) bool { return e.article.ID == article })
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
		return len(w.chains("", alone)) > 0
	}
	for i := range g.entries {
		if at := g.entries[i].at; at >= e.start && at <= e.end {
			if _, ok := w.look(g, i); ok {
				return true
			}
		}
	}
	return false
}

func within(entries []kept, e episode) []kept {
	var out []kept
	for _, entry := range entries {
		if entry.at >= e.start && entry.at <= e.end {
			out = append(out, entry)
		}
	}
	return out
}
