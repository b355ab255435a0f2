package stream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// LeaseTTL is how long a lease outlives a holder that died, unless another is asked for.
const LeaseTTL = 3 * time.Second

// A Lease says that one holder, and nobody else, is to do something. It is advice: a holder that sleeps too long wakes up believing
// in it, so what it does must be fenced besides, as Commit is.
type Lease struct {
	hub    *Hub
	key    string
	holder string
	ttl    time.Duration

	revision uint64 // touched by keep until done is closed, by Release after

	lost   chan struct{}
	cancel context.CancelFunc
	done   chan struct{}
}

// Lease waits until holder has the lease called name, renews it until Release or until it is lost, and returns it. A lease whose holder
// died is free after ttl (0: LeaseTTL; at least 1s, whole seconds). The same holder name gets its own lease at once: after a restart
// nobody waits for the dead; so choose one per process that may run at the same time. The error is ctx's, or the server's.
func (h *Hub) Lease(ctx context.Context, name, holder string, ttl time.Duration) (*Lease, error) {
	ttl = max(or(ttl, LeaseTTL), time.Second).Round(time.Second)
	l := &Lease{hub: h, key: name, holder: holder, ttl: ttl, lost: make(chan struct{}), done: make(chan struct{})}
	for {
		began := time.Now()
		err := l.take(ctx)
		if err == nil {
			var renewing context.Context
			renewing, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
			go l.keep(renewing, began)
			return l, nil
		}
		if ctx.Err() == nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrUnavailable) && !transient(err) {
			return nil, fmt.Errorf("stream: lease %s: %w", name, err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("stream: lease %s: %w", name, ctx.Err())
		case <-time.After(min(ttl/10, 250*time.Millisecond)):
		}
	}
}

// Lost is closed when the lease is not held any more, by Release or because it could not be renewed in time.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Release ends the renewals and frees the lease for the next.
func (l *Lease) Release(ctx context.Context) error {
	l.cancel()
	<-l.done
	kv, err := l.hub.js.KeyValue(ctx, l.hub.names.bucket(Leases))
	if err != nil {
		return fmt.Errorf("stream: release %s: %w", l.key, bucketError(err))
	}
	err = bucketError(kv.Delete(ctx, l.key, jetstream.LastRevision(l.revision)))
	if err != nil && !errors.Is(err, ErrConflict) { // a conflict: another has it already
		return fmt.Errorf("stream: release %s: %w", l.key, err)
	}
	return nil
}

// take writes the holder's name where nobody else's stands.
func (l *Lease) take(ctx context.Context) error {
	value, revision, err := l.hub.Value(ctx, Leases, l.key)
	switch {
	case errors.Is(err, ErrNotFound):
		revision, err = l.tombstone(ctx)
		if err != nil {
			return err
		}
	case err != nil:
		return err
	case string(value) != l.holder:
		return fmt.Errorf("%w: held by %s", ErrConflict, value)
	}
	return l.write(ctx, revision)
}

// tombstone is the revision under a deleted key, which the next write must name; 0 for a key that never was or that expired.
func (l *Lease) tombstone(ctx context.Context) (uint64, error) {
	s, err := l.hub.js.Stream(ctx, "KV_"+l.hub.names.bucket(Leases))
	if err != nil {
		return 0, bucketError(err)
	}
	m, err := s.GetLastMsgForSubject(ctx, l.subject())
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return m.Sequence, nil
}

func (l *Lease) subject() string { return "$KV." + l.hub.names.bucket(Leases) + "." + l.key }

// write sets the key for ttl, by the server's clock alone, if its revision still is the one given.
func (l *Lease) write(ctx context.Context, revision uint64) error {
	ctx, cancel := context.WithTimeout(ctx, l.ttl)
	defer cancel()
	ack, err := l.hub.js.PublishMsg(ctx, &nats.Msg{Subject: l.subject(), Data: []byte(l.holder), Header: nats.Header{
		headerLastSubj: {strconv.FormatUint(revision, 10)}, headerTTL: {l.ttl.String()},
	}})
	if err != nil {
		return bucketError(err)
	}
	l.revision = ack.Sequence
	return nil
}

// keep renews the lease three times per ttl until ctx ends, another has it, or ttl passed since the last renewal was begun.
func (l *Lease) keep(ctx context.Context, renewed time.Time) {
	defer close(l.done)
	defer close(l.lost)
	ticker := time.NewTicker(l.ttl / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		began := time.Now()
		err := l.renew(ctx, renewed.Add(l.ttl))
		switch {
		case err == nil:
			renewed = began
		case ctx.Err() != nil:
			return
		case errors.Is(err, ErrConflict), time.Since(renewed) >= l.ttl:
			l.hub.config.Log.Warn("lease lost", "lease", l.key, "holder", l.holder, "err", err)
			return
		}
	}
}

// renew writes again, and where a renewal that timed out did arrive, finds its revision.
func (l *Lease) renew(ctx context.Context, deadline time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	err := l.write(ctx, l.revision)
	if !errors.Is(err, ErrConflict) {
		return err
	}
	value, revision, valueErr := l.hub.Value(ctx, Leases, l.key)
	if valueErr != nil || string(value) != l.holder {
		return err
	}
	return l.write(ctx, revision)
}
