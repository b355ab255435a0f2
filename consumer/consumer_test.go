package consumer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// house is a real server with a log in it.
type house struct {
	*stream.Hub
	server *stream.Server
	t      testing.TB

	mu     sync.Mutex
	buried []string
	ticks  []time.Time
	rules  map[string][]rule.Rule
}

func newHouse(t testing.TB) *house {
	t.Helper()
	server, err := stream.Serve(t.Context(), stream.ServerConfig{Dir: t.TempDir(), Port: -1, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	hub, err := stream.Connect(t.Context(), stream.Config{Server: server})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hub.Close)
	if err := hub.Setup(t.Context(), stream.Manage); err != nil {
		t.Fatal(err)
	}
	r, err := rule.New("rupture", "what:SANCTION who:RUS")
	if err != nil {
		t.Fatal(err)
	}
	r.When.Each = rule.EachEvent
	return &house{Hub: hub, server: server, t: t, rules: map[string][]rule.Rule{"1": {r}}}
}

// beside is the same house by a connection of its own, as another process has it.
func (h *house) beside() *house {
	h.t.Helper()
	hub, err := stream.Connect(h.t.Context(), stream.Config{Server: h.server})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(hub.Close)
	return &house{Hub: hub, server: h.server, t: h.t, rules: h.rules}
}

func (h *house) Rules(_ context.Context, hash string) ([]rule.Rule, error) {
	if r, ok := h.rules[hash]; ok {
		return r, nil
	}
	return nil, stream.ErrNotFound
}

func (h *house) Bury(_ context.Context, entry stream.Stored, why error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.buried = append(h.buried, fmt.Sprintf("%s %s: %v", entry.Subject, entry.Data, why))
	return nil
}

func (h *house) Tick(ctx context.Context, at time.Time) error {
	h.mu.Lock()
	h.ticks = append(h.ticks, at)
	h.mu.Unlock()
	m, err := wire.Tick(news.Tick{At: at})
	if err != nil {
		return err
	}
	return h.publish(ctx, m)
}

func (h *house) publish(ctx context.Context, messages ...wire.Message) error {
	bundle := make([]stream.Message, len(messages))
	for i, m := range messages {
		bundle[i] = stream.Message(m)
	}
	_, err := h.PublishBatch(ctx, [][]stream.Message{bundle})
	return err
}

func (h *house) tell(messages ...wire.Message) {
	h.t.Helper()
	if err := h.publish(h.t.Context(), messages...); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) tellRules(hash string) {
	h.t.Helper()
	m, err := wire.Rules(news.Rules{Version: "v" + hash, Hash: hash, At: start})
	if err != nil {
		h.t.Fatal(err)
	}
	h.tell(m)
}

var start = time.Date(2021, 10, 1, 0, 0, 0, 0, time.UTC)

func bundle(t testing.TB, n, events int, origin news.Origin) []wire.Message {
	t.Helper()
	at := start.Add(time.Duration(n) * time.Minute)
	a := news.Article{
		URL: fmt.Sprintf("https://example.org/%d", n), Publisher: "example.org", Language: "en", Text: "Russia suspends its mission.", Seen: at,
		Published: news.Interval{Start: at, End: at.Add(time.Second), Grain: news.Instant},
	}.Identify("")
	var told []news.Event
	for range events {
		told = append(told, news.Event{
			Who: []news.Actor{{Key: "rus", Country: "RUS"}}, What: news.NewAction(plover.Sanction, "withdraw", "161"), Realis: news.Actual,
			Cites: []news.Citation{{Sentence: 1}},
		})
	}
	out, err := wire.Bundle(news.Report{Article: a, Events: news.Identify(a.ID, told), At: at, Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (h *house) consumer(cfg consumer.Config) *consumer.Consumer {
	h.t.Helper()
	c, err := consumer.New(h, h, h, gazetteer.Default(), cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// running runs c until the returned stop is called, which gives Run's error.
func running(c *consumer.Consumer) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	return func() error { cancel(); return <-done }
}

// reads waits until c has committed the whole log.
func (h *house) reads(c *consumer.Consumer) {
	h.t.Helper()
	last, err := h.Last(h.t.Context(), stream.Reports)
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
	defer cancel()
	if err := c.Await(ctx, last); err != nil {
		h.t.Fatalf("the log is committed up to %d of %d: %v", c.Counts().Sequence, last, err)
	}
}

// outputs are the subjects of what was committed, in order, checkpoints left out.
func (h *house) outputs() (subjects []string) {
	h.t.Helper()
	err := h.Scan(h.t.Context(), stream.Events, "", 1, func(m stream.Stored) error {
		if wire.Kind(m.Subject) != wire.CheckpointKind {
			subjects = append(subjects, m.Subject)
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return subjects
}

const (
	anEvent = "event.news.sanction.rus.none"
	anAlert = "alert.none.rupture.medium"
)

func TestWhatIsReadIsCommittedOnceAcrossRestarts(t *testing.T) {
	h := newHouse(t)
	h.tellRules("1")
	var want []string
	for n := range 3 {
		h.tell(bundle(t, n, 2, news.Archive)...)
		want = append(want, anEvent, anEvent, anAlert, anAlert)
		c := h.consumer(consumer.Config{})
		stop := running(c)
		h.reads(c)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if got := c.Counts(); got.Alerts != 2 || got.Before != uint64(2*n) || got.Fates[machine.Stepped] != 1 {
			t.Errorf("life %d counts %+v", n, got)
		}
	}
	if diff := cmp.Diff(want, h.outputs()); diff != "" {
		t.Error(diff)
	}
	if a, err := consumer.Verify(t.Context(), h, 0); err != nil || len(a.Problems) > 0 || a.Alerts != 6 || a.Events != 6 || a.Beyond != 0 {
		t.Errorf("the audit finds %+v (%v)", a, err)
	}
}

// failing is a log whose commits fail after some, as those of a machine that dies do.
type failing struct {
	*house
	commits int // before the failure
}

var errDied = errors.New("died")

func (f *failing) Commit(ctx context.Context, shard int, outputs []stream.Message, checkpoint []byte, last uint64) (uint64, error) {
	if f.commits == 0 {
		return 0, errDied
	}
	f.commits--
	return f.house.Commit(ctx, shard, outputs, checkpoint, last)
}

// One report has more outputs than fit into a commit, and the machine dies between any two of them.
func TestAReportIsCommittedInPartsAndGoesOnWhereItWas(t *testing.T) {
	undisturbed := newHouse(t)
	build := func(h *house) {
		h.tellRules("1")
		h.tell(bundle(t, 1, 9, news.Archive)...)
		h.tell(bundle(t, 2, 1, news.Archive)...)
	}
	build(undisturbed)
	c := undisturbed.consumer(consumer.Config{})
	stop := running(c)
	undisturbed.reads(c)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	want := undisturbed.outputs()
	if len(want) != 20 {
		t.Fatalf("%d outputs, want 20", len(want))
	}
	for commits := range 6 {
		h := newHouse(t)
		build(h)
		cfg := consumer.Config{MaxBatch: 4}
		dying, err := consumer.New(&failing{h, commits}, h, h, gazetteer.Default(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := dying.Run(t.Context()); !errors.Is(err, errDied) {
			t.Fatalf("after %d commits: %v", commits, err)
		}
		c := h.consumer(cfg)
		stop := running(c)
		h.reads(c)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, h.outputs()); diff != "" {
			t.Errorf("dead after %d commits, then restarted:\n%s", commits, diff)
		}
		if a, err := consumer.Verify(t.Context(), h, 0); err != nil || len(a.Problems) > 0 {
			t.Errorf("dead after %d commits, then restarted: the audit finds %q (%v)", commits, a.Problems, err)
		}
	}
}

func TestAMachineThatAnotherReplacedIsFencedAndHeardByNobody(t *testing.T) {
	h := newHouse(t)
	h.tellRules("1")
	stale := h.consumer(consumer.Config{})
	stop := running(stale)
	h.reads(stale)
	var heard []string
	listening, end := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- h.Listen(listening, "alert.>", func() { close(ready) }, func(m stream.Message) error {
			heard = append(heard, m.Subject)
			return nil
		})
	}()
	<-ready

	// The other machine commits what comes next; the stale one reads it too, and its batch is refused.
	other := h.consumer(consumer.Config{Gather: time.Millisecond})
	otherStop := running(other)
	slow := bundle(t, 1, 1, news.Archive)
	h.tell(slow...)
	h.reads(other)
	done := make(chan error, 1)
	go func() { done <- stop() }()
	err := <-done
	if err != nil && !errors.Is(err, stream.ErrFenced) {
		t.Errorf("the stale machine ends with %v", err)
	}
	if err := otherStop(); err != nil && !errors.Is(err, stream.ErrFenced) {
		t.Errorf("the other machine ends with %v", err)
	}
	if diff := cmp.Diff([]string{anEvent, anAlert}, h.outputs()); diff != "" {
		t.Error(diff)
	}
	time.Sleep(100 * time.Millisecond)
	end()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{anAlert}, heard); diff != "" {
		t.Errorf("a listener hears\n%s", diff)
	}
}

// stalled is a log whose commits wait for their context, as those of a server that hangs do; the last one gets through.
type stalled struct {
	*house
	waiting chan struct{}
	once    sync.Once
}

func (s *stalled) Commit(ctx context.Context, shard int, outputs []stream.Message, checkpoint []byte, last uint64) (uint64, error) {
	stall := false
	s.once.Do(func() { stall = true })
	if !stall {
		return s.house.Commit(ctx, shard, outputs, checkpoint, last)
	}
	close(s.waiting)
	<-ctx.Done()
	return 0, fmt.Errorf("commit: %w", ctx.Err())
}

func TestAMachineStoppedWithinACommitCommitsAndEndsWithoutAnError(t *testing.T) {
	h := newHouse(t)
	h.tellRules("1")
	h.tell(bundle(t, 1, 1, news.Archive)...)
	log := &stalled{house: h, waiting: make(chan struct{})}
	c, err := consumer.New(log, h, h, gazetteer.Default(), consumer.Config{Gather: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	stop := running(c)
	<-log.waiting
	if err := stop(); err != nil {
		t.Errorf("Run ends with %v", err)
	}
	again := h.consumer(consumer.Config{})
	stop = running(again)
	h.reads(again)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{anEvent, anAlert}, h.outputs()); diff != "" {
		t.Error(diff)
	}
}

func TestAnEntryThatCannotBeReadIsBuriedAndPassedOver(t *testing.T) {
	h := newHouse(t)
	h.tellRules("1")
	h.tell(wire.Message{Subject: "report.en.broken", Data: []byte("{")})
	h.tell(wire.Message{Subject: "report.en.newer", Data: []byte(`{"v":99}`)})
	h.tell(bundle(t, 1, 1, news.Archive)...)
	c := h.consumer(consumer.Config{})
	stop := running(c)
	h.reads(c)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if len(h.buried) != 2 || !strings.HasPrefix(h.buried[0], "report.en.broken {: ") || !strings.Contains(h.buried[1], "newer version of quidnunc") {
		t.Errorf("buried: %q", h.buried)
	}
	if got := c.Counts().Fates; got[consumer.Unreadable] != 2 || got[machine.Stepped] != 1 {
		t.Errorf("fates %v", got)
	}
	if a, err := consumer.Verify(t.Context(), h, 0); err != nil || a.Unreadable != 2 || len(a.Problems) != 2 {
		t.Errorf("the audit finds %+v (%v)", a, err)
	}
}

// beheaded is a log that has lost its latest messages, as a damaged block does, once it is told to.
type beheaded struct {
	*house
	lost atomic.Uint64 // messages
}

func (l *beheaded) Last(ctx context.Context, of stream.Stream) (uint64, error) {
	last, err := l.house.Last(ctx, of)
	return last - l.lost.Load(), err
}

// Messages of a log that ends before its checkpoint would be taken for ones that were stepped already.
func TestALogThatEndsBeforeItsCheckpointStopsTheMachine(t *testing.T) {
	h := newHouse(t)
	manyBundles(4)(h)
	log := &beheaded{house: h}
	c, err := consumer.New(log, h, h, gazetteer.Default(), consumer.Config{Gather: time.Millisecond, Watch: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() { ended <- c.Run(ctx) }()
	h.reads(c)
	log.lost.Store(1)
	for when, err := range map[string]error{"while it runs": <-ended, "at its start": c.Run(ctx)} {
		if !errors.Is(err, consumer.ErrLogLost) || !strings.Contains(err.Error(), "up to") {
			t.Errorf("%s: %v", when, err)
		}
	}
}

func TestRulesThatCannotBeHadStopTheMachine(t *testing.T) {
	h := newHouse(t)
	h.tell(bundle(t, 1, 1, news.Archive)...)
	h.tellRules("missing")
	err := h.consumer(consumer.Config{}).Run(t.Context())
	if !errors.Is(err, stream.ErrNotFound) || !strings.Contains(err.Error(), "rules missing in force") {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff([]string{anEvent}, h.outputs()); diff != "" {
		t.Errorf("what came before is not committed:\n%s", diff)
	}
}

func TestSilenceOfLiveSourcesIsToldToTheLogAndThatOfArchivesIsNot(t *testing.T) {
	for name, c := range map[string]struct {
		origin news.Origin
		ticks  bool
	}{"live": {news.Live, true}, "archive": {news.Archive, false}} {
		h := newHouse(t)
		h.tellRules("1")
		h.tell(bundle(t, 1, 1, c.origin)...)
		made := h.consumer(consumer.Config{TickAfter: 40 * time.Millisecond, Gather: time.Millisecond})
		stop := running(made)
		h.reads(made)
		time.Sleep(500 * time.Millisecond)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if (len(h.ticks) > 0) != c.ticks {
			t.Errorf("%s: %d ticks", name, len(h.ticks))
		}
	}
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	for name, cfg := range map[string]consumer.Config{
		"a negative batch": {MaxBatch: -1}, "a negative wait": {Gather: -time.Second}, "a negative shard": {Shard: -1},
	} {
		if err := cfg.Validate(); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
