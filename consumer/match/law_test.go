package match_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func drawRules(t *rapid.T, n int) []rule.Rule {
	rules := make([]rule.Rule, n)
	for i := range rules {
		r, err := rule.New("r", query(3).Draw(t, "query"))
		if err != nil {
			t.Fatal(rule.Caret(r.Query, err))
		}
		r.Expr = rule.Bind(r.Expr, lists)
		r.State = rapid.SampledFrom(rule.States()).Draw(t, "state")
		rules[i] = r
	}
	return rules
}

// differing lists the queries that only one of two matchers says hold.
func differing(rules []rule.Rule, want, got []string) string {
	var b strings.Builder
	for i, r := range rules {
		of := func(hits []string) (out string) {
			for _, h := range hits {
				if strings.HasPrefix(h, fmt.Sprint(i, " ")) {
					out = h
				}
			}
			return out
		}
		if of(want) != of(got) {
			fmt.Fprintf(&b, "%s\n", r.Query)
		}
	}
	return b.String()
}

func TestIndexEqualsTheObviousLoop(t *testing.T) {
	want, pairs, hits, asked := 1_000_000, 0, 0, map[string]int{}
	if testing.Short() {
		want = 50_000
	}
	for pairs < want && !t.Failed() {
		rapid.Check(t, func(t *rapid.T) { equalsTwin(t, &pairs, &hits, asked) })
	}
	t.Logf("%d pairs of rule and report, %d of them hits", pairs, hits)
	if hits*100 < pairs || hits*2 > pairs {
		t.Errorf("%d of %d pairs are hits: the test asks too little", hits, pairs)
	}
	for _, f := range rule.Fields() {
		if asked[f.Name] == 0 {
			t.Errorf("no rule asks %s", f.Name)
		}
	}
	for _, x := range []rule.Expr{
		rule.And{},
		rule.Or{},
		rule.Not{},
		rule.Near{},
		rule.Term{},
		rule.Phrase{},
		rule.Prefix{},
		rule.Exact{},
		rule.Range{},
		rule.Compare{},
		rule.List{},
		rule.Loose{},
		rule.Pattern{},
		rule.Repeat{},
		rule.Group{},
		rule.Circle{},
	} {
		if asked[fmt.Sprintf("%T", x)] == 0 {
			t.Errorf("no rule has a %T", x)
		}
	}
}

func equalsTwin(t *rapid.T, pairs, hits *int, asked map[string]int) {
	rules := drawRules(t, rapid.SampledFrom([]int{1, 5, 300, 400}).Draw(t, "rules"))
	for _, r := range rules {
		note(r.Expr, asked)
	}
	census := &match.Census{}
	reports := make([]news.Report, rapid.SampledFrom([]int{1, 100, 150}).Draw(t, "reports"))
	for i := range reports {
		reports[i] = report(t)
		census.Add(reports[i])
	}
	x, err := match.Build(rules, gazetteer.Default(), census)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		w := newTwin(r, story(t))
		var got []string
		for _, h := range x.Match(w.report, w.story, nil) {
			got = append(got, fmt.Sprint(h.Rule, h.Events))
			if !slices.ContainsFunc(h.Why, func(c news.Clause) bool { return c.Text != "" }) {
				t.Fatalf("rule %q holds and says not why", rules[h.Rule].Query)
			}
		}
		if d := cmp.Diff(w.match(rules), got); d != "" {
			t.Fatalf("twin (-) and index (+) differ:\n%s\n%s", d, differing(rules, w.match(rules), got))
		}
		*pairs, *hits = *pairs+len(rules), *hits+len(got)
	}
}

// note counts what a query is made of.
func note(x rule.Expr, asked map[string]int) {
	asked[fmt.Sprintf("%T", x)]++
	switch x := x.(type) {
	case rule.And:
		noteAll(x.X, asked)
	case rule.Or:
		noteAll(x.X, asked)
	case rule.Not:
		note(x.X, asked)
	case rule.Near:
		noteAll([]rule.Expr{x.X, x.Y}, asked)
	case rule.Repeat:
		note(x.X, asked)
	case rule.Group:
		note(x.X, asked)
	case rule.Field:
		asked[x.Name]++
		note(x.X, asked)
	}
}

func noteAll(xs []rule.Expr, asked map[string]int) {
	for _, x := range xs {
		note(x, asked)
	}
}
