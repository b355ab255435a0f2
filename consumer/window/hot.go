package window

import (
	"slices"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// hot looks at the moments that an entry put in at i can have made hot: a moment is hot if the stretch that ends with it
// has enough. Hot moments less than a stretch apart are one episode, told once, and again when it has doubled.
func (w *Window) hot(g *group, i int) []Find {
	var moments []Find // they lie within a stretch, so they are of one episode
	until := g.entries[i].At.UnixNano() + int64(w.spec.Over)
	for ; i < len(g.entries) && g.entries[i].At.UnixNano() < until; i++ {
		if i+1 < len(g.entries) && g.entries[i+1].At.Equal(g.entries[i].At) {
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
	for _, f := range moments {
		if own.count > 0 && f.Count < 2*own.count {
			continue
		}
		f.ID, f.Again = moment(own.id), own.count > 0
		f.Entries = slices.Clone(f.Entries)
		own.count = f.Count
		out = append(out, f)
	}
	return out
}

// look counts the stretch that ends with entry i.
func (w *Window) look(g *group, i int) (Find, bool) {
	end := g.entries[i].At.UnixNano()
	from := w.after(g, end-int64(w.spec.Over))
	if i+1-from < w.spec.AtLeast {
		return Find{}, false
	}
	n := w.distinct(g.entries[from : i+1])
	f := Find{Group: g.entries[i].Group, Start: g.entries[from].At, End: g.entries[i].At, Count: n, Entries: g.entries[from : i+1]}
	if n < w.spec.AtLeast {
		return f, false
	}
	if w.spec.Kind == Count {
		return f, true
	}
	first := end - int64(w.spec.Over) - int64(w.spec.Baseline)
	if first < w.began { // too little is known of the time before
		return f, false
	}
	before := w.distinct(g.entries[w.after(g, first):from])
	f.Expected = int(int64(before) * 10 * int64(w.spec.Over/1000) / int64(w.spec.Baseline/1000))
	// n ≥ ratio/100 · before · over/baseline, in microseconds to stay within 64 bits
	return f, int64(n)*100*int64(w.spec.Baseline/1000) >= int64(w.spec.Ratio)*int64(before)*int64(w.spec.Over/1000)
}

// after is the first entry later than t.
func (w *Window) after(g *group, t int64) int {
	n, _ := slices.BinarySearchFunc(g.entries, t, func(e Entry, t int64) int {
		if e.At.UnixNano() > t {
			return 1
		}
		return -1
	})
	return n
}

// distinct is how many keys there are.
func (w *Window) distinct(entries []Entry) int {
	if len(entries) <= 8 { // a map would cost more
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
	}
	own.start, own.end = min(own.start, start), max(own.end, end)
	g.told = kept
	return own
}

// sequences finds the chains of steps that were not found yet. A chain ends as early as it can and begins with the first
// entry from which it can; what lies in a chain that was told belongs to that one.
func (w *Window) sequences(g *group) []Find {
	if !g.complete(w.spec.Steps) {
		return nil
	}
	var out []Find
	for i := range g.entries {
		if g.entries[i].Step != 1 || g.taken(g.entries[i].At.UnixNano()) {
			continue
		}
		chain := w.chain(g, i)
		if chain == nil {
			continue
		}
		first, last := chain[0], chain[len(chain)-1]
		g.told = append(g.told, episode{first.At.UnixNano(), first.At.UnixNano(), last.At.UnixNano(), len(chain)})
		out = append(out, Find{Group: first.Group, ID: first.At, Start: first.At, End: last.At, Count: len(chain), Entries: chain})
	}
	return out
}

// complete tells whether there is an entry of every step.
func (g *group) complete(steps int) bool {
	seen, all := 0, 1<<steps-1
	for i := 0; i < len(g.entries) && seen>>1 != all; i++ {
		seen |= 1 << g.entries[i].Step
	}
	return seen>>1 == all
}

func (g *group) taken(at int64) bool {
	return slices.ContainsFunc(g.told, func(e episode) bool { return e.start <= at && at <= e.end })
}

// chain is the steps from entry i on, each by an article of its own; nil if they do not come in time.
func (w *Window) chain(g *group, i int) []Entry {
	until := g.entries[i].At.UnixNano() + int64(w.spec.Over)
	chain := []Entry{g.entries[i]}
	for j := i + 1; j < len(g.entries) && g.entries[j].At.UnixNano() <= until; j++ {
		e := g.entries[j]
		if e.Step != len(chain)+1 || g.taken(e.At.UnixNano()) || slices.ContainsFunc(chain, func(c Entry) bool { return c.Article == e.Article }) {
			continue
		}
		if chain = append(chain, e); len(chain) == w.spec.Steps {
			return chain
		}
	}
	return nil
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
		return len(w.sequences(&group{entries: within(g.entries, e)})) > 0
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
