package match_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// The reports' words are drawn by Zipf's law, as in a language; the rules', of which people choose telling ones, evenly.
func workload(n int) ([]rule.Rule, []news.Report, error) {
	rng := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rng, 1.1, 4, 20_000)
	word := func() string { return fmt.Sprintf("mot%da", zipf.Uint64()) }
	asked := func() string { return fmt.Sprintf("mot%da", 50+rng.IntN(20_000)) }
	types := plover.Types()
	codes := []string{"RUS", "UKR", "NATO", "FRA", "USA", "CHN", "GBR", "DEU"}
	code := func() string { return codes[rng.IntN(len(codes))] }
	rules := make([]rule.Rule, n)
	for i := range rules {
		var q string
		switch i % 5 {
		case 0:
			q = asked() + " " + asked()
		case 1:
			q = fmt.Sprintf("%s NEAR/5 (%s OR %s)", asked(), asked(), asked())
		case 2:
			q = fmt.Sprintf(`"%s %s" -%s`, asked(), asked(), asked())
		case 3:
			q = fmt.Sprintf("what:%s who:%s whom:%s", types[rng.IntN(len(types))], code(), code())
		case 4:
			q = fmt.Sprintf("what:%s actor:%s (%s OR %s)", types[rng.IntN(len(types))], code(), asked(), asked())
		}
		r, err := rule.New(fmt.Sprintf("rule-%d", i), q)
		if err != nil {
			return nil, nil, err
		}
		rules[i] = r
	}
	reports := make([]news.Report, 50)
	for i := range reports {
		var b strings.Builder
		for k := range 300 {
			b.WriteString(word())
			if k%15 == 14 {
				b.WriteByte('.')
			}
			b.WriteByte(' ')
		}
		reports[i].Article = news.Article{Language: "fr", Title: word() + " " + word(), Text: b.String()}
		for range 4 {
			reports[i].Events = append(reports[i].Events, news.Event{
				What: news.NewAction(types[rng.IntN(len(types))], "", "16"), Realis: news.Actual,
				Who: []news.Actor{{Country: code()}}, Whom: []news.Actor{{Country: code()}},
			})
		}
	}
	return rules, reports, nil
}

func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{100, 10_000, 100_000} {
		rules, reports, err := workload(n)
		if err != nil {
			b.Fatal(err)
		}
		x, err := match.New(rules, gazetteer.Default())
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			var hits []match.Hit
			total := 0
			for i := 0; b.Loop(); i++ {
				hits = x.Match(reports[i%len(reports)], news.Story{}, hits[:0])
				total += len(hits)
			}
			b.ReportMetric(float64(total)/float64(b.N), "hits/doc")
		})
	}
}

func BenchmarkNew(b *testing.B) {
	rules, _, err := workload(10_000)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := match.New(rules, gazetteer.Default()); err != nil {
			b.Fatal(err)
		}
	}
}
