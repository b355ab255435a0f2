package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Unfinished is how many messages a durable of Consume has not finished: those it was not given yet and those that are
// under way or wait for another attempt. ErrNotFound when nobody consumed under that name yet.
func (h *Hub) Unfinished(ctx context.Context, of Stream, durable string) (int, error) {
	var n int
	err := h.until(ctx, "unfinished of "+durable, func(ctx context.Context) error {
		c, err := h.js.Consumer(ctx, h.names.stream(of), durable)
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			return fmt.Errorf("%w (%w)", ErrNotFound, err)
		}
		if err != nil {
			return err
		}
		info := c.CachedInfo()
		if n = int(info.NumPending) + info.NumAckPending; n > 0 {
			return nil
		}
		// The server counts what is pending a moment after it stored it: what lies behind the last verdict is not done.
		last, err := h.lastOf(ctx, of, info.Config.FilterSubject)
		if err == nil && last > info.AckFloor.Stream {
			n = 1
		}
		return err
	})
	return n, err
}

// lastOf is the sequence of the newest message under a stored subject, which may have wildcards; 0 when there is none.
func (h *Hub) lastOf(ctx context.Context, of Stream, stored string) (uint64, error) {
	s, err := h.js.Stream(ctx, h.names.stream(of))
	if err != nil {
		return 0, err
	}
	m, err := s.GetLastMsgForSubject(ctx, cmp.Or(stored, ">"))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return m.Sequence, nil
}

// Count is how many messages a stream holds.
func (h *Hub) Count(ctx context.Context, of Stream) (uint64, error) {
	state, err := h.state(ctx, of)
	return state.Msgs, err
}
