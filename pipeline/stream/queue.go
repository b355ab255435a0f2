package stream

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

const queuePage = 256 // messages asked for at a time

// scanQueue reads DELIVERIES by direct gets, which take nothing away. What is delivered meanwhile is passed over.
func (h *Hub) scanQueue(ctx context.Context, filter string, from, until uint64, handle func(Stored) error) error {
	subject := h.names.stored(or(filter, subjectsOf[Deliveries][0]))
	for from <= until {
		var page []*jetstream.RawStreamMsg
		err := h.until(ctx, "read "+string(Deliveries), func(ctx context.Context) (err error) {
			page, err = h.queuePage(ctx, subject, from)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, msg := range page {
			if msg.Sequence > until {
				return nil
			}
			m := Stored{Message: h.inbound(msg.Subject, msg.Header, msg.Data), Stream: Deliveries, Seq: msg.Sequence, Time: msg.Time.UTC(), Deliveries: 1}
			if err := handle(m); err != nil {
				if errors.Is(err, ErrStop) {
					return nil
				}
				return err
			}
			from = msg.Sequence + 1
		}
	}
	return nil
}

func (h *Hub) queuePage(ctx context.Context, subject string, from uint64) ([]*jetstream.RawStreamMsg, error) {
	messages, err := jetstreamext.GetBatch(ctx, h.js, h.names.stream(Deliveries), queuePage, jetstreamext.GetBatchSubject(subject), jetstreamext.GetBatchSeq(from))
	if err != nil {
		return nil, err
	}
	var page []*jetstream.RawStreamMsg
	for msg, err := range messages {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return page, nil
		}
		if err != nil {
			return nil, err
		}
		page = append(page, msg)
	}
	return page, nil
}
