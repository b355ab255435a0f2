package match_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func TestExplainLeavesNoClauseOut(t *testing.T) {
	r := seedReport(t)
	for query, want := range map[string]string{
		"what:SANCTION who:RUS mission":         "true [1]: +what:SANCTION@1 +who:RUS@1 +mission",
		"what:SANCTION whom:RUS président":      "false []: +what:SANCTION@1 -whom:RUS -président",
		"kremlin NEAR/3 suspendre -(otan lune)": "true []: +kremlin NEAR/3 suspendre +otan -lune",
	} {
		a, err := match.Explain(mustRule(t, "r", query), gazetteer.Default(), r, news.Story{})
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(a.Holds, " ", a.Events, ":")
		for _, c := range a.Clauses {
			sign := "-"
			if c.Holds {
				sign = "+"
			}
			got += " " + sign + c.Text
			for _, e := range c.Events {
				got += fmt.Sprint("@", e)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if len(a.Anchors) == 0 || strings.Contains(fmt.Sprint(a.Anchors), "?") {
			t.Errorf("%s: anchors %v", query, a.Anchors)
		}
	}
}
