package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Snapshot names one state of a machine that is kept in SNAPSHOTS.
type Snapshot struct {
	Machine  string // whose state it is: lower-case letters, digits and '-'
	Sequence uint64 // of REPORTS: all up to it is in the state
	Hash     string // of the body
	Size     uint64 // of the body, in bytes
	Stored   time.Time
}

// snapshotsKept is how many states of a machine are kept: where the newest is damaged, an older one serves.
const snapshotsKept = 3

func (s Snapshot) object() string { return fmt.Sprintf("%s.%020d.%s", s.Machine, s.Sequence, s.Hash) }

// PutSnapshot keeps the state of a machine after sequence, and drops all but the newest three of that machine. One that
// is there already is not written again.
func (h *Hub) PutSnapshot(ctx context.Context, machine string, sequence uint64, body []byte) error {
	kept, err := h.Snapshots(ctx, machine)
	if err != nil {
		return err
	}
	s := Snapshot{Machine: machine, Sequence: sequence, Hash: Hash(body)}
	same := func(o Snapshot) bool { return o.object() == s.object() && o.Size == uint64(len(body)) }
	if !slices.ContainsFunc(kept, same) {
		err := h.object(ctx, "put", Snapshots, s.object(), len(body), func(ctx context.Context, store jetstream.ObjectStore) error {
			return h.putPaced(ctx, store, Snapshots, s.object(), body)
		})
		if err != nil {
			return err
		}
		kept = append(kept, s)
	}
	newestFirst(kept)
	for _, old := range kept[min(snapshotsKept, len(kept)):] {
		err := h.object(ctx, "drop", Snapshots, old.object(), 0, func(ctx context.Context, store jetstream.ObjectStore) error {
			return store.Delete(ctx, old.object())
		})
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// Snapshots lists the states that are kept of a machine, the newest first.
func (h *Hub) Snapshots(ctx context.Context, machine string) ([]Snapshot, error) {
	var found []Snapshot
	err := h.object(ctx, "list", Snapshots, machine, 0, func(ctx context.Context, store jetstream.ObjectStore) error {
		found = nil
		all, err := store.List(ctx)
		if errors.Is(err, jetstream.ErrNoObjectsFound) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, info := range all {
			if s, ok := parseSnapshot(info); ok && s.Machine == machine {
				found = append(found, s)
			}
		}
		return nil
	})
	newestFirst(found)
	return found, err
}

func newestFirst(all []Snapshot) {
	slices.SortStableFunc(all, func(a, b Snapshot) int {
		return cmp.Or(cmp.Compare(b.Sequence, a.Sequence), b.Stored.Compare(a.Stored))
	})
}

// parseSnapshot reads an object's name. What somebody else put there is not ours.
func parseSnapshot(info *jetstream.ObjectInfo) (Snapshot, bool) {
	parts := strings.Split(info.Name, ".")
	if len(parts) != 3 {
		return Snapshot{}, false
	}
	seq, err := strconv.ParseUint(parts[1], 10, 64)
	s := Snapshot{Machine: parts[0], Sequence: seq, Hash: parts[2], Size: info.Size, Stored: info.ModTime}
	return s, err == nil && s.object() == info.Name
}

// SnapshotBody is the body of a snapshot: ErrNotFound when it is gone, ErrCorrupt when it is not what its hash says.
func (h *Hub) SnapshotBody(ctx context.Context, s Snapshot) ([]byte, error) {
	return h.objectBody(ctx, Snapshots, s.object(), s.Hash)
}
