package lint_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/lint"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/replay/invent"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// found lints one rule that has an owner and a test.
func found(t *testing.T, r rule.Rule) []lint.Finding {
	t.Helper()
	r.Name, r.Owner = "rule", "desk"
	return of(t, r, map[string]bool{"rule": true}, nil)
}

func of(t *testing.T, r rule.Rule, tested map[string]bool, census *match.Census) []lint.Finding {
	t.Helper()
	r, err := r.Complete()
	if err != nil {
		t.Fatal(err)
	}
	out, err := lint.Rules([]rule.Rule{r}, tested, gazetteer.Default(), census)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhatCanNeverMatchIsFound(t *testing.T) {
	for query, want := range map[string]string{
		"what:SANCTION what:ASSAULT":                  "no report can satisfy both what:SANCTION and what:ASSAULT",
		"what:(SANCTION ASSAULT)":                     "no report can satisfy what:(SANCTION AND ASSAULT)",
		"mission who:RUS -who:RUS":                    "no report can satisfy both who:RUS and NOT who:RUS",
		"mission NOT mission":                         "no report can satisfy both mission and NOT mission",
		"what:AID mode:expel":                         "no report can satisfy both what:AID and mode:expel",
		"what:AID score:<0":                           "no report can satisfy both what:AID and score:<0",
		"what:AID quad:4":                             "no report can satisfy both what:AID and quad:4",
		"lang:fr lang:en mission":                     "no report can satisfy both lang:fr and lang:en",
		"count:>5 count:<3":                           "no report can satisfy both count:>5 and count:<3",
		"story.publishers:<1 mission":                 "no report can satisfy story.publishers:<1",
		"story.novel:true story.copy:true mission":    "no report can satisfy both story.novel:true and story.copy:true",
		"historical:true historical:false":            "no report can satisfy both historical:true and historical:false",
		"realis:actual realis:alleged":                "no report can satisfy both realis:actual and realis:alleged",
		"mission event(what:AID what:ASSAULT)":        "no report can satisfy event(what:AID AND what:ASSAULT)",
		"(what:AID OR what:AGREE) what:ASSAULT paris": "no report can satisfy both what:AID OR what:AGREE and what:ASSAULT",
		"score:>11 mission":                           "no report can satisfy score:>11",
		"what:(AID OR ASSAULT) -what:AID quad:2":      "no report can satisfy all of what:(AID OR ASSAULT) AND NOT what:AID AND quad:2",
	} {
		got := found(t, rule.Rule{Query: query})
		if len(got) != 1 || got[0].Name != lint.NeverMatches || got[0].Key != "query" || got[0].Text != want {
			t.Errorf("%s: %+v, want %q", query, got, want)
		}
	}
}

func TestWhatMayMatchIsNotAccused(t *testing.T) {
	for _, query := range []string{
		"what:SANCTION event(what:ASSAULT) RUS", "who:RUS who:UKR", "mission NOT missions", "what:(SANCTION OR ASSAULT) what:ASSAULT", "mode:expel what:SANCTION",
		"story.publishers:>=1 mission", "count:>2.5 count:<3.4 mission", "score:[-10 TO -9] what:ASSAULT", "war OR (mission -mission)", "-what:AID quad:2 who:RUS",
		"context:military context:cyber", "realis:hypothetical what:THREATEN", "publisher:lemonde.fr publisher:www.lemonde.fr", "title:war NOT text:war",
		"event(what:AID) NOT event(what:ASSAULT) mission", "historical:false what:AID who:RUS",
	} {
		for _, f := range found(t, rule.Rule{Query: query}) {
			if f.Name == lint.NeverMatches {
				t.Errorf("%s: %s", query, f.Text)
			}
		}
	}
}

func TestEachOddityHasItsName(t *testing.T) {
	hour := rule.When{Kind: rule.Count, Over: time.Hour, AtLeast: 2}
	for name, c := range map[string]struct {
		rule rule.Rule
		want []string // name, key
	}{
		"nothing":                          {rule.Rule{Query: "who:RUS mission"}, nil},
		"a throttle shorter than a window": {rule.Rule{Query: "mission", When: hour, Throttle: time.Minute}, []string{lint.Throttle + " throttle"}},
		"a throttle as long as a window":   {rule.Rule{Query: "mission", When: hour, Throttle: time.Hour}, nil},
		"nothing rare":                     {rule.Rule{Query: "score:>=0"}, []string{lint.Unselective + " query"}},
		"a step that never matches": {
			rule.Rule{When: rule.When{Kind: rule.Sequence, Over: time.Hour, Steps: []rule.Step{{Query: "mission"}, {Query: "what:AID quad:4"}}}},
			[]string{lint.NeverMatches + " when"},
		},
	} {
		var got []string
		for _, f := range found(t, c.rule) {
			got = append(got, f.Name+" "+f.Key)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	var got []string
	for _, f := range of(t, rule.Rule{Name: "rule", Query: "mission"}, nil, nil) {
		got = append(got, f.Name)
	}
	if diff := cmp.Diff([]string{lint.NoOwner, lint.NoTest}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAlertsADayAreEstimatedFromWhatWasCounted(t *testing.T) {
	census := &match.Census{}
	for r := range (invent.Plan{Seed: 1, Reports: 500, Days: 1}).All() {
		census.Add(r)
	}
	r := rule.Rule{Name: "rule", Owner: "desk", Query: "score:>=0"}
	got := of(t, r, map[string]bool{"rule": true}, census)
	if len(got) != 1 || !strings.Contains(got[0].Text, "would raise about ") {
		t.Errorf("%+v", got)
	}
	few := &match.Census{}
	few.Add(news.Report{})
	if got = of(t, r, map[string]bool{"rule": true}, few); len(got) != 1 || !strings.Contains(got[0].Text, "the log has too few (1)") {
		t.Errorf("%+v", got)
	}
}

// What is said never to match is not matched by any of a thousand reports.
func TestNoReportSatisfiesWhatIsSaidNeverToMatch(t *testing.T) {
	var reports []news.Report
	for r := range (invent.Plan{Seed: 5, Reports: 1000, Days: 1}).All() {
		reports = append(reports, r)
	}
	clause := rapid.SampledFrom(strings.Fields("what:SANCTION what:ASSAULT what:AID what:CONSULT what:ACCUSE mode:visit mode:expel mode:allege quad:1 quad:4 " +
		"quad:[1,TO,2] score:<0 score:>=2 score:[-9,TO,-6] lang:fr lang:en realis:actual realis:alleged historical:true historical:false who:USA whom:RUS " +
		"gas missile story.copy:true story.novel:true story.publishers:>=3 story.publishers:<=1 event(what:ASSAULT)"))
	draws, refused, said := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		draws++
		var parts []string
		for range rapid.IntRange(1, 4).Draw(t, "clauses") {
			c := strings.ReplaceAll(clause.Draw(t, "clause"), ",", " ")
			if rapid.IntRange(0, 3).Draw(t, "not") == 0 {
				c = "NOT " + c
			}
			if rapid.IntRange(0, 3).Draw(t, "or") == 0 {
				c = "(" + c + " OR " + strings.ReplaceAll(clause.Draw(t, "other"), ",", " ") + ")"
			}
			parts = append(parts, c)
		}
		r, err := rule.New("rule", strings.Join(parts, " "))
		if err != nil { // clauses that no rule may have together
			refused++
			return
		}
		found, err := lint.Rules([]rule.Rule{r}, nil, gazetteer.Default(), nil)
		if err != nil {
			refused++
			return
		}
		if found[0].Name != lint.NeverMatches {
			return
		}
		said++
		index, err := match.New([]rule.Rule{r}, gazetteer.Default())
		if err != nil {
			t.Fatal(err)
		}
		for i, report := range reports {
			s := news.Story{ID: report.Article.ID, Articles: 1 + i%5, Publishers: 1 + i%4}
			if i%3 == 0 {
				s.CopyOf = "x"
			}
			if len(index.Match(report, s, nil)) > 0 {
				t.Fatalf("%s: %s, but it matches", r.Query, found[0].Text)
			}
		}
	})
	if said == 0 {
		t.Error("nothing was said never to match")
	}
	if t.Logf("%d draws: %d are no rules, %d are said never to match", draws, refused, said); 4*refused > draws {
		t.Errorf("%d of %d draws are no rules: the test looks at too few", refused, draws)
	}
}

func ExampleRules() {
	r, err := rule.New("impossible", "what:AID mode:expel")
	if err != nil {
		panic(err)
	}
	found, err := lint.Rules([]rule.Rule{r}, map[string]bool{"impossible": true}, gazetteer.Default(), nil)
	if err != nil {
		panic(err)
	}
	for _, f := range found {
		fmt.Println(f.Name+":", f.Text)
	}
	// Output:
	// never-matches: no report can satisfy both what:AID and mode:expel
	// no-owner: nobody owns the rule: owner says whom to ask about it
}
