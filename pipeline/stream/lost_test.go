package stream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// A wire carries a Hub's bytes to the server and back, until told to lose the answers.
type wire struct {
	listener net.Listener
	server   string
	deaf     atomic.Bool // answers are lost

	mu    sync.Mutex
	conns []net.Conn
}

func newWire(t *testing.T, s *stream.Server) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, server: strings.TrimPrefix(s.URL(), "nats://")}
	go w.accept()
	t.Cleanup(func() { _ = l.Close(); w.cut() })
	return w
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", w.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		w.mu.Lock()
		w.conns = append(w.conns, client, server)
		w.mu.Unlock()
		go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
		go func() { w.answers(client, server); _ = client.Close() }()
	}
}

func (w *wire) answers(client, server net.Conn) {
	b := make([]byte, 64<<10)
	for {
		n, err := server.Read(b)
		if err != nil {
			return
		}
		if w.deaf.Load() {
			continue
		}
		if _, err := client.Write(b[:n]); err != nil {
			return
		}
	}
}

// lose makes answers vanish for a while and then breaks the connections: what is half answered cannot go on.
func (w *wire) lose(d time.Duration) {
	w.deaf.Store(true)
	time.AfterFunc(d, func() { w.cut(); w.deaf.Store(false) })
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

// overWire is a Hub at the far end of a wire.
func overWire(t *testing.T) (*wire, *stream.Hub) {
	t.Helper()
	s := serve(t, stream.ServerConfig{})
	credential, err := stream.ReadCredential(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, s)
	h := connect(t, s, stream.Config{URL: "nats://" + w.listener.Addr().String(), User: credential.User, Password: credential.Password, Attempt: 400 * time.Millisecond})
	return w, h
}

func TestACommitWhoseAnswerIsLostIsMadeOnce(t *testing.T) {
	t.Parallel()
	w, h := overWire(t)
	var last uint64
	var want []string
	for i := range 4 {
		for n := i * 3; n < i*3+3; n++ {
			want = append(want, fmt.Sprint("alert ", n))
		}
		w.lose(500 * time.Millisecond)
		seq, err := h.Commit(t.Context(), 0, outputs(i*3, i*3+3), fmt.Append(nil, i), last)
		if err != nil || seq != last+4 {
			t.Fatalf("commit %d: %d after %d: %v", i, seq, last, err)
		}
		last = seq
	}
	if diff := cmp.Diff(want, bodies(t, h, stream.Events, "alert.>")); diff != "" {
		t.Error(diff)
	}
}

func TestACommitGivenUpMayBeMadeAgain(t *testing.T) {
	t.Parallel()
	w, h := overWire(t)
	w.lose(700 * time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := h.Commit(ctx, 0, outputs(0, 3), []byte("3"), 0); !errors.Is(err, stream.ErrUnavailable) {
		t.Fatal(err)
	}
	seq, err := h.Commit(t.Context(), 0, outputs(0, 3), []byte("3"), 0) // it was stored all the same
	if err != nil || seq != 4 {
		t.Fatal(seq, err)
	}
	if got := len(bodies(t, h, stream.Events, "alert.>")); got != 3 {
		t.Errorf("%d alerts, want 3", got)
	}
}

func TestBundlesWhoseAnswerIsLostAreStoredOnce(t *testing.T) {
	t.Parallel()
	w, h := overWire(t)
	for i := range 4 {
		w.lose(500 * time.Millisecond)
		r, err := h.PublishBatch(t.Context(), [][]stream.Message{bundle(fmt.Sprint("a", i), 1), bundle(fmt.Sprint("b", i), 0)})
		if err != nil || r.Stored+r.Duplicate != 2 {
			t.Fatal(r, err)
		}
	}
	want := []string{"report a0", "report b0", "report a1", "report b1", "report a2", "report b2", "report a3", "report b3"}
	if diff := cmp.Diff(want, bodies(t, h, stream.Reports, "report.>")); diff != "" {
		t.Error(diff)
	}
}

func TestAReaderWhoseWireBreaksMissesNothing(t *testing.T) {
	t.Parallel()
	w, h := overWire(t)
	const articles = 2000
	var bundles [][]stream.Message
	for i := range articles {
		bundles = append(bundles, bundle(fmt.Sprint(i), 0))
	}
	if _, err := h.PublishBatch(t.Context(), bundles); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	next := 0
	if err := h.Read(ctx, 0, func(m stream.Stored) error {
		if want := fmt.Sprint("report ", next); string(m.Data) != want {
			return fmt.Errorf("%s, want %s", m.Data, want)
		}
		if next++; next%500 == 0 {
			w.cut()
		}
		if next == articles {
			return stream.ErrStop
		}
		return nil
	}); err != nil {
		t.Fatal(next, err)
	}
}
