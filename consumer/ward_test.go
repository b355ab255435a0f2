package consumer_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// ward remembers who was put in quarantine, and puts a version of the rules without them in force.
type ward struct {
	house *house
	mu    sync.Mutex
	names []string
}

func (w *ward) Quarantine(_ context.Context, names []string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names = append(w.names, names...)
	w.house.tellRules("1 without the costly")
	return nil
}

func TestRulesThatTakeTooMuchWorkAreReportedAndPutInQuarantine(t *testing.T) {
	h := newHouse(t)
	costly, err := rule.New("costly", strings.TrimSpace(strings.Repeat("war NEAR/100 mot* ", 200)))
	if err != nil {
		t.Fatal(err)
	}
	cheap, err := rule.New("cheap", "war")
	if err != nil {
		t.Fatal(err)
	}
	off := costly
	off.State = rule.Off
	h.rules["1"] = []rule.Rule{cheap, costly}
	h.rules["1 without the costly"] = []rule.Rule{cheap, off}
	var body strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&body, "mot%d war ", i)
	}
	long := func(n int) wire.Message {
		a := news.Article{ID: news.MakeID("article", fmt.Sprint(n)), Revision: news.MakeID("revision", fmt.Sprint(n)), Text: body.String()}
		messages, err := wire.Bundle(news.Report{Article: a, At: start.Add(time.Duration(n) * time.Hour), Origin: news.Archive})
		if err != nil {
			t.Fatal(err)
		}
		return messages[len(messages)-1]
	}
	h.tellRules("1")
	h.tell(long(1))
	w := &ward{house: h}
	c := h.consumer(consumer.Config{Ward: w})
	stop := running(c)
	h.reads(c)
	w.mu.Lock()
	names := slices.Clone(w.names)
	w.mu.Unlock()
	if d := cmp.Diff([]string{"costly"}, names); d != "" {
		t.Error(d)
	}
	h.tell(long(2))
	h.reads(c)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if n := c.Counts().Suppressed[machine.Costly]; n != 1 {
		t.Errorf("%d times it was too costly, want 1: then it was off", n)
	}
	if alerts := slices.DeleteFunc(h.outputs(), func(s string) bool { return !strings.Contains(s, "alert.") }); len(alerts) != 2 {
		t.Errorf("alerts %v, want one of the cheap rule for each article", alerts)
	}
}
