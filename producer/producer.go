// Package producer takes articles from their sources to the log: read, coded side by side, published in source order.
package producer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Source gives articles in its own order.
type Source interface {
	// Next waits for the next article. io.EOF: there will be none. A *BadInput tells of one bad document: reading goes
	// on behind it. Any other error ends this source and no other.
	Next(ctx context.Context) (news.Article, error)
}

// Mender is a Source that mends what it can.
type Mender interface {
	Mended() []Reason // in the article that Next gave last
}

// Originator is a Source whose articles do not all come in by the way its Input names.
type Originator interface {
	Origin() news.Origin // of the article that Next gave last
}

// Settler is a Source that wants to know what became of its articles, so that it forgets none when the process dies.
type Settler interface {
	Settled(news.Article) // stored in the log, or buried; called from another goroutine than Next
}

// Reporter is a Source that gives some articles with their events, as another coder found them. They go past the Coder.
type Reporter interface {
	Coded() (events []news.Event, coder string, ok bool) // of the article that Next gave last
}

// Coder finds the events an article tells. Code only computes and is called by many goroutines at once.
type Coder interface {
	Name() string // and version, as reports carry it
	Code(news.Article) []news.Event
}

// Sketcher boils an article down to what stories are told apart by. It only computes and is called by many goroutines
// at once.
type Sketcher func(news.Article) news.Sketch

// Publisher puts reports into the log, in order and each whole. It returns when they are stored, or an error when it
// does not know that all are; the Receipt then counts those at the front that surely are. Publishing a report again is
// harmless. A pipeline.Permanent error says that trying again is useless.
type Publisher interface {
	Publish(ctx context.Context, reports []news.Report) (Receipt, error)
}

// Receipt counts the reports of one Publish.
type Receipt struct {
	Stored    int
	Duplicate int // were stored before
}

// DeadLetters keeps what could not be handled: the Reason and what is wrong in words ("too_long: a line of …"), where
// it came from, and its first bytes.
type DeadLetters interface {
	Bury(ctx context.Context, reason, origin string, sample []byte) error
}

// Input is a source with what the producer must know of it.
type Input struct {
	Name   string // for people: a directory, a feed's address
	Origin news.Origin
	Source Source
}

// Config tunes a Producer. The zero value is good for production.
type Config struct {
	Workers    int                   // articles coded at once; 0 means GOMAXPROCS
	Ahead      int                   // articles of one source read ahead of the publisher; 0 means 64
	MaxEvents  int                   // events one report keeps; 0 means 400
	MaxBatch   int                   // messages published at once; 0 means 500
	Gather     time.Duration         // how long a batch waits to fill; 0 means 20ms
	Patience   time.Duration         // how long the coding of one article may take before it is buried; 0 means 1m
	RetryFirst time.Duration         // pause before the second attempt to publish, then doubled; 0 means 50ms
	RetryMax   time.Duration         // longest pause between two attempts; 0 means 5s
	Sketch     Sketcher              // what reports tell of an article's words; nil means nothing
	Registerer prometheus.Registerer // for the metrics; nil means none
	Log        *slog.Logger          // nil means silent
}

func (c Config) withDefaults() Config {
	c.Workers = or(c.Workers, runtime.GOMAXPROCS(0))
	c.Ahead = or(c.Ahead, 64)
	c.MaxEvents = or(c.MaxEvents, 400)
	c.MaxBatch = or(c.MaxBatch, 500)
	c.Gather = or(c.Gather, 20*time.Millisecond)
	c.Patience = or(c.Patience, time.Minute)
	c.RetryFirst = or(c.RetryFirst, 50*time.Millisecond)
	c.RetryMax = or(c.RetryMax, 5*time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

func or[T int | time.Duration](v, standard T) T {
	if v == 0 {
		return standard
	}
	return v
}

// Validate refuses what cannot work.
func (c Config) Validate() error {
	d := c.withDefaults()
	if min(d.Workers, d.Ahead, d.MaxEvents) < 1 || min(d.Gather, d.Patience, d.RetryFirst, d.RetryMax) < 0 {
		return errors.New("producer: a negative number in the configuration")
	}
	if d.MaxEvents >= d.MaxBatch {
		return fmt.Errorf("producer: %d events and their report do not fit into a batch of %d messages", d.MaxEvents, d.MaxBatch)
	}
	return nil
}

// Counts says what became of everything read: Articles = Stored + Duplicate + Failed + Open.
type Counts struct {
	Articles  int // read, with what was mended
	BadInputs int // documents that gave no article: buried
	Mended    int // articles whose input was mended: broken UTF-8, an unreadable date, text cut
	Failed    int // articles buried: the coder panicked or took too long, or the log refused them
	Stored    int // reports newly in the log
	Duplicate int // reports that were in the log already
	Open      int // articles not published when Run was interrupted
	Events    int // in coded reports
	CutEvents int // events beyond the limit of one report
	Retries   int // failed attempts to publish
}

// Producer runs inputs through a coder to a publisher.
type Producer struct {
	inputs    []Input
	coder     Coder
	publisher Publisher
	dead      DeadLetters
	cfg       Config
	metrics   *metrics
	coderName string

	mu     sync.Mutex
	counts Counts
}

// New returns a Producer that has not started.
func New(inputs []Input, coder Coder, publisher Publisher, dead DeadLetters, cfg Config) (*Producer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, fmt.Errorf("producer: %w", err)
	}
	return &Producer{
		inputs: inputs, coder: coder, publisher: publisher, dead: dead, cfg: cfg, metrics: m, coderName: coder.Name(),
	}, nil
}

// Run reads every input to its end and returns when all that it gave is published or buried: nil, or the errors of the
// inputs that broke off. When ctx ends first it returns ctx's error and Counts tells how many articles are open. It
// runs once.
func (p *Producer) Run(ctx context.Context) error {
	f := newFlow(p)
	return f.run(ctx)
}

// Counts is the state of things; it may be asked at any time.
func (p *Producer) Counts() Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.counts
	c.Open = c.Articles - c.Stored - c.Duplicate - c.Failed
	return c
}

func (p *Producer) count(add func(*Counts)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	add(&p.counts)
}

// bury hands something to the dead letters and does not give up before ctx ends: nothing is dropped in silence.
func (p *Producer) bury(ctx context.Context, reason Reason, why error, origin string, sample []byte) error {
	p.metrics.badInput.WithLabelValues(reason.label()).Inc()
	p.cfg.Log.Warn("producer: buried", "reason", reason, "origin", origin, "error", why)
	words := string(reason)
	if why != nil {
		words += ": " + why.Error()
	}
	err := p.persist(ctx, "bury", func() error {
		return p.dead.Bury(ctx, words, origin, sample[:min(len(sample), maxSample)])
	})
	if err != nil && ctx.Err() == nil {
		p.cfg.Log.Error("producer: cannot be buried, only counted", "origin", origin, "reason", words, "error", err)
		return nil
	}
	return err
}

// maxSample bounds what a dead letter shows of an article.
const maxSample = 4096

// persist does something until it works, is permanently refused or ctx ends.
func (p *Producer) persist(ctx context.Context, what string, do func() error) error {
	for pause := p.cfg.RetryFirst; ; pause = min(2*pause, p.cfg.RetryMax) {
		err := do()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case permanent(err):
			return err
		}
		p.count(func(c *Counts) { c.Retries++ })
		p.metrics.retries.Inc()
		p.cfg.Log.Warn("producer: trying again", "what", what, "in", pause, "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// next reads one article, burying bad inputs on the way.
func (p *Producer) next(ctx context.Context, in Input) (news.Article, error) {
	for {
		began := time.Now()
		a, err := in.Source.Next(ctx)
		p.metrics.stage("read", time.Since(began))
		var bad *BadInput
		switch {
		case err == nil:
			p.noteRead(in)
			return a, nil
		case errors.Is(err, io.EOF) || ctx.Err() != nil || !errors.As(err, &bad):
			return a, err
		}
		p.count(func(c *Counts) { c.BadInputs++ })
		if err := p.bury(ctx, bad.Reason, bad.Err, bad.Origin(), bad.Sample); err != nil {
			return a, fmt.Errorf("bury %s: %w", bad.Origin(), err)
		}
	}
}

func (p *Producer) noteRead(in Input) {
	var mended []Reason
	if m, ok := in.Source.(Mender); ok {
		mended = m.Mended()
	}
	p.count(func(c *Counts) {
		c.Articles++
		c.Mended += min(len(mended), 1)
	})
	p.metrics.articles.WithLabelValues("read").Inc()
	for _, r := range mended {
		p.metrics.badInput.WithLabelValues(r.label()).Inc()
	}
}
