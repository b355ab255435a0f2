package match_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func mustRule(t testing.TB, name, query string) rule.Rule {
	t.Helper()
	r, err := rule.New(name, query)
	if err != nil {
		t.Fatal(rule.Caret(query, err))
	}
	return r
}

func live(t testing.TB, rules ...rule.Rule) *match.Live {
	t.Helper()
	l, err := match.NewLive(rules, gazetteer.Default(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func TestLiveEqualsTheObviousLoopAfterEveryChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, err := match.NewLive(nil, gazetteer.Default(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		names := map[string]uint32{}
		kept := map[string]rule.Rule{}
		for range 12 {
			if rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
				name := strconv.Itoa(rapid.IntRange(0, 30).Draw(t, "name"))
				l.Delete(name)
				delete(kept, name)
				delete(names, name)
			}
			batch := drawRules(t, rapid.IntRange(1, 40).Draw(t, "batch"))
			for i := range batch {
				name := strconv.Itoa(rapid.IntRange(0, 30).Draw(t, "name"))
				batch[i].Name = name
				kept[name] = batch[i]
			}
			if err := l.Put(batch...); err != nil {
				t.Fatal(err)
			}
			r := report(t)
			got := l.Rules(&r, news.Story{}, nil)
			w := newTwin(r, news.Story{})
			want := 0
			for _, k := range kept {
				want += len(w.match([]rule.Rule{k}))
			}
			if len(got) != want || !slices.IsSorted(got) {
				t.Fatalf("%d rules hold, want %d", len(got), want)
			}
		}
	})
}

// Every change swaps all rules at once: who asks sees them all before it or all after it.
func TestLiveShowsOneVersionOfAllRules(t *testing.T) {
	const n = 300
	version := func(word string) []rule.Rule {
		rules := make([]rule.Rule, n)
		for i := range rules {
			rules[i] = mustRule(t, fmt.Sprint("r", i), word)
		}
		return rules
	}
	versions := [][]rule.Rule{version("odd"), version("even")}
	l := live(t, versions[0]...)
	report := news.Report{Article: news.Article{Text: "an odd thing"}}
	var stop atomic.Bool
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			var hits []uint32
			for !stop.Load() {
				if hits = l.Rules(&report, news.Story{}, hits[:0]); len(hits) != 0 && len(hits) != n {
					t.Errorf("%d of %d rules hold: two versions at once", len(hits), n)
					return
				}
			}
		})
	}
	for i := range 60 {
		if err := l.Put(versions[i%2]...); err != nil {
			t.Fatal(err)
		}
		l.Delete(fmt.Sprint("none", i))
	}
	stop.Store(true)
	readers.Wait()
}

func TestLiveShowsARuleWhenPutReturns(t *testing.T) {
	var rules []rule.Rule
	for i := range 3000 {
		rules = append(rules, mustRule(t, fmt.Sprint("r", i), fmt.Sprint("mot", i)))
	}
	l := live(t, rules...)
	var worst time.Duration
	for i := range 500 {
		report := news.Report{Article: news.Article{Text: fmt.Sprint("un mot neuf", i)}}
		start := time.Now()
		if err := l.Put(mustRule(t, fmt.Sprint("new", i), fmt.Sprint("neuf", i))); err != nil {
			t.Fatal(err)
		}
		worst = max(worst, time.Since(start))
		if d := cmp.Diff([]uint32{uint32(3000 + i)}, l.Rules(&report, news.Story{}, nil)); d != "" {
			t.Fatal(d)
		}
		l.Delete(fmt.Sprint("new", i))
		if hits := l.Rules(&report, news.Story{}, nil); len(hits) > 0 {
			t.Fatalf("a deleted rule holds: %v", hits)
		}
	}
	t.Logf("a rule is visible after %v at worst", worst)
}
