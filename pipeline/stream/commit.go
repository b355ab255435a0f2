package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/quidnunc-news/quidnunc/pipeline"
)

// Commit stores outputs in EVENTS and, last, the checkpoint of shard, as one: all of them or none. Subscribers hear them only once they
// are stored. last is the sequence that Checkpoint or the former Commit returned (0: there is none yet); the result is the new one.
//
// ErrFenced: somebody else moved the checkpoint; nothing was stored. After a time-out the checkpoint is read again, so that a commit which
// did succeed is reported as such and any other is made again, until Config.Timeout passed (ErrUnavailable, ErrDiskFull): then the commit
// may be made again by the same Hub with the same arguments, and is never stored twice.
// Outputs must carry no MsgID: the checkpoint alone says what was done. ErrTooLarge: more than MaxOutputs.
func (h *Hub) Commit(ctx context.Context, shard int, outputs []Message, checkpoint []byte, last uint64) (uint64, error) {
	what := fmt.Sprintf("commit shard %d", shard)
	if err := h.fits(outputs, MaxOutputs); err != nil {
		return 0, fmt.Errorf("stream: %s: %w", what, err)
	}
	batch := make([]*nats.Msg, 0, len(outputs)+1)
	for _, m := range outputs {
		if m.MsgID != "" {
			return 0, fmt.Errorf("stream: %s: %w", what, pipeline.Permanent(errors.New("an output with a Msg-Id: "+m.Subject)))
		}
		batch = append(batch, h.outbound(m))
	}
	batch = append(batch, h.checkpointMessage(shard, checkpoint, last))
	var seq uint64
	err := h.until(ctx, what, func(ctx context.Context) (err error) {
		seq, err = h.commitOnce(ctx, shard, batch, checkpoint, last)
		return err
	})
	return seq, err
}

func (h *Hub) checkpointMessage(shard int, data []byte, last uint64) *nats.Msg {
	m := h.outbound(Message{Subject: h.names.checkpoint(shard), Data: data})
	m.Header[headerLastSubj] = []string{strconv.FormatUint(last, 10)}
	m.Header[headerRollup] = []string{jetstream.MsgRollupSubject}
	m.Header[headerTTL] = []string{"never"}
	m.Header[headerWriter] = []string{h.writer}
	return m
}

// commitOnce sends the batch. Where the answer does not say that it was stored, the checkpoint does: an earlier attempt may have been.
func (h *Hub) commitOnce(ctx context.Context, shard int, batch []*nats.Msg, checkpoint []byte, last uint64) (uint64, error) {
	seq, _, err := h.attempt(ctx, batch)
	if err == nil || !fenced(err) && !transient(err) {
		return seq, err
	}
	found, rereadErr := h.checkpointNow(ctx, shard)
	switch {
	case rereadErr != nil:
		return 0, err
	case found.Seq > last && found.writer == h.writer && bytes.Equal(found.Data, checkpoint):
		return found.Seq, nil
	case found.Seq != last:
		return 0, fmt.Errorf("%w %d: its checkpoint is at %d, not %d", ErrFenced, shard, found.Seq, last)
	}
	if fenced(err) { // a write was in flight and came to nothing: the checkpoint still is where we said
		return 0, fmt.Errorf("%w: %w", errContended, err)
	}
	return 0, err
}

// Checkpoint returns the last checkpoint of shard and its sequence, the one Commit asks for; nothing and 0 when there is none.
func (h *Hub) Checkpoint(ctx context.Context, shard int) (data []byte, seq uint64, err error) {
	var found checkpointRead
	err = h.until(ctx, fmt.Sprintf("checkpoint of shard %d", shard), func(ctx context.Context) (err error) {
		found, err = h.checkpointNow(ctx, shard)
		return err
	})
	return found.Data, found.Seq, err
}

type checkpointRead struct {
	Data   []byte
	Seq    uint64
	writer string
}

// checkpointNow asks the stream's leader. No checkpoint is no error.
func (h *Hub) checkpointNow(ctx context.Context, shard int) (checkpointRead, error) {
	s, err := h.js.Stream(ctx, h.names.stream(Events))
	if err != nil {
		return checkpointRead{}, err
	}
	m, err := s.GetLastMsgForSubject(ctx, h.names.stored(h.names.checkpoint(shard)))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return checkpointRead{}, nil
	}
	if err != nil {
		return checkpointRead{}, err
	}
	return checkpointRead{Data: m.Data, Seq: m.Sequence, writer: m.Header.Get(headerWriter)}, nil
}
