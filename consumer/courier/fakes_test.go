package courier_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// queue hands each message out until its verdict is nil or permanent, a receiver's one after the other.
type queue struct {
	alerts chan []byte
	mu     sync.Mutex
	waits  map[string]chan []byte
	ids    []string
	buried atomic.Int64
	left   atomic.Int64        // alerts without a final verdict
	fail   error               // of the next Enqueue
	stored map[string][][]byte // what was ever enqueued, by receiver
	past   [][]byte            // alerts of before
}

func newQueue(alerts ...news.Alert) *queue {
	q := &queue{alerts: make(chan []byte, 1000), waits: map[string]chan []byte{}, stored: map[string][][]byte{}}
	for _, a := range alerts {
		q.put(encode(a))
	}
	return q
}

func (q *queue) put(data []byte) { q.left.Add(1); q.alerts <- data }

func (q *queue) of(receiver string) chan []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waits[receiver] == nil {
		q.waits[receiver] = make(chan []byte, 1000)
	}
	return q.waits[receiver]
}

func (q *queue) consume(ctx context.Context, from chan []byte, handle func(context.Context, []byte) error, done func()) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case data := <-from:
			switch err := handle(ctx, data); {
			case err == nil:
				done()
			case pipeline.IsPermanent(err):
				q.buried.Add(1)
				done()
			default:
				from <- data
				time.Sleep(time.Millisecond)
			}
		}
	}
}

func (q *queue) Alerts(ctx context.Context, handle func(context.Context, []byte) error) error {
	return q.consume(ctx, q.alerts, handle, func() { q.left.Add(-1) })
}

func (q *queue) Deliveries(ctx context.Context, receiver string, handle func(context.Context, []byte) error) error {
	return q.consume(ctx, q.of(receiver), handle, func() {})
}

func (q *queue) Enqueue(_ context.Context, receiver, id string, data []byte) error {
	q.mu.Lock()
	err := q.fail
	q.fail = nil
	q.ids = append(q.ids, id)
	q.stored[receiver] = append(q.stored[receiver], data)
	q.mu.Unlock()
	if err == nil {
		q.of(receiver) <- data
	}
	return err
}

func (q *queue) Waiting(_ context.Context, receiver string, handle func([]byte) error) error {
	q.mu.Lock()
	all := slices.Clone(q.stored[receiver])
	q.mu.Unlock()
	for _, data := range all {
		if err := handle(data); err != nil {
			return err
		}
	}
	return nil
}

func (q *queue) History(_ context.Context, _ time.Time, handle func([]byte) error) error {
	for _, data := range q.past {
		if err := handle(data); err != nil {
			return err
		}
	}
	return nil
}

func (q *queue) Pending(context.Context) (int, error) { return int(q.left.Load()), nil }

// ledger is a map with revisions.
type ledger struct {
	mu   sync.Mutex
	rows map[string][]byte
	revs map[string]uint64
	next uint64
}

func newLedger() *ledger { return &ledger{rows: map[string][]byte{}, revs: map[string]uint64{}} }

func (l *ledger) Value(_ context.Context, key string) ([]byte, uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rows[key], l.revs[key], nil
}

func (l *ledger) Update(ctx context.Context, key string, row []byte, revision uint64) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if l.revs[key] != revision {
		return 0, fmt.Errorf("%s: revision %d, not %d", key, l.revs[key], revision)
	}
	l.next++
	l.rows[key], l.revs[key] = row, l.next
	return l.next, nil
}

func (l *ledger) Keys(context.Context) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(l.rows)), func(k string) bool { return strings.Count(k, ".") != 2 }), nil
}

func (l *ledger) row(t *testing.T, key string) courier.Row {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	row, err := courier.ParseRow(l.rows[key])
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return row
}

func encode(a news.Alert) []byte { b, _ := json.Marshal(a); return b }

func decode(data []byte) (a news.Alert, err error) { return a, json.Unmarshal(data, &a) }

// receiver answers as told and remembers what it got.
type receiver struct {
	name   string
	answer func(attempt int) error
	mu     sync.Mutex
	got    []string
}

func (r *receiver) Name() string { return r.name }

func (r *receiver) Send(_ context.Context, n notify.Notice) error {
	r.mu.Lock()
	r.got = append(r.got, n.Key)
	attempt := len(r.got)
	r.mu.Unlock()
	if r.answer == nil {
		return nil
	}
	return r.answer(attempt)
}

func (r *receiver) keys() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func alert(id string, to ...string) news.Alert {
	return news.Alert{ID: news.ID(id), Revision: 1, Rule: "rule-" + id, Change: news.New, Severity: news.High, To: to}
}

// plain are receivers without wishes.
func plain(rs ...notify.Receiver) []courier.Receiver {
	var out []courier.Receiver
	for _, r := range rs {
		out = append(out, courier.Receiver{Receiver: r})
	}
	return out
}

// deliverAll runs the courier until nothing is open.
func deliverAll(t *testing.T, cfg courier.Config) courier.Open {
	t.Helper()
	cfg.Decode = decode
	c, err := courier.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return until(t, c, courier.Open.None)
}

func until(t *testing.T, c *courier.Courier, done func(courier.Open) bool) courier.Open {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	var open courier.Open
	var err error
	for {
		if open, err = c.Open(ctx); err != nil {
			t.Fatal(err)
		}
		if done(open) {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("still open: %+v", open)
		}
		time.Sleep(2 * time.Millisecond)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return open
}

var errDown = errors.New("down")
