package machine

import (
	"fmt"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// alerts are those that a report raises under the rules in force, in the order of the rules and, within one, of the
// text, all as if they were told for the first time.
func (s *State) alerts(r news.Report, story news.Story) ([]news.Alert, []Suppression) {
	if s.rules == nil {
		return nil, nil
	}
	var alerts []news.Alert
	var suppressed []Suppression
	s.hits = s.rules.index.Match(r, story, s.hits[:0])
	for _, hit := range s.hits {
		matched := s.rules.rules[hit.Rule]
		if reason, ok := suppress(matched, r); ok {
			suppressed = append(suppressed, Suppression{matched.Name, reason})
			continue
		}
		events := make([]news.Event, len(hit.Events))
		for i, n := range hit.Events {
			events[i] = r.Events[n]
		}
		alert := news.Alert{
			Revision: 1, Change: news.New, Rule: matched.Name, Title: matched.Title, Owner: matched.Owner,
			Severity: matched.Severity, To: matched.To, At: r.At, Article: r.Article.Reference(), Origin: r.Origin,
			Story: story, Why: hit.Why,
		}
		alerts = append(alerts, raise(matched, s.rules.summaries[hit.Rule], alert, events)...)
	}
	return alerts, suppressed
}

// raise gives one alert for the article or the story, or one for each event.
func raise(r rule.Rule, summary *rule.Summary, alert news.Alert, events []news.Event) []news.Alert {
	name := func(kind string, thing news.ID, events []news.Event) news.Alert {
		alert.ID = news.MakeID("alert", r.Name, kind, string(thing))
		alert.Events = events
		alert.Summary = summary.Of(alert)
		return alert
	}
	switch r.When.Each {
	case rule.EachArticle:
		return []news.Alert{name("article", alert.Article.ID, events)}
	case rule.EachEvent:
		out := make([]news.Alert, len(events))
		for i, e := range events {
			out[i] = name("event", e.ID, []news.Event{e})
		}
		return out
	}
	return []news.Alert{name("story", alert.Story.ID, events)}
}

// suppress tells why a hit must not become an alert.
func suppress(r rule.Rule, report news.Report) (Reason, bool) {
	if r.State == rule.Shadow {
		return Shadowed, true
	}
	switch report.Origin {
	case news.Baseline:
		return Old, true
	case news.Live, news.Push:
		published := report.Article.Published
		if !published.IsZero() && report.Article.Seen.Sub(published.End) > r.MaxAge {
			return Old, true
		}
	}
	return "", false
}

// revise compares the alerts an article raises now with those it raised before and returns what is to be told: new
// ones, new revisions of those whose facts changed, and retractions of those it no longer raises.
func (a *article) revise(r news.Report, now []news.Alert) []news.Alert {
	var out []news.Alert
	raised := make(map[news.ID]bool, len(now))
	for _, alert := range now {
		raised[alert.ID] = true
		facts := facts(alert)
		before := a.find(alert.ID)
		switch {
		case before == nil:
			a.alerts = append(a.alerts, told{trim(alert), facts})
		case before.facts == facts && before.alert.Change != news.Retracted:
			continue
		default:
			alert.Revision = before.alert.Revision + 1
			alert.Change = news.Updated
			*before = told{trim(alert), facts}
		}
		out = append(out, alert)
	}
	for i := range a.alerts {
		t := &a.alerts[i]
		if !raised[t.alert.ID] && t.alert.Change != news.Retracted {
			t.alert.Article = r.Article.Reference()
			out = append(out, t.retract(r.At))
		}
	}
	return out
}

func (a *article) find(id news.ID) *told {
	for i := range a.alerts {
		if a.alerts[i].alert.ID == id {
			return &a.alerts[i]
		}
	}
	return nil
}

// retract marks the alert as withdrawn, at the severity told last, and returns the revision that says so.
func (t *told) retract(at time.Time) news.Alert {
	t.alert.Revision++
	t.alert.Change = news.Retracted
	t.alert.At = at
	return t.alert
}

func trim(a news.Alert) news.Alert {
	a.Events, a.Why = nil, nil
	return a
}

// facts is what must differ for a revision to be worth telling.
func facts(a news.Alert) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s|%s", a.Severity, a.Summary)
	for _, e := range a.Events {
		fmt.Fprintf(&b, "|%s %s %t %s", e.ID, e.Realis, e.Historical, e.Effective)
		for _, q := range []*news.Quantity{e.Count, e.Dead, e.Injured, e.Arrested} {
			if q == nil {
				b.WriteString(" -")
				continue
			}
			fmt.Fprintf(&b, " %d:%d:%d", q.Value, q.Min, q.Max)
		}
	}
	return b.String()
}
