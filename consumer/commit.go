package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// flight is a batch on its way into the store. There is one at a time: the next one names the sequence that this one gets.
type flight struct {
	batch batch
	began time.Time
	ended chan struct{} // closed when the rest is there
	last  uint64        // sequence of its checkpoint
	err   error
}

// beyond is how much waits behind the batch that is being stored.
func (s *session) beyond() (outputs, bytes int) {
	outputs, bytes = s.backlog.outputs, s.backlog.bytes
	if s.flight != nil {
		outputs, bytes = outputs-len(s.flight.batch.messages), bytes-s.flight.batch.bytes
	}
	return outputs, bytes
}

// waits tells whether there is more to commit than what is being stored.
func (s *session) waits() bool {
	last := len(s.backlog.entries) - 1
	if last < 0 || s.flight == nil {
		return last >= 0
	}
	c := s.flight.batch.next
	return c.Sequence != s.backlog.entries[last].seq || c.Written != whole
}

// launch sends the next batch on its way where it is this machine's turn, none is under way and there is reason to: more
// waits than one commit may hold, or what waits has waited long enough.
func (s *session) launch(ctx context.Context) error {
	full := !s.limits().hold(s.backlog.outputs, s.backlog.bytes)
	if !s.leading || s.flight != nil || !s.waits() || !full && !s.overdue && !s.saveDue() {
		return nil
	}
	s.overdue = false
	b := s.backlog.batch(s.checkpoint, s.limits())
	b.next.Commit++
	return s.send(ctx, b)
}

// send has a batch stored beside the machine. A batch whose fate is not known may be sent again as it is: it is stored
// once. It must not be sent with more in it, since its checkpoint would then be taken for another machine's.
func (s *session) send(ctx context.Context, b batch) error {
	data, err := wire.EncodeCheckpoint(b.next)
	if err != nil {
		return err
	}
	f, last := &flight{batch: b, began: s.cfg.Now(), ended: make(chan struct{})}, s.last
	s.flight = f
	go func() {
		defer close(f.ended)
		if f.err = errors.Join(s.bury(ctx, b.complete), s.show(ctx, b.complete)); f.err == nil {
			f.last, f.err = s.log.Commit(ctx, s.cfg.Shard, b.messages, data, last)
		}
	}()
	return nil
}

// landing is closed when the batch that is under way has ended; nil where none is.
func (s *session) landing() <-chan struct{} {
	if s.flight == nil {
		return nil
	}
	return s.flight.ended
}

// land waits for the batch that is under way and notes what became of it. A machine that another one has replaced has
// stored nothing and goes on as a standby.
func (s *session) land(ctx context.Context) error {
	f := s.flight
	<-f.ended
	if errors.Is(f.err, stream.ErrFenced) {
		s.flight = nil
		return s.replaced(ctx, f.err)
	}
	if f.err != nil {
		return fmt.Errorf("consumer: commit %d outputs: %w", len(f.batch.messages), f.err)
	}
	s.flight = nil
	s.last, s.checkpoint = f.last, f.batch.next
	s.backlog.trim(s.checkpoint)
	s.metrics.committed(&f.batch, len(s.backlog.entries), f.began, s.cfg.Now())
	s.tally.commit(&f.batch)
	return nil
}

// settle commits all that was stepped. What is under way and failed is sent once more.
func (s *session) settle(ctx context.Context) error {
	if f := s.flight; f != nil {
		<-f.ended
		if f.err != nil && !errors.Is(f.err, stream.ErrFenced) {
			s.flight = nil
			if !s.leading {
				return nil
			}
			if err := s.send(ctx, f.batch); err != nil {
				return err
			}
		}
	}
	for {
		s.overdue = true
		if err := s.launch(ctx); err != nil {
			return err
		}
		if s.flight == nil {
			return nil
		}
		if err := s.land(ctx); err != nil {
			return err
		}
	}
}

func (s *session) limits() limits { return limits{s.cfg.MaxBatch, s.cfg.MaxBytes} }

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

// show puts into the ledger what was held back, before the checkpoint says that all was done about it.
func (s *session) show(ctx context.Context, entries []stepped) error {
	if s.cfg.Ledger == nil {
		return nil
	}
	for _, e := range entries {
		for _, of := range e.suppressed {
			if of.Held == nil {
				continue
			}
			if err := s.cfg.Ledger.Withheld(ctx, of); err != nil {
				return fmt.Errorf("consumer: entry %d: %w", e.seq, err)
			}
		}
	}
	return nil
}

// sizeEvery is how often the machine's memory is counted: that takes a look at each window.
const sizeEvery = 10 * time.Second

// watch counts the machine's memory, looks whether the log still is what was stepped, and is follow for a machine that
// stands by: where the server does not answer, the next look may be luckier.
func (s *session) watch(ctx context.Context) error {
	if now := s.cfg.Now(); now.Sub(s.sized) >= sizeEvery {
		s.sized = now
		s.metrics.sized(s.state.Size())
		s.inspect = true
	}
	err := s.follow(ctx)
	if err == nil && s.inspect {
		if err = s.whole(ctx, s.checkpoint); err == nil {
			s.inspect = false
		}
	}
	if errors.Is(err, stream.ErrUnavailable) {
		s.cfg.Log.Warn("consumer: the checkpoint cannot be read; trying again", "error", err)
		return nil
	}
	return err
}

// follow reads the checkpoint that another machine moves, and forgets what it covers.
func (s *session) follow(ctx context.Context) error {
	if s.leading || s.flight != nil { // a batch of an earlier turn tells where the checkpoint is when it has ended
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

// whole refuses to go on where the log ends before a checkpoint: a server came back without its latest messages, or the
// stream was begun anew.
//
// It asks several times: a node of a cluster that was cut off may answer once more with what it knew.
func (c *Consumer) whole(ctx context.Context, at wire.Checkpoint) error {
	for try := 1; ; try++ {
		last, err := c.log.Last(ctx, stream.Reports)
		switch {
		case err != nil:
			return fmt.Errorf("consumer: %w", err)
		case last >= at.Sequence:
			return nil
		case try == lookAgain:
			return fmt.Errorf("consumer: %w: it ends at %d, but its outputs are committed up to %d; restore a backup, or begin with another --prefix", ErrLogLost,
				last, at.Sequence)
		}
		select {
		case <-time.After(c.cfg.Watch):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lookAgain is how often the end of a log is asked for, Config.Watch apart, before it is believed to be lost.
const lookAgain = 6

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
