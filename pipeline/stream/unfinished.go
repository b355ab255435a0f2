package stream

import (
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
		n = int(info.NumPending) + info.NumAckPending
		return nil
	})
	return n, err
}

// Count is how many messages a stream holds.
func (h *Hub) Count(ctx context.Context, of Stream) (uint64, error) {
	state, err := h.state(ctx, of)
	return state.Msgs, err
}
