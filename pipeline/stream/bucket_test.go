package stream_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func TestKeys(t *testing.T) {
	h := hub(t)
	if _, _, err := h.Value(t.Context(), stream.Ledger, "k.1.desk"); !errors.Is(err, stream.ErrNotFound) {
		t.Fatal(err)
	}
	first, err := h.Update(t.Context(), stream.Ledger, "k.1.desk", []byte("queued"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Update(t.Context(), stream.Ledger, "k.1.desk", []byte("mine"), 0); !errors.Is(err, stream.ErrConflict) {
		t.Error("created twice:", err)
	}
	second, err := h.Update(t.Context(), stream.Ledger, "k.1.desk", []byte("delivered"), first)
	if err != nil || second <= first {
		t.Fatal(second, err)
	}
	if _, err := h.Update(t.Context(), stream.Ledger, "k.1.desk", []byte("stale"), first); !errors.Is(err, stream.ErrConflict) {
		t.Error("a stale update:", err)
	}
	value, revision, err := h.Value(t.Context(), stream.Ledger, "k.1.desk")
	if string(value) != "delivered" || revision != second || err != nil {
		t.Error(string(value), revision, err)
	}
	if _, err := h.Put(t.Context(), stream.Ledger, "k.2.desk", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Put(t.Context(), stream.Ledger, "a key", nil); err == nil {
		t.Error("a key with a space is taken")
	}
	for filter, want := range map[string][]string{"": {"k.1.desk", "k.2.desk"}, "*.2.>": {"k.2.desk"}, "none.>": nil} {
		keys, err := h.Keys(t.Context(), stream.Ledger, filter)
		if diff := cmp.Diff(want, keys); diff != "" || err != nil {
			t.Error(filter, diff, err)
		}
	}
	if err := h.Delete(t.Context(), stream.Ledger, "k.1.desk"); err != nil {
		t.Fatal(err)
	}
	if keys, err := h.Keys(t.Context(), stream.Ledger, ""); len(keys) != 1 || err != nil {
		t.Error(keys, err)
	}
}

func TestObjectsAreNamedByTheirContent(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	for name, body := range map[string][]byte{"empty": {}, "short": []byte("rules"), "of many chunks": noise("x", 700_000)} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				hash, err := h.PutObject(t.Context(), stream.Rules, body)
				if err != nil || hash != stream.Hash(body) {
					t.Fatal(hash, err)
				}
			}
			back, err := h.Object(t.Context(), stream.Rules, stream.Hash(body))
			if err != nil || string(back) != string(body) {
				t.Error(len(back), err)
			}
		})
	}
	if _, err := h.Object(t.Context(), stream.Rules, stream.Hash([]byte("nobody's"))); !errors.Is(err, stream.ErrNotFound) {
		t.Error(err)
	}
	store, err := administrator(t, s).ObjectStore(t.Context(), "quidnunc_RULES")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.PutString(t.Context(), stream.Hash([]byte("rules")), "forged"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Object(t.Context(), stream.Rules, stream.Hash([]byte("rules"))); !errors.Is(err, stream.ErrCorrupt) {
		t.Error(err)
	}
	if _, err := store.PutString(t.Context(), stream.Hash([]byte("rules")), "RULES"); err != nil { // as long as what belongs there
		t.Fatal(err)
	}
	hash, err := h.PutObject(t.Context(), stream.Rules, []byte("rules"))
	if err != nil {
		t.Fatal(err)
	}
	if back, err := h.Object(t.Context(), stream.Rules, hash); err != nil || string(back) != "rules" {
		t.Error("a damaged object is not written anew:", string(back), err)
	}
}

// The server's queue holds some 128 MB, and drops without a word what comes beyond it.
func TestObjectsLargerThanTheServersQueue(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED in short mode: an object of 150 MB")
	}
	h := connect(t, serve(t, stream.ServerConfig{}), stream.Config{})
	body := bytes.Repeat([]byte("0123456789abcdef"), 150<<16)
	hash, err := h.PutObject(t.Context(), stream.Rules, body)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := h.Object(t.Context(), stream.Rules, hash); err != nil || !bytes.Equal(back, body) {
		t.Error(len(back), err)
	}
}

func TestOneHoldsTheLease(t *testing.T) {
	t.Parallel()
	s := serve(t, stream.ServerConfig{})
	first, second := connect(t, s, stream.Config{}), connectOnly(t, stream.Config{Server: s})
	lease, err := first.Lease(t.Context(), "shard.0", "first", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond) // longer than the lease: it is renewed
	defer cancel()
	if _, err := second.Lease(short, "shard.0", "second", time.Second); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal("two hold it:", err)
	}
	select {
	case <-lease.Lost():
		t.Fatal("lost without a reason")
	default:
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-lease.Lost()
	next, err := second.Lease(t.Context(), "shard.0", "second", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := next.Release(t.Context()); err != nil {
		t.Error(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 30*time.Second) // far less than the lease would have lasted
	defer cancel()
	if lease, err = first.Lease(soon, "shard.0", "first", time.Second); err != nil {
		t.Fatal("a released lease is not free at once:", err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheLeaseOfADeadHolderBecomesFree(t *testing.T) {
	t.Parallel()
	s := serve(t, stream.ServerConfig{})
	dead, standby := connect(t, s, stream.Config{}), connectOnly(t, stream.Config{Server: s})
	lease, err := dead.Lease(t.Context(), "shard.0", "dead", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()
	began := time.Now()
	next, err := standby.Lease(t.Context(), "shard.0", "standby", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("taken over after %v", time.Since(began))
	if took := time.Since(began); took > 4*time.Second {
		t.Error("took", took)
	}
	select {
	case <-lease.Lost():
	case <-time.After(3 * time.Second):
		t.Error("the dead one still believes in its lease")
	}
	if err := next.Release(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheSameHolderNeedNotWaitForItself(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	dead, again := connect(t, s, stream.Config{}), connectOnly(t, stream.Config{Server: s})
	if _, err := dead.Lease(t.Context(), "shard.0", "host-a", time.Minute); err != nil {
		t.Fatal(err)
	}
	dead.Close()
	soon, cancel := context.WithTimeout(t.Context(), 30*time.Second) // far less than the lease lasts
	defer cancel()
	lease, err := again.Lease(soon, "shard.0", "host-a", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestListen(t *testing.T) {
	h := hub(t)
	var heard []string
	err := h.Listen(t.Context(), "alert.>", func() {
		if _, err := h.Commit(t.Context(), 0, []stream.Message{
			{Subject: "event.news.sanction.rus.nato", Data: []byte("e")},
			{Subject: "alert.desk.r.high", Data: []byte("a"), Header: map[string][]string{"Content-Type": {"application/json"}}},
			{Subject: "alert.desk.r.low", Data: []byte("b")},
		}, []byte("1"), 0); err != nil {
			t.Error(err)
		}
	}, func(m stream.Message) error {
		heard = append(heard, fmt.Sprintf("%s %s %v", m.Subject, m.Data, m.Header["Content-Type"]))
		if len(heard) == 2 {
			return stream.ErrStop
		}
		return nil
	})
	if diff := cmp.Diff([]string{"alert.desk.r.high a [application/json]", "alert.desk.r.low b []"}, heard); diff != "" || err != nil {
		t.Error(diff, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := h.Listen(ctx, "alert.>", nil, nil); err != nil {
		t.Error(err)
	}
}

func TestProbe(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	if err := h.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := h.Probe(ctx); !errors.Is(err, stream.ErrUnavailable) {
		t.Error(err)
	}
}

func TestWhatTheServerForbidsIsSaid(t *testing.T) {
	t.Parallel()
	s := serve(t, stream.ServerConfig{})
	connect(t, s, stream.Config{})
	nobody := connectOnly(t, stream.Config{URL: s.URL(), Attempt: 300 * time.Millisecond, Timeout: 5 * time.Second}) // anonymous
	for name, c := range map[string]struct {
		do   func() error
		want string
	}{
		"publishing": {func() error {
			_, err := nobody.PublishBatch(t.Context(), [][]stream.Message{bundle("a", 1)})
			return err
		}, "log.quidnunc."},
		"committing":         {func() error { _, err := nobody.Commit(t.Context(), 0, nil, nil, 0); return err }, "log.quidnunc.checkpoint.0"},
		"reading":            {func() error { return nobody.Read(t.Context(), 0, nil) }, "$JS.API"},
		"setting up":         {func() error { return nobody.Setup(t.Context(), stream.Manage) }, "$JS.API"},
		"a key":              {func() error { _, err := nobody.Put(t.Context(), stream.Ledger, "k", nil); return err }, "$JS.API"},
		"listening to rules": {func() error { return nobody.Listen(t.Context(), "rules.>", nil, nil) }, "quidnunc.rules.>"},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			err := c.do()
			if !errors.Is(err, stream.ErrDenied) || !strings.Contains(err.Error(), c.want) {
				t.Error(err)
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Error("took", took)
			}
		})
	}
}
