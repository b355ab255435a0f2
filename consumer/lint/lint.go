// Package lint finds what is odd in rules that can be read.
package lint

import (
	"fmt"
	"math"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

// The names of what is found.
const (
	NeverMatches = "never-matches"    // no report can satisfy the rule
	Unselective  = "unselective"      // nothing rare is asked: the rule is tried for most reports
	Throttle     = "throttle-shorter" // than the rule's window, so that every find may be told several times
	NoOwner      = "no-owner"         // nobody is named who can be asked about the rule
	NoTest       = "no-test"          // no test says what the rule is for
)

// Names lists them.
func Names() []string { return []string{NeverMatches, Unselective, Throttle, NoOwner, NoTest} }

// Finding is one thing that is odd.
type Finding struct {
	Name string
	Rule int    // position in the rules
	Key  string // of the rule, whose value is odd; empty: the rule as a whole
	Text string
}

// Rules finds what is odd, in the order of the rules. Tested names the rules that have tests; a nil census has counted
// nothing, and alerts a day are not estimated.
func Rules(rules []rule.Rule, tested map[string]bool, g *gazetteer.Gazetteer, census *match.Census) ([]Finding, error) {
	index, err := match.Build(rules, g, census)
	if err != nil {
		return nil, fmt.Errorf("lint: %w", err)
	}
	weak := map[int]match.Weak{}
	for _, w := range index.Weak() {
		weak[w.Rule] = w
	}
	var out []Finding
	for i, r := range rules {
		say := func(name, key, format string, args ...any) {
			out = append(out, Finding{name, i, key, fmt.Sprintf(format, args...)})
		}
		key, why := contradiction(r)
		if why != "" {
			say(NeverMatches, key, "%s", why)
		}
		if w, ok := weak[i]; ok && why == "" {
			say(Unselective, "query", "%s", unselective(w, census))
		}
		if r.When.Windowed() && r.Throttle > 0 && r.Throttle < r.When.Over {
			say(Throttle, "throttle", "%s is shorter than the window of %s: one find may be told again and again", r.Throttle, r.When.Over)
		}
		if r.Owner == rule.DefaultOwner {
			say(NoOwner, "", "nobody owns the rule: owner says whom to ask about it")
		}
		if !tested[r.Name] {
			say(NoTest, "", "no test says what the rule is for: see tests in docs/rules.md")
		}
	}
	return out, nil
}

func unselective(w match.Weak, census *match.Census) string {
	text := fmt.Sprintf("nothing rare is asked: the rule is tried for about %.0f %% of all reports", 100*w.Share)
	switch {
	case w.PerDay > 0:
		text += fmt.Sprintf(" and would raise about %.0f alerts a day", math.Ceil(w.PerDay))
	case census != nil:
		text += fmt.Sprintf("; the log has too few (%d) to say how many alerts a day", census.Reports)
	}
	return text
}

// contradiction is why a rule can never match, and which key of it says so; both empty where it may match.
func contradiction(r rule.Rule) (key, why string) {
	for i, s := range r.When.Steps {
		if why := never(s.Expr); why != "" {
			return "when", fmt.Sprintf("step %d: %s", i+1, why)
		}
	}
	if len(r.When.Steps) > 0 {
		return "", ""
	}
	return "query", never(r.Expr)
}

// never says why no report can satisfy the query; empty: one may.
func never(x rule.Expr) string {
	if possible(x) {
		return ""
	}
	and, ok := x.(rule.And)
	if !ok {
		return fmt.Sprintf("no report can satisfy %s", x)
	}
	for _, part := range and.X {
		if !possible(part) {
			return fmt.Sprintf("no report can satisfy %s", part)
		}
	}
	for i, a := range and.X {
		for _, b := range and.X[i+1:] {
			if !possible(rule.And{X: []rule.Expr{a, b}}) {
				return fmt.Sprintf("no report can satisfy both %s and %s", a, b)
			}
		}
	}
	return fmt.Sprintf("no report can satisfy all of %s", x)
}
