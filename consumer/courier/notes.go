package courier

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Beside its rows, whose keys have three parts, the ledger holds notes with two:
//
//	gone.<receiver>    the receiver said that it is gone for good (410)
//	over.<alert>       the alert was retracted: it does not escalate
//	digest.<receiver>  the digest that is being sent

// closure is the note of a receiver that is gone.
type closure struct {
	Since       time.Time `json:"since"`
	Fingerprint string    `json:"fingerprint"`
	Error       string    `json:"error"`
	Open        bool      `json:"open,omitempty"` // somebody opened it again
}

// GoneKey is the key of the note that a receiver is gone.
func GoneKey(receiver string) string { return "gone." + keyToken(receiver) }

// gone says why a receiver gets nothing any more; "" when it does.
func (c *Courier) gone(ctx context.Context, w *window) (string, error) {
	if !w.mayBeGone() {
		return "", nil
	}
	var note closure
	found, _, err := c.note(ctx, GoneKey(w.Name()), &note)
	if err != nil {
		return "", err
	}
	if !found || note.Open || note.Fingerprint != w.Fingerprint {
		w.setGone(false)
		return "", nil
	}
	w.setGone(true)
	return fmt.Sprintf("closed since %s: %s ('quidnunc receivers open %s' tries again)", note.Since.UTC().Format(time.RFC3339), note.Error, w.Name()), nil
}

// close notes that a receiver is gone.
func (c *Courier) close(ctx context.Context, w *window, why error) error {
	w.setGone(true)
	c.cfg.Log.Error("receiver closed: it says that it is gone for good", "receiver", w.Name(), "error", why)
	return c.leave(ctx, GoneKey(w.Name()), closure{Since: c.cfg.Now().UTC(), Fingerprint: w.Fingerprint, Error: told(why)})
}

// Reopen lets a receiver that was gone be tried again; found is false if it was not. A running courier that has closed it
// looks at the note before each delivery.
func Reopen(ctx context.Context, ledger Ledger, receiver string) (found bool, err error) {
	data, revision, err := ledger.Value(ctx, GoneKey(receiver))
	if err != nil || revision == 0 {
		return false, err
	}
	var note closure
	if err := json.Unmarshal(data, &note); err != nil {
		return false, fmt.Errorf("courier: note on %s: %w", receiver, err)
	}
	if note.Open {
		return false, nil
	}
	note.Open = true
	if data, err = json.Marshal(note); err != nil {
		return false, err
	}
	_, err = ledger.Update(ctx, GoneKey(receiver), data, revision)
	return true, err
}

// end notes that an alert was retracted.
func (c *Courier) end(ctx context.Context, alert news.ID) error {
	return c.leave(ctx, "over."+string(alert), struct {
		At time.Time `json:"at"`
	}{c.cfg.Now().UTC()})
}

// over tells whether an alert was retracted.
func (c *Courier) over(ctx context.Context, alert news.ID) (bool, error) {
	_, revision, err := c.cfg.Ledger.Value(ctx, "over."+string(alert))
	return revision > 0, err
}

// note reads a note into v.
func (c *Courier) note(ctx context.Context, key string, v any) (found bool, revision uint64, err error) {
	data, revision, err := c.cfg.Ledger.Value(ctx, key)
	if err != nil || revision == 0 {
		return false, 0, err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return false, 0, fmt.Errorf("courier: note %s: %w", key, err)
	}
	return true, revision, nil
}

// leave writes a note, whatever it said before.
func (c *Courier) leave(ctx context.Context, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, revision, err := c.cfg.Ledger.Value(ctx, key)
	if err != nil {
		return err
	}
	_, err = c.cfg.Ledger.Update(ctx, key, data, revision)
	return err
}
