package stream

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Tell publishes a message under a subject of somebody else's, outside this prefix, and returns when the server has it.
// Whoever listens hears it; a stream that listens stores it once an id within its dedup window.
func (h *Hub) Tell(ctx context.Context, subject, id string, header map[string][]string, body []byte) error {
	if err := validSubject(subject); err != nil {
		return fmt.Errorf("stream: tell: %w", err)
	}
	first, _, _ := strings.Cut(subject, ".")
	if own := h.names.prefix + "."; strings.HasPrefix(subject+".", own) || first == "log" || strings.HasPrefix(first, "$") || first == "_INBOX" {
		return fmt.Errorf("stream: tell %s: the subject is the log's own or the server's", subject)
	}
	m := &nats.Msg{Subject: subject, Header: nats.Header{headerMsgID: {id}}, Data: body}
	for k, v := range header {
		m.Header[k] = v
	}
	return h.until(ctx, "tell "+subject, func(ctx context.Context) error {
		if err := h.conn.PublishMsg(m); err != nil {
			return err
		}
		return h.flushed(ctx)
	})
}

// SequenceAt is the sequence of the first message of a stream that was stored at a time or after it; one after the last
// where there is none.
func (h *Hub) SequenceAt(ctx context.Context, of Stream, at time.Time) (uint64, error) {
	state, err := h.state(ctx, of)
	if err != nil || state.Msgs == 0 || !at.After(state.FirstTime) {
		return state.FirstSeq, err
	}
	if at.After(state.LastTime) {
		return state.LastSeq + 1, nil
	}
	seq := state.LastSeq + 1
	err = h.until(ctx, "sequence at a time of "+string(of), func(ctx context.Context) error {
		s, err := h.js.Stream(ctx, h.names.stream(of))
		if err != nil {
			return err
		}
		c, err := s.CreateConsumer(ctx, jetstream.ConsumerConfig{
			DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &at, AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true,
			InactiveThreshold: cursorIdle, HeadersOnly: true,
		})
		if err != nil {
			return err
		}
		defer func() { _ = h.js.DeleteConsumer(context.WithoutCancel(ctx), h.names.stream(of), c.CachedInfo().Name) }()
		m, err := c.Next(jetstream.FetchMaxWait(h.config.Attempt))
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err == nil {
			seq = meta.Sequence.Stream
		}
		return err
	})
	return seq, err
}
