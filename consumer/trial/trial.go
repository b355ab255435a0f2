// Package trial tries rules on examples: articles at simulated times, and the alerts that are expected of them.
package trial

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Case is one example: what comes in, and what the rule is expected to tell.
type Case struct {
	Name     string
	Rule     string
	Where    string // file and line, for people
	Articles []Article
	Until    time.Time // the log's time at the end; zero: that of the last article
	Expect   []Alert   // every revision of every alert, in the order in which they are told

	Held     bool             // whether what is suppressed is expected too:
	Suppress []machine.Reason // why hits become no alert, in the order in which they are found
}

// Article is an article of a Case, written out or in a file of its own.
type Article struct {
	Where   string
	At      time.Time    // of the log; zero: when it was published
	File    string       // where it is to be read; empty: it is this one:
	Article news.Article // without identity, and without a date where that is At
}

// Alert is what is expected of one revision of an alert. What is empty is not asked.
type Alert struct {
	Where    string
	Severity news.Severity
	Change   news.Change
	What     string
	Who      string // code, name or alias, as in queries
	Whom     string
	Cites    string // words of a sentence that proves it, or of the words that a clause found
	Summary  string
	To       []string // receivers, in any order
}

// Outcome is what became of a Case.
type Outcome struct {
	Case     Case
	Failures []Failure // none: it went as expected
	Told     []news.Alert
}

// Failure is one thing that went otherwise.
type Failure struct {
	Where string // file and line of what was expected
	Text  string
}

func (f Failure) String() string { return f.Where + ": " + f.Text }

// Report makes a report of an article of a Case, coded and sketched as live ones are.
type Report func(news.Article) news.Report

// Dated is the article as it comes in at the log's time At, the n-th of its Case.
func (a Article) Dated(n int) (news.Article, time.Time) {
	out, at := a.Article, a.At
	if at.IsZero() {
		at = out.Published.Start
	}
	out.Seen = at
	if out.Published.IsZero() {
		out.Published = news.Interval{Start: at, End: at.Add(time.Second), Grain: news.Instant, Resolved: news.ByDocument}
	}
	if out.Publisher == "" {
		out.Publisher = news.NoPublisher
	}
	if out.ID == "" {
		out = out.Identify(fmt.Sprint("article ", n))
	}
	return out, at
}

// Run steps a machine that has only this rule through the reports, one after the other, and compares what it tells.
func Run(c Case, r rule.Rule, reports []news.Report, g *gazetteer.Gazetteer) (Outcome, error) {
	set, err := machine.Compile("trial", []rule.Rule{r}, g)
	if err != nil {
		return Outcome{}, fmt.Errorf("%s: %w", c.Where, err)
	}
	t := &run{rule: r, reports: reports, gazetteer: g, out: Outcome{Case: c}, quiet: make([]bool, len(reports))}
	t.step(machine.Input{Entry: news.Rules{Hash: "trial"}, Rules: set})
	for i, report := range reports {
		t.quiet[i] = !t.step(machine.Input{Entry: report})
	}
	if !c.Until.IsZero() {
		t.step(machine.Input{Entry: news.Tick{At: c.Until}})
	}
	t.compare()
	return t.out, nil
}

type run struct {
	rule      rule.Rule
	reports   []news.Report
	gazetteer *gazetteer.Gazetteer
	state     machine.State
	seq       uint64
	held      []machine.Suppression
	quiet     []bool // by report: the rule did not hold
	out       Outcome
}

// step tells whether anything came of the entry.
func (t *run) step(in machine.Input) bool {
	t.seq++
	in.Seq = t.seq
	result := t.state.Step(in)
	told := len(t.out.Told)
	for _, o := range result.Outputs {
		if o.Alert != nil {
			t.out.Told = append(t.out.Told, *o.Alert)
		}
	}
	t.held = append(t.held, result.Suppressed...)
	return len(t.out.Told) > told || len(result.Suppressed) > 0
}

func (t *run) fail(where, format string, args ...any) {
	t.out.Failures = append(t.out.Failures, Failure{where, fmt.Sprintf(format, args...)})
}

func (t *run) compare() {
	want, got := t.out.Case.Expect, t.out.Told
	for i := range min(len(want), len(got)) {
		t.one(i+1, want[i], got[i])
	}
	for i := len(got); i < len(want); i++ {
		t.fail(want[i].Where, "alert %d was not told%s", i+1, t.why())
	}
	for i := len(want); i < len(got); i++ {
		t.fail(t.out.Case.Where, "alert %d was not expected: %s", i+1, describe(got[i]))
	}
	if !t.out.Case.Held {
		return
	}
	var reasons []machine.Reason
	for _, s := range t.held {
		reasons = append(reasons, s.Reason)
	}
	if !slices.Equal(reasons, t.out.Case.Suppress) {
		t.fail(t.out.Case.Where, "suppressed: want %v, got %v", t.out.Case.Suppress, reasons)
	}
}

// one compares a revision of an alert.
func (t *run) one(n int, want Alert, got news.Alert) {
	differ := func(what string, wanted, got any) {
		t.fail(want.Where, "alert %d: %s: want %v, got %v", n, what, wanted, got)
	}
	if want.Severity != "" && want.Severity != got.Severity {
		differ("severity", want.Severity, got.Severity)
	}
	if want.Change != "" && want.Change != got.Change {
		differ("change", want.Change, got.Change)
	}
	if want.Summary != "" && fold(want.Summary) != fold(got.Summary) {
		differ("summary", want.Summary, got.Summary)
	}
	if want.What != "" && !slices.ContainsFunc(got.Events, func(e news.Event) bool { return string(e.What.Type) == want.What }) {
		differ("what", want.What, list(got.Events, func(e news.Event) string { return string(e.What.Type) }))
	}
	if want.Who != "" && !slices.ContainsFunc(got.Events, func(e news.Event) bool { return t.party(want.Who, e.Who) }) {
		differ("who", want.Who, list(got.Events, func(e news.Event) string { return names(e.Who) }))
	}
	if want.Whom != "" && !slices.ContainsFunc(got.Events, func(e news.Event) bool { return t.party(want.Whom, e.Whom) }) {
		differ("whom", want.Whom, list(got.Events, func(e news.Event) string { return names(e.Whom) }))
	}
	if quotes := t.quotes(got); want.Cites != "" && !slices.ContainsFunc(quotes, func(s string) bool { return strings.Contains(fold(s), fold(want.Cites)) }) {
		differ("cites", quoted([]string{want.Cites}), quoted(quotes))
	}
	if to := receivers(got); want.To != nil && !slices.Equal(slices.Sorted(slices.Values(want.To)), to) {
		differ("to", want.To, to)
	}
}

// party tells whether one of the actors is whom the value stands for.
func (t *run) party(value string, actors []news.Actor) bool {
	for _, p := range rule.Parties(value, t.gazetteer) {
		for _, a := range actors {
			if p.Country != "" && a.Country == p.Country || p.Country == "" && a.Key == p.Key {
				return true
			}
		}
	}
	return false
}

// quotes are the sentences and words that prove an alert.
func (t *run) quotes(a news.Alert) []string {
	var out []string
	for _, e := range a.Events {
		for _, c := range e.Cites {
			out = append(out, c.Quote)
		}
	}
	i := slices.IndexFunc(t.reports, func(r news.Report) bool {
		return r.Article.Revision == a.Article.Revision && r.Article.ID == a.Article.ID
	})
	if i < 0 {
		return out
	}
	for _, c := range a.Why {
		for _, s := range c.Spans {
			out = append(out, t.reports[i].Article.Text[s.Start:s.End])
		}
	}
	return out
}

// why says what held the rule back: what was suppressed, and which clauses did not hold.
func (t *run) why() string {
	var b strings.Builder
	for _, s := range t.held {
		fmt.Fprintf(&b, "\n    suppressed: %s: %s", s.Reason, s.Detail)
	}
	if len(t.rule.When.Steps) > 0 {
		return b.String()
	}
	for i, quiet := range t.quiet {
		if !quiet {
			continue
		}
		r := t.reports[i]
		a, err := match.Explain(t.rule, t.gazetteer, r, news.Story{ID: r.Article.ID, Articles: 1, Publishers: 1})
		if err != nil || a.Holds {
			continue
		}
		var missing []string
		for _, c := range a.Clauses {
			if !c.Holds {
				missing = append(missing, c.Text)
			}
		}
		fmt.Fprintf(&b, "\n    article %d tells %s", i+1, told(r.Events))
		if len(missing) > 0 {
			fmt.Fprintf(&b, "; it does not hold: %s", strings.Join(missing, ", "))
		}
	}
	return b.String()
}
