// Package courier delivers each alert to each of its receivers.
package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/quidnunc-news/quidnunc/consumer/notify"
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
	// Pending is the number of alerts that Alerts has not seen acknowledged.
	Pending(ctx context.Context) (int, error)
}

// Ledger keeps a row per alert revision and receiver.
type Ledger interface {
	// Value returns a row and its revision; revision 0 when there is none.
	Value(ctx context.Context, key string) (row []byte, revision uint64, err error)
	// Update writes the row if its revision is still the given one (0: if there is none) and returns the new one, else it
	// fails.
	Update(ctx context.Context, key string, row []byte, revision uint64) (uint64, error)
	// Keys lists the keys of all rows.
	Keys(ctx context.Context) ([]string, error)
}

// Config is what a courier needs.
type Config struct {
	Queue     Queue                            // needed
	Ledger    Ledger                           // needed
	Decode    func([]byte) (news.Alert, error) // needed: the alert codec
	Receivers []notify.Receiver                // needed: one of them named "default" or "terminal"
	Metrics   prometheus.Registerer            // nil: none
	Log       *slog.Logger                     // nil: none
	Now       func() time.Time                 // nil means time.Now
	Attempts  int                              // of one delivery before it is dead; 0 means 100
	Patience  time.Duration                    // since it was queued, after which a delivery that fails is dead; 0 means 24 h
	Timeout   time.Duration                    // of one attempt; 0 means 45 s
}

// The receivers that get what nobody else is named for.
const (
	defaultReceiver  = "default"
	terminalReceiver = "terminal"
)

// Courier takes alerts to receivers.
type Courier struct {
	cfg       Config
	receivers map[string]notify.Receiver
	fallback  string
	metrics   *metrics
	settled   settled
}

// New checks the configuration.
func New(cfg Config) (*Courier, error) {
	if cfg.Queue == nil || cfg.Ledger == nil || cfg.Decode == nil {
		return nil, errors.New("courier: needs a queue, a ledger and a codec")
	}
	c := &Courier{cfg: cfg.filled(), receivers: map[string]notify.Receiver{}, settled: settled{keys: map[string]struct{}{}}}
	for _, r := range cfg.Receivers {
		if _, twice := c.receivers[r.Name()]; twice || r.Name() == "" {
			return nil, fmt.Errorf("courier: two receivers are named %q", r.Name())
		}
		c.receivers[r.Name()] = r
	}
	for _, name := range []string{terminalReceiver, defaultReceiver} {
		if _, ok := c.receivers[name]; ok {
			c.fallback = name
		}
	}
	if c.fallback == "" {
		return nil, fmt.Errorf("courier: needs a receiver named %q or %q", defaultReceiver, terminalReceiver)
	}
	c.metrics = newMetrics(c.cfg.Metrics)
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

// Run delivers until ctx ends; then it waits for what is under way and returns nil. It returns an error only when the
// queue fails. Each receiver has its own consumer, so that a slow or dead one delays nobody else.
func (c *Courier) Run(ctx context.Context) error {
	g, running := errgroup.WithContext(ctx)
	g.Go(func() error { return c.cfg.Queue.Alerts(running, c.distribute) })
	for _, r := range c.receivers {
		g.Go(func() error {
			err := c.cfg.Queue.Deliveries(running, r.Name(), func(ctx context.Context, data []byte) error {
				return c.deliver(ctx, r, data)
			})
			if err != nil {
				return fmt.Errorf("deliveries of %s: %w", r.Name(), err)
			}
			return nil
		})
	}
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
	for _, name := range c.route(alert) {
		if err := c.enqueue(ctx, alert, name, data); err != nil {
			return fmt.Errorf("courier: alert %s for %s: %w", alert.Key(), name, err)
		}
	}
	return nil
}

// route names the receivers of an alert, each once: those it names, the fallback in place of unknown ones, the fallback
// when it names none.
func (c *Courier) route(a news.Alert) []string {
	var names []string
	for _, name := range a.To {
		if _, ok := c.receivers[name]; !ok {
			c.cfg.Log.Warn("alert for an unknown receiver", "receiver", name, "instead", c.fallback, "rule", a.Rule)
			c.metrics.misrouted.Inc()
			name = c.fallback
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return []string{c.fallback}
	}
	return names
}

// enqueue writes the row first: what is in the queue is always in the ledger. An alert that comes again finds its row,
// and is enqueued again only while nothing has happened to it, for the row may have been written and the delivery not.
func (c *Courier) enqueue(ctx context.Context, a news.Alert, receiver string, data []byte) error {
	key := rowKey(receiver, a.Key())
	row, revision, err := c.row(ctx, key)
	if err != nil {
		return err
	}
	if revision != 0 && row.State != Queued {
		return nil
	}
	if revision == 0 {
		now := c.cfg.Now().UTC()
		row = Row{Version: rowVersion, Alert: a.Key(), Rule: a.Rule, Receiver: receiver, State: Queued, Queued: now, Changed: now}
		if _, err := c.write(ctx, key, row, 0); err != nil {
			return err
		}
	}
	if err := c.cfg.Queue.Enqueue(ctx, receiver, a.Key()+"."+receiver, data); err != nil {
		return err
	}
	c.metrics.queued.WithLabelValues(c.metrics.names.Label(receiver)).Inc()
	return nil
}
