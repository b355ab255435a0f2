package replay_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/consumer/replay/invent"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/consumer/segment"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
	"github.com/quidnunc-news/quidnunc/producer/archive"
)

var replayReports = flag.Int("replay-reports", 2_000, "reports of the generated archive that BenchmarkReplay replays, and rows of GDELT")

// rulesOfReplay are the thousand rules of the benchmarks.
func rulesOfReplay(b *testing.B) *replay.Rules {
	b.Helper()
	drawn, err := invent.Rules(1, 1000)
	if err != nil {
		b.Fatal(err)
	}
	body, hash := rulebook.Encode(drawn)
	rules, err := rulebook.Decode(body)
	if err != nil {
		b.Fatal(err)
	}
	return &replay.Rules{Name: "invented", Hash: hash, Rules: rules}
}

// exported writes the generated archive as an export, and returns its directory.
func exported(b *testing.B, n int) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "export")
	w, err := segment.Create(dir, segment.Span{})
	if err != nil {
		b.Fatal(err)
	}
	seq := uint64(0)
	for r := range (invent.Plan{Seed: 1, Reports: n, Days: max(1, n/11_000)}).All() {
		bundle, err := wire.Bundle(r)
		if err != nil {
			b.Fatal(err)
		}
		seq += uint64(len(bundle))
		m := bundle[len(bundle)-1]
		if err := w.Add(segment.Entry{Seq: seq, At: r.At, Subject: m.Subject, Data: m.Data}); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(seq + 1); err != nil {
		b.Fatal(err)
	}
	return dir
}

// exportSource reads an export.
type exportSource struct {
	entries func() (segment.Entry, error, bool)
	stop    func()
}

func openExport(b *testing.B, dir string) *exportSource {
	b.Helper()
	a, err := segment.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	s := &exportSource{}
	s.entries, s.stop = iter.Pull2(a.Entries(segment.Span{}, 0))
	return s
}

func (s *exportSource) Next(context.Context) (replay.Entry, error) {
	e, err, there := s.entries()
	if !there {
		return replay.Entry{}, io.EOF
	}
	return replay.Entry{Seq: e.Seq, Subject: e.Subject, Data: e.Data}, err
}

// rowSource reads rows of GDELT as the program does.
type rowSource struct{ *archive.Source }

func (s rowSource) Next(ctx context.Context) (replay.Entry, error) {
	a, err := s.Source.Next(ctx)
	if err != nil {
		return replay.Entry{}, err
	}
	s.Settled(a)
	events, coder, coded := s.Coded()
	r := news.Report{Article: a, At: news.LogTime(a, news.Archive), Origin: news.Archive, Events: events, Coder: coder}
	return replay.Entry{Report: &r, Uncoded: !coded}, nil
}

// rows writes n rows of GDELT's events, with the countries, deeds and publishers of a day's export file.
func rows(b *testing.B, n int) string {
	b.Helper()
	name := filepath.Join(b.TempDir(), "rows.csv")
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	out := bufio.NewWriter(f)
	from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	countries := []string{"USA", "RUS", "UKR", "FRA", "CHN", "GBR", "ISR", "IRN", "TUR", "DEU"}
	names := []string{"UNITED STATES", "RUSSIA", "UKRAINE", "FRANCE", "CHINA", "BRITAIN", "ISRAEL", "IRAN", "TURKEY", "GERMANY"}
	deeds := []string{"010", "042", "051", "111", "112", "120", "130", "163", "172", "190"}
	for i := range n {
		who, whom, deed := i%10, (i*7+3)%10, deeds[(i*3+i/10)%10]
		at := from.Add(time.Duration(i) * time.Second / 2)
		c := make([]string, 61)
		c[0], c[1], c[26], c[30] = fmt.Sprint(800_000_000+i), at.Format("20060102"), deed, "-2.0"
		c[5], c[6], c[7] = countries[who], names[who], countries[who]
		c[15], c[16], c[17] = countries[whom], names[whom], countries[whom]
		c[51], c[52], c[53] = "4", "Moscow, Moskva, Russia", "RS"
		c[59], c[60] = at.Format("20060102150405"), fmt.Sprintf("https://p%d.example/news/%d", i%997, i)
		for k, v := range c {
			if k > 0 {
				_ = out.WriteByte('\t')
			}
			_, _ = out.WriteString(v)
		}
		_ = out.WriteByte('\n')
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return name
}

// figures of one replay.
type figures struct {
	took, cpu time.Duration
	peak      uint64 // heap in use, at the most
	summary   replay.Summary
}

// measure replays a source and looks at the heap meanwhile.
func measure(b *testing.B, procs int, cfg replay.Config) figures {
	b.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	defer replay.CollectSeldom()() // as the program does
	runtime.GC()
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	began, used := time.Now(), cpu()
	s, err := run(b, b.Context(), b.TempDir(), cfg)
	f := figures{took: time.Since(began), cpu: cpu() - used, summary: s}
	close(stop)
	f.peak = <-peak
	if err != nil {
		b.Fatal(err)
	}
	return f
}

// BenchmarkReplay prints how fast a generated archive and rows of GDELT run through a thousand rules, beside reading the
// same bytes without a machine: reports a second of wall time on one processor and on two, processor time a report, and
// the most that the heap took. `make bench-replay` replays a million; `make bench` few.
func BenchmarkReplay(b *testing.B) {
	n := *replayReports
	rules := rulesOfReplay(b)
	b.Run("reports", func(b *testing.B) {
		dir := exported(b, n)
		compare(b, n, rules, func() replay.Source { return openExport(b, dir) })
	})
	b.Run("gdelt", func(b *testing.B) {
		name := rows(b, n)
		compare(b, n, rules, func() replay.Source {
			source, err := archive.Open(archive.Config{Now: func() time.Time { return time.Time{} }}, name)
			if err != nil {
				b.Fatal(err)
			}
			return rowSource{source}
		})
	})
}

// compare reads a source alone, and replays it on one processor and on two, three times each: the medians count.
func compare(b *testing.B, n int, rules *replay.Rules, open func() replay.Source) {
	b.Helper()
	rounds := 3
	if n > 200_000 {
		rounds = 1
	}
	for b.Loop() {
		var read []time.Duration
		one, two := make([]figures, 0, rounds), make([]figures, 0, rounds)
		for range rounds {
			read = append(read, readAlone(b, open()))
			for _, procs := range []int{1, 2} {
				cfg := replay.Config{
					Source: open(), Rules: rules, Kind: "export", Coder: newCoder(), Sketch: sketched, Ours: func(c string) bool { return c == invent.Coder },
					Actors: gazetteer.Default(), Every: 30 * time.Second,
				}
				f := measure(b, procs, cfg)
				if procs == 1 {
					one = append(one, f)
				} else {
					two = append(two, f)
				}
			}
		}
		report(b, n, read, one, two)
	}
}

func report(b *testing.B, n int, read []time.Duration, one, two []figures) {
	b.Helper()
	if one[0].summary.Hashes != two[0].summary.Hashes {
		b.Errorf("one processor gives %+v, two %+v", one[0].summary.Hashes, two[0].summary.Hashes)
	}
	slices.Sort(read)
	for _, f := range [][]figures{one, two} {
		slices.SortFunc(f, func(x, y figures) int { return int(x.took - y.took) })
	}
	middle := func(f []figures) figures { return f[len(f)/2] }
	rate := func(d time.Duration) float64 { return float64(n) / d.Seconds() }
	s := middle(two).summary
	b.ReportMetric(rate(read[len(read)/2]), "read/s")
	b.ReportMetric(rate(middle(one).took), "one/s")
	b.ReportMetric(rate(middle(two).took), "two/s")
	b.ReportMetric(middle(one).took.Seconds()/middle(two).took.Seconds(), "two/one")
	b.ReportMetric(float64(middle(one).cpu.Microseconds())/float64(n), "cpu-µs/report")
	b.ReportMetric(float64(middle(two).peak)/(1<<20), "MiB")
	b.Logf("%d reports, %d events, %d alerts, %v suppressed; output %s", s.Entries.Reports, s.Events, s.Alerts.All(), s.Suppressed, s.Hashes.Output)
}

func readAlone(b *testing.B, s replay.Source) time.Duration {
	b.Helper()
	began := time.Now()
	for {
		if _, err := s.Next(b.Context()); err != nil {
			if !errors.Is(err, io.EOF) {
				b.Fatal(err)
			}
			return time.Since(began)
		}
	}
}
