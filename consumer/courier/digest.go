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

const (
	maxDigest  = 500             // alerts in one digest; more make another
	claimLasts = 2 * time.Minute // after which the digest of a courier that died is sent by another
	minRetry   = 30 * time.Second
	maxRetry   = time.Hour
)

// claim is the note of a digest that is being sent: what is in it, so that who takes it over sends the same under the same
// key.
type claim struct {
	Key    string    `json:"key"`
	Alerts []string  `json:"alerts"`
	Queued time.Time `json:"queued"`
	Tries  int       `json:"tries"`
	At     time.Time `json:"at"` // of the last try
	Done   bool      `json:"done,omitempty"`
}

var errNotDue = errors.New("it waits for the next digest")

// digest handles a delivery to a receiver that wants its alerts gathered. Before it is due it is put off; the first one
// that is due brings all that wait.
func (c *Courier) digest(ctx context.Context, to *window, data []byte) error {
	alert, err := c.cfg.Decode(data)
	if err != nil {
		return pipeline.Permanent(fmt.Errorf("courier: delivery for %s: %w", to.Name(), err))
	}
	row, _, err := c.row(ctx, rowKey(to.Name(), alert.Key()))
	if err != nil {
		return err
	}
	switch {
	case row.State == Delivered, row.State == Suppressed && row.Reason != ReasonDigest:
		return nil
	case row.State == Dead:
		return pipeline.Permanent(errors.New(row.Error))
	}
	now := c.cfg.Now()
	if due := to.Digest.Next(row.Queued); now.Before(due) {
		return &notify.RetryError{After: due.Sub(now), Err: errNotDue}
	}
	if err := to.admit(ctx); err != nil {
		return err
	}
	return c.gather(ctx, to)
}

// gather sends what waits as one, or what a digest that was begun before holds. Its error is the verdict on every alert in
// it: they find it in their rows when they come.
func (c *Courier) gather(ctx context.Context, to *window) error {
	key := "digest." + keyToken(to.Name())
	var open claim
	found, revision, err := c.note(ctx, key, &open)
	if err != nil {
		return err
	}
	now := c.cfg.Now().UTC()
	if found && !open.Done && now.Sub(open.At) < min(claimLasts, retryAfter(open.Tries)) {
		return &notify.RetryError{After: min(claimLasts, retryAfter(open.Tries)), Err: errors.New("a digest is being sent")}
	}
	alerts, err := c.gathered(ctx, to, open)
	if err != nil || len(alerts) == 0 {
		return err
	}
	if !found || open.Done {
		open = claim{Queued: now}
		for _, a := range alerts {
			open.Alerts = append(open.Alerts, a.Key())
		}
		open.Key = string(news.MakeID(append([]string{"digest", to.Name()}, open.Alerts...)...)) + ".1"
	}
	open.Tries, open.At = open.Tries+1, now
	if revision, err = c.claim(ctx, key, open, revision); err != nil {
		return err
	}
	verdict := c.sendDigest(ctx, to, open, alerts)
	if verdict == nil || pipeline.IsPermanent(verdict) {
		open.Done = true
		if _, err := c.claim(context.WithoutCancel(ctx), key, open, revision); err != nil {
			return err
		}
		return verdict
	}
	return verdict
}

// gathered are the alerts of a digest that was begun, else those that wait and whom nothing keeps back, oldest first.
func (c *Courier) gathered(ctx context.Context, to *window, begun claim) ([]news.Alert, error) {
	fixed := map[string]bool{}
	if !begun.Done {
		for _, key := range begun.Alerts {
			fixed[key] = true
		}
	}
	var alerts []news.Alert
	err := c.cfg.Queue.Waiting(ctx, to.Name(), func(data []byte) error {
		a, err := c.cfg.Decode(data)
		if err != nil || len(alerts) == maxDigest || len(fixed) > 0 && !fixed[a.Key()] {
			return nil // what cannot be read is buried when it comes; what is too much comes with the next
		}
		key := rowKey(to.Name(), a.Key())
		row, revision, err := c.row(ctx, key)
		if err != nil || row.State == Delivered || row.State == Dead || row.State == Suppressed && row.Reason != ReasonDigest {
			return err
		}
		if silence := c.silence(a, to.Name()); silence != "" && len(fixed) == 0 {
			row.Reason, row.Note = ReasonSilence, silence
			return c.settle(ctx, key, row.changed(Suppressed, c.cfg.Now()), revision)
		}
		alerts = append(alerts, a)
		return nil
	})
	return alerts, err
}

func (c *Courier) claim(ctx context.Context, key string, open claim, revision uint64) (uint64, error) {
	data, err := json.Marshal(open)
	if err != nil {
		return 0, err
	}
	return c.cfg.Ledger.Update(ctx, key, data, revision)
}

// sendDigest makes an attempt and writes what came of it into the row of every alert.
func (c *Courier) sendDigest(ctx context.Context, to *window, open claim, alerts []news.Alert) error {
	n := notify.Notice{Alert: alerts[len(alerts)-1], Key: open.Key, Receiver: to.Name(), Queued: open.Queued, Digest: alerts}
	for _, a := range alerts {
		if higher(a.Severity, n.Alert.Severity) {
			n.Alert = a // the gravest speaks for all
		}
	}
	var tried Row
	verdict := c.attempt(ctx, to, n, &tried)
	now := c.cfg.Now()
	for _, a := range alerts {
		key := rowKey(to.Name(), a.Key())
		row, revision, err := c.row(ctx, key)
		if err != nil {
			return err
		}
		row.Attempts++
		row.log(tried.Log[0])
		row.Error, row.Note = told(verdict), "digest "+open.Key
		state := Delivered
		if verdict != nil {
			state = Retrying
			if pipeline.IsPermanent(final(verdict, row, to, now)) {
				state = Dead
			}
		} else {
			row.Reason, row.Delivered = "", now.UTC()
		}
		c.metrics.outcome(to.Name(), string(state))
		if err := c.settle(ctx, key, row.changed(state, now), revision); err != nil {
			return err
		}
	}
	if verdict != nil && !pipeline.IsPermanent(verdict) {
		to.hold(retryAfter(open.Tries))
		return &notify.RetryError{After: retryAfter(open.Tries), Err: verdict}
	}
	return verdict
}

// retryAfter doubles from half a minute to an hour.
func retryAfter(tries int) time.Duration {
	if tries < 1 {
		return minRetry
	}
	return min(minRetry<<min(tries-1, 10), maxRetry)
}
