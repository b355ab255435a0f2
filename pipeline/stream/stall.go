package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A block of a stream that cannot be read (a flipped bit) stops a consumer for ever: the server tries that block again and again, says so
// in its log, and goes on sending heartbeats. A cursor therefore watches its own progress and steps over what nobody can read.

// stallAfter is how long a cursor waits for a message that the server says is there.
const stallAfter = 2 * time.Second

// errStalled: the server has messages and sends none.
var errStalled = errors.New("stalled")

// progress is what the delivering goroutine tells the watching one.
type progress struct {
	mu      sync.Mutex
	at      time.Time // of the last sign of life
	busy    bool      // in the handler
	pending uint64    // messages the server still has
}

func (p *progress) begin(pending uint64)   { p.set(false, pending) }
func (p *progress) handled(pending uint64) { p.set(false, pending) }

func (p *progress) set(busy bool, pending uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.busy, p.pending = time.Now(), busy, pending
}

func (p *progress) handling() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy = true
}

func (p *progress) stalled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.busy && p.pending > 0 && time.Since(p.at) > stallAfter
}

// watch waits for the end of one consumer's reading, or for its stall. After a reconnection it does not wait for the consumer to be missed.
func (c *cursor) watch(ctx context.Context, pulling jetstream.ConsumeContext, verdict <-chan error) error {
	ticker := time.NewTicker(stallAfter / 4)
	defer ticker.Stop()
	connected := c.hub.conn.StatusChanged(nats.CONNECTED)
	defer c.hub.conn.RemoveStatusListener(connected)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-verdict:
			return err
		case <-pulling.Closed():
			return errAgain
		case <-connected:
			return errAgain
		case <-ticker.C:
			if c.progress.stalled() && c.hub.conn.IsConnected() {
				return errStalled
			}
		}
	}
}

// skipUnreadable moves next behind messages that cannot be read, if that is what stopped the reading; in any case the reading begins again.
func (c *cursor) skipUnreadable(ctx context.Context) error {
	state, err := c.hub.state(ctx, c.stream)
	if err != nil {
		return errAgain
	}
	from := max(c.next, firstSeq(state))
	to, err := c.firstReadable(ctx, from, state.LastSeq)
	if err != nil {
		return errAgain
	}
	if to > from {
		c.hub.config.Log.Error("unreadable messages passed over: the store is damaged", "stream", c.stream, "first", from, "last", to-1)
		c.skipped += to - from
		c.next = to
	}
	return errAgain
}

// firstReadable is the first sequence from first to last that can be read, taking what cannot for one run; last+1 when there is none.
func (c *cursor) firstReadable(ctx context.Context, first, last uint64) (uint64, error) {
	dark, light, err := c.leap(ctx, first, last)
	for err == nil && dark < light {
		var readable bool
		middle := dark + (light-dark)/2
		if readable, err = c.readable(ctx, middle, min(middle+1, last)); readable {
			light = middle
		} else {
			dark = middle + 1
		}
	}
	if err != nil || light > last {
		return light, err
	}
	if readable, err := c.readable(ctx, light, light); err != nil || readable {
		return light, err
	}
	return light + 1, nil // it was the one behind that could be read
}

// leap looks in ever longer steps for a readable sequence, light (last+1: none), and returns as well the one to look on from, dark.
func (c *cursor) leap(ctx context.Context, first, last uint64) (dark, light uint64, err error) {
	dark = first
	for step := uint64(1); first+step-1 <= last; step *= 2 {
		at := first + step - 1
		readable, err := c.readable(ctx, at, min(at+1, last))
		if err != nil || readable {
			return dark, at, err
		}
		dark = at
	}
	return dark, last + 1, nil
}

// readable tells whether one of two messages can be read: one alone may be missing lawfully (a checkpoint replaced by a later one).
func (c *cursor) readable(ctx context.Context, seq, other uint64) (bool, error) {
	var found bool
	err := c.hub.until(ctx, fmt.Sprintf("read %s %d", c.stream, seq), func(ctx context.Context) error {
		s, err := c.hub.js.Stream(ctx, c.hub.names.stream(c.stream))
		if err != nil {
			return err
		}
		for _, one := range []uint64{seq, other} {
			_, err := s.GetMsg(ctx, one)
			switch {
			case err == nil:
				found = true
				return nil
			case !errors.Is(err, jetstream.ErrMsgNotFound):
				return err
			}
		}
		found = false
		return nil
	})
	return found, err
}
