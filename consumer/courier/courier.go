// Package courier delivers each alert to each of its receivers.
package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Queue is where alerts come from and where deliveries wait. The handlers' errors are the verdicts: nil acknowledges, an
// error marked by pipeline.Permanent buries the message, any other brings it back after a while (after at least
// RetryAfter() if the error has that method). The courier decides when to give up; the queue must not do so before it.
type Queue interface {
	// Alerts calls handle with each alert, encoded, in the order of the stream, each at least once. It blocks until ctx
	// ends, and returns when all its handlers have.
	Alerts(ctx context.Context, handle func(ctx context.Context, alert []byte) error) error
	// Enqueue stores a delivery for a receiver. A second one with the same id may be passed over.
	Enqueue(ctx context.Context, receiver, id string, alert []byte) error
	// Deliveries calls handle with each delivery that waits for the receiver. It blocks like Alerts.
	Deliveries(ctx context.Context, receiver string, handle func(ctx context.Context, alert []byte) error) error
	// Waiting calls handle with what waits for the receiver, oldest first, and takes nothing away.
	Waiting(ctx context.Context, receiver string, handle func(alert []byte) error) error
	// History calls handle with the alerts that were stored since then, oldest first.
	History(ctx context.Context, since time.Time, handle func(alert []byte) error) error
	// Pending is the number of alerts that Alerts has not seen acknowledged.
	Pending(ctx context.Context) (int, error)
}

// Ledger keeps a row per alert revision and receiver, and a few notes beside them.
type Ledger interface {
	// Value returns a row and its revision; revision 0 when there is none.
	Value(ctx context.Context, key string) (row []byte, revision uint64, err error)
	// Update writes the row if its revision is still the given one (0: if there is none) and returns the new one, else it
	// fails.
	Update(ctx context.Context, key string, row []byte, revision uint64) (uint64, error)
	// Keys lists the keys of all rows: see RowKeys.
	Keys(ctx context.Context) ([]string, error)
}

// Desk is what people have said of alerts.
type Desk interface {
	// Silence names the silence that keeps an alert from a receiver now; "" when there is none.
	Silence(a news.Alert, receiver string, now time.Time) string
	// Acknowledged tells whether somebody has taken an alert on.
	Acknowledged(ctx context.Context, alert news.ID) (bool, error)
}

// Config is what a courier needs.
type Config struct {
	Queue     Queue                            // needed
	Ledger    Ledger                           // needed
	Decode    func([]byte) (news.Alert, error) // needed: the alert codec
	Receivers []Receiver                       // needed: one of them named "default" or "terminal"; see Apply
	Desk      Desk                             // nil: nothing is silenced or acknowledged
	Metrics   prometheus.Registerer            // nil: none
	Log       *slog.Logger                     // nil: none
	Now       func() time.Time                 // nil means time.Now
	Attempts  int                              // of one delivery before it is dead, where the receiver does not say; 0 means 100
	Patience  time.Duration                    // since it was queued, after which a delivery that fails is dead, where the receiver does not say; 0 means 24 h
	Timeout   time.Duration                    // of one attempt; 0 means 45 s
}

// The receivers that get what nobody else is named for.
const (
	defaultReceiver  = "default"
	terminalReceiver = "terminal"
)

// Courier takes alerts to receivers.
type Courier struct {
	cfg     Config
	metrics *metrics
	settled settled
	changed chan struct{} // somebody applied other receivers

	mu       sync.Mutex
	desks    map[string]*window // the receivers in force, by name
	fallback string
}

// New checks the configuration.
func New(cfg Config) (*Courier, error) {
	if cfg.Queue == nil || cfg.Ledger == nil || cfg.Decode == nil {
		return nil, errors.New("courier: needs a queue, a ledger and a codec")
	}
	c := &Courier{cfg: cfg.filled(), settled: settled{keys: map[string]struct{}{}}, changed: make(chan struct{}, 1)}
	c.metrics = newMetrics(c.cfg.Metrics)
	if err := c.Apply(cfg.Receivers); err != nil {
		return nil, err
	}
	if c.cfg.Metrics != nil {
		c.cfg.Metrics.MustRegister(c)
	}
	return c, nil
}

func (c Config) filled() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Attempts <= 0 {
		c.Attempts = 100
	}
	if c.Patience <= 0 {
		c.Patience = 24 * time.Hour
	}
	if c.Timeout <= 0 {
		c.Timeout = 45 * time.Second
	}
	return c
}

// Apply puts receivers in force in place of those that are; a running courier takes them up at once. One that is the same
// as before goes on undisturbed; one that changed finishes what is under way first; what waits for one that is gone waits
// until it is there again.
func (c *Courier) Apply(receivers []Receiver) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	desks, fallback := map[string]*window{}, ""
	for _, r := range receivers {
		if r.Receiver == nil || r.Name() == "" {
			return errors.New("courier: a receiver without a name")
		}
		name := r.Name()
		if _, twice := desks[name]; twice {
			return fmt.Errorf("courier: two receivers are named %q", name)
		}
		if before := c.desks[name]; before != nil && before.same(r) {
			desks[name] = before
			continue
		}
		desks[name] = newWindow(r, c.cfg)
		c.metrics.know(name)
	}
	for _, name := range []string{terminalReceiver, defaultReceiver} {
		if _, ok := desks[name]; ok {
			fallback = name
		}
	}
	if fallback == "" {
		return fmt.Errorf("courier: needs a receiver named %q or %q", defaultReceiver, terminalReceiver)
	}
	c.desks, c.fallback = desks, fallback
	select {
	case c.changed <- struct{}{}:
	default:
	}
	return nil
}

// inForce are the receivers of this moment, and who gets what nobody is named for. The map is not changed by anybody.
func (c *Courier) inForce() (map[string]*window, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.desks, c.fallback
}

// Run delivers until ctx ends; then it waits for what is under way and returns nil. It returns an error only when the
// queue fails. Each receiver has its own consumer, so that a slow or dead one delays nobody else.
func (c *Courier) Run(ctx context.Context) error {
	g, running := errgroup.WithContext(ctx)
	g.Go(func() error { return c.cfg.Queue.Alerts(running, c.distribute) })
	g.Go(func() error { return c.cfg.Queue.Deliveries(running, escalations, c.escalate) })
	g.Go(func() error { return c.staff(running) })
	err := g.Wait()
	if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return fmt.Errorf("courier: %w", err)
}

// distribute makes one delivery of an alert for each of its receivers, and a row for each delivery.
func (c *Courier) distribute(ctx context.Context, data []byte) error {
	alert, err := c.cfg.Decode(data)
	if err != nil {
		return pipeline.Permanent(fmt.Errorf("courier: alert: %w", err))
	}
	if alert.Change == news.Retracted {
		if err := c.end(ctx, alert.ID); err != nil {
			return fmt.Errorf("courier: alert %s: %w", alert.Key(), err)
		}
	}
	for _, name := range c.route(alert.To, alert.Rule) {
		if err := c.enqueue(ctx, alert, name, "", data); err != nil {
			return fmt.Errorf("courier: alert %s for %s: %w", alert.Key(), name, err)
		}
	}
	return nil
}

// route names the receivers of an alert, each once: those it names, the fallback in place of unknown ones, the fallback
// when it names none.
func (c *Courier) route(to []string, rule string) []string {
	known, fallback := c.inForce()
	var names []string
	for _, name := range to {
		if _, ok := known[name]; !ok {
			c.cfg.Log.Warn("alert for an unknown receiver", "receiver", name, "instead", fallback, "rule", rule)
			c.metrics.misrouted.Inc()
			name = fallback
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return []string{fallback}
	}
	return names
}

// enqueue writes the row first: what is in the queue is always in the ledger. An alert that comes again finds its row,
// and is enqueued again only while nothing has happened to it, for the row may have been written and the delivery not.
func (c *Courier) enqueue(ctx context.Context, a news.Alert, receiver, note string, data []byte) error {
	known, _ := c.inForce()
	to := known[receiver]
	key := rowKey(receiver, a.Key())
	row, revision, err := c.row(ctx, key)
	if err != nil {
		return err
	}
	if revision == 0 {
		row = c.newRow(a, to, receiver, note)
		if _, err := c.write(ctx, key, row, 0); err != nil {
			return err
		}
	}
	if row.State != Queued && row.Reason != ReasonDigest {
		return nil
	}
	if err := c.cfg.Queue.Enqueue(ctx, receiver, a.Key()+"."+receiver, data); err != nil {
		return err
	}
	c.metrics.queued.WithLabelValues(c.metrics.names.Label(receiver)).Inc()
	return c.foresee(ctx, a, to, data)
}

// newRow says what becomes of an alert that was just taken in hand: it is queued, or waits for a digest, or is silenced.
func (c *Courier) newRow(a news.Alert, to *window, receiver, note string) Row {
	now := c.cfg.Now().UTC()
	row := Row{
		Version: rowVersion, Alert: a.Key(), Rule: a.Rule, Severity: a.Severity, Receiver: receiver, State: Queued, Note: note, Queued: now, Changed: now,
	}
	if silence := c.silence(a, receiver); silence != "" {
		row.State, row.Reason, row.Note = Suppressed, ReasonSilence, silence
		c.metrics.outcome(receiver, string(Suppressed))
	} else if to != nil && to.Digest != nil {
		row.State, row.Reason = Suppressed, ReasonDigest
	}
	return row
}

func (c *Courier) silence(a news.Alert, receiver string) string {
	if c.cfg.Desk == nil {
		return ""
	}
	return c.cfg.Desk.Silence(a, receiver, c.cfg.Now())
}
