// Package consumer reads the log, steps the machine and commits what it says, exactly once.
package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// Log is the ordered log the machine reads and the place its outputs are committed to. *stream.Hub is one.
type Log interface {
	Read(ctx context.Context, from uint64, handle func(stream.Stored) error) error
	Checkpoint(ctx context.Context, shard int) (data []byte, last uint64, err error)
	Commit(ctx context.Context, shard int, outputs []stream.Message, checkpoint []byte, last uint64) (uint64, error)
}

// Library holds the rules objects by content hash. An object that is not there stops the machine: going on without it
// would say something else than the log does.
type Library interface {
	Rules(ctx context.Context, hash string) ([]rule.Rule, error)
}

// Aside takes what does not go into the committed outputs.
type Aside interface {
	// Bury keeps an entry that cannot be decoded, and why. Doing it twice is harmless.
	Bury(ctx context.Context, entry stream.Stored, why error) error
	// Tick writes the time into the log.
	Tick(ctx context.Context, at time.Time) error
}

// Config tunes a Consumer. The zero value is good for production.
type Config struct {
	Shard      int
	MaxBatch   int                   // outputs in one commit; 0 means 900
	MaxBytes   int                   // bytes of outputs in one commit; 0 means 512 KiB
	Gather     time.Duration         // how long outputs wait for others; 0 means 100ms
	TickAfter  time.Duration         // silence of the live sources after which the time is written; 0 means 10s
	Ahead      int                   // entries decoded ahead of the machine; 0 means 256
	Registerer prometheus.Registerer // for the metrics; nil means none
	Log        *slog.Logger          // nil means silent
	Now        func() time.Time      // the wall clock of metrics and ticks, never of what the machine says; nil means time.Now
}

func (c Config) withDefaults() Config {
	c.MaxBatch = or(c.MaxBatch, 900)
	c.MaxBytes = or(c.MaxBytes, 512<<10)
	c.Gather = or(c.Gather, 100*time.Millisecond)
	c.TickAfter = or(c.TickAfter, 10*time.Second)
	c.Ahead = or(c.Ahead, 256)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
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
	if min(d.MaxBatch, d.MaxBytes, d.Ahead) < 1 || min(d.Gather, d.TickAfter) < 0 || d.Shard < 0 {
		return errors.New("consumer: a negative number in the configuration")
	}
	return nil
}

// Consumer runs one shard's machine.
type Consumer struct {
	log     Log
	library Library
	aside   Aside
	actors  *gazetteer.Gazetteer
	cfg     Config
	metrics *metrics
	tally   tally
}

// New returns a Consumer that has not started.
func New(log Log, library Library, aside Aside, actors *gazetteer.Gazetteer, cfg Config) (*Consumer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, fmt.Errorf("consumer: %w", err)
	}
	return &Consumer{log: log, library: library, aside: aside, actors: actors, cfg: cfg, metrics: m}, nil
}

// Run restores the machine from the log and its checkpoint and steps it until ctx ends: then what was stepped is
// committed and Run returns nil. It returns stream.ErrFenced when another machine committed in its place.
//
// Only the holder of the shard's lease should run it; the checkpoint fences whoever does not know that it lost it. Run
// may be called again once it has returned.
func (c *Consumer) Run(ctx context.Context) error {
	s, err := c.restore(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	reading, stop := context.WithCancel(ctx)
	entries := make(chan entry, c.cfg.Ahead)
	ended := make(chan error, 1)
	go func() {
		defer close(entries)
		ended <- c.read(reading, entries)
	}()
	err = s.run(ctx, entries)
	stop()
	for range entries { // let the reader end
	}
	if readErr := <-ended; err == nil && readErr != nil && ctx.Err() == nil {
		err = readErr
	}
	return err
}

// compile loads and readies the rules that an entry names. Rules that are not understood are said so of and left out;
// rules that cannot be had stop the machine.
func (c *Consumer) compile(ctx context.Context, hash string) (*machine.Ruleset, error) {
	rules, err := c.library.Rules(ctx, hash)
	if err != nil {
		return nil, fmt.Errorf("consumer: the log puts rules %.12s in force, but they cannot be had: %w", hash, err)
	}
	set, err := machine.Compile(hash, rules, c.actors)
	if err != nil {
		c.metrics.leftOut.Inc()
		c.cfg.Log.Error("consumer: rules are left out", "error", err)
	}
	return set, nil
}
