package courier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// deliver makes one attempt. The row is written before and after it: a process that dies in between leaves "attempting",
// and the delivery comes again with the same key.
func (c *Courier) deliver(ctx context.Context, to notify.Receiver, data []byte) error {
	alert, err := c.cfg.Decode(data)
	if err != nil {
		return pipeline.Permanent(fmt.Errorf("courier: delivery for %s: %w", to.Name(), err))
	}
	key := rowKey(to.Name(), alert.Key())
	row, revision, err := c.row(ctx, key)
	if err != nil {
		return err
	}
	if row.State == Delivered || row.State == Suppressed {
		c.metrics.outcome(to.Name(), "duplicate")
		return nil
	}
	row, revision, err = c.begin(ctx, key, row, revision, alert, to.Name())
	if err != nil {
		return err
	}
	verdict := c.attempt(ctx, to, alert)
	if verdict != nil && ctx.Err() != nil && !pipeline.IsPermanent(verdict) { // we stop: this was no attempt
		row.Attempts--
		return errors.Join(verdict, c.settle(ctx, key, row.changed(Retrying, c.cfg.Now()), revision))
	}
	return c.conclude(ctx, to.Name(), key, row, revision, alert, verdict)
}

// begin writes that an attempt begins.
func (c *Courier) begin(ctx context.Context, key string, row Row, revision uint64, a news.Alert, receiver string) (Row, uint64, error) {
	now := c.cfg.Now()
	if revision == 0 { // the ledger was lost, the queue was not
		row = Row{Version: rowVersion, Alert: a.Key(), Rule: a.Rule, Receiver: receiver, Queued: now.UTC()}
	}
	row.Attempts++
	row = row.changed(Attempting, now)
	revision, err := c.write(ctx, key, row, revision)
	return row, revision, err
}

func (c *Courier) attempt(ctx context.Context, to notify.Receiver, a news.Alert) error {
	label := c.metrics.names.Label(to.Name())
	c.metrics.attempts.WithLabelValues(label).Inc()
	began := c.cfg.Now()
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	err := to.Send(ctx, notify.Notice{Alert: a, Key: a.Key(), Receiver: to.Name()})
	c.metrics.seconds.WithLabelValues(label).Observe(c.cfg.Now().Sub(began).Seconds())
	return err
}

// conclude writes what came of an attempt and returns the verdict for the queue.
func (c *Courier) conclude(ctx context.Context, receiver, key string, row Row, revision uint64, a news.Alert, verdict error) error {
	now := c.cfg.Now()
	row.Error = ""
	if verdict == nil {
		c.metrics.delivered(receiver, a, now)
		row.Delivered = now.UTC()
		return c.settle(ctx, key, row.changed(Delivered, now), revision)
	}
	row.Error = bounded(verdict.Error())
	switch {
	case pipeline.IsPermanent(verdict):
	case row.Attempts >= c.cfg.Attempts:
		verdict = pipeline.Permanent(fmt.Errorf("given up after %d attempts: %w", row.Attempts, verdict))
	case now.Sub(row.Queued) >= c.cfg.Patience:
		verdict = pipeline.Permanent(fmt.Errorf("given up after %v: %w", c.cfg.Patience, verdict))
	default:
		c.metrics.outcome(receiver, "retrying")
		return errors.Join(verdict, c.settle(ctx, key, row.changed(Retrying, now), revision))
	}
	c.metrics.outcome(receiver, "dead")
	c.cfg.Log.Error("alert not delivered", "receiver", receiver, "alert", a.Key(), "rule", a.Rule, "error", verdict)
	if err := c.settle(ctx, key, row.changed(Dead, now), revision); err != nil {
		return err // it must be in the ledger before it is buried: come again
	}
	return verdict
}

// settle writes a row although we may be stopping, and once more over a row that somebody else changed meanwhile: what
// was delivered was delivered.
func (c *Courier) settle(ctx context.Context, key string, row Row, revision uint64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := c.write(ctx, key, row, revision); err == nil {
		return nil
	}
	other, revision, err := c.row(ctx, key)
	if err != nil {
		return err
	}
	if other.State == Delivered { // by another courier, and with the same key
		return nil
	}
	_, err = c.write(ctx, key, row, revision)
	return err
}
