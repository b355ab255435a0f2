package window

import (
	"math"
	"slices"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// open is what a sequence needs to know of a group so as not to look at all of its entries when one more comes. It follows
// from the entries and what was told.
type open struct {
	settled bool    // there is no chain to be found, and the rest is true
	starts  []int64 // the moments of first steps that no chain told has taken, sorted, each once
	steps   []int   // how many entries of each step there are
	until   int64   // no chain told ends later
}

// sequences finds the chains that were not found yet, of which an entry put in at i is the only thing new. A chain ends as
// early as it can and begins with the first entry from which it can; what lies in a chain that was told belongs to that one.
//
// Where there was no chain before, one that there is now has the new entry in it: without it, it goes from step to step as
// it did. So it begins with the entry or, if that is a later step, with a first step from which it can be reached in time.
func (w *Window) sequences(name string, g *group, i int) []Find {
	if !g.settled {
		return w.chains(name, g)
	}
	at, step := g.entries[i].at, g.entries[i].step
	g.count(step, 1)
	if step != 1 {
		from := at - int64(w.spec.Over)
		n, _ := slices.BinarySearch(g.starts, from)
		if n == len(g.starts) || g.starts[n] > at || i+1 == len(g.entries) && step < w.spec.Steps || !g.complete() || g.taken(at) {
			return nil
		}
		return w.chainsOf(name, g, from, at)
	}
	if g.taken(at) {
		return nil
	}
	if n, there := slices.BinarySearch(g.starts, at); !there {
		g.starts = slices.Insert(g.starts, n, at)
	}
	if i+1 == len(g.entries) || !g.complete() || w.chain(g, i) == nil {
		return nil
	}
	return w.chainsOf(name, g, at, at)
}

// chains finds the chains of a group of which nothing is known but its entries and what was told.
func (w *Window) chains(name string, g *group) []Find {
	g.open = open{settled: true, starts: g.starts[:0], steps: make([]int, w.spec.Steps)}
	for _, e := range g.told {
		g.until = max(g.until, e.end)
	}
	for i := range g.entries {
		at := g.entries[i].at
		g.count(g.entries[i].step, 1)
		if n := len(g.starts); g.entries[i].step == 1 && (n == 0 || g.starts[n-1] != at) && !g.taken(at) {
			g.starts = append(g.starts, at)
		}
	}
	if len(g.starts) == 0 || !g.complete() {
		return nil
	}
	return w.chainsOf(name, g, g.starts[0], math.MaxInt64)
}

// chainsOf finds the chains that begin within a time, with the earliest first.
func (w *Window) chainsOf(name string, g *group, from, until int64) []Find {
	var out []Find
	n, _ := slices.BinarySearch(g.starts, from)
	for n < len(g.starts) && g.starts[n] <= until {
		chain := w.chainAt(g, g.starts[n])
		if chain == nil {
			n++
			continue
		}
		entries := told(name, chain)
		first, last := entries[0].At, entries[len(entries)-1].At
		g.told = append(g.told, episode{chain[0].at, chain[0].at, chain[len(chain)-1].at, len(chain)})
		g.take(n, g.told[len(g.told)-1])
		out = append(out, Find{Group: name, ID: first, Start: first, End: last, Count: len(chain), Entries: entries})
		if w.spec.Steps > 2 { // what is taken may have stood in the way of a chain that begins before: see chain
			g.settled = false
		}
	}
	return out
}

// take notes that a chain was told which begins with start n.
func (g *group) take(n int, told episode) {
	end := n
	for end < len(g.starts) && g.starts[end] <= told.end {
		end++
	}
	g.starts = slices.Delete(g.starts, n, end)
	g.until, g.ended = max(g.until, told.end), min(g.ended, told.end)
}

// chainAt is a chain that begins at a moment; nil if there is none.
func (w *Window) chainAt(g *group, at int64) []kept {
	for i := g.after(at - 1); i < len(g.entries) && g.entries[i].at == at && g.entries[i].step <= 1; i++ {
		if g.entries[i].step < 1 {
			continue
		}
		if chain := w.chain(g, i); chain != nil {
			return chain
		}
	}
	return nil
}

// chain is the steps from entry i on, each by an article of its own; nil if they do not come in time. Each step is the first
// that it can be, also where a later one would leave its article to a step to come: of three steps or more, a chain may come
// to be when an entry goes.
func (w *Window) chain(g *group, i int) []kept {
	until := g.entries[i].at + int64(w.spec.Over)
	w.chained = append(w.chained[:0], i)
	for j := i + 1; j < len(g.entries); j++ {
		e := &g.entries[j]
		if e.at > until {
			return nil
		}
		if e.step != len(w.chained)+1 || g.taken(e.at) || g.has(w.chained, e.article.ID) {
			continue
		}
		if w.chained = append(w.chained, j); len(w.chained) == w.spec.Steps {
			return g.pick(w.chained)
		}
	}
	return nil
}

func (g *group) has(chain []int, article news.ID) bool {
	return slices.ContainsFunc(chain, func(i int) bool { return g.entries[i].article.ID == article })
}

func (g *group) pick(chain []int) []kept {
	out := make([]kept, len(chain))
	for n, i := range chain {
		out[n] = g.entries[i]
	}
	return out
}

// taken tells whether a moment lies in a chain that was told: if so, most often in one of the latest.
func (g *group) taken(at int64) bool {
	if at > g.until {
		return false
	}
	for i := len(g.told) - 1; i >= 0; i-- {
		if g.told[i].start <= at && at <= g.told[i].end {
			return true
		}
	}
	return false
}

// count counts entries of a step that come or go.
func (g *group) count(step, by int) {
	if step >= 1 && step <= len(g.steps) {
		g.steps[step-1] += by
	}
}

// complete tells whether there is an entry of every step.
func (g *group) complete() bool { return !slices.Contains(g.steps, 0) }
