// Package consumer reads the log, steps the machine and commits what it says, exactly once.
package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
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
	Last(ctx context.Context, of stream.Stream) (uint64, error)
	Checkpoint(ctx context.Context, shard int) (data []byte, last uint64, err error)
	Commit(ctx context.Context, shard int, outputs []stream.Message, checkpoint []byte, last uint64) (uint64, error)
}

// ErrLogLost says that the log ends before the place up to which its outputs are committed.
var ErrLogLost = errors.New("the log has lost its latest messages")

// Library holds the rules objects by content hash. An object that is not there stops the machine: going on without it
// would say something else than the log does.
type Library interface {
	Rules(ctx context.Context, hash string) ([]rule.Rule, error)
}

// A Library that tells changes too has Between: what makes the version of a hash out of an earlier one, or false. Rules
// are then changed as they stand, and not made ready anew.
type changes interface {
	Between(ctx context.Context, earlier, hash string) (put []rule.Rule, drop []string, ok bool, err error)
}

// Aside takes what does not go into the committed outputs.
type Aside interface {
	// Bury keeps an entry that cannot be decoded, and why. Doing it twice is harmless.
	Bury(ctx context.Context, entry stream.Stored, why error) error
	// Tick writes the time into the log.
	Tick(ctx context.Context, at time.Time) error
}

// Ward takes rules out of force that cost too much.
type Ward interface {
	// Quarantine puts a version of the rules into the log in which the named ones are off. Doing it twice is harmless.
	Quarantine(ctx context.Context, names []string) error
}

// Ledger shows what was held back.
type Ledger interface {
	// Withheld keeps an alert that the machine held back; of.Held is set. Doing it twice is harmless.
	Withheld(ctx context.Context, of machine.Suppression) error
}

// Vault keeps states of machines, so that a restart need not step the whole log again. *stream.Hub is one.
type Vault interface {
	PutSnapshot(ctx context.Context, machine string, sequence uint64, body []byte) error
	Snapshots(ctx context.Context, machine string) ([]stream.Snapshot, error) // the newest first
	SnapshotBody(ctx context.Context, s stream.Snapshot) ([]byte, error)
}

// Turn says which of the machines that step one shard's log is the one that commits.
type Turn interface {
	// Take waits until it is this machine's turn. lost is closed when it is not any more; pass, called once, gives the
	// turn to the next. The error is ctx's, or why there can be no turn.
	Take(ctx context.Context) (lost <-chan struct{}, pass func(), err error)
}

// Config tunes a Consumer. The zero value is good for production on one machine.
type Config struct {
	Shard      int                   // which shard this is, from 0
	Shards     int                   // how many shards the rules are divided among; 0 means 1
	Turn       Turn                  // nil: it always is this machine's turn
	Ward       Ward                  // nil: rules that take more work than they may are reported, and stay in force
	Ledger     Ledger                // nil: what is held back is counted, and not shown one by one
	Vault      Vault                 // nil: no snapshots, and each start steps the log from its first message
	SaveEvery  time.Duration         // between two snapshots; 0 means 5m
	MaxAhead   int                   // entries a standby may be ahead of the checkpoint; 0 means 10,000
	Watch      time.Duration         // how often a standby looks at the checkpoint; 0 means 500ms
	MaxBatch   int                   // outputs in one commit; 0 means 900
	MaxBytes   int                   // bytes of outputs in one commit; 0 means 1 MiB
	Gather     time.Duration         // how long outputs wait for others; 0 means 100ms
	TickAfter  time.Duration         // silence of the live sources after which the time is written; 0 means 10s
	Ahead      int                   // entries decoded and matched ahead of the machine; 0 means 256
	Registerer prometheus.Registerer // for the metrics; nil means none
	Log        *slog.Logger          // nil means silent
	Now        func() time.Time      // the wall clock of metrics and ticks, never of what the machine says; nil means time.Now
}

func (c Config) withDefaults() Config {
	c.Shards = or(c.Shards, 1)
	c.SaveEvery = or(c.SaveEvery, 5*time.Minute)
	c.MaxAhead = or(c.MaxAhead, 10_000)
	c.Watch = or(c.Watch, 500*time.Millisecond)
	c.MaxBatch = or(c.MaxBatch, 900)
	c.MaxBytes = or(c.MaxBytes, 1<<20)
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
	if min(d.MaxBatch, d.MaxBytes, d.Ahead, d.MaxAhead) < 1 || min(d.Gather, d.TickAfter, d.SaveEvery, d.Watch) < 0 {
		return errors.New("consumer: a negative number in the configuration")
	}
	if d.Shards < 1 || d.Shard < 0 || d.Shard >= d.Shards {
		return fmt.Errorf("consumer: shard %d of %d: shards count from 0", d.Shard, d.Shards)
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
	m, err := newMetrics(cfg.Registerer, fmt.Sprintf("%d/%d", cfg.Shard, cfg.Shards))
	if err != nil {
		return nil, fmt.Errorf("consumer: %w", err)
	}
	return &Consumer{log: log, library: library, aside: aside, actors: actors, cfg: cfg, metrics: m}, nil
}

// Run restores the machine from its newest snapshot, steps the log from there in silence up to the checkpoint, goes on
// stepping and, while it is its turn, commits what follows. When ctx ends, what was stepped is committed and Run returns
// nil. While it is another machine's turn, what was stepped is kept until a checkpoint covers it: the turn may come at
// any time.
//
// Where the log ends before the checkpoint, Run refuses to go on (ErrLogLost): what is told next would get the numbers of what
// was stepped, and be passed over.
//
// A machine that believes in a turn it has lost is fenced by the checkpoint: nothing it says is stored, and it waits for
// its next turn. Run may be called again once it has returned.
func (c *Consumer) Run(ctx context.Context) error {
	s, err := c.restore(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	reading, stop := context.WithCancel(ctx)
	s.rules.Store(s.state.Rules())
	entries := make(chan *entry, c.cfg.Ahead)
	ended := make(chan error, 1)
	go func() {
		defer close(entries)
		ended <- s.read(reading, s.position+1, entries)
	}()
	err = s.run(ctx, entries)
	s.state.Rules().Close()
	stop()
	for range entries { // let the reader end
	}
	if readErr := <-ended; err == nil && readErr != nil && ctx.Err() == nil {
		err = readErr
	}
	return err
}

// read puts the log from a sequence on into entries, in its order, and has them prepared side by side.
func (s *session) read(ctx context.Context, from uint64, entries chan<- *entry) error {
	raw := make(chan *entry, s.cfg.Ahead)
	var decoders sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		decoders.Go(func() {
			for e := range raw {
				e.prepare(s.rules.Load())
			}
		})
	}
	err := s.log.Read(ctx, from, func(m stream.Stored) error {
		e := &entry{stored: m, ready: make(chan struct{})}
		raw <- e
		select {
		case entries <- e:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	close(raw)
	decoders.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// change makes the rules of a hash of those before it, or returns nil where they have to be made ready anew.
func (c *Consumer) change(ctx context.Context, before *machine.Ruleset, hash string) (*machine.Ruleset, error) {
	library, ok := c.library.(changes)
	switch {
	case before == nil:
		return nil, nil
	case before.Hash() == hash:
		return before, nil
	case !ok:
		return nil, nil
	}
	put, drop, ok, err := library.Between(ctx, before.Hash(), hash)
	if err != nil {
		return nil, fmt.Errorf("consumer: the log puts rules %.12s in force, but they cannot be had: %w", hash, err)
	}
	if !ok {
		return nil, nil
	}
	set, err := before.Change(hash, c.ours(put), drop)
	c.leaveOut(err)
	return set, nil
}

// ours are the rules that fall to this shard.
func (c *Consumer) ours(rules []rule.Rule) []rule.Rule {
	if c.cfg.Shards < 2 {
		return rules
	}
	return slices.DeleteFunc(slices.Clone(rules), func(r rule.Rule) bool { return ShardOf(r.Name, c.cfg.Shards) != c.cfg.Shard })
}

// leaveOut says what is not understood, if anything is not.
func (c *Consumer) leaveOut(err error) {
	if err != nil {
		c.metrics.leftOut.Inc()
		c.cfg.Log.Error("consumer: rules are left out", "error", err)
	}
}

// compile loads and readies the rules of a hash that fall to this shard, of those before it if there are some. Rules that are not understood are said so of
// and left out; rules that cannot be had stop the machine.
func (c *Consumer) compile(ctx context.Context, before *machine.Ruleset, hash string) (*machine.Ruleset, error) {
	began := c.cfg.Now()
	if set, err := c.change(ctx, before, hash); set != nil || err != nil {
		if err == nil {
			c.metrics.compiled(set.Len(), c.cfg.Now().Sub(began))
		}
		return set, err
	}
	rules, err := c.library.Rules(ctx, hash)
	if err != nil {
		return nil, fmt.Errorf("consumer: the log puts rules %.12s in force, but they cannot be had: %w", hash, err)
	}
	set, err := machine.Compile(hash, c.ours(rules), c.actors)
	c.leaveOut(err)
	c.metrics.compiled(set.Len(), c.cfg.Now().Sub(began))
	return set, nil
}
