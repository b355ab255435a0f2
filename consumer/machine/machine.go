// Package machine turns the entries of the log, one after the other, into events and alerts.
//
// It is deterministic: the same entries with the same rules give the same outputs, byte for byte, whatever the clock,
// the number of processors or the way the entries came in batches.
package machine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/story"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// Version is the version of Step: it rises when the same log would give other outputs than before.
const Version = 2

// Input is one entry of the log.
type Input struct {
	Seq   uint64     // its place in the log, which no other has
	Entry news.Entry // may be nil where it is a report that was Prepared
	Rules *Ruleset   // what a news.Rules entry names, compiled; nil for every other entry

	Story    *news.Story // of a report, what a machine that read the whole log said of its story; nil: it is found out
	Prepared *Prepared   // of a report, it and what Ruleset.Prepare found; nil: nothing was prepared

	Room []Suppression // memory for those of the Result, which may overwrite it; nil: they get their own
}

// Output is what the machine says: exactly one of the two is set.
type Output struct {
	Event *news.Told
	Alert *news.Alert
}

// Message is the output as it is stored.
func (o Output) Message() (wire.Message, error) {
	if o.Alert != nil {
		return wire.Alert(o.Alert)
	}
	return wire.Event(o.Event)
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
	Shadowed  Reason = "shadow"   // the rule is counted, never sent
	Old       Reason = "old"      // the article is older than the rule's max_age, or was found on the first look at a source
	Known     Reason = "known"    // the alert of its story was told and this adds nothing
	Copied    Reason = "copy"     // another article has the same words, and its alert was told
	Throttled Reason = "throttle" // an update of an alert waits until the rule's throttle is over
	Limited   Reason = "limit"    // above the rule's limit: counted by its "N more" alert
	Costly    Reason = "costly"   // the rule would take more work for the article than it may: whether it holds is not known
	Late      Reason = "late"     // it came too late for the rule's window
	Dropped   Reason = "dropped"  // the rule's window had no room
	Counted   Reason = "counted"  // it stands in the rule's window, which has not enough yet
)

// Reasons lists them.
func Reasons() []Reason {
	return []Reason{Costly, Shadowed, Old, Known, Copied, Throttled, Limited, Late, Dropped, Counted}
}

// Result is what one step gave.
type Result struct {
	Outputs    []Output
	Fate       Fate
	Story      news.Story // of a report that was stepped
	Suppressed []Suppression
}

// Suppression is a hit that became no alert.
type Suppression struct {
	Rule   string
	Reason Reason
	Alert  news.ID // the alert that was told instead, or will be; empty: none
	Detail Detail  // in words, with the numbers
	Held   *Held   // what a ledger shows of it; nil: nothing, or it shows enough of this hour already
}

// Detail says why in words. Most are never read, so those that most hits have are put into words when they are.
type Detail struct {
	Words   string
	Window  string // what the rule's window looks for and does not find in its Entries; empty: nothing
	Entries int
}

// String is the words.
func (d Detail) String() string {
	if d.Window == "" {
		return d.Words
	}
	return fmt.Sprintf("%s: not found with this, of %d entries", d.Window, d.Entries)
}

// State is all that the machine knows. The zero State has seen nothing; only Step changes it. It is not safe for
// concurrent use.
type State struct {
	rules   *Ruleset
	highest time.Time // highest At, or tick
	clock   time.Time // the same without the archive reports of a log that has live ones: it moves windows
	live    bool      // the log holds a report of a live source
	stories story.Stories
	archive archive
	alerts  map[news.ID]*record // to be written to by record only
	moment  uint64              // how many pictures were taken
	waiting []wait              // updates under throttle, the one due first first
	limits  map[string]*limit
	over    []string            // rules above their limit, sorted
	windows map[string]*counter // by rule
	silent  []string            // rules that wait for an absence, sorted

	shown    shown
	nextTurn time.Time // no absence is to be found before; zero: not known
	swept    time.Time
	hits     []hit
	entered  []place // by the report at hand
}

// Now is the log's time: the highest At of a report or a tick so far; zero before the first.
func (s *State) Now() time.Time { return s.highest }

// Live tells whether the log holds a report of a live source or one that was sent to us.
func (s *State) Live() bool { return s.live }

// Size says how much is remembered.
type Size struct {
	Articles, Alerts, WindowEntries int

	Late, Dropped int // hits of rules over windows that were left out
	Stories       story.Size
}

// Size is what is remembered now.
func (s *State) Size() Size {
	out := Size{Articles: s.archive.len(), Alerts: len(s.alerts), Stories: s.stories.Size()}
	for _, c := range s.windows {
		out.WindowEntries += c.Len()
		out.Late += c.Late()
		out.Dropped += c.Dropped()
	}
	return out
}

// Rules is the ruleset in force; nil when no rules were told yet.
func (s *State) Rules() *Ruleset { return s.rules }

// Step takes the next entry of the log and says what follows from it.
func (s *State) Step(in Input) Result {
	if in.Prepared != nil {
		return s.report(in, in.Prepared.report)
	}
	switch e := in.Entry.(type) {
	case news.Report:
		return s.report(in, &e)
	case news.Rules:
		return s.adopt(in.Rules)
	case news.Correction:
		return s.correct(e)
	case news.Tick:
		result := Result{Fate: Applied, Suppressed: in.Room[:0]}
		s.advance(e.At, true, &result)
		return result
	}
	panic(fmt.Sprintf("machine: entry of unknown kind %T", in.Entry))
}

func (s *State) adopt(r *Ruleset) Result {
	if s.rules != nil && r != nil && s.rules.hash == r.hash {
		return Result{Fate: Idle}
	}
	s.rules = r
	s.openWindows()
	return Result{Fate: Applied}
}

// advance moves the log's time on, forgets what is too old to matter and tells what was waiting for this time.
func (s *State) advance(at time.Time, moves bool, out *Result) {
	if at.After(s.highest) {
		s.highest = at
	}
	s.forget()
	s.stories.Advance(s.highest)
	if moves && at.After(s.clock) {
		s.clock = at
		s.release(out)
		s.close(out)
		s.turn(out)
	}
}

// sweepEvery is how often alerts are looked through for those to forget.
const sweepEvery = 24 * time.Hour

// forget drops the articles that are too old and too many to come again, and the alerts that nothing holds any more.
func (s *State) forget() {
	horizon := s.highest.Add(-memory)
	for _, a := range s.archive.forget(horizon.Unix()) {
		for _, c := range a.claims() {
			if r := s.record(c.alert); r != nil {
				r.known--
				if !c.taken {
					r.claims--
				}
			}
		}
	}
	if s.highest.Sub(s.swept) < sweepEvery {
		return
	}
	s.swept = s.highest
	for id, r := range s.alerts {
		if r.known <= 0 && r.at.Before(horizon) {
			delete(s.alerts, id)
		}
	}
}

// Pass is all that a report does to the machine in which no rule has a hit, nor had one in another revision of its
// article: time goes on. A machine that steps the reports that rules ask for, with their stories, and passes the others
// tells the alerts of one that steps them all.
func (s *State) Pass(at time.Time, origin news.Origin) Result {
	var result Result
	s.pass(at, origin, &result)
	return result
}

func (s *State) pass(at time.Time, origin news.Origin, out *Result) {
	fresh := origin == news.Live || origin == news.Push
	s.live = s.live || fresh
	s.advance(at, !s.live || fresh, out)
}

func (s *State) report(in Input, r *news.Report) Result {
	result := Result{Suppressed: in.Room[:0]}
	s.pass(r.At, r.Origin, &result)
	id, revision := keyOf(r.Article.ID), keyOf(r.Article.Revision)
	place, there := s.archive.index[id]
	switch {
	case !there:
		result.Fate = Stepped
		place = s.archive.put(id)
	case s.archive.articles.At(int(place)).has(revision):
		result.Fate = Duplicate
		return result
	default:
		result.Fate = Revised
	}
	a := s.archive.note(place, revision, in.Seq, r.At, there)
	s.leaveWindows(a, r.Article.ID, r.At, &result)
	var told news.Story
	if in.Story != nil {
		told = *in.Story
	} else {
		told = s.tellStory(a, r, in.Prepared, there)
	}
	result.Story = told
	enrich(r, &told, &result)
	s.entered = s.entered[:0]
	s.judge(a, r, told, in.Prepared, &result)
	s.archive.enters(a, s.entered)
	return result
}

// tellStory is the story of a report. A revision stays in the story of its article.
func (s *State) tellStory(a *article, r *news.Report, p *Prepared, revised bool) news.Story {
	var gist *story.Gist
	if p != nil {
		gist = p.gist
	} else {
		gist = story.GistOf(r)
	}
	before := cmp.Or(a.story(), r.Article.ID)
	var told news.Story
	ok := false
	if revised {
		told, ok = s.stories.Revise(gist)
	}
	if !ok {
		told = s.stories.Add(gist)
	}
	if revised && told.ID != before && !slices.Contains(told.Former, before) {
		told.Former = append(told.Former, before)
	}
	if told.ID != before {
		a.more().story = told.ID
	}
	return told
}

// enrich tells each event of a report with its standing and its story.
func enrich(r *news.Report, told *news.Story, out *Result) {
	if len(r.Events) == 0 {
		return
	}
	of := *told
	all := make([]news.Told, len(r.Events)) // they go the same way: one piece of memory holds them
	ref := r.Article.Reference()
	out.Outputs = slices.Grow(out.Outputs, len(all))
	for i := range all {
		e := &all[i]
		*e = news.Told{Event: r.Events[i], Article: ref, Coder: r.Coder, Standing: news.News, Story: &of}
		switch {
		case e.Event.Historical:
			e.Standing = news.History
		case of.CopyOf != "":
			e.Standing = news.Copy
		}
		out.Outputs = append(out.Outputs, Output{Event: e})
	}
}

// correct retracts every alert that a withdrawn article alone held up, and takes it out of its story and of windows.
func (s *State) correct(c news.Correction) Result {
	var result Result
	s.advance(c.At, !s.live, &result)
	a := s.archive.own(c.Article)
	if a == nil {
		result.Fate = Idle
		return result
	}
	result.Fate = Applied
	s.stories.Drop(c.Article)
	s.leaveWindows(a, c.Article, c.At, &result)
	s.disclaim(a, func(claim) bool { return false }, c.At, news.Reference{}, &result)
	return result
}
