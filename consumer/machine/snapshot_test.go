package machine_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// life draws a log: articles told, edited, told again and withdrawn, with the time going on.
func life(t *rapid.T) []news.Entry {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) news.Entry {
		n := rapid.IntRange(0, 5).Draw(t, "article")
		at := start.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "minutes")) * time.Minute)
		a := article(fmt.Sprintf("https://example.org/%d", n), rapid.SampledFrom([]string{"one", "two", "three"}).Draw(t, "text"), at)
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			return news.Tick{At: at}
		case 1:
			return news.Correction{Article: a.ID, At: at}
		}
		events := []news.Event{sanction("withdraw"), sanction("expel")}[:rapid.IntRange(0, 2).Draw(t, "events")]
		return report(a, rapid.SampledFrom([]news.Origin{news.Live, news.Archive}).Draw(t, "origin"), events...)
	}), 1, 40).Draw(t, "log")
}

// The law of snapshots: a machine that is restored says what the one it was taken from says, and gives the same
// snapshot again.
func TestARestoredMachineStepsOnAsTheOneBefore(t *testing.T) {
	told, r := rules(t, nil)
	set, err := machine.Compile(told.Hash, []rule.Rule{r}, gazetteer.Default())
	if err != nil {
		t.Fatal(err)
	}
	compiled := func(hash string) (*machine.Ruleset, error) {
		if hash != told.Hash {
			return nil, fmt.Errorf("rules %q", hash)
		}
		return set, nil
	}
	rapid.Check(t, func(t *rapid.T) {
		entries := append([]news.Entry{told}, life(t)...)
		cut := rapid.IntRange(0, len(entries)).Draw(t, "cut")
		var whole machine.State
		step := func(s *machine.State, i int) []machine.Output {
			in := machine.Input{Seq: uint64(i + 1), Entry: entries[i]}
			if i == 0 {
				in.Rules = set
			}
			return s.Step(in).Outputs
		}
		for i := range cut {
			step(&whole, i)
		}
		taken, err := whole.AppendSnapshot(nil)
		if err != nil {
			t.Fatal(err)
		}
		restored, err := machine.Restore(taken, compiled)
		if err != nil {
			t.Fatal(err)
		}
		again, err := restored.AppendSnapshot(nil)
		if err != nil || !bytes.Equal(taken, again) {
			t.Fatalf("the snapshot of the restored machine differs (%v)", err)
		}
		for i := cut; i < len(entries); i++ {
			if diff := cmp.Diff(step(&whole, i), step(restored, i)); diff != "" {
				t.Fatalf("entry %d (-whole +restored):\n%s", i, diff)
			}
		}
	})
}

func TestASnapshotThatIsDamagedOrNewerIsAnErrorAndNoPanic(t *testing.T) {
	h := &house{t: t}
	told, r := rules(t, nil)
	h.step(told, r)
	h.step(report(article("https://example.org/1", "one", start), news.Live, sanction("withdraw")))
	whole, err := h.state.AppendSnapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	none := func(string) (*machine.Ruleset, error) { return nil, errors.New("not to be had") }
	for n := range whole {
		if _, err := machine.Restore(whole[:n], none); !errors.Is(err, snapshot.ErrDamaged) {
			t.Fatalf("cut at %d of %d: %v", n, len(whole), err)
		}
	}
	for n := range whole { // no bit of it makes Restore panic
		flipped := bytes.Clone(whole)
		flipped[n] ^= 0xff
		if _, err := machine.Restore(flipped, none); err == nil {
			t.Fatalf("byte %d flipped: restored without its rules", n)
		}
	}
	newer := append([]byte{99}, whole[1:]...)
	if _, err := machine.Restore(newer, none); !errors.Is(err, wire.ErrVersion) {
		t.Errorf("a newer version: %v", err)
	}
}
