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

// count adds one entry's result; it is used on a batch's own tally, which nobody else sees.
func (t *tally) count(r machine.Result) {
	if t.counts.Fates == nil {
		t.counts.Fates = map[machine.Fate]int{}
		t.counts.Suppressed = map[machine.Reason]int{}
	}
	t.counts.Fates[r.Fate]++
	for _, s := range r.Suppressed {
		t.counts.Suppressed[s.Reason]++
	}
	for _, o := range r.Outputs {
		switch {
		case o.Alert != nil:
			t.counts.Alerts++
		case o.Event.Standing == news.History:
			t.counts.History++
			t.counts.Events++
		default:
			t.counts.Events++
		}
	}
}

func (t *tally) commit(b *batch, c wire.Checkpoint) {
	t.mu.Lock()
	defer t.mu.Unlock()
	add(&t.counts.Fates, b.told.counts.Fates)
	add(&t.counts.Suppressed, b.told.counts.Suppressed)
	t.counts.Events += b.told.counts.Events
	t.counts.History += b.told.counts.History
	t.counts.Alerts += b.told.counts.Alerts
	t.move(c)
}

func add[K comparable](to *map[K]int, from map[K]int) {
	if *to == nil {
		*to = map[K]int{}
	}
	for k, n := range from {
		(*to)[k] += n
	}
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
