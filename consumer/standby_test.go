package consumer_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// turns are given by the test.
type turns struct {
	given  chan chan struct{} // each the lost channel of a turn
	passed chan struct{}
}

func newTurns() *turns {
	return &turns{given: make(chan chan struct{}, 8), passed: make(chan struct{}, 8)}
}

// give makes it the machine's turn; closing what it returns takes the turn away.
func (t *turns) give() (lost chan struct{}) {
	lost = make(chan struct{})
	t.given <- lost
	return lost
}

func (t *turns) Take(ctx context.Context) (<-chan struct{}, func(), error) {
	select {
	case lost := <-t.given:
		return lost, func() { t.passed <- struct{}{} }, nil
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}

// undisturbed is what one machine says over the log that build makes, with nothing going wrong.
func undisturbed(t *testing.T, build func(*house)) []string {
	t.Helper()
	h := newHouse(t)
	build(h)
	c := h.consumer(consumer.Config{})
	stop := running(c)
	h.reads(c)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	return h.outputs()
}

// audited fails where Verify finds a problem.
func (h *house) audited(shard int) consumer.Audit {
	h.t.Helper()
	a, err := consumer.Verify(h.t.Context(), h, shard)
	if err != nil || len(a.Problems) > 0 {
		h.t.Errorf("the audit finds %q (%v)", a.Problems, err)
	}
	return a
}

func manyBundles(n int) func(h *house) {
	return func(h *house) {
		h.tellRules("1")
		for i := range n {
			h.tell(bundle(h.t, i, i%4, news.Archive)...)
		}
	}
}

// The machine whose turn it is dies between a step and its commit; the standby, which has stepped all of the log by then,
// takes over and commits exactly what is missing.
func TestAStandbyTakesOverWhatWasSteppedAndNotCommitted(t *testing.T) {
	build := manyBundles(60)
	want := undisturbed(t, build)
	for _, commits := range []int{0, 1, 4} {
		h := newHouse(t)
		cfg := consumer.Config{MaxBatch: 7, Gather: time.Millisecond, Watch: 10 * time.Millisecond}
		cfg.Turn = newTurns()
		cfg.Turn.(*turns).give()
		dying, err := consumer.New(&failing{h, commits}, h, h, gazetteer.Default(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		waiting := newTurns()
		cfg.Turn = waiting
		standby := h.beside().consumer(cfg)
		stop := running(standby)
		build(h)
		if err := dying.Run(t.Context()); !errors.Is(err, errDied) {
			t.Fatalf("after %d commits: %v", commits, err)
		}
		if commits > 0 {
			h.follows(standby)
		}
		waiting.give()
		h.reads(standby)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, h.outputs()); diff != "" {
			t.Errorf("dead after %d commits:\n%s", commits, diff)
		}
		h.audited(0)
	}
}

// follows waits until c knows a checkpoint that another machine wrote.
func (h *house) follows(c *consumer.Consumer) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 10*time.Second)
	defer cancel()
	if err := c.Await(ctx, 1); err != nil {
		h.t.Fatalf("the standby does not see the checkpoint move: %v", err)
	}
}

// sleeping is a log whose commits, once it is asleep, wait until it wakes.
type sleeping struct {
	*house
	asleep atomic.Bool
	wake   chan struct{}
}

func (s *sleeping) Commit(ctx context.Context, shard int, outputs []stream.Message, checkpoint []byte, last uint64) (uint64, error) {
	if s.asleep.Load() {
		<-s.wake
	}
	return s.house.Commit(ctx, shard, outputs, checkpoint, last)
}

// A machine that was stopped for a while wakes up and believes that it still is its turn: the checkpoint refuses what it
// commits, it gives its turn up, and the turns that follow change nothing in what is said.
func TestAMachineThatSleptThroughItsTurnStandsByAndMayLeadAgain(t *testing.T) {
	build := manyBundles(40)
	more := func(h *house) { h.tell(bundle(h.t, 100, 2, news.Archive)...) }
	last := func(h *house) { h.tell(bundle(h.t, 101, 1, news.Archive)...) }
	want := undisturbed(t, func(h *house) { build(h); more(h); last(h) })

	h := newHouse(t)
	build(h)
	cfg := consumer.Config{MaxBatch: 5, Gather: time.Millisecond, Watch: 10 * time.Millisecond}
	sleeper, other := newTurns(), newTurns()
	log := &sleeping{house: h, wake: make(chan struct{})}
	cfg.Turn = sleeper
	first, err := consumer.New(log, h, h, gazetteer.Default(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	stopFirst := running(first)
	sleeper.give()
	h.reads(first)
	log.asleep.Store(true)
	cfg.Turn = other
	second := h.beside().consumer(cfg)
	stopSecond := running(second)
	lost := other.give() // the first one does not know
	more(h)
	h.reads(second)
	close(log.wake)
	select {
	case <-sleeper.passed:
	case <-time.After(10 * time.Second):
		t.Error("the machine that was replaced keeps its turn")
	}
	close(lost)
	<-other.passed
	sleeper.give()
	last(h)
	h.reads(first)
	for name, stop := range map[string]func() error{"first": stopFirst, "second": stopSecond} {
		if err := stop(); err != nil {
			t.Errorf("the %s machine ends with %v", name, err)
		}
	}
	if diff := cmp.Diff(want, h.outputs()); diff != "" {
		t.Error(diff)
	}
	h.audited(0)
}

func TestAStandbyRunsAheadOnlySoFarAndGoesOnWithTheCheckpoint(t *testing.T) {
	build := manyBundles(80)
	want := undisturbed(t, build)
	h := newHouse(t)
	build(h)
	cfg := consumer.Config{MaxAhead: 5, Ahead: 1, MaxBatch: 6, Gather: time.Millisecond, Watch: 10 * time.Millisecond}
	waiting, leading := newTurns(), newTurns()
	cfg.Turn = waiting
	standby := h.beside().consumer(cfg)
	stopStandby := running(standby)
	cfg.Turn = leading
	leader := h.consumer(cfg)
	stopLeader := running(leader)
	lost := leading.give()
	h.reads(leader)
	h.reads(standby) // its own view of the checkpoint
	close(lost)
	<-leading.passed
	h.tell(bundle(t, 200, 1, news.Archive)...)
	waiting.give()
	h.reads(standby)
	for name, stop := range map[string]func() error{"leader": stopLeader, "standby": stopStandby} {
		if err := stop(); err != nil {
			t.Errorf("the %s ends with %v", name, err)
		}
	}
	if diff := cmp.Diff(append(want, anEvent, anAlert), h.outputs()); diff != "" {
		t.Error(diff)
	}
}

func TestAStandbyWritesNothing(t *testing.T) {
	h := newHouse(t)
	manyBundles(20)(h)
	h.tell(wireMessage("report.en.broken", "{"))
	c := h.consumer(consumer.Config{Turn: newTurns(), Vault: h, Gather: time.Millisecond, Watch: time.Millisecond, TickAfter: time.Millisecond})
	stop := running(c)
	time.Sleep(300 * time.Millisecond)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	events, err := h.Last(t.Context(), stream.Events)
	kept, err2 := h.Snapshots(t.Context(), "0-of-1")
	if errors.Join(err, err2) != nil || events != 0 || len(kept) > 0 || len(h.ticks) > 0 || len(h.buried) > 0 {
		t.Errorf("a standby wrote %d events, %d snapshots, %d ticks, %q (%v)", events, len(kept), len(h.ticks), h.buried, errors.Join(err, err2))
	}
}
