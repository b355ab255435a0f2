package rule_test

import (
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
)

func TestLengthsOfTimeHaveDaysAndWeeks(t *testing.T) {
	for s, want := range map[string]time.Duration{"90m": 90 * time.Minute, "7d": 7 * 24 * time.Hour, "2w": 14 * 24 * time.Hour, "1h30m": 90 * time.Minute} {
		if got, err := rule.ParseDuration(s); err != nil || got != want {
			t.Errorf("%q is %v (%v), want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "d", "3 days", "-1d", "99999999d", "1.5d"} {
		if got, err := rule.ParseDuration(s); err == nil {
			t.Errorf("%q was read as %v", s, got)
		}
	}
}

func TestLimitsReadWhatTheyWrite(t *testing.T) {
	for _, s := range []string{"30/h", "1/m", "100/d", "5/10m0s", "none"} {
		l, err := rule.ParseLimit(s)
		if err != nil || l.String() != s {
			t.Errorf("%q comes back as %q (%v)", s, l, err)
		}
	}
	for _, s := range []string{"", "30", "0/h", "-1/h", "x/h", "3/soon", "3/0s"} {
		if l, err := rule.ParseLimit(s); err == nil {
			t.Errorf("%q was read as %v", s, l)
		}
	}
}

func TestTheStepsOfASequenceAskForTheRulesQueryToo(t *testing.T) {
	r, err := rule.Rule{Name: "a", Query: "who:RUS", When: rule.When{
		Kind: rule.Sequence, Over: time.Hour, Steps: []rule.Step{{Query: "what:THREATEN"}, {Query: "what:ASSAULT OR what:COERCE"}},
	}}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.When.Steps[1].Expr.String(), "(what:ASSAULT OR what:COERCE) AND who:RUS"; got != want {
		t.Errorf("step 2 asks %s, want %s", got, want)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	r.Query = ""
	if r, err = r.Complete(); err != nil || r.Query != "(what:THREATEN) OR (what:ASSAULT OR what:COERCE)" {
		t.Errorf("without a query of its own the rule asks %s (%v)", r.Query, err)
	}
}
