package machine

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/window"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// judge tells what the rules in force say to a report, in the order of the rules and, within one, of the text.
func (s *State) judge(a *article, r *news.Report, told news.Story, p *Prepared, out *Result) {
	var raised []news.ID
	if s.rules != nil {
		hits, exceeded := s.matches(r, told, p)
		for _, question := range exceeded {
			out.suppress(ruleAsked(question), Costly, "", "it takes more than %d units of work", match.Budget)
		}
		var where *window.Article
		if len(hits) > 0 {
			out.Suppressed = slices.Grow(out.Suppressed, len(hits)) // most are counted, and no more
			where = &window.Article{ID: r.Article.ID, Publisher: r.Article.Publisher}
		}
		for i := range hits {
			hit := &hits[i]
			matched := &hit.rule
			reason, detail := suppress(matched, r)
			switch {
			case reason != "":
				alert := hit.alert(r, told)
				out.suppress(matched.Name, reason, "", "%s", detail)
				alert.ID = s.wouldBe(matched, &alert, alert.Events)
				s.holdBack(alert, out)
			case matched.When.Windowed():
				s.enter(a, hit, r, where, told, out)
			default:
				alert := hit.alert(r, told)
				raised = append(raised, s.raise(a, hit.ruled, alert, alert.Events, out)...)
			}
		}
	}
	holds := func(c claim) bool {
		r := s.alerts[c.alert]
		return slices.Contains(raised, c.alert) || r != nil && r.windowed
	}
	s.disclaim(a, holds, r.At, r.Article.Reference(), out)
}

func (out *Result) suppress(rule string, reason Reason, alert news.ID, format string, args ...any) {
	out.Suppressed = append(out.Suppressed, Suppression{Rule: rule, Reason: reason, Alert: alert, Detail: Detail{Words: fmt.Sprintf(format, args...)}})
}

// suppress tells why a hit must not become an alert; "" where it may.
func suppress(r *rule.Rule, report *news.Report) (Reason, string) {
	if r.State == rule.Shadow {
		return Shadowed, "the rule is counted, never sent"
	}
	switch report.Origin {
	case news.Baseline:
		return Old, "found on the first look at its source"
	case news.Live, news.Push:
		published := report.Article.Published
		if age := report.Article.Seen.Sub(published.End); !published.IsZero() && age > r.MaxAge {
			return Old, fmt.Sprintf("published %s before it was seen; max_age is %s", age.Round(time.Minute), r.MaxAge)
		}
	}
	return "", ""
}

// alert is the alert of a hit, without identity and summary, and without clauses if the hit is of a window.
func (h *hit) alert(r *news.Report, told news.Story) news.Alert {
	of := &h.rule
	return news.Alert{
		Rule: of.Name, Title: of.Title, Owner: of.Owner, Severity: of.Severity, To: of.To, At: r.At, Article: r.Article.Reference(),
		Origin: r.Origin, Story: told, Events: chosen(r.Events, h.held.Events), Why: h.held.Why,
	}
}

// chosen are some of the events of a report. One alone, as most are, stays where it is.
func chosen(events []news.Event, which []int) []news.Event {
	if len(which) == 1 {
		return events[which[0] : which[0]+1 : which[0]+1]
	}
	out := make([]news.Event, len(which))
	for i, n := range which {
		out[i] = events[n]
	}
	return out
}

// raise tells one alert for the article or the story, or one for each event, and returns their IDs.
func (s *State) raise(a *article, ruled *ruled, alert news.Alert, events []news.Event, out *Result) []news.ID {
	of := &ruled.rule
	one := func(id news.ID, events []news.Event) news.ID {
		alert.ID, alert.Events = id, events
		alert.Summary = ruled.summary.Of(alert)
		s.tell(a, of, alert, out)
		return id
	}
	switch of.When.Each {
	case rule.EachArticle:
		return []news.ID{one(alertID(of.Name, "article", alert.Article.ID), events)}
	case rule.EachEvent:
		if id := s.toldOf(alert.Story.CopyOf, of.Name); id != "" && len(a.claims()) == 0 {
			out.suppress(of.Name, Copied, id, "a copy of article %s, whose events were told", alert.Story.CopyOf.Short())
			s.holdBack(alert, out)
			return nil
		}
		var ids []news.ID
		for i := range events {
			ids = append(ids, one(alertID(of.Name, "event", events[i].ID), events[i:i+1:i+1]))
		}
		return ids
	}
	return []news.ID{one(s.storyAlert(of.Name, alert.Story), events)}
}

func alertID(rule, kind string, thing news.ID) news.ID {
	return news.MakeID("alert", rule, kind, string(thing))
}

// storyAlert names the alert of a story: where it was told under a story that became part of this one, that alert.
func (s *State) storyAlert(rule string, told news.Story) news.ID {
	id := alertID(rule, "story", told.ID)
	if s.alerts[id] != nil {
		return id
	}
	for _, former := range told.Former {
		if was := alertID(rule, "story", former); s.alerts[was] != nil {
			return was
		}
	}
	return id
}

// toldOf is an alert of the rule that the article holds up; "" if there is none.
func (s *State) toldOf(article news.ID, rule string) news.ID {
	if article == "" {
		return ""
	}
	if a := s.archive.find(article); a != nil {
		for _, c := range a.claims() {
			if r := s.alerts[c.alert]; r != nil && !c.taken && r.alert.Rule == rule {
				return c.alert
			}
		}
	}
	return ""
}

// tell tells an alert, or the revision of it that is worth telling.
func (s *State) tell(a *article, of *rule.Rule, alert news.Alert, out *Result) {
	facts := facts(alert)
	r, c := s.record(alert.ID), a.claim(alert.ID)
	if r == nil {
		if s.allow(of, alert, out) {
			r = &record{}
			s.remember(alert.ID, r)
			a.hold(alert.ID, facts, r)
			s.say(r, alert, news.New, out)
		}
		return
	}
	switch retracted := r.alert.Change == news.Retracted; {
	case c == nil || c.taken:
		a.hold(alert.ID, facts, r)
		if !retracted && r.adds(&alert) == "" {
			reason := Known
			if alert.Story.CopyOf != "" {
				reason = Copied
			}
			out.suppress(of.Name, reason, alert.ID, "nothing new since revision %d", r.alert.Revision)
			if reason == Copied {
				s.holdBack(alert, out)
			}
			return
		}
	case c.facts == facts && !retracted:
		return
	default:
		c.facts = facts
	}
	s.update(r, of, alert, out)
}

// hold notes that the article holds the alert up.
func (a *article) hold(id news.ID, facts string, r *record) {
	r.claims++
	if c := a.claim(id); c != nil {
		c.facts, c.taken = facts, false
		return
	}
	r.known++
	p := a.more()
	p.claims = append(p.claims, claim{alert: id, facts: facts})
}

// disclaim takes back what the article says for alerts that it does not hold up any more. An alert that no article holds up
// is retracted.
func (s *State) disclaim(a *article, holds func(claim) bool, at time.Time, ref news.Reference, out *Result) {
	for i := range a.claims() {
		c := &a.past.claims[i]
		if c.taken || holds(*c) {
			continue
		}
		c.taken = true
		if r := s.record(c.alert); r != nil {
			if r.claims--; r.claims == 0 {
				s.retract(r, at, ref, out)
			}
		}
	}
}

// facts is what must differ for a new revision of an article to be worth telling.
func facts(a news.Alert) string {
	b := make([]byte, 0, 256)
	b = append(append(append(b, a.Severity...), '|'), a.Summary...)
	for i := range a.Events {
		e := &a.Events[i]
		b = append(append(append(append(b, '|'), e.ID...), ' '), e.Realis...)
		b = append(append(strconv.AppendBool(append(b, ' '), e.Historical), ' '), e.Effective.String()...)
		for _, q := range [...]*news.Quantity{e.Count, e.Dead, e.Injured, e.Arrested} {
			if q == nil {
				b = append(b, " -"...)
				continue
			}
			b = strconv.AppendInt(append(b, ' '), q.Value, 10)
			b = strconv.AppendInt(append(b, ':'), q.Min, 10)
			b = strconv.AppendInt(append(b, ':'), q.Max, 10)
		}
	}
	return string(news.MakeID(string(b)))
}
