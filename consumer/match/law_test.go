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
	pairs, hits := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t, rapid.SampledFrom([]int{1, 5, 300, 400}).Draw(t, "rules"))
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
			w := newTwin(r, news.Story{Publishers: rapid.IntRange(0, 4).Draw(t, "publishers")})
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
			pairs, hits = pairs+len(rules), hits+len(got)
		}
	})
	t.Logf("%d pairs of rule and report, %d of them hits", pairs, hits)
	if hits*100 < pairs || hits*2 > pairs {
		t.Errorf("%d of %d pairs are hits: the test asks too little", hits, pairs)
	}
}
