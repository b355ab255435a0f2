package segment

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// Log is where entries come from.
type Log interface {
	Lag(ctx context.Context, at uint64) (uint64, error)
	Read(ctx context.Context, from uint64, handle func(stream.Stored) error) error
	Object(ctx context.Context, in stream.Bucket, hash string) ([]byte, error)
}

// Sink is where entries go.
type Sink interface {
	Log
	PublishBatch(ctx context.Context, bundles [][]stream.Message) (stream.Receipt, error)
	PutObject(ctx context.Context, in stream.Bucket, body []byte) (hash string, err error)
}

// Progress is how far a copy is.
type Progress struct {
	Done    uint64    `json:"done"`    // entries looked at
	Of      uint64    `json:"of"`      // entries to look at
	Entries int       `json:"entries"` // copied
	At      time.Time `json:"at"`      // of the entry looked at last
}

// Export writes a stretch of the log into dir, and goes on with one that was begun there. Rules messages are in the stretch where their At
// is, or where they are in force for an entry of it. tell, if not nil, hears of each entry looked at.
func Export(ctx context.Context, log Log, dir string, span Span, tell func(Progress)) (Index, error) {
	w, err := Create(dir, span)
	if err != nil {
		return Index{}, err
	}
	lag, err := log.Lag(ctx, w.Next()-1)
	if err != nil {
		return w.Index(), fmt.Errorf("segment: export: %w", err)
	}
	x := export{log: log, w: w, span: span, next: w.Next(), progress: Progress{Of: lag}, tell: tell}
	x.inForce = lastOf(w.Index().Rules)
	if lag > 0 {
		err = log.Read(ctx, w.Next(), func(m stream.Stored) error { return x.take(ctx, m) })
	}
	if err != nil { // what was read is kept for the next run
		return w.Index(), errors.Join(fmt.Errorf("segment: export: %w", err), w.Flush(x.upTo()))
	}
	err = w.Close(x.upTo())
	return w.Index(), err
}

// export is one run of Export.
type export struct {
	log      Log
	w        *Writer
	span     Span
	next     uint64 // sequence behind the entry looked at last
	at       time.Time
	rules    *Entry // the latest rules message, where it is not written yet
	inForce  string // hash of the rules written last
	progress Progress
	tell     func(Progress)
}

// upTo is the sequence to go on from. Rules that nothing needed yet are looked at again: what comes next may.
func (x *export) upTo() uint64 {
	if x.rules != nil {
		return min(x.next, x.rules.Seq)
	}
	return x.next
}

// take looks at one message, and ends the reading with the last one there was.
func (x *export) take(ctx context.Context, m stream.Stored) error {
	e := Entry{Seq: m.Seq, At: timeOf(m.Data, x.at), Subject: m.Subject, Data: m.Data}
	x.at = e.At
	inside := x.span.Contains(e.At)
	if inside && x.progress.Entries > 0 {
		x.w.Lost(m.Missing)
	}
	if isRules(e.Subject) {
		x.rules = &e
	}
	if inside {
		if err := x.add(ctx, e); err != nil {
			return err
		}
	}
	x.next = m.Seq + 1
	x.progress.Done++
	x.progress.At = e.At
	if x.tell != nil {
		x.tell(x.progress)
	}
	if m.Pending == 0 || x.progress.Done >= x.progress.Of {
		return stream.ErrStop
	}
	return nil
}

// add writes an entry, and before it the rules that are in force for it.
func (x *export) add(ctx context.Context, e Entry) error {
	if r := x.rules; r != nil {
		x.rules = nil
		n := naming(*r)
		if r.Seq == e.Seq || n.Rules != x.inForce {
			if err := x.body(ctx, n); err != nil {
				return err
			}
			x.inForce = n.Rules
			if err := x.write(*r); err != nil || r.Seq == e.Seq {
				return err
			}
		}
	}
	return x.write(e)
}

func (x *export) write(e Entry) error {
	x.progress.Entries++
	return x.w.Add(e)
}

// body keeps the body of the rules that a message names.
func (x *export) body(ctx context.Context, n Named) error {
	for hash := n.Rules; hash != "" && !x.w.HasRules(hash); { // and the versions that it is a change of
		body, err := x.log.Object(ctx, stream.Rules, hash)
		if err != nil {
			return fmt.Errorf("the rules %.12s, which sequence %d puts in force: %w", hash, n.Seq, err)
		}
		if err := x.w.PutRules(hash, body); err != nil {
			return err
		}
		hash, _ = rulebook.From(body)
	}
	return nil
}

func lastOf(named []Named) string {
	if len(named) == 0 {
		return ""
	}
	return named[len(named)-1].Rules
}

// Imported says what Import did.
type Imported struct {
	Entries int `json:"entries"` // put into the log
	Known   int `json:"known"`   // in it already
	Rules   int `json:"rules"`   // rules objects
}

// Import puts the entries of an archive into a log, in their order and as they were. What the log holds already, byte for byte, is not put
// there again, however often it is imported. It holds 16 bytes for each entry that the log had before.
func Import(ctx context.Context, log Sink, a *Archive, tell func(Progress)) (Imported, error) {
	m := &inlet{log: log, seen: map[fingerprint]int{}, known: map[fingerprint]int{}, tell: tell}
	m.progress.Of = uint64(a.index.Entries)
	err := a.Verify(nil) // half of a damaged archive in a log is worse than none
	if err == nil {
		err = m.look(ctx)
	}
	if err == nil {
		err = m.bodies(ctx, a)
	}
	if err == nil {
		err = m.entries(ctx, a)
	}
	if err != nil {
		return m.done, fmt.Errorf("segment: import: %w", err)
	}
	return m.done, nil
}

// fingerprint stands for a message of the log: two that share one are the same.
type fingerprint [16]byte

func fingerprintOf(subject string, data []byte) (f fingerprint) {
	h := sha256.New()
	h.Write([]byte(subject))
	h.Write([]byte{0})
	h.Write(data)
	copy(f[:], h.Sum(nil))
	return f
}

// inlet is one run of Import.
type inlet struct {
	log      Sink
	known    map[fingerprint]int // how often the log had a message when the import began
	seen     map[fingerprint]int // how often the archive had one so far; only of those it has more than once or the log knows
	bundles  [][]stream.Message
	bytes    int
	done     Imported
	progress Progress
	tell     func(Progress)
}

// look reads what the log has.
func (m *inlet) look(ctx context.Context) error {
	lag, err := m.log.Lag(ctx, 0)
	if err != nil || lag == 0 {
		return err
	}
	return m.log.Read(ctx, 1, func(s stream.Stored) error {
		m.known[fingerprintOf(s.Subject, s.Data)]++
		lag--
		if lag == 0 || s.Pending == 0 {
			return stream.ErrStop
		}
		return nil
	})
}

func (m *inlet) bodies(ctx context.Context, a *Archive) error {
	put := map[string]bool{"": true}
	for _, n := range a.index.Rules {
		for hash := n.Rules; !put[hash]; {
			put[hash] = true
			body, err := a.Rules(hash)
			if err != nil {
				return err
			}
			if _, err := m.log.PutObject(ctx, stream.Rules, body); err != nil {
				return err
			}
			m.done.Rules++
			hash, _ = rulebook.From(body)
		}
	}
	return nil
}

func (m *inlet) entries(ctx context.Context, a *Archive) error {
	for e, err := range a.Entries(Span{}, 0) {
		if err != nil {
			return err
		}
		if err := m.entry(ctx, e); err != nil {
			return err
		}
	}
	return m.publish(ctx)
}

// What is published at a time.
const (
	importMessages = 450
	importBytes    = 3 << 20
)

func (m *inlet) entry(ctx context.Context, e Entry) error {
	f := fingerprintOf(e.Subject, e.Data)
	m.seen[f]++
	m.progress.Done++
	m.progress.At = e.At
	if m.seen[f] <= m.known[f] {
		m.done.Known++
	} else {
		// A Msg-Id of its own lets the hub repeat a batch of which it does not know whether it arrived; the article's own would let the
		// server take a later revision for a repetition.
		id := fmt.Sprintf("import %x %d", f, m.seen[f])
		m.bundles = append(m.bundles, []stream.Message{{Subject: e.Subject, Data: e.Data, MsgID: id}})
		m.bytes += len(e.Data)
	}
	if m.tell != nil {
		m.tell(m.progress)
	}
	if len(m.bundles) >= importMessages || m.bytes >= importBytes {
		return m.publish(ctx)
	}
	return ctx.Err()
}

func (m *inlet) publish(ctx context.Context) error {
	receipt, err := m.log.PublishBatch(ctx, m.bundles)
	if err != nil {
		return err
	}
	m.done.Entries += receipt.Stored
	m.done.Known += receipt.Duplicate
	m.progress.Entries = m.done.Entries
	m.bundles, m.bytes = nil, 0
	return nil
}
