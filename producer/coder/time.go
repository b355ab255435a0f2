package coder

import (
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// background is how long before the article an event is history.
const background = 90 * 24 * time.Hour

// lastDate is the date that the article told last.
func (r *reading) lastDate() news.Interval { return r.memory.date }

// keepDates remembers the last date of the sentence.
func (r *reading) keepDates() {
	for _, d := range r.dates {
		if !d.effective && !d.since && !d.when.IsZero() {
			r.memory.date = d.when
		}
	}
}

// dateFor is the date that belongs to trigger t: the one that the tree hangs on it before one that hangs on what governs
// it, the nearest, the one after it before the one before it; else the one that opens the sentence. The date of a verb of
// saying is not that of what is said.
func (r *reading) dateFor(t *trigger, s text.Sentence) (date, bool) {
	tr := r.parse(s)
	best, distance := date{}, 0
	for _, d := range r.dates {
		if d.effective {
			continue
		}
		if t.group.future && !d.ahead.IsZero() {
			d.when = d.ahead
		}
		far, ok := r.distance(t, d, tr)
		if ok && !d.when.IsZero() && (best.last == 0 || far < distance) {
			best, distance = d, far
		}
	}
	if best.last == 0 {
		return date{}, false
	}
	if best.initial && (t.noun() || t.group.adjectival) {
		best.when.Resolved = news.Inferred
	}
	return best, true
}

// distance is how far a date stands from a trigger; false where it belongs to something else.
func (r *reading) distance(t *trigger, d date, tr *tree) (int, bool) {
	from, to, far := t.last, d.first, d.first-t.last
	if d.last <= t.at {
		from, to, far = d.last, t.at, 2*(t.at-d.last)+1
	}
	if d.initial {
		return 2000, true
	}
	if tr == nil {
		return far, !r.apart(from, to)
	}
	switch tr.bond(t.at, d.first, d.last) {
	case direct:
		return far, !r.quoting(from, to)
	case above:
		return 500 + far, !r.apart(from, to) && !(r.reported(d, tr) && !t.noun())
	case below:
		return 500 + far, !r.apart(from, to)
	}
	return 1000 + far, !r.apart(from, to)
}

// quoting tells whether the words of a speaker begin in [from, to): "said on Friday that Russia had".
func (r *reading) quoting(from, to int) bool {
	for i := from; i < to; i++ {
		switch r.keys[i] {
		case "that", "que", "qu'":
			return true
		}
	}
	return false
}

// reported tells whether a date hangs on a verb of saying.
func (r *reading) reported(d date, tr *tree) bool {
	for w := tr.at(d.first); w >= 0; w = tr.Words[w].Head {
		if tr.verbal(w) {
			return r.saying(tr.token[w])
		}
	}
	return false
}

// apart tells whether a clause, or a word of time that opens one, begins in [from, to).
func (r *reading) apart(from, to int) bool {
	for i := from; i < to; i++ {
		if r.clause(i) {
			return true
		}
		switch r.keys[i] {
		case "after", "before", "since", "following", "après", "avant", "suite":
			return true
		}
	}
	return false
}

// afterThat tells whether the trigger stands in a clause of "after": it happened before the rest, nobody says when.
func (r *reading) afterThat(t *trigger, s text.Sentence) bool {
	if t.noun() {
		return false
	}
	for i := t.at - 1; i >= s.First && i > t.at-15; i-- {
		if r.stop(i) {
			return false
		}
		switch r.keys[i] {
		case "après", "after":
			return true
		}
	}
	return false
}

// coming tells whether a time begins after the article's date, or goes on beyond it.
func (r *reading) coming(when news.Interval) bool {
	return !r.published.IsZero() && (!when.Start.Before(r.published.End) || when.Grain == news.Stretch && when.End.After(r.published.End))
}

// historical tells whether an event is background to the article.
func (r *reading) historical(e news.Event) bool {
	if e.When.IsZero() || r.published.IsZero() || e.When.Resolved == news.ByDocument {
		return false
	}
	return !e.When.End.After(r.published.Start.Add(-background))
}

// effects gives events the date on which they take effect: those of the sentence that tells it, and what its
// announcer announced before: "L'annonce de M. Lavrov, qui devrait entrer en vigueur dès le 1er novembre".
func (r *reading) effects(told []draft) {
	for k, s := range r.Sentences {
		d, ok := r.effectOf(s)
		if !ok {
			continue
		}
		speaker := r.announcedBy(s)
		for i := range told {
			if told[i].Realis == news.Hypothetical || r.historical(told[i].Event) || !told[i].Effective.IsZero() {
				continue
			}
			if told[i].sentence == k || told[i].sentence < k && speaker != "" && says(told[i].Event, speaker) {
				told[i].Effective = d.when
			}
		}
	}
}

// effectOf is the date of a sentence at which something takes effect.
func (r *reading) effectOf(s text.Sentence) (date, bool) {
	for i := s.First; i < s.Last; i++ {
		if _, n := r.phrase(i, s.Last, lexicon.Effective); n == 0 {
			continue
		}
		for _, d := range r.datesOf(s, news.Interval{}) {
			if d.effective {
				return d, true
			}
		}
		return date{}, false
	}
	return date{}, false
}

// announcedBy is the key of him whose announcement the sentence speaks of; "" where it speaks of none.
func (r *reading) announcedBy(s text.Sentence) string {
	for i := s.First; i < s.Last; i++ {
		if !r.has(i, lexicon.Statement|lexicon.Decision) || r.at[i] > 0 {
			continue
		}
		if m := r.ownerOf(i, s); m >= 0 {
			return r.mentions[m].actor.Key
		}
	}
	return ""
}

func says(e news.Event, key string) bool {
	for _, b := range e.By {
		if b.Actor.Key == key {
			return true
		}
	}
	for _, a := range e.Who {
		if a.Key == key {
			return true
		}
	}
	return false
}
