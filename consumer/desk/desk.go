// Package desk keeps what people say of alerts: that somebody has taken one on, that it was wrong or useful, that some are
// not to be sent for a while.
package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Notes are keys with values that change under the condition that nobody else changed them: the ledger, the silences.
type Notes interface {
	// Value returns a note and its revision; revision 0 when there is none.
	Value(ctx context.Context, key string) (note []byte, revision uint64, err error)
	// Update writes a note if its revision is still the given one (0: if there is none), else it fails.
	Update(ctx context.Context, key string, note []byte, revision uint64) (uint64, error)
	// Delete removes a note.
	Delete(ctx context.Context, key string) error
	// Keys lists the keys under a filter such as "ack.*".
	Keys(ctx context.Context, filter string) ([]string, error)
}

// Alerts are all that were raised.
type Alerts interface {
	// Since calls handle with the alerts that were stored since then, oldest first.
	Since(ctx context.Context, at time.Time, handle func(news.Alert) error) error
	// Of calls handle with all alerts of a rule, oldest first.
	Of(ctx context.Context, rule string, handle func(news.Alert) error) error
}

// Desk is where alerts are looked at. Safe for concurrent use.
type Desk struct {
	Ledger   Notes
	Silences Notes
	Alerts   Alerts
	Now      func() time.Time // nil means time.Now
}

func (d *Desk) now() time.Time {
	if d.Now == nil {
		return time.Now().UTC()
	}
	return d.Now().UTC()
}

// Case is an alert with all that was done and said about it.
type Case struct {
	Alert     news.Alert    `json:"-"`             // its newest revision
	Revisions int           `json:"revisions"`     // how many were raised
	Rows      []courier.Row `json:"deliveries"`    // of all revisions, in the order they were queued
	Ack       *Ack          `json:"ack,omitempty"` // nil: nobody has taken it on
	Mark      *Mark         `json:"mark,omitempty"`
}

// Ack says who has taken an alert on.
type Ack struct {
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Comment string    `json:"comment,omitempty"`
}

// Errors that a caller chooses by.
var (
	ErrUnknown   = errors.New("no alert has that ID")
	ErrAmbiguous = errors.New("several alerts have IDs that begin so")
)

// WrongError is what whoever asks can mend by asking for something else.
type WrongError struct{ err error }

// Error implements error.
func (e *WrongError) Error() string { return e.err.Error() }

// Unwrap returns what is wrong.
func (e *WrongError) Unwrap() error { return e.err }

func wrongf(format string, args ...any) error { return &WrongError{fmt.Errorf(format, args...)} }

// minID is how many characters of an ID have to be given.
const minID = 4

// ids are the alerts whose ID begins so, and the keys of their rows.
func (d *Desk) rows(ctx context.Context, prefix string) (id news.ID, keys []string, err error) {
	prefix, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(prefix)), ".") // a key may be given in full
	if len(prefix) < minID {
		return "", nil, fmt.Errorf("%q: %w: give at least %d characters of it", prefix, ErrUnknown, minID)
	}
	all, err := d.Ledger.Keys(ctx, courier.RowKeys)
	if err != nil {
		return "", nil, fmt.Errorf("desk: ledger: %w", err)
	}
	for _, key := range all {
		found := news.ID(strings.Split(key, ".")[1])
		if !strings.HasPrefix(string(found), prefix) {
			continue
		}
		if id != "" && found != id {
			return "", nil, fmt.Errorf("%q: %w: %s and %s", prefix, ErrAmbiguous, id.Short(), found.Short())
		}
		id, keys = found, append(keys, key)
	}
	if id == "" {
		return "", nil, fmt.Errorf("%q: %w", prefix, ErrUnknown)
	}
	return id, keys, nil
}

// Find is the alert whose ID begins so, which 8 characters make certain.
func (d *Desk) Find(ctx context.Context, prefix string) (Case, error) {
	id, keys, err := d.rows(ctx, prefix)
	if err != nil {
		return Case{}, err
	}
	var c Case
	for _, key := range keys {
		row, ok, err := d.row(ctx, key)
		if err != nil {
			return Case{}, err
		}
		if ok {
			c.Rows = append(c.Rows, row)
		}
	}
	if len(c.Rows) == 0 {
		return Case{}, fmt.Errorf("%q: %w", prefix, ErrUnknown)
	}
	slices.SortStableFunc(c.Rows, func(a, b courier.Row) int { return a.Queued.Compare(b.Queued) })
	err = d.Alerts.Of(ctx, c.Rows[0].Rule, func(a news.Alert) error {
		if a.ID == id {
			c.Alert, c.Revisions = a, c.Revisions+1
		}
		return nil
	})
	if err == nil && c.Revisions == 0 {
		return c, fmt.Errorf("%s: %w any more: it is older than the alerts that are kept", id.Short(), ErrUnknown)
	}
	if err != nil {
		return c, err
	}
	return c, d.said(ctx, &c)
}

// said adds what people said of an alert.
func (d *Desk) said(ctx context.Context, c *Case) error {
	var ack Ack
	found, _, err := read(ctx, d.Ledger, ackKey(c.Alert.ID), &ack)
	if err != nil {
		return err
	}
	if found {
		c.Ack = &ack
	}
	var mark Mark
	if found, _, err = read(ctx, d.Ledger, markKey(c.Alert.ID), &mark); err != nil {
		return err
	}
	if found {
		c.Mark = &mark
	}
	return nil
}

func (d *Desk) row(ctx context.Context, key string) (courier.Row, bool, error) {
	data, revision, err := d.Ledger.Value(ctx, key)
	if err != nil || revision == 0 { // it aged out since it was listed
		return courier.Row{}, false, err
	}
	row, err := courier.ParseRow(data)
	return row, err == nil, err
}

// Query says which alerts are wanted. The zero Query is the alerts of the last day.
type Query struct {
	Since    time.Time // zero: a day ago
	Rule     string    // empty: any
	Severity news.Severity
	Open     bool // not acknowledged, not retracted
	Limit    int  // the newest; 0 means 100
}

// List is the newest revision of each alert that is wanted, newest first, with what people said but without deliveries.
func (d *Desk) List(ctx context.Context, q Query) ([]Case, error) {
	if q.Since.IsZero() {
		q.Since = d.now().Add(-24 * time.Hour)
	}
	if q.Limit <= 0 {
		q.Limit = 100
	}
	newest := map[news.ID]*Case{}
	var order []news.ID
	err := d.Alerts.Since(ctx, q.Since, func(a news.Alert) error {
		c := newest[a.ID]
		if c == nil {
			c = &Case{}
			newest[a.ID] = c
			order = append(order, a.ID)
		}
		c.Alert, c.Revisions = a, c.Revisions+1
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []Case
	for _, id := range slices.Backward(order) {
		c := newest[id]
		if q.Rule != "" && c.Alert.Rule != q.Rule || q.Severity != "" && c.Alert.Severity != q.Severity {
			continue
		}
		if err := d.said(ctx, c); err != nil {
			return nil, err
		}
		if q.Open && (c.Ack != nil || c.Alert.Change == news.Retracted) {
			continue
		}
		if out = append(out, *c); len(out) == q.Limit {
			break
		}
	}
	return out, nil
}

func ackKey(id news.ID) string { return "ack." + string(id) }

// Acknowledge says that somebody has taken an alert on: it does not escalate any more. It is not a silence: later revisions
// are sent all the same.
func (d *Desk) Acknowledge(ctx context.Context, prefix, by, comment string) (news.ID, error) {
	id, _, err := d.rows(ctx, prefix)
	if err != nil {
		return "", err
	}
	return id, write(ctx, d.Ledger, ackKey(id), func(*Ack) Ack { return Ack{By: by, At: d.now(), Comment: comment} })
}

// Acknowledged implements courier.Desk.
func (d *Desk) Acknowledged(ctx context.Context, alert news.ID) (bool, error) {
	_, revision, err := d.Ledger.Value(ctx, ackKey(alert))
	return revision > 0, err
}

// read reads a note into v.
func read(ctx context.Context, notes Notes, key string, v any) (found bool, revision uint64, err error) {
	data, revision, err := notes.Value(ctx, key)
	if err != nil {
		return false, 0, fmt.Errorf("desk: %s: %w", key, err)
	}
	if revision == 0 {
		return false, 0, nil
	}
	if err := json.Unmarshal(data, v); err != nil {
		return false, 0, fmt.Errorf("desk: %s: %w", key, err)
	}
	return true, revision, nil
}

// tries is how often a note is written when others write it too.
const tries = 5

// write changes a note; change is called with what it says now, nil if nothing.
func write[T any](ctx context.Context, notes Notes, key string, change func(before *T) T) error {
	var last error
	for range tries {
		var before *T
		var now T
		found, revision, err := read(ctx, notes, key, &now)
		if err != nil {
			return err
		}
		if found {
			before = &now
		}
		data, err := json.Marshal(change(before))
		if err != nil {
			return fmt.Errorf("desk: %s: %w", key, err)
		}
		if _, last = notes.Update(ctx, key, data, revision); last == nil {
			return nil
		}
	}
	return fmt.Errorf("desk: %s: %w", key, last)
}
