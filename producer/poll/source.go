package poll

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/feed"
	"github.com/quidnunc-news/quidnunc/producer/fetch"
)

// Source is one feed: a producer.Source, Originator and Settler.
type Source struct {
	p    *Poller
	feed Feed

	state   State
	loaded  bool
	polled  bool
	queue   []found       // of the last poll, not given yet
	origin  news.Origin   // of what Next gave last
	slots   chan struct{} // of which one is held until the queue is empty; nil: none
	unsaved bool

	mu      sync.Mutex
	open    int           // given and not settled
	settled chan struct{} // rings when open falls to zero
	pinged  chan struct{} // rings when a hub says that there is something new
}

// found is an article that a poll brought.
type found struct {
	article news.Article
	origin  news.Origin
	page    bool // its text is on its page
}

// Feed returns the articles of a feed. Two Sources must not follow the same address.
func (p *Poller) Feed(f Feed) *Source {
	s := &Source{p: p, feed: f, settled: make(chan struct{}, 1), pinged: make(chan struct{}, 1)}
	p.expect(s)
	p.fares.note(f.URL, State{})
	return s
}

// Next waits for the feed's next article. Each that it gives must be Settled before the feed is polled again. It is
// io.EOF when the feed is gone for good, or was polled Once. Nothing else ends a feed but ctx: what fails is tried
// again, later.
func (s *Source) Next(ctx context.Context) (news.Article, error) {
	for {
		if len(s.queue) > 0 {
			next := s.queue[0]
			if next.page {
				if err := s.complete(ctx, &next.article); err != nil {
					return news.Article{}, err
				}
			}
			s.queue = s.queue[1:]
			s.origin = next.origin
			s.add(1)
			if len(s.queue) == 0 {
				s.drop()
			}
			return next.article, nil
		}
		if err := s.rest(ctx); err != nil {
			return news.Article{}, err
		}
		if err := s.poll(ctx); err != nil {
			return news.Article{}, err
		}
	}
}

// Origin tells whether the article that Next gave last is news or was there before.
func (s *Source) Origin() news.Origin { return s.origin }

// Settled notes that an article is in the log, or buried.
func (s *Source) Settled(news.Article) { s.add(-1) }

// State is what is known of the feed. It must not be asked while Next is called.
func (s *Source) State() State { return s.state }

func (s *Source) add(n int) {
	s.mu.Lock()
	s.open += n
	empty := s.open == 0
	s.mu.Unlock()
	if empty {
		select {
		case s.settled <- struct{}{}:
		default:
		}
	}
}

func (s *Source) allSettled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open == 0
}

// drop gives back the slot.
func (s *Source) drop() {
	if s.slots != nil {
		<-s.slots
		s.slots, s.queue = nil, nil
	}
}

// again is when what the Store refused is tried again.
const again = 5 * time.Second

// rest waits until the feed is due and all it gave before is settled and remembered.
func (s *Source) rest(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		wait, err := s.prepare(ctx)
		switch {
		case err != nil && !errors.Is(err, errAgain):
			return err
		case err == nil && wait <= 0:
			return nil
		}
		select {
		case <-s.settled:
		case <-s.pinged:
			s.hasten()
		case <-s.p.cfg.After(max(wait, time.Millisecond)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var errAgain = errors.New("not yet")

// prepare loads or saves what must be, and says how long the feed is to be left alone.
func (s *Source) prepare(ctx context.Context) (wait time.Duration, err error) {
	if !s.loaded {
		if s.state, err = load(ctx, s.p.cfg.Store, s.feed.URL); err != nil {
			s.p.cfg.Log.Error("poll: state not read; trying again", "feed", s.feed.URL, "error", err)
			return again, errAgain
		}
		s.loaded = true
		s.p.fares.note(s.feed.URL, s.state)
	}
	if !s.allSettled() {
		return time.Minute, errAgain
	}
	if s.unsaved {
		if err := save(ctx, s.p.cfg.Store, s.state); err != nil {
			s.p.cfg.Log.Error("poll: state not saved; trying again", "feed", s.feed.URL, "error", err)
			return again, errAgain
		}
		s.unsaved = false
	}
	if s.state.Gone || s.polled && s.p.cfg.Once {
		return 0, io.EOF
	}
	if s.p.cfg.Once {
		return 0, nil
	}
	return s.state.Due.Sub(s.p.cfg.Now()), nil
}

// address is where the feed is asked for.
func (s *Source) address() string { return or(s.state.Address, s.feed.URL) }

// poll asks once. An error is ctx's.
func (s *Source) poll(ctx context.Context) error {
	host := hostOf(s.address())
	if err := s.p.hosts.enter(ctx, host); err != nil {
		return err
	}
	slots := s.p.slots
	if s.state.Failures > 0 || s.state.Slow {
		slots = s.p.doubtful
	}
	select {
	case slots <- struct{}{}:
		s.slots = slots
	case <-ctx.Done():
		s.p.hosts.leave(host, 0)
		return ctx.Err()
	}
	began := s.p.cfg.Now()
	got, err := s.p.cfg.Getter.Get(ctx, fetch.Request{
		URL: s.address(), ETag: s.state.ETag, LastModified: s.state.LastModified, Accept: accept,
	})
	if ctx.Err() != nil {
		s.p.hosts.leave(host, 0)
		s.drop()
		return ctx.Err()
	}
	now := s.p.cfg.Now()
	s.state.Slow = now.Sub(began) > patience
	w := wishes{retry: -1}
	if err == nil {
		w = wishesOf(got.Header, now)
		s.p.metrics.fetched(now.Sub(began), got.Sent)
	}
	hold := time.Duration(0)
	if err == nil && throttled(got.Status) {
		hold = min(max(w.retry, 0), s.p.cfg.Longest)
	}
	s.p.hosts.leave(host, hold)
	s.settle(ctx, got, err, w, now)
	if len(s.queue) == 0 {
		s.drop()
	}
	return nil
}

// patience is how long an answer may take before the feed must wait in line with others like it.
const patience = 3 * time.Second

const accept = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"

func throttled(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// settle draws the consequences of one answer.
func (s *Source) settle(ctx context.Context, got *fetch.Response, err error, w wishes, now time.Time) {
	s.polled, s.unsaved = true, true
	s.state.Polled = now
	outcome, problem := s.judge(ctx, got, err, &w, now)
	s.p.metrics.polls.WithLabelValues(outcome).Inc()
	if problem != nil {
		s.state.Failures++
		s.state.Problem = clip(problem.Error())
		s.p.cfg.Log.Warn("poll: feed not read", "feed", s.feed.URL, "failures", s.state.Failures, "error", problem)
	} else {
		s.state.Failures, s.state.Problem = 0, ""
	}
	s.state.Due = now.Add(s.p.cfg.pause(s.state, s.feed.Every, w, s.p.cfg.Random()))
	s.p.fares.note(s.feed.URL, s.state)
}

// clip bounds what a server can put into our words.
func clip(s string) string { return s[:min(len(s), 500)] }

// judge says what came of a poll.
func (s *Source) judge(ctx context.Context, got *fetch.Response, err error, w *wishes, now time.Time) (string, error) {
	if err != nil {
		var refused *fetch.Refused
		if errors.As(err, &refused) {
			s.p.metrics.refused.WithLabelValues(string(refused.Reason)).Inc()
		}
		s.moved("")
		return outcomeRefused, err
	}
	switch status := got.Status; {
	case status == http.StatusOK:
		return s.read(ctx, got, w, now)
	case status == http.StatusNotModified && s.state.ETag+s.state.LastModified != "":
		s.validators(got.Header, false)
		s.moved(got.Permanent)
		return outcomeSame, nil
	case status == http.StatusGone:
		s.state.Gone = true
		return outcomeGone, errors.New("410 Gone: not asked again")
	case throttled(status):
		return outcomeThrottled, fmt.Errorf("status %d", status)
	default:
		return outcomeStatus, fmt.Errorf("status %d", status)
	}
}

// validators remembers those of an answer. An answer that was not read whole has none: the rest must come again.
func (s *Source) validators(h http.Header, replace bool) {
	etag, modified := clip(h.Get("ETag")), clip(h.Get("Last-Modified"))
	if replace || etag != "" {
		s.state.ETag = etag
	}
	if replace || modified != "" {
		s.state.LastModified = modified
	}
}

// sightings is how many polls in a row must see a feed at its new address before it is asked for there.
const sightings = 3

// moved counts how often a feed said that it moved to an address for good, which it could be got from. "": it did not.
func (s *Source) moved(to string) {
	if to == "" || to != s.state.Moving {
		s.state.Moving, s.state.Moves = to, 0
	}
	if to == "" {
		return
	}
	if s.state.Moves++; s.state.Moves >= sightings {
		s.p.cfg.Log.Info("poll: feed moved", "feed", s.feed.URL, "to", to)
		s.state.Address, s.state.Moving, s.state.Moves = to, "", 0
	}
}

// read reads the feed.
func (s *Source) read(ctx context.Context, got *fetch.Response, w *wishes, now time.Time) (string, error) {
	body := short(string(got.Body))
	if body == s.state.Body && s.state.Baselined {
		s.validators(got.Header, true)
		s.moved(got.Permanent)
		return outcomeSame, nil
	}
	doc, err := feed.Parse(got.Body, got.Header.Get("Content-Type"))
	s.state.Warnings = nil
	for _, n := range doc.Warnings {
		s.p.metrics.warnings.WithLabelValues(string(n.Name)).Inc()
		s.state.Warnings = append(s.state.Warnings, n.Name)
	}
	if err != nil {
		if offered := feed.Discover(got.Body, got.Header.Get("Content-Type"), got.URL); len(offered) > 0 {
			err = fmt.Errorf("%w; the page offers %s", err, offered[0].URL)
		}
		return outcomeNoFeed, err
	}
	doc = doc.Resolve(got.URL)
	s.moved(got.Permanent)
	w.ttl = doc.TTL
	if doc.Whole() || body == s.state.Broken { // the same twice: it is broken where it is made, not on the way
		s.validators(got.Header, true)
		s.state.Body, s.state.Broken = body, ""
	} else {
		s.state.ETag, s.state.LastModified, s.state.Body, s.state.Broken = "", "", "", body
	}
	s.state.Format, s.state.Title, s.state.Items, s.state.Rhythm = doc.Format, clip(doc.Title), len(doc.Items), rhythm(doc.Items)
	s.take(doc, now)
	s.withdraw(ctx, doc, now)
	s.subscribe(ctx, doc, now)
	return outcomeNew, nil
}
