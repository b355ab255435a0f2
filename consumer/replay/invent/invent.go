// Package invent makes up an archive of news, the same for the same seed, to measure with.
//
// It has what makes news hard to keep up with: bursts at the quarter hours, publishers of whom a few tell most, copies of
// agencies' words, and stories that all tell at once. Its events are coded as it writes them, so that they are right by
// making; its words are plain French and English around invented names.
package invent

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Plan says what to invent.
type Plan struct {
	Seed    uint64
	Reports int
	From    time.Time   // the first midnight; zero means 1 January 2024
	Days    int         // 0 means 90
	Origin  news.Origin // empty means news.Live
}

// The shares of an archive.
const (
	Copies     = 0.30 // copies of another publisher's words
	Retold     = 0.45 // stories told before, in other words; the rest begins a story
	hot        = 0.40 // of copies and retellings: those of the stories that all tell at once
	hotStories = 6    // at a time
	heated     = 400  // one story of so many becomes hot
	open       = 1500 // stories that are still told
	publishers = 5000
)

// Coder is what the reports say has coded them.
const Coder = "invent 1"

func (p Plan) complete() Plan {
	if p.From.IsZero() {
		p.From = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if p.Days == 0 {
		p.Days = 90
	}
	if p.Origin == "" {
		p.Origin = news.Live
	}
	return p
}

// All yields the reports in the order of the log. They share memory where articles are copies: a reader must not change
// what they point to.
func (p Plan) All() iter.Seq[news.Report] {
	p = p.complete()
	return func(yield func(news.Report) bool) {
		w := newPress(p)
		for at := range times(p.From, p.Days, p.Reports) {
			if !yield(w.next(at)) {
				return
			}
		}
	}
}

// press is the world's newsrooms, told together.
type press struct {
	draw    draw
	origin  news.Origin
	cast    []actor
	hosts   zipf
	actors  zipf
	names   zipf
	deeds   []int // indices into deeds, each as often as it happens
	stories []*story
	oldest  int // of stories, once they are many: the next one to be forgotten
	hot     []*story
	begun   int
	told    int
}

// actor is a party as it is coded.
type actor struct {
	french  string
	entry   *gazetteer.Entry
	country string
}

// story is something that is being told.
type story struct {
	plot   []scene
	topics [2]int
	names  [3]string
	last   news.Report // told in its publisher's own words
}

// scene is one event of a story.
type scene struct {
	deed      int
	who, whom int
	realis    news.Realis
	old       bool
	said      int // by whom; -1: by nobody
}

func newPress(p Plan) *press {
	w := &press{
		draw: draw(p.Seed), origin: p.Origin, cast: cast(gazetteer.Default()),
		hosts: newZipf(publishers, 1), actors: newZipf(len(parties), 0.8), names: newZipf(names, 0.9),
	}
	for i, d := range deeds {
		for range d.often {
			w.deeds = append(w.deeds, i)
		}
	}
	return w
}

// cast looks the parties up.
func cast(g *gazetteer.Gazetteer) []actor {
	out := make([]actor, len(parties))
	for i, p := range parties {
		out[i] = actor{p.french, g.Find(p.code)[0], p.code}
	}
	return out
}

// next is the next report.
func (w *press) next(at time.Time) news.Report {
	w.told++
	kind := w.draw.share()
	if len(w.stories) == 0 || kind >= Copies+Retold {
		s := w.begin()
		s.last = w.write(s, at)
		return s.last
	}
	s := w.choose()
	if kind < Copies {
		return w.copied(s.last, at)
	}
	s.last = w.write(s, at)
	return s.last
}

// begin opens a story, in the place of the one that is told the longest.
func (w *press) begin() *story {
	s := &story{topics: [2]int{w.draw.below(50), w.draw.below(50)}}
	for i := range s.names {
		s.names[i] = name(w.names.rank(&w.draw))
	}
	for range 1 + w.draw.below(3) {
		s.plot = append(s.plot, w.scene())
	}
	if w.begun++; w.begun%heated == 1 {
		if w.hot = append(w.hot, s); len(w.hot) > hotStories {
			w.hot = w.hot[1:]
		}
	}
	if len(w.stories) < open {
		w.stories = append(w.stories, s)
		return s
	}
	w.stories[w.oldest] = s
	w.oldest = (w.oldest + 1) % open
	return s
}

func (w *press) scene() scene {
	s := scene{deed: pick(&w.draw, w.deeds), who: w.actors.rank(&w.draw), realis: news.Actual, said: -1}
	for s.whom = s.who; s.whom == s.who; {
		s.whom = w.actors.rank(&w.draw)
	}
	switch p := w.draw.share(); {
	case p < 0.08:
		s.realis = news.Alleged
	case p < 0.12:
		s.realis = news.Hypothetical
	case p < 0.18:
		s.old = true
	}
	if w.draw.chance(0.15) {
		s.said = w.actors.rank(&w.draw)
	}
	return s
}

// choose is a story that is told again: a hot one, or one of the latest rather than an old one.
func (w *press) choose() *story {
	if w.draw.chance(hot) {
		return pick(&w.draw, w.hot)
	}
	u := w.draw.share()
	back := int(u * u * u * float64(len(w.stories)))
	newest := w.oldest - 1 + len(w.stories)
	return w.stories[(newest-back)%len(w.stories)]
}

// copied is the same text under another publisher's name.
func (w *press) copied(r news.Report, at time.Time) news.Report {
	own := r.Article.Publisher
	r.Article = w.publish(r.Article, at)
	for r.Article.Publisher == own {
		r.Article = w.publish(r.Article, at)
	}
	r.At = news.LogTime(r.Article, w.origin)
	r.Events = news.Identify(r.Article.ID, r.Events)
	return r
}

// publish gives an article a publisher, an address, dates and so its identity.
func (w *press) publish(a news.Article, at time.Time) news.Article {
	a.Publisher = fmt.Sprintf("p%d.example", w.hosts.rank(&w.draw))
	a.URL = fmt.Sprintf("https://%s/%d", a.Publisher, w.told)
	a.Published = news.Interval{Start: at, End: at.Add(time.Second), Grain: news.Instant, Resolved: news.Explicit}
	if w.origin != news.Archive {
		a.Published.Start, a.Published.End = at.Add(-time.Second), at
	}
	a.Seen = at.Add(time.Duration(1+w.draw.below(90)) * time.Second)
	a.Source = "invented"
	return a.Identify("")
}

// sketched is the sketch of an article: drawn by its words, so that only a copy has the same one.
func sketched(text string, terms []news.Term) news.Sketch {
	d := draw(len(text))
	for i := range len(text) {
		d = draw(mix(uint64(d) ^ uint64(text[i])))
	}
	s := news.Sketch{Shingles: strings.Count(text, " "), Minima: make([]uint32, news.SketchSize), Terms: terms}
	for i := range s.Minima {
		s.Minima[i] = uint32(d.next())
	}
	return s
}
