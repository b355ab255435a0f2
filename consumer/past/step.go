package past

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// ahead is how many entries are read at once, beside as many batches more as there are cores.
const ahead = 128

// reader reads entries ahead of the machine, and finds ahead of it which of them satisfy the rule.
type reader struct {
	batches chan chan batch
	now     batch
	seen    int // entries that were asked for
	wanted  int
	end     func() // ends the reading, and waits for that
}

type batch struct {
	of  map[uint64]read
	err error
}

type read struct {
	entry    news.Entry
	prepared *machine.Prepared
}

// readAhead begins to read.
func (a *asking) readAhead(ctx context.Context, wanted []uint64) *reader {
	ctx, cancel := context.WithCancel(ctx)
	r := &reader{batches: make(chan chan batch, runtime.GOMAXPROCS(0)), wanted: len(wanted)}
	var g sync.WaitGroup
	g.Go(func() {
		for seqs := range slices.Chunk(wanted, ahead) {
			done := make(chan batch, 1)
			select {
			case r.batches <- done:
			case <-ctx.Done():
				return
			}
			g.Go(func() { done <- a.fetch(ctx, seqs) })
		}
	})
	r.end = func() {
		cancel()
		g.Wait()
	}
	return r
}

func (a *asking) fetch(ctx context.Context, seqs []uint64) batch {
	b := batch{of: make(map[uint64]read, len(seqs))}
	b.err = a.log.Entries(ctx, seqs, func(seq uint64, e news.Entry) error {
		one := read{entry: e}
		if report, ok := e.(news.Report); ok {
			one.prepared = a.rules.Prepare(report)
		}
		b.of[seq] = one
		return ctx.Err()
	})
	return b
}

// next is the next of the entries that are wanted; its entry is nil where the log does not hold it any more.
func (r *reader) next(ctx context.Context, seq uint64) (read, error) {
	if r.seen%ahead == 0 {
		select {
		case done := <-r.batches:
			r.now = <-done
		case <-ctx.Done():
			return read{}, ctx.Err()
		}
		if r.now.err != nil {
			return read{}, r.now.err
		}
	}
	r.seen++
	return r.now.of[seq], nil
}

// step runs a machine over the stretch: what is to be read is stepped, of everything else the time passes.
func (a *asking) step(ctx context.Context) error {
	if a.answer.Start.IsZero() {
		return nil
	}
	var wanted []uint64
	for _, e := range a.older {
		wanted = append(wanted, e.seq)
	}
	for _, p := range a.parts {
		for _, n := range p.read {
			wanted = append(wanted, p.seq[n])
		}
	}
	a.answer.Candidates = len(wanted)
	r := a.readAhead(ctx, wanted)
	defer r.end()
	a.state = machine.StateAt(a.parts[0].segment.Begins())
	for _, e := range a.older {
		if _, err := a.one(ctx, r, e.seq, e.story); err != nil {
			return err
		}
	}
	for _, p := range a.parts {
		if err := a.part(ctx, r, p); err != nil {
			return err
		}
	}
	return nil
}

// part steps what is to be read of a segment, and passes what stands between.
func (a *asking) part(ctx context.Context, r *reader, p *part) error {
	at := 0
	for _, n := range p.read {
		if err := a.pass(p, at, int(n)); err != nil {
			return err
		}
		at = int(n)
		if at == p.start {
			a.adopt(p)
		}
		found, err := a.one(ctx, r, p.seq[n], p.stories[n])
		if err == nil && !found {
			err = a.passOne(p, at)
		}
		if err != nil {
			return err
		}
		at++
	}
	return a.pass(p, at, len(p.at))
}

// adopt puts the rule in force where the stretch begins.
func (a *asking) adopt(p *part) {
	if a.state.Rules() == nil {
		a.state.Step(machine.Input{Seq: p.seq[p.start], Entry: news.Rules{Hash: "preview"}, Rules: a.rules})
	}
}

// one steps an entry that is to be read, and tells whether the log still holds it.
func (a *asking) one(ctx context.Context, r *reader, seq uint64, story *news.Story) (found bool, err error) {
	e, err := r.next(ctx, seq)
	if err != nil {
		return false, err
	}
	if a.question.Progress != nil {
		a.question.Progress(r.seen, r.wanted)
	}
	if e.entry == nil {
		a.answer.Lost++
		return false, nil
	}
	return true, a.tell(a.state.Step(machine.Input{Seq: seq, Entry: e.entry, Story: story, Prepared: e.prepared}))
}

// pass lets the time of entries pass, all at once while nothing is due.
func (a *asking) pass(p *part, from, to int) error {
	if from <= p.start && p.start < to {
		if err := a.passAll(p, from, p.start); err != nil {
			return err
		}
		a.adopt(p)
		from = p.start
	}
	return a.passAll(p, from, to)
}

func (a *asking) passAll(p *part, from, to int) error {
	for from < to {
		n, t := p.idle(from, to, nanoseconds(a.state.Idle()), a.state.Live())
		if n > from {
			if t.clock != never && t.live {
				if err := a.tell(a.state.Pass(time.Unix(0, t.clock).UTC(), news.Live)); err != nil {
					return err
				}
			}
			if err := a.tell(a.state.Pass(time.Unix(0, t.highest).UTC(), news.Archive)); err != nil {
				return err
			}
		}
		if from = n; from < to {
			if err := a.passOne(p, from); err != nil {
				return err
			}
			from++
		}
	}
	return nil
}

const never = math.MinInt64

// nanoseconds is a time as columns have it; never for one that is before all of them.
func nanoseconds(t time.Time) int64 {
	if t.Year() < 1700 {
		return never
	}
	return t.UnixNano()
}

// moved is what entries that are passed do to the time.
type moved struct {
	highest, clock int64 // of those that move windows; never: none does
	live           bool
}

// idle passes entries until one is not older than what is due. Which of them move windows is what State.Pass and
// State.Step say.
func (p *part) idle(from, to int, due int64, live bool) (int, moved) {
	t := moved{never, never, live}
	for n := from; n < to; n++ {
		at := p.at[n]
		if at >= due {
			return n, t
		}
		t.highest = max(t.highest, at)
		switch p.kind[n] {
		case byte(Report)<<4 | liveOrigin, byte(Report)<<4 | pushOrigin:
			t.live = true
			t.clock = max(t.clock, at)
		case byte(Tick) << 4:
			t.clock = max(t.clock, at)
		default:
			if !t.live {
				t.clock = max(t.clock, at)
			}
		}
	}
	return to, t
}

// passOne lets the time of an entry pass that is not read.
func (a *asking) passOne(p *part, n int) error {
	at := time.Unix(0, p.at[n]).UTC()
	if Kind(p.kind[n]>>4) == Tick {
		return a.tell(a.state.Step(machine.Input{Seq: p.seq[n], Entry: news.Tick{At: at}}))
	}
	return a.tell(a.state.Pass(at, origins[p.kind[n]&15])) // of a correction that matters to nobody, too
}

func (a *asking) tell(result machine.Result) error {
	for _, s := range result.Suppressed {
		a.answer.Suppressed[s.Reason]++
	}
	for _, o := range result.Outputs {
		if o.Alert == nil {
			continue
		}
		if err := a.question.Told(*o.Alert); err != nil {
			return err
		}
	}
	return nil
}
