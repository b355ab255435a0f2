package news

import (
	"strconv"
	"time"
)

// Severity is how much an alert matters to its owner.
type Severity string

// The severities, lowest first.
const (
	Info     Severity = "info"
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// Severities lists them, lowest first.
func Severities() []Severity { return []Severity{Info, Low, Medium, High, Critical} }

// Change says what a revision of an alert brings.
type Change string

// The kinds of revision.
const (
	New       Change = "new"
	Updated   Change = "updated"   // new facts
	Retracted Change = "retracted" // the article was withdrawn, or no longer says it
)

// Alert is one revision of "a report meets a rule".
type Alert struct {
	ID       ID  // the rule and the article, story or event it fired for: see MakeID at its maker
	Revision int // from 1
	Change   Change
	Rule     string
	Title    string
	Owner    string
	Severity Severity
	To       []string // receivers; empty means the default
	Summary  string   // the rule's own words for it; empty: the renderer chooses
	At       time.Time
	Article  Reference
	Origin   Origin
	Story    Story
	Events   []Event  // those that matched; the lead first
	Why      []Clause // the clauses that held
	Window   *Window  // what a rule over a window of time counted; nil for others
	Held     int      // alerts of the rule that its limit held back: this one stands for them
}

// Key is the alert's ID and revision: the same for every attempt to deliver it.
func (a Alert) Key() string { return string(a.ID) + "." + strconv.Itoa(a.Revision) }

// Window is a stretch of the log's time and what a rule found in it.
type Window struct {
	Kind     string    // count, spike, first, absence, sequence
	Group    string    // the value of the rule's group_by; empty: all in one
	Start    time.Time // the first thing counted; of an absence: the last hit
	End      time.Time
	Count    int // distinct things counted
	Distinct string
	Expected string // of a spike: how many the baseline lets expect, to a tenth
	Entries  []Entered
	Late     int // hits of the rule so far that came too late to be counted
	Dropped  int // hits of the rule so far that found no room
}

// Entered is one hit in a window.
type Entered struct {
	Article   ID
	Publisher string
	At        time.Time
	Step      int // of a sequence, from 1
}

// Clause is one condition of a rule that held, and where.
type Clause struct {
	Text   string // as written in the rule
	Spans  []Span // in Article.Text
	Events []ID   // the events that satisfied it
}

// Rules is the message of the log that puts a version of the rules in force.
type Rules struct {
	Version string    // for people: when and from where
	Hash    string    // hex SHA-256 of the rules object
	At      time.Time // when it was told
}

// Correction is the message of the log that withdraws an article.
type Correction struct {
	Article   ID
	Publisher string
	Reason    string
	At        time.Time
}

// Tick is the message of the log that tells the time when nothing else came.
type Tick struct{ At time.Time }

// Entry is one message of the log. Everything that can change what the machine says is one of these four: Report,
// Rules, Correction, Tick.
type Entry interface{ entry() }

func (Report) entry()     {}
func (Rules) entry()      {}
func (Correction) entry() {}
func (Tick) entry()       {}
