package stream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
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
		consumer, err := c.consumer(ctx, c.filters)
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
