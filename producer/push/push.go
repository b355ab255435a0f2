// Package push takes articles that programs send, by HTTP or by a message.
//
// A body is one JSON object, a list of them, or one a line, in the forms that package archive reads. Every article has
// its own answer; those that are stored are in the log. Sending an article again is harmless.
package push

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/archive"
)

// Config tunes a Door.
type Config struct {
	Token      string                // what senders must show as "Authorization: Bearer"; "": nothing
	Ahead      int                   // articles taken and not yet read by the producer; 0 means 256
	Requests   int                   // bodies held at once; 0 means 16
	MaxBody    int64                 // bytes; 0 means 16 MB
	Patience   time.Duration         // how long an article waits for room before its sender hears 429; 0 means 2s
	Wait       time.Duration         // how long a sender waits to hear that an article is stored; 0 means 20s
	Now        func() time.Time      // the clock for Article.Seen; nil means time.Now
	Registerer prometheus.Registerer // for the metrics; nil means none
}

func (c Config) withDefaults() Config {
	if c.Ahead == 0 {
		c.Ahead = 256
	}
	if c.Requests == 0 {
		c.Requests = 16
	}
	if c.MaxBody == 0 {
		c.MaxBody = 16_000_000
	}
	if c.Patience == 0 {
		c.Patience = 2 * time.Second
	}
	if c.Wait == 0 {
		c.Wait = 20 * time.Second
	}
	return c
}

// Door is where articles come in: an http.Handler on one side, a producer.Source on the other. Safe for concurrent use.
type Door struct {
	cfg      Config
	queue    chan news.Article
	requests chan struct{}
	closed   chan struct{}
	once     sync.Once
	metrics  *prometheus.CounterVec

	mu      sync.Mutex
	waiting map[key][]chan struct{}
}

// key is one revision of an article.
type key struct{ id, revision news.ID }

// Path is where the Door is found by HTTP, Subject where by messages.
const (
	Path    = "/v1/articles"
	Subject = "ingest.article"
)

// New returns an open Door.
func New(cfg Config) (*Door, error) {
	cfg = cfg.withDefaults()
	if min(int64(cfg.Ahead), int64(cfg.Requests), cfg.MaxBody, int64(cfg.Patience), int64(cfg.Wait)) < 0 {
		return nil, errors.New("push: a negative number in the configuration")
	}
	d := &Door{
		cfg: cfg, queue: make(chan news.Article, cfg.Ahead), requests: make(chan struct{}, cfg.Requests), closed: make(chan struct{}),
		waiting: map[key][]chan struct{}{}, metrics: newMetrics(),
	}
	if cfg.Registerer != nil {
		if err := cfg.Registerer.Register(d.metrics); err != nil {
			return nil, fmt.Errorf("push: %w", err)
		}
	}
	return d, nil
}

// Next waits for the next article; io.EOF when the Door is closed and nothing is left.
func (d *Door) Next(ctx context.Context) (news.Article, error) {
	select {
	case a := <-d.queue:
		return a, nil
	default:
	}
	select {
	case a := <-d.queue:
		return a, nil
	case <-d.closed:
		return news.Article{}, io.EOF
	case <-ctx.Done():
		return news.Article{}, ctx.Err()
	}
}

// Close takes no more articles.
func (d *Door) Close() { d.once.Do(func() { close(d.closed) }) }

// Settled tells the Door that an article is in the log, or among the dead letters.
func (d *Door) Settled(a news.Article) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := key{a.ID, a.Revision}
	for _, c := range d.waiting[k] {
		close(c)
	}
	delete(d.waiting, k)
}

// Result is the answer for one article.
type Result struct {
	Line   int             `json:"line"` // of the body, or the place in its list, from 1
	Status int             `json:"status"`
	ID     news.ID         `json:"id,omitempty"`
	Reason producer.Reason `json:"reason,omitempty"` // why it was not taken
	Error  string          `json:"error,omitempty"`
}

// What a Result's Status says, in the numbers of HTTP.
const (
	Stored   = http.StatusOK                    // in the log, or kept among the dead letters where the coder fails on it
	Accepted = http.StatusAccepted              // taken, and not known to be stored: send it again to be sure
	Bad      = http.StatusBadRequest            // no article: sending it again is useless
	TooLarge = http.StatusRequestEntityTooLarge // over a limit
	Busy     = http.StatusTooManyRequests       // not taken: send it again later
)

// Take reads a body's articles and hands them to the producer. It returns when all are stored, or Config.Wait is over.
func (d *Door) Take(ctx context.Context, body []byte) []Result {
	if int64(len(body)) > d.cfg.MaxBody {
		return []Result{{Line: 1, Status: TooLarge, Reason: producer.TooLong, Error: fmt.Sprintf("over %d bytes", d.cfg.MaxBody)}}
	}
	var results []Result
	waits := map[int]wait{} // by place in results
	source := archive.Read(archive.Config{Now: d.cfg.Now}, "push.jsonl", bytes.NewReader(lines(body)))
	for busy := false; ; {
		a, err := source.Next(ctx)
		r := Result{Line: source.Line(), Status: Accepted, ID: a.ID}
		var bad *producer.BadInput
		switch {
		case errors.As(err, &bad):
			r = Result{Line: max(1, bad.Line), Status: Bad, Reason: bad.Reason, Error: bad.Err.Error()}
			if bad.Reason == producer.TooLong {
				r.Status = TooLarge
			}
		case err != nil:
			d.settle(ctx, results, waits)
			return results
		default:
			a.Source = "push"
			w := d.await(a)
			if busy = busy || !d.offer(ctx, a); busy {
				d.forget(w)
				r.Status, r.Error = Busy, "no room: send it again later"
				break
			}
			waits[len(results)] = w
		}
		results = append(results, r)
	}
}

// lines is a body with one JSON value a line.
func lines(body []byte) []byte {
	body = bytes.TrimSpace(body)
	if !json.Valid(body) {
		return body // lines already, some of them broken perhaps
	}
	values := []json.RawMessage{body}
	if len(body) > 0 && body[0] == '[' {
		if err := json.Unmarshal(body, &values); err != nil {
			return body
		}
	}
	var out bytes.Buffer
	for _, v := range values {
		if err := json.Compact(&out, v); err != nil {
			return body
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// offer waits for room in the queue, not for long.
func (d *Door) offer(ctx context.Context, a news.Article) bool {
	select {
	case <-d.closed:
		return false
	default:
	}
	select {
	case d.queue <- a:
		return true
	default:
	}
	patience := time.NewTimer(d.cfg.Patience)
	defer patience.Stop()
	select {
	case d.queue <- a:
		return true
	case <-patience.C:
	case <-d.closed:
	case <-ctx.Done():
	}
	return false
}

// wait is somebody who waits for an article to be stored; then the channel is closed.
type wait struct {
	key    key
	stored chan struct{}
}

func (d *Door) await(a news.Article) wait {
	w := wait{key{a.ID, a.Revision}, make(chan struct{})}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting[w.key] = append(d.waiting[w.key], w.stored)
	return w
}

// forget takes back what await promised.
func (d *Door) forget(w wait) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting[w.key] = slices.DeleteFunc(d.waiting[w.key], func(c chan struct{}) bool { return c == w.stored })
	if len(d.waiting[w.key]) == 0 {
		delete(d.waiting, w.key)
	}
}

// settle waits until what was taken is stored, at most Config.Wait, and counts the outcomes.
func (d *Door) settle(ctx context.Context, results []Result, waits map[int]wait) {
	timeout := time.NewTimer(d.cfg.Wait)
	defer timeout.Stop()
	over := false
	for i := range results {
		w, taken := waits[i]
		if taken && !over {
			select {
			case <-w.stored:
				results[i].Status = Stored
			case <-timeout.C:
				over = true
			case <-ctx.Done():
				over = true
			}
		}
		if taken && over && results[i].Status != Stored { // of those that nobody waits for any more, some may be stored all the same
			select {
			case <-w.stored:
				results[i].Status = Stored
			default:
				d.forget(w)
			}
		}
		d.metrics.WithLabelValues(outcome(results[i].Status)).Inc()
	}
}
