package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// What goes from stage to stage at once: few enough entries that memory stays small, many enough that the way costs
// little.
const (
	batchJobs  = 64
	batchBytes = 1 << 20
)

// saying is what the machine said, on its way to the recorders, and perhaps a mark behind it.
type saying struct {
	outputs []machine.Output
	first   uint64 // number of the first output
	said    []Said
	err     error
	mark    *mark
}

// flow is read → prepare (side by side) → step (one after the other) → encode (side by side) → record.
//
// ctx ends the reading and the stepping; what was stepped is encoded and recorded all the same.
func (s *session) flow(ctx context.Context) error {
	g, working := errgroup.WithContext(context.WithoutCancel(ctx))
	reading, stop := context.WithCancel(ctx)
	defer stop()
	context.AfterFunc(working, stop) // a recorder that fails ends the reading
	var broken error
	var ended atomic.Bool
	read := make(chan []*job)
	g.Go(func() error {
		defer close(read)
		broken = s.read(reading, working, read)
		ended.Store(broken == nil && reading.Err() == nil)
		return nil
	})
	prepared := inOrder(working, g, s.Workers, read, func(jobs []*job) {
		for _, j := range jobs {
			if reading.Err() != nil {
				return // it will not be stepped
			}
			s.prepare(j)
		}
	})
	stepped := make(chan *saying)
	g.Go(func() error {
		defer close(stepped)
		return s.stepAll(reading, working, prepared, stepped, &ended)
	})
	encoded := inOrder(working, g, s.Workers, stepped, (*saying).encode)
	g.Go(func() error { return s.record(working, encoded) })
	var yielding sync.WaitGroup
	if s.Lag != nil {
		yielding.Go(func() { s.Control.yield(working, s.Lag) })
	}
	err := g.Wait() // working ends with it
	yielding.Wait()
	if err == nil && s.final.Complete {
		return nil
	}
	return errors.Join(err, broken, ctx.Err())
}

// read gathers the source's entries into batches. It returns nil at the source's end and when ctx ends.
func (s *session) read(ctx, working context.Context, out chan<- []*job) error {
	for {
		jobs, err := s.gather(ctx)
		if len(jobs) > 0 && !send(working, out, jobs) {
			return nil
		}
		switch {
		case errors.Is(err, io.EOF) || ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("replay: %w", err)
		}
	}
}

func (s *session) gather(ctx context.Context) (jobs []*job, err error) {
	for bytes := 0; len(jobs) < batchJobs && bytes < batchBytes; {
		entry, err := s.Source.Next(ctx)
		bad := new(BadEntry)
		if err != nil && !errors.As(err, &bad) {
			return jobs, err
		}
		if s.passed > 0 {
			s.passed--
			continue
		}
		jobs = append(jobs, &job{entry: entry, err: err})
		bytes += len(entry.Data)
		if entry.Report != nil {
			bytes += len(entry.Report.Article.Text)
		}
	}
	return jobs, nil
}

// stepAll steps what was prepared, in order, and leaves marks from time to time and at the end.
func (s *session) stepAll(ctx, working context.Context, in <-chan []*job, out chan<- *saying, ended *atomic.Bool) error {
	t := &stepper{session: s, out: out, working: working, next: &saying{first: s.tally.hashing.Said + 1}}
	whole := true
	since := time.Now()
	for jobs := range in {
		for _, j := range jobs {
			stepped, err := t.one(ctx, j)
			if err != nil { // the job may be counted and not stepped: no mark stands behind it, whether ctx has ended or not
				return err
			}
			if !stepped {
				whole = false
				break
			}
		}
		s.Control.note(s.tally)
		if time.Since(since) < max(s.Every, 20*time.Duration(s.cost.Load())) || s.saving.Load() || ctx.Err() != nil {
			continue
		}
		if err := t.mark(false); err != nil {
			return err
		}
		since = time.Now()
	}
	if whole = whole && ended.Load(); whole {
		if err := t.finish(working); err != nil {
			return err
		}
	}
	s.Control.note(s.tally)
	return t.mark(whole)
}

// stepper is the one goroutine that owns the machine.
type stepper struct {
	*session
	working context.Context //nolint:containedctx // of this one goroutine, as long as it lives
	out     chan<- *saying
	next    *saying
	room    []machine.Suppression // of the step before, which are counted
}

// full is how many outputs go on together.
const full = 128

// one steps a job, when it is time for it, if ctx has not ended by then.
func (t *stepper) one(ctx context.Context, j *job) (stepped bool, err error) {
	if j.err == nil && j.place == telling {
		err = t.Control.wait(ctx, j.at, t.flush)
	}
	if ctx.Err() != nil {
		return false, nil // it may be what ended the wait
	}
	if err == nil {
		err = t.take(t.working, j)
	}
	if err == nil && len(t.next.outputs) >= full {
		err = t.flush()
	}
	return true, err
}

// flush hands on what was said.
func (t *stepper) flush() error {
	t.Control.note(t.tally)
	if len(t.next.outputs) == 0 && t.next.mark == nil {
		return nil
	}
	if !send(t.working, t.out, t.next) {
		return t.working.Err()
	}
	t.next = &saying{first: t.tally.hashing.Said + 1}
	return nil
}

// mark hands on all that is needed to go on from here. The machine steps on while a picture of it is written.
func (t *stepper) mark(complete bool) error {
	t.tally.found.Complete = complete
	m := &mark{Summary: t.tally.summary(), Hashing: t.tally.hashing.clone()}
	if !complete {
		m.picture = t.state.Picture()
	}
	t.saving.Store(true)
	t.next.mark = m
	return t.flush()
}

// finish tells the time at the end of archives. Rules that nothing came behind are not put in force.
func (t *stepper) finish(ctx context.Context) error {
	if t.tally.hashing.Held != nil {
		t.tally.hashing.Held = nil
		t.tally.found.Entries.Skipped++
	}
	if now := t.state.Now(); t.EndTick && !now.IsZero() {
		j := &job{noun: news.Tick{At: now}, at: now, place: telling, digest: digest("tick", nil)}
		t.tally.read(j)
		return t.apply(ctx, j)
	}
	return nil
}

// take counts a job and steps it where it lies in the scope. Rules lie where they stand in the log, whatever their time,
// which in a log of archives is another than the reports': the last ones told before a report count.
func (t *stepper) take(ctx context.Context, j *job) error {
	t.tally.read(j)
	if j.err != nil {
		t.tally.dead(j)
		return nil
	}
	_, isRules := j.noun.(news.Rules)
	switch {
	case isRules && t.Rules != nil:
		t.tally.found.Entries.Skipped++
		return nil
	case isRules:
		if t.tally.hashing.Held != nil {
			t.tally.found.Entries.Skipped++
		}
		t.tally.hashing.Held = &Held{j.entry, t.tally.found.Position.Sequence}
		return nil
	case j.place == outside:
		t.tally.found.Entries.Skipped++
		return nil
	}
	if err := t.adopt(ctx); err != nil {
		return err
	}
	return t.apply(ctx, j)
}

// adopt puts the rules in force that were told last before the first entry that is stepped under them. Those that are in
// force already, told again as live tells them every day, change nothing.
func (t *stepper) adopt(ctx context.Context) error {
	held := t.tally.hashing.Held
	if held == nil {
		return nil
	}
	t.tally.hashing.Held = nil
	j := &job{entry: held.Entry}
	if err := t.decode(j); err != nil {
		return err
	}
	told := j.noun.(news.Rules) //nolint:forcetypeassert // nothing else is held
	if t.tally.inForce() == told.Hash {
		t.tally.found.Entries.Skipped++
		return nil
	}
	j.digest = digest(wire.RulesKind, []byte(told.Hash))
	return t.apply(ctx, j)
}

// apply steps a job.
func (t *stepper) apply(ctx context.Context, j *job) error {
	in := machine.Input{Seq: t.tally.found.Position.Sequence, Entry: j.noun, Prepared: j.prepared, Room: t.room}
	if told, ok := j.noun.(news.Rules); ok {
		set, err := t.compile(ctx, told.Hash)
		if err != nil {
			return err
		}
		in.Rules = set
		t.tally.adopt(told.Hash, t.rules.list)
	}
	t.tally.chain(j)
	result := t.state.Step(in)
	t.room = result.Suppressed
	if j.place != telling {
		t.tally.warmed(j)
		return nil
	}
	t.tally.told(j, &result)
	t.next.outputs = append(t.next.outputs, result.Outputs...)
	return nil
}

// encode makes messages of what was said. It is called by many goroutines at once.
func (x *saying) encode() {
	x.said = make([]Said, 0, len(x.outputs))
	for i, o := range x.outputs {
		m, err := o.Message()
		if err != nil {
			x.err = fmt.Errorf("replay: %w", err)
			return
		}
		x.said = append(x.said, Said{Number: x.first + uint64(i), Subject: m.Subject, Data: m.Data, Alert: o.Alert})
	}
	x.outputs = nil
}

// record hands what was said to the recorders, and keeps the marks.
func (s *session) record(ctx context.Context, in <-chan *saying) error {
	for x := range in {
		if x.err != nil {
			return x.err
		}
		if len(x.said) > 0 {
			if err := s.Dir.Record(ctx, x.said); err != nil {
				return err
			}
			for _, r := range s.Also {
				if err := r.Record(ctx, x.said); err != nil {
					return err
				}
			}
		}
		if x.mark != nil {
			began := time.Now()
			var err error
			if s.final, err = s.Dir.save(x.mark); err != nil {
				return err
			}
			s.cost.Store(int64(time.Since(began)))
			s.saving.Store(false)
		}
	}
	return nil
}
