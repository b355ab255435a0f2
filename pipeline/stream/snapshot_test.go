package stream_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func TestTheNewestSnapshotsOfAMachineAreKept(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	if none, err := h.Snapshots(t.Context(), "0-of-1"); err != nil || len(none) > 0 {
		t.Fatal(none, err)
	}
	for _, seq := range []uint64{9, 100, 11, 1000, 1000} {
		if err := h.PutSnapshot(t.Context(), "0-of-1", seq, noise("state", int(seq)*300)); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.PutSnapshot(t.Context(), "0-of-2", 5, []byte("another machine's")); err != nil {
		t.Fatal(err)
	}
	kept, err := h.Snapshots(t.Context(), "0-of-1")
	if err != nil {
		t.Fatal(err)
	}
	var sequences []uint64
	for _, k := range kept {
		sequences = append(sequences, k.Sequence)
		body, err := h.SnapshotBody(t.Context(), k)
		if err != nil || string(body) != string(noise("state", int(k.Sequence)*300)) {
			t.Errorf("sequence %d: %d bytes (%v)", k.Sequence, len(body), err)
		}
	}
	if diff := cmp.Diff([]uint64{1000, 100, 11}, sequences); diff != "" {
		t.Error(diff)
	}
	store, err := administrator(t, s).ObjectStore(t.Context(), "quidnunc_SNAPSHOTS")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.PutString(t.Context(), "somebody else's", "note"); err != nil {
		t.Fatal(err)
	}
	forged := stream.Snapshot{Machine: "0-of-1", Sequence: 2000, Hash: stream.Hash([]byte("state"))}
	if _, err := h.SnapshotBody(t.Context(), forged); !errors.Is(err, stream.ErrNotFound) {
		t.Error(err)
	}
	if _, err := store.PutString(t.Context(), "0-of-1.00000000000000002000."+forged.Hash, "forged"); err != nil {
		t.Fatal(err)
	}
	if kept, err := h.Snapshots(t.Context(), "0-of-1"); err != nil || len(kept) != 4 || kept[0].Sequence != 2000 {
		t.Error(kept, err)
	}
	if _, err := h.SnapshotBody(t.Context(), forged); !errors.Is(err, stream.ErrCorrupt) {
		t.Error(err)
	}
}
