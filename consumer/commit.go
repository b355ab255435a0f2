package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// commitFull commits while more waits than one commit may hold.
func (s *session) commitFull(ctx context.Context) error {
	for s.leading && !s.limits().hold(s.backlog.outputs, s.backlog.bytes) {
		if err := s.commit(ctx); err != nil {
			return err
		}
	}
	return nil
}

// commitAll commits all that waits, and takes a snapshot there when it is time for one.
func (s *session) commitAll(ctx context.Context) error {
	for s.leading && len(s.backlog.entries) > 0 {
		if err := s.commit(ctx); err != nil {
			return err
		}
	}
	s.saveInTime(ctx)
	return nil
}

func (s *session) limits() limits { return limits{s.cfg.MaxBatch, s.cfg.MaxBytes} }

// commit stores a batch and the checkpoint as one. A machine that another one has replaced stores nothing and goes on as
// a standby.
func (s *session) commit(ctx context.Context) error {
	b := s.backlog.batch(s.checkpoint, s.limits())
	b.next.Commit++
	data, err := wire.EncodeCheckpoint(b.next)
	if err != nil {
		return err
	}
	if err := s.bury(ctx, b.complete); err != nil {
		return err
	}
	began := s.cfg.Now()
	last, err := s.log.Commit(ctx, s.cfg.Shard, b.messages, data, s.last)
	if errors.Is(err, stream.ErrFenced) {
		return s.replaced(ctx, err)
	}
	if err != nil {
		return fmt.Errorf("consumer: commit %d outputs: %w", len(b.messages), err)
	}
	s.last, s.checkpoint = last, b.next
	s.backlog.trim(s.checkpoint)
	s.metrics.committed(&b, len(s.backlog.entries), began, s.cfg.Now())
	s.tally.commit(&b)
	return nil
}

// bury files what could not be read with the dead letters, before the checkpoint says that it was passed over.
func (s *session) bury(ctx context.Context, entries []stepped) error {
	for _, e := range entries {
		for _, d := range e.dead {
			if err := s.aside.Bury(ctx, d.origin, d.why); err != nil {
				return fmt.Errorf("consumer: bury entry %d: %w", e.seq, err)
			}
		}
	}
	return nil
}

// sizeEvery is how often the machine's memory is counted: that takes a look at each window.
const sizeEvery = 10 * time.Second

// watch counts the machine's memory, and is follow for a machine that stands by: where the server does not answer, the
// next look may be luckier.
func (s *session) watch(ctx context.Context) error {
	if now := s.cfg.Now(); now.Sub(s.sized) >= sizeEvery {
		s.sized = now
		s.metrics.sized(s.state.Size())
	}
	err := s.follow(ctx)
	if errors.Is(err, stream.ErrUnavailable) {
		s.cfg.Log.Warn("consumer: the checkpoint cannot be read; trying again", "error", err)
		return nil
	}
	return err
}

// follow reads the checkpoint that another machine moves, and forgets what it covers.
func (s *session) follow(ctx context.Context) error {
	if s.leading {
		return nil
	}
	c, last, err := s.readCheckpoint(ctx)
	if err != nil {
		return err
	}
	if last == s.last {
		return nil
	}
	s.checkpoint, s.last = c, last
	passed := s.backlog.trim(c)
	s.metrics.balance.end(0, passed, len(s.backlog.entries))
	s.metrics.restored(c, len(s.backlog.entries), s.cfg.Now())
	s.tally.followed(c)
	return nil
}

// readCheckpoint is how far the shard is committed, by whom ever, and its sequence in EVENTS.
func (c *Consumer) readCheckpoint(ctx context.Context) (wire.Checkpoint, uint64, error) {
	data, last, err := c.log.Checkpoint(ctx, c.cfg.Shard)
	if err != nil {
		return wire.Checkpoint{}, 0, fmt.Errorf("consumer: %w", err)
	}
	found, err := wire.DecodeCheckpoint(data)
	if err != nil {
		return wire.Checkpoint{}, 0, fmt.Errorf("consumer: checkpoint of shard %d: %w", c.cfg.Shard, err)
	}
	if err := c.accept(found, last); err != nil {
		return wire.Checkpoint{}, 0, err
	}
	found.Shard, found.Shards, found.Step = c.cfg.Shard, c.cfg.Shards, stepVersion
	return found, last, nil
}

// accept refuses to go on from a checkpoint of a newer program or of another division of the rules.
func (c *Consumer) accept(found wire.Checkpoint, last uint64) error {
	if found.Step > stepVersion {
		return fmt.Errorf("consumer: shard %d was stepped by a newer version (%d) of the machine than this program's (%d): use the newer program",
			c.cfg.Shard, found.Step, stepVersion)
	}
	if shards := or(found.Shards, 1); last > 0 && shards != c.cfg.Shards {
		return fmt.Errorf("consumer: shard %d was one of %d, not of %d: what each rule has told so far lies with its old shard, so their number cannot be changed over the same streams; keep it, or begin with another --prefix",
			c.cfg.Shard, shards, c.cfg.Shards)
	}
	return nil
}
