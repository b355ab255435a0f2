package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/quidnunc-news/quidnunc/pipeline"
)

const listenBuffer = 64 << 20 // bytes waiting for a slow handler before messages are lost

// Listen gives handle the committed messages under a public subject ("alert.>") as they come, until ctx ends (nil) or handle returns an
// error (returned; nil for ErrStop). It is live only: what was stored before, and what passes while the connection is down, is not heard;
// read the streams for that. A handler too slow for what comes makes Listen end with an error rather than lose messages in silence.
// ready, if not nil, is called once the server knows of the subscription.
func (h *Hub) Listen(ctx context.Context, subject string, ready func(), handle func(Message) error) error {
	began := time.Now()
	sub, err := h.conn.SubscribeSync(h.names.public(subject))
	if err != nil {
		return fmt.Errorf("stream: listen to %s: %w", subject, err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	_ = sub.SetPendingLimits(-1, listenBuffer)
	if err := h.flushed(ctx); err != nil {
		return fmt.Errorf("stream: listen to %s: %w", subject, err)
	}
	if denied := h.denied.since(began); denied != nil {
		return fmt.Errorf("stream: listen to %s: %w", subject, denied)
	}
	if ready != nil {
		ready()
	}
	for {
		msg, err := sub.NextMsgWithContext(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, nats.ErrSlowConsumer):
			return fmt.Errorf("stream: listen to %s: too slow, messages were lost", subject)
		case errors.Is(err, nats.ErrPermissionViolation):
			return fmt.Errorf("stream: listen to %s: %w", subject, pipeline.Permanent(fmt.Errorf("%w: %w", ErrDenied, err)))
		case err != nil:
			return fmt.Errorf("stream: listen to %s: %w", subject, err)
		}
		err = handle(h.inbound(msg.Subject, msg.Header, msg.Data))
		if errors.Is(err, ErrStop) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// flushed returns when the server has seen all that was sent before.
func (h *Hub) flushed(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, h.config.Attempt)
	defer cancel()
	return h.conn.FlushWithContext(ctx)
}
