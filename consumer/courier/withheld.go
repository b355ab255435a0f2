package courier

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
)

// withheld are the reasons of the machine for which an alert that was held back has a row. The others say that there is no
// alert yet (counted, late, dropped), or none that would say more than the one told (known).
var withheld = map[machine.Reason]Reason{
	machine.Shadowed: ReasonShadow, machine.Old: ReasonOld, machine.Copied: ReasonCopy, machine.Throttled: ReasonThrottle, machine.Limited: ReasonLimit,
}

// Withhold writes a row for an alert that the machine held back, at each receiver that would have got it: the first
// time for each reason. Doing it twice is harmless. fallback gets what nobody is named for.
func Withhold(ctx context.Context, l Ledger, of machine.Suppression, fallback string, now time.Time) error {
	reason, ok := withheld[of.Reason]
	if !ok || of.Held == nil {
		return nil
	}
	to := of.Held.To
	if len(to) == 0 {
		to = []string{fallback}
	}
	for _, receiver := range to {
		row := Row{
			Version: rowVersion, Alert: string(of.Held.Alert) + "." + string(reason), Rule: of.Rule, Severity: of.Held.Severity, Receiver: receiver,
			State: Suppressed, Reason: reason, Note: noteOf(of), Queued: of.Held.At, Changed: now.UTC(),
		}
		if err := writeOnce(ctx, l, rowKey(receiver, row.Alert), row); err != nil {
			return fmt.Errorf("courier: withheld alert %s for %s: %w", row.Alert, receiver, err)
		}
	}
	return nil
}

func noteOf(of machine.Suppression) string {
	if of.Held.Article == "" {
		return of.Detail.String()
	}
	return "article " + of.Held.Article.Short() + ": " + of.Detail.String()
}

// writeOnce writes a row that is not there. Of two that write it at once, one does.
func writeOnce(ctx context.Context, l Ledger, key string, row Row) error {
	if _, revision, err := l.Value(ctx, key); err != nil || revision > 0 {
		return err
	}
	data, err := json.Marshal(row)
	if err != nil {
		return err
	}
	if _, err = l.Update(ctx, key, data, 0); err == nil {
		return nil
	}
	if _, revision, again := l.Value(ctx, key); again == nil && revision > 0 {
		return nil
	}
	return err
}
