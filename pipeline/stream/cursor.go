package stream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	pullBytes     = 8 << 20 // read ahead of the handler
	pullExpiry    = 20 * time.Second
	pullHeartbeat = 3 * time.Second // a silence of twice this makes a new consumer
	cursorIdle    = time.Minute     // after which the server forgets a reader that is gone
)

// A cursor reads a stream in order by a consumer that the server may forget at any time: it makes another one behind the last message.
type cursor struct {
	hub     *Hub
	stream  Stream
	filters []string
	next    uint64 // sequence to go on from
	until   uint64 // last sequence to read; 0: for ever
	skipped uint64 // unreadable messages passed over and not told of yet
	stalled bool   // the server could not go on: filters may hide where
	whole   *ahead // where this pass reads everything and chooses here; nil where the server chooses
	rare    bool   // so little is wanted that the server is to choose

	progress progress
}

// errAgain asks for a new consumer.
var errAgain = errors.New("consumer lost")

func (c *cursor) run(ctx context.Context, handle func(Stored) error) error {
	for {
		err := c.pass(ctx, handle)
		switch {
		case errors.Is(err, ErrStop):
			return nil
		case errors.Is(err, errTurn):
			continue
		case !errors.Is(err, errAgain):
			return err
		}
		c.hub.config.Log.Debug("reading again", "stream", c.stream, "from", c.next)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// pass reads through one consumer until handle errs, ctx ends, the end is reached (nil) or the consumer is lost (errAgain).
func (c *cursor) pass(ctx context.Context, handle func(Stored) error) error {
	if c.until > 0 && c.next > c.until {
		return nil
	}
	var consumer jetstream.Consumer
	err := c.hub.until(ctx, "read "+string(c.stream), func(ctx context.Context) (err error) {
		consumer, err = c.begin(ctx)
		return err
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrUnavailable):
		return errAgain
	case err != nil:
		return err
	}
	defer c.forget(consumer)
	pending := consumer.CachedInfo().NumPending
	switch {
	case pending > 0:
	case c.until > 0:
		return nil
	case c.whole != nil:
		c.stalled = false
		return errTurn
	}
	c.progress.begin(pending)
	return c.pull(ctx, consumer, handle)
}

func (c *cursor) consumer(ctx context.Context, filters []string) (jetstream.Consumer, error) {
	return c.hub.js.CreateConsumer(ctx, c.hub.names.stream(c.stream), jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(c.next, 1),
		AckPolicy: jetstream.AckNonePolicy, FilterSubjects: filters,
		MemoryStorage: true, Replicas: 1, InactiveThreshold: cursorIdle,
	})
}

// forget tells the server that a consumer is not needed any more; where that fails, it finds out after cursorIdle.
func (c *cursor) forget(consumer jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.hub.js.DeleteConsumer(ctx, c.hub.names.stream(c.stream), consumer.CachedInfo().Name)
}

// pull hands over the messages of one consumer, from the client library's goroutine. It returns when that one is done.
func (c *cursor) pull(ctx context.Context, consumer jetstream.Consumer, handle func(Stored) error) error {
	verdict := make(chan error, 1)
	end := func(err error) {
		select {
		case verdict <- err:
		default:
		}
	}
	var delivered uint64
	var ended bool // only touched by the delivering goroutine
	pulling, err := consumer.Consume(func(msg jetstream.Msg) {
		if ended {
			return
		}
		if err := c.deliver(msg, &delivered, handle); err != nil {
			ended = true
			end(err)
		}
	}, jetstream.PullMaxBytes(c.hub.pullBytes()), jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullHeartbeat),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			c.hub.config.Log.Debug("reading interrupted", "stream", c.stream, "err", err)
			end(errAgain)
		}))
	if err != nil {
		return errAgain
	}
	return c.wait(ctx, pulling, verdict)
}

// errEnd: the last message wanted was delivered.
var errEnd = errors.New("end")

func (c *cursor) wait(ctx context.Context, pulling jetstream.ConsumeContext, verdict <-chan error) error {
	err := c.watch(ctx, pulling, verdict)
	pulling.Stop()
	<-pulling.Closed()
	switch {
	case errors.Is(err, errEnd):
		return nil
	case errors.Is(err, errStalled): // the handler is not at work any more: next may be moved
		c.stalled = true
		return c.skipUnreadable(ctx)
	}
	return err
}

func (c *cursor) deliver(msg jetstream.Msg, delivered *uint64, handle func(Stored) error) error {
	meta, err := msg.Metadata()
	if err != nil {
		return errAgain
	}
	if meta.Sequence.Consumer != *delivered+1 || meta.Sequence.Stream < c.next { // one was lost on its way
		return errAgain
	}
	if c.until > 0 && meta.Sequence.Stream > c.until {
		return errEnd
	}
	*delivered++
	if c.wants(msg.Subject()) {
		c.progress.handling()
		m := c.hub.storedOf(c.stream, msg, meta)
		m.Missing, m.Pending = c.skipped, c.pending(meta.NumPending)
		if err := handle(m); err != nil {
			return err
		}
		c.skipped = 0
	}
	c.next = meta.Sequence.Stream + 1
	c.progress.handled(meta.NumPending)
	if c.until > 0 && (meta.NumPending == 0 || c.next > c.until) {
		return errEnd
	}
	return c.turn(meta.NumPending)
}

func (h *Hub) pullBytes() int { return max(pullBytes, 2*int(h.MaxPayload())) }
