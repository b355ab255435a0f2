package courier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// State is where a delivery stands.
type State string

// The states of a delivery.
const (
	Queued     State = "queued"
	Attempting State = "attempting"
	Retrying   State = "retrying"   // an attempt failed, another will come
	Delivered  State = "delivered"  // final
	Dead       State = "dead"       // final, unless somebody drives it again
	Suppressed State = "suppressed" // not to be sent, for the reason given; final, unless a digest brings it
)

// Reason says why a delivery was suppressed.
type Reason string

// The reasons: the courier's, which are decided by the wall clock, and those of the machine.
const (
	ReasonSilence Reason = "silence" // the row's note names it
	ReasonDigest  Reason = "digest"  // it waits for the receiver's next digest, which delivers it

	ReasonThrottle Reason = "throttle" // an update waits for the end of its rule's throttle
	ReasonLimit    Reason = "limit"    // above the rule's limit: its "N more" alert counts it
	ReasonCopy     Reason = "copy"     // the same words were told already
	ReasonShadow   Reason = "shadow"   // the rule is counted, never sent
	ReasonOld      Reason = "old"      // older than the rule's max_age, or found on the first look at a source
)

// Final tells whether nothing more will happen by itself.
func (s State) Final() bool { return s == Delivered || s == Dead || s == Suppressed }

// Row is what the ledger says of one alert revision and one receiver.
type Row struct {
	Version int    `json:"v"`
	Alert   string `json:"alert"` // Alert.Key(); of one that the machine held back: its ID and the reason
	Rule    string `json:"rule"`

	Severity  news.Severity `json:"severity,omitempty"`
	Receiver  string        `json:"receiver"`
	State     State         `json:"state"`
	Reason    Reason        `json:"reason,omitempty"` // why it was suppressed
	Note      string        `json:"note,omitempty"`   // the silence; from whom it was escalated; the digest that brought it
	Attempts  int           `json:"attempts"`
	Log       []Attempt     `json:"log,omitempty"`   // the last attempts, oldest first
	Error     string        `json:"error,omitempty"` // the last attempt's
	Queued    time.Time     `json:"queued"`
	Changed   time.Time     `json:"changed"`
	Delivered time.Time     `json:"delivered,omitzero"`
}

// Attempt is one try to deliver.
type Attempt struct {
	At           time.Time `json:"at"`
	Milliseconds int64     `json:"ms"`
	Error        string    `json:"error,omitempty"` // empty: it was taken
}

const rowVersion = 1

// maxLog is how many attempts a row remembers.
const maxLog = 20

func (r *Row) log(a Attempt) {
	r.Log = append(r.Log[max(0, len(r.Log)-maxLog+1):], a)
}

// maxError bounds the bytes of an error in a row.
const maxError = 500

func (r Row) changed(to State, now time.Time) Row {
	r.State, r.Changed = to, now.UTC()
	return r
}

// ParseRow reads a row of the ledger.
func ParseRow(data []byte) (Row, error) {
	var r Row
	if err := json.Unmarshal(data, &r); err != nil {
		return Row{}, fmt.Errorf("ledger row: %w", err)
	}
	if r.Version != rowVersion {
		return Row{}, fmt.Errorf("ledger row: version %d, and this program knows %d", r.Version, rowVersion)
	}
	return r, nil
}

// rowKey is "<receiver>.<alert>.<revision>".
func rowKey(receiver, alert string) string { return keyToken(receiver) + "." + alert }

// RowKeys is the form of the keys of rows, as a bucket's filter.
const RowKeys = "*.*.*"

// RowKey is the key of the row of an alert revision (Alert.Key()) and a receiver.
func RowKey(receiver, alert string) string { return rowKey(receiver, alert) }

// keyToken is a receiver's name as a part of a key; one with characters that a key may not have is replaced by its hash.
func keyToken(receiver string) string {
	plain := func(r rune) bool {
		return r < 0x80 && (r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
	}
	if receiver == "" || len(receiver) > 64 || strings.ContainsFunc(receiver, func(r rune) bool { return !plain(r) }) {
		sum := sha256.Sum256([]byte(receiver))
		return "=" + hex.EncodeToString(sum[:10])
	}
	return receiver
}

func (c *Courier) row(ctx context.Context, key string) (Row, uint64, error) {
	data, revision, err := c.cfg.Ledger.Value(ctx, key)
	if err != nil || revision == 0 {
		return Row{}, 0, err
	}
	row, err := ParseRow(data)
	return row, revision, pipeline.Permanent(err) // reading it again will not mend it
}

// write stores the row and returns its new revision.
func (c *Courier) write(ctx context.Context, key string, row Row, revision uint64) (uint64, error) {
	data, err := json.Marshal(row)
	if err != nil {
		return 0, err
	}
	return c.cfg.Ledger.Update(ctx, key, data, revision)
}

// told is an error as a row has it.
func told(err error) string {
	if err == nil {
		return ""
	}
	s := err.Error()
	return strings.ToValidUTF8(s[:min(len(s), maxError)], "")
}

// Open is what is not delivered yet.
type Open struct {
	Alerts    int            // not yet distributed to receivers
	Receivers map[string]int // deliveries that are neither delivered nor dead nor suppressed
	Dead      int            // deliveries given up
	Delivered int            // deliveries made, ever
}

// None tells whether nothing is open.
func (o Open) None() bool { return o.Alerts == 0 && len(o.Receivers) == 0 }

// settled remembers what need not be read again.
type settled struct {
	mu        sync.Mutex
	keys      map[string]struct{}
	delivered int
}

// Open reads the ledger. The first call reads all of it, later calls what was not delivered then.
func (c *Courier) Open(ctx context.Context) (Open, error) {
	// Alerts before rows: an alert that is distributed in between is counted twice rather than not at all.
	alerts, err := c.cfg.Queue.Pending(ctx)
	if err != nil {
		return Open{}, fmt.Errorf("courier: pending alerts: %w", err)
	}
	keys, err := c.cfg.Ledger.Keys(ctx)
	if err != nil {
		return Open{}, fmt.Errorf("courier: ledger: %w", err)
	}
	c.settled.mu.Lock()
	defer c.settled.mu.Unlock()
	open := Open{Alerts: alerts, Receivers: map[string]int{}}
	for _, key := range keys {
		if err := c.count(ctx, key, &open); err != nil {
			return Open{}, fmt.Errorf("courier: ledger row %s: %w", key, err)
		}
	}
	open.Delivered = c.settled.delivered
	return open, nil
}

func (c *Courier) count(ctx context.Context, key string, open *Open) error {
	if _, ok := c.settled.keys[key]; ok {
		return nil
	}
	row, revision, err := c.row(ctx, key)
	switch {
	case err != nil:
		return err
	case revision == 0: // removed since Keys
		return nil
	case row.State == Suppressed && row.Reason == ReasonDigest: // its time will come
		return nil
	case !row.State.Final():
		open.Receivers[row.Receiver]++
		return nil
	case row.State == Dead: // somebody may drive it again: not settled
		open.Dead++
		return nil
	case row.State == Delivered:
		c.settled.delivered++
	}
	c.settled.keys[key] = struct{}{}
	return nil
}
