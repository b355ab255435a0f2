package match_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

var maxRules = flag.Int("rules", 1_000_000, "the most rules the benchmarks of match try")

// most is how many rules the benchmarks of match try: few with -short, which only shows that they run.
func most(b *testing.B) int {
	if testing.Short() && *maxRules > 10_000 {
		b.Logf("short: 10000 rules of %d", *maxRules)
		return 10_000
	}
	return *maxRules
}

// figures are what one measurement of an Index gave.
type figures struct {
	workload string
	rules    int
	rate     float64 // articles a second, in the median round over all of them
	p50, p99 time.Duration
	size     float64 // bytes of index a rule
	build    time.Duration
	allocs   float64 // an article
	perDoc   float64 // matches an article
	checksum uint64
}

func (f figures) String() string {
	return fmt.Sprintf("%s rules=%d docs/s=%.0f p50=%s p99=%s B/rule=%.1f build=%.2fs allocs/doc=%.2f matches/doc=%.1f checksum=%d",
		f.workload, f.rules, f.rate, f.p50, f.p99, f.size, f.build.Seconds(), f.allocs, f.perDoc, f.checksum)
}

// cpu is the processor time of this thread: what one core can do, whatever else the machine does.
func cpu() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// measure builds an Index and matches the reports on one core until enough time has passed.
func measure(workload string, rules []rule.Rule, reports []news.Report, atLeast time.Duration) (figures, error) {
	f := figures{workload: workload, rules: len(rules)}
	census := &match.Census{}
	for _, r := range reports {
		census.Add(r)
	}
	g := gazetteer.Default()
	before := heap()
	start := time.Now()
	x, err := match.Build(rules, g, census)
	if err != nil {
		return f, err
	}
	f.build = time.Since(start)
	f.size = (float64(heap()) - float64(before)) / float64(len(rules))
	var hits []uint32
	for i := range reports { // to check, and to warm up
		hits = x.Rules(&reports[i], news.Story{}, hits[:0])
		for _, n := range hits {
			f.checksum += uint64(i+1) * uint64(n)
		}
		f.perDoc += float64(len(hits)) / float64(len(reports))
	}
	f.time(x, reports, hits, atLeast)
	runtime.KeepAlive(census)
	runtime.KeepAlive(rules)
	return f, nil
}

// time matches all reports in rounds, by turns with one look at the clock a round, for the rate, and with one an article,
// for the percentiles: a look at the clock takes more than a microsecond.
func (f *figures) time(x *match.Index, reports []news.Report, hits []uint32, atLeast time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	took, rounds := make([]time.Duration, 0, 1<<20), make([]time.Duration, 0, 1<<12)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := cpu()
	for cpu()-start < atLeast && len(took) < cap(took)-len(reports) && len(rounds) < cap(rounds) {
		round := cpu()
		for i := range reports {
			hits = x.Rules(&reports[i], news.Story{}, hits[:0])
		}
		last := cpu()
		rounds = append(rounds, last-round)
		for i := range reports {
			hits = x.Rules(&reports[i], news.Story{}, hits[:0])
			now := cpu()
			took = append(took, now-last)
			last = now
		}
	}
	runtime.ReadMemStats(&after)
	slices.Sort(rounds)
	f.rate = float64(len(reports)) / rounds[len(rounds)/2].Seconds()
	f.allocs = float64(after.Mallocs-before.Mallocs) / float64(len(took)+len(rounds)*len(reports))
	slices.Sort(took)
	f.p50, f.p99 = took[len(took)/2], took[len(took)*99/100]
}

// BenchmarkRules prints the table of the workload RM1 and fails where a match is wrong.
func BenchmarkRules(b *testing.B) {
	w := newRM1()
	reports, largest := w.reports(), most(b)
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		if n > largest {
			continue
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rules, err := parsed(w.queries(n))
			if err != nil {
				b.Fatal(err)
			}
			f, err := measure("rm1", rules, reports, 3*time.Second)
			if err != nil {
				b.Fatal(err)
			}
			fmt.Fprintln(os.Stderr, f)
			if f.checksum != rm1Sums[n] {
				b.Errorf("checksum %d, want %d", f.checksum, rm1Sums[n])
			}
			b.ReportMetric(f.rate, "docs/s")
		})
	}
}

// BenchmarkBuild makes an Index of 100,000 rules that are parsed already.
func BenchmarkBuild(b *testing.B) {
	w := newRM1()
	rules, err := parsed(w.queries(100_000))
	if err != nil {
		b.Fatal(err)
	}
	census := &match.Census{}
	for _, r := range w.reports() {
		census.Add(r)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := match.Build(rules, gazetteer.Default(), census); err != nil {
			b.Fatal(err)
		}
	}
}
