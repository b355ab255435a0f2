package main

import (
	"flag"
	"path/filepath"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/replay/invent"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

var replayLogReports = flag.Int("replay-log-reports", 30_000, "of BenchmarkReplayOfLog")

// inventedLog is a data directory with a log of invented reports, and before them so many invented rules.
func inventedLog(tb testing.TB, reports, rules int) (data string) {
	tb.Helper()
	data = filepath.Join(tb.TempDir(), "data")
	server, err := stream.Serve(tb.Context(), stream.ServerConfig{Dir: data, Port: -1, NoSync: true})
	if err != nil {
		tb.Fatal(err)
	}
	defer server.Close()
	hub, err := stream.Connect(tb.Context(), stream.Config{Server: server})
	if err != nil {
		tb.Fatal(err)
	}
	defer hub.Close()
	if err := hub.Setup(tb.Context(), stream.Manage); err != nil {
		tb.Fatal(err)
	}
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
