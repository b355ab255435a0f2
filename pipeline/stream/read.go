package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	pullBytes     = 8 << 20 // read ahead of the handler
	pullExpiry    = 20 * time.Second
	pullHeartbeat = 3 * time.Second // a silence of twice this makes a new consumer
	cursorIdle    = time.Minute     // after which the server forgets a reader that is gone
)

// Read gives handle every message of REPORTS that a machine steps over (report, rules, correction, tick; not told), from sequence from on,
// in strict sequence order, each once, and goes on with those that come, through reconnections, until ctx ends (its error is returned) or
// handle returns an error (returned; nil for ErrStop). handle is called from one goroutine at a time. Nothing is acknowledged: the caller's
// checkpoint is its position. Stored.Missing counts what was lost before a message.
func (h *Hub) Read(ctx context.Context, from uint64, handle func(Stored) error) error {
	lost, err := h.Gaps(ctx, Reports, from)
	if err != nil {
		return err
	}
	c := cursor{hub: h, stream: Reports, filters: h.names.storedAll(machineSubjects), next: max(from, 1)}
	return c.run(ctx, func(m Stored) error {
		known, rest := missingBefore(lost, m.Seq)
		m.Missing, lost = m.Missing+known, rest
		return handle(m)
	})
}

// ReadTo is Read up to sequence to, or to the end that the log has by then: it returns nil there.
func (h *Hub) ReadTo(ctx context.Context, from, to uint64, handle func(Stored) error) error {
	if to == 0 || from > to {
		return nil
	}
	lost, err := h.Gaps(ctx, Reports, from)
	if err != nil {
		return err
	}
	c := cursor{hub: h, stream: Reports, filters: h.names.storedAll(machineSubjects), next: max(from, 1), until: to}
	return c.run(ctx, func(m Stored) error {
		known, rest := missingBefore(lost, m.Seq)
		m.Missing, lost = m.Missing+known, rest
		return handle(m)
	})
}

// Scan gives handle the messages of a stream under filter ("alert.>"; "" means all) from sequence from on up to the stream's present end,
// in order, and returns. Stored.Missing counts sequence numbers without a message: with filter "", in REPORTS, that is corruption;
// in EVENTS each commit lawfully removes one older checkpoint. ErrStop from handle ends it without an error.
func (h *Hub) Scan(ctx context.Context, of Stream, filter string, from uint64, handle func(Stored) error) error {
	state, err := h.state(ctx, of)
	if err != nil {
		return err
	}
	if state.LastSeq == 0 {
		return nil
	}
	if of == Deliveries { // a work queue lets no consumer look without taking
		return h.scanQueue(ctx, filter, max(from, 1), state.LastSeq, handle)
	}
	c := cursor{hub: h, stream: of, next: max(from, 1), until: state.LastSeq}
	if filter != "" {
		c.filters = []string{h.names.stored(filter)}
	}
	before := c.next
	return c.run(ctx, func(m Stored) error {
		if filter == "" {
			m.Missing = m.Seq - before
		}
		before = m.Seq + 1
		return handle(m)
	})
}

// Last returns the sequence of the newest message in a stream; 0 when it never had one.
func (h *Hub) Last(ctx context.Context, of Stream) (uint64, error) {
	state, err := h.state(ctx, of)
	return state.LastSeq, err
}

// Lag returns how many messages a machine whose checkpoint is at REPORTS sequence at has still to step over.
func (h *Hub) Lag(ctx context.Context, at uint64) (uint64, error) {
	var lag uint64
	err := h.until(ctx, "lag", func(ctx context.Context) error {
		c := cursor{hub: h, stream: Reports, filters: h.names.storedAll(machineSubjects), next: at + 1}
		consumer, err := c.consumer(ctx)
		if err != nil {
			return err
		}
		lag = consumer.CachedInfo().NumPending
		return h.js.DeleteConsumer(ctx, h.names.stream(Reports), consumer.CachedInfo().Name)
	})
	return lag, err
}

func (h *Hub) state(ctx context.Context, of Stream, options ...jetstream.StreamInfoOpt) (jetstream.StreamState, error) {
	var state jetstream.StreamState
	err := h.until(ctx, "state of "+string(of), func(ctx context.Context) error {
		s, err := h.js.Stream(ctx, h.names.stream(of))
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("%w: no stream %s on %s", ErrNotFound, h.names.stream(of), h.Address())
		}
		if err != nil {
			return err
		}
		info := s.CachedInfo()
		if len(options) > 0 {
			if info, err = s.Info(ctx, options...); err != nil {
				return err
			}
		}
		state = info.State
		return nil
	})
	return state, err
}

// A cursor reads a stream in order by a consumer that the server may forget at any time: it makes another one behind the last message.
type cursor struct {
	hub     *Hub
	stream  Stream
	filters []string
	next    uint64 // sequence to go on from
	until   uint64 // last sequence to read; 0: for ever
	skipped uint64 // unreadable messages passed over and not told of yet

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
		consumer, err = c.consumer(ctx)
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
	if c.until > 0 && pending == 0 {
		return nil
	}
	c.progress.begin(pending)
	return c.pull(ctx, consumer, handle)
}

func (c *cursor) consumer(ctx context.Context) (jetstream.Consumer, error) {
	return c.hub.js.CreateConsumer(ctx, c.hub.names.stream(c.stream), jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(c.next, 1),
		AckPolicy: jetstream.AckNonePolicy, FilterSubjects: c.filters,
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
	c.progress.handling()
	m := c.hub.storedOf(c.stream, msg, meta)
	m.Missing = c.skipped
	if err := handle(m); err != nil {
		return err
	}
	c.next, c.skipped = meta.Sequence.Stream+1, 0
	c.progress.handled(meta.NumPending)
	if c.until > 0 && (meta.NumPending == 0 || c.next > c.until) {
		return errEnd
	}
	return nil
}

func (h *Hub) pullBytes() int { return max(pullBytes, 2*int(h.MaxPayload())) }
