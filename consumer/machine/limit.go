package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// limit counts the alerts of a rule in the current stretch of its limit.
type limit struct {
	start    time.Time
	end      time.Time
	told     int
	held     int
	shown    int        // of held, told by the "N more" alert
	revision int        // of that alert
	alert    news.Alert // the first that was held, without events
}

// allow tells whether the rule may tell one more alert now. One that may not is counted by the "N more" alert of the
// stretch: told with the first, the tenth, the hundredth and so on, and with the last when the stretch is over.
func (s *State) allow(of *rule.Rule, alert news.Alert, out *Result) bool {
	if of.Limit.Count <= 0 {
		return true
	}
	start := s.highest.Truncate(of.Limit.Per)
	l := s.limits[of.Name]
	if l == nil || !l.start.Equal(start) {
		if l != nil {
			l.finish(out)
		}
		if s.limits == nil {
			s.limits = map[string]*limit{}
		}
		l = &limit{start: start, end: start.Add(of.Limit.Per)}
		s.limits[of.Name] = l
	}
	if l.told < of.Limit.Count {
		l.told++
		return true
	}
	if at, there := slices.BinarySearch(s.over, of.Name); !there {
		s.over = slices.Insert(s.over, at, of.Name)
	}
	if l.held == 0 {
		l.alert = trim(alert)
	}
	l.held++
	id := l.id(of.Name)
	out.suppress(of.Name, Limited, id, "%d alerts were told since %s, and no more are before %s", l.told, l.start.UTC().Format(time.RFC3339),
		l.end.UTC().Format(time.RFC3339))
	s.holdBack(alert, out)
	if l.shown == 0 || l.held == 10*l.shown {
		l.tell(out)
	}
	return false
}

func (l *limit) id(rule string) news.ID {
	return alertID(rule, "more", news.ID(l.start.UTC().Format(time.RFC3339Nano)))
}

func (l *limit) tell(out *Result) {
	l.revision++
	l.shown = l.held
	a := l.alert
	a.ID, a.Revision, a.Change, a.Held = l.id(a.Rule), l.revision, news.Updated, l.held
	if l.revision == 1 {
		a.Change = news.New
	}
	a.Summary = fmt.Sprintf("%d more of this rule between %s and %s", l.held, l.start.UTC().Format("2006-01-02 15:04"), l.end.UTC().Format("2006-01-02 15:04 MST"))
	out.Outputs = append(out.Outputs, Output{Alert: &a})
}

// finish tells how many were held in the end.
func (l *limit) finish(out *Result) {
	if l.held > l.shown {
		l.tell(out)
	}
}

// close ends the stretches that are over.
func (s *State) close(out *Result) {
	s.over = slices.DeleteFunc(s.over, func(name string) bool {
		l := s.limits[name]
		if l != nil && s.highest.Before(l.end) {
			return false
		}
		if l != nil {
			l.finish(out)
			delete(s.limits, name)
		}
		return true
	})
}
