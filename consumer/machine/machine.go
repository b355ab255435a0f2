// Package machine turns the entries of the log, one after the other, into events and alerts.
//
// It is deterministic: the same entries with the same rules give the same outputs, byte for byte, whatever the clock,
// the number of processors or the way the entries came in batches.
package machine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// Version is the version of Step: it rises when the same log would give other outputs than before.
const Version = 1

// An article is remembered for as long as memory in the log's time, and in any case while it is among the latest
// remembered: a revision that comes again is not stepped again, and what it told stays one alert. The second bound is
// for archives, in which years pass within a minute and which are read again.
const (
	memory   = 100 * 24 * time.Hour
	remember = 1 << 20
)

// Ruleset is a version of the rules, ready to be matched.
type Ruleset struct {
	hash      string
	rules     []rule.Rule
	index     *match.Index
	summaries []*rule.Summary // of each rule; nil: none
}

// Compile makes the rules of one content hash ready. Actors are resolved through g. Rules that this program does not
// understand, told by another version of it, are left out and named by the error: the Ruleset can be used all the same.
func Compile(hash string, rules []rule.Rule, g *gazetteer.Gazetteer) (*Ruleset, error) {
	index, err := match.New(rules, g)
	set := &Ruleset{hash: hash, rules: rules, index: index, summaries: make([]*rule.Summary, len(rules))}
	errs := []error{err}
	for i, r := range rules {
		if r.Summary == "" {
			continue
		}
		if set.summaries[i], err = rule.ParseSummary(r.Summary); err != nil {
			errs = append(errs, fmt.Errorf("rule %s: %w", r.Name, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return set, fmt.Errorf("machine: rules %.12s: %w", hash, err)
	}
	return set, nil
}

// Len is the number of rules; 0 for a nil Ruleset.
func (r *Ruleset) Len() int {
	if r == nil {
		return 0
	}
	return len(r.rules)
}

// Input is one entry of the log.
type Input struct {
	Seq   uint64 // its place in the log
	Entry news.Entry
	Rules *Ruleset // what a news.Rules entry names, compiled; nil for every other entry
}

// Output is what the machine says: exactly one of the two is set.
type Output struct {
	Event *news.Told
	Alert *news.Alert
}

// Message is the output as it is stored.
func (o Output) Message() (wire.Message, error) {
	if o.Alert != nil {
		return wire.Alert(*o.Alert)
	}
	return wire.Event(*o.Event)
}

// Fate is what became of an entry. Every entry has exactly one.
type Fate string

// The fates.
const (
	Stepped   Fate = "stepped"   // a report seen for the first time
	Revised   Fate = "revised"   // a report that replaces an earlier revision of its article
	Duplicate Fate = "duplicate" // a report that was stepped before
	Applied   Fate = "applied"   // rules, a correction or a tick that took effect
	Idle      Fate = "idle"      // rules already in force, a correction of nothing known
)

// Fates lists them.
func Fates() []Fate { return []Fate{Stepped, Revised, Duplicate, Applied, Idle} }

// Reason says why a hit became no alert.
type Reason string

// The reasons.
const (
	Shadowed Reason = "shadow" // the rule is counted, never sent
	Old      Reason = "old"    // the article is older than the rule's max_age, or was found on the first look at a source
)

// Reasons lists them.
func Reasons() []Reason { return []Reason{Shadowed, Old} }

// Result is what one step gave.
type Result struct {
	Outputs    []Output
	Fate       Fate
	Suppressed []Suppression
}

// Suppression is a hit that became no alert.
type Suppression struct {
	Rule   string
	Reason Reason
}

// State is all that the machine knows. The zero State has seen nothing; only Step changes it. It is not safe for
// concurrent use.
type State struct {
	rules    *Ruleset
	highest  time.Time // highest At, or tick
	live     bool      // the log holds a report of a live source
	articles map[news.ID]*article
	queue    []remembered // in the order of the log
	forget   int          // how many the queue may hold before the oldest are forgotten; 0 means remember
	hits     []match.Hit
}

type remembered struct {
	id  news.ID
	seq uint64
	at  time.Time
}

// article is what is remembered of one.
type article struct {
	seq       uint64 // of its latest report
	revisions []news.ID
	alerts    []told
}

// told is an alert in the revision told last.
type told struct {
	alert news.Alert // without events and clauses
	facts string     // what a reader would call its content: a revision that leaves it as it is is not told
}

// Now is the log's time: the highest At of a report or a tick so far; zero before the first.
func (s *State) Now() time.Time { return s.highest }

// Live tells whether the log holds a report of a live source or one that was sent to us.
func (s *State) Live() bool { return s.live }

// Rules is the ruleset in force; nil when no rules were told yet.
func (s *State) Rules() *Ruleset { return s.rules }

// Step takes the next entry of the log and says what follows from it.
func (s *State) Step(in Input) Result {
	switch e := in.Entry.(type) {
	case news.Report:
		return s.report(in.Seq, e)
	case news.Rules:
		return s.adopt(in.Rules)
	case news.Correction:
		return s.correct(e)
	case news.Tick:
		s.advance(e.At)
		return Result{Fate: Applied}
	}
	panic(fmt.Sprintf("machine: entry of unknown kind %T", in.Entry))
}

func (s *State) adopt(r *Ruleset) Result {
	if s.rules != nil && r != nil && s.rules.hash == r.hash {
		return Result{Fate: Idle}
	}
	s.rules = r
	return Result{Fate: Applied}
}

// advance moves the log's time on and forgets the articles that are too old and too many to come again.
func (s *State) advance(at time.Time) {
	if at.After(s.highest) {
		s.highest = at
	}
	horizon := s.highest.Add(-memory)
	n := 0
	keep := s.forget
	if keep == 0 {
		keep = remember
	}
	for ; n < len(s.queue)-keep && s.queue[n].at.Before(horizon); n++ {
		r := s.queue[n]
		if a := s.articles[r.id]; a != nil && a.seq == r.seq {
			delete(s.articles, r.id)
		}
	}
	s.queue = slices.Delete(s.queue, 0, n)
}

func (s *State) report(seq uint64, r news.Report) Result {
	s.live = s.live || r.Origin == news.Live || r.Origin == news.Push
	s.advance(r.At)
	a := s.articles[r.Article.ID]
	fate := Stepped
	switch {
	case a == nil:
		a = &article{}
		if s.articles == nil {
			s.articles = map[news.ID]*article{}
		}
		s.articles[r.Article.ID] = a
	case slices.Contains(a.revisions, r.Article.Revision):
		return Result{Fate: Duplicate}
	default:
		fate = Revised
	}
	a.seq = seq
	a.revisions = append(a.revisions, r.Article.Revision)
	s.queue = append(s.queue, remembered{r.Article.ID, seq, r.At})

	// Each article is its own story until stories are told apart.
	story := news.Story{ID: r.Article.ID, Articles: 1, Publishers: 1}
	result := Result{Fate: fate, Outputs: enrich(r, story)}
	alerts, suppressed := s.alerts(r, story)
	result.Suppressed = suppressed
	for _, alert := range a.revise(r, alerts) {
		result.Outputs = append(result.Outputs, Output{Alert: &alert})
	}
	return result
}

// enrich gives each event of a report its standing and its story.
func enrich(r news.Report, story news.Story) []Output {
	out := make([]Output, 0, len(r.Events))
	ref := r.Article.Reference()
	for _, e := range r.Events {
		standing := news.News
		if e.Historical {
			standing = news.History
		}
		out = append(out, Output{Event: &news.Told{Event: e, Article: ref, Coder: r.Coder, Standing: standing, Story: &story}})
	}
	return out
}

// correct retracts every alert that a withdrawn article raised.
func (s *State) correct(c news.Correction) Result {
	s.advance(c.At)
	a := s.articles[c.Article]
	if a == nil {
		return Result{Fate: Idle}
	}
	result := Result{Fate: Applied}
	for i := range a.alerts {
		if a.alerts[i].alert.Change == news.Retracted {
			continue
		}
		alert := a.alerts[i].retract(c.At)
		result.Outputs = append(result.Outputs, Output{Alert: &alert})
	}
	return result
}
