package replay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
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
	"github.com/quidnunc-news/quidnunc/producer/coder"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
	"github.com/quidnunc-news/quidnunc/producer/sketch"
)

var start = time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)

// articles are made up, four in five of which tell an event; some are copies of others.
func articles(n int) (out []news.Article) {
	random := rand.New(rand.NewPCG(5, 6))
	countries := []string{"Russia", "France", "Germany", "Poland", "China", "Japan", "Iran", "Turkey", "Ukraine", "Brazil"}
	acts := []string{
		"%s expelled nine diplomats of %s on Monday.", "%s accused %s of spying.", "%s imposed new sanctions on %s.",
		"%s threatened %s with an embargo.", "The weather in %s will be fine near %s.",
	}
	for i := range n {
		who, whom := random.IntN(len(countries)), random.IntN(len(countries)-1)
		if whom >= who {
			whom++
		}
		at := start.Add(time.Duration(i*random.IntN(90)) * time.Minute)
		publisher := fmt.Sprintf("paper-%d", random.IntN(20))
		a := news.Article{
			Publisher: publisher, Language: "en", Text: fmt.Sprintf(acts[random.IntN(len(acts))], countries[who], countries[whom]), Seen: at,
			Published: news.Interval{Start: at, End: at.Add(time.Second), Grain: news.Instant},
		}
		out = append(out, a.Identify(fmt.Sprint(i)))
	}
	return out
}

func newCoder() *coder.Coder { return coder.New(gazetteer.Default(), lexicon.Default()) }

func sketched(a news.Article) news.Sketch { return sketch.Of(a, gazetteer.Default()) }

// coded are reports as a producer puts them into the log.
func coded(articles []news.Article, origin news.Origin) (out []news.Report) {
	c := newCoder()
	for _, a := range articles {
		out = append(out, news.Report{
			Article: a, Events: c.Code(a), At: news.LogTime(a, origin), Origin: origin, Coder: c.Name(), Sketch: sketched(a),
		})
	}
	return out
}

const rulesFile = `rules:
- {name: sanctions, query: 'what:SANCTION', when: {each: event}}
- {name: accusations-of-iran, query: 'what:ACCUSE whom:Iran', severity: high}
- {name: embargo, query: 'embargo lang:en', when: {each: article}, severity: low, throttle: 6h}
- {name: many, query: 'actor:Russia', when: {count: {over: 24h, at_least: 3, distinct: publisher}}}
- {name: quiet, query: 'actor:Brazil', when: {absence: {for: 48h}}}
- {name: widely, query: 'what:THREATEN story.publishers:>=2'}
`

func book(t testing.TB, file string) []rule.Rule {
	t.Helper()
	b, err := rulebook.Parse("rules.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return b.Rules
}

// library holds rules in memory.
type library map[string][]rule.Rule

func (l library) put(rules []rule.Rule) string {
	_, hash := rulebook.Encode(rules)
	l[hash] = rules
	return hash
}

func (l library) Rules(_ context.Context, hash string) ([]rule.Rule, error) {
	if rules, ok := l[hash]; ok {
		return rules, nil
	}
	return nil, errors.New("not there")
}

// tape is a source of stored entries.
type tape struct {
	entries []replay.Entry
	at      atomic.Int64 // any goroutine may ask for the share
	every   func(n int)  // called before each
}

func (t *tape) Next(ctx context.Context) (replay.Entry, error) {
	if t.every != nil {
		t.every(int(t.at.Load()))
	}
	if err := ctx.Err(); err != nil {
		return replay.Entry{}, err
	}
	at := int(t.at.Load())
	if at == len(t.entries) {
		return replay.Entry{}, io.EOF
	}
	t.at.Add(1)
	return t.entries[at], nil
}

func (t *tape) Share() float64 { return float64(t.at.Load()) / float64(max(len(t.entries), 1)) }

// logOf is a log: rules, reports, other rules halfway, a correction, ticks.
func logOf(t testing.TB, lib library, reports []news.Report) *tape {
	t.Helper()
	all := book(t, rulesFile)
	out := &tape{}
	add := func(m wire.Message, err error) {
		if err != nil {
			t.Fatal(err)
		}
		n := uint64(len(out.entries)) + 1
		out.entries = append(out.entries, replay.Entry{Seq: 3 * n, Subject: m.Subject, Data: m.Data})
	}
	add(wire.Rules(news.Rules{Version: "1", Hash: lib.put(all), At: start}))
	for i, r := range reports {
		messages, err := wire.Bundle(r)
		add(messages[len(messages)-1], err)
		if i == len(reports)/2 {
			add(wire.Rules(news.Rules{Version: "2", Hash: lib.put(all[1:]), At: r.At}))
			add(wire.Correction(news.Correction{Article: reports[i/2].Article.ID, At: r.At}))
		}
		if i%10 == 9 {
			add(wire.Tick(news.Tick{At: r.At.Add(time.Hour)}))
		}
	}
	return out
}

// naive is the obvious loop over a log, and the hash of what it says.
func naive(t testing.TB, lib library, entries []replay.Entry) (hash string, alerts int) {
	t.Helper()
	var state machine.State
	for _, e := range entries {
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
			hash = wire.Chain(hash, m.Subject, m.Data)
			if o.Alert != nil {
				alerts++
			}
		}
	}
	return "sha256:" + hash, alerts
}

// run replays into dir.
func run(t testing.TB, ctx context.Context, dir string, cfg replay.Config) (replay.Summary, error) {
	t.Helper()
	var err error
	if cfg.Dir, err = replay.OpenDir(dir, "test"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := cfg.Dir.Close(); err != nil {
			t.Error(err)
		}
	}()
	cfg.Actors = gazetteer.Default()
	return replay.Run(ctx, cfg)
}

func mustRun(t testing.TB, cfg replay.Config) (replay.Summary, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := run(t, t.Context(), dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func read(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A replay of a whole log says, byte for byte, what the obvious loop says, on any number of processors and at any speed.
func TestAReplaySaysWhatTheMachineSays(t *testing.T) {
	lib := library{}
	entries := logOf(t, lib, coded(articles(400), news.Live)).entries
	want, alerts := naive(t, lib, entries)
	if alerts < 50 {
		t.Fatalf("only %d alerts: there is little to compare", alerts)
	}
	var first, text string
	for _, c := range []struct {
		procs int
		speed float64
	}{{1, 0}, {2, 0}, {8, 0}, {runtime.NumCPU(), 0}, {2, 1e12}} {
		func() {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.procs))
			control := &replay.Control{}
			if err := control.Pace(c.speed); err != nil {
				t.Fatal(err)
			}
			s, dir := mustRun(t, replay.Config{Source: &tape{entries: entries}, Library: lib, Control: control, Kind: "stream"})
			if s.Hashes.Output != want || !s.Complete || s.Alerts.All() != alerts {
				t.Errorf("%d processors, speed %g: output %s, %d alerts; want %s, %d", c.procs, c.speed, s.Hashes.Output, s.Alerts.All(), want, alerts)
			}
			summary, lines := read(t, filepath.Join(dir, replay.SummaryFile)), read(t, filepath.Join(dir, replay.AlertsFile))
			if first == "" {
				first, text = summary, lines
			}
			if diff := cmp.Diff(first, summary); diff != "" {
				t.Errorf("%d processors, speed %g: another summary:\n%s", c.procs, c.speed, diff)
			}
			if lines != text || strings.Count(lines, "\n") != alerts {
				t.Errorf("%d processors, speed %g: other alerts: %d lines", c.procs, c.speed, strings.Count(lines, "\n"))
			}
			if p := control.Progress(); p.State != "done" || p.Entries != uint64(len(entries)) || p.Share != 1 {
				t.Errorf("progress %+v", p)
			}
		}()
	}
}

// Interrupted anywhere, any number of times, and taken up again, a replay says what it would have said undisturbed; also
// when the source goes on at the place and need not be read again.
func TestInterruptedAndTakenUpItSaysTheSame(t *testing.T) {
	lib := library{}
	entries := logOf(t, lib, coded(articles(200), news.Live)).entries
	for i := 5; i < len(entries); i += 3 { // what is lost is told with the times around it
		entries[i].Lost = 2
	}
	whole, wholeDir := mustRun(t, replay.Config{Source: &tape{entries: entries}, Library: lib, Kind: "stream"})
	want := read(t, filepath.Join(wholeDir, replay.SummaryFile))
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		for range 20 {
			d, err := replay.OpenDir(dir, "test")
			if err != nil {
				rt.Fatal(err)
			}
			source := &tape{entries: entries}
			if at, ok := d.Resumed(); ok && rapid.Bool().Draw(rt, "seek") {
				source.at.Store(int64(at.Entries))
				d.SeekTo()
			}
			ctx, cancel := context.WithCancel(t.Context())
			stop := rapid.IntRange(0, len(entries)+60).Draw(rt, "stop")
			source.every = func(n int) {
				if n >= stop {
					cancel()
				}
			}
			s, err := replay.Run(ctx, replay.Config{
				Dir: d, Source: source, Library: lib, Kind: "stream", Actors: gazetteer.Default(), Workers: rapid.IntRange(1, 4).Draw(rt, "workers"),
				Every: time.Duration(rapid.SampledFrom([]int{1, 1000, 1000}).Draw(rt, "every")) * time.Millisecond,
			})
			cancel()
			if err := d.Close(); err != nil {
				rt.Fatal(err)
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				rt.Fatal(err)
			}
			if s.Complete {
				break
			}
		}
		s, err := run(t, t.Context(), dir, replay.Config{Source: &tape{entries: entries}, Library: lib, Kind: "stream"})
		if err != nil {
			rt.Fatal(err)
		}
		if s.Hashes != whole.Hashes {
			rt.Fatalf("hashes %+v, want %+v", s.Hashes, whole.Hashes)
		}
		if diff := cmp.Diff(want, read(t, filepath.Join(dir, replay.SummaryFile))); diff != "" {
			rt.Fatalf("another summary:\n%s", diff)
		}
		if read(t, filepath.Join(dir, replay.AlertsFile)) != read(t, filepath.Join(wholeDir, replay.AlertsFile)) {
			rt.Fatal("other alerts")
		}
	})
}
