package match_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// BenchmarkLive matches at full speed where nothing changes and where 1,000 rules a second are added, replaced and
// deleted, in turns: what the machine does meanwhile falls on both. The cost is that of the median turn. A part of it is
// that of the supplements, which are asked beside the base when nothing changes any more; the rest is what is learned anew
// of new bases, and the caches that who changes takes away. What the changes, the merges and the collection of garbage
// take is told as processor time a change: it is spent on another core.
func BenchmarkLive(b *testing.B) {
	w := newRM1()
	reports := w.reports()
	queries := w.queries(most(b))
	rules, err := parsed(queries)
	if err != nil {
		b.Fatal(err)
	}
	for i := range rules {
		rules[i].Name = strconv.Itoa(i)
	}
	census := &match.Census{}
	for _, r := range reports {
		census.Add(r)
	}
	var lives [2]*match.Live
	for i := range lives {
		if lives[i], err = match.NewLive(rules, gazetteer.Default(), census); err != nil {
			b.Fatal(err)
		}
		defer lives[i].Close()
		pace(lives[i], reports, 500*time.Millisecond, nil) // to warm up
	}
	const turns, each = 15, time.Second / 2
	for b.Loop() {
		due, done := make(chan struct{}, 1<<10), make(chan []time.Duration)
		go func() { done <- change(lives[1], rules, due) }()
		var still, busy, costs, rests []float64
		var beside time.Duration // processor time of other threads
		for range turns {
			s := pace(lives[0], reports, each, nil)
			before := allCPU()
			c := pace(lives[1], reports, each, due)
			beside += allCPU() - before - each
			still, busy, costs = append(still, s), append(busy, c), append(costs, 1-c/s)
		}
		close(due)
		took := <-done
		for range turns {
			rests = append(rests, 1-pace(lives[1], reports, each/2, nil)/pace(lives[0], reports, each/2, nil))
		}
		for _, list := range [][]float64{still, busy, costs, rests} {
			slices.Sort(list)
		}
		slices.Sort(took)
		changes := 10 * len(took)
		fmt.Fprintf(os.Stderr, "rm1-live rules=%d docs/s=%.0f docs/s-changing=%.0f changes/s=%.0f cost=%.1f%% supplements=%.1f%% cpu/change=%s visible: p50=%s p99.9=%s max=%s\n",
			len(rules), still[turns/2], busy[turns/2], float64(changes)/(turns*each).Seconds(), 100*costs[turns/2], 100*rests[turns/2],
			(beside / time.Duration(changes)).Round(time.Microsecond), took[len(took)/2].Round(time.Microsecond),
			took[len(took)*999/1000].Round(time.Microsecond), took[len(took)-1].Round(time.Microsecond))
	}
}

// allCPU is the processor time of the process.
func allCPU() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// pace is how many articles a second one core matches. Every ten milliseconds of its time it asks for changes: so many
// of them fall to a second of matching, whatever else the machine does.
func pace(l *match.Live, reports []news.Report, atLeast time.Duration, due chan<- struct{}) float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var hits []uint32
	n := 0
	start := cpu()
	next := start
	for cpu()-start < atLeast {
		for i := range reports[:20] {
			hits = l.Rules(&reports[(n+i)%len(reports)], news.Story{}, hits[:0])
		}
		n += 20
		for ; due != nil && next < cpu(); next += 10 * time.Millisecond {
			select {
			case due <- struct{}{}:
			default:
			}
		}
	}
	return float64(n) / (cpu() - start).Seconds()
}

// change replaces, deletes and adds ten rules whenever it is due, and returns how long each ten took to be seen.
func change(l *match.Live, rules []rule.Rule, due <-chan struct{}) (took []time.Duration) {
	n := 0
	for range due {
		batch := make([]rule.Rule, 0, 6)
		for i := range 6 { // three replace, three are new
			r := rules[(n*7+i)%len(rules)]
			if i >= 3 {
				r.Name = fmt.Sprint("new-", n+i)
			}
			batch = append(batch, r)
		}
		gone := []string{strconv.Itoa((n*11 + len(rules)/2) % len(rules))}
		for i := range 3 {
			gone = append(gone, fmt.Sprint("new-", n-100+i))
		}
		began := time.Now()
		if err := l.Put(batch...); err != nil {
			panic(err)
		}
		l.Delete(gone...)
		took = append(took, time.Since(began))
		n += 10
	}
	return took
}
