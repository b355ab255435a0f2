package match_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// What was counted decides how rules are looked up and nothing else: the same rules hold, and the same exceed the budget.
func TestACensusChangesNoAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t, rapid.IntRange(1, 30).Draw(t, "rules"))
		census := &match.Census{}
		for n := range rapid.IntRange(0, 3).Draw(t, "kinds") {
			for range 60 * (n + 1) {
				census.Add(rapid.Custom(report).Example(n))
			}
		}
		plain, err := match.Build(rules, gazetteer.Default(), nil)
		if err != nil {
			t.Fatal(err)
		}
		counted, err := match.Build(rules, gazetteer.Default(), census)
		if err != nil {
			t.Fatal(err)
		}
		r := report(t)
		if want, got := plain.Rules(&r, news.Story{}, nil), counted.Rules(&r, news.Story{}, nil); !slices.Equal(want, got) {
			t.Fatalf("hold %v, counted %v", want, got)
		}
		if want, got := plain.Exceeded(&r, news.Story{}), counted.Exceeded(&r, news.Story{}); !slices.Equal(want, got) {
			t.Fatalf("exceed %v, counted %v", want, got)
		}
	})
}
