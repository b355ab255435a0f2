package rule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func Example() {
	const query = "what:(SANCTION OR THREATEN) who:Russie (mission NEAR/3 permanente)"
	x, err := rule.Parse(query)
	if err != nil {
		fmt.Println(rule.Caret(query, err))
		return
	}
	fmt.Println(x)
	for _, r := range rule.Resolve(x, gazetteer.Default()) {
		fmt.Println(r)
	}
	const wrong = "what:SANCTON who:(RUS OR"
	_, err = rule.Parse(wrong)
	fmt.Println(rule.Caret(wrong, err))
	// Output:
	// what:(SANCTION OR THREATEN) AND who:Russie AND mission NEAR/3 permanente
	// who:Russie = RUS Russia
	// what:SANCTON who:(RUS OR
	//                         ^ want a value of who, found the end of the query
}

func TestNewFillsInTheDefaults(t *testing.T) {
	got, err := rule.New("a-rule", "war")
	if err != nil {
		t.Fatal(err)
	}
	want := rule.Rule{
		Name: "a-rule", Title: "a-rule", Owner: rule.DefaultOwner, Query: "war", Expr: rule.Term{Text: "war"},
		When: rule.When{Each: rule.EachStory}, Severity: news.Medium, MaxAge: 72 * time.Hour, Limit: rule.DefaultLimit, State: rule.Live,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if err := got.Check(); err != nil {
		t.Error(err)
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	for part, change := range map[string]func(*rule.Rule){
		"kebab-case":                  func(r *rule.Rule) { r.Name = "A rule" },
		"at most 64":                  func(r *rule.Rule) { r.Name = strings.Repeat("a", 65) },
		"not parsed":                  func(r *rule.Rule) { r.Expr = nil },
		`severity "urgent"`:           func(r *rule.Rule) { r.Severity = "urgent" },
		`state "on"`:                  func(r *rule.Rule) { r.State = "on" },
		`when each "day"`:             func(r *rule.Rule) { r.When.Each = "day" },
		"negative":                    func(r *rule.Rule) { r.MaxAge = -time.Hour },
		"throttle -1h0m0s":            func(r *rule.Rule) { r.Throttle = -time.Hour },
		"limit: want such as":         func(r *rule.Rule) { r.Limit = rule.Limit{Per: time.Hour} },
		`when "often": want one`:      func(r *rule.Rule) { r.When.Kind = "often" },
		"count: want at_least":        func(r *rule.Rule) { r.When = rule.When{Kind: rule.Count, Over: time.Hour} },
		"count: each says":            func(r *rule.Rule) { r.When = rule.When{Kind: rule.Count, Over: time.Hour, AtLeast: 1, Each: "story"} },
		"absence: want a length":      func(r *rule.Rule) { r.When = rule.When{Kind: rule.Absence} },
		"spike: want over, a base":    func(r *rule.Rule) { r.When = rule.When{Kind: rule.Spike, Over: time.Hour, AtLeast: 1, Ratio: 2} },
		"first: want of":              func(r *rule.Rule) { r.When = rule.When{Kind: rule.First, Over: time.Hour} },
		"sequence: want from 2":       func(r *rule.Rule) { r.When = rule.When{Kind: rule.Sequence, Over: time.Hour} },
		`"day": want one of [article`: func(r *rule.Rule) { r.When = rule.When{Kind: rule.Count, Over: time.Hour, AtLeast: 1, Distinct: "day"} },
		"asks for no event":           func(r *rule.Rule) { r.When = rule.When{Kind: rule.Count, Over: time.Hour, AtLeast: 1, Distinct: "who"} },
	} {
		r, err := rule.New("a-rule", "war")
		if err != nil {
			t.Fatal(err)
		}
		change(&r)
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v, want one with %q", err, part)
		}
	}
}

// expr draws trees of every kind of node in the form Parse gives them.
func expr(depth int) *rapid.Generator[rule.Expr] {
	return rapid.Custom(func(t *rapid.T) rule.Expr {
		word := func() string {
			return rapid.OneOf(rapid.StringMatching(`[a-zà-öø-ü][a-z0-9'’.-]{0,6}`), rapid.SampledFrom([]string{"OTAN", "to", "and", "l’OTAN", "7", "日本"})).Draw(t, "word")
		}
		leaf := func() rule.Expr {
			switch rapid.IntRange(0, 4).Draw(t, "leaf") {
			case 0:
				return rule.Phrase{Text: word() + rapid.SampledFrom([]string{" ", `" `, ` \`, ` (:`, "\n"}).Draw(t, "mark") + word()}
			case 1:
				return rule.Exact{Text: word() + rapid.SampledFrom([]string{"", " b", `"`}).Draw(t, "more")}
			case 2:
				return rule.Prefix{Text: "abc" + word()}
			}
			return rule.Term{Text: word()}
		}
		value := func() rule.Expr {
			switch rapid.IntRange(0, 3).Draw(t, "value") {
			case 0:
				return rule.Range{Low: rapid.SampledFrom([]string{"", "-2", "2021-10"}).Draw(t, "low"), High: rapid.SampledFrom([]string{"3", "2022"}).Draw(t, "high")}
			case 1:
				return rule.Compare{Op: rapid.SampledFrom([]string{"<", "<=", ">", ">="}).Draw(t, "op"), Value: "-3.5"}
			case 2:
				return rule.List{Name: "nato"}
			}
			return leaf()
		}
		below := func(not string) (out []rule.Expr) {
			for range rapid.IntRange(2, 3).Draw(t, "n") {
				x := expr(depth-1).Draw(t, "x")
				if fmt.Sprintf("%T", x) == not {
					x = rule.Not{X: x}
				}
				out = append(out, x)
			}
			return out
		}
		switch k := rapid.IntRange(0, 7).Draw(t, "kind"); {
		case k == 0 && depth > 0:
			return rule.And{X: below("rule.And")}
		case k == 1 && depth > 0:
			return rule.Or{X: below("rule.Or")}
		case k == 2 && depth > 0:
			return rule.Not{X: expr(depth-1).Draw(t, "x")}
		case k == 3:
			return rule.Near{X: leaf(), Y: rule.Or{X: []rule.Expr{leaf(), leaf()}}, Within: rapid.IntRange(0, 100).Draw(t, "n"), Ordered: rapid.Bool().Draw(t, "ordered")}
		case k == 4:
			return rule.Field{Name: rapid.SampledFrom([]string{"who", "score", "title", "unheard.of"}).Draw(t, "field"), X: leaf()}
		case k == 5:
			return rule.Field{Name: "who", X: rule.Or{X: []rule.Expr{value(), rule.Not{X: value()}}}}
		}
		return leaf()
	})
}

func TestEveryTreePrintsAsAQueryThatParsesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := expr(4).Draw(t, "expr")
		got, err := rule.Parse(x.String())
		if err != nil {
			t.Fatal(rule.Caret(x.String(), err))
		}
		if d := cmp.Diff(x, got, anywhere); d != "" {
			t.Fatalf("%s:\n%s", x, d)
		}
		if !rule.Equal(x, got) {
			t.Fatalf("%s and %s are not equal", x, got)
		}
	})
}
