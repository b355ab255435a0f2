package consumer

import (
	"context"
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// Books are the two streams and the snapshots that Verify audits. *stream.Hub is one.
type Books interface {
	Checkpoint(ctx context.Context, shard int) (data []byte, last uint64, err error)
	Scan(ctx context.Context, of stream.Stream, filter string, from uint64, handle func(stream.Stored) error) error
	Vault
}

// Audit is what Verify found.
type Audit struct {
	Entries    int // of the log, that can be read
	Unreadable int
	Lost       uint64 // messages of the log that are lost behind its first one: corruption
	Aged       uint64 // messages that the log's head lost to its age
	Position   uint64 // of the log, that is committed
	Beyond     int    // entries of the log beyond it
	Events     uint64
	Alerts     uint64
	AgedOut    uint64 // outputs that have aged away at the head of their stream: the hash can then not be checked
	Snapshots  int    // that are whole
	Problems   []string

	DamagedSnapshots int
}

// Verify reads the whole log and everything committed from it, and compares what the streams hold with what the
// checkpoint of the shard says they must hold.
func Verify(ctx context.Context, books Books, shard int) (Audit, error) {
	data, at, err := books.Checkpoint(ctx, shard)
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
	if err := a.readOutputs(ctx, books, checkpoint, at); err != nil {
		return a, fmt.Errorf("verify: the outputs: %w", err)
	}
	if err := a.readSnapshots(ctx, books, MachineName(shard, checkpoint.Shards)); err != nil {
		return a, fmt.Errorf("verify: the snapshots: %w", err)
	}
	return a, nil
}

// readSnapshots unpacks what is kept of the machine's states.
func (a *Audit) readSnapshots(ctx context.Context, vault Vault, name string) error {
	kept, err := vault.Snapshots(ctx, name)
	if err != nil {
		return err
	}
	for _, k := range kept {
		_, err := readSnapshot(ctx, vault, k)
		switch {
		case err == nil:
			a.Snapshots++
		case unusable(err):
			a.DamagedSnapshots++
			a.problem("the snapshot at %d cannot be used; a start goes on from an older one or steps the log again: %v", k.Sequence, err)
		default:
			return err
		}
	}
	return nil
}

func (a *Audit) problem(format string, args ...any) {
	a.Problems = append(a.Problems, fmt.Sprintf(format, args...))
}

func (a *Audit) readLog(ctx context.Context, books Books) error {
	var last uint64
	err := books.Scan(ctx, stream.Reports, "", 1, func(m stream.Stored) error {
		a.hole(m, last)
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
	if a.Position > last {
		a.problem("the checkpoint says the log was read up to %d, but it ends at %d", a.Position, last)
	}
	return nil
}

// hole notes what is missing before a message of the log. Before the first one it is lost to age, unless the machine
// never read it.
func (a *Audit) hole(m stream.Stored, last uint64) {
	switch {
	case m.Missing == 0:
	case last > 0:
		a.Lost += m.Missing
		a.problem("%d messages of the log are lost: sequences %d to %d", m.Missing, m.Seq-m.Missing, m.Seq-1)
	case m.Seq-1 > a.Position:
		a.problem("the log begins at %d, behind the checkpoint at %d: what lay between them was never read", m.Seq, a.Position)
		fallthrough
	default:
		a.Aged = m.Missing
	}
}

// readOutputs follows the hash chain over the outputs that the checkpoint, stored at sequence at, covers.
func (a *Audit) readOutputs(ctx context.Context, books Books, checkpoint wire.Checkpoint, at uint64) error {
	hash, covered := "", checkpoint.Events+checkpoint.Alerts
	var oldest, newest time.Time
	err := books.Scan(ctx, stream.Events, "", 1, func(m stream.Stored) error {
		kind := wire.Kind(m.Subject)
		switch {
		case m.Seq > at: // committed after the checkpoint was read
			return stream.ErrStop
		case kind == wire.CheckpointKind:
			newest = m.Time
			return nil
		case !a.of(m, kind, checkpoint):
			return nil
		case kind == wire.AlertKind:
			a.Alerts++
		default:
			a.Events++
		}
		if oldest.IsZero() {
			oldest = m.Time
		}
		hash = wire.Chain(hash, m.Subject, m.Data)
		return nil
	})
	if err != nil {
		return err
	}
	missing := covered - min(covered, a.Events+a.Alerts)
	switch {
	case missing > 0 && newest.Sub(oldest) > aging:
		a.AgedOut = missing
	case missing > 0:
		a.problem("%d of the %d events and alerts committed are not in the stream", missing, covered)
	case a.Events != checkpoint.Events || a.Alerts != checkpoint.Alerts:
		a.problem("the stream holds %d events and %d alerts, the checkpoint says %d and %d", a.Events, a.Alerts, checkpoint.Events, checkpoint.Alerts)
	case hash != checkpoint.Hash:
		a.problem("the hash of the events and alerts is %.12s…, the checkpoint says %.12s…: their content or order was changed", hash, checkpoint.Hash)
	}
	return nil
}

// of tells whether the shard of a checkpoint said m. What cannot be read is everybody's, so that the hash tells of it.
func (a *Audit) of(m stream.Stored, kind string, c wire.Checkpoint) bool {
	if c.Shards <= 1 {
		return true
	}
	if kind != wire.AlertKind {
		return c.Shard == 0
	}
	alert, err := wire.DecodeAlert(m.Data)
	return err != nil || ShardOf(alert.Rule, c.Shards) == c.Shard
}

// aging is the stretch of time that a stream of outputs must hold before what is missing at its head is put down to
// age: a little less than the 90 days it keeps.
const aging = 80 * 24 * time.Hour
