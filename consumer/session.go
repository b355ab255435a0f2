package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// entry is a message of the log, decoded ahead of the machine.
type entry struct {
	stored stream.Stored
	noun   news.Entry
	err    error // why it cannot be decoded
}

// read decodes the log, from its first message, into entries.
func (c *Consumer) read(ctx context.Context, entries chan<- entry) error {
	err := c.log.Read(ctx, 1, func(m stream.Stored) error {
		noun, err := wire.DecodeEntry(m.Subject, m.Data)
		m.Data = nil
		select {
		case entries <- entry{m, noun, err}:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// session is one life of the machine: from its restoration to the end of Run.
type session struct {
	*Consumer
	state      machine.State
	checkpoint wire.Checkpoint // of the last commit
	next       wire.Checkpoint // what the next commit will say
	last       uint64          // EVENTS sequence of the checkpoint: what fences a stale machine
	batch      batch
	spoke      time.Time // wall time of the last live report or tick
}

// batch is what waits to be committed.
type batch struct {
	outputs []stream.Message
	bytes   int
	entries int       // whose outputs, even none, are in the batch
	oldest  time.Time // when the log stored the first of them
	began   time.Time // when the batch began
	events  []enriched
	alerts  []news.Alert
	told    tally
}

// enriched is what the metrics need of an event.
type enriched struct {
	what     plover.Type
	standing news.Standing
}

func (c *Consumer) restore(ctx context.Context) (*session, error) {
	data, last, err := c.log.Checkpoint(ctx, c.cfg.Shard)
	if err != nil {
		return nil, fmt.Errorf("consumer: %w", err)
	}
	checkpoint, err := wire.DecodeCheckpoint(data)
	if err != nil {
		return nil, fmt.Errorf("consumer: checkpoint of shard %d: %w", c.cfg.Shard, err)
	}
	if checkpoint.Step > machine.Version {
		return nil, fmt.Errorf("consumer: shard %d was stepped by a newer version (%d) of the machine than this program's (%d): use the newer program",
			c.cfg.Shard, checkpoint.Step, machine.Version)
	}
	checkpoint.Shard, checkpoint.Step = c.cfg.Shard, machine.Version
	c.tally.before(checkpoint)
	c.metrics.restored(checkpoint, c.cfg.Now())
	return &session{Consumer: c, checkpoint: checkpoint, next: checkpoint, last: last, spoke: c.cfg.Now()}, nil
}

// run steps entries until they end or ctx does, and commits what was stepped.
func (s *session) run(ctx context.Context, entries <-chan entry) error {
	due := time.NewTimer(time.Hour)
	defer due.Stop()
	due.Stop()
	silence := time.NewTicker(max(s.cfg.TickAfter/4, time.Millisecond))
	defer silence.Stop()
	for {
		select {
		case e, ok := <-entries:
			if !ok {
				return s.finish(ctx)
			}
			empty := s.batch.entries == 0
			if err := s.take(ctx, e); err != nil {
				return s.end(ctx, err)
			}
			if empty && s.batch.entries > 0 {
				due.Reset(s.cfg.Gather)
			}
		case <-due.C:
			if err := s.commit(ctx); err != nil {
				return s.end(ctx, err)
			}
		case <-silence.C:
			s.tick(ctx)
		case <-ctx.Done():
			return s.finish(ctx)
		}
	}
}

// drain is how long the last commit may take once Run is told to stop.
const drain = 5 * time.Second

// finish commits what was stepped, also when ctx has ended.
func (s *session) finish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	return s.commit(ctx)
}

// end commits what was stepped before err. Where err only says that ctx has ended, that is no error.
func (s *session) end(ctx context.Context, err error) error {
	finished := s.finish(ctx)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return finished
	}
	return errors.Join(err, finished)
}

// take steps one entry and adds what follows from it to the batch; what the checkpoint already covers is stepped in
// silence.
func (s *session) take(ctx context.Context, e entry) error {
	covered := s.covered(e.stored.Seq)
	s.metrics.pending(e.stored.Pending, covered != whole)
	if e.stored.Missing > 0 && covered != whole {
		s.metrics.missing.Add(float64(e.stored.Missing))
		s.cfg.Log.Error("consumer: the log has a hole: what lay in it is lost", "messages", e.stored.Missing, "before", e.stored.Seq)
	}
	result, err := s.step(ctx, e, covered == whole)
	if err != nil {
		return err
	}
	if covered == whole {
		s.tally.restored()
		return nil
	}
	outputs, err := encode(result.Outputs)
	if err != nil {
		return err
	}
	return s.add(ctx, e, result, outputs, covered)
}

const whole = -1 // all outputs of an entry

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

// step asks the machine. What cannot be decoded is buried and passed over.
func (s *session) step(ctx context.Context, e entry, silent bool) (machine.Result, error) {
	if e.err != nil {
		if silent {
			return machine.Result{}, nil
		}
		s.cfg.Log.Error("consumer: entry of the log cannot be read: buried", "sequence", e.stored.Seq, "subject", e.stored.Subject, "error", e.err)
		if err := s.aside.Bury(ctx, e.stored, e.err); err != nil {
			return machine.Result{}, fmt.Errorf("consumer: bury entry %d: %w", e.stored.Seq, err)
		}
		return machine.Result{Fate: Unreadable}, nil
	}
	in := machine.Input{Seq: e.stored.Seq, Entry: e.noun}
	if told, ok := e.noun.(news.Rules); ok {
		began := s.cfg.Now()
		rules, err := s.compile(ctx, told.Hash)
		if err != nil {
			return machine.Result{}, err
		}
		in.Rules = rules
		s.metrics.adopted(rules.Len(), told.At, s.cfg.Now().Sub(began))
	}
	began := s.cfg.Now()
	result := s.state.Step(in)
	if !silent {
		s.metrics.stepped(s.cfg.Now().Sub(began))
	}
	return result, nil
}

// Unreadable is the fate of an entry that never reached the machine.
const Unreadable machine.Fate = "dead"

// add puts an entry's outputs into the batch. A commit ends between two entries unless one alone exceeds it.
func (s *session) add(ctx context.Context, e entry, result machine.Result, outputs []stream.Message, written int) error {
	if s.batch.entries > 0 && !s.fits(outputs[written:]) {
		if err := s.commit(ctx); err != nil {
			return err
		}
	}
	s.begin(e)
	for n := written; n < len(outputs); n++ {
		if len(s.batch.outputs) > 0 && !s.fits(outputs[n:n+1]) {
			s.next.Sequence, s.next.Written = e.stored.Seq, n
			if err := s.commit(ctx); err != nil {
				return err
			}
			s.begin(e)
		}
		s.put(outputs[n], result.Outputs[n])
	}
	s.next.Sequence, s.next.Written = e.stored.Seq, whole
	s.batch.entries++
	result.Outputs = result.Outputs[written:] // the others were counted when they were committed
	s.batch.told.count(result)
	if r, ok := e.noun.(news.Report); ok && (r.Origin == news.Live || r.Origin == news.Push) {
		s.spoke = s.cfg.Now()
	}
	return nil
}

func (s *session) begin(e entry) {
	if s.batch.oldest.IsZero() {
		s.batch.oldest, s.batch.began = e.stored.Time, s.cfg.Now()
	}
}

func (s *session) fits(outputs []stream.Message) bool {
	n, bytes := len(s.batch.outputs)+len(outputs), s.batch.bytes
	for _, m := range outputs {
		bytes += size(m)
	}
	return n <= s.cfg.MaxBatch && bytes <= s.cfg.MaxBytes
}

func size(m stream.Message) int { return len(m.Subject) + len(m.Data) }

func (s *session) put(m stream.Message, o machine.Output) {
	s.batch.outputs = append(s.batch.outputs, m)
	s.batch.bytes += size(m)
	s.next.Hash = wire.Chain(s.next.Hash, m.Subject, m.Data)
	if o.Alert != nil {
		s.next.Alerts++
		s.batch.alerts = append(s.batch.alerts, *o.Alert)
		return
	}
	s.next.Events++
	s.batch.events = append(s.batch.events, enriched{o.Event.Event.What.Type, o.Event.Standing})
}

// commit stores the batch and the checkpoint as one. Where the position has not moved, there is nothing to store.
func (s *session) commit(ctx context.Context) error {
	if s.next.Sequence == s.checkpoint.Sequence && s.next.Written == s.checkpoint.Written {
		return nil
	}
	s.next.Commit = s.checkpoint.Commit + 1
	data, err := wire.EncodeCheckpoint(s.next)
	if err != nil {
		return err
	}
	began := s.cfg.Now()
	last, err := s.log.Commit(ctx, s.cfg.Shard, s.batch.outputs, data, s.last)
	if err != nil {
		return fmt.Errorf("consumer: commit %d outputs of %d entries: %w", len(s.batch.outputs), s.batch.entries, err)
	}
	now := s.cfg.Now()
	s.last, s.checkpoint = last, s.next
	s.metrics.committed(&s.batch, s.checkpoint, began, now)
	s.tally.commit(&s.batch, s.checkpoint)
	s.batch = batch{outputs: s.batch.outputs[:0], events: s.batch.events[:0]}
	return nil
}

// tick writes the time into the log when the live sources have been silent.
func (s *session) tick(ctx context.Context) {
	now := s.cfg.Now()
	if !s.state.Live() || now.Sub(s.spoke) < s.cfg.TickAfter {
		return
	}
	if err := s.aside.Tick(ctx, now); err != nil {
		s.cfg.Log.Warn("consumer: the time could not be written into the log; trying again", "error", err)
		return
	}
	s.spoke = now
}

// encode turns outputs into messages, in their order.
func encode(outputs []machine.Output) ([]stream.Message, error) {
	out := make([]stream.Message, 0, len(outputs))
	for _, o := range outputs {
		m, err := o.Message()
		if err != nil {
			return nil, fmt.Errorf("consumer: %w", err)
		}
		out = append(out, stream.Message(m))
	}
	return out, nil
}
