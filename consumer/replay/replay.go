// Package replay runs the machine over what was, and records what it says.
//
// It is the same machine that runs live, fed from an archive or from a stretch of the log. Where live has a courier, a
// replay has a Recorder: nothing in this room knows a receiver. Reports are decoded, coded and matched side by side, and
// stepped one after the other, so that what it says is the same on one core and on many, at any speed, and after any
// interruption.
package replay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Source gives the entries of a log in their order.
type Source interface {
	// Next gives the next entry; io.EOF: there will be none. A *BadEntry tells of one that cannot be read: reading goes on
	// behind it. Any other error ends the replay, which can be taken up again.
	Next(ctx context.Context) (Entry, error)
}

// Sharer is a Source that knows how much of it was given, from 0 to 1. Any goroutine may ask.
type Sharer interface{ Share() float64 }

// Entry is an entry of a log: as it is stored, or a report that was not stored yet.
type Entry struct {
	Seq     uint64 // its place in the log; 0: the source has none, and entries are counted from 1
	Subject string // below the prefix, as it is stored; empty where there is a Report
	Data    []byte
	Lost    uint64 // entries lost between the one before and this

	Report  *news.Report // not stored: from a file
	Uncoded bool         // of Report: its events are still to be found
	Undated bool         // of Report: it tells no date, and has the time of the one before
}

// BadEntry is the error of one entry that cannot be read.
type BadEntry struct {
	Where string // file and line
	Err   error
}

// Error implements error.
func (e *BadEntry) Error() string { return e.Where + ": " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *BadEntry) Unwrap() error { return e.Err }

// Coder finds the events an article tells. Code only computes and is called by many goroutines at once.
type Coder interface {
	Name() string // and version, as reports carry it
	Code(news.Article) []news.Event
}

// Library holds the rules objects by content hash.
type Library interface {
	Rules(ctx context.Context, hash string) ([]rule.Rule, error)
}

// Recorder keeps what a replay tells. It is all that a replay can reach.
type Recorder interface {
	// Record keeps what was told, in its order. After an interruption the latest may come again, with the same numbers.
	Record(ctx context.Context, said []Said) error
}

// Said is one message the machine said, as live would store it.
type Said struct {
	Number  uint64 // from 1, without gaps
	Subject string
	Data    []byte
	Alert   *news.Alert // nil: an event
}

// Rules are the rules to replay under, in the place of those the log tells.
type Rules struct {
	Name  string      // for people: the file's
	Hash  string      // as rulebook.Encode tells it
	Rules []rule.Rule // as rulebook.Decode gives them: in the order in which live has them
}

// Snapshot is a state of a machine to begin with.
type Snapshot struct {
	Base
	State []byte // as machine.State.AppendSnapshot wrote it
}

// Config says what to replay and how. Source and Dir are needed.
type Config struct {
	Source Source
	Dir    *Dir // where the result goes, and where an interrupted replay goes on
	Also   []Recorder

	From, To time.Time     // only what has an At in [From, To) is told; zero: no bound
	Warmup   time.Duration // how long before From entries are stepped in silence; without From nothing is
	Order    Order         // "" means Log. Sort puts a Source into the order of publication
	Kind     string        // of the source, as Scope tells it
	Notes    []string      // what people should know of the source
	EndTick  bool          // tell the time behind the last entry, as the log of archives does

	Rules   *Rules  // nil: those that the log tells, as they were then
	Library Library // for the rules that the log or the snapshot names; nil: they cannot be had
	Actors  *gazetteer.Gazetteer
	Base    *Snapshot // nil: an empty machine

	Coder  Coder                          // for reports that are not coded; needed where there are any
	Sketch func(news.Article) news.Sketch // what stories are told apart by; nil means nothing
	Recode bool                           // find the events of stored reports anew, where Ours coded them
	Ours   func(coder string) bool        // tells whether an article's text was coded, not a row of another coder; nil: always
	Most   int                            // events one report keeps; 0 means 400

	Control *Control                                  // speed, pause, progress; nil: as fast as can be
	Lag     func(ctx context.Context) (uint64, error) // entries that a live machine beside this one has still to do; nil: there is none
	Workers int                                       // 0 means GOMAXPROCS
	Every   time.Duration                             // between two checkpoints; 0 means 10s
	Log     *slog.Logger                              // nil means silent
}

func (c Config) withDefaults() Config {
	if c.Order == "" {
		c.Order = Log
	}
	if c.Ours == nil {
		c.Ours = func(string) bool { return true }
	}
	if c.Most == 0 {
		c.Most = 400
	}
	if c.Control == nil {
		c.Control = &Control{}
	}
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Every == 0 {
		c.Every = 10 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Validate refuses what cannot work.
func (c Config) Validate() error {
	switch {
	case c.Source == nil || c.Dir == nil:
		return errors.New("replay: a source and a directory are needed")
	case c.Order != "" && c.Order != Log && c.Order != Published:
		return fmt.Errorf("replay: order %q: want %q or %q", c.Order, Log, Published)
	case !c.From.IsZero() && !c.To.IsZero() && !c.From.Before(c.To):
		return fmt.Errorf("replay: from %s is not before to %s", c.From.Format(time.RFC3339), c.To.Format(time.RFC3339))
	case min(c.Warmup, c.Every) < 0 || min(c.Workers, c.Most) < 0:
		return errors.New("replay: a negative number in the configuration")
	case c.Recode && c.Coder == nil:
		return errors.New("replay: to code anew, a coder is needed")
	}
	return nil
}

// Run replays the source to its end. When ctx ends before, what was read is stepped and recorded, a checkpoint is left in
// the directory, and Run returns ctx's error: another Run over the same input goes on there, and says in the end what an
// undisturbed one would have said. The Summary is what was found so far.
func Run(ctx context.Context, cfg Config) (Summary, error) {
	if err := cfg.Validate(); err != nil {
		return Summary{}, err
	}
	cfg = cfg.withDefaults()
	s, err := begin(ctx, cfg)
	if err != nil {
		return Summary{}, err
	}
	cfg.Control.begin(cfg.Source)
	defer cfg.Control.end()
	err = s.flow(ctx)
	return s.final, err
}

// session is one run.
type session struct {
	Config
	state  *machine.State
	rules  rulesInForce
	tally  *tally
	final  Summary // as it was recorded last
	passed uint64  // entries to read again and pass over: a former run has done them

	saving atomic.Bool  // a mark is on its way to the directory
	cost   atomic.Int64 // how long the last one took to be written there, in nanoseconds
}

// begin makes the machine: empty, as a snapshot has it, or as a former run left it.
func begin(ctx context.Context, cfg Config) (*session, error) {
	s := &session{Config: cfg, state: &machine.State{}}
	if mark := cfg.Dir.mark; mark != nil {
		s.tally = resumed(mark.Summary, mark.Hashing)
		s.passed = mark.pass
		state := mark.state
		mark.state = nil
		return s, s.restore(ctx, state)
	}
	s.tally = newTally(cfg)
	if cfg.Base != nil {
		if err := s.restore(ctx, cfg.Base.State); err != nil {
			return nil, fmt.Errorf("replay: base snapshot: %w", err)
		}
		if r := s.state.Rules(); r != nil {
			s.tally.adopt(r.Hash(), s.rules.list)
		}
	}
	if cfg.Rules == nil {
		return s, nil
	}
	set, err := machine.Compile(cfg.Rules.Hash, cfg.Rules.Rules, cfg.Actors)
	if err != nil {
		return nil, err // who names rules wants all of them
	}
	s.state.Step(machine.Input{Entry: news.Rules{Hash: cfg.Rules.Hash}, Rules: set})
	s.rules.put(set, cfg.Rules.Rules)
	s.tally.adopt(cfg.Rules.Hash, cfg.Rules.Rules)
	return s, nil
}

func (s *session) restore(ctx context.Context, state []byte) (err error) {
	s.state, err = machine.Restore(state, func(hash string) (*machine.Ruleset, error) { return s.compile(ctx, hash) })
	return err
}

// compile readies the rules of a hash. Those that this program does not understand are left out, as live leaves them out.
func (s *session) compile(ctx context.Context, hash string) (*machine.Ruleset, error) {
	rules, err := s.rulesOf(ctx, hash)
	if err != nil {
		return nil, fmt.Errorf("replay: the log puts rules %.12s in force, but they cannot be had: %w", hash, err)
	}
	set, err := machine.Compile(hash, rules, s.Actors)
	if err != nil {
		s.Log.Warn("replay: rules are left out", "error", err)
		if s.tally != nil {
			s.tally.warn("rules %.12s: some are left out: %v", hash, err)
		}
	}
	s.rules.put(set, rules)
	return set, nil
}

func (s *session) rulesOf(ctx context.Context, hash string) ([]rule.Rule, error) {
	if s.Rules != nil && s.Rules.Hash == hash {
		return s.Rules.Rules, nil
	}
	if s.Library == nil {
		return nil, errors.New("there is no library of rules")
	}
	return s.Library.Rules(ctx, hash)
}
