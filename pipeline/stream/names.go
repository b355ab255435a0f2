package stream

import (
	"fmt"
	"regexp"
	"strings"
)

// Stream is one of the four streams of a prefix.
type Stream string

// The streams.
const (
	Reports    Stream = "REPORTS"    // the log: report.>, told.>, rules.>, correction.>, tick
	Events     Stream = "EVENTS"     // event.>, alert.>, checkpoint.>
	Deliveries Stream = "DELIVERIES" // delivery.>, a work queue
	Dead       Stream = "DEAD"       // dead.>, and the server's own word of a message given up
)

// Bucket is a key-value bucket or an object store of a prefix.
type Bucket string

// The buckets.
const (
	Rules     Bucket = "RULES"     // objects named by their content
	Snapshots Bucket = "SNAPSHOTS" // objects: states of the machines
	Ledger    Bucket = "LEDGER"    // one row per alert and receiver
	Leases    Bucket = "LEASES"    // who commits which shard
	Silences  Bucket = "SILENCES"  // which alerts are not to be sent for a while
	Feeds     Bucket = "FEEDS"     // feeds subscribed to, and what is known of each from its past polls
)

// DefaultPrefix begins the public subjects where no other is configured.
const DefaultPrefix = "quidnunc"

var prefixForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*$`)

func validPrefix(prefix string) error {
	if !prefixForm.MatchString(prefix) || prefix == "log" || strings.HasPrefix(prefix, "log.") || len(prefix) > 128 {
		return fmt.Errorf("prefix %q: want dot-separated tokens of a-z, 0-9 and '-', at most 128 bytes, not beginning with \"log\"", prefix)
	}
	return nil
}

// names turns this package's words into the server's and back. Streams and buckets carry the prefix, so that several prefixes live on
// one server: "quidnunc.replay.x1" has "quidnunc_replay_x1_REPORTS". No prefix holds a '_', so no two share a name.
type names struct{ prefix string }

func (n names) underscored() string          { return strings.ReplaceAll(n.prefix, ".", "_") }
func (n names) name(of string) string        { return n.underscored() + "_" + of }
func (n names) stream(s Stream) string       { return n.name(string(s)) }
func (n names) bucket(b Bucket) string       { return n.name(string(b)) }
func (n names) stored(subject string) string { return "log." + n.prefix + "." + subject }
func (n names) public(subject string) string { return n.prefix + "." + subject }
func (n names) checkpoint(shard int) string  { return fmt.Sprintf("checkpoint.%d", shard) }
func (n names) storedAll(subjects []string) []string {
	all := make([]string, len(subjects))
	for i, s := range subjects {
		all[i] = n.stored(s)
	}
	return all
}

func (n names) relative(subject string) string {
	s := strings.TrimPrefix(subject, "log.")
	return strings.TrimPrefix(s, n.prefix+".")
}

var subjectsOf = map[Stream][]string{
	Reports:    {"report.>", "told.>", "rules.>", "correction.>", "tick"},
	Events:     {"event.>", "alert.>", "checkpoint.>"},
	Deliveries: {"delivery.>"},
	Dead:       {"dead.>"},
}

// machineSubjects are the messages of the log that a machine steps over: all but told.
var machineSubjects = []string{"report.>", "rules.>", "correction.>", "tick"}

// publicNouns are the first tokens of the subjects that anybody may subscribe to.
var publicNouns = []string{"report", "told", "event", "alert"}
