package story

import (
	"math"
	"math/bits"
	"slices"
)

// How alike an article and a story must be, in thousandths.
const (
	joinAlike   = 300 // in words, names and events
	joinForeign = 280 // in names and events, where the story has no words of the article's language
	joinUnnamed = 250 // more where both have names and none in common: the same thing elsewhere, to others
	joinGap     = 1   // more for each hour since the story was told last
	mergeAlike  = 480 // of the article with both stories, and of the two stories
)

const (
	candidates  = 12   // stories that are compared with an article
	commonplace = 2000 // stories that have a term: beyond, it finds none
)

// nearest is the story most like the article. Two stories that are both like it, and like each other, become one.
func (s *Stories) nearest(v vector, t title, language uint64) (slot uint32, found bool) {
	best, second := -1, -1
	var bestLike, secondLike int
	p := v.probe()
	likely := s.candidates(v)
	s.fetch(likely)
	for _, at := range likely {
		c := s.slots[at]
		sim, ok := s.joins(&p, c, language)
		if !ok || c.barred(t) {
			continue
		}
		switch {
		case best < 0 || sim > bestLike || sim == bestLike && c.serial < s.slots[best].serial:
			second, secondLike = best, bestLike
			best, bestLike = int(at), sim
		case second < 0 || sim > secondLike || sim == secondLike && c.serial < s.slots[second].serial:
			second, secondLike = int(at), sim
		}
	}
	if best < 0 {
		return 0, false
	}
	if second >= 0 && secondLike >= mergeAlike {
		return s.merge(uint32(best), uint32(second), language), true
	}
	return uint32(best), true
}

// fetch looks at all that the article is going to be compared with, so that the processor waits for memory once, not for
// one after the other.
func (s *Stories) fetch(slots []uint32) {
	sum := uint64(0)
	for _, at := range slots {
		terms := s.slots[at].centre.terms
		sum += terms[len(terms)/2].key
	}
	s.scratch.fetched = sum
}

// joins tells how alike an article and a story are, and whether that makes them one.
func (s *Stories) joins(p *probe, c *cluster, language uint64) (int, bool) {
	like := p.like(&c.centre, language)
	gap := int((s.now-c.last)/3600) * joinGap
	if like.spoken {
		least := joinAlike + gap
		if like.named == 0 && p.names > 0 && c.centre.names > 0 {
			least += joinUnnamed
		}
		return like.all, like.shared >= 2 && like.all >= least
	}
	enough := like.common >= 3 || like.deeds > 0 && like.common >= 2
	return like.names, enough && like.names >= joinForeign+gap
}

// list is the slots of the stories that have a term, and the term's weight in an article.
type list struct {
	slots  []uint32
	weight uint32
}

// candidates are the slots of the stories that share the most weight with the article, by terms alone.
func (s *Stories) candidates(v vector) []uint32 {
	x := &s.scratch
	left := s.gatherLists(v)
	x.touched = x.touched[:0]
	i := 0
	for ; i < len(x.lists); i++ {
		l := &x.lists[i]
		if len(l.slots) > len(x.touched)/2 && x.settled(left) {
			break
		}
		x.touch(l)
		left -= l.weight
	}
	for ; i < len(x.lists); i++ {
		x.raise(&x.lists[i])
	}
	return s.heaviest()
}

// gatherLists fills the lists, the shortest first, and tells how much they weigh together.
func (s *Stories) gatherLists(v vector) (weight uint32) {
	x := &s.scratch
	if n := len(s.slots); n > len(x.rough) {
		x.rough = append(x.rough, make([]uint32, n-len(x.rough))...)
	}
	x.lists = x.lists[:0]
	for _, t := range v {
		slots := s.byTerm[t.key]
		if len(slots) == 0 || len(slots) > commonplace {
			continue
		}
		x.lists = append(x.lists, list{slots, t.weight})
		for at := len(x.lists) - 1; at > 0 && len(x.lists[at-1].slots) > len(slots); at-- {
			x.lists[at-1], x.lists[at] = x.lists[at], x.lists[at-1]
		}
		weight += t.weight
	}
	return weight
}

// touch adds a list's weight to its stories; those that have none yet are touched from now on. Which are is a toss-up:
// nothing to branch on.
func (x *scratch) touch(l *list) {
	n := len(x.touched)
	x.touched = slices.Grow(x.touched, len(l.slots))
	touched := x.touched[:n+len(l.slots)]
	for _, slot := range l.slots {
		touched[n] = slot
		w := x.rough[slot]
		_, fresh := bits.Sub32(w, 1, 0) // 1 where it is 0
		n += int(fresh)
		x.rough[slot] = w + l.weight
	}
	x.touched = touched[:n]
}

// raise adds a list's weight to those of its stories that are touched.
func (x *scratch) raise(l *list) {
	for _, slot := range l.slots {
		w := x.rough[slot]
		_, fresh := bits.Sub32(w, 1, 0)
		x.rough[slot] = w + l.weight&(fresh-1)
	}
}

// settled tells whether enough stories are touched that weigh more than what is left of the article.
func (x *scratch) settled(left uint32) bool {
	n := 0
	for _, slot := range x.touched {
		if x.rough[slot] > left {
			if n++; n == candidates {
				return true
			}
		}
	}
	return false
}

// heaviest are the touched stories with the most weight, of equal ones the oldest.
func (s *Stories) heaviest() []uint32 {
	x := &s.scratch
	best := x.likely[:0]
	least := uint32(0) // weight of the last one of best, where that is full
	for _, slot := range x.touched {
		w := x.rough[slot]
		if w < least || w == least && s.slots[slot].serial > s.slots[best[candidates-1]].serial {
			continue
		}
		at := len(best)
		if at == candidates {
			at--
		} else {
			best = append(best, 0)
		}
		for ; at > 0; at-- {
			if over := x.rough[best[at-1]]; over > w || over == w && s.slots[best[at-1]].serial < s.slots[slot].serial {
				break
			}
			best[at] = best[at-1]
		}
		best[at] = slot
		if len(best) == candidates {
			least = x.rough[best[candidates-1]]
		}
	}
	for _, slot := range x.touched {
		x.rough[slot] = 0
	}
	x.likely = best
	return best
}

// merge makes one story of two if they are alike, and tells in which slot the better one is now.
func (s *Stories) merge(best, second uint32, language uint64) uint32 {
	a, b := s.slots[best], s.slots[second]
	p := a.centre.terms.probe()
	if p.like(&b.centre, language).all < mergeAlike || slices.ContainsFunc(b.titles, a.barred) {
		return best
	}
	older, younger := best, second
	if b.serial < a.serial {
		older, younger = second, best
	}
	gone := s.own(younger)
	s.forget(younger)
	s.own(older).absorb(gone)
	s.bySerial[gone.serial] = older
	for _, serial := range gone.serials {
		s.bySerial[serial] = older
	}
	s.recentre(older, gone.centre.terms)
	return older
}

// strongest is how many terms of names and events, and of the words of each language, a centroid keeps.
const strongest = 40

// recentre moves the centre of a story towards an article: what was there before fades by an eighth.
func (s *Stories) recentre(slot uint32, v vector) {
	c := s.own(slot)
	x := s.scratch.centroid[:0]
	old := c.centre.terms
	i, j := 0, 0
	for i < len(old) || j < len(v) {
		switch {
		case j == len(v) || i < len(old) && old[i].key < v[j].key:
			x = append(x, weighted{old[i].key, old[i].weight - old[i].weight/8})
			i++
		case i == len(old) || v[j].key < old[i].key:
			x = append(x, v[j])
			j++
		default:
			x = append(x, weighted{old[i].key, old[i].weight - old[i].weight/8 + v[j].weight})
			i, j = i+1, j+1
		}
	}
	s.scratch.centroid = x
	c.centre = newCentre(slices.Clone(s.scratch.strongest(x)))
	s.relist(slot, old, c.centre.terms)
}

// strongest drops the weakest terms of each kind; v is sorted by key, and kinds lie together.
func (x *scratch) strongest(v vector) vector {
	kind := func(t weighted) uint64 {
		if t.key&classMask != word {
			return 0
		}
		return t.key & languageMask
	}
	out := v[:0]
	for from := 0; from < len(v); {
		to, of := from, kind(v[from])
		for to < len(v) && kind(v[to]) == of {
			to++
		}
		out = append(out, x.strongestOf(v[from:to])...)
		from = to
	}
	return out
}

// strongestOf drops the weakest terms of one kind, of equal ones those with the highest keys.
func (x *scratch) strongestOf(v vector) vector {
	if len(v) <= strongest {
		return v
	}
	rank := func(i int) uint64 { return uint64(v[i].weight)<<32 | uint64(math.MaxUint32-i) }
	x.ranks = x.ranks[:0]
	for i := range v {
		x.ranks = append(x.ranks, rank(i))
	}
	slices.Sort(x.ranks)
	least := x.ranks[len(v)-strongest]
	out := v[:0]
	for i, t := range v {
		if rank(i) >= least {
			out = append(out, t)
		}
	}
	return out
}

// relist notes under which terms a story is found.
func (s *Stories) relist(slot uint32, old, now vector) {
	if s.byTerm == nil {
		s.byTerm = map[uint64][]uint32{}
	}
	i, j := 0, 0
	for i < len(old) || j < len(now) {
		switch {
		case j == len(now) || i < len(old) && old[i].key < now[j].key:
			s.unlist(old[i].key, slot)
			i++
		case i == len(old) || now[j].key < old[i].key:
			s.byTerm[now[j].key] = append(s.byTerm[now[j].key], slot)
			j++
		default:
			i, j = i+1, j+1
		}
	}
}

func (s *Stories) unlist(key uint64, slot uint32) {
	slots := s.byTerm[key]
	at := slices.Index(slots, slot)
	if at < 0 {
		return
	}
	if len(slots) == 1 {
		delete(s.byTerm, key)
		return
	}
	slots[at] = slots[len(slots)-1]
	s.byTerm[key] = slots[:len(slots)-1]
}
