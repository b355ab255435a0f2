package match_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// BenchmarkLive matches at full speed where nothing changes and where 1,000 rules a second are added, replaced and
// deleted, in turns: what the machine does meanwhile falls on both. The cost is that of the median turn.
func BenchmarkLive(b *testing.B) {
	w := newRM1()
	reports := w.reports()
	queries := w.queries(*maxRules)
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
	const turns, each = 7, time.Second
	for b.Loop() {
		due, done := make(chan struct{}, 1<<10), make(chan int)
		go func() { done <- change(lives[1], rules, due) }()
		var still, busy, costs []float64
		for range turns {
			s, c := pace(lives[0], reports, each, nil), pace(lives[1], reports, each, due)
			still, busy, costs = append(still, s), append(busy, c), append(costs, 1-c/s)
		}
		close(due)
		changes := <-done
		for _, list := range [][]float64{still, busy, costs} {
			slices.Sort(list)
		}
		fmt.Fprintf(os.Stderr, "rm1-live rules=%d docs/s=%.0f docs/s-changing=%.0f changes/s=%.0f cost=%.1f%%\n",
			len(rules), still[turns/2], busy[turns/2], float64(changes)/(turns*each).Seconds(), 100*costs[turns/2])
	}
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

// change replaces, deletes and adds ten rules whenever it is due, and returns how many were changed.
func change(l *match.Live, rules []rule.Rule, due <-chan struct{}) (n int) {
	for range due {
		batch := make([]rule.Rule, 0, 6)
		for i := range 6 { // three replace, three are new
			r := rules[(n*7+i)%len(rules)]
			if i >= 3 {
				r.Name = fmt.Sprint("new-", n+i)
			}
			batch = append(batch, r)
		}
		if err := l.Put(batch...); err != nil {
			panic(err)
		}
		gone := []string{strconv.Itoa((n*11 + len(rules)/2) % len(rules))}
		for i := range 3 {
			gone = append(gone, fmt.Sprint("new-", n-100+i))
		}
		l.Delete(gone...)
		n += 10
	}
	return n
}
