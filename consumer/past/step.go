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

// inOrder does n things on all cores, some ahead of who asks for the next. end ends that, and waits for it.
func inOrder[T any](ctx context.Context, n int, do func(ctx context.Context, i int) (T, error)) (next func() (T, error), end func()) {
	type result struct {
		of  T
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	queue := make(chan chan result, runtime.GOMAXPROCS(0))
	var work sync.WaitGroup
	work.Go(func() {
		for i := range n {
			done := make(chan result, 1)
			select {
			case queue <- done:
			case <-ctx.Done():
				return
			}
			work.Go(func() {
				of, err := do(ctx, i)
				done <- result{of, err}
			})
		}
	})
	next = func() (T, error) {
		select {
		case done := <-queue:
			r := <-done
			return r.of, r.err
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
	return next, func() { cancel(); work.Wait() }
}

// batch is how many entries are read at once.
const batch = 128

// reader reads entries ahead of the machine, and finds ahead of it which of them satisfy the rule.
type reader struct {
	next   func() (map[uint64]read, error)
	now    map[uint64]read
	seen   int // entries that were asked for
	wanted int
	end    func()
}

type read struct {
	entry    news.Entry
	prepared *machine.Prepared
}

// readAhead begins to read.
func (a *asking) readAhead(ctx context.Context, wanted []uint64) *reader {
	r := &reader{wanted: len(wanted)}
	batches := slices.Collect(slices.Chunk(wanted, batch))
	r.next, r.end = inOrder(ctx, len(batches), func(ctx context.Context, i int) (map[uint64]read, error) { return a.fetch(ctx, batches[i]) })
	return r
}

func (a *asking) fetch(ctx context.Context, seqs []uint64) (map[uint64]read, error) {
	of := make(map[uint64]read, len(seqs))
	err := a.log.Entries(ctx, seqs, func(seq uint64, e news.Entry) error {
		one := read{entry: e}
		if report, ok := e.(news.Report); ok {
			one.prepared = a.rules.Prepare(&report)
		}
		of[seq] = one
		return ctx.Err()
	})
	return of, err
}

// entry is the next of the entries that are wanted; nil inside where the log does not hold it any more.
func (r *reader) entry(seq uint64) (read, error) {
	if r.seen%batch == 0 {
		var err error
		if r.now, err = r.next(); err != nil {
			return read{}, err
		}
	}
	r.seen++
	return r.now[seq], nil
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
		if _, err := a.one(r, e.seq, e.story); err != nil {
			return err
		}
	}
	stories, end := inOrder(ctx, len(a.parts), func(_ context.Context, i int) (map[uint32]*news.Story, error) { return a.parts[i].stories() })
	defer end()
	for _, p := range a.parts {
		told, err := stories()
		if err == nil {
			err = a.part(r, p, told)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stories are those of the reports that are to be read.
func (p *part) stories() (map[uint32]*news.Story, error) {
	out := make(map[uint32]*news.Story, len(p.read))
	err := p.segment.Stories(p.read, func(n uint32, story *news.Story) { out[n] = story })
	return out, err
}

// part steps what is to be read of a segment, and passes what stands between.
func (a *asking) part(r *reader, p *part, stories map[uint32]*news.Story) error {
	at := 0
	for _, n := range p.read {
		if err := a.pass(p, at, int(n)); err != nil {
			return err
		}
		at = int(n)
		if at == p.start {
			a.adopt(p)
		}
		found, err := a.one(r, p.seq[n], stories[n])
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
func (a *asking) one(r *reader, seq uint64, story *news.Story) (found bool, err error) {
	e, err := r.entry(seq)
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
