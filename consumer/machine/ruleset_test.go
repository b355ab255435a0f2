package machine_test

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// A machine whose rules were changed as they stood says what one says whose every version was made ready anew, and
// remembers the same, byte for byte.
func TestChangedRulesAreAsRulesMadeAnew(t *testing.T) {
	pool := slices.Concat(thousand(t)[:150], storyRules(t), variety(t))
	alerts := 0
	rapid.Check(t, func(t *rapid.T) {
		var changed, whole machine.State
		press := newPress(1)
		kept := map[string]rule.Rule{}
		for _, r := range pool[:rapid.IntRange(0, len(pool)).Draw(t, "rules")] {
			kept[r.Name] = r
		}
		set := compiled(t, "0", kept)
		defer func() { set.Close() }()
		adopt := func(hash string) {
			e := news.Rules{Hash: hash}
			want := whole.Step(machine.Input{Entry: e, Rules: compiled(t, hash, kept)})
			if diff := cmp.Diff(want, changed.Step(machine.Input{Entry: e, Rules: set})); diff != "" {
				t.Fatal(diff)
			}
		}
		adopt("0")
		for i := range rapid.IntRange(1, 60).Draw(t, "reports") {
			if rapid.IntRange(0, 3).Draw(t, "change") == 0 {
				var put []rule.Rule
				for range rapid.IntRange(0, 8).Draw(t, "put") {
					r := rapid.SampledFrom(pool).Draw(t, "rule")
					r.Name = rapid.SampledFrom(pool).Draw(t, "named").Name
					put = append(put, r)
				}
				var drop []string
				for range rapid.IntRange(0, 8).Draw(t, "drop") {
					drop = append(drop, rapid.SampledFrom(pool).Draw(t, "dropped").Name)
				}
				for _, name := range drop {
					delete(kept, name)
				}
				for _, r := range put {
					kept[r.Name] = r
				}
				hash := fmt.Sprint(i + 1)
				next, err := set.Change(hash, put, drop)
				if err != nil {
					t.Fatal(err)
				}
				set = next
				adopt(hash)
			}
			r := press.next()
			want := whole.Step(machine.Input{Seq: uint64(i), Entry: r})
			got := changed.Step(machine.Input{Seq: uint64(i), Entry: r})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("report %d (-whole +changed):\n%s", i, diff)
			}
			for _, o := range got.Outputs {
				if o.Alert != nil {
					alerts++
				}
			}
		}
		one, err := whole.AppendSnapshot(nil)
		if err != nil {
			t.Fatal(err)
		}
		if other, err := changed.AppendSnapshot(nil); err != nil || !slices.Equal(one, other) {
			t.Fatalf("what is remembered differs (%v)", err)
		}
		if want, got := names(compiled(t, "", kept)), names(set); !slices.Equal(want, got) || set.Len() != len(want) {
			t.Fatalf("%d rules %v, want %v", set.Len(), got, want)
		}
	})
	if alerts == 0 {
		t.Error("no rule ever told an alert: nothing was compared")
	}
}

func compiled(t *rapid.T, hash string, rules map[string]rule.Rule) *machine.Ruleset {
	set, err := machine.Compile(hash, slices.Collect(maps.Values(rules)), gazetteer.Default())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func names(set *machine.Ruleset) (out []string) {
	for _, r := range set.Rules() {
		out = append(out, r.Name)
	}
	return out
}

// A version that two others follow is the same for both.
func TestTwoVersionsMayFollowOne(t *testing.T) {
	one := compile(t, "a", "b")
	left, err := one.Change("left", nil, []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	right, err := one.Change("right", nil, []string{"b"})
	if err != nil {
		t.Fatal(err)
	}
	for set, want := range map[*machine.Ruleset][]string{one: {"a", "b"}, left: {"b"}, right: {"a"}} {
		if diff := cmp.Diff(want, names(set)); diff != "" {
			t.Error(diff)
		}
		var alerted []string
		h := &house{t: t}
		h.state.Step(machine.Input{Entry: news.Rules{Hash: set.Hash()}, Rules: set})
		for _, o := range h.step(by("a.example", suspends, 0, sanction("withdraw"))).Outputs {
			if o.Alert != nil {
				alerted = append(alerted, o.Alert.Rule)
			}
		}
		if diff := cmp.Diff(want, alerted); diff != "" {
			t.Error(diff)
		}
	}
}

func compile(t testing.TB, names ...string) *machine.Ruleset {
	t.Helper()
	var rules []rule.Rule
	for _, name := range names {
		r, err := rule.New(name, "what:SANCTION")
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	set, err := machine.Compile("", rules, gazetteer.Default())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// BenchmarkChange puts one rule after the other among a million, every second in the place of one that was there; with
// -short, which only shows that it runs, among ten thousand.
func BenchmarkChange(b *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n = 10_000
		b.Logf("short: %d rules", n)
	}
	rules := make([]rule.Rule, n)
	for i := range rules {
		r, err := rule.New(fmt.Sprint("rule-", i), fmt.Sprintf("mot%d (NATO OR sommet%d)", i, i%977))
		if err != nil {
			b.Fatal(err)
		}
		rules[i] = r
	}
	set, err := machine.Compile("", rules, gazetteer.Default())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { set.Close() }()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var took, busy []time.Duration
	for i := 0; b.Loop(); i++ {
		r := rules[i*7919%len(rules)]
		r.Expr = rules[(i*7919+1)%len(rules)].Expr
		if i%2 == 1 {
			r.Name = fmt.Sprint("new-", i) // it needs more room
		}
		began, worked := time.Now(), threadTime()
		if set, err = set.Change(fmt.Sprint(i), []rule.Rule{r}, nil); err != nil {
			b.Fatal(err)
		}
		took, busy = append(took, time.Since(began)), append(busy, threadTime()-worked)
	}
	fmt.Fprintf(os.Stderr, "change rules=%d changes=%d by the clock: %s by processor time: %s\n", len(rules), len(took), spreadOf(took), spreadOf(busy))
}

// spreadOf sorts what changes took and tells how it is spread.
func spreadOf(took []time.Duration) string {
	slices.Sort(took)
	at := func(n, of int) time.Duration { return took[(len(took)-1)*n/of].Round(time.Microsecond) }
	return fmt.Sprintf("p50=%s p99=%s p99.9=%s max=%s", at(1, 2), at(99, 100), at(999, 1000), at(1, 1))
}
