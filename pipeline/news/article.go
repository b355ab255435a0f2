// Package news holds the nouns that travel: articles, reports, events and alerts.
package news

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// ID names a noun by what it is: 26 characters of lower-case base32 (130 bits) of a SHA-256 over its identity.
// Nothing in an ID is random or taken from a clock, so doing something twice gives the same ID twice.
type ID string

var lower32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// MakeID hashes the parts, each preceded by its length, so that no two lists of parts collide by concatenation.
func MakeID(parts ...string) ID {
	var room [256]byte // most parts fit: an ID costs no memory but its own
	b := room[:0]
	for _, p := range parts {
		b = append(binary.AppendUvarint(b, uint64(len(p))), p...)
	}
	sum := sha256.Sum256(b)
	var id [32]byte
	lower32.Encode(id[:], sum[:20])
	return ID(id[:26])
}

// Short is the first eight characters: enough for people to name an alert.
func (id ID) Short() string { return string(id[:min(8, len(id))]) }

// NoPublisher stands where an article names no publisher.
const NoPublisher = "none"

// Article is one text that somebody published.
type Article struct {
	ID        ID        // identity: see Identify
	Revision  ID        // content hash: an edited article keeps its ID and has a new Revision
	URL       string    // canonical address; empty when not known
	Publisher string    // host or name; NoPublisher when not known
	Language  string    // ISO 639-1; empty when unknown
	Title     string    // as published; empty when the article has none
	Text      string    // NFC, at most 256 KiB; every Span points into it
	Published Interval  // as claimed; zero when not told
	Seen      time.Time // when we first saw it
	Source    string    // where we found it: a file's name, a feed's address
	Cut       bool      // Text was cut at the size limit
}

// Identify returns the article with ID and Revision set: the ID from the address, else from the publisher and guid,
// else from the text and the date; the Revision from all that a reader sees.
func (a Article) Identify(guid string) Article {
	published := a.Published.String()
	switch {
	case a.URL != "":
		a.ID = MakeID("article", "url", a.URL)
	case guid != "":
		a.ID = MakeID("article", "guid", a.Publisher, guid)
	default:
		a.ID = MakeID("article", "text", a.Title, a.Text, published)
	}
	a.Revision = MakeID("revision", a.Publisher, a.Language, a.Title, a.Text, published)
	return a
}

// Reference is what an event or an alert needs to name its article without carrying its text.
type Reference struct {
	ID        ID
	Revision  ID
	URL       string
	Publisher string
	Language  string
	Title     string
	Published Interval
	Seen      time.Time
	Source    string
}

// Reference returns the article without its text.
func (a Article) Reference() Reference {
	return Reference{
		ID: a.ID, Revision: a.Revision, URL: a.URL, Publisher: a.Publisher, Language: a.Language,
		Title: a.Title, Published: a.Published, Seen: a.Seen, Source: a.Source,
	}
}

// Origin says by which way a report came in; it decides what the report may move and whom it may alert.
type Origin string

// The origins of a report.
const (
	Live     Origin = "live"     // from a source that is followed as it publishes
	Baseline Origin = "baseline" // found on the first look at a source: history, never alerted
	Archive  Origin = "archive"  // from files of the past
	Push     Origin = "push"     // sent to us by a program

	Replay Origin = "replay" // of no report: it marks an alert that a replay was told to send to a receiver
)

// Report is an article and the events it tells: one message of the log.
type Report struct {
	Article Article
	Events  []Event   // in text order
	At      time.Time // the log's time, set once by the producer: see LogTime
	Origin  Origin
	Sketch  Sketch
	Coder   string // name and version of the coder, and the hash of its lexicon
	Cut     bool   // events beyond the limit of one report were cut
}

// LogTime is the report's At. Live and push: the earlier of Published's end and Seen; archive: the start of
// Published. Without a date it is Seen.
func LogTime(a Article, o Origin) time.Time {
	switch {
	case a.Published.IsZero():
		return a.Seen
	case o == Archive:
		return a.Published.Start
	case a.Published.End.Before(a.Seen):
		return a.Published.End
	}
	return a.Seen
}
