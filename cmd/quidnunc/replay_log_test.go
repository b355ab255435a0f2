package main

import (
	"errors"
	"flag"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/consumer/replay/invent"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

var replayLogReports = flag.Int("replay-log-reports", 30_000, "of BenchmarkReplayOfLog")

// inventedLog is a data directory with a log of invented reports, and before them so many invented rules.
func inventedLog(tb testing.TB, reports, rules int) (data string) {
	tb.Helper()
	data = filepath.Join(tb.TempDir(), "data")
	hub, closed := newLogIn(tb, data)
	defer closed()
	drawn, err := invent.Rules(1, rules)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := tellRules(tb.Context(), hub, drawn, time.Unix(0, 0)); err != nil {
		tb.Fatal(err)
	}
	publishInvented(tb, hub, 0, reports)
	return data
}

// A log long enough to be read whole, with what was told of the reports, is replayed as its export, which holds only what a machine steps over.
func TestALongLogIsReplayedAsItsExport(t *testing.T) {
	data := inventedLog(t, 1500, 50)
	export := filepath.Join(t.TempDir(), "export")
	if r := quidnunc(t, "export", "--data", data, export); r.code != exitOK {
		t.Fatalf("export: %s%s", r.out, r.err)
	}
	if log, exported := replayHashes(t, "--data", data), replayHashes(t, export); log != exported {
		t.Errorf("the log gives\n%sand its export\n%s", log, exported)
	}
}

// However little a replay of the log's later part read before it was interrupted, the next run reads the rest, and nothing from before that part.
func TestAReplayOfALogGoesOnWhereItWasInterrupted(t *testing.T) {
	const from, to = 60, 90
	server, err := stream.Serve(t.Context(), stream.ServerConfig{Dir: inventedLog(t, 60, 5), Port: -1, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	hub, err := stream.Connect(t.Context(), stream.Config{Server: server})
	if err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	rest := func(former replay.Position) (seqs []uint64) {
		t.Helper()
		source, err := newLogSource(t.Context(), hub, from, to, former)
		if err != nil {
			t.Fatal(err)
		}
		for {
			e, err := source.Next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			seqs = append(seqs, e.Seq)
		}
		if err := source.Close(); err != nil {
			t.Fatal(err)
		}
		return seqs
	}
	whole := rest(replay.Position{})
	if len(whole) < 5 || whole[0] >= from || whole[1] < from {
		t.Fatalf("places %v: want rules from before %d and what lies behind", whole, from)
	}
	for n := range whole {
		var former replay.Position
		if n > 0 {
			former = replay.Position{Entries: uint64(n), Sequence: whole[n-1]}
		}
		if got := rest(former); !slices.Equal(got, whole[n:]) {
			t.Errorf("after %d entries %v, want %v", n, got, whole[n:])
		}
	}
}

// BenchmarkReplayOfLog prints the processor time of a report, in all, as `quidnunc replay` and `quidnunc export` take it out of a log in an
// embedded server, with a thousand rules.
func BenchmarkReplayOfLog(b *testing.B) {
	n := *replayLogReports
	data := inventedLog(b, n, 1000)
	for _, c := range []struct {
		name string
		run  func()
	}{
		{"replay", func() { b.Log(replayHashes(b, "--data", data)) }},
		{"export", func() {
			if r := quidnunc(b, "export", "--data", data, filepath.Join(b.TempDir(), "export")); r.code != exitOK {
				b.Fatalf("export: %s%s", r.out, r.err)
			}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			before := cpu(b)
			for b.Loop() {
				c.run()
			}
			reports := float64(n * b.N)
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/reports, "cpu-µs/report")
			b.ReportMetric(reports/b.Elapsed().Seconds(), "reports/s")
		})
	}
}
