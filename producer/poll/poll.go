// Package poll follows feeds: politely, for as long as they live.
//
// A Poller keeps what all feeds share: the hosts, of which each is asked one thing at a time with a pause between, the
// number of feeds read at once, the memory of past polls. A Source is one feed. It starts no goroutine: whoever calls
// Next waits until the feed is due.
//
// The first poll of a feed is its baseline: what stands in it then is history and alerts nobody. A feed is asked with
// the validators of its last answer, at the rhythm in which it publishes, never sooner than it wishes, and more and
// more seldom while it fails. What was seen is remembered in the Store once it is in the log, so that a restart neither
// tells it again nor forgets it.
package poll

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/feed"
	"github.com/quidnunc-news/quidnunc/producer/fetch"
)

// Getter gets documents. *fetch.Client is one.
type Getter interface {
	Get(ctx context.Context, r fetch.Request) (*fetch.Response, error)
}

// Store keeps the State of each feed, as JSON. A key is 26 letters and digits.
type Store interface {
	Load(ctx context.Context, key string) ([]byte, error) // nil: there is none
	Save(ctx context.Context, key string, value []byte) error
}

// Robots says whether a page may be read. *fetch.Robots is one.
type Robots interface {
	Check(ctx context.Context, page string) (delay time.Duration, err error)
}

// Config tunes a Poller. Getter is needed; the zero value of the rest is good for production.
type Config struct {
	Getter     Getter
	Store      Store                                        // nil means the memory of this process
	Now        func() time.Time                             // nil means time.Now
	After      func(time.Duration) <-chan time.Time         // nil means time.After
	Random     func() float64                               // in [0, 1), for jitter; nil means chance
	AtOnce     int                                          // feeds that are fetched or whose articles wait; 0 means 16
	Spacing    time.Duration                                // between two requests to one host; 0 means 1s, negative none
	Standard   time.Duration                                // between two polls of a feed that tells no dates; 0 means 15m
	Min        time.Duration                                // at least between two polls; 0 means 2m
	Max        time.Duration                                // at most between two polls of a feed that works; 0 means 6h
	Longest    time.Duration                                // at most between two polls of one that fails; 0 means 24h
	Withdraw   func(context.Context, news.Correction) error // puts a correction into the log; nil: withdrawals are only counted
	Page       func(*fetch.Response) (text string, ok bool) // the article's text of a page; nil: no pages are read
	Robots     Robots                                       // asked before each page; needed with Page
	WebSub     WebSub                                       // how hubs reach us; zero: not at all
	Once       bool                                         // poll each feed once, now, then end
	Registerer prometheus.Registerer                        // nil means none
	Log        *slog.Logger                                 // nil means silent
}

func (c Config) withDefaults() Config {
	c.AtOnce = or(c.AtOnce, 16)
	c.Spacing = max(0, or(c.Spacing, time.Second))
	c.Standard = or(c.Standard, 15*time.Minute)
	c.Min = or(c.Min, 2*time.Minute)
	c.Max = or(c.Max, 6*time.Hour)
	c.Longest = max(c.Max, or(c.Longest, 24*time.Hour))
	if c.Store == nil {
		c.Store = &memory{}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.After == nil {
		c.After = time.After
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

func or[T comparable](v, standard T) T {
	var zero T
	if v == zero {
		return standard
	}
	return v
}

// Validate refuses what cannot work.
func (c Config) Validate() error {
	d := c.withDefaults()
	switch {
	case c.Getter == nil:
		return errors.New("poll: no Getter")
	case c.Page != nil && c.Robots == nil:
		return errors.New("poll: pages are not read without asking robots.txt")
	case d.AtOnce < 1 || min(d.Standard, d.Min, d.Max, d.Longest) < 0:
		return errors.New("poll: a negative number in the configuration")
	case d.Min > d.Max:
		return fmt.Errorf("poll: at least %s between two polls, and at most %s", d.Min, d.Max)
	}
	return nil
}

// Feed is what to follow.
type Feed struct {
	URL      string
	Every    time.Duration // between two polls; 0: by the feed's own rhythm and wishes
	Identity feed.Policy   // "": detected
	News     bool          // what stands in it at the first poll is news, not history
	Pages    bool          // where it tells a summary only, the text is taken from the page
}

// Poller is what all feeds share.
type Poller struct {
	cfg   Config
	hosts hosts
	slots chan struct{}
	// doubtful is the slots of feeds that failed or were slow the last time, so that those that mean harm hold up only
	// one another.
	doubtful chan struct{}
	metrics  *metrics
	called   callbacks
	fares    fares
}

// New returns a Poller without feeds.
func New(cfg Config) (*Poller, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, fmt.Errorf("poll: %w", err)
	}
	p := &Poller{
		cfg: cfg, metrics: m, slots: make(chan struct{}, cfg.AtOnce), doubtful: make(chan struct{}, max(1, cfg.AtOnce/4)),
		hosts: hosts{now: cfg.Now, after: cfg.After, spacing: cfg.Spacing, gates: map[string]*gate{}},
		fares: fares{now: cfg.Now, of: map[string]fare{}},
	}
	if cfg.Registerer != nil {
		if err := cfg.Registerer.Register(&p.fares); err != nil {
			return nil, fmt.Errorf("poll: %w", err)
		}
	}
	return p, nil
}

// Key is where a Store keeps the State of the feed at an address.
func Key(url string) string { return string(news.MakeID("feed", url)) }
