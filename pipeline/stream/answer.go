package stream

import (
	"context"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
)

// answering is how many requests of one subject are handled at a time.
const answering = 8

// Answer calls handle with each request under a public subject ("ingest.article") and sends back what it returns, until
// ctx ends; then it waits for the handlers at work. Processes that answer the same subject share the requests. Anonymous
// users cannot send any.
func (h *Hub) Answer(ctx context.Context, subject string, handle func(ctx context.Context, body []byte) []byte) error {
	requests := make(chan *nats.Msg, 4096)
	sub, err := h.conn.ChanQueueSubscribe(h.names.public(subject), "quidnunc", requests)
	if err != nil {
		return fmt.Errorf("stream: answer %s: %w", subject, err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := h.flushed(ctx); err != nil {
		return fmt.Errorf("stream: answer %s: %w", subject, err)
	}
	var handlers sync.WaitGroup
	defer handlers.Wait()
	for range answering {
		handlers.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case m := <-requests:
					if err := m.Respond(handle(ctx, m.Data)); err != nil {
						h.config.Log.Debug("answer not sent", "subject", subject, "err", err)
					}
				}
			}
		})
	}
	<-ctx.Done()
	return nil
}
