package machine

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// record is what is remembered of an alert.
type record struct {
	moment     uint64     // one of an earlier moment than the State's belongs to a picture, too
	alert      news.Alert // as told last, without events, clauses and window
	at         time.Time  // the log's time when it was told last
	facts      []string   // what its revisions told, sorted
	dead       int64      // the highest number of dead told
	publishers int        // independent ones, when it was told last
	claims     int        // articles that hold it up
	known      int        // articles that are remembered to have held it up
	windowed   bool       // it is a window's, and does not go with what its article says later
	pending    *pending   // nil: none
}

// maxFacts bounds what is remembered of what one alert told; beyond it nothing counts as new but severity and publishers.
const maxFacts = 256

// record is what is remembered of an alert, to be written to until the next picture; nil: nothing.
func (s *State) record(id news.ID) *record {
	r := s.alerts[id]
	if r == nil || r.moment == s.moment {
		return r
	}
	copied := *r
	copied.moment, copied.facts = s.moment, slices.Clone(r.facts)
	s.alerts[id] = &copied
	return &copied
}

func (s *State) remember(id news.ID, r *record) {
	if s.alerts == nil {
		s.alerts = map[news.ID]*record{}
	}
	r.moment = s.moment
	s.alerts[id] = r
}

// adds tells in a word what an alert adds to what was told; "" for nothing.
func (r *record) adds(a *news.Alert) string {
	if higher(a.Severity, r.alert.Severity) {
		return "severity"
	}
	for i := range a.Events {
		e := &a.Events[i]
		if _, known := slices.BinarySearch(r.facts, fact(e)); !known && len(r.facts) < maxFacts {
			return "fact"
		}
		if e.Dead != nil && e.Dead.Min > r.dead {
			return "dead"
		}
	}
	if milestone(a.Story.Publishers) > milestone(r.publishers) {
		return "publishers"
	}
	return ""
}

// milestones are the numbers of publishers that are worth telling.
var milestones = []int{1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}

// milestone is how many milestones n has passed.
func milestone(n int) int {
	at, _ := slices.BinarySearch(milestones, n+1)
	return at
}

// fact is what two tellings of one event have in common.
func fact(e *news.Event) string {
	b := make([]byte, 0, 64)
	b = append(b, e.What.Type...)
	b = append(b, '/')
	b = append(b, e.What.Mode...)
	for _, side := range [][]news.Actor{e.Who, e.Whom} {
		b = append(b, '|')
		for _, a := range side {
			b = append(append(b, cmp.Or(a.Country, a.Key, a.Name)...), ' ')
		}
	}
	b = append(append(b, '|'), e.Realis...)
	return string(strconv.AppendBool(b, e.Historical))
}

func higher(a, b news.Severity) bool {
	order := news.Severities()
	return slices.Index(order, a) > slices.Index(order, b)
}

// say tells an alert in its next revision.
func (s *State) say(r *record, alert news.Alert, change news.Change, out *Result) {
	alert.Revision, alert.Change = r.alert.Revision+1, change
	for i := range alert.Events {
		e := &alert.Events[i]
		if at, known := slices.BinarySearch(r.facts, fact(e)); !known && len(r.facts) < maxFacts {
			r.facts = slices.Insert(r.facts, at, fact(e))
		}
		if e.Dead != nil {
			r.dead = max(r.dead, e.Dead.Min)
		}
	}
	r.publishers = max(r.publishers, alert.Story.Publishers)
	r.alert, r.at, r.pending = trim(alert), s.highest, nil
	out.Outputs = append(out.Outputs, Output{Alert: &alert})
}

func trim(a news.Alert) news.Alert {
	a.Events, a.Why, a.Window = nil, nil, nil
	return a
}

// retract takes an alert back, at the severity told last. Neither throttle nor limit hold it up.
func (s *State) retract(r *record, at time.Time, ref news.Reference, out *Result) {
	if r.alert.Change == news.Retracted {
		return
	}
	alert := r.alert
	alert.At = at
	if ref.ID != "" {
		alert.Article = ref
	}
	r.facts, r.dead, r.publishers = nil, 0, 0
	s.say(r, alert, news.Retracted, out)
	r.publishers = 0
}

// update tells a revision of an alert, at once or when the rule's throttle is over.
func (s *State) update(r *record, of *rule.Rule, alert news.Alert, out *Result) {
	next := r.pending.with(alert)
	due := r.at.Add(of.Throttle)
	if of.Throttle > 0 && s.highest.Before(due) && !higher(alert.Severity, r.alert.Severity) && r.alert.Change != news.Retracted {
		if r.pending == nil {
			s.wait(wait{due, alert.ID})
		}
		next.alert.Events = slices.Clone(next.alert.Events) // not all that the report tells
		r.pending = next
		out.suppress(of.Name, Throttled, alert.ID, "revision %d was told %s ago; the next waits until %s", r.alert.Revision,
			s.highest.Sub(r.at), due.UTC().Format(time.RFC3339))
		s.holdBack(alert, out)
		return
	}
	if alert := next.whole(); s.allow(of, alert, out) {
		s.say(r, alert, news.Updated, out)
	}
}

// wait is an update that waits for the end of a throttle.
type wait struct {
	due   time.Time
	alert news.ID
}

func compareWaits(a, b wait) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.alert, b.alert)) }

func (s *State) wait(w wait) {
	at, _ := slices.BinarySearchFunc(s.waiting, w, compareWaits)
	s.waiting = slices.Insert(s.waiting, at, w)
}

// release tells the updates whose throttle is over, in the order in which they became due.
func (s *State) release(out *Result) {
	n := 0
	for ; n < len(s.waiting) && !s.highest.Before(s.waiting[n].due); n++ {
		r := s.record(s.waiting[n].alert)
		if r == nil || r.pending == nil {
			continue
		}
		alert := r.pending.whole()
		r.pending = nil
		of := s.rules.named(alert.Rule)
		if of == nil || of.rule.State != rule.Live {
			continue
		}
		if s.allow(&of.rule, alert, out) {
			s.say(r, alert, news.Updated, out)
		}
	}
	s.waiting = slices.Delete(s.waiting, 0, n)
}
