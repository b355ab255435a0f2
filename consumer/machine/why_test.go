package machine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// What an article says at its turn has the clauses that an index of the rule alone, or of one step of its sequence, finds
// in that article: whether the rule has a window or not, asks of the story or not, and keeps an update for later or not.
func TestAlertsHaveTheClausesThatHoldOfTheirArticle(t *testing.T) {
	rules := slices.Concat(thousand(t)[:300], storyRules(t), windowsOfStories(t))
	set, err := machine.Compile("1", rules, gazetteer.Default())
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	indexes := map[string][]*match.Index{}
	for _, r := range rules {
		indexes[r.Name] = indexesOf(t, r)
	}
	var state machine.State
	state.Step(machine.Input{Seq: 1, Entry: news.Rules{Hash: "1"}, Rules: set})
	press, told := newPress(time.Minute), map[string]int{}
	reports := map[news.ID]news.Report{}
	for i := range 3000 {
		r := press.next()
		reports[r.Article.ID] = r
		for _, o := range state.Step(machine.Input{Seq: uint64(i + 2), Entry: r, Prepared: set.Prepare(&r)}).Outputs {
			a := o.Alert
			if a == nil || a.Article.ID == "" || len(a.Events) == 0 || a.Held > 0 || a.Change == news.Retracted {
				continue // an absence, one of many, or taken back: without clauses of an article
			}
			of := reports[a.Article.ID]
			if !slices.ContainsFunc(indexes[a.Rule], func(x *match.Index) bool {
				hits := x.Match(of, a.Story, nil)
				return len(hits) == 1 && cmp.Equal(hits[0].Why, a.Why)
			}) {
				t.Fatalf("%s says of article %s: %v", a.Rule, a.Article.ID, a.Why)
			}
			told[kindOf(a)]++
		}
	}
	for _, kind := range []string{"", "count", "first", "sequence"} {
		if told[kind] == 0 {
			t.Errorf("no alert of a window %q: %v", kind, told)
		}
	}
}

func kindOf(a *news.Alert) string {
	if a.Window == nil {
		return ""
	}
	return a.Window.Kind
}

// indexesOf are an index of the rule, or one of each step of it.
func indexesOf(t *testing.T, r rule.Rule) (out []*match.Index) {
	t.Helper()
	exprs := []rule.Expr{r.Expr}
	if len(r.When.Steps) > 0 {
		exprs = nil
		for _, s := range r.When.Steps {
			exprs = append(exprs, s.Expr)
		}
	}
	for _, x := range exprs {
		one := r
		one.Expr = x
		index, err := match.New([]rule.Rule{one}, gazetteer.Default())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, index)
	}
	return out
}

// windowsOfStories ask of the story and have windows that find something soon.
func windowsOfStories(t *testing.T) (out []rule.Rule) {
	t.Helper()
	for _, r := range []rule.Rule{
		{Name: "told-often", Query: "what:SANCTION story.publishers:>=2", When: rule.When{Kind: rule.Count, Over: time.Hour, AtLeast: 2}, Throttle: time.Minute},
		{Name: "threat-then-blow", When: rule.When{Kind: rule.Sequence, Over: 24 * time.Hour, Steps: []rule.Step{
			{Query: "what:THREATEN story.novel:true"}, {Query: "what:ASSAULT OR what:SANCTION"},
		}}},
		{Name: "any-consult", Query: "what:CONSULT", When: rule.When{Kind: rule.Count, Over: time.Hour, AtLeast: 3}},
	} {
		r, err := r.Complete()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}
