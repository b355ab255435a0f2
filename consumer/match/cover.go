package match

import (
	"iter"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// cover is a set of anchors of which a report has at least one if the part of the query holds. Cost is a guess of how
// many reports have one. Without ok there is none: the part can hold in any report.
type cover struct {
	ok    bool
	cost  int
	words []*leaf
	grams []string
	codes []string
}

func one(code string, cost int) cover { return cover{ok: true, cost: cost, codes: []string{code}} }

func (c cover) or(d cover) cover {
	if !c.ok || !d.ok {
		return cover{}
	}
	return cover{
		ok: true, cost: c.cost + d.cost, words: append(c.words[:len(c.words):len(c.words)], d.words...),
		grams: append(c.grams[:len(c.grams):len(c.grams)], d.grams...), codes: append(c.codes[:len(c.codes):len(c.codes)], d.codes...),
	}
}

func (c cover) better(d cover) cover {
	if !c.ok || d.ok && d.cost < c.cost {
		return d
	}
	return c
}

func (n all) cover() cover {
	var best cover
	for _, x := range n {
		best = best.better(x.cover())
	}
	return best
}

func (n some) cover() cover {
	union := cover{ok: true}
	for _, x := range n {
		union = union.or(x.cover())
	}
	return union
}

func (n not) cover() cover    { return cover{} }
func (n *words) cover() cover { return n.find.cover() }
func (n *field) cover() cover { return n.x.cover() }

func (l *leaf) cover() cover { return cover{ok: true, cost: 1, words: []*leaf{l}} }

func (p prefix) cover() cover {
	if utf8.RuneCountInString(p.letters) < 3 {
		return cover{}
	}
	return cover{ok: true, cost: 3, grams: []string{gram(p.letters)}}
}

func (e either) cover() cover {
	union := cover{ok: true}
	for _, f := range e {
		union = union.or(f.cover())
	}
	return union
}

func (n near) cover() cover { return n.x.cover().better(n.y.cover()) }

// anchors are the rules by what a report must have for them to hold.
type anchors struct {
	words  [len(langs)]map[uint32][]int32
	grams  map[string][]int32
	codes  map[string][]int32
	always []int32
}

func newAnchors() anchors {
	a := anchors{grams: map[string][]int32{}, codes: map[string][]int32{}}
	for i := range a.words {
		a.words[i] = map[uint32][]int32{}
	}
	return a
}

func (a *anchors) add(rule int32, c cover) {
	if !c.ok {
		a.always = append(a.always, rule)
		return
	}
	for _, l := range c.words {
		for lang, ids := range l.ids {
			if len(ids) > 0 {
				// The last word of a phrase is rarer than the first, which is often an article.
				id := ids[len(ids)-1]
				a.words[lang][id] = append(a.words[lang][id], rule)
			}
		}
	}
	for _, g := range c.grams {
		a.grams[g] = append(a.grams[g], rule)
	}
	for _, code := range c.codes {
		a.codes[code] = append(a.codes[code], rule)
	}
}

// eventAnchors are the codes an event offers to anchor on.
func eventAnchors(e *news.Event) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield("what:"+string(e.What.Type)) || !yield("mode:"+string(e.What.Mode)) {
			return
		}
		for _, c := range e.What.Contexts {
			if !yield("context:" + string(c)) {
				return
			}
		}
		for _, side := range [][]news.Actor{e.Who, e.Whom} {
			for _, a := range side {
				if !yield("country:"+a.Country) || !yield("key:"+a.Key) {
					return
				}
			}
		}
	}
}
