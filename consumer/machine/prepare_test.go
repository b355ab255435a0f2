package machine_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// A machine whose reports were prepared says what one says whose were not, also where they were prepared for rules that
// are no longer in force.
func TestWhatIsPreparedSaysTheSame(t *testing.T) {
	all := slices.Concat(thousand(t)[:120], storyRules(t))
	compile := func(hash string, rules []rule.Rule) *machine.Ruleset {
		set, err := machine.Compile(hash, rules, gazetteer.Default())
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	sets := []*machine.Ruleset{compile("1", all), compile("2", all[:100]), compile("3", nil)}
	alerts := 0
	rapid.Check(t, func(t *rapid.T) {
		var plain, prepared machine.State
		press := newPress(1)
		for range rapid.IntRange(0, 50).Draw(t, "earlier") {
			press.next()
		}
		ahead := sets[0]
		var room []machine.Suppression
		for i := range rapid.IntRange(1, 120).Draw(t, "reports") {
			if i == 0 || rapid.IntRange(0, 30).Draw(t, "change") == 0 {
				set := rapid.SampledFrom(sets).Draw(t, "rules")
				e := machine.Input{Entry: news.Rules{Hash: set.Hash()}, Rules: set}
				plain.Step(e)
				prepared.Step(e)
				if rapid.Bool().Draw(t, "in time") {
					ahead = set
				}
			}
			r := press.next()
			want := plain.Step(machine.Input{Seq: uint64(i), Entry: r})
			got := prepared.Step(machine.Input{Seq: uint64(i), Entry: r, Prepared: ahead.Prepare(&r), Room: room})
			room = got.Suppressed
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("report %d (-plain +prepared):\n%s", i, diff)
			}
			for _, o := range got.Outputs {
				if o.Alert != nil {
					alerts++
				}
			}
		}
	})
	if alerts == 0 {
		t.Error("no rule ever told an alert: nothing was compared")
	}
}

// storyRules ask of the story, alone and beside what can be asked before.
func storyRules(t testing.TB) (out []rule.Rule) {
	for name, query := range map[string]string{
		"copies": "story.copy:true", "told": "what:SANCTION story.publishers:>=2", "novel": "story.novel:true actor:RUS", "event": "event(what:ASSAULT) story.articles:>=2",
	} {
		r, err := rule.New(name, query)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}
