package consumer

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// entry is a message of the log, decoded and matched ahead of the machine.
type entry struct {
	stored   stream.Stored
	ready    chan struct{} // closed when the rest is there
	noun     news.Entry
	prepared *machine.Prepared // of a report
	err      error             // why it cannot be decoded
}

// prepare decodes the entry and asks the rules that are in force now about it: Step asks again where others are when it is
// the entry's turn.
func (e *entry) prepare(rules *machine.Ruleset) {
	defer close(e.ready)
	if e.noun, e.err = wire.DecodeEntry(e.stored.Subject, e.stored.Data); e.err != nil {
		return
	}
	e.stored.Data = nil
	if r, ok := e.noun.(news.Report); ok {
		e.prepared = rules.Prepare(&r)
	}
}

// session is one life of the machine: from its restoration to the end of Run.
type session struct {
	*Consumer
	state      *machine.State
	rules      atomic.Pointer[machine.Ruleset] // those in force, for who matches ahead of the machine
	position   uint64                          // sequence of the log that was stepped last
	checkpoint wire.Checkpoint                 // of the last commit, this machine's or another's
	last       uint64                          // EVENTS sequence of the checkpoint: what fences a stale machine
	backlog    backlog
	flight     *flight       // the batch that is being stored; nil: none is
	overdue    bool          // what waits has waited long enough for others
	leading    bool          // it is this machine's turn
	giveUp     chan struct{} // ends the turn early
	spoke      time.Time     // wall time of the last live report or tick
	sized      time.Time     // when the machine's memory was counted last
	inspect    bool          // the end of the log is to be compared with the checkpoint
	saves      saves
	costly     map[string]bool // rules in force that took more work than they may
}

// run steps entries until they end or ctx does, and commits what was stepped while it is this machine's turn. While one
// batch is being stored it steps what the next one will hold.
func (s *session) run(ctx context.Context, entries <-chan *entry) error {
	turns, stopTurns := s.takeTurns(ctx)
	defer stopTurns() // after the last commit: until then it still is our turn
	defer s.saves.wait()
	due := newDue(s.cfg.Gather)
	defer due.stop()
	silence := time.NewTicker(max(s.cfg.TickAfter/4, time.Millisecond))
	defer silence.Stop()
	watch := time.NewTicker(s.cfg.Watch)
	defer watch.Stop()
	for {
		s.saveInTime(ctx)
		next := entries
		if s.full() {
			next = nil
		}
		var err error
		select {
		case e, ok := <-next:
			if !ok {
				return s.finish(ctx)
			}
			<-e.ready
			err = s.take(ctx, e)
		case <-due.C():
			due.fired()
			s.overdue = true
		case <-s.landing():
			err = s.land(ctx)
		case change := <-turns:
			err = s.turn(ctx, change)
		case <-watch.C:
			err = s.watch(ctx)
		case <-silence.C:
			s.tick(ctx)
		case <-ctx.Done():
			return s.finish(ctx)
		}
		if err != nil {
			return s.end(ctx, err)
		}
		if err := s.launch(ctx); err != nil {
			return s.end(ctx, err)
		}
		due.arm(s.leading && !s.overdue && s.waits())
	}
}

// full tells whether no entry is to be taken now: a standby waits for the one whose turn it is, the one whose turn it is
// for the store, and for a place to take a snapshot.
func (s *session) full() bool {
	if !s.leading {
		return len(s.backlog.entries) >= s.cfg.MaxAhead
	}
	outputs, bytes := s.beyond()
	return s.flight != nil && !s.limits().hold(outputs/2, bytes/2) || s.saveDue() && len(s.backlog.entries) > 0
}

// due is a timer that is set once for what waits.
type due struct {
	timer *time.Timer
	after time.Duration
	armed bool
}

func newDue(after time.Duration) *due {
	d := &due{timer: time.NewTimer(time.Hour), after: after}
	d.timer.Stop()
	return d
}

func (d *due) C() <-chan time.Time { return d.timer.C }
func (d *due) fired()              { d.armed = false }
func (d *due) stop()               { d.timer.Stop() }

func (d *due) arm(waiting bool) {
	switch {
	case waiting && !d.armed:
		d.timer.Reset(d.after)
	case !waiting && d.armed:
		d.timer.Stop()
	}
	d.armed = waiting
}

// drain is how long the last commit and the last snapshot may take once Run is told to stop.
const drain = 5 * time.Second

// finish commits what was stepped, also when ctx has ended, and leaves a snapshot exactly at the checkpoint.
func (s *session) finish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := s.settle(ctx); err != nil {
		return err
	}
	s.saveLast(ctx)
	return nil
}

// end commits what was stepped before err. Where err only says that ctx has ended, that is no error.
func (s *session) end(ctx context.Context, err error) error {
	finished := s.finish(ctx)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return finished
	}
	return errors.Join(err, finished)
}

// take steps one entry and adds what follows from it to the backlog; what the checkpoint already covers is stepped in
// silence.
func (s *session) take(ctx context.Context, e *entry) error {
	covered := s.covered(e.stored.Seq)
	result, err := s.step(ctx, e, covered == whole)
	if err != nil {
		return err
	}
	s.position = e.stored.Seq
	s.saves.steps++
	if covered == whole {
		s.tally.restored()
		s.metrics.lagging(e.stored.Pending, len(s.backlog.entries))
		return nil
	}
	outputs, err := s.encode(result.Outputs)
	if err != nil {
		return err
	}
	s.backlog.add(stepped{
		seq: e.stored.Seq, stored: e.stored.Time, fate: result.Fate, suppressed: result.Suppressed, dead: s.losses(e),
		outputs: outputs, written: min(covered, len(outputs)),
	})
	s.metrics.balance.take(len(s.backlog.entries))
	if r, ok := e.noun.(news.Report); ok && (r.Origin == news.Live || r.Origin == news.Push) {
		s.spoke = s.cfg.Now()
	}
	s.guard(ctx, result.Suppressed)
	s.metrics.lagging(e.stored.Pending, len(s.backlog.entries))
	return nil
}

// guard reports rules that took more work than they may, each once a version of the rules, and has them put in
// quarantine: by an entry of the log, so that every machine and every replay drops them at the same place.
func (s *session) guard(ctx context.Context, suppressed []machine.Suppression) {
	var names []string
	for _, of := range suppressed {
		if of.Reason == machine.Costly && s.leading && !s.costly[of.Rule] {
			names = append(names, of.Rule)
			s.cfg.Log.Warn("consumer: a rule takes more work than it may", "rule", of.Rule, "detail", of.Detail.String())
		}
	}
	if len(names) == 0 {
		return
	}
	if s.cfg.Ward != nil {
		if err := s.cfg.Ward.Quarantine(ctx, names); err != nil {
			s.cfg.Log.Warn("consumer: rules could not be put in quarantine; trying again when they cost too much again", "rules", names, "error", err)
			return
		}
	}
	for _, name := range names {
		s.costly[name] = true
	}
}

// covered is how many of an entry's outputs the last commit holds already: 0 for none, whole for all.
func (s *session) covered(seq uint64) int {
	switch {
	case seq < s.checkpoint.Sequence:
		return whole
	case seq == s.checkpoint.Sequence:
		return s.checkpoint.Written
	}
	return 0
}

// losses are the dead letters of an entry: a hole in the log before it, and the entry itself where it cannot be decoded.
func (s *session) losses(e *entry) (dead []deadEntry) {
	m := e.stored
	if m.Missing > 0 {
		why := fmt.Errorf("the log has a hole: %d messages before sequence %d are lost", m.Missing, m.Seq)
		s.metrics.missing.Add(float64(m.Missing))
		s.cfg.Log.Error("consumer: "+why.Error(), "messages", m.Missing, "before", m.Seq)
		dead = append(dead, deadEntry{stream.Stored{Message: stream.Message{Subject: "hole"}, Stream: stream.Reports, Seq: m.Seq - m.Missing, Time: m.Time}, why})
	}
	if e.err != nil {
		s.cfg.Log.Error("consumer: entry of the log cannot be read: buried", "sequence", m.Seq, "subject", m.Subject, "error", e.err)
		dead = append(dead, deadEntry{m, e.err})
	}
	return dead
}

// step asks the machine. What cannot be decoded is passed over.
func (s *session) step(ctx context.Context, e *entry, silent bool) (machine.Result, error) {
	if e.err != nil {
		return machine.Result{Fate: Unreadable}, nil
	}
	in := machine.Input{Seq: e.stored.Seq, Entry: e.noun, Prepared: e.prepared}
	if told, ok := e.noun.(news.Rules); ok {
		rules, err := s.compile(ctx, s.state.Rules(), told.Hash)
		if err != nil {
			return machine.Result{}, err
		}
		in.Rules = rules
		clear(s.costly)
		s.metrics.reload.Set(float64(told.At.Unix()))
	}
	began := s.cfg.Now()
	result := s.state.Step(in)
	if in.Rules != nil {
		s.rules.Store(s.state.Rules())
	}
	if !silent {
		s.metrics.stepped(s.cfg.Now().Sub(began))
	}
	return result, nil
}

// Unreadable is the fate of an entry that never reached the machine.
const Unreadable machine.Fate = "dead"

// tick writes the time into the log when the live sources have been silent.
func (s *session) tick(ctx context.Context) {
	now := s.cfg.Now()
	if !s.leading || s.cfg.Shard != 0 || !s.state.Live() || now.Sub(s.spoke) < s.cfg.TickAfter {
		return
	}
	if err := s.aside.Tick(ctx, now); err != nil {
		s.cfg.Log.Warn("consumer: the time could not be written into the log; trying again", "error", err)
		return
	}
	s.spoke = now
}

// encode turns outputs into messages, in their order. Only shard 0 tells events: the others would tell them again.
func (s *session) encode(outputs []machine.Output) ([]said, error) {
	out := make([]said, 0, len(outputs))
	for _, o := range outputs {
		if o.Event != nil && s.cfg.Shard != 0 {
			continue
		}
		m, err := o.Message()
		if err != nil {
			return nil, fmt.Errorf("consumer: %w", err)
		}
		told := said{message: stream.Message(m), alert: o.Alert}
		if o.Event != nil {
			told.event = toldOf(o.Event)
		}
		out = append(out, told)
	}
	return out, nil
}
