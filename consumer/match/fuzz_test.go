package match_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func FuzzMatch(f *testing.F) {
	f.Add("what:SANCTION who:RUS mission NEAR/3 perm*", "Moscou rompt", "La Russie suspend sa mission permanente.", "fr")
	f.Add(`title:("a b" OR =C) NOT d`, "", "\xff\x00 d’ e", "xx")
	f.Fuzz(func(t *testing.T, query, title, body, lang string) {
		r, err := rule.New("r", query)
		if err != nil || rule.Validate(r.Expr, gazetteer.Default()) != nil {
			return
		}
		x, err := match.New([]rule.Rule{r}, gazetteer.Default())
		if err != nil {
			t.Fatal(err)
		}
		report := seedReport(t)
		report.Article.Title, report.Article.Text, report.Article.Language = title, body, lang
		hits := x.Match(report, news.Story{}, nil)
		if d := cmp.Diff(hits, x.Match(report, news.Story{}, nil)); d != "" {
			t.Fatalf("asked twice:\n%s", d)
		}
		for _, h := range hits {
			if len(h.Events) > 0 {
				continue // its events' spans are of another text
			}
			for _, c := range h.Why {
				for _, s := range c.Spans {
					if s.Start < 0 || s.End > len(body) || s.Len() <= 0 {
						t.Fatalf("%s: span %v of %d bytes", c.Text, s, len(body))
					}
				}
			}
		}
	})
}

func TestIndexIsSafeForConcurrentUse(t *testing.T) {
	x := index(t, "what:SANCTION who:RUS", "mission NEAR/3 permanente", `"sept diplomates"`, "actor:@nato", "suspen* title:rompt")
	r := seedReport(t)
	want := x.Match(r, news.Story{}, nil)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				if d := cmp.Diff(want, x.Match(r, news.Story{}, nil)); d != "" {
					t.Error(d)
				}
			}
		})
	}
	all.Wait()
}

func TestAWordThatFillsTheArticleCostsLittle(t *testing.T) {
	r := news.Report{Article: news.Article{Language: "en", Text: strings.Repeat("the war ", 32<<10)}}
	x := index(t, "the NEAR/100 war", `"the war" NEAR/0 "the war"`, "(the OR war OR war* OR the*) ONEAR/5 peace", "the*", `"war war"`)
	start := time.Now()
	hits := x.Match(r, news.Story{}, nil)
	if d := cmp.Diff([]int{0, 1, 3}, numbers(hits)); d != "" {
		t.Error(d)
	}
	for _, h := range hits {
		for _, c := range h.Why {
			if len(c.Spans) > match.MaxSpans {
				t.Errorf("%s: %d spans, want at most %d", c.Text, len(c.Spans), match.MaxSpans)
			}
		}
	}
	t.Logf("256 KiB of two words: %v", time.Since(start))
}
