package match

import (
	"slices"
	"sort"
)

// zone is the part of the article that words are looked for in.
type zone int

const (
	anywhere zone = iota
	inTitle
)

// run is words [first, last] of a document.
type run struct{ first, last int32 }

// finder finds stretches of words. It is for what is more than one word or two.
type finder interface {
	// runs appends to out where they stand, by first word, each once. What is behind out it may overwrite.
	runs(v *view, out []run) []run
	// groups appends sets of marks, of each of which the article has one if anything is found.
	groups(out [][]mark) [][]mark
}

// markAt is one word.
type markAt mark

func (m markAt) runs(v *view, out []run) []run {
	at := v.positions(mark(m))
	v.work += len(at)
	for _, p := range at {
		out = append(out, run{p, p})
	}
	return out
}

func (m markAt) groups(out [][]mark) [][]mark { return append(out, []mark{mark(m)}) }

// row is words behind each other, by the article's language.
type row [len(langs)][]mark

func (r row) runs(v *view, out []run) []run {
	ms := r[v.doc.lang]
	if len(ms) == 0 {
		return out
	}
	at := v.positions(ms[0])
	v.work += len(at)
next:
	for _, p := range at {
		for k, m := range ms[1:] {
			if !v.stands(m, p+int32(k)+1) {
				continue next
			}
		}
		out = append(out, run{p, p + int32(len(ms)) - 1})
	}
	return out
}

func (r row) groups(out [][]mark) [][]mark {
	if slices.Equal(r[0], r[1]) && slices.Equal(r[0], r[2]) {
		for _, m := range r[0] {
			out = append(out, []mark{m})
		}
		return out
	}
	var last []mark // the last word of a row is rarer than the first, which is often an article
	for _, ms := range r {
		if n := len(ms); n > 0 && !slices.Contains(last, ms[n-1]) {
			last = append(last, ms[n-1])
		}
	}
	return append(out, last)
}

// either is an OR.
type either []finder

func (e either) runs(v *view, out []run) []run {
	from := len(out)
	for _, f := range e {
		out = f.runs(v, out)
	}
	return sorted(out, from)
}

func (e either) groups(out [][]mark) [][]mark {
	var union []mark
	for _, f := range e {
		gs := f.groups(nil)
		if len(gs) == 0 {
			return out
		}
		union = append(union, gs[0]...)
	}
	return append(out, union)
}

// sorted puts out[from:] in order and drops what is there twice.
func sorted(out []run, from int) []run {
	slices.SortFunc(out[from:], compareRuns)
	return out[:from+len(slices.Compact(out[from:]))]
}

func compareRuns(a, b run) int {
	if a.first != b.first {
		return int(a.first - b.first)
	}
	return int(a.last - b.last)
}

// near is two finders' words with at most within words between them. Its runs are both sides of all such pairs.
type near struct {
	x, y    finder
	within  int
	ordered bool
}

func (n near) runs(v *view, out []run) []run {
	from := len(out)
	out = n.x.runs(v, out)
	middle := len(out)
	out = n.y.runs(v, out)
	end := len(out)
	v.work += end - from
	xs, ys := out[from:middle], out[middle:end]
	out = n.sides(xs, ys, out, v)
	if !n.ordered {
		out = n.sides(ys, xs, out, v)
	}
	out = sorted(out, end)
	return out[:from+copy(out[from:], out[end:])]
}

// sides appends the runs of xs that have one of ys behind them and near enough, and those of ys that stand so behind one
// of xs. Behind a run, those that are near enough follow each other: where they begin and end is enough to tell which of
// ys any run has.
func (n near) sides(xs, ys, out []run, v *view) []run {
	v.covers = slices.Grow(v.covers[:0], len(ys)+1)[:len(ys)+1]
	clear(v.covers)
	behind := func(at int32) int { return sort.Search(len(ys), func(i int) bool { return ys[i].first > at }) }
	for _, x := range xs {
		if from, to := behind(x.last), behind(x.last+int32(n.within)+1); from < to {
			out = append(out, x)
			v.covers[from]++
			v.covers[to]--
		}
	}
	open := int32(0)
	for i, y := range ys {
		if open += v.covers[i]; open > 0 {
			out = append(out, y)
		}
	}
	return out
}

func (n near) groups(out [][]mark) [][]mark { return n.y.groups(n.x.groups(out)) }

// titled keeps what lies in the title.
type titled struct{ finder }

func (t titled) runs(v *view, out []run) []run {
	from := len(out)
	out = t.finder.runs(v, out)
	i := sort.Search(len(out)-from, func(i int) bool { return out[from+i].first >= v.doc.title })
	return out[:from+i]
}

// repeat finds what stands in as many places.
type repeat struct {
	finder
	times int
}

func (r repeat) runs(v *view, out []run) []run {
	from := len(out)
	if out = r.finder.runs(v, out); len(out)-from < r.times {
		return out[:from]
	}
	return out
}

// loose is words in any order, by the article's language, with at most within others among them.
type loose struct {
	row
	kinds  [len(langs)][]wanted
	within int
}

// wanted is a mark and how many words with it.
type wanted struct {
	mark mark
	n    int
}

func tally(ms []mark) []wanted {
	var out []wanted
next:
	for _, m := range ms {
		for i := range out {
			if out[i].mark == m {
				out[i].n++
				continue next
			}
		}
		out = append(out, wanted{m, 1})
	}
	return out
}

// runs gives, for each place where one of the words stands, the shortest stretch from there that has them all.
func (l loose) runs(v *view, out []run) []run {
	kinds := l.kinds[v.doc.lang]
	reach := int32(len(l.row[v.doc.lang]) + l.within - 1)
	from := len(out)
	for _, k := range kinds {
		at := v.positions(k.mark)
		v.work += len(at) * len(kinds)
		for _, p := range at {
			if last, ok := l.last(v, kinds, p); ok && last-p <= reach {
				out = append(out, run{p, last})
			}
		}
	}
	return sorted(out, from)
}

// last is where the stretch that begins at a place has all the words.
func (l loose) last(v *view, kinds []wanted, first int32) (last int32, ok bool) {
	for _, k := range kinds {
		at := v.positions(k.mark)
		i, _ := slices.BinarySearch(at, first)
		if i+k.n > len(at) {
			return 0, false
		}
		last = max(last, at[i+k.n-1])
	}
	return last, true
}
