package replay_test

import (
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// Only what lies in the scope is told; what lies before it warms the machine; every entry is accounted for.
func TestTheScopeChooses(t *testing.T) {
	lib := library{}
	reports := coded(articles(200), news.Live)
	entries := logOf(t, lib, reports).entries
	entries[20].Data = []byte("{broken")
	entries[30].Lost = 12
	from, to := start.Add(48*time.Hour), start.Add(120*time.Hour)
	s, dir := mustRun(t, replay.Config{Source: &tape{entries: entries}, Library: lib, From: from, To: to, Warmup: 24 * time.Hour, Kind: "stream"})
	e := s.Entries
	if e.Read != uint64(len(entries)) || e.Read != e.Told+e.Warmed+e.Skipped+e.Dead || e.Dead != 1 || e.Warmed == 0 || e.Skipped == 0 {
		t.Errorf("entries do not add up: %+v of %d", e, len(entries))
	}
	want := uint64(0)
	for _, r := range reports {
		if !r.At.Before(from) && r.At.Before(to) {
			want++
		}
	}
	if e.Reports != want && e.Reports != want-1 { // the broken one may have been one of them
		t.Errorf("%d reports told, want %d", e.Reports, want)
	}
	if s.Started.Before(from) || !s.Ended.Before(to) || s.Since.Before(from.Add(-24*time.Hour)) {
		t.Errorf("from %s to %s, since %s", s.Started, s.Ended, s.Since)
	}
	if len(s.Dead) != 1 || s.Dead[0].Where != fmt.Sprintf("sequence %d", entries[20].Seq) {
		t.Errorf("dead: %+v", s.Dead)
	}
	if len(s.Gaps) == 0 || s.Gaps[0].Lost != 12 {
		t.Errorf("gaps: %+v", s.Gaps)
	}
	alerts := 0
	found, err := replay.ReadResult(dir)
	if err != nil {
		t.Fatal(err)
	}
	byRule := map[string]int{}
	for a, err := range found.Alerts() {
		if err != nil {
			t.Fatal(err)
		}
		alerts++
		byRule[a.Rule]++
	}
	if alerts == 0 || alerts != s.Alerts.All() {
		t.Errorf("%d alerts in the file, %d counted", alerts, s.Alerts.All())
	}
	for _, r := range s.Rules {
		if byRule[r.Name] != r.Alerts.All() {
			t.Errorf("rule %s: %d alerts in the file, %d counted", r.Name, byRule[r.Name], r.Alerts.All())
		}
	}
	var b strings.Builder
	if err := replay.WriteJUnit(&b, s); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`tests="7" failures="1"`, "12 messages before sequence", `name="embargo"`} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("JUnit lacks %s:\n%s", part, b.String())
		}
	}
}

// From a snapshot of the live machine a replay says what live said behind it, and the snapshot is part of the input.
func TestABaseSnapshotGoesOnAsLiveDid(t *testing.T) {
	lib := library{}
	entries := logOf(t, lib, coded(articles(200), news.Live)).entries
	half := len(entries) / 2
	var state machine.State
	hash := ""
	var snapshot []byte
	for i, e := range entries {
		noun, err := wire.DecodeEntry(e.Subject, e.Data)
		if err != nil {
			t.Fatal(err)
		}
		in := machine.Input{Seq: e.Seq, Entry: noun}
		if r, ok := noun.(news.Rules); ok {
			if in.Rules, err = machine.Compile(r.Hash, lib[r.Hash], gazetteer.Default()); err != nil {
				t.Fatal(err)
			}
		}
		for _, o := range state.Step(in).Outputs {
			m, err := o.Message()
			if err != nil {
				t.Fatal(err)
			}
			if i >= half {
				hash = wire.Chain(hash, m.Subject, m.Data)
			}
		}
		if i == half-1 {
			if snapshot, err = state.AppendSnapshot(nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	base := &replay.Snapshot{Base: replay.Base{Sequence: entries[half-1].Seq, Hash: "abc"}, State: snapshot}
	s, _ := mustRun(t, replay.Config{Source: &tape{entries: entries[half:]}, Library: lib, Base: base, Kind: "stream"})
	if s.Hashes.Output != "sha256:"+hash {
		t.Errorf("output %s, live said %s", s.Hashes.Output, hash)
	}
	empty, _ := mustRun(t, replay.Config{Source: &tape{entries: entries[half:]}, Library: lib, Kind: "stream"})
	if empty.Hashes.Input == s.Hashes.Input {
		t.Error("the base snapshot is no part of the input hash")
	}
}

// Recoded, a log gives what coding its articles for the first time gives, whatever events it holds.
func TestRecodingCodesAnew(t *testing.T) {
	lib := library{}
	reports := coded(articles(60), news.Live)
	want, _ := naive(t, lib, logOf(t, lib, reports).entries)
	for i := range reports {
		reports[i].Events, reports[i].Coder = nil, "quidnunc-0+old"
	}
	s, _ := mustRun(t, replay.Config{Source: logOf(t, lib, reports), Library: lib, Recode: true, Coder: newCoder(), Sketch: sketched})
	if s.Hashes.Output != want {
		t.Errorf("output %s, want %s", s.Hashes.Output, want)
	}
	if diff := cmp.Diff([]string{newCoder().Name()}, s.Coders); diff != "" {
		t.Error(diff)
	}
}

// Rules given take the place of the log's.
func TestGivenRulesReplaceTheLogs(t *testing.T) {
	lib := library{}
	source := logOf(t, lib, coded(articles(60), news.Live))
	rules := book(t, "rules:\n- {name: only, query: 'lang:en', when: {each: article}}\n")
	_, hash := rulebook.Encode(rules)
	s, _ := mustRun(t, replay.Config{Source: source, Rules: &replay.Rules{Name: "only.yaml", Hash: hash, Rules: rules}})
	if s.Hashes.Rules != "sha256:"+hash || len(s.Rules) != 1 || s.Rules[0].Alerts.New == 0 || s.Entries.Rules != 0 {
		t.Errorf("%+v %+v", s.Hashes, s.Rules)
	}
}

// faulty breaks off after some entries.
type faulty struct{ tape }

func (f *faulty) Next(ctx context.Context) (replay.Entry, error) {
	if f.at.Load() == 100 {
		return replay.Entry{}, errors.New("the line is down")
	}
	return f.tape.Next(ctx)
}

func TestASourceThatBreaksOffIsTakenUp(t *testing.T) {
	lib := library{}
	entries := logOf(t, lib, coded(articles(150), news.Live)).entries
	entries[100].Lost = 2 // told with the time of the entry before the break
	want, _ := naive(t, lib, entries)
	whole, _ := mustRun(t, replay.Config{Source: &tape{entries: entries}, Library: lib})
	dir := t.TempDir()
	if _, err := run(t, t.Context(), dir, replay.Config{Source: &faulty{tape{entries: entries}}, Library: lib}); err == nil || !strings.Contains(err.Error(), "the line is down") {
		t.Fatalf("error %v", err)
	}
	s, err := run(t, t.Context(), dir, replay.Config{Source: &tape{entries: entries}, Library: lib})
	if err != nil || s.Hashes.Output != want {
		t.Errorf("output %s, want %s: %v", s.Hashes.Output, want, err)
	}
	if diff := cmp.Diff(whole.Gaps, s.Gaps); diff != "" || len(s.Gaps) != 1 {
		t.Errorf("gaps (-undisturbed +taken up):\n%s", diff)
	}
}

// outage is a library that cannot be reached when it is asked for the second time, and for which nobody waits any more.
type outage struct {
	library
	stop  func()
	asked int
}

func (o *outage) Rules(ctx context.Context, hash string) ([]rule.Rule, error) {
	if o.asked++; o.asked == 2 {
		o.stop()
		return nil, errors.New("the line is down")
	}
	return o.library.Rules(ctx, hash)
}

// The log's rules that could not be had before somebody lost patience are not passed over when the replay is taken up.
func TestRulesThatCouldNotBeHadWhenItWasInterruptedAreAskedForAgain(t *testing.T) {
	lib := library{}
	entries := logOf(t, lib, coded(articles(150), news.Live)).entries
	want, _ := naive(t, lib, entries)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := run(t, ctx, dir, replay.Config{Source: &tape{entries: entries}, Library: &outage{library: lib, stop: cancel}})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "the line is down") {
		t.Errorf("error %v", err)
	}
	s, err := run(t, t.Context(), dir, replay.Config{Source: &tape{entries: entries}, Library: lib})
	if err != nil || s.Hashes.Output != want {
		t.Errorf("output %s, want %s: %v", s.Hashes.Output, want, err)
	}
}

// What a replay that was killed had begun to write does not stay for ever; what another is writing does.
func TestWhatWasBegunWhenItWasKilledIsRemoved(t *testing.T) {
	dir := t.TempDir()
	left := func(ending string) (out []string) {
		t.Helper()
		for _, name := range []string{replay.CheckpointFile, replay.SummaryFile} {
			out = append(out, filepath.Join(dir, "."+name+"-"+ending))
			if err := os.WriteFile(out[len(out)-1], []byte("half of"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	there := func(names []string) bool {
		return slices.ContainsFunc(names, func(name string) bool { _, err := os.Stat(name); return err == nil })
	}
	killed := left("1")
	d, err := replay.OpenDir(dir, "test")
	if err != nil || there(killed) {
		t.Errorf("%v still there, %v", killed, err)
	}
	writing := left("2")
	if _, err := replay.OpenDir(dir, "test"); !errors.Is(err, replay.ErrBusy) || !there(writing[:1]) || !there(writing[1:]) {
		t.Errorf("%v gone, %v", writing, err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestADamagedCheckpointIsRefused(t *testing.T) {
	dir := t.TempDir()
	lib := library{}
	entries := logOf(t, lib, coded(articles(150), news.Live)).entries
	if _, err := run(t, t.Context(), dir, replay.Config{Source: &faulty{tape{entries: entries}}, Library: lib}); err == nil {
		t.Fatal("no error")
	}
	name := filepath.Join(dir, replay.CheckpointFile)
	data := []byte(read(t, name))
	data[len(data)/2] ^= 1
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := replay.OpenDir(dir, "test"); err == nil || !strings.Contains(err.Error(), "begin anew") {
		t.Errorf("error %v", err)
	}
}

// Sorted by files or in memory, or read twice where they are in order, entries come in the order of publication, each once,
// those of one time as they lay; those that cannot be read come first.
func TestSortedIsInTheOrderOfPublication(t *testing.T) {
	reports := coded(articles(120), news.Archive)
	rapid.Check(t, func(rt *rapid.T) {
		source := &tape{}
		drawn := rapid.SliceOfN(rapid.IntRange(0, len(reports)-1), 0, 60).Draw(rt, "reports")
		ordered, broken := rapid.Bool().Draw(rt, "ordered"), 0
		if ordered {
			slices.SortStableFunc(drawn, func(a, b int) int {
				return reports[a].Article.Published.Start.Compare(reports[b].Article.Published.Start)
			})
		}
		for i, n := range drawn {
			r := reports[n]
			if rapid.IntRange(0, 20).Draw(rt, "broken") == 0 {
				source.entries = append(source.entries, replay.Entry{Seq: uint64(i + 1), Subject: "report.en.x", Data: []byte("{")})
				broken++
				continue
			}
			if rapid.Bool().Draw(rt, "stored") {
				data, err := wire.EncodeReport(r)
				if err != nil {
					rt.Fatal(err)
				}
				source.entries = append(source.entries, replay.Entry{Seq: uint64(i + 1), Subject: "report.en.x", Data: data})
				continue
			}
			source.entries = append(source.entries, replay.Entry{Seq: uint64(i + 1), Report: &r, Uncoded: rapid.Bool().Draw(rt, "uncoded")})
		}
		all := broken
		var again func() (replay.Source, error)
		opened, dir := 0, t.TempDir()
		if rapid.Bool().Draw(rt, "again") {
			again = func() (replay.Source, error) {
				opened++
				return &tape{entries: source.entries}, nil
			}
		}
		sorted := replay.Sort(source, dir, again)
		memory := rapid.SampledFrom([]int{1, 20_000, 1 << 30}).Draw(rt, "memory")
		sorted.SetMemory(memory)
		var before time.Time
		last, seen := uint64(0), map[uint64]bool{}
		for {
			e, err := sorted.Next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if errors.As(err, new(*replay.BadEntry)) && len(seen) == 0 {
				broken--
				continue
			}
			if err != nil {
				rt.Fatal(err)
			}
			if was := source.entries[e.Seq-1]; was.Uncoded != e.Uncoded || !cmp.Equal(was.Data, e.Data) || !cmp.Equal(was.Report, e.Report) {
				rt.Fatalf("entry %d is another: %s", e.Seq, cmp.Diff(was, e))
			}
			at := published(rt, e)
			if at.Before(before) || at.Equal(before) && e.Seq < last || seen[e.Seq] {
				rt.Fatalf("entry %d of %s comes behind entry %d of %s", e.Seq, at, last, before)
			}
			before, last, seen[e.Seq] = at, e.Seq, true
		}
		if len(seen) != len(source.entries)-all || broken != 0 {
			rt.Fatalf("%d entries of %d, %d that are broken were not told", len(seen), len(source.entries), broken)
		}
		if files, err := os.ReadDir(dir); ordered && again != nil && len(files) > 0 || err != nil {
			rt.Fatalf("what is in order waits in files: %v (%v)", files, err)
		}
		if ordered && again != nil && memory == 1 && len(seen) > 0 && opened != 1 {
			rt.Fatalf("what is in order was opened again %d times", opened)
		}
		if err := sorted.Close(); err != nil {
			rt.Fatal(err)
		}
	})
}

// An archive that is not any more what it was when its order was looked at is refused, not sorted wrongly and not taken for
// all there was.
func TestAnArchiveThatChangesWhileItIsReadIsRefused(t *testing.T) {
	var entries []replay.Entry
	for _, r := range coded(articles(20), news.Archive) {
		entries = append(entries, replay.Entry{Report: &r})
	}
	slices.SortStableFunc(entries, func(a, b replay.Entry) int {
		return a.Report.Article.Published.Start.Compare(b.Report.Article.Published.Start)
	})
	turned := slices.Clone(entries)
	slices.Reverse(turned)
	for name, then := range map[string][]replay.Entry{
		"in another order": turned, "cut": entries[:19], "longer": append(slices.Clip(entries), entries[19]), "empty": nil,
	} {
		t.Run(name, func(t *testing.T) {
			sorted := replay.Sort(&tape{entries: entries}, t.TempDir(), func() (replay.Source, error) { return &tape{entries: then}, nil })
			sorted.SetMemory(1)
			for {
				if _, err := sorted.Next(t.Context()); err != nil {
					if !strings.Contains(err.Error(), "the archive changed") {
						t.Errorf("error %v", err)
					}
					return
				}
			}
		})
	}
}

func published(t *rapid.T, e replay.Entry) time.Time {
	r := e.Report
	if r == nil {
		decoded, err := wire.DecodeReport(e.Data)
		if err != nil {
			t.Fatal(err)
		}
		r = &decoded
	}
	return r.Article.Published.Start
}

// Nothing in this room can reach a receiver or a stream: it imports neither.
func TestAReplayKnowsNobodyToTell(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			for _, forbidden := range []string{"consumer/courier", "consumer/notify", "pipeline/stream\"", "consumer\"", "consumer/desk", "producer"} {
				if strings.Contains(i.Path.Value, "quidnunc/"+forbidden) {
					t.Errorf("%s imports %s", name, i.Path.Value)
				}
			}
		}
	}
}

// While a live machine beside it lags, a replay at full speed waits; what it says is the same.
func TestAReplayYieldsToALiveMachine(t *testing.T) {
	lib := library{}
	entries := logOf(t, lib, coded(articles(150), news.Live)).entries
	want, _ := naive(t, lib, entries)
	control := &replay.Control{}
	var asked, yielded atomic.Int64
	lag := func(context.Context) (uint64, error) {
		if control.Progress().State == "yielding" {
			yielded.Add(1)
		}
		if asked.Add(1) <= 5 {
			return 1000, nil
		}
		return 0, nil
	}
	source := &tape{entries: entries}
	source.every = func(int) {
		for asked.Load() < 2 && t.Context().Err() == nil { // not before it has heard of the lag
			time.Sleep(time.Millisecond)
		}
	}
	s, _ := mustRun(t, replay.Config{Source: source, Library: lib, Control: control, Lag: lag})
	if s.Hashes.Output != want {
		t.Errorf("output %s, want %s", s.Hashes.Output, want)
	}
	if asked.Load() < 6 || yielded.Load() < 3 {
		t.Errorf("it went on while the live machine lagged: asked %d times, %d of them yielding", asked.Load(), yielded.Load())
	}
}

func TestTwoReplaysAreKeptApart(t *testing.T) {
	path := t.TempDir()
	one, err := replay.OpenDir(path, "a request")
	if err != nil {
		t.Fatal(err)
	}
	if err := one.Record(t.Context(), []replay.Said{{Number: 1, Subject: "alert.x", Data: []byte("{}"), Alert: &news.Alert{}}}); err != nil {
		t.Fatal(err)
	}
	for _, request := range []string{"a request", "another"} {
		if _, err := replay.OpenDir(path, request); !errors.Is(err, replay.ErrBusy) {
			t.Errorf("%s beside a replay that is running: %v, want ErrBusy", request, err)
		}
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := replay.OpenDir(path, "a request")
	if err != nil {
		t.Fatalf("behind one that has ended: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}
