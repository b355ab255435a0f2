package stream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/quidnunc-news/quidnunc/pipeline"
)

// ConsumeConfig says which messages Consume hands out and how patient it is.
type ConsumeConfig struct {
	Stream     Stream          // Deliveries or Events
	Durable    string          // the name under which the server remembers what is done; shared by all who consume together
	Filter     string          // "delivery.desk", "alert.>"; "": all
	Workers    int             // how many messages are handled at a time; 0 means 1
	AckWait    time.Duration   // after which the message of a dead process goes to another; 0 means 30s. A living handler may take longer
	MaxDeliver int             // how many attempts before the message is buried; 0 means 12
	BackOff    []time.Duration // between attempts, the last one repeated; nil means 1s, 5s, 15s, 1m, 5m, 15m, 1h
	Grace      time.Duration   // how long handlers may go on after ctx ended; 0 means 10s
	Waiting    int             // how many messages may be under way or wait for another attempt; 0 means 64, or 4 a worker if that is more
	Room       string          // who buries: "dead.<room>"; "" means Durable
	FromNow    bool            // a new durable begins with the messages that come, not with the oldest
}

func (c ConsumeConfig) withDefaults() ConsumeConfig {
	c.Workers = or(c.Workers, 1)
	c.AckWait = or(c.AckWait, 30*time.Second)
	c.MaxDeliver = or(c.MaxDeliver, 12)
	c.Grace = or(c.Grace, 10*time.Second)
	c.Room = or(c.Room, c.Durable)
	if len(c.BackOff) == 0 {
		c.BackOff = []time.Duration{time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
	}
	return c
}

// Consume hands messages to handle until ctx ends, then lets the handlers at work finish (Grace), gives back what nobody began, and
// returns nil. The handler's error is the verdict: nil, the message is done; pipeline.Permanent, it is buried in DEAD with that reason;
// any other, it comes again after BackOff, give or take a quarter (or after what a RetryAfter error asks for, and a
// little more), and is buried after MaxDeliver attempts.
// Delivery is at least once: a process killed between handling and acknowledging makes it twice. handle is called from Workers goroutines,
// with a ctx that lives until Grace is over.
func (h *Hub) Consume(ctx context.Context, config ConsumeConfig, handle func(context.Context, Stored) error) error {
	config = config.withDefaults()
	for {
		err := h.consumePass(ctx, config, handle)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errAgain), errors.Is(err, ErrUnavailable):
			h.config.Log.Debug("consuming again", "durable", config.Durable, "err", err)
		case err != nil:
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (h *Hub) consumePass(ctx context.Context, config ConsumeConfig, handle func(context.Context, Stored) error) error {
	var consumer jetstream.Consumer
	err := h.until(ctx, "consume "+config.Durable, func(ctx context.Context) (err error) {
		consumer, err = h.js.CreateOrUpdateConsumer(ctx, h.names.stream(config.Stream), h.durable(config))
		return err
	})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(2*config.Workers), jetstream.PullExpiry(pullExpiry),
		jetstream.PullHeartbeat(pullHeartbeat), jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return errAgain
	}
	defer messages.Stop()
	w := worker{hub: h, config: config, handle: handle}
	return w.run(ctx, messages)
}

func (h *Hub) durable(c ConsumeConfig) jetstream.ConsumerConfig {
	d := jetstream.ConsumerConfig{
		Durable: c.Durable, AckPolicy: jetstream.AckExplicitPolicy, AckWait: c.AckWait,
		MaxDeliver: -1, MaxAckPending: or(c.Waiting, max(64, 4*c.Workers)), // the bound is kept here, so that what is given up is buried with its reason
	}
	if c.Filter != "" {
		d.FilterSubject = h.names.stored(c.Filter)
	}
	if c.FromNow {
		d.DeliverPolicy = jetstream.DeliverNewPolicy
	}
	return d
}

// A worker handles the messages of one consumer.
type worker struct {
	hub    *Hub
	config ConsumeConfig
	handle func(context.Context, Stored) error
}

func (w *worker) run(ctx context.Context, messages jetstream.MessagesContext) error {
	working, stop := graceful(ctx, w.config.Grace)
	defer stop()
	queue := make(chan jetstream.Msg)
	var handlers sync.WaitGroup
	for range w.config.Workers {
		handlers.Go(func() {
			for msg := range queue {
				w.one(working, msg)
			}
		})
	}
	err := w.feed(ctx, messages, queue)
	close(queue)
	giveBack(messages)
	handlers.Wait()
	_ = w.hub.conn.FlushTimeout(time.Second) // the last verdicts; one that is lost means one more delivery
	return err
}

// feed passes messages to the handlers until ctx ends or the consumer is lost.
func (w *worker) feed(ctx context.Context, messages jetstream.MessagesContext, queue chan<- jetstream.Msg) error {
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return errAgain
		}
		select {
		case queue <- msg:
		case <-ctx.Done():
			_ = msg.Nak() // not begun: another may have it at once
			return nil
		}
	}
}

// giveBack returns to the server what was fetched and not begun.
func giveBack(messages jetstream.MessagesContext) {
	messages.Drain()
	for {
		msg, err := messages.Next(jetstream.NextMaxWait(100 * time.Millisecond))
		if err != nil {
			return
		}
		_ = msg.Nak()
	}
}

// graceful is a context that ends grace after ctx did.
func graceful(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	working, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stopAfter := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-working.Done():
		}
	})
	return working, func() { stopAfter(); cancel() }
}

// one handles one message and tells the server the verdict.
func (w *worker) one(ctx context.Context, msg jetstream.Msg) {
	meta, err := msg.Metadata()
	if err != nil {
		_ = msg.Term()
		return
	}
	m := w.hub.storedOf(w.config.Stream, msg, meta)
	if m.Deliveries > uint64(w.config.MaxDeliver) { // whoever handled it last did not live to say so
		w.bury(ctx, msg, m, fmt.Sprintf("no verdict after %d deliveries", m.Deliveries-1))
		return
	}
	alive := keepAlive(ctx, msg, w.config.AckWait/2)
	err = w.handle(ctx, m)
	alive()
	switch {
	case err == nil:
		_ = msg.Ack()
	case pipeline.IsPermanent(err):
		w.bury(ctx, msg, m, err.Error())
	case ctx.Err() != nil: // cut short by us: no fault of the message
		_ = msg.Nak()
	case m.Deliveries >= uint64(w.config.MaxDeliver):
		w.bury(ctx, msg, m, fmt.Sprintf("given up after %d attempts: %v", m.Deliveries, err))
	default:
		_ = msg.NakWithDelay(w.delay(m.Deliveries, err))
	}
}

// bury stores the message in DEAD before it leaves its own stream; where that fails it comes again.
func (w *worker) bury(ctx context.Context, msg jetstream.Msg, m Stored, reason string) {
	if err := w.hub.Bury(ctx, DeadLetter{Room: w.config.Room, Reason: reason, Origin: m}); err != nil {
		w.hub.config.Log.Error("cannot bury", "durable", w.config.Durable, "seq", m.Seq, "err", err)
		_ = msg.NakWithDelay(w.delay(m.Deliveries, nil))
		return
	}
	_ = msg.TermWithReason("buried")
}

func (w *worker) delay(deliveries uint64, err error) time.Duration {
	var after RetryAfter
	if errors.As(err, &after) && after.RetryAfter() > 0 {
		return after.RetryAfter() + jitter(min(after.RetryAfter()/10, time.Second))
	}
	pause := w.config.BackOff[min(int(max(deliveries, 1))-1, len(w.config.BackOff)-1)]
	return pause - pause/4 + jitter(pause/2)
}

// jitter keeps what failed together from coming again together: something between 0 and most.
func jitter(most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	return rand.N(most)
}

// keepAlive tells the server every so often that the handler lives, until the returned function is called.
func keepAlive(ctx context.Context, msg jetstream.Msg, every time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				_ = msg.InProgress()
			}
		}
	}()
	return func() { cancel(); <-done }
}
