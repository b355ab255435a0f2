package machine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// silences are rules that wait for an absence.
func silences(t testing.TB) (out []rule.Rule) {
	for i, when := range []rule.When{
		{Kind: rule.Absence, Over: time.Hour},
		{Kind: rule.Absence, Over: 40 * time.Minute, Lateness: 30 * time.Minute},
		{Kind: rule.Absence, Over: 2 * time.Hour, GroupBy: []rule.Dimension{rule.ByWho}},
		{Kind: rule.Absence, Over: 30 * time.Minute, Lateness: time.Hour, GroupBy: []rule.Dimension{rule.ByWhat, rule.ByWhom}},
	} {
		for _, query := range []string{"what:SANCTION", "what:ASSAULT", "lang:en"} {
			r, err := rule.Rule{Name: fmt.Sprintf("%s %d", query, i), Query: query, When: when}.Complete()
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, r)
		}
	}
	return out
}

// A machine that knows when the next absence can be found tells what one tells that asks every window at each step.
func TestAbsencesAreFoundWhenTheyAre(t *testing.T) {
	set, err := machine.Compile("1", silences(t), gazetteer.Default())
	if err != nil {
		t.Fatal(err)
	}
	alerts := 0
	rapid.Check(t, func(t *rapid.T) {
		var knowing, asking machine.State
		step := func(in machine.Input) {
			asking.AskWindows()
			want, got := asking.Step(in), knowing.Step(in)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("entry %d (-asking +knowing):\n%s", in.Seq, diff)
			}
			for _, o := range got.Outputs {
				if o.Alert != nil {
					alerts++
				}
			}
		}
		step(machine.Input{Entry: news.Rules{Hash: "1"}, Rules: set})
		press := newPress(0)
		now := start
		for seq := range rapid.IntRange(1, 100).Draw(t, "entries") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 5, 20, 40, 200}).Draw(t, "minutes")) * time.Minute)
			if rapid.IntRange(0, 4).Draw(t, "tick") == 0 {
				step(machine.Input{Seq: uint64(seq), Entry: news.Tick{At: now}})
				continue
			}
			r := press.next()
			r.At = now.Add(-time.Duration(rapid.SampledFrom([]int{0, 0, 0, 10, 29, 50, 90}).Draw(t, "late")) * time.Minute)
			step(machine.Input{Seq: uint64(seq), Entry: r})
		}
	})
	if alerts == 0 {
		t.Error("no absence was ever told: nothing was compared")
	}
}
