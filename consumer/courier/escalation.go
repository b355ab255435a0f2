package courier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Step names who else gets an alert that nobody has acknowledged After it was taken in hand.
type Step struct {
	After time.Duration
	To    []string
}

// escalations is where steps wait in the queue; no receiver can have the name.
const escalations = "_escalations"

// due is a step that waits for its time.
type due struct {
	Receiver string        `json:"receiver"`
	After    time.Duration `json:"after"`
	At       time.Time     `json:"at"`
	To       []string      `json:"to"`
	Alert    []byte        `json:"alert"`
}

// foresee puts the steps of a receiver's escalation into the queue, with an alert's first revision.
func (c *Courier) foresee(ctx context.Context, a news.Alert, to *window, data []byte) error {
	if to == nil || a.Change != news.New {
		return nil
	}
	for i, step := range to.Escalate {
		body, err := json.Marshal(due{Receiver: to.Name(), After: step.After, At: c.cfg.Now().Add(step.After).UTC(), To: step.To, Alert: data})
		if err != nil {
			return err
		}
		if err := c.cfg.Queue.Enqueue(ctx, escalations, fmt.Sprintf("%s.%s.escalation.%d", a.Key(), to.Name(), i), body); err != nil {
			return err
		}
	}
	return nil
}

// escalate handles a step: before its time it is put off, and then it is done with if somebody has acknowledged the alert
// or the alert no longer holds; else the others get it.
func (c *Courier) escalate(ctx context.Context, data []byte) error {
	var step due
	if err := json.Unmarshal(data, &step); err != nil {
		return pipeline.Permanent(fmt.Errorf("courier: escalation: %w", err))
	}
	alert, err := c.cfg.Decode(step.Alert)
	if err != nil {
		return pipeline.Permanent(fmt.Errorf("courier: escalation: %w", err))
	}
	settled, err := c.isSettled(ctx, alert.ID)
	if err != nil || settled {
		return err
	}
	if wait := step.At.Sub(c.cfg.Now()); wait > 0 {
		return &notify.RetryError{After: wait, Err: errors.New("it is not time to escalate")}
	}
	note := fmt.Sprintf("escalated from %s after %v", step.Receiver, step.After)
	for _, name := range c.route(step.To, alert.Rule) {
		if err := c.enqueue(ctx, alert, name, note, step.Alert); err != nil {
			return fmt.Errorf("courier: escalation of %s to %s: %w", alert.Key(), name, err)
		}
	}
	return nil
}

func (c *Courier) isSettled(ctx context.Context, alert news.ID) (bool, error) {
	if over, err := c.over(ctx, alert); over || err != nil {
		return over, err
	}
	if c.cfg.Desk == nil {
		return false, nil
	}
	return c.cfg.Desk.Acknowledged(ctx, alert)
}

func higher(a, b news.Severity) bool {
	return slices.Index(news.Severities(), a) > slices.Index(news.Severities(), b)
}
