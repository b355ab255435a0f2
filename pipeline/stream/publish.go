package stream

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/quidnunc-news/quidnunc/pipeline"
)

const (
	// MaxBundle is how many messages one bundle of PublishBatch, and one atomic batch of bundles, may have.
	MaxBundle = 500
	// MaxOutputs is how many outputs one Commit may have: the server's batch of 1,000 less the checkpoint.
	MaxOutputs = 999

	batchBytes = 4 << 20 // bundles are put together up to this size; one bundle may exceed it
)

// A Receipt says what became of the bundles given to PublishBatch.
type Receipt struct {
	Stored     int    // bundles stored by this call
	Duplicate  int    // bundles that were stored already
	Duplicates []bool // which ones, by position; nil when Duplicate is 0
	Last       uint64 // sequence of the last message stored; 0 when none was
}

// PublishBatch stores bundles in REPORTS, in order: each bundle (an article's messages) whole or not at all, several of them as one
// atomic batch. A bundle that holds a Msg-Id of the dedup window is stored already and is not stored again. On an error the bundles
// counted in the Receipt are safe, and all may be sent again: within the dedup window nothing is stored twice.
//
// It returns when the server has acknowledged all, ctx ends, or Config.Timeout passed without any acknowledgement (ErrUnavailable, or
// ErrDiskFull). ErrTooLarge, permanent: one bundle has more than MaxBundle messages, or one message exceeds MaxPayload.
func (h *Hub) PublishBatch(ctx context.Context, bundles [][]Message) (Receipt, error) {
	var r Receipt
	for i, b := range bundles {
		if err := h.fits(b, MaxBundle); err != nil {
			return r, fmt.Errorf("stream: bundle %d: %w", i, err)
		}
	}
	for first := 0; first < len(bundles); {
		end := chunkEnd(bundles, first)
		if err := h.publishChunk(ctx, bundles, first, end, &r); err != nil {
			return r, err
		}
		first = end
	}
	return r, nil
}

// Enqueue stores messages for the couriers, as one. A Msg-Id of the dedup window is not stored again.
func (h *Hub) Enqueue(ctx context.Context, messages ...Message) error {
	_, err := h.PublishBatch(ctx, [][]Message{messages})
	return err
}

// publishChunk stores bundles [first, end) as one batch, or one by one where the server finds one of them stored already.
func (h *Hub) publishChunk(ctx context.Context, bundles [][]Message, first, end int, r *Receipt) error {
	last, duplicate, err := h.publishWhole(ctx, bundles[first:end])
	if err != nil {
		return err
	}
	if !duplicate {
		r.Stored += end - first
		r.Last = max(r.Last, last)
		return nil
	}
	if end-first > 1 {
		for i := first; i < end; i++ {
			if err := h.publishChunk(ctx, bundles, i, i+1, r); err != nil {
				return err
			}
		}
		return nil
	}
	if r.Duplicates == nil {
		r.Duplicates = make([]bool, len(bundles))
	}
	r.Duplicate++
	r.Duplicates[first] = true
	return nil
}

func (h *Hub) publishWhole(ctx context.Context, bundles [][]Message) (last uint64, duplicate bool, err error) {
	var messages []*nats.Msg
	for _, b := range bundles {
		for _, m := range b {
			messages = append(messages, h.outbound(m))
		}
	}
	if len(messages) == 0 {
		return 0, false, nil
	}
	err = h.until(ctx, fmt.Sprintf("publish %d messages", len(messages)), func(ctx context.Context) error {
		last, duplicate, err = h.attempt(ctx, messages)
		return err
	})
	return last, duplicate, err
}

// attempt stores messages as one, or reports that one of them is a duplicate. A single one needs no batch.
func (h *Hub) attempt(ctx context.Context, messages []*nats.Msg) (last uint64, duplicate bool, err error) {
	if len(messages) == 1 {
		ack, err := h.js.PublishMsg(ctx, messages[0], jetstream.WithRetryAttempts(0))
		if err != nil {
			return 0, false, err
		}
		return ack.Sequence, ack.Duplicate, nil
	}
	ack, err := jetstreamext.PublishMsgBatch(ctx, h.js, messages, jetstreamext.BatchFlowControl{AckFirst: false})
	switch {
	case code(err) == codeDuplicate:
		return 0, true, nil
	case err != nil:
		return 0, false, err
	}
	return ack.Sequence, false, nil
}

// chunkEnd tells how many bundles from first on go into one batch.
func chunkEnd(bundles [][]Message, first int) int {
	count, bytes := 0, 0
	for i := first; i < len(bundles); i++ {
		count += len(bundles[i])
		for _, m := range bundles[i] {
			bytes += len(m.Data)
		}
		if i > first && (count > MaxBundle || bytes > batchBytes) {
			return i
		}
	}
	return len(bundles)
}

// fits refuses, before anything is sent, what the server would refuse or the client library would garble.
func (h *Hub) fits(messages []Message, most int) error {
	if len(messages) > most {
		return pipeline.Permanent(fmt.Errorf("%w: %d messages, at most %d fit one batch", ErrTooLarge, len(messages), most))
	}
	for _, m := range messages {
		if err := validSubject(m.Subject); err != nil {
			return pipeline.Permanent(err)
		}
		if size := m.size(); size > h.MaxPayload() {
			return pipeline.Permanent(fmt.Errorf("%w: %s: %d bytes, the server takes %d", ErrTooLarge, m.Subject, size, h.MaxPayload()))
		}
	}
	return nil
}

// size is what the server counts, the headers of a batch included.
func (m Message) size() int64 {
	size := len(m.Data) + len(m.MsgID) + 256
	for k, values := range m.Header {
		for _, v := range values {
			size += len(k) + len(v) + 4
		}
	}
	return int64(size)
}
