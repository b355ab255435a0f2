package machine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/window"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// specOf is what a rule's window looks for.
func specOf(w rule.When) window.Spec {
	return window.Spec{
		Kind: window.Kind(w.Kind), Over: w.Over, AtLeast: w.AtLeast, Baseline: w.Baseline, Ratio: int(w.Ratio*100 + 0.5), Steps: len(w.Steps),
		Grouped: len(w.GroupBy) > 0, Lateness: w.Lateness,
	}
}

// counter is the window of one rule, and what its entries mean: a rule that counts other things begins anew.
type counter struct {
	*window.Window
	meaning string
	looks   string // for what, in words
}

func counterOf(w *window.Window, meaning string) *counter {
	return &counter{w, meaning, w.Spec().String()}
}

func meaningOf(r *rule.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s|%s|%v|%v", r.Query, r.When.Distinct, r.When.Of, r.When.GroupBy)
	for _, s := range r.When.Steps {
		b.WriteString("|" + s.Query)
	}
	return string(news.MakeID(b.String()))
}

// openWindows gives each rule that needs one its window: the one it had, if it still means the same.
func (s *State) openWindows() {
	before := s.windows
	s.windows, s.silent, s.nextTurn = nil, nil, time.Time{}
	if s.rules == nil {
		return
	}
	for _, name := range s.rules.windowed {
		r := &s.rules.named(name).rule
		if r.State == rule.Off {
			continue
		}
		if s.windows == nil {
			s.windows = map[string]*counter{}
		}
		c := before[r.Name]
		if c == nil || c.Spec() != specOf(r.When) || c.meaning != meaningOf(r) {
			c = counterOf(window.New(specOf(r.When)), meaningOf(r))
			if !s.clock.IsZero() {
				c.Advance(s.clock)
			}
		}
		s.windows[r.Name] = c
		if r.When.Kind == rule.Absence {
			s.silent = append(s.silent, r.Name)
		}
	}
	slices.Sort(s.silent)
}

// turn tells the absences that the time alone has made.
func (s *State) turn(out *Result) {
	if len(s.silent) == 0 || s.clock.Before(s.nextTurn) {
		return
	}
	defer func() { s.nextTurn = s.earliest() }()
	for _, name := range s.silent {
		ruled := s.rules.named(name)
		if ruled == nil {
			continue
		}
		of := &ruled.rule
		for _, f := range s.windows[name].Advance(s.clock) {
			alert := news.Alert{
				Rule: of.Name, Title: of.Title, Owner: of.Owner, Severity: of.Severity, To: of.To, At: s.clock, Origin: news.Live,
			}
			if !s.live {
				alert.Origin = news.Archive
			}
			if of.State == rule.Shadow {
				alert.ID = findID(of.Name, f)
				out.suppress(of.Name, Shadowed, "", "the rule is counted, never sent")
				s.holdBack(alert, out)
				continue
			}
			alert.Why = []news.Clause{{Text: of.Query}}
			s.found(nil, ruled, f, alert, out)
		}
	}
}

// earliest is when the first window can find an absence.
func (s *State) earliest() time.Time {
	var first time.Time
	for _, name := range s.silent {
		if due := s.windows[name].Due(); first.IsZero() || due.Before(first) {
			first = due
		}
	}
	return first
}

// enter puts a hit into the window of its rule. The window keeps where it is.
func (s *State) enter(a *article, of *hit, report *news.Report, where *window.Article, told news.Story, out *Result) {
	r := &of.rule
	c := s.windows[r.Name]
	c.Advance(s.clock)
	all := of.counted
	if all == nil {
		all = of.count(report, told.ID, nil)
	}
	var late, dropped, said bool
	for _, one := range all {
		fate, finds := c.Enter(window.Entry{At: report.At, Group: one.group, Key: one.key, Article: where, Step: of.step})
		switch fate {
		case window.Entered:
			s.enters(place{r.Name, one.group})
		case window.Late:
			late = true
		case window.Dropped:
			dropped = true
		}
		for _, f := range finds {
			alert := of.alert(report, told)
			alert.Why = s.rules.early.Why(report, told, of.held) // whichever was asked: a rule is explained the same
			said = s.found(a, of.ruled, f, alert, out) || said
		}
	}
	if due := c.Due(); r.When.Kind == rule.Absence && due.Before(s.nextTurn) { // the other windows' times stay
		s.nextTurn = due
	}
	switch {
	case said:
	case dropped:
		out.suppress(r.Name, Dropped, "", "the window is full: %d entries", c.Len())
	case late:
		out.suppress(r.Name, Late, "", "at %s, more than %s before the log's time", report.At.UTC().Format(time.RFC3339), r.When.Lateness)
	default:
		out.Suppressed = append(out.Suppressed, Suppression{Rule: r.Name, Reason: Counted, Detail: Detail{Window: c.looks, Entries: c.Len()}})
	}
}

// enters notes where the report at hand stands. The hits of a rule follow each other.
func (s *State) enters(p place) {
	for i := len(s.entered) - 1; i >= 0 && s.entered[i].rule == p.rule; i-- {
		if s.entered[i].group == p.group {
			return
		}
	}
	s.entered = append(s.entered, p)
}

// found tells what a window found, and tells whether that became an alert.
func (s *State) found(a *article, ruled *ruled, f window.Find, alert news.Alert, out *Result) bool {
	of := &ruled.rule
	c := s.windows[of.Name]
	alert.ID = findID(of.Name, f)
	alert.Window = &news.Window{
		Kind: string(of.When.Kind), Group: f.Group, Start: f.Start, End: f.End, Count: f.Count, Distinct: string(of.When.Distinct),
		Entries: entered(f.Entries), Late: c.Late(), Dropped: c.Dropped(),
	}
	if of.When.Kind == rule.Spike {
		alert.Window.Expected = fmt.Sprintf("%d.%d", f.Expected/10, f.Expected%10)
	}
	alert.Summary = ruled.summary.Of(alert)
	before := len(out.Outputs)
	r := s.record(alert.ID)
	switch {
	case r != nil:
		s.update(r, of, alert, out)
	case s.allow(of, alert, out):
		r = &record{windowed: true}
		s.remember(alert.ID, r)
		if a != nil && of.When.Kind == rule.First {
			a.hold(alert.ID, "", r)
		}
		s.say(r, alert, news.New, out)
	}
	return len(out.Outputs) > before
}

func findID(rule string, f window.Find) news.ID {
	return alertID(rule, "window", news.ID(f.Group+"\x00"+f.ID.UTC().Format(time.RFC3339Nano)))
}

// maxEntered bounds the entries of a window that an alert lists: the latest.
const maxEntered = 50

func entered(entries []window.Entry) []news.Entered {
	entries = entries[max(0, len(entries)-maxEntered):]
	out := make([]news.Entered, 0, len(entries))
	for _, e := range entries {
		out = append(out, news.Entered{Article: e.Article.ID, Publisher: e.Article.Publisher, At: e.At.UTC(), Step: e.Step})
	}
	return out
}

// leaveWindows takes an article's entries back, and the finds that do not hold without them.
func (s *State) leaveWindows(a *article, id news.ID, at time.Time, out *Result) {
	if a.past == nil || a.past.entered == "" {
		return
	}
	for e := range a.past.entered.all(s.archive.windowed.names) {
		c := s.windows[e.rule]
		if c == nil {
			continue
		}
		for _, f := range c.Remove(id, []string{e.group}) {
			if r := s.record(findID(e.rule, f)); r != nil {
				s.retract(r, at, news.Reference{}, out)
			}
		}
	}
	a.past.entered = ""
}

// countsStories tells whether a window asks which story an article is in.
func countsStories(w *rule.When) bool {
	return w.Distinct == rule.ByStory || slices.Contains(w.Of, rule.ByStory) || slices.Contains(w.GroupBy, rule.ByStory)
}

// counted is what a hit has in a window: one for each group and each thing to count.
type counted struct{ group, key string }

// count appends what a hit has in the window of its rule.
func (h *hit) count(r *news.Report, story news.ID, out []counted) []counted {
	when := &h.rule.When
	one := [1]rule.Dimension{cmp.Or(when.Distinct, rule.ByArticle)}
	of := one[:]
	if when.Kind == rule.First {
		of = when.Of
	}
	from := len(out)
	var some [8]string // keys and groups, mostly so few
	add := func(e *news.Event) {
		t := teller{report: r, story: story, event: e}
		keys := t.combine(of, some[:0])
		groups := t.combine(when.GroupBy, keys[len(keys):])
		for _, group := range groups {
			for _, key := range keys {
				if one := (counted{group, key}); !slices.Contains(out[from:], one) {
					out = append(out, one)
				}
			}
		}
	}
	if !slices.ContainsFunc(of, rule.Dimension.OfEvent) && !slices.ContainsFunc(when.GroupBy, rule.Dimension.OfEvent) {
		add(nil)
		return out
	}
	for _, n := range h.held.Events {
		add(&r.Events[n])
	}
	return out
}

// teller tells the values that a hit has in the dimensions.
type teller struct {
	report *news.Report
	story  news.ID
	event  *news.Event // nil where no dimension is an event's
}

// combine appends the values of several dimensions together: "RUS/NATO".
func (t *teller) combine(of []rule.Dimension, out []string) []string {
	from := len(out)
	if len(of) == 0 {
		return append(out, "")
	}
	out = t.values(of[0], out)
	for _, d := range of[1:] {
		heads := len(out)
		for at := from; at < heads; at++ {
			first := len(out)
			out = t.values(d, out)
			for i := first; i < len(out); i++ {
				out[i] = out[at] + "/" + out[i]
			}
		}
		out = slices.Delete(out, from, heads)
	}
	return out
}

// untold stands for a value that is not told.
const untold = "not told"

// values appends those of a dimension.
func (t *teller) values(d rule.Dimension, out []string) []string {
	value := ""
	switch d {
	case rule.ByArticle:
		value = string(t.report.Article.ID)
	case rule.ByStory:
		value = string(t.story)
	case rule.ByPublisher:
		value = t.report.Article.Publisher
	case rule.ByLanguage:
		value = t.report.Article.Language
	case rule.ByEvent:
		value = string(t.event.ID)
	case rule.ByWhat:
		value = string(t.event.What.Type)
	case rule.ByMode:
		value = string(t.event.What.Mode)
	case rule.ByWho:
		return actors(t.event.Who, out)
	case rule.ByWhom:
		return actors(t.event.Whom, out)
	case rule.ByWhere:
		if t.event.Where != nil {
			value = cmp.Or(t.event.Where.Country, t.event.Where.Name)
		}
	}
	return append(out, cmp.Or(value, untold))
}

func actors(side []news.Actor, out []string) []string {
	from := len(out)
	for i := range side {
		a := &side[i]
		if v := cmp.Or(a.Country, a.Key, a.Name, untold); !slices.Contains(out[from:], v) {
			out = append(out, v)
		}
	}
	if len(out) == from {
		return append(out, untold)
	}
	return out
}
