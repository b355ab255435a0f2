package diff_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/consumer/replay/diff"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

var start = time.Date(2021, 10, 18, 8, 0, 0, 0, time.UTC)

const words = "Moscow suspends its mission to NATO."

// event is one that an article tells at the word "suspends".
func event(t plover.Type, who, whom, lemma string) news.Event {
	e := news.Event{What: news.NewAction(t, "", "160"), Realis: news.Actual, Lead: true, Cites: []news.Citation{{Sentence: 1}}}
	e.What.Trigger, e.What.Lemma, e.What.Span = "suspends", lemma, news.Span{Start: 7, End: 15}
	e.Who, e.Whom = []news.Actor{{Country: who}}, []news.Actor{{Country: whom}}
	return e
}

// report is article n with its events.
func report(n int, events ...news.Event) news.Report {
	a := news.Article{Title: fmt.Sprintf("Article %d", n), Text: words, Language: "en", Publisher: "example.org"}.Identify(fmt.Sprint(n))
	return news.Report{Article: a, Events: news.Identify(a.ID, events), At: start.Add(time.Duration(n) * time.Hour), Coder: "quidnunc-1+a.b"}
}

// alert is what a rule tells of a report.
func alert(rule string, r news.Report) news.Alert {
	return news.Alert{
		ID: news.MakeID(rule, string(r.Article.ID)), Revision: 1, Change: news.New, Rule: rule, Severity: news.Medium, At: r.At, Article: r.Article.Reference(),
		Events: r.Events, Why: []news.Clause{{Text: "what:SANCTION"}, {Text: "whom:NATO"}},
	}
}

// result is a result directory.
func result(t *testing.T, summary replay.Summary, alerts ...news.Alert) replay.Result {
	t.Helper()
	dir := t.TempDir()
	var lines bytes.Buffer
	for _, a := range alerts {
		data, err := wire.EncodeAlert(&a)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(data, '\n'))
	}
	summary.Version, summary.Complete = replay.SummaryVersion, true
	data, err := json.Marshal(summary)
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{replay.AlertsFile: lines.Bytes(), replay.SummaryFile: data} {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := replay.ReadResult(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func under(query string, change ...func(*replay.RuleCount)) replay.Summary {
	c := replay.RuleCount{Name: "r", Query: query, Severity: news.Medium, State: "live"}
	for _, f := range change {
		f(&c)
	}
	return replay.Summary{Rules: []replay.RuleCount{c}}
}

func known(reports ...news.Report) diff.Evidence {
	out := diff.Evidence{Reports: map[news.ID]*news.Report{}}
	for _, r := range reports {
		out.Reports[r.Article.ID] = &r
	}
	return out
}

const query = "what:SANCTION whom:NATO"

func TestEachChangeHasItsReason(t *testing.T) {
	is := report(1, event(plover.Sanction, "RUS", "NATO", "suspend"))
	other := report(1, event(plover.Sanction, "RUS", "UKR", "suspend mission"))
	told := alert("r", is)
	severe := told
	severe.Severity, severe.To = news.High, []string{"desk"}
	late := told
	late.At = told.At.Add(time.Hour)
	second := alert("r", report(2, event(plover.Sanction, "RUS", "NATO", "suspend")))
	second.ID = told.ID // of the same story
	for name, c := range map[string]struct {
		before, after   replay.Summary
		a, b            []news.Alert
		knows, knowsNow diff.Evidence
		kind            diff.Kind
		what, reasons   []string
	}{
		"a coder that codes the event otherwise": {
			under(query), under(query),
			[]news.Alert{told},
			nil, known(is), known(other), diff.Removed, nil,
			[]string{
				"clause 2 no longer holds: whom:NATO (the event is SANCTION RUS→NATO)",
				`at "suspends" (sentence 1): whom NATO→UKR, lexicon entry suspend → suspend mission`,
			},
		},
		"a coder that does not find the event": {
			under(query), under(query),
			[]news.Alert{told},
			nil, known(is), known(report(1)), diff.Removed, nil,
			[]string{
				"clause 1 no longer holds: what:SANCTION (the event is SANCTION RUS→NATO)", "clause 2 no longer holds: whom:NATO (the event is SANCTION RUS→NATO)",
				`no event at "suspends" (sentence 1): SANCTION RUS→NATO`,
			},
		},
		"a coder that finds it now": {
			under(query), under(query), nil,
			[]news.Alert{told},
			known(other), known(is), diff.Added, nil,
			[]string{
				"clause 2 did not hold before: whom:NATO (the event is SANCTION RUS→NATO)",
				`at "suspends" (sentence 1): whom NATO→UKR, lexicon entry suspend → suspend mission`,
			},
		},
		"a rule that asks another thing": {
			under(query), under("what:SANCTION whom:Ukraine"),
			[]news.Alert{told},
			nil, known(is), known(is), diff.Removed, nil,
			[]string{"clause 2 of the rule as it is now does not hold: whom:Ukraine (the event is SANCTION RUS→NATO)"},
		},
		"a rule that asked another thing, the articles not at hand": {
			under("what:SANCTION whom:Ukraine"), under(query), nil,
			[]news.Alert{told},
			diff.Evidence{},
			diff.Evidence{},
			diff.Added, nil,
			[]string{"clause 2 of the rule as it was did not hold: whom:Ukraine (the event is SANCTION RUS→NATO)"},
		},
		"a word that the article does not have": {
			under(query), under(query + " embargo"),
			[]news.Alert{told},
			nil, known(is), known(is), diff.Removed, nil,
			[]string{"clause 3 of the rule as it is now does not hold: embargo"},
		},
		"a word, the article not at hand": {
			under(query), under(query + " embargo"),
			[]news.Alert{told},
			nil,
			diff.Evidence{},
			diff.Evidence{},
			diff.Removed, nil,
			[]string{"clause 3 may not hold, which only the article can tell: embargo"},
		},
		"a rule that is gone": {
			under(query), replay.Summary{}, []news.Alert{told}, nil, known(is), known(is), diff.Removed, nil, []string{"the rule is not in force there"},
		},
		"a rule that is off": {
			under(query), under(query, func(c *replay.RuleCount) { c.State = "off" }),
			[]news.Alert{told},
			nil, known(is), known(is), diff.Removed, nil,
			[]string{"the rule is off there"},
		},
		"a rule that holds more back": {
			under(query), under(query, func(c *replay.RuleCount) { c.Suppressed = map[machine.Reason]int{"limit": 3} }),
			[]news.Alert{told},
			nil, known(is), known(is),
			diff.Removed, nil,
			[]string{"the query holds, but the rule held more back there: limit 3 times (0 here)"},
		},
		"a severity": {
			under(query), under(query, func(c *replay.RuleCount) { c.Severity = news.High }),
			[]news.Alert{told},
			[]news.Alert{severe},
			known(is), known(is),
			diff.Changed,
			[]string{"severity medium → high", "receivers none → desk"},
			[]string{"the rule's severity changed: medium → high"},
		},
		"a later time": {
			under(query), under(query),
			[]news.Alert{told},
			[]news.Alert{late},
			known(is), known(is), diff.Later, nil,
			[]string{"the article has another time in the log, or its window filled at another time"},
		},
		"an article of the story that counts no more": {
			under(query), under(query),
			[]news.Alert{told},
			[]news.Alert{second},
			known(is), known(other), diff.Later, nil,
			[]string{
				`first told for "Article 1", now for "Article 2"`, "clause 2 no longer holds: whom:NATO (the event is SANCTION RUS→NATO)",
				`at "suspends" (sentence 1): whom NATO→UKR, lexicon entry suspend → suspend mission`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := diff.Compare(result(t, c.before, c.a...), result(t, c.after, c.b...))
			if err != nil {
				t.Fatal(err)
			}
			d.Explain(gazetteer.Default(), c.knows, c.knowsNow)
			if len(d.Changes) != 1 || d.Kinds[c.kind] != 1 || d.Changes[0].Kind != c.kind || d.Same != 0 {
				t.Fatalf("%+v", d)
			}
			if diff := cmp.Diff(c.what, d.Changes[0].What); c.what != nil && diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.reasons, d.Changes[0].Reasons); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsTheSameIsCounted(t *testing.T) {
	a, b := alert("r", report(1, event(plover.Sanction, "RUS", "NATO", "x"))), alert("r", report(30, event(plover.Sanction, "RUS", "NATO", "x")))
	d, err := diff.Compare(result(t, under(query), a), result(t, under(query), a, b))
	if err != nil {
		t.Fatal(err)
	}
	if day, more := d.Worst(); d.Same != 1 || d.Alerts != (diff.Pair{Before: 1, After: 2}) || day != "2021-10-19" || more != 1 {
		t.Errorf("%+v, worst %s %d", d, day, more)
	}
	if want := []diff.Day{{Day: "2021-10-18", Pair: diff.Pair{Before: 1, After: 1}}, {Day: "2021-10-19", Pair: diff.Pair{After: 1}}}; !cmp.Equal(want, d.Days) {
		t.Error(cmp.Diff(want, d.Days))
	}
	var w strings.Builder
	d.WriteTable(&w, 20)
	for _, want := range []string{
		"alerts   1 before, 2 after: 1 added, 0 removed", "2021-10-19       0       1      +1", "and 1 days with as many", "added    2021-10-19 14:00  r",
	} {
		if !strings.Contains(w.String(), want) {
			t.Errorf("no %q in\n%s", want, w.String())
		}
	}
}

// An event's ID changes with its codes: the alert of the same rule for the same article is the one it was.
func TestAnAlertWithAnotherIDIsFoundByItsArticle(t *testing.T) {
	before, after := alert("r", report(1, event(plover.Sanction, "RUS", "NATO", "x"))), alert("r", report(1, event(plover.Sanction, "BLR", "NATO", "x")))
	after.ID = "another"
	d, err := diff.Compare(result(t, under(query), before), result(t, under(query), after))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Changes) != 1 || d.Changes[0].Kind != diff.Changed || d.Changes[0].Was != before.ID {
		t.Errorf("%+v", d.Changes)
	}
	if want := []string{"events SANCTION RUS→NATO → SANCTION BLR→NATO"}; !cmp.Equal(want, d.Changes[0].What) {
		t.Error(cmp.Diff(want, d.Changes[0].What))
	}
}

func TestWhatMakesThemHardToCompareIsSaid(t *testing.T) {
	a, b := under(query), under(query)
	a.Hashes.Input, b.Hashes.Input, a.Hashes.Coder, b.Hashes.Coder = "1", "2", "3", "4"
	a.Step, b.Step = 1, 2
	d, err := diff.Compare(result(t, a), result(t, b))
	if err != nil || len(d.Notes) != 3 {
		t.Errorf("%q, %v", d.Notes, err)
	}
}

func Example() {
	d := diff.Difference{
		Alerts: diff.Pair{Before: 2, After: 1}, Kinds: map[diff.Kind]int{diff.Removed: 1}, Same: 1,
		Rules: []diff.RuleCount{{Rule: "rupture", Pair: diff.Pair{Before: 2, After: 1}, Kinds: map[diff.Kind]int{diff.Removed: 1}}},
		Days:  []diff.Day{{Day: "2021-10-18", Pair: diff.Pair{Before: 2, After: 1}}},
		Changes: []diff.Change{{
			Kind: diff.Removed, Rule: "rupture", Alert: "k7q2m4xdaa", Title: "Moscow closes its mission", Before: start,
			Reasons: []string{"clause 2 no longer holds: whom:NATO (the event is SANCTION RUS→UKR)"},
		}},
	}
	d.WriteTable(os.Stdout, 20)
	// Output:
	// alerts   2 before, 1 after: 0 added, 1 removed, 0 earlier, 0 later, 0 changed, 1 the same
	//
	// rule                                      before   after   added  removed  earlier   later  changed
	// rupture                                        2       1       0        1        0       0        0
	//
	// day         before   after    more
	// 2021-10-18       2       1      -1
	//
	// removed  2021-10-18 08:00  rupture  k7q2m4xd
	//          Moscow closes its mission
	//          why: clause 2 no longer holds: whom:NATO (the event is SANCTION RUS→UKR)
}
