package trial_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/trial"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

const sentence = "La Russie suspend sa mission auprès de l’OTAN."

// coded is a report of an article, with the one event that these tests tell.
func coded(a trial.Article, n int) news.Report {
	article, at := a.Dated(n)
	r := news.Report{Article: article, At: at, Origin: news.Live}
	if strings.Contains(article.Text, "suspend") {
		e := news.Event{Realis: news.Actual, What: news.NewAction(plover.Sanction, "withdraw", "161")}
		e.Who, e.Whom = []news.Actor{{Country: "RUS", Key: "russia"}}, []news.Actor{{Country: "NATO", Key: "nato"}}
		e.Cites = []news.Citation{{Sentence: 1, Quote: sentence}}
		r.Events = news.Identify(article.ID, []news.Event{e})
	}
	return r
}

func run(t *testing.T, c trial.Case, r rule.Rule) trial.Outcome {
	t.Helper()
	r, err := r.Complete()
	if err != nil {
		t.Fatal(err)
	}
	var reports []news.Report
	for i, a := range c.Articles {
		reports = append(reports, coded(a, i+1))
	}
	o, err := trial.Run(c, r, reports, gazetteer.Default())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func article(hour int, publisher, text string) trial.Article {
	return trial.Article{At: time.Date(2021, 10, 18, hour, 0, 0, 0, time.UTC), Article: news.Article{Publisher: publisher, Text: text, Language: "fr"}}
}

func TestWhatIsExpectedIsCompared(t *testing.T) {
	r := rule.Rule{Name: "rupture", Query: "what:SANCTION who:RUS whom:NATO", Severity: news.High}
	told := []trial.Article{article(1, "a", sentence)}
	right := trial.Alert{
		Where: "f:9", Severity: news.High, Change: news.New, What: "SANCTION", Who: "Russie", Whom: "OTAN", Cites: "auprès  de\u00a0l'OTAN", To: []string{"default"},
	}
	with := func(change func(*trial.Alert)) []trial.Alert {
		a := right
		change(&a)
		return []trial.Alert{a}
	}
	for name, c := range map[string]struct {
		articles []trial.Article
		expect   []trial.Alert
		want     []string // beginnings of the failures
	}{
		"all as expected":          {told, []trial.Alert{right}, nil},
		"another severity":         {told, with(func(a *trial.Alert) { a.Severity = news.Low }), []string{"f:9: alert 1: severity: want low, got high"}},
		"another change":           {told, with(func(a *trial.Alert) { a.Change = news.Retracted }), []string{"f:9: alert 1: change: want retracted, got new"}},
		"another deed":             {told, with(func(a *trial.Alert) { a.What = "AID" }), []string{"f:9: alert 1: what: want AID, got SANCTION"}},
		"somebody else did it":     {told, with(func(a *trial.Alert) { a.Who = "France" }), []string{"f:9: alert 1: who: want France, got RUS"}},
		"to somebody else":         {told, with(func(a *trial.Alert) { a.Whom = "France" }), []string{"f:9: alert 1: whom: want France, got NATO"}},
		"other words":              {told, with(func(a *trial.Alert) { a.Cites = "de la lune" }), []string{"f:9: alert 1: cites: want «de la lune», got «" + sentence + "»"}},
		"another receiver":         {told, with(func(a *trial.Alert) { a.To = []string{"desk"} }), []string{"f:9: alert 1: to: want [desk], got [default]"}},
		"another summary":          {told, with(func(a *trial.Alert) { a.Summary = "x" }), []string{"f:9: alert 1: summary: want x, got "}},
		"an alert that none asked": {told, nil, []string{"f:1: alert 1 was not expected: new, high, of 2021-10-18 01:00: RUS SANCTION NATO"}},
		"an alert that is not told": {
			[]trial.Article{article(1, "a", "Il pleut.")},
			[]trial.Alert{right},
			[]string{"f:9: alert 1 was not told\n    article 1 tells no event; it does not hold: what:SANCTION, who:RUS, whom:NATO"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := run(t, trial.Case{Name: name, Where: "f:1", Articles: c.articles, Expect: c.expect}, r)
			var got []string
			for _, f := range o.Failures {
				got = append(got, f.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsSuppressedIsCompared(t *testing.T) {
	r := rule.Rule{Name: "rupture", Query: "what:SANCTION", When: rule.When{Each: rule.EachArticle}, Limit: rule.Limit{Count: 1, Per: time.Hour}}
	c := trial.Case{
		Where: "f:1", Articles: []trial.Article{article(1, "a", sentence), article(1, "b", sentence)}, Expect: []trial.Alert{{}}, Held: true,
		Suppress: []machine.Reason{machine.Limited},
	}
	c.Expect = append(c.Expect, trial.Alert{}) // the one that stands for those above the limit
	if o := run(t, c, r); len(o.Failures) > 0 {
		t.Error(o.Failures)
	}
	c.Suppress = nil
	if o := run(t, c, r); len(o.Failures) != 1 || !strings.Contains(o.Failures[0].Text, "suppressed: want [], got [limit]") {
		t.Error(o.Failures)
	}
	c.Held = false
	if o := run(t, c, r); len(o.Failures) > 0 {
		t.Error("what is suppressed is compared without being asked:", o.Failures)
	}
}

func TestTimeAloneIsToldUntilTheEnd(t *testing.T) {
	r := rule.Rule{Name: "silence", Query: "mission", When: rule.When{Kind: rule.Absence, Over: 3 * time.Hour}}
	c := trial.Case{Where: "f:1", Articles: []trial.Article{article(1, "a", sentence)}, Expect: []trial.Alert{{Where: "f:9"}}}
	if o := run(t, c, r); len(o.Failures) != 1 {
		t.Errorf("without until: %v, want that it is not told", o.Failures)
	}
	c.Until = time.Date(2021, 10, 18, 12, 0, 0, 0, time.UTC)
	if o := run(t, c, r); len(o.Failures) > 0 {
		t.Error(o.Failures)
	}
}

// Two articles without an address are two, even where they say the same.
func TestArticlesWithoutAddressAreTheirOwn(t *testing.T) {
	a, _ := article(1, "a", sentence).Dated(1)
	b, _ := article(1, "a", sentence).Dated(2)
	if a.ID == b.ID {
		t.Error("both are", a.ID)
	}
}

func ExampleRun() {
	r, err := rule.New("rupture", "what:SANCTION who:RUS")
	if err != nil {
		panic(err)
	}
	c := trial.Case{
		Name: "a rupture is told", Where: "rules.yaml:7", Articles: []trial.Article{article(1, "a", sentence)},
		Expect: []trial.Alert{{Where: "rules.yaml:9", Whom: "Russia"}},
	}
	o, err := trial.Run(c, r, []news.Report{coded(c.Articles[0], 1)}, gazetteer.Default())
	if err != nil {
		panic(err)
	}
	for _, f := range o.Failures {
		fmt.Println(f)
	}
	// Output: rules.yaml:9: alert 1: whom: want Russia, got NATO
}
