package window_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/window"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// BenchmarkEnter is one hit, each half a second, in a window that has forgotten as many as it holds. Of a sequence every
// fourth is a second step, which ends one or finds none begun.
func BenchmarkEnter(b *testing.B) {
	article := make([]window.Article, 1<<15)
	for i := range article {
		article[i] = window.Article{ID: news.MakeID(fmt.Sprint(i)), Publisher: "p.example"}
	}
	for name, spec := range map[string]window.Spec{
		"count":              {Kind: window.Count, Over: 20 * time.Minute, AtLeast: 500, Lateness: 10 * time.Minute},
		"count of too few":   {Kind: window.Count, Over: 20 * time.Minute, AtLeast: 3000, Lateness: 10 * time.Minute},
		"spike":              {Kind: window.Spike, Over: 2 * time.Minute, Baseline: 12 * time.Minute, AtLeast: 3, Ratio: 300, Lateness: 2 * time.Minute},
		"first":              {Kind: window.First, Over: time.Hour, Lateness: time.Minute},
		"sequence":           {Kind: window.Sequence, Over: 10 * time.Minute, Steps: 2, Lateness: 5 * time.Minute},
		"sequence of no end": {Kind: window.Sequence, Over: 10 * time.Minute, Steps: 3, Lateness: 5 * time.Minute},
	} {
		b.Run(name, func(b *testing.B) {
			w := window.New(spec)
			n := 0
			enter := func() {
				at := start.Add(time.Duration(n) * time.Second / 2)
				w.Advance(at)
				e := window.Entry{At: at, Article: &article[n%len(article)]}
				switch e.Key = string(e.Article.ID); spec.Kind {
				case window.First:
					e.Key = string(article[n%500].ID)
				case window.Sequence:
					e.Step = 1 + max(0, n%4-2)
				}
				w.Enter(e)
				n++
			}
			for range 20_000 {
				enter()
			}
			b.ReportAllocs()
			for b.Loop() {
				enter()
			}
		})
	}
}
