package story

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// obviousMatches looks at every article on the shelf: of those that fall into one bucket the latest are looked at.
func (s *shelf) obviousMatches(d *doc) []match {
	found := map[uint64]int{}
	bucket := func(d *doc, b int) uint64 { return mix(uint64(d.band(b))+uint64(b)<<32) % uint64(s.docs.Len()) }
	for b := range bands {
		looked := 0
		for number := s.last; number >= oldest(s.last, s.docs.Len()) && looked < perBand; number-- {
			e := s.at(number)
			if e.shingles == 0 || bucket(e, b) != bucket(d, b) {
				continue
			}
			looked++
			if e.band(b) == d.band(b) {
				found[number]++
			}
		}
	}
	var out []match
	for number, n := range found {
		out = append(out, match{number, n})
	}
	return out
}

// obviousCandidates looks at every term of every story.
func (s *Stories) obviousCandidates(v vector) []uint32 {
	having := map[uint64]int{}
	for _, c := range s.slots {
		if c != nil {
			for _, t := range c.centre.terms {
				having[t.key]++
			}
		}
	}
	weights := map[uint32]uint32{}
	for slot, c := range s.slots {
		if c == nil {
			continue
		}
		for _, t := range v {
			if having[t.key] <= commonplace && slices.ContainsFunc(c.centre.terms, func(of weighted) bool { return of.key == t.key }) {
				weights[uint32(slot)] += t.weight
			}
		}
	}
	slots := slices.Collect(maps.Keys(weights))
	slices.SortFunc(slots, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(weights[b], weights[a]), cmp.Compare(s.slots[a].serial, s.slots[b].serial))
	})
	return slots[:min(len(slots), candidates)]
}

// check compares what Stories find for a report with what the obvious loops find.
func (s *Stories) check(t *rapid.T, g *Gist) (copied, sure bool) {
	var want *doc
	if g.doc.shingles > 0 && s.shelf.last > 0 {
		want = s.best(g, s.shelf.obviousMatches(&g.doc))
		heads := s.shelf.lead(&g.hashes)
		_, sure = s.equal(g, &heads)
	}
	if got := s.copied(g); got != want {
		t.Fatalf("a copy of %+v, want %+v", got, want)
	}
	v := s.frequency.vector(g.terms, nil)
	if got, want := s.candidates(v), s.obviousCandidates(v); !slices.Equal(got, want) {
		t.Fatalf("candidates %v, want %v", got, want)
	}
	return want != nil, sure
}

// tale draws reports whose signatures have few values each, so that they meet, and that are about few things.
type tale struct {
	originals []news.Sketch
	n         int
}

func (w *tale) report(t *rapid.T) news.Report {
	w.n++
	r := news.Report{Article: news.Article{
		ID: news.MakeID("article", fmt.Sprint(w.n)), Publisher: fmt.Sprint("p", rapid.IntRange(0, 2).Draw(t, "publisher")), Language: "en",
		Title: fmt.Sprintf("The weather in town %c is fine", 'A'+rapid.IntRange(0, 4).Draw(t, "town")),
	}}
	if len(w.originals) > 0 && rapid.IntRange(0, 2).Draw(t, "copy") > 0 {
		r.Sketch = rapid.SampledFrom(w.originals).Draw(t, "of")
		r.Sketch.Minima = slices.Clone(r.Sketch.Minima)
		for range rapid.SampledFrom([]int{0, 0, 0, 1, 8, 30}).Draw(t, "changes") {
			r.Sketch.Minima[rapid.IntRange(0, news.SketchSize-1).Draw(t, "where")]++
		}
	} else {
		r.Sketch = news.Sketch{Shingles: rapid.SampledFrom([]int{0, 3, 8, 8, 12, 40}).Draw(t, "shingles"), Minima: make([]uint32, news.SketchSize)}
		few := rapid.SampledFrom([]uint64{1, 2, 30, 1 << 30}).Draw(t, "values")
		seed := rapid.Uint64().Draw(t, "seed")
		for i := range r.Sketch.Minima {
			r.Sketch.Minima[i] = uint32(mix(seed+uint64(i)) % few)
		}
		w.originals = append(w.originals, r.Sketch)
	}
	r.Sketch.Terms = nil
	for range rapid.IntRange(0, 12).Draw(t, "terms") {
		kind, n := rapid.SampledFrom([]string{"^", "", "#"}).Draw(t, "kind"), rapid.IntRange(1, 60).Draw(t, "term")
		r.Sketch.Terms = append(r.Sketch.Terms, news.Term{Key: fmt.Sprint(kind, n*n/60+10), Weight: 1 + n%9})
	}
	return r
}

// Stories find the copies and the candidates that whoever looks at everything finds, also when the shelf has turned and
// when they were written and read in between.
func TestStoriesFindWhatTheObviousLoopsFind(t *testing.T) {
	copies, sure := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := &Stories{}
		s.shelf.most = rapid.SampledFrom([]int{64, 256}).Draw(t, "places")
		w := &tale{}
		now := time.Unix(1_700_000_000, 0)
		for range rapid.IntRange(1, 6).Draw(t, "rounds") {
			for range rapid.IntRange(1, 80).Draw(t, "articles") {
				r := w.report(t)
				now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 100, 20_000}).Draw(t, "seconds")) * time.Second)
				s.Advance(now)
				g := GistOf(&r)
				isCopy, isSure := s.check(t, g)
				if isCopy {
					copies++
				}
				if isCopy && isSure {
					sure++
				}
				s.Add(g)
			}
			if rapid.Bool().Draw(t, "read again") {
				var b snapshot.Writer
				s.Write(&b)
				most := s.shelf.most
				s = Read(snapshot.NewReader(b.Bytes()), Form)
				s.shelf.most = most
			}
		}
	})
	if copies == 0 || sure == 0 || sure == copies {
		t.Errorf("%d copies, %d of them found by their signature: one of both ways was not tried", copies, sure)
	}
}

// Heads of articles that fell out long ago do not pass for later ones, whose numbers have the same lower bits.
func TestHeadsDoNotComeBack(t *testing.T) {
	var s shelf
	s.most = firstShelf
	d := doc{id: "old", shingles: 8}
	hashes := d.hashes()
	s.put(&d, &hashes)
	empty := doc{id: "empty"}
	for s.last < 1+1<<numberBits {
		s.put(&empty, &[chains]uint32{})
	}
	heads := s.lead(&hashes)
	if got := s.matches(&d, &hashes, &heads, nil); len(got) > 0 {
		t.Errorf("an article that fell out is found as number %d of %d", got[0].number, s.last)
	}
}

// A term of many stories finds none; one of few finds the ones with the most weight.
func TestCandidatesAmongThousands(t *testing.T) {
	s := &Stories{}
	s.Advance(time.Unix(1_700_000_000, 0))
	word := func(n int) news.Term { return news.Term{Key: fmt.Sprint("^w", n), Weight: 1 + n%5} }
	for i := range commonplace + 200 {
		r := news.Report{Article: news.Article{ID: news.ID(fmt.Sprint(i)), Publisher: fmt.Sprint("p", i), Title: fmt.Sprint(i)}}
		r.Sketch.Terms = []news.Term{{Key: "everywhere", Weight: 1}, word(i % 7), word(20 + i%50), word(100 + i*i%11)}
		for k := range 12 { // its own, so that it is a story
			r.Sketch.Terms = append(r.Sketch.Terms, news.Term{Key: fmt.Sprintf("^own%d.%d", i, k), Weight: 12})
		}
		g := GistOf(&r)
		if i%100 == 99 {
			v := s.frequency.vector(g.terms, nil)
			if got, want := s.candidates(v), s.obviousCandidates(v); !slices.Equal(got, want) {
				t.Fatalf("article %d: candidates %v, want %v", i, got, want)
			}
		}
		s.Add(g)
	}
	if n := s.Size().Stories; n <= commonplace {
		t.Fatalf("%d stories: no term is commonplace", n)
	}
}
