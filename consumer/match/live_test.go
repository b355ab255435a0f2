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
		base := drawRules(t, rapid.IntRange(0, 60).Draw(t, "base")) // what rules that come later ask for, too
		kept := map[string]rule.Rule{}
		for i := range base {
			base[i].Name = strconv.Itoa(i)
			kept[base[i].Name] = base[i]
		}
		l, err := match.NewLive(base, gazetteer.Default(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for range 12 {
			if rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
				name := strconv.Itoa(rapid.IntRange(0, 30).Draw(t, "name"))
				l.Delete(name)
				delete(kept, name)
			}
			batch := drawRules(t, rapid.SampledFrom([]int{1, 1, 2, 40}).Draw(t, "batch")) // few, so that many an article does not concern them
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

// Rules that stay are matched as the twin matches them, whatever changes around them; rules that change hold only where
// one of their versions does.
func TestLiveEqualsTheTwinWhileItChanges(t *testing.T) {
	const steady, changing, versions = 120, 240, 3
	drawn := rapid.Custom(func(t *rapid.T) []rule.Rule { return drawRules(t, steady+changing*versions) }).Example(1)
	for i := range drawn {
		drawn[i].Name = fmt.Sprint("steady-", i)
		if i >= steady {
			drawn[i].Name = fmt.Sprint("changing-", (i-steady)%changing)
		}
	}
	l := live(t, drawn[:steady+changing]...)
	reports := make([]news.Report, 30)
	must, may := make([]map[uint32]bool, len(reports)), make([]map[uint32]bool, len(reports))
	for i := range reports {
		reports[i] = rapid.Custom(report).Example(i)
		must[i], may[i] = map[uint32]bool{}, map[uint32]bool{}
		w := newTwin(reports[i], news.Story{})
		for n, r := range drawn {
			switch holds := len(w.match([]rule.Rule{r})) > 0; {
			case holds && n < steady:
				must[i][uint32(n)] = true
			case holds:
				may[i][uint32(steady+(n-steady)%changing)] = true
			}
		}
	}
	var asking sync.WaitGroup
	var pairs atomic.Int64
	for range 2 {
		asking.Go(func() {
			var hits []uint32
			for range 40 {
				for i := range reports {
					hits = l.Rules(&reports[i], news.Story{}, hits[:0])
					kept := 0
					for _, n := range hits {
						if must[i][n] {
							kept++
						} else if !may[i][n] {
							t.Errorf("rule %d holds and never should", n)
						}
					}
					if kept != len(must[i]) {
						t.Errorf("%d of %d steady rules hold", kept, len(must[i]))
					}
					pairs.Add(steady + changing)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { asking.Wait(); close(done) }()
	for n := 0; ; n++ {
		select {
		case <-done:
			t.Logf("%d pairs of rule and report while %d rules were put", pairs.Load(), 3*n)
			return
		default:
		}
		i := steady + n*3%(changing*versions-3)
		if err := l.Put(drawn[i : i+3]...); err != nil {
			t.Fatal(err)
		}
		if n%200 == 0 {
			if err := l.Put(drawn[steady : steady+changing]...); err != nil { // as many as are merged in the background
				t.Fatal(err)
			}
		}
	}
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
		if d := cmp.Diff([]uint32{3000}, l.Rules(&report, news.Story{}, nil)); d != "" {
			t.Fatal(d)
		}
		l.Delete(fmt.Sprint("new", i))
		if hits := l.Rules(&report, news.Story{}, nil); len(hits) > 0 {
			t.Fatalf("a deleted rule holds: %v", hits)
		}
	}
	t.Logf("a rule is visible after %v at worst", worst)
}

// Words are learned before and after rules ask for them, and so many rules come and go that what they asked for is shed:
// the articles find those that are there.
func TestLiveForgetsWhatRulesAskedForThatAreGone(t *testing.T) {
	const all, kept, each = 6000, 40, 300
	var base []rule.Rule
	for i := range 2000 {
		base = append(base, mustRule(t, fmt.Sprint("base", i), fmt.Sprintf("mot%s (autre%s OR premier)", letters(i), letters(i))))
		if i%each == 0 { // words of pairs, of which the new rules make other pairs
			base = append(base, mustRule(t, fmt.Sprint("pair", i), fmt.Sprintf(`"vieux%s du" OR "du jamais"`, letters(i))))
		}
	}
	l := live(t, base...)
	articles, always := map[int]news.Report{}, map[int]int{}
	for i := 0; i < all; i += each { // of the words that will be asked for then, and of words that will never be
		w := letters(i)
		articles[i] = news.Report{Article: news.Article{Language: "fr", Text: "Le neuf" + w + " du vieux" + w + " premier second mot" + w + " tiers" + w}}
		always[i] = len(newTwin(articles[i], news.Story{}).match(base))
	}
	queries := []string{"neuf%s", `"du vieux%[1]s"`, `"premier second" tiers%s`, "neu*%.0s", "=tiers%s", "neuf%s NEAR/1 vieux%[1]s", `"premier second mot%s"`}
	for i := range all {
		if err := l.Put(mustRule(t, fmt.Sprint("new", i), fmt.Sprintf(queries[i/each%len(queries)], letters(i)))); err != nil {
			t.Fatal(err)
		}
		l.Delete(fmt.Sprint("new", i-kept))
		if i%each != 0 && i%each != kept-1 {
			continue
		}
		for at, r := range articles {
			want := always[at]
			for n := max(0, i-kept+1); n <= i; n++ {
				if w := newTwin(r, news.Story{}); len(w.match([]rule.Rule{mustRule(t, "r", fmt.Sprintf(queries[n/each%len(queries)], letters(n)))})) > 0 {
					want++
				}
			}
			if hits := l.Rules(&r, news.Story{}, nil); len(hits) != want {
				t.Fatalf("after %d rules, article %d: %d rules hold, want %d", i+1, at, len(hits), want)
			}
		}
	}
}

// letters is a number as a word.
func letters(n int) string {
	var b []byte
	for ; n > 0 || b == nil; n /= 10 {
		b = append(b, "abcdefghij"[n%10])
	}
	return string(b)
}
