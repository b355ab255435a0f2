package consumer

import (
	"context"
	"fmt"
)

// change of turn: it came, it is over, or it cannot come.
type change struct {
	over bool
	err  error
}

// takeTurns waits for this machine's turns, one after the other, and tells when each comes and goes. What is sent to
// giveUp ends a turn early. stop passes the turn on and waits until nobody is left waiting.
func (s *session) takeTurns(ctx context.Context) (turns <-chan change, stop func()) {
	out := make(chan change)
	if s.cfg.Turn == nil {
		s.lead(true)
		return out, func() {}
	}
	s.lead(false)
	s.giveUp = make(chan struct{}, 1)
	taking, cancel := context.WithCancel(context.WithoutCancel(ctx)) // a turn outlives ctx until all is committed
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s.oneTurn(taking, out) {
		}
	}()
	return out, func() { cancel(); <-done }
}

// oneTurn waits for a turn and for its end, and tells whether there may be another.
func (s *session) oneTurn(ctx context.Context, out chan<- change) bool {
	lost, pass, err := s.cfg.Turn.Take(ctx)
	if err != nil {
		tell(ctx, out, change{err: err})
		return false
	}
	defer pass()
	if !tell(ctx, out, change{}) {
		return false
	}
	select {
	case <-lost:
	case <-s.giveUp:
	case <-ctx.Done():
		return false
	}
	return tell(ctx, out, change{over: true})
}

// tell sends c unless ctx ends.
func tell(ctx context.Context, out chan<- change, c change) bool {
	select {
	case out <- c:
		return true
	case <-ctx.Done():
		return false
	}
}

// turn begins or ends this machine's turn. At its beginning the checkpoint is read once more: what lies beyond it and
// was stepped while standing by is committed now.
func (s *session) turn(ctx context.Context, c change) error {
	switch {
	case c.err != nil:
		return fmt.Errorf("consumer: shard %d: %w", s.cfg.Shard, c.err)
	case c.over:
		if s.leading {
			s.cfg.Log.Warn("consumer: the turn is lost; standing by", "shard", s.cfg.Shard)
		}
		s.lead(false)
		return nil
	}
	if s.flight != nil { // of an earlier turn
		if err := s.land(ctx); err != nil {
			return err
		}
	}
	if err := s.follow(ctx); err != nil {
		return err
	}
	s.lead(true)
	s.cfg.Log.Info("consumer: it is this machine's turn", "shard", s.cfg.Shard, "ready", len(s.backlog.entries), "checkpoint", s.checkpoint.Sequence)
	s.overdue = true
	return nil
}

// replaced is what a machine does that another one has replaced: it stands by, and gives up a turn that it may still
// believe in, so that whoever is next reads the checkpoint first.
func (s *session) replaced(ctx context.Context, why error) error {
	if s.cfg.Turn == nil {
		return fmt.Errorf("consumer: shard %d: %w", s.cfg.Shard, why)
	}
	s.metrics.fenced.Inc()
	if !s.leading { // the turn was over before the store said no
		return s.follow(ctx)
	}
	s.cfg.Log.Warn("consumer: another machine committed in this one's turn; standing by", "shard", s.cfg.Shard, "error", why)
	s.lead(false)
	select {
	case s.giveUp <- struct{}{}:
	default:
	}
	return s.follow(ctx)
}

func (s *session) lead(leads bool) {
	s.leading = leads
	s.spoke = s.cfg.Now()
	s.metrics.lead(leads)
}
