package stream_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// Whatever the server's own counts say at that moment, a message that was stored is unfinished until its verdict.
func TestAStoredMessageIsUnfinishedUntilItsVerdict(t *testing.T) {
	h := hub(t)
	if _, err := h.Unfinished(t.Context(), stream.Deliveries, "desk"); !errors.Is(err, stream.ErrNotFound) {
		t.Errorf("nobody consumes yet: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	allowed, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- h.Consume(ctx, stream.ConsumeConfig{Stream: stream.Deliveries, Durable: "desk", Filter: "delivery.desk"}, func(context.Context, stream.Stored) error {
			<-allowed
			return nil
		})
	}()
	unfinished := func() int {
		n, err := h.Unfinished(t.Context(), stream.Deliveries, "desk")
		if err != nil && !errors.Is(err, stream.ErrNotFound) {
			t.Fatal(err)
		}
		return n
	}
	for i := range 50 {
		if err := h.Enqueue(t.Context(), stream.Message{Subject: "delivery.desk", Data: fmt.Append(nil, i)}); err != nil {
			t.Fatal(err)
		}
		if i > 0 && unfinished() == 0 {
			t.Fatalf("after message %d nothing is unfinished", i)
		}
		if i == 0 {
			time.Sleep(200 * time.Millisecond) // until the consumer is there
		}
	}
	close(allowed)
	for deadline := time.Now().Add(20 * time.Second); unfinished() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d are unfinished 20 s after their verdicts", unfinished())
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
