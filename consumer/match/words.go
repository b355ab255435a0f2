package match

import (
	"slices"
	"sort"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// zone is the part of the article that words are looked for in.
type zone int

const (
	anywhere zone = iota
	inTitle
)

// run is words [first, last] of a document.
type run struct{ first, last int }

// finder finds its words in a document.
type finder interface {
	// runs lists where they stand, by first word.
	runs(d *document) []run
	cover() cover
}

// leaf is words in a row. For each language it has the numbers of the words, stemmed or only folded.
type leaf struct {
	ids   [len(langs)][]uint32
	exact [len(langs)][]string // for an exact leaf: the words as they must stand
}

func (l *leaf) runs(d *document) []run {
	ids := l.ids[d.lang]
	if len(ids) == 0 {
		return nil
	}
	var out []run
	for _, p := range d.at[ids[0]] {
		r := run{int(p), int(p) + len(ids) - 1}
		if l.inRow(d, ids, r.first) && l.isExact(d, r.first) {
			out = append(out, r)
		}
	}
	return out
}

func (l *leaf) inRow(d *document, ids []uint32, first int) bool {
	for k, id := range ids[1:] {
		if _, ok := slices.BinarySearch(d.at[id], int32(first+k+1)); !ok {
			return false
		}
	}
	return true
}

func (l *leaf) isExact(d *document, first int) bool {
	for k, w := range l.exact[d.lang] {
		if straight(d.raw[first+k]) != w {
			return false
		}
	}
	return true
}

var apostrophes = strings.NewReplacer("’", "'", "ʼ", "'", "‘", "'", "‐", "-", "‑", "-")

// straight sets aside only what no reader sees: which apostrophe and which hyphen was typed.
func straight(s string) string { return apostrophes.Replace(s) }

// prefix is any word that begins with these folded letters.
type prefix struct{ letters string }

func (p prefix) runs(d *document) []run {
	var out []run
	for i, w := range d.folded {
		if strings.HasPrefix(w, p.letters) {
			out = append(out, run{i, i})
		}
	}
	return out
}

// either is an OR of words.
type either []finder

func (e either) runs(d *document) []run {
	var out []run
	for _, f := range e {
		out = append(out, f.runs(d)...)
	}
	slices.SortFunc(out, compareRuns)
	return slices.Compact(out)
}

func compareRuns(a, b run) int {
	if a.first != b.first {
		return a.first - b.first
	}
	return a.last - b.last
}

// near is two finders' words with at most within words between them. Its runs are both sides of each such pair.
type near struct {
	x, y    finder
	within  int
	ordered bool
}

func (n near) runs(d *document) []run {
	xs, ys := n.x.runs(d), n.y.runs(d)
	out := n.pairs(xs, ys, nil)
	if !n.ordered {
		out = n.pairs(ys, xs, out)
	}
	slices.SortFunc(out, compareRuns)
	return slices.Compact(out)
}

// pairs appends, for each run of xs that has one of ys after it and near enough, that run and the first such.
func (n near) pairs(xs, ys, out []run) []run {
	for _, x := range xs {
		i := sort.Search(len(ys), func(i int) bool { return ys[i].first > x.last })
		if i < len(ys) && ys[i].first-x.last-1 <= n.within {
			out = append(out, x, ys[i])
		}
	}
	return out
}

// inZone keeps the runs that lie in the zone.
func inZone(d *document, z zone, runs []run) []run {
	if z == anywhere {
		return runs
	}
	i := sort.Search(len(runs), func(i int) bool { return runs[i].first >= d.title })
	return runs[:i]
}

// gram is the first three letters of a folded word, which anchor prefixes.
func gram(folded string) string {
	n := 0
	for i := range folded {
		if n == 3 {
			return folded[:i]
		}
		n++
	}
	return folded
}

// spelling is a leaf as a rule writes it, to be compiled once.
type spelling struct {
	text string
	how  int
}

const (
	stemmed = iota
	folded
	exact
)

func (c *compiler) leaf(s string, how int) *leaf {
	key := spelling{s, how}
	if l, ok := c.spellings[key]; ok {
		return l
	}
	l := &leaf{}
	for i, lex := range c.index.lexes {
		for _, w := range wordsOf(s, lex.lang) {
			f := text.Fold(w)
			if how == stemmed {
				l.ids[i] = append(l.ids[i], lex.number(lex.stems, text.Stem(lex.lang, f)))
			} else {
				l.ids[i] = append(l.ids[i], lex.number(lex.folds, f))
			}
			if how == exact {
				l.exact[i] = append(l.exact[i], straight(w))
			}
		}
	}
	c.spellings[key] = l
	return l
}
