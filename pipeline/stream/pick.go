package stream

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

const (
	pickedAhead  = 256 // messages held before they are handed on
	pickedAtOnce = 16
)

// Pick gives handle the messages that have these sequence numbers, in the order of seqs. Those that the stream does not hold are left out.
// ErrStop from handle ends it without an error.
func (h *Hub) Pick(ctx context.Context, of Stream, seqs []uint64, handle func(Stored) error) error {
	for len(seqs) > 0 {
		n := min(len(seqs), pickedAhead)
		var found []*jetstream.RawStreamMsg
		err := h.until(ctx, "pick from "+string(of), func(ctx context.Context) (err error) {
			found, err = h.pick(ctx, of, seqs[:n])
			return err
		})
		if err != nil {
			return err
		}
		for _, msg := range found {
			if msg == nil {
				continue
			}
			m := Stored{Message: h.inbound(msg.Subject, msg.Header, msg.Data), Stream: of, Seq: msg.Sequence, Time: msg.Time.UTC(), Deliveries: 1}
			if err := handle(m); errors.Is(err, ErrStop) {
				return nil
			} else if err != nil {
				return err
			}
		}
		seqs = seqs[n:]
	}
	return nil
}

// pick is the messages with these sequence numbers; nil where there is none.
func (h *Hub) pick(ctx context.Context, of Stream, seqs []uint64) ([]*jetstream.RawStreamMsg, error) {
	s, err := h.js.Stream(ctx, h.names.stream(of))
	if err != nil {
		return nil, err
	}
	found := make([]*jetstream.RawStreamMsg, len(seqs))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(pickedAtOnce)
	for i, seq := range seqs {
		g.Go(func() error {
			msg, err := s.GetMsg(ctx, seq)
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return nil
			}
			found[i] = msg
			return err
		})
	}
	return found, g.Wait()
}
