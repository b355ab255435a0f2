package story

import (
	"cmp"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Signatures are looked up by bands: two articles that have one of 32 pairs of minima in common are compared.
const (
	bands      = 32
	rows       = news.SketchSize / bands
	perBand    = 12 // articles of one band that are looked at, the latest first
	perArticle = 64 // articles that one is compared with, those with the most bands in common first
	leastWords = 12 // shingles: shorter texts are copies only where they are equal
	leastSlots = 16 // minima that are not boilerplate, to judge by
	leastEqual = 6  // minima in common
)

// doc is what is remembered of an article.
type doc struct {
	id        news.ID
	original  news.ID // the first article with these words, where it is another
	at        int64
	publisher uint64
	headline  uint64
	cluster   uint64 // serial
	shingles  uint32
	current   bool // it is found by its ID: no later revision was put in, and it was not dropped
	minima    [news.SketchSize]uint16
}

// newDoc is a report's, without its time and its story.
func newDoc(r *news.Report) doc {
	d := doc{id: r.Article.ID, publisher: hash(r.Article.Publisher), headline: hash(r.Article.Title)}
	if len(r.Sketch.Minima) == news.SketchSize {
		d.shingles = uint32(r.Sketch.Shingles)
		for i, m := range r.Sketch.Minima {
			d.minima[i] = uint16(m) // the lower half: minima are small numbers
		}
	}
	return d
}

func (d *doc) band(b int) uint32 { return uint32(d.minima[rows*b])<<16 | uint32(d.minima[rows*b+1]) }

// hashes say in which chains of the shelf the article stands; an article without words stands in none.
func (d *doc) hashes() (out [chains]uint32) {
	if d.shingles == 0 {
		return out
	}
	all := uint64(0)
	for b := range bands {
		band := uint64(d.band(b))
		out[b] = uint32(mix(band + uint64(b)<<32))
		all = mix(all + band)
	}
	out[whole] = uint32(all)
	return out
}

// match is an article that has bands in common with another.
type match struct {
	number uint64
	bands  int
}

// copied is the article that g has its words from; nil: it has words of its own.
func (s *Stories) copied(g *Gist) *doc {
	if g.doc.shingles == 0 || s.shelf.last == 0 {
		return nil
	}
	heads := s.shelf.lead(&g.hashes)
	if d, sure := s.equal(g, &heads); sure {
		return d
	}
	s.scratch.matches = s.shelf.matches(&g.doc, &g.hashes, &heads, s.scratch.matches[:0])
	return s.best(g, s.scratch.matches)
}

// best is the match that g has its words from, of those with the most bands in common.
func (s *Stories) best(g *Gist, matches []match) *doc {
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.bands, a.bands), cmp.Compare(a.number, b.number))
	})
	oldest := s.now - int64(Horizon/time.Second)
	var best *doc
	bestScore := 0
	for _, m := range matches[:min(len(matches), perArticle)] {
		if bestScore == allSame {
			break // no other is better
		}
		other := s.shelf.at(m.number)
		if other.at < oldest {
			continue
		}
		score := s.sameWords(&g.doc, other)
		if score > bestScore && !s.fillsForm(g.title, other) {
			best, bestScore = other, score
		}
	}
	return best
}

// equal is what copied is, found among the articles with the very signature of g: most copies are such. The earlier one of
// them was told, the fewer bands find it; of those that as many find the first one told comes first. It is sure where
// nothing else that bands find could come before it.
func (s *Stories) equal(g *Gist, heads *[chains]head) (of *doc, sure bool) {
	oldest := s.now - int64(Horizon/time.Second)
	var latest [bands]uint32
	alike := s.scratch.matches[:0] // found by as many bands, the latest first
	number, ok := s.shelf.number(heads[whole])
	for ; ok; number, ok = s.shelf.before(number, whole) {
		d := s.shelf.at(number)
		if d.at < oldest {
			break
		}
		if d.minima != g.doc.minima {
			continue
		}
		if !s.shelf.ordinalsTell(number) {
			return nil, false
		}
		if len(alike) == 0 {
			latest = s.shelf.ordinals(heads)
		}
		n := s.shelf.among(number, &latest)
		if len(alike) > 0 && n < alike[0].bands {
			if of = s.original(g, alike); of != nil {
				return of, true
			}
			alike = alike[:0]
		}
		if n == 0 {
			break
		}
		if !ranked(g, n) {
			return nil, false
		}
		alike = append(alike, match{number, n})
		s.scratch.matches = alike
	}
	of = s.original(g, alike)
	return of, of != nil || g.doc.shingles < leastWords
}

// original is the first one told of the articles with the signature of g that has its words.
func (s *Stories) original(g *Gist, alike []match) *doc {
	for i := len(alike) - 1; i >= 0; i-- {
		d := s.shelf.at(alike[i].number)
		if s.sameWords(&g.doc, d) == allSame && !s.fillsForm(g.title, d) {
			return d
		}
	}
	return nil
}

// ranked tells whether an article with the signature of g that so many bands find comes before all that might be preferred
// to it: before any other where all bands are the same; of short texts, which only equal ones are copies of, among those
// that are compared at all.
func ranked(g *Gist, n int) bool {
	return n == bands || g.doc.shingles < leastWords && n*perArticle >= bands*perBand
}

// fillsForm tells whether the headline fills the same form as the other article's story, for something else.
func (s *Stories) fillsForm(t title, other *doc) bool {
	slot, ok := s.bySerial[other.cluster]
	return ok && s.slots[slot].barred(t)
}

// allSame is what sameWords tells of equal texts; it tells no more of any.
const allSame = 1000

// sameWords tells how much of two articles is the same, in thousandths; 0 where neither is a copy of the other. Minima
// that are boilerplate of their publisher say nothing.
func (s *Stories) sameWords(a, b *doc) int {
	if min(a.shingles, b.shingles) < leastWords {
		return equalWords(a, b)
	}
	p, q := s.publishers[a.publisher], s.publishers[b.publisher]
	equal, judged := 0, 0
	for i := range a.minima {
		if p.boilerplate(i, a.minima[i]) || q.boilerplate(i, b.minima[i]) {
			continue
		}
		judged++
		if a.minima[i] == b.minima[i] {
			equal++
		}
	}
	if judged < leastSlots {
		return equalWords(a, b)
	}
	if equal < leastEqual {
		return 0
	}
	jaccard := equal * 1000 / judged
	small, sum := int(min(a.shingles, b.shingles)), int(a.shingles+b.shingles)
	containment := min(allSame, equal*sum*1000/((judged+equal)*small))
	if jaccard >= 500 || containment >= 600 {
		return max(jaccard, containment)
	}
	return 0
}

func equalWords(a, b *doc) int {
	if a.shingles == b.shingles && a.minima == b.minima {
		return allSame
	}
	return 0
}

// publisher is what is known of one: the minima that most of its latest articles share.
type publisher struct {
	moment   uint64 // one of an earlier moment than the Stories' belongs to a picture, too
	last     int64
	headline uint64
	votes    [news.SketchSize]vote
}

// vote is a minimum that more than a third of the articles have, and by how much (after Boyer and Moore; an article for it
// counts twice as much as one against it).
type vote struct {
	minimum uint16
	ahead   uint8
}

const (
	majority        = 5 // by which a minimum has to be ahead to be boilerplate
	farAhead        = 20
	publisherMemory = 30 * 24 * time.Hour
)

func (p *publisher) boilerplate(i int, minimum uint16) bool {
	return p != nil && p.votes[i].ahead >= majority && p.votes[i].minimum == minimum
}

// learn lets an article vote on what its publisher writes under each of them. An article told again does not vote.
func (s *Stories) learn(d *doc) {
	if d.shingles == 0 {
		return
	}
	p := s.publishers[d.publisher]
	switch {
	case p == nil:
		p = &publisher{moment: s.moment}
		if s.publishers == nil {
			s.publishers = map[uint64]*publisher{}
		}
		s.publishers[d.publisher] = p
	case p.moment != s.moment:
		copied := *p
		p = &copied
		p.moment = s.moment
		s.publishers[d.publisher] = p
	}
	p.last = s.now
	if d.headline == p.headline {
		return
	}
	p.headline = d.headline
	for i, m := range d.minima {
		v := &p.votes[i]
		switch {
		case v.minimum == m:
			v.ahead = min(v.ahead+2, farAhead)
		case v.ahead == 0:
			*v = vote{m, 2}
		default:
			v.ahead--
		}
	}
}
