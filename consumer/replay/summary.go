package replay

import (
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Summary is what a replay found: summary.json of its result directory. It holds no wall time and nothing of the machine
// it ran on, so that the same input, rules and coder give the same bytes.
type Summary struct {
	Version  int    `json:"version"`  // of this form: SummaryVersion
	Request  string `json:"request"`  // names what was asked for: a directory holds the result of one request
	Complete bool   `json:"complete"` // false: it was interrupted, and goes on from its checkpoint
	Step     int    `json:"step"`     // version of the machine
	Hashes   Hashes `json:"hashes"`
	Scope    Scope  `json:"scope"`

	Coders []string  `json:"coders"`         // who coded the reports that were stepped, sorted
	Base   *Base     `json:"base,omitempty"` // the state it began with; nil: empty
	Since  time.Time `json:"since,omitzero"` // the log's time at which the machine's memory begins: what is new before it is not known

	Started  time.Time `json:"started,omitzero"` // lowest and highest At of what was told, rules left out
	Ended    time.Time `json:"ended,omitzero"`
	Position Position  `json:"position"`

	Entries    Entries                `json:"entries"`
	Fates      map[machine.Fate]int   `json:"fates"`      // of the entries that were told
	Suppressed map[machine.Reason]int `json:"suppressed"` // hits of rules that became no alert
	Events     int                    `json:"events"`
	History    int                    `json:"history"` // of Events, those told as background
	Alerts     Revisions              `json:"alerts"`
	Severities map[news.Severity]int  `json:"severities"` // revisions of alerts
	Rules      []RuleCount            `json:"rules"`      // each rule that was in force, sorted by name; those that told nothing too
	Days       []Day                  `json:"days"`       // of the log's time (UTC), in order; days without anything are left out
	Gaps       []Gap                  `json:"gaps"`       // what is missing in the log or the archive, in order
	Dead       []Dead                 `json:"dead"`       // the first of what could not be read or coded: see Entries.Dead
	Warnings   []string               `json:"warnings"`   // for people, in order
}

// SummaryVersion is the version of Summary that is written. Keys are only added within one.
const SummaryVersion = 1

// Hashes are the proof of a replay: the same first three give the same fourth. Each is "sha256:" and 64 hex digits.
type Hashes struct {
	Input  string `json:"input"`  // the base snapshot, and every entry as it was read, in the order in which it was stepped
	Rules  string `json:"rules"`  // of one version of the rules its content hash; of several the hash over theirs
	Coder  string `json:"coder"`  // over Summary.Coders, whose names carry the hashes of lexicon and gazetteer
	Output string `json:"output"` // wire.Chain over all that was told: of a whole log, the hash of its checkpoint
}

// Scope is what was asked for.
type Scope struct {
	Source  string    `json:"source"` // "stream", "files" or "export"
	Order   Order     `json:"order"`
	From    time.Time `json:"from,omitzero"` // only what has an At from here …
	To      time.Time `json:"to,omitzero"`   // … to before here
	Warmup  string    `json:"warmup"`        // how long before From the machine was warmed in silence: "72h0m0s"
	Recoded bool      `json:"recoded,omitempty"`
	Rules   string    `json:"rules"` // "log": as the log tells them; else whose: a file's name
}

// Order is the order in which entries are stepped.
type Order string

// The orders.
const (
	Log       Order = "log"       // as they stand in the log or the files, with the At they have
	Published Order = "published" // by the start of Published, which becomes their At
)

// Base is the snapshot that a replay began with.
type Base struct {
	Sequence uint64 `json:"sequence"` // of the log: all up to it is in the state
	Hash     string `json:"hash"`     // hex SHA-256 of the snapshot's body
}

// Position is how far a replay is.
type Position struct {
	Sequence uint64 `json:"sequence"` // of the entry that was stepped last; of files, its number from 1
	Entries  uint64 `json:"entries"`  // read so far, those out of scope too
}

// Entries counts what was read: Read = Told + Warmed + Skipped + Dead.
type Entries struct {
	Read        uint64 `json:"read"`
	Told        uint64 `json:"told"`
	Warmed      uint64 `json:"warmed"`  // stepped in silence, since their At lies before Scope.From
	Skipped     uint64 `json:"skipped"` // out of scope, or rules of the log where others were given
	Dead        uint64 `json:"dead"`    // could not be read or coded
	Reports     uint64 `json:"reports"` // of Told; the rest are rules, corrections, ticks
	Rules       uint64 `json:"rules"`
	Corrections uint64 `json:"corrections"`
	Ticks       uint64 `json:"ticks"`
	Undated     uint64 `json:"undated,omitempty"`  // reports that tell no date: they took the time of the one before
	Cut         uint64 `json:"cut,omitempty"`      // reports that lost events to the limit of one report
	Textless    uint64 `json:"textless,omitempty"` // of Reports, those whose text another coder's row stands for
}

// Revisions counts alerts: New of them, in New+Updated+Retracted revisions.
type Revisions struct {
	New       int `json:"new"`
	Updated   int `json:"updated"`
	Retracted int `json:"retracted"`
}

// All is the number of revisions.
func (r Revisions) All() int { return r.New + r.Updated + r.Retracted }

func (r *Revisions) add(c news.Change) {
	switch c {
	case news.New:
		r.New++
	case news.Updated:
		r.Updated++
	case news.Retracted:
		r.Retracted++
	}
}

// RuleCount is what one rule did.
type RuleCount struct {
	Name       string                 `json:"name"`
	Title      string                 `json:"title,omitempty"`
	Owner      string                 `json:"owner,omitempty"`
	Query      string                 `json:"query"`
	Severity   news.Severity          `json:"severity"`
	State      string                 `json:"state"`           // live, shadow or off
	Words      bool                   `json:"words,omitempty"` // it asks words of the article
	Alerts     Revisions              `json:"alerts"`
	Days       map[string]int         `json:"days"` // new alerts by day: "2021-10-18"
	Suppressed map[machine.Reason]int `json:"suppressed"`
}

// Day is what happened on one day of the log's time.
type Day struct {
	Day        string                `json:"day"` // "2021-10-18", UTC
	Reports    int                   `json:"reports"`
	Events     int                   `json:"events"`
	Alerts     Revisions             `json:"alerts"`
	Severities map[news.Severity]int `json:"severities"` // new alerts
}

// Gap is something that is missing.
type Gap struct {
	From time.Time `json:"from,omitzero"` // the log's time before it …
	To   time.Time `json:"to,omitzero"`   // … and behind it
	Lost uint64    `json:"lost,omitempty"`
	Why  string    `json:"why"` // "no report for 3 days", "12 messages before sequence 4711 are lost"
}

// Dead is something that could not be read or coded.
type Dead struct {
	Where string `json:"where"` // file and line, or the sequence in the log
	Why   string `json:"why"`
}
