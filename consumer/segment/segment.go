// Package segment keeps stretches of the log in files.
//
// A directory holds zstd-compressed JSON lines, one file for each hour of At and batch of the log, an index that names them in a chain of
// hashes, and the bodies of the rules that the log names, so that it stands alone:
//
//	index.json                     what there is: see Index
//	2021-10-18T08.3.jsonl.zst      batch 3's entries of an hour, in the log's order
//	rules/<hash>.json.zst          the body of a rules object
//
// A batch is a run of the log's entries that is read and written as a whole: it bounds what a writer and a reader hold in memory, whatever
// order the times At have.
package segment

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// An Entry is one message of the log: a report, rules, a correction or a tick.
type Entry struct {
	Seq     uint64    // its sequence in the log it comes from
	At      time.Time // the log's time; of bytes that cannot be read, that of the entry before it
	Subject string
	Data    []byte // as stored
}

// ErrCorrupt says that a file is not what the index says of it. The text names the file.
var ErrCorrupt = errors.New("corrupt")

// form is the form of a directory that is written; every older one is read.
const form = 1

const (
	indexName = "index.json"
	rulesDir  = "rules"
	suffix    = ".jsonl.zst"
	temporary = ".tmp" // what ends so is not finished

	hourLayout = "2006-01-02T15"

	// batchBytes bounds the lines of one batch, but for its last entry.
	batchBytes = 32 << 20
	// maxBytes bounds what one file may hold unpacked: a batch, and the largest message a server may take.
	maxBytes = 160 << 20
)

// A Segment is what the index says of one file.
type Segment struct {
	File     string    `json:"file"`
	Batch    int       `json:"batch"` // from 1
	Hour     string    `json:"hour"`  // of At, UTC: "2021-10-18T08"
	Entries  int       `json:"entries"`
	First    uint64    `json:"first"` // sequence of its first entry
	Last     uint64    `json:"last"`
	From     time.Time `json:"from"`     // its earliest At
	To       time.Time `json:"to"`       // its latest At
	Bytes    int64     `json:"bytes"`    // unpacked
	Size     int64     `json:"size"`     // of the file
	SHA256   string    `json:"sha256"`   // of the file
	Previous string    `json:"previous"` // chain over all files before it; stands in the file's first line, too
}

// Span is a stretch of At, [From, To). A zero time is open.
type Span struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

// Contains tells whether t lies in the span.
func (s Span) Contains(t time.Time) bool {
	return !t.Before(s.From) && (s.To.IsZero() || t.Before(s.To))
}

// String is the span for people.
func (s Span) String() string {
	end := func(t time.Time, open string) string {
		if t.IsZero() {
			return open
		}
		return t.UTC().Format(time.RFC3339)
	}
	return end(s.From, "the beginning") + " to " + end(s.To, "the end")
}

func (s Span) utc() Span { return Span{s.From.UTC(), s.To.UTC()} }

// meets tells whether the span shares a time with the segment.
func (s Span) meets(g Segment) bool {
	return !g.To.Before(s.From) && (s.To.IsZero() || g.From.Before(s.To))
}

func isRules(subject string) bool { return wire.Kind(subject) == wire.RulesKind }

func hourOf(t time.Time) string { return t.UTC().Format(hourLayout) }

func fileOf(hour string, batch int) string { return fmt.Sprintf("%s.%d%s", hour, batch, suffix) }

func rulesFile(dir, hash string) string { return filepath.Join(dir, rulesDir, hash+".json.zst") }

// inOrder sorts entries as the log has them.
func inOrder(entries []Entry) {
	slices.SortFunc(entries, func(a, b Entry) int {
		switch {
		case a.Seq < b.Seq:
			return -1
		case a.Seq > b.Seq:
			return 1
		}
		return 0
	})
}
