package consumer

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// Counts says what a consumer has committed since it started, and what stood before.
type Counts struct {
	Sequence   uint64 // of the log: everything up to it is committed
	Fates      map[machine.Fate]int
	Suppressed map[machine.Reason]int
	Events     int
	History    int // of Events, those told as background
	Alerts     int
	Before     uint64 // alerts that were committed before this start
	Restored   int    // entries stepped again in silence
}

// tally keeps Counts for many readers.
type tally struct {
	mu      sync.Mutex
	counts  Counts
	started bool
	moved   chan struct{} // closed and replaced when Sequence moves
}

func (t *tally) before(c wire.Checkpoint) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.started {
		t.started, t.counts.Before = true, c.Alerts
	}
	t.move(c)
}

// move notes how far the log is committed and wakes those who wait for it.
func (t *tally) move(c wire.Checkpoint) {
	if c.Written == whole {
		t.counts.Sequence = c.Sequence
	}
	if t.moved != nil {
		close(t.moved)
		t.moved = nil
	}
}

func (t *tally) restored() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Restored++
}

// followed notes how far another machine has committed.
func (t *tally) followed(c wire.Checkpoint) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.move(c)
}

// commit counts what a batch stored.
func (t *tally) commit(b *batch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts.Fates == nil {
		t.counts.Fates, t.counts.Suppressed = map[machine.Fate]int{}, map[machine.Reason]int{}
	}
	for _, e := range b.complete {
		t.counts.Fates[e.fate]++
		for _, s := range e.suppressed {
			t.counts.Suppressed[s.Reason]++
		}
	}
	for _, o := range b.said {
		switch {
		case o.alert != nil:
			t.counts.Alerts++
		case o.event.standing == news.History:
			t.counts.History++
			t.counts.Events++
		default:
			t.counts.Events++
		}
	}
	t.move(b.next)
}

// Counts is the state of things; it may be asked at any time.
func (c *Consumer) Counts() Counts {
	c.tally.mu.Lock()
	defer c.tally.mu.Unlock()
	out := c.tally.counts
	out.Fates = maps.Clone(out.Fates)
	out.Suppressed = maps.Clone(out.Suppressed)
	return out
}

// Await waits until every entry of the log up to sequence is committed, or ctx ends.
func (c *Consumer) Await(ctx context.Context, sequence uint64) error {
	for {
		c.tally.mu.Lock()
		if c.tally.counts.Sequence >= sequence {
			c.tally.mu.Unlock()
			return nil
		}
		if c.tally.moved == nil {
			c.tally.moved = make(chan struct{})
		}
		moved := c.tally.moved
		c.tally.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// age is how long ago t was; zero where t is not known.
func age(now, t time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return max(0, now.Sub(t))
}
