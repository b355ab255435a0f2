package courier

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"

	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline"
)

// Receiver is somebody who gets alerts, and how they are treated.
type Receiver struct {
	notify.Receiver
	Fingerprint string        // of its configuration: a receiver that is gone for good is tried again when this changes
	Rate        int           // deliveries in Per at most; 0: as fast as it takes them
	Per         time.Duration // needed with Rate
	Attempts    int           // 0: the courier's
	Patience    time.Duration // 0: the courier's
	Failures    int           // in a row, after which it is left alone for Pause; 0 means 5
	Pause       time.Duration // 0 means 30 s
	Digest      *Schedule     // nil: alerts are sent one by one
	Escalate    []Step        // who else gets an alert that nobody acknowledges
}

const (
	defaultFailures = 5
	defaultPause    = 30 * time.Second
	maxWait         = 5 * time.Second // that a handler waits for its turn; then the queue waits
)

// window is where one receiver is served.
type window struct {
	Receiver
	breaker *gobreaker.CircuitBreaker[struct{}]
	limiter *rate.Limiter // nil: none
	now     func() time.Time

	mu   sync.Mutex
	held time.Time // until when the receiver asked to be left alone
	gone bool      // it said that it is gone for good: look whether that still holds
	shut bool      // and it did when we looked last
}

func newWindow(r Receiver, cfg Config) *window {
	if r.Attempts <= 0 {
		r.Attempts = cfg.Attempts
	}
	if r.Patience <= 0 {
		r.Patience = cfg.Patience
	}
	if r.Failures <= 0 {
		r.Failures = defaultFailures
	}
	if r.Pause <= 0 {
		r.Pause = defaultPause
	}
	w := &window{Receiver: r, now: cfg.Now, gone: true}
	w.breaker = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name: r.Name(), Timeout: r.Pause,
		ReadyToTrip: func(n gobreaker.Counts) bool { return int(n.ConsecutiveFailures) >= r.Failures },
		// A receiver that says what is wrong with an alert is there: only silence, 5xx and the like count.
		IsSuccessful: func(err error) bool { return err == nil || pipeline.IsPermanent(err) },
		IsExcluded:   func(err error) bool { return errors.Is(err, context.Canceled) },
		OnStateChange: func(name string, from, to gobreaker.State) {
			cfg.Log.Info("breaker", "receiver", name, "from", from.String(), "to", to.String())
		},
	})
	if r.Rate > 0 {
		w.limiter = rate.NewLimiter(rate.Limit(float64(r.Rate)/r.Per.Seconds()), max(1, min(r.Rate, int(float64(r.Rate)/r.Per.Seconds()))))
	}
	return w
}

// same tells whether r is what is served here already.
func (w *window) same(r Receiver) bool {
	filled := w.Receiver
	filled.Attempts, filled.Patience, filled.Failures, filled.Pause = r.Attempts, r.Patience, r.Failures, r.Pause
	equal := reflect.DeepEqual(filled.Digest, r.Digest) && reflect.DeepEqual(filled.Escalate, r.Escalate)
	return equal && filled.Receiver == r.Receiver && filled.Fingerprint == r.Fingerprint && filled.Rate == r.Rate && filled.Per == r.Per
}

// admit says whether the receiver may be asked now: nil, or a *notify.RetryError that says when. It may wait a little for
// the receiver's rate, until stopping ends.
func (w *window) admit(stopping context.Context) error {
	w.mu.Lock()
	held := w.held.Sub(w.now())
	w.mu.Unlock()
	if held > 0 {
		return &notify.RetryError{After: held, Err: errors.New("the receiver asked to be left alone")}
	}
	if w.breaker.State() == gobreaker.StateOpen {
		return &notify.RetryError{After: w.Pause, Err: fmt.Errorf("left alone after %d failures in a row", w.Failures)}
	}
	if w.limiter == nil {
		return nil
	}
	turn := w.limiter.ReserveN(w.now(), 1)
	wait := turn.DelayFrom(w.now())
	if wait > maxWait {
		turn.CancelAt(w.now())
		return &notify.RetryError{After: wait, Err: fmt.Errorf("no more than %d in %v", w.Rate, w.Per)}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-stopping.Done():
		turn.CancelAt(w.now())
		return stopping.Err()
	}
}

// send makes an attempt, and heeds for all that waits what the receiver said of this one.
func (w *window) send(ctx context.Context, n notify.Notice) error {
	_, err := w.breaker.Execute(func() (struct{}, error) { return struct{}{}, w.Send(ctx, n) })
	var later *notify.RetryError
	if errors.As(err, &later) {
		w.hold(later.After)
	}
	return err
}

func (w *window) hold(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = w.now().Add(d)
}

// mayBeGone tells whether the ledger has to be asked whether the receiver is gone.
func (w *window) mayBeGone() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.gone
}

func (w *window) setGone(gone bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone, w.shut = gone, gone
}

// served tells whether the receiver is neither gone for good nor left alone after failures.
func (w *window) served() bool {
	w.mu.Lock()
	shut := w.shut
	w.mu.Unlock()
	return !shut && w.breaker.State() == gobreaker.StateClosed
}

// shift is one window being served.
type shift struct {
	stop context.CancelFunc
	done chan struct{}
}

// staff serves the receivers in force, through every change of them, until ctx ends.
func (c *Courier) staff(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	failed := make(chan error, 1)
	shifts := map[string]shift{}
	serving := map[string]*window{}
	defer func() {
		stop()
		for _, s := range shifts {
			<-s.done
		}
	}()
	for {
		known, _ := c.inForce()
		for name, w := range serving {
			if known[name] != w {
				shifts[name].stop()
				delete(serving, name)
			}
		}
		for name, w := range known {
			if serving[name] == w {
				continue
			}
			serving[name] = w
			shifts[name] = c.begins(ctx, w, shifts[name].done, failed)
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-c.changed:
		}
	}
}

// begins serves a window once the shift before it is done; nil: there was none.
func (c *Courier) begins(ctx context.Context, w *window, before <-chan struct{}, failed chan<- error) shift {
	ctx, stop := context.WithCancel(ctx)
	s := shift{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		defer stop()
		if before != nil {
			<-before
		}
		if err := c.serve(ctx, w); err != nil && ctx.Err() == nil {
			select {
			case failed <- fmt.Errorf("deliveries of %s: %w", w.Name(), err):
			default: // another one failed first
			}
		}
	}()
	return s
}

// serve delivers to one receiver until ctx ends.
func (c *Courier) serve(ctx context.Context, w *window) error {
	var keeping sync.WaitGroup
	defer keeping.Wait()
	if k, ok := w.Receiver.Receiver.(notify.Keeper); ok {
		if err := c.remind(ctx, k); err != nil {
			return err
		}
		keeping.Go(func() { k.Keep(ctx) })
	}
	return c.cfg.Queue.Deliveries(ctx, w.Name(), func(working context.Context, data []byte) error {
		if known, _ := c.inForce(); known[w.Name()] != w { // its successor has it at once
			return &notify.RetryError{After: time.Millisecond, Err: errors.New("the receiver has changed")}
		}
		if w.Digest != nil {
			return c.digest(working, w, data)
		}
		return c.deliver(working, ctx, w, data)
	})
}

// remind tells a receiver that forgets what it was sent before.
func (c *Courier) remind(ctx context.Context, k notify.Keeper) error {
	return c.cfg.Queue.History(ctx, c.cfg.Now().Add(-k.Memory()), func(data []byte) error {
		a, err := c.cfg.Decode(data)
		if err != nil { // it was buried when it was distributed
			return nil
		}
		row, revision, err := c.row(ctx, rowKey(k.Name(), a.Key()))
		if err != nil || revision == 0 || row.State != Delivered {
			return err
		}
		k.Remind(notify.Notice{Alert: a, Key: a.Key(), Receiver: k.Name(), Queued: row.Queued})
		return nil
	})
}
