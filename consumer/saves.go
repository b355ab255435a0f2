package consumer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

const stepVersion = machine.Version

// saves is what a session knows of its snapshots.
type saves struct {
	at    time.Time     // of the last, or when the session began
	steps int           // entries stepped since
	busy  chan struct{} // closed when the one under way is kept or given up; nil: none is
}

// wait for the one under way.
func (s *saves) wait() {
	if s.busy != nil {
		<-s.busy
		s.busy = nil
	}
}

// ready tells whether none is under way.
func (s *saves) ready() bool {
	select {
	case <-s.busy:
		s.busy = nil
	default:
	}
	return s.busy == nil
}

// saveDue tells whether it is time for a snapshot. It never is for a machine that catches up.
func (s *session) saveDue() bool {
	return s.leading && s.cfg.Vault != nil && s.saves.steps > 0 && s.position >= s.checkpoint.Sequence && s.saves.ready() &&
		s.cfg.Now().Sub(s.saves.at) >= s.cfg.SaveEvery
}

// saveInTime takes a snapshot when the last one is old enough and this is a place for one: everything that was stepped
// is committed. The machine stands still while it notes where its memory lies; writing and storing that go on beside it.
func (s *session) saveInTime(ctx context.Context) {
	if len(s.backlog.entries) > 0 || !s.saveDue() {
		return
	}
	picture, ok := s.picture()
	if !ok {
		return
	}
	done, sequence := make(chan struct{}), s.position
	s.saves.busy = done
	go func() {
		defer close(done)
		s.save(ctx, sequence, picture)
	}()
}

// saveLast takes the snapshot that the next start goes on from.
func (s *session) saveLast(ctx context.Context) {
	s.saves.wait()
	if s.saves.steps == 0 {
		return
	}
	if picture, ok := s.picture(); ok {
		s.save(ctx, s.position, picture)
	}
}

// picture is the state to be kept, where it is exactly what the checkpoint says and this machine's turn.
func (s *session) picture() (p *machine.Picture, ok bool) {
	if s.cfg.Vault == nil || !s.leading || len(s.backlog.entries) > 0 || s.checkpoint.Sequence != s.position || s.checkpoint.Written != whole {
		return nil, false
	}
	s.saves.at, s.saves.steps = s.cfg.Now(), 0
	p = s.state.Picture()
	s.metrics.stages.WithLabelValues("picture").Observe(s.cfg.Now().Sub(s.saves.at).Seconds())
	return p, true
}

func (s *session) save(ctx context.Context, sequence uint64, picture *machine.Picture) {
	began := s.cfg.Now()
	body, err := encodeSnapshot(saved{MachineName(s.cfg.Shard, s.cfg.Shards), sequence, stepVersion}, picture)
	if err != nil {
		s.cfg.Log.Error("consumer: no snapshot could be taken", "error", err)
		s.metrics.saves.WithLabelValues(saveFailed).Inc()
		return
	}
	err = s.cfg.Vault.PutSnapshot(ctx, MachineName(s.cfg.Shard, s.cfg.Shards), sequence, body)
	if err != nil {
		s.metrics.saves.WithLabelValues(saveFailed).Inc()
		s.cfg.Log.Warn("consumer: a snapshot could not be kept; the one before it serves", "error", err)
		return
	}
	s.metrics.saved(sequence, len(body))
	s.cfg.Log.Debug("consumer: snapshot kept", "sequence", sequence, "bytes", len(body), "took", s.cfg.Now().Sub(began))
}

// restore begins a session: the newest snapshot that is whole and not beyond the checkpoint, else an empty machine.
func (c *Consumer) restore(ctx context.Context) (*session, error) {
	checkpoint, last, err := c.readCheckpoint(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.whole(ctx, checkpoint); err != nil {
		return nil, err
	}
	c.tally.before(checkpoint)
	c.metrics.balance.restart()
	c.metrics.restored(checkpoint, 0, c.cfg.Now())
	now := c.cfg.Now()
	s := &session{Consumer: c, costly: map[string]bool{}, state: &machine.State{}, checkpoint: checkpoint, last: last, spoke: now, saves: saves{at: now}}
	if c.cfg.Vault == nil {
		return s, nil
	}
	kept, err := c.cfg.Vault.Snapshots(ctx, MachineName(c.cfg.Shard, c.cfg.Shards))
	if err != nil {
		return nil, fmt.Errorf("consumer: %w", err)
	}
	for _, k := range kept {
		if k.Sequence > checkpoint.Sequence || k.Sequence == checkpoint.Sequence && checkpoint.Written != whole {
			continue // taken by a machine whose commits are lost: the log tells what followed
		}
		state, err := c.open(ctx, k)
		if err == nil {
			s.state, s.position = state, k.Sequence
			c.metrics.saves.WithLabelValues(saveRestored).Inc()
			c.cfg.Log.Info("consumer: restored from a snapshot", "shard", c.cfg.Shard, "sequence", k.Sequence, "checkpoint", checkpoint.Sequence)
			return s, nil
		}
		if !unusable(err) {
			return nil, err
		}
		c.metrics.saves.WithLabelValues(saveDamaged).Inc()
		c.cfg.Log.Error("consumer: a snapshot cannot be used; an older one or the log serves", "sequence", k.Sequence, "error", err)
	}
	return s, nil
}

// unusable tells whether another snapshot may serve where this one does not.
func unusable(err error) bool {
	return errors.Is(err, stream.ErrCorrupt) || errors.Is(err, snapshot.ErrDamaged) || errors.Is(err, stream.ErrNotFound) || errors.Is(err, wire.ErrVersion)
}

// readSnapshot is the packed state of a snapshot that is what its name says.
func readSnapshot(ctx context.Context, vault Vault, k stream.Snapshot) ([]byte, error) {
	body, err := vault.SnapshotBody(ctx, k)
	if err != nil {
		return nil, fmt.Errorf("snapshot at %d: %w", k.Sequence, err)
	}
	of, packed, err := decodeSnapshot(body)
	if err != nil {
		return nil, fmt.Errorf("snapshot at %d: %w", k.Sequence, err)
	}
	if want := (saved{k.Machine, k.Sequence, of.Step}); of != want {
		return nil, fmt.Errorf("snapshot at %d: %w: it says that it is %+v", k.Sequence, snapshot.ErrDamaged, of)
	}
	return packed, nil
}

// StateIn is the state in a snapshot, as machine.State.AppendSnapshot wrote it.
func StateIn(ctx context.Context, vault Vault, k stream.Snapshot) ([]byte, error) {
	packed, err := readSnapshot(ctx, vault, k)
	if err != nil {
		return nil, fmt.Errorf("consumer: %w", err)
	}
	return packed, nil
}

func (c *Consumer) open(ctx context.Context, k stream.Snapshot) (*machine.State, error) {
	packed, err := StateIn(ctx, c.cfg.Vault, k)
	if err != nil {
		return nil, err
	}
	var missing error // rules that cannot be had are no reason to take an older snapshot: the log goes on without them
	state, err := machine.Restore(packed, func(hash string) (*machine.Ruleset, error) {
		set, err := c.compile(ctx, nil, hash)
		missing = err
		return set, err
	})
	if missing != nil {
		return nil, fmt.Errorf("consumer: snapshot at %d: %s", k.Sequence, missing) //nolint:errorlint // not to be taken for a snapshot that is gone
	}
	return state, err
}

// saved says what a snapshot is of.
type saved struct {
	Machine  string
	Sequence uint64
	Step     int // version of the machine's Step that took it
}

// snapshotForm is the form that encodeSnapshot writes; decodeSnapshot reads every form up to it.
const snapshotForm = 1

var snapshotMagic = []byte("quidnunc-state\n")

// encodeSnapshot packs a state: a line of magic, then, compressed, the form, what it is of, and the state.
func encodeSnapshot(of saved, state *machine.Picture) ([]byte, error) {
	var w snapshot.Writer
	w.Uint(snapshotForm)
	w.String(of.Machine)
	w.Uint(of.Sequence)
	w.Uint(uint64(of.Step))
	b, err := state.Append(w.Bytes())
	if err != nil {
		return nil, err
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("consumer: %w", err)
	}
	packed := z.EncodeAll(b, bytes.Clone(snapshotMagic))
	return packed, z.Close()
}

// mostState bounds what a snapshot may unpack to: 16 GiB.
const mostState = 16 << 30

func decodeSnapshot(body []byte) (of saved, state []byte, err error) {
	packed, ok := bytes.CutPrefix(body, snapshotMagic)
	if !ok {
		return of, nil, fmt.Errorf("%w: it does not begin as one", snapshot.ErrDamaged)
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostState))
	if err != nil {
		return of, nil, fmt.Errorf("consumer: %w", err)
	}
	defer z.Close()
	b, err := z.DecodeAll(packed, nil)
	if err != nil {
		return of, nil, fmt.Errorf("%w: %w", snapshot.ErrDamaged, err)
	}
	r := snapshot.NewReader(b)
	if form := r.Uint(); r.Err() == nil && form > snapshotForm {
		return of, nil, fmt.Errorf("snapshot of form %d: %w", form, wire.ErrVersion)
	}
	of = saved{r.String(), r.Uint(), int(r.Uint())}
	return of, r.Rest(), r.Err()
}
