package courier_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func TestAReceiverThatFailsIsLeftAlone(t *testing.T) {
	l := newLedger()
	var asked atomic.Int64
	r := &receiver{name: "terminal", answer: func(int) error { asked.Add(1); return errDown }}
	c, err := courier.New(courier.Config{
		Queue: newQueue(alert("a"), alert("b")), Ledger: l, Decode: decode,
		Receivers: []courier.Receiver{{Receiver: r, Failures: 3, Pause: time.Hour}},
	})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	until(t, c, func(courier.Open) bool { return asked.Load() == 3 && time.Since(began) > 200*time.Millisecond })
	if asked.Load() != 3 {
		t.Errorf("asked %d times", asked.Load())
	}
	if a, b := l.row(t, "terminal.a.1").Attempts, l.row(t, "terminal.b.1").Attempts; a+b != 3 {
		t.Errorf("%d and %d attempts: being left alone is none", a, b)
	}
}

// Who says what is wrong with one alert is there: the others are sent.
func TestRefusalsDoNotOpenTheBreaker(t *testing.T) {
	l := newLedger()
	r := &receiver{name: "terminal", answer: func(n int) error {
		if n <= 5 {
			return pipeline.Permanent(errors.New("400"))
		}
		return nil
	}}
	open := deliverAll(t, courier.Config{
		Queue: newQueue(alert("a"), alert("b"), alert("c"), alert("d"), alert("e"), alert("f")), Ledger: l,
		Receivers: []courier.Receiver{{Receiver: r, Failures: 2, Pause: time.Hour}},
	})
	if open.Dead != 5 || open.Delivered != 1 {
		t.Errorf("%+v", open)
	}
}

// Retry-After is heeded for all that waits, not only for the alert that was answered so.
func TestRetryAfterHoldsTheWholeReceiver(t *testing.T) {
	var asked atomic.Int64
	r := &receiver{name: "terminal", answer: func(int) error {
		asked.Add(1)
		return &notify.RetryError{After: time.Hour, Err: errDown}
	}}
	c, err := courier.New(courier.Config{Queue: newQueue(alert("a"), alert("b"), alert("c")), Ledger: newLedger(), Decode: decode, Receivers: plain(r)})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	until(t, c, func(courier.Open) bool { return asked.Load() > 0 && time.Since(began) > 200*time.Millisecond })
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestAReceiverThatIsGoneIsClosedUntilSomebodyOpensIt(t *testing.T) {
	l := newLedger()
	gone := &receiver{name: "terminal", answer: func(n int) error {
		if n == 1 {
			return pipeline.Permanent(notify.ErrGone)
		}
		return nil
	}}
	cfg := courier.Config{Queue: newQueue(alert("a"), alert("b")), Ledger: l, Receivers: []courier.Receiver{{Receiver: gone, Fingerprint: "x"}}}
	if open := deliverAll(t, cfg); open.Dead != 2 || len(gone.keys()) != 1 {
		t.Errorf("%+v, asked %v", open, gone.keys())
	}
	cfg.Queue = newQueue(alert("c")) // after a restart
	if open := deliverAll(t, cfg); open.Dead != 3 || len(gone.keys()) != 1 {
		t.Errorf("after a restart: %+v, asked %v", open, gone.keys())
	}
	if found, err := courier.Reopen(t.Context(), l, "terminal"); !found || err != nil {
		t.Fatal(found, err)
	}
	cfg.Queue = newQueue(alert("d"))
	if open := deliverAll(t, cfg); open.Delivered != 1 {
		t.Errorf("after it was opened: %+v", open)
	}
	if found, err := courier.Reopen(t.Context(), l, "terminal"); found || err != nil {
		t.Error("it can be opened twice", found, err)
	}
}

func TestAReceiverThatIsGoneIsTriedAgainWhenItsDescriptionChanges(t *testing.T) {
	l := newLedger()
	gone := &receiver{name: "terminal", answer: func(int) error { return pipeline.Permanent(notify.ErrGone) }}
	deliverAll(t, courier.Config{Queue: newQueue(alert("a")), Ledger: l, Receivers: []courier.Receiver{{Receiver: gone, Fingerprint: "old"}}})
	moved := &receiver{name: "terminal"}
	open := deliverAll(t, courier.Config{Queue: newQueue(alert("b")), Ledger: l, Receivers: []courier.Receiver{{Receiver: moved, Fingerprint: "new"}}})
	if open.Delivered != 1 {
		t.Errorf("%+v", open)
	}
}

// Receivers are changed while the courier runs: a new one gets what is for it, a changed one takes over, one that is the
// same goes on.
func TestReceiversChangeWhileRunning(t *testing.T) {
	q := newQueue(alert("a", "desk"))
	same, before, after, fresh := &receiver{name: "terminal"}, &receiver{name: "desk"}, &receiver{name: "desk"}, &receiver{name: "fresh"}
	c, err := courier.New(courier.Config{Queue: q, Ledger: newLedger(), Decode: decode, Receivers: plain(same, before)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	arrives := func(r *receiver, want ...string) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); !cmp.Equal(want, r.keys()); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s has %v, want %v", r.name, r.keys(), want)
			}
		}
	}
	arrives(before, "a.1")
	if err := c.Apply(plain(same, after, fresh)); err != nil {
		t.Fatal(err)
	}
	for _, a := range []news.Alert{alert("b", "desk"), alert("c", "fresh"), alert("d")} {
		q.put(encode(a))
	}
	arrives(after, "b.1")
	arrives(fresh, "c.1")
	arrives(same, "d.1")
	if err := c.Apply(plain(after)); err == nil {
		t.Error("no terminal and no default, and nobody minds")
	}
	if err := c.Apply(plain(same)); err != nil {
		t.Fatal(err)
	}
	q.put(encode(alert("e", "desk"))) // it is not there any more: the terminal gets it
	arrives(same, "d.1", "e.1")
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.1"}, before.keys()); diff != "" {
		t.Error(diff)
	}
}

func TestARateIsKept(t *testing.T) {
	var times []time.Time
	r := &receiver{name: "terminal", answer: func(int) error { times = append(times, time.Now()); return nil }}
	deliverAll(t, courier.Config{
		Queue: newQueue(alert("a"), alert("b"), alert("c")), Ledger: newLedger(),
		Receivers: []courier.Receiver{{Receiver: r, Rate: 1, Per: 50 * time.Millisecond}},
	})
	if took := times[2].Sub(times[0]); took < 95*time.Millisecond {
		t.Errorf("three in %v: more than one in 50 ms", took)
	}
}

// desk says what the test wants.
type desk struct {
	silent atomic.Bool
	acked  atomic.Bool
}

func (d *desk) Silence(news.Alert, string, time.Time) string {
	if d.silent.Load() {
		return "quiet-please"
	}
	return ""
}

func (d *desk) Acknowledged(context.Context, news.ID) (bool, error) { return d.acked.Load(), nil }

func TestWhatIsSilencedIsWrittenDownAndNotSent(t *testing.T) {
	l, d, r := newLedger(), &desk{}, &receiver{name: "terminal"}
	d.silent.Store(true)
	deliverAll(t, courier.Config{Queue: newQueue(alert("a")), Ledger: l, Desk: d, Receivers: plain(r)})
	row := l.row(t, "terminal.a.1")
	if row.State != courier.Suppressed || row.Reason != courier.ReasonSilence || row.Note != "quiet-please" || len(r.keys()) != 0 {
		t.Errorf("%+v, sent %v", row, r.keys())
	}
}

// What is being retried when a silence begins is not sent either.
func TestASilenceHoldsForWhatIsRetried(t *testing.T) {
	l, d := newLedger(), &desk{}
	r := &receiver{name: "terminal", answer: func(int) error { d.silent.Store(true); return errDown }}
	deliverAll(t, courier.Config{Queue: newQueue(alert("a")), Ledger: l, Desk: d, Receivers: plain(r)})
	if row := l.row(t, "terminal.a.1"); row.State != courier.Suppressed || row.Attempts != 1 {
		t.Errorf("%+v", row)
	}
}

func TestAnAlertThatNobodyTakesOnEscalates(t *testing.T) {
	for _, c := range []struct {
		name  string
		acked bool
		over  bool
		want  int
	}{
		{"nobody took it on", false, false, 1},
		{"somebody did", true, false, 0},
		{"it was retracted", false, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, d := newLedger(), &desk{}
			d.acked.Store(c.acked)
			first, chief := &receiver{name: "terminal"}, &receiver{name: "chief"}
			alerts := []news.Alert{alert("a")}
			if c.over {
				gone := alert("a")
				gone.Revision, gone.Change = 2, news.Retracted
				alerts = append(alerts, gone)
			}
			q := newQueue(alerts...)
			court, err := courier.New(courier.Config{
				Queue: q, Ledger: l, Decode: decode, Desk: d,
				Receivers: []courier.Receiver{
					{Receiver: first, Escalate: []courier.Step{{After: 100 * time.Millisecond, To: []string{"chief"}}}}, {Receiver: chief},
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			until(t, court, func(o courier.Open) bool { return o.None() && time.Since(began) > 300*time.Millisecond })
			if len(chief.keys()) != c.want || len(first.keys()) != len(alerts) {
				t.Errorf("the chief has %v, the first %v", chief.keys(), first.keys())
			}
			if c.want == 1 {
				if row := l.row(t, "chief.a.1"); row.Note != "escalated from terminal after 100ms" {
					t.Errorf("%+v", row)
				}
			}
		})
	}
}
