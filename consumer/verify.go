package consumer

import (
	"context"
	"fmt"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// Books are the two streams that Verify audits. *stream.Hub is one.
type Books interface {
	Checkpoint(ctx context.Context, shard int) (data []byte, last uint64, err error)
	Scan(ctx context.Context, of stream.Stream, filter string, from uint64, handle func(stream.Stored) error) error
	Gaps(ctx context.Context, of stream.Stream, from uint64) ([]stream.Gap, error)
}

// Audit is what Verify found.
type Audit struct {
	Entries    int // of the log, that can be read
	Unreadable int
	Gaps       []stream.Gap // in the log, behind its first message: corruption
	Aged       uint64       // messages that the log's head lost to its age
	Position   uint64       // of the log, that is committed
	Beyond     int          // entries of the log beyond it
	Events     uint64
	Alerts     uint64
	Partial    bool // the oldest outputs have aged away, so that their hash can no longer be checked
	Problems   []string
}

// Verify reads the whole log and everything committed from it, and compares what the streams hold with what the
// checkpoint of the shard says they must hold.
func Verify(ctx context.Context, books Books, shard int) (Audit, error) {
	data, _, err := books.Checkpoint(ctx, shard)
	if err != nil {
		return Audit{}, fmt.Errorf("verify: %w", err)
	}
	checkpoint, err := wire.DecodeCheckpoint(data)
	if err != nil {
		return Audit{}, fmt.Errorf("verify: checkpoint: %w", err)
	}
	a := Audit{Position: checkpoint.Sequence}
	if err := a.readLog(ctx, books); err != nil {
		return a, fmt.Errorf("verify: the log: %w", err)
	}
	if err := a.readOutputs(ctx, books, checkpoint); err != nil {
		return a, fmt.Errorf("verify: the outputs: %w", err)
	}
	return a, nil
}

func (a *Audit) problem(format string, args ...any) {
	a.Problems = append(a.Problems, fmt.Sprintf(format, args...))
}

func (a *Audit) readLog(ctx context.Context, books Books) error {
	var last uint64
	err := books.Scan(ctx, stream.Reports, "", 1, func(m stream.Stored) error {
		last = m.Seq
		if wire.Kind(m.Subject) == wire.ToldKind {
			return nil
		}
		if _, err := wire.DecodeEntry(m.Subject, m.Data); err != nil {
			a.Unreadable++
			a.problem("entry %d of the log cannot be read: %v", m.Seq, err)
			return nil
		}
		a.Entries++
		if m.Seq > a.Position {
			a.Beyond++
		}
		return nil
	})
	if err != nil {
		return err
	}
	gaps, err := books.Gaps(ctx, stream.Reports, 1)
	if err != nil {
		return err
	}
	for _, g := range gaps {
		if g.First == 1 {
			a.Aged = g.Len()
			continue
		}
		a.Gaps = append(a.Gaps, g)
		a.problem("%d messages of the log are lost: sequences %d to %d", g.Len(), g.First, g.Last)
	}
	if a.Position > last {
		a.problem("the checkpoint says the log was read up to %d, but it ends at %d", a.Position, last)
	}
	return nil
}

// readOutputs follows the hash chain over the outputs that the checkpoint covers.
func (a *Audit) readOutputs(ctx context.Context, books Books, checkpoint wire.Checkpoint) error {
	hash, covered := "", checkpoint.Events+checkpoint.Alerts
	err := books.Scan(ctx, stream.Events, "", 1, func(m stream.Stored) error {
		kind := wire.Kind(m.Subject)
		if kind == wire.CheckpointKind {
			return nil
		}
		if a.Events+a.Alerts == covered {
			return stream.ErrStop // committed after the checkpoint was read
		}
		if kind == wire.AlertKind {
			a.Alerts++
		} else {
			a.Events++
		}
		hash = wire.Chain(hash, m.Subject, m.Data)
		return nil
	})
	if err != nil {
		return err
	}
	switch {
	case a.Events+a.Alerts < covered:
		a.Partial = true
		missing := covered - a.Events - a.Alerts
		a.problem("%d of the %d events and alerts committed are not in the stream: aged away, or lost", missing, covered)
	case a.Events != checkpoint.Events || a.Alerts != checkpoint.Alerts:
		a.problem("the stream holds %d events and %d alerts, the checkpoint says %d and %d", a.Events, a.Alerts, checkpoint.Events, checkpoint.Alerts)
	case hash != checkpoint.Hash:
		a.problem("the hash of the events and alerts is %.12s…, the checkpoint says %.12s…: their content or order was changed", hash, checkpoint.Hash)
	}
	return nil
}
