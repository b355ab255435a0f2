package courier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// deliver makes one attempt. The row is written before and after it: a process that dies in between leaves "attempting",
// and the delivery comes again with the same key. stopping ends when nothing new should begin, ctx when what is under way
// has to end.
func (c *Courier) deliver(ctx, stopping context.Context, to *window, data []byte) error {
	alert, err := c.cfg.Decode(data)
	if err != nil {
		return pipeline.Permanent(fmt.Errorf("courier: delivery for %s: %w", to.Name(), err))
	}
	key := rowKey(to.Name(), alert.Key())
	row, revision, err := c.row(ctx, key)
	if err != nil {
		return err
	}
	switch {
	case row.State == Delivered, row.State == Suppressed && row.Reason != ReasonDigest: // with a digest until its receiver lost that
		c.metrics.outcome(to.Name(), duplicate)
		return nil
	case row.State == Dead: // it was written so, and not yet buried
		return pipeline.Permanent(errors.New(row.Error))
	}
	if revision == 0 { // the ledger was lost, the queue was not
		row = c.newRow(alert, to, to.Name(), "")
	}
	if done, err := c.refrain(ctx, to, key, row, revision, alert); done || err != nil {
		return err
	}
	if err := to.admit(stopping); err != nil {
		return err
	}
	if row, revision, err = c.begin(ctx, key, row, revision); err != nil {
		return err
	}
	verdict := c.attempt(ctx, to, notify.Notice{Alert: alert, Key: alert.Key(), Receiver: to.Name(), Queued: row.Queued}, &row)
	if verdict != nil && ctx.Err() != nil && !pipeline.IsPermanent(verdict) { // we stop: this was no attempt
		row.Attempts, row.Log = row.Attempts-1, row.Log[:len(row.Log)-1]
		return errors.Join(verdict, c.settle(ctx, key, row.changed(Retrying, c.cfg.Now()), revision))
	}
	return c.conclude(ctx, to, key, row, revision, alert, verdict)
}

// refrain writes of an alert that is not to be sent why: a silence, or a receiver that is gone for good.
func (c *Courier) refrain(ctx context.Context, to *window, key string, row Row, revision uint64, a news.Alert) (done bool, err error) {
	if silence := c.silence(a, to.Name()); silence != "" {
		row.Reason, row.Note = ReasonSilence, silence
		c.metrics.outcome(to.Name(), string(Suppressed))
		return true, c.settle(ctx, key, row.changed(Suppressed, c.cfg.Now()), revision)
	}
	row.Reason = ""
	gone, err := c.gone(ctx, to)
	if err != nil || gone == "" {
		return false, err
	}
	return true, c.conclude(ctx, to, key, row, revision, a, pipeline.Permanent(errors.New(gone)))
}

// begin writes that an attempt begins.
func (c *Courier) begin(ctx context.Context, key string, row Row, revision uint64) (Row, uint64, error) {
	row.Attempts++
	row.Reason = ""
	row = row.changed(Attempting, c.cfg.Now())
	revision, err := c.write(ctx, key, row, revision)
	return row, revision, err
}

func (c *Courier) attempt(ctx context.Context, to *window, n notify.Notice, row *Row) error {
	label := c.metrics.names.Label(to.Name())
	c.metrics.attempts.WithLabelValues(label).Inc()
	began := c.cfg.Now()
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	err := to.send(ctx, n)
	took := c.cfg.Now().Sub(began)
	c.metrics.seconds.WithLabelValues(label).Observe(took.Seconds())
	row.log(Attempt{At: began.UTC(), Milliseconds: took.Milliseconds(), Error: told(err)})
	return err
}

// conclude writes what came of an attempt and returns the verdict for the queue.
func (c *Courier) conclude(ctx context.Context, to *window, key string, row Row, revision uint64, a news.Alert, verdict error) error {
	now := c.cfg.Now()
	row.Error = told(verdict)
	if verdict == nil {
		c.metrics.delivered(to.Name(), a, now)
		row.Delivered = now.UTC()
		return c.settle(ctx, key, row.changed(Delivered, now), revision)
	}
	if errors.Is(verdict, notify.ErrGone) {
		if err := c.close(ctx, to, verdict); err != nil {
			return err
		}
	}
	verdict = final(verdict, row, to, now)
	if !pipeline.IsPermanent(verdict) {
		c.metrics.outcome(to.Name(), string(Retrying))
		return errors.Join(verdict, c.settle(ctx, key, row.changed(Retrying, now), revision))
	}
	c.metrics.outcome(to.Name(), string(Dead))
	row.Error = told(verdict)
	c.cfg.Log.Error("alert not delivered", "receiver", to.Name(), "alert", a.Key(), "rule", a.Rule, "error", verdict)
	if err := c.settle(ctx, key, row.changed(Dead, now), revision); err != nil {
		return err // it must be in the ledger before it is buried: come again
	}
	return verdict
}

// final is the verdict, permanent where there were attempts or time enough.
func final(verdict error, row Row, to *window, now time.Time) error {
	switch {
	case pipeline.IsPermanent(verdict):
		return verdict
	case row.Attempts >= to.Attempts:
		return pipeline.Permanent(fmt.Errorf("given up after %d attempts: %w", row.Attempts, verdict))
	case now.Sub(row.Queued) >= to.Patience:
		return pipeline.Permanent(fmt.Errorf("given up after %v: %w", to.Patience, verdict))
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

// Enqueuer is a Queue to somebody who only puts deliveries into it.
type Enqueuer interface {
	Enqueue(ctx context.Context, receiver, id string, alert []byte) error
}

// Redrive gives a delivery that is dead, or whatever else became of it, another life: the row says queued, its attempts
// count from 0, and the delivery is in the queue under an id of its own. The key that the receiver sees stays the same.
func Redrive(ctx context.Context, to Enqueuer, ledger Ledger, receiver string, a news.Alert, data []byte, id string, now time.Time) error {
	key := rowKey(receiver, a.Key())
	old, revision, err := ledger.Value(ctx, key)
	if err != nil {
		return fmt.Errorf("courier: redrive %s to %s: %w", a.Key(), receiver, err)
	}
	row := Row{Version: rowVersion, Alert: a.Key(), Rule: a.Rule, Severity: a.Severity, Receiver: receiver}
	if revision > 0 {
		if row, err = ParseRow(old); err != nil {
			return fmt.Errorf("courier: redrive %s to %s: %w", a.Key(), receiver, err)
		}
	}
	row.State, row.Reason, row.Note, row.Attempts, row.Error = Queued, "", "driven again", 0, ""
	row.Queued, row.Changed = now.UTC(), now.UTC()
	fresh, err := json.Marshal(row)
	if err != nil {
		return err
	}
	if _, err := ledger.Update(ctx, key, fresh, revision); err != nil {
		return fmt.Errorf("courier: redrive %s to %s: %w", a.Key(), receiver, err)
	}
	return to.Enqueue(ctx, receiver, a.Key()+"."+receiver+"."+id, data)
}
