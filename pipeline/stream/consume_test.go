package stream_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// enqueue stores deliveries 0 to n-1.
func enqueue(t testing.TB, h *stream.Hub, n int) {
	t.Helper()
	for i := range n {
		if err := h.Enqueue(t.Context(), stream.Message{Subject: "delivery.desk", MsgID: fmt.Sprint(i), Data: fmt.Append(nil, i)}); err != nil {
			t.Fatal(err)
		}
	}
}

func deadReasons(t testing.TB, h *stream.Hub) []string {
	t.Helper()
	var all []string
	if err := h.DeadLetters(t.Context(), 0, func(d stream.DeadLetter) error {
		all = append(all, fmt.Sprintf("%s %s: %s", d.Room, d.Origin.Data, d.Reason))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

type busy struct{ after time.Duration }

func (b busy) Error() string             { return "busy" }
func (b busy) RetryAfter() time.Duration { return b.after }

// A pause is what BackOff says, give or take a quarter: two of 20 ms last 30 ms at the least, three last 45.
func TestTheHandlersErrorIsTheVerdict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handle   func(deliveries uint64) error
		attempts int
		atLeast  time.Duration
		dead     []string
	}{
		"nil is done at once":                    {func(uint64) error { return nil }, 1, 0, nil},
		"permanent is buried at once":            {func(uint64) error { return pipeline.Permanent(errors.New("no such receiver")) }, 1, 0, []string{"desk 0: no such receiver"}},
		"wrapped permanent is buried at once":    {func(uint64) error { return fmt.Errorf("send: %w", pipeline.Permanent(errors.New("gone"))) }, 1, 0, []string{"desk 0: send: gone"}},
		"another error comes again":              {func(n uint64) error { return map[bool]error{true: errors.New("503")}[n < 3] }, 3, 29 * time.Millisecond, nil},
		"an error for ever is buried in the end": {func(uint64) error { return errors.New("503\r\nagain") }, 4, 44 * time.Millisecond, []string{"desk 0: given up after 4 attempts: 503  again"}},
		"an error may ask for its own time": {func(n uint64) error {
			return map[bool]error{true: fmt.Errorf("send: %w", busy{400 * time.Millisecond})}[n < 2]
		}, 2, 400 * time.Millisecond, nil},
		"permanent wins over asking for more time": {func(uint64) error { return pipeline.Permanent(busy{time.Hour}) }, 1, 0, []string{"desk 0: busy"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := hub(t)
			enqueue(t, h, 1)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			began, attempts := time.Now(), 0
			config := stream.ConsumeConfig{Stream: stream.Deliveries, Durable: "desk", MaxDeliver: 4, BackOff: []time.Duration{20 * time.Millisecond}}
			done := make(chan error, 1)
			go func() {
				done <- h.Consume(ctx, config, func(_ context.Context, m stream.Stored) error { attempts++; return c.handle(m.Deliveries) })
			}()
			eventually(t, "an empty queue", func() bool {
				status, err := h.Status(t.Context())
				return err == nil && status.Of(stream.Deliveries).Messages == 0
			})
			if took := time.Since(began); took < c.atLeast {
				t.Errorf("took %v, want at least %v", took, c.atLeast)
			}
			cancel()
			if err := <-done; err != nil || attempts != c.attempts {
				t.Errorf("%d attempts, want %d; %v", attempts, c.attempts, err)
			}
			if diff := cmp.Diff(c.dead, deadReasons(t, h)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestConsumeDrains(t *testing.T) {
	t.Parallel()
	h := hub(t)
	enqueue(t, h, 20)
	ctx, cancel := context.WithCancel(t.Context())
	var began, finished atomic.Int32
	config := stream.ConsumeConfig{Stream: stream.Deliveries, Durable: "desk", Workers: 3}
	err := h.Consume(ctx, config, func(working context.Context, _ stream.Stored) error {
		if began.Add(1) == 3 {
			cancel()
		}
		select {
		case <-time.After(300 * time.Millisecond): // ctx ended meanwhile: this one may finish
			finished.Add(1)
			return nil
		case <-working.Done():
			return working.Err()
		}
	})
	if err != nil || began.Load() != finished.Load() || finished.Load() < 3 || finished.Load() > 6 {
		t.Fatal("began", began.Load(), "finished", finished.Load(), err)
	}
	eventually(t, "as many left as were not finished", func() bool {
		left, err := h.Unfinished(t.Context(), stream.Deliveries, "desk")
		return err == nil && left == 20-int(finished.Load())
	})
	// What was fetched and not begun is there for the next at once, not after AckWait.
	again, stop := context.WithTimeout(t.Context(), 5*time.Second)
	defer stop()
	var rest atomic.Int32
	if err := h.Consume(again, config, func(context.Context, stream.Stored) error {
		if rest.Add(1) == 20-finished.Load() {
			stop()
		}
		return nil
	}); err != nil || rest.Load() != 20-finished.Load() {
		t.Error(rest.Load(), "came again;", err)
	}
}

func TestGraceEnds(t *testing.T) {
	h := hub(t)
	enqueue(t, h, 1)
	ctx, cancel := context.WithCancel(t.Context())
	began := time.Now()
	err := h.Consume(ctx, stream.ConsumeConfig{Stream: stream.Deliveries, Durable: "desk", Grace: 100 * time.Millisecond}, func(working context.Context, _ stream.Stored) error {
		cancel()
		<-working.Done()
		return working.Err()
	})
	if err != nil || time.Since(began) > 5*time.Second {
		t.Error(time.Since(began), err)
	}
	eventually(t, "the message cut short, unfinished", func() bool {
		left, err := h.Unfinished(t.Context(), stream.Deliveries, "desk")
		return err == nil && left == 1
	})
}

func TestALongHandlerIsNotTakenForDead(t *testing.T) {
	t.Parallel()
	h := hub(t)
	enqueue(t, h, 1)
	ctx, cancel := context.WithCancel(t.Context())
	var attempts atomic.Int32
	err := h.Consume(ctx, stream.ConsumeConfig{Stream: stream.Deliveries, Durable: "desk", Workers: 2, AckWait: 300 * time.Millisecond}, func(context.Context, stream.Stored) error {
		attempts.Add(1)
		time.Sleep(1200 * time.Millisecond)
		cancel()
		return nil
	})
	if err != nil || attempts.Load() != 1 {
		t.Error(attempts.Load(), "attempts;", err)
	}
}

func TestAMessageThatKillsItsHandlersIsBuried(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	enqueue(t, h, 1)
	config := stream.ConsumeConfig{Stream: stream.Deliveries, Durable: "desk", AckWait: 100 * time.Millisecond, MaxDeliver: 2, Grace: time.Millisecond}
	for range 2 { // each time the process dies in its handler: nothing is said to the server
		dead := connectOnly(t, stream.Config{Server: s})
		ctx, cancel := context.WithCancel(t.Context())
		_ = dead.Consume(ctx, config, func(context.Context, stream.Stored) error { dead.Close(); cancel(); return nil })
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	go func() {
		for ctx.Err() == nil && len(deadReasons(t, h)) == 0 {
			time.Sleep(20 * time.Millisecond)
		}
		cancel()
	}()
	if err := h.Consume(ctx, config, func(_ context.Context, m stream.Stored) error {
		t.Errorf("handed out a third time (%d)", m.Deliveries)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"desk 0: no verdict after 2 deliveries"}, deadReasons(t, h)); diff != "" {
		t.Error(diff)
	}
}

func TestConsumersOfOneDurableShareTheWork(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	const n = 200
	enqueue(t, h, n)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var mu sync.Mutex
	seen := map[string]int{}
	var wg sync.WaitGroup
	for range 3 {
		one := connectOnly(t, stream.Config{Server: s})
		wg.Go(func() {
			if err := one.Consume(ctx, stream.ConsumeConfig{Stream: stream.Deliveries, Durable: "desk", Workers: 4}, func(_ context.Context, m stream.Stored) error {
				mu.Lock()
				defer mu.Unlock()
				seen[string(m.Data)]++
				if len(seen) == n {
					cancel()
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%s handled %d times", id, times)
		}
	}
	if len(seen) != n {
		t.Errorf("%d handled, want %d", len(seen), n)
	}
}

func TestConsumeGoesOnThroughARestart(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	enqueue(t, h, 50)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var mu sync.Mutex
	seen := map[string]bool{}
	err := h.Consume(ctx, stream.ConsumeConfig{Stream: stream.Deliveries, Durable: "desk", AckWait: time.Second}, func(_ context.Context, m stream.Stored) error {
		mu.Lock()
		defer mu.Unlock()
		seen[string(m.Data)] = true
		switch len(seen) {
		case 20:
			go func() {
				if err := s.Restart(context.Background()); err != nil {
					t.Error(err)
				}
			}()
		case 50:
			cancel()
		}
		time.Sleep(5 * time.Millisecond)
		return nil
	})
	if err != nil || len(seen) != 50 {
		t.Error(len(seen), err)
	}
}

func TestBuriedOnce(t *testing.T) {
	h := hub(t)
	d := stream.DeadLetter{Room: "consumer", Reason: "cannot decode\n\x00", Origin: stream.Stored{
		Message: stream.Message{Subject: "report.fr.none", Data: []byte("{"), MsgID: "m", Header: map[string][]string{"Quidnunc-Type": {"report"}}},
		Stream:  stream.Reports, Seq: 7, Time: time.Date(2021, 10, 18, 1, 2, 3, 4, time.UTC),
	}}
	for range 2 {
		if err := h.Bury(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	var found []stream.DeadLetter
	if err := h.DeadLetters(t.Context(), 0, func(one stream.DeadLetter) error {
		one.At = time.Time{}
		found = append(found, one)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	d.Reason, d.Seq = "cannot decode", 1
	if diff := cmp.Diff([]stream.DeadLetter{d}, found); diff != "" {
		t.Error(diff)
	}
}
