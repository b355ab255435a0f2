package match_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Each of these is refused in clear words, before it costs anything.
func TestMonstrousQueriesAreRefused(t *testing.T) {
	values := make([]string, 1_000_000)
	for i := range values {
		values[i] = fmt.Sprint("host", i, ".example")
	}
	for name, c := range map[string]struct{ query, want string }{
		"ten megabytes":                        {strings.Repeat("mot ", 2_500_000), "at most"},
		"a hundred thousand parentheses":       {strings.Repeat("(", 100_000) + "a" + strings.Repeat(")", 100_000), "levels"},
		"a list of a million values":           {"publisher:@hosts", "1000000 values"},
		"an unknown field":                     {"whoo:RUS", "did you mean who"},
		"broken UTF-8":                         {"a \xff b", "UTF-8"},
		"a wildcard that says nothing":         {"*", "three letters"},
		"a pattern that says nothing":          {"????", "a letter before ?"},
		"a repetition without end":             {"repeat(1000000000, a)", "repeat(n, words)"},
		"a distance that overflows":            {"a NEAR/99999999999999999999 b", "NEAR/n"},
		"a number that is none":                {"count:>=1e999", "no number"},
		"an event in an event":                 {"event(what:ASSAULT event(what:SANCTION))", "no event(…) inside another"},
		"an event(…) that asks of no event":    {"event(war)", "asks nothing of an event"},
		"a list that is nowhere, nearly built": {"who:@natto", "@nato"},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			x, err := rule.Parse(c.query)
			if err == nil {
				err = rule.Validate(rule.Bind(x, map[string][]string{"hosts": values}), gazetteer.Default())
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// A rule that costs much costs a bounded much, and the others are matched all the same.
func TestCostIsBounded(t *testing.T) {
	var body strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&body, "mot%d war ", i)
	}
	alternatives := make([]string, 20_000)
	for i := range alternatives {
		alternatives[i] = fmt.Sprint("mot", i)
	}
	x := index(t,
		"mot* NEAR/100 war", "mot?2*", "repeat(1000, mot*)", "("+strings.Join(alternatives, " OR ")+") peace",
		"("+strings.Join(alternatives, " OR ")+") war", strings.TrimSpace(strings.Repeat("war NEAR/100 mot* ", 200)), "war")
	r := news.Report{Article: news.Article{Text: body.String()}}
	start := time.Now()
	hits := x.Rules(&r, news.Story{}, nil)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	exceeded := x.Exceeded(&r, news.Story{})
	for _, n := range []uint32{0, 1, 2, 4, 6} {
		if !contains(hits, n) {
			t.Errorf("rule %d does not hold: %v, exceeded %v", n, hits, exceeded)
		}
	}
	if contains(hits, 3) {
		t.Error("rule 3 holds without its word")
	}
	if !contains(exceeded, 5) || contains(hits, 5) {
		t.Errorf("exceeded %v of %v, want rule 5", exceeded, hits)
	}
}

func contains(list []uint32, n uint32) bool {
	for _, m := range list {
		if m == n {
			return true
		}
	}
	return false
}

func TestWeakRulesAreFlagged(t *testing.T) {
	x := index(t, "the", "score:>=0", "NOT war", "war peace", "what:SANCTION who:RUS")
	var weak []int
	for _, w := range x.Weak() {
		weak = append(weak, w.Rule)
	}
	if fmt.Sprint(weak) != "[0 1 2]" {
		t.Errorf("rules %v are weak, want [0 1 2]", weak)
	}
}

func TestWeakRulesSayHowManyAlertsToExpect(t *testing.T) {
	census := &match.Census{}
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 240 { // one an hour; every second of them is about war, every third about peace
		body := "the news"
		if i%2 == 0 {
			body += " of war"
		}
		if i%3 == 0 {
			body += " and peace"
		}
		census.Add(news.Report{At: day.Add(time.Duration(i) * time.Hour), Article: news.Article{Text: body}})
	}
	rules := []rule.Rule{mustRule(t, "a", "the"), mustRule(t, "b", "NOT war"), mustRule(t, "c", "news (war OR peace)"), mustRule(t, "d", "rare")}
	x, err := match.Build(rules, gazetteer.Default(), census)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range x.Weak() {
		got = append(got, fmt.Sprintf("%s %.0f", rules[w.Rule].Name, w.PerDay))
	}
	if d := cmp.Diff([]string{"a 24", "b 12", "c 16"}, got); d != "" {
		t.Error(d)
	}
}

func TestRulesThatMeanNothingAreNamedAndTheOthersServed(t *testing.T) {
	bad := rule.Rule{Name: "bad", State: rule.Live}
	good := mustRule(t, "good", "war")
	x, err := match.New([]rule.Rule{bad, good}, gazetteer.Default())
	if err == nil || !strings.Contains(err.Error(), "rule bad") || x.Len() != 1 {
		t.Errorf("error %v, %d rules served", err, x.Len())
	}
	var many interface{ Unwrap() []error }
	if !errors.As(err, &many) {
		t.Error("the errors are not joined")
	}
}
