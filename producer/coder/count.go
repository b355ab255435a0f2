package coder

import (
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// count is how many of whom: the number before them, or "by eight", "de huit autres" after a verb of reducing.
func (r *reading) count(t *trigger) *news.Quantity {
	for _, m := range t.whom {
		if q := r.mentions[m].count; q != nil {
			return q
		}
	}
	if t.noun() || t.sense.Mode != "expel" {
		return nil
	}
	for i := t.last; i+1 < len(r.Tokens) && i < t.last+8; i++ {
		if r.stop(i) {
			return nil
		}
		switch r.keys[i] {
		case "de", "by":
			if r.Tokens[i+1].Kind == text.Number || r.numberWord(i+1) || !r.french && r.has(i+1, lexicon.Numbers) {
				return r.quantity(i + 1)
			}
		}
	}
	return nil
}

// casualties reads how many died, were hurt or were arrested: "killing at least 12", "a fait 14 morts".
func (r *reading) casualties(e *news.Event, t *trigger, s text.Sentence) {
	switch {
	case e.What.Type == plover.Coerce && e.What.Mode == "arrest":
		if e.Count != nil {
			e.Arrested = e.Count
		}
	case e.What.Type == plover.Assault:
		if r.has(t.at, lexicon.Dead) || t.sense.Mode == "targeted" && !t.noun() {
			e.Dead = e.Count
		} else if r.has(t.at, lexicon.Injured) {
			e.Injured = e.Count
		}
		for i := s.First; i < s.Last; i++ {
			r.casualty(e, i, s)
		}
	}
}

// casualty reads the number at i and what it counts.
func (r *reading) casualty(e *news.Event, i int, s text.Sentence) {
	if r.Tokens[i].Kind != text.Number && !r.has(i, lexicon.Numbers|lexicon.Vague) {
		return
	}
	for j := i + 1; j < min(s.Last, i+5); j++ {
		if r.Tokens[j].Kind == text.Punct || r.Tokens[j].Kind == text.Number {
			return
		}
		switch {
		case r.has(j, lexicon.Dead) && e.Dead == nil:
			e.Dead = r.quantity(i)
			return
		case r.has(j, lexicon.Injured) && e.Injured == nil:
			e.Injured = r.quantity(i)
			return
		}
	}
}
