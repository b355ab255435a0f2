package courier_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func TestSchedule(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	twice := courier.Schedule{At: []courier.Clock{{18, 0}, {8, 30}}, Zone: paris}
	for _, c := range []struct {
		name, at, want string
		schedule       courier.Schedule
	}{
		{"before the first", "2026-01-05T05:00:00Z", "2026-01-05T07:30:00Z", twice},
		{"at the first: the next", "2026-01-05T07:30:00Z", "2026-01-05T17:00:00Z", twice},
		{"after the last: tomorrow", "2026-01-05T17:00:01Z", "2026-01-06T07:30:00Z", twice},
		{"in summer the clock is another", "2026-07-05T05:00:00Z", "2026-07-05T06:30:00Z", twice},
		{"a time that the clock skips", "2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z", courier.Schedule{At: []courier.Clock{{2, 30}}, Zone: paris}},
		{"a time that it shows twice, once", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z", courier.Schedule{At: []courier.Clock{{2, 30}}, Zone: paris}},
		{"on Mondays", "2026-01-05T09:00:00Z", "2026-01-12T08:00:00Z", courier.Schedule{At: []courier.Clock{{8, 0}}, Days: []time.Weekday{time.Monday}}},
		{"every hour", "2026-01-05T09:10:00Z", "2026-01-05T10:00:00Z", courier.Schedule{Every: time.Hour}},
		{"every hour, on the hour", "2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z", courier.Schedule{Every: time.Hour}},
		{"every seven hours, from midnight", "2026-01-05T22:00:00Z", "2026-01-06T00:00:00Z", courier.Schedule{Every: 7 * time.Hour}},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.schedule.Next(at).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for name, s := range map[string]courier.Schedule{
		"neither": {}, "both": {At: []courier.Clock{{8, 0}}, Every: time.Hour}, "no such time": {At: []courier.Clock{{24, 0}}},
	} {
		if s.Validate() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// gatherer gets digests and answers as told.
type gatherer struct {
	answer func(n int) error
	mu     sync.Mutex
	keys   []string
	of     [][]string
}

func (g *gatherer) Name() string { return "terminal" }

func (g *gatherer) Send(_ context.Context, n notify.Notice) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var in []string
	for _, a := range n.Digest {
		in = append(in, a.Key())
	}
	g.keys, g.of = append(g.keys, n.Key), append(g.of, in)
	if g.answer == nil {
		return nil
	}
	return g.answer(len(g.keys))
}

// clock is moved by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) forward(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

func TestADigestGathersWhatWaits(t *testing.T) {
	l, g := newLedger(), &gatherer{answer: func(n int) error {
		if n == 1 {
			return errors.New("down")
		}
		return nil
	}}
	now := &clock{now: time.Date(2026, 1, 5, 7, 0, 0, 0, time.UTC)}
	grave := alert("b")
	grave.Severity = news.Critical
	cfg := courier.Config{
		Queue: newQueue(alert("a"), grave, alert("c")), Ledger: l, Decode: decode, Now: now.Now,
		Receivers: []courier.Receiver{{Receiver: g, Digest: &courier.Schedule{At: []courier.Clock{{8, 0}}}}},
	}
	c, err := courier.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	until(t, c, func(o courier.Open) bool { return o.None() && time.Since(began) > 100*time.Millisecond })
	if row := l.row(t, "terminal.a.1"); row.State != courier.Suppressed || row.Reason != courier.ReasonDigest || len(g.keys) != 0 {
		t.Fatalf("before it is due: %+v, %v", row, g.keys)
	}
	now.forward(time.Hour)
	began = time.Now()
	until(t, c, func(courier.Open) bool {
		return l.row(t, "terminal.a.1").State == courier.Retrying && time.Since(began) > 100*time.Millisecond
	})
	now.forward(time.Hour)
	open := until(t, c, func(o courier.Open) bool { return o.Delivered == 3 })
	if !open.None() || len(g.keys) != 2 || g.keys[0] != g.keys[1] {
		t.Errorf("%+v, sent %v", open, g.keys)
	}
	for _, in := range g.of {
		if diff := cmp.Diff([]string{"a.1", "b.1", "c.1"}, in); diff != "" {
			t.Error(diff)
		}
	}
	if row := l.row(t, "terminal.c.1"); row.Attempts != 2 || row.Note != "digest "+g.keys[0] || row.Reason != "" {
		t.Errorf("%+v", row)
	}
}
