package producer_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer"
)

// wary is a source that says of each article how it came in, and remembers which were settled, and whether they were in
// the log by then.
type wary struct {
	list
	log *log

	mu      sync.Mutex
	settled []string
}

func (w *wary) Origin() news.Origin {
	if w.given.Load() == 1 {
		return news.Baseline
	}
	return news.Live
}

func (w *wary) Settled(a news.Article) {
	w.log.mu.Lock()
	stored := w.log.known[a.ID]
	w.log.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	state := "buried"
	if stored {
		state = "stored"
	}
	w.settled = append(w.settled, a.Text+" "+state)
}

func TestASourceLearnsWhatBecameOfEachArticle(t *testing.T) {
	l := new(log)
	w := &wary{log: l, list: list{name: "w", items: []any{"one", "two", "three"}}}
	c := coder(func(a news.Article) []news.Event {
		if a.Text == "two" {
			panic("two")
		}
		return nil
	})
	if _, _, err := run(t, producer.Config{}, c, l, producer.Input{Name: "w", Origin: news.Live, Source: w}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(w.settled)
	if d := cmp.Diff([]string{"one stored", "three stored", "two buried"}, w.settled); d != "" {
		t.Error(d)
	}
	var origins []news.Origin
	for _, r := range l.reports {
		origins = append(origins, r.Origin)
	}
	if d := cmp.Diff([]news.Origin{news.Baseline, news.Live}, origins); d != "" {
		t.Error(d)
	}
}
