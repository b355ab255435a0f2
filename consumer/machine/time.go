package machine

import (
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Time is where a machine stands in the log's time.
type Time struct {
	Highest time.Time // highest At of an entry
	Clock   time.Time // the same without the archive reports of a log that has live ones
	Swept   time.Time // when it last forgot alerts
	Live    bool      // the log holds a report of a live source
}

// Time is where it stands now.
func (s *State) Time() Time { return Time{s.highest, s.clock, s.swept, s.live} }

// StateAt is a machine that stands there and knows nothing else: with no rules in force and the articles that matter
// stepped again, it goes on as the one did whose Time it is.
func StateAt(t Time) *State {
	return &State{highest: t.Highest, clock: t.Clock, swept: t.Swept, live: t.Live}
}

// Idle is when something is due next, zero where that is not known: entries older than it that are passed, one after the
// other, tell nothing, and the highest of them and the highest that moves windows, passed alone, do what all of them do.
func (s *State) Idle() time.Time {
	idle := s.swept.Add(sweepEvery)
	earlier := func(t time.Time) {
		if t.Before(idle) {
			idle = t
		}
	}
	if len(s.waiting) > 0 {
		earlier(s.waiting[0].due)
	}
	for _, name := range s.over {
		if l := s.limits[name]; l != nil {
			earlier(l.end)
		}
	}
	if len(s.silent) > 0 {
		earlier(s.nextTurn)
	}
	if !s.highest.Before(idle) { // it waits for the clock
		return time.Time{}
	}
	return idle
}

// Known is the place in the log of the latest revision of an article that is remembered; 0: none is.
func (s *State) Known(article news.ID) uint64 {
	if a := s.archive.find(article); a != nil {
		return a.seq
	}
	return 0
}
