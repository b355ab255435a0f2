package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Mode says who makes the streams.
type Mode int

// The modes of Setup.
const (
	Manage Mode = iota // create what is missing, bring what differs into line
	Check              // change nothing: a *DifferenceError where something is missing or differs
)

// Setup makes or checks the streams and buckets of the prefix. It may be called again at any time, by any number of processes.
// What an administrator set beyond the fields that matter here (placement, metadata, description …) stays.
func (h *Hub) Setup(ctx context.Context, mode Mode) error {
	var differences []string
	for _, want := range h.wanted() {
		var d []string
		err := h.until(ctx, "set up "+want.Name, func(ctx context.Context) (err error) {
			d, err = h.setupOne(ctx, mode, want)
			return err
		})
		if err != nil {
			return err
		}
		differences = append(differences, d...)
	}
	if len(differences) > 0 {
		return &DifferenceError{Differences: differences}
	}
	return nil
}

// Print returns the JSON configurations an administrator may feed to `nats stream add --config`, one per stream and bucket.
func (h *Hub) Print() []json.RawMessage {
	var all []json.RawMessage
	for _, want := range h.wanted() {
		all = append(all, printed(want))
	}
	return all
}

// Print is Hub.Print for a configuration that is not connected.
func Print(c Config) []json.RawMessage {
	c = c.withDefaults()
	return (&Hub{config: c, names: names{c.Prefix}}).Print()
}

func printed(c jetstream.StreamConfig) json.RawMessage {
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil { // a struct of plain values
		panic(err)
	}
	return b
}

func (h *Hub) setupOne(ctx context.Context, mode Mode, want jetstream.StreamConfig) ([]string, error) {
	s, err := h.js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if mode == Check {
			return []string{want.Name + ": missing"}, nil
		}
		s, err = h.js.CreateStream(ctx, want)
	}
	if err != nil {
		return nil, err
	}
	have := s.CachedInfo().Config
	found := differences(have, want)
	if len(found) == 0 || mode == Check {
		return found, nil
	}
	s, err = h.js.UpdateStream(ctx, merged(have, want))
	if err != nil {
		return nil, fmt.Errorf("%w (differs: %s)", err, found)
	}
	return differences(s.CachedInfo().Config, want), nil
}

// wanted are the streams and buckets in the order they are made.
func (h *Hub) wanted() []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		h.reports(), h.events(), h.deliveries(), h.dead(),
		h.objects(Rules), h.objects(Snapshots), h.keys(Ledger, h.config.EventsAge), h.keys(Silences, 0), h.keys(Leases, 0), h.keys(Feeds, 0),
	}
}

func (h *Hub) base(s Stream) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: h.names.stream(s), Subjects: h.names.storedAll(subjectsOf[s]),
		Storage: jetstream.FileStorage, Replicas: h.config.Replicas, Compression: jetstream.S2Compression,
		MaxMsgs: -1, MaxBytes: -1, MaxConsumers: -1, MaxMsgsPerSubject: -1, MaxMsgSize: -1,
		Duplicates: h.config.DedupWindow, AllowDirect: true, AllowAtomicPublish: true,
	}
}

func (h *Hub) republished(c jetstream.StreamConfig) jetstream.StreamConfig {
	c.RePublish = &jetstream.RePublish{Source: h.names.stored(">"), Destination: h.names.public(">")}
	return c
}

func (h *Hub) reports() jetstream.StreamConfig {
	c := h.republished(h.base(Reports))
	c.Description = "Quidnunc's log: articles with their events, rules, corrections, ticks"
	c.MaxAge, c.MaxBytes = h.config.ReportsAge, h.config.ReportsBytes
	return c
}

func (h *Hub) events() jetstream.StreamConfig {
	c := h.republished(h.base(Events))
	c.Description = "What Quidnunc's machines say: enriched events, alerts, checkpoints"
	c.MaxAge, c.AllowRollup, c.AllowMsgTTL = h.config.EventsAge, true, true
	c.AllowDirect = false // a checkpoint is read from the leader, never from a copy that lags
	return c
}

func (h *Hub) deliveries() jetstream.StreamConfig {
	c := h.base(Deliveries)
	c.Description = "Quidnunc's alert revisions waiting for a receiver"
	c.Retention = jetstream.WorkQueuePolicy
	return c
}

func (h *Hub) dead() jetstream.StreamConfig {
	c := h.base(Dead)
	c.Description = "What Quidnunc could not handle, with the reason"
	c.Subjects = append(c.Subjects, "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES."+h.names.stream(Deliveries)+".>",
		"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES."+h.names.stream(Events)+".>")
	c.MaxAge = h.config.DeadAge
	return c
}

// keys is what the client library makes of a key-value bucket (ADR-8), so that `nats kv` works on it.
func (h *Hub) keys(b Bucket, age time.Duration) jetstream.StreamConfig {
	c := h.base(Stream(b))
	c.Name = "KV_" + h.names.bucket(b)
	c.Subjects = []string{"$KV." + h.names.bucket(b) + ".>"}
	c.MaxMsgsPerSubject, c.MaxAge = 1, age
	c.Duplicates = 2 * time.Minute
	c.AllowRollup, c.DenyDelete, c.AllowMsgTTL, c.AllowAtomicPublish = true, true, true, false
	c.Compression, c.Discard = jetstream.NoCompression, jetstream.DiscardNew
	return c
}

// objects is what the client library makes of an object store (ADR-20).
func (h *Hub) objects(b Bucket) jetstream.StreamConfig {
	c := h.base(Stream(b))
	c.Name = "OBJ_" + h.names.bucket(b)
	c.Subjects = []string{"$O." + h.names.bucket(b) + ".C.>", "$O." + h.names.bucket(b) + ".M.>"}
	c.Duplicates = 2 * time.Minute
	c.AllowRollup, c.AllowAtomicPublish, c.Discard = true, false, jetstream.DiscardNew
	return c
}

// merged is have with the fields that matter here as in want.
func merged(have, want jetstream.StreamConfig) jetstream.StreamConfig {
	have.Subjects, have.Retention, have.Storage, have.Compression = want.Subjects, want.Retention, want.Storage, want.Compression
	have.MaxAge, have.MaxBytes, have.MaxMsgs, have.MaxMsgsPerSubject = want.MaxAge, want.MaxBytes, want.MaxMsgs, want.MaxMsgsPerSubject
	have.Replicas, have.Duplicates, have.RePublish, have.Discard = want.Replicas, want.Duplicates, want.RePublish, want.Discard
	have.AllowRollup, have.AllowMsgTTL, have.AllowAtomicPublish = want.AllowRollup, want.AllowMsgTTL, want.AllowAtomicPublish
	have.AllowDirect, have.DenyDelete = want.AllowDirect, want.DenyDelete
	return have
}

// differences lists the fields that matter here in which have is not want.
func differences(have, want jetstream.StreamConfig) []string {
	var found []string
	differ := func(field string, have, want any) {
		if fmt.Sprint(have) != fmt.Sprint(want) {
			found = append(found, fmt.Sprintf(": %s is %v, want %v", field, have, want))
		}
	}
	differ("subjects", slices.Sorted(slices.Values(have.Subjects)), slices.Sorted(slices.Values(want.Subjects)))
	differ("retention", have.Retention, want.Retention)
	differ("storage", have.Storage, want.Storage)
	differ("compression", have.Compression, want.Compression)
	differ("max_age", have.MaxAge, want.MaxAge)
	differ("max_bytes", have.MaxBytes, want.MaxBytes)
	differ("max_msgs", have.MaxMsgs, want.MaxMsgs)
	differ("max_msgs_per_subject", have.MaxMsgsPerSubject, want.MaxMsgsPerSubject)
	differ("num_replicas", have.Replicas, want.Replicas)
	differ("duplicate_window", have.Duplicates, want.Duplicates)
	differ("republish", republish(have), republish(want))
	differ("discard", have.Discard, want.Discard)
	differ("allow_rollup_hdrs", have.AllowRollup, want.AllowRollup)
	differ("allow_msg_ttl", have.AllowMsgTTL, want.AllowMsgTTL)
	differ("allow_atomic", have.AllowAtomicPublish, want.AllowAtomicPublish)
	differ("allow_direct", have.AllowDirect, want.AllowDirect)
	differ("deny_delete", have.DenyDelete, want.DenyDelete)
	for i := range found {
		found[i] = want.Name + found[i]
	}
	return found
}

func republish(c jetstream.StreamConfig) string {
	if c.RePublish == nil {
		return "none"
	}
	return c.RePublish.Source + " to " + c.RePublish.Destination
}
