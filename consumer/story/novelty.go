package story

import (
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/cow"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// memory is of who did what to whom, and of who had to do with whom.
type memory struct {
	deeds cow.Table[deed]
	swept int64
}

type deed struct {
	last int64  // when it was told last
	by   uint64 // the article that told it first
}

// maxDeeds bounds the memory; beyond it the ones told longest ago are forgotten.
const maxDeeds = 1 << 20

const noveltySeconds = int64(news.Novelty / time.Second)

// firsts lists the events of a report that nobody told within news.Novelty, and remembers all that it tells: each event
// between the first actors on both sides, and any others; it is a first if one of the pairs is.
func (s *Stories) firsts(g *Gist) []news.First {
	var out []news.First
	found := -1 // the event of the latest first
	for i := range g.acts {
		a := &g.acts[i]
		newDeed := s.told.tell(a.deed, s.now, g.by)
		newPair := a.who != "" && a.whom != "" && s.told.tell(a.pair, s.now, g.by)
		if !newDeed || found == a.event {
			continue
		}
		found = a.event
		e := &g.events[a.event]
		f := news.First{Event: e.ID, What: e.What.Type, Who: a.who, Whom: a.whom, Pair: newPair}
		if s.now-s.began < noveltySeconds {
			f.Since = time.Unix(s.began, 0).UTC()
		}
		out = append(out, f)
	}
	return out
}

// tell remembers a deed and tells whether the article is the first with it.
func (m *memory) tell(key uint64, now int64, by uint64) bool {
	d, isNew := m.deeds.Own(key)
	if isNew || now-d.last > noveltySeconds {
		d.by = by
	}
	d.last = max(d.last, now)
	return d.by == by
}

// sweep forgets what was told too long ago, once a day.
func (m *memory) sweep(now int64) {
	if now-m.swept < 24*3600 {
		return
	}
	m.swept = now
	horizon := now - noveltySeconds
	for m.forget(horizon); m.deeds.Len() > maxDeeds; m.forget(horizon) {
		horizon += 24 * 3600
	}
}

func (m *memory) forget(before int64) {
	m.deeds.Keep(func(d deed) (deed, bool) { return d, d.last >= before })
}
