package machine_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
	"github.com/quidnunc-news/quidnunc/producer/sketch"
)

// texts are what articles of a drawn life say; sketched once.
var texts = sync.OnceValue(func() map[string]news.Sketch {
	out := map[string]news.Sketch{}
	for _, text := range []string{suspends, rewrites, other, "Short."} {
		out[text] = sketch.Of(news.Article{Language: "en", Text: text}, gazetteer.Default())
	}
	return out
})

// life draws a log: articles told by several publishers, copied, edited, told again and withdrawn, with the time going on.
func life(t *rapid.T) []news.Entry {
	now := 0
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) news.Entry {
		now += rapid.IntRange(0, 90).Draw(t, "minutes")
		at := start.Add(time.Duration(max(0, now-rapid.SampledFrom([]int{0, 0, 30, 300}).Draw(t, "back"))) * time.Minute)
		text := rapid.SampledFrom([]string{suspends, rewrites, other, "Short."}).Draw(t, "text")
		a := article(fmt.Sprintf("https://example.org/%d", rapid.IntRange(0, 9).Draw(t, "article")), text, at)
		a.Publisher = rapid.SampledFrom([]string{"a.example", "b.example", "c.example"}).Draw(t, "publisher")
		a = a.Identify("")
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			return news.Tick{At: start.Add(time.Duration(now) * time.Minute)}
		case 1:
			return news.Correction{Article: a.ID, At: at}
		}
		events := []news.Event{sanction("withdraw"), sanction("expel")}[:rapid.IntRange(0, 2).Draw(t, "events")]
		r := report(a, rapid.SampledFrom([]news.Origin{news.Live, news.Live, news.Archive}).Draw(t, "origin"), events...)
		r.Sketch = texts()[text]
		return r
	}), 1, 60).Draw(t, "log")
}

// variety is a rule of every kind.
func variety(t testing.TB) []rule.Rule {
	steps := []rule.Step{{Query: "mode:withdraw"}, {Query: "mode:expel"}}
	var out []rule.Rule
	for _, r := range []rule.Rule{
		{Name: "story", Throttle: 2 * time.Hour},
		{Name: "article", When: rule.When{Each: rule.EachArticle}, Limit: rule.Limit{Count: 2, Per: time.Hour}},
		{Name: "event", When: rule.When{Each: rule.EachEvent}},
		{Name: "count", When: rule.When{Kind: rule.Count, Over: time.Hour, AtLeast: 2, Distinct: rule.ByPublisher, GroupBy: []rule.Dimension{rule.ByMode}}},
		{Name: "spike", When: rule.When{Kind: rule.Spike, Over: time.Hour, Baseline: 3 * time.Hour, Ratio: 2, AtLeast: 2}},
		{Name: "first", When: rule.When{Kind: rule.First, Over: 5 * time.Hour, Of: []rule.Dimension{rule.ByStory, rule.ByMode}}},
		{Name: "absence", When: rule.When{Kind: rule.Absence, Over: 2 * time.Hour}},
		{Name: "sequence", When: rule.When{Kind: rule.Sequence, Over: 4 * time.Hour, Steps: steps, GroupBy: []rule.Dimension{rule.ByWho}}},
	} {
		r.Query = "what:SANCTION"
		r, err := r.Complete()
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b rule.Rule) int { return strings.Compare(a.Name, b.Name) }) // as the log has them
	return out
}

// The law of snapshots: a machine that is restored says what the one it was taken from says, and gives the same
// snapshot again.
func TestARestoredMachineStepsOnAsTheOneBefore(t *testing.T) {
	told, _ := rules(t, nil)
	set, err := machine.Compile(told.Hash, variety(t), gazetteer.Default())
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
		picture := whole.Picture()
		restored, err := machine.Restore(taken, compiled)
		if err != nil {
			t.Fatal(err)
		}
		again, err := restored.AppendSnapshot(nil)
		if err != nil || !bytes.Equal(taken, again) {
			t.Fatalf("the snapshot of the restored machine differs (%v)", err)
		}
		pictures, want := []*machine.Picture{picture}, [][]byte{taken}
		for i := cut; i < len(entries); i++ {
			if diff := cmp.Diff(step(&whole, i), step(restored, i)); diff != "" {
				t.Fatalf("entry %d (-whole +restored):\n%s", i, diff)
			}
			if rapid.IntRange(0, 5).Draw(t, "picture") == 0 {
				still, err := whole.AppendSnapshot(nil)
				if err != nil {
					t.Fatal(err)
				}
				pictures, want = append(pictures, whole.Picture()), append(want, still)
			}
		}
		for i, p := range pictures {
			if later, err := p.Append(nil); err != nil || !bytes.Equal(want[i], later) {
				t.Fatalf("picture %d of %d changed while the machine stepped on (%v)", i, len(pictures), err)
			}
		}
	})
}

// A picture that is written beside the machine is what the machine was when it stood still, through pages that fill,
// tables that grow, revisions and corrections. The race detector looks for what is shared and written to.
func TestAPictureIsWrittenBesideTheMachine(t *testing.T) {
	tape := &tape{state: pressed(t), press: newPress(20 * time.Second), seq: 1}
	told := tape.draw(3000)
	for at, r := range told {
		if at%10 == 3 { // another revision of an earlier article
			r.Article.URL = told[at/2].Article.URL
			r.Article = r.Article.Identify("")
			r.Events = news.Identify(r.Article.ID, r.Events)
			told[at] = r
		}
	}
	half := len(told) / 2
	tape.step(told[:half])
	for part := range slices.Chunk(told[half:], 250) {
		still, err := tape.state.AppendSnapshot(nil)
		if err != nil {
			t.Fatal(err)
		}
		picture := tape.state.Picture()
		written := make(chan []byte)
		go func() {
			b, err := picture.Append(nil)
			if err != nil {
				t.Error(err)
			}
			written <- b
		}()
		tape.step(part)
		tape.seq++
		tape.state.Step(machine.Input{Seq: tape.seq, Entry: news.Correction{Article: part[7].Article.ID, At: part[len(part)-1].At}})
		if !bytes.Equal(still, <-written) {
			t.Fatalf("a picture of %+v is not what the machine was", tape.state.Size())
		}
	}
}

// Each upgrade finds what the program before it kept, in its form, and goes on as if there had been none.
func TestAMachineStepsOnThroughUpgradesOfItsSnapshotsInARow(t *testing.T) {
	told, _ := rules(t, nil)
	set, err := machine.Compile(told.Hash, variety(t), gazetteer.Default())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var never, upgraded machine.State
		form := 1
		for i, e := range append([]news.Entry{told}, life(t)...) {
			in := machine.Input{Seq: uint64(i + 1), Entry: e}
			if i == 0 {
				in.Rules = set
			}
			want, got := never.Step(in), upgraded.Step(in)
			if diff := cmp.Diff(want.Outputs, got.Outputs); diff != "" {
				t.Fatalf("entry %d, form %d (-never +upgraded):\n%s", i, form, diff)
			}
			if !rapid.Bool().Draw(t, "restart") {
				continue
			}
			kept, err := upgraded.Picture().AppendForm(nil, form)
			if err != nil {
				t.Fatal(err)
			}
			restored, err := machine.Restore(kept, func(string) (*machine.Ruleset, error) { return set, nil })
			if err != nil {
				t.Fatalf("form %d: %v", form, err)
			}
			upgraded, form = *restored, min(form+rapid.IntRange(0, 1).Draw(t, "upgrade"), machine.Forms)
		}
	})
}

func TestASnapshotThatIsDamagedOrNewerIsAnErrorAndNoPanic(t *testing.T) {
	h := &house{t: t}
	told, _ := rules(t, nil)
	h.step(told, variety(t)...)
	h.step(by("a.example", suspends, 0, sanction("withdraw")))
	h.step(by("b.example", rewrites, 5, sanction("expel")))
	whole, err := h.state.AppendSnapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	none := func(string) (*machine.Ruleset, error) { return nil, errors.New("not to be had") }
	for n := 0; n < len(whole); n += 1 + n/100 { // ever more seldom: the end is long and all alike
		if _, err := machine.Restore(whole[:n], none); !errors.Is(err, snapshot.ErrDamaged) {
			t.Fatalf("cut at %d of %d: %v", n, len(whole), err)
		}
	}
	for n := 0; n < len(whole); n += 1 + n/200 { // no bit of it makes Restore panic
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

var update = flag.Bool("update", false, "write the snapshot of the present form anew: only before it was ever released")

// What was kept once is read for ever: a machine restored from the snapshot of an older program knows the alert that was
// told and retracts it.
func TestSnapshotsOfEveryFormAreRead(t *testing.T) {
	const forms = machine.Forms
	h := &house{t: t}
	told, _ := rules(t, nil)
	h.step(told, variety(t)...)
	h.step(by("a.example", suspends, 0, sanction("withdraw")))
	now, err := h.state.AppendSnapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(compat(forms), pack(t, now), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := machine.Compile(told.Hash, variety(t), gazetteer.Default())
	if err != nil {
		t.Fatal(err)
	}
	withdrawn := news.Correction{Article: by("a.example", suspends, 0).Article.ID, At: start.Add(time.Minute)}
	want := h.step(withdrawn)
	for form := 1; form <= forms; form++ {
		restored, err := machine.Restore(unpack(t, compat(form)), func(string) (*machine.Ruleset, error) { return set, nil })
		if err != nil {
			t.Fatalf("form %d: %v", form, err)
		}
		again, err := restored.AppendSnapshot(nil)
		if err != nil || !bytes.Equal(now, again) {
			t.Errorf("form %d: what is remembered differs from what this program remembers (%v)", form, err)
		}
		result := restored.Step(machine.Input{Seq: 3, Entry: withdrawn})
		if diff := cmp.Diff(want, result); diff != "" || len(result.Outputs) == 0 {
			t.Errorf("form %d: %d outputs (-this program +restored)\n%s", form, len(result.Outputs), diff)
		}
	}
}

func compat(form int) string { return fmt.Sprintf("testdata/compat/snapshot-%d.zst", form) }

func pack(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(b, nil)
}

func unpack(t *testing.T, file string) []byte {
	t.Helper()
	packed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	b, err := z.DecodeAll(packed, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
