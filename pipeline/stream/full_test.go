//go:build linux || darwin

package stream_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// A shortage makes the disk of a directory fill up, and have space again.
type shortage struct {
	dir         string
	begin, end  func()
	saysItsFull bool // a full volume can be told from another failure to write
}

// shortageOf is a small volume of its own, or zero where the test may not mount one: files that cannot grow are tested everywhere.
func shortageOf(t *testing.T) shortage {
	t.Helper()
	dir := t.TempDir()
	if err := mountSmall(t, dir, "48m"); err != nil {
		t.Log("no volume of its own, files that cannot grow must do:", err)
		return shortage{}
	}
	filler := filepath.Join(dir, "filler")
	return shortage{dir, func() { fill(t, filler) }, func() {
		if err := os.Remove(filler); err != nil {
			t.Error(err)
		}
	}, true}
}

// fill writes until the volume has nothing left.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
}

func limitedFiles(t *testing.T, dir string) shortage {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limit := func(n uint64) {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: before.Max}); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { limit(before.Cur) })
	return shortage{dir, func() { limit(4096) }, func() { limit(before.Cur) }, false}
}

func TestAFullDiskIsSaidAndLosesNothing(t *testing.T) {
	t.Parallel()
	inPlace := func(t *testing.T, s *stream.Server, short shortage) *stream.Server {
		short.end()
		if err := s.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s
	}
	newProcess := func(t *testing.T, s *stream.Server, short shortage) *stream.Server {
		s.Close()
		early, err := stream.Serve(t.Context(), stream.ServerConfig{Dir: short.dir, Port: -1}) // before there is space again
		t.Log("started on a full disk:", err)
		if err == nil {
			early.Close()
		}
		short.end()
		return serve(t, stream.ServerConfig{Dir: short.dir})
	}
	byItself := func(t *testing.T, s *stream.Server, short shortage) *stream.Server {
		ctx, stop := context.WithCancel(t.Context())
		guarded := make(chan struct{})
		go func() { defer close(guarded); s.Guard(ctx, connectOnly(t, stream.Config{Server: s})) }()
		time.Sleep(3 * time.Second) // it looks while there is no space
		short.end()
		began, h := time.Now(), connectOnly(t, stream.Config{Server: s, Attempt: time.Second, Timeout: time.Minute})
		if err := h.Probe(t.Context()); err != nil {
			t.Error("not healed:", err)
		}
		t.Log("healed by itself after", time.Since(began).Round(100*time.Millisecond))
		stop()
		<-guarded
		return s
	}
	t.Run("a full volume, the server heals by itself", func(t *testing.T) { fullVolume(t, byItself) })
	t.Run("a full volume, the server is started again", func(t *testing.T) { fullVolume(t, inPlace) })
	t.Run("a full volume, the process is started again", func(t *testing.T) { fullVolume(t, newProcess) })
	t.Run("files that cannot grow", func(t *testing.T) {
		if os.Getenv(limited) == "" {
			inAnotherProcess(t)
			return
		}
		t.Run("the server is started again", func(t *testing.T) { fullDisk(t, limitedFiles(t, t.TempDir()), inPlace) })
		t.Run("the server heals by itself", func(t *testing.T) { fullDisk(t, limitedFiles(t, t.TempDir()), byItself) })
		t.Run("the process is started again", func(t *testing.T) { fullDisk(t, limitedFiles(t, t.TempDir()), newProcess) })
	})
}

// limited tells the test's own child from its parent: the limit on files holds for a whole process, the parent's log of itself included.
const limited = "QUIDNUNC_TEST_LIMITED"

func inAnotherProcess(t *testing.T) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAFullDiskIsSaidAndLosesNothing$/^files_that_cannot_grow$", "-test.v")
	child.Env = append(os.Environ(), limited+"=1")
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestAFullDiskIsSaidAndLosesNothing/files_that_cannot_grow/the_process") {
		t.Fatalf("%v\n%s", err, out)
	}
}

func fullVolume(t *testing.T, heal func(*testing.T, *stream.Server, shortage) *stream.Server) {
	t.Parallel()
	fullDisk(t, shortageOf(t), heal)
}

func fullDisk(t *testing.T, short shortage, heal func(*testing.T, *stream.Server, shortage) *stream.Server) {
	if short.dir == "" {
		return
	}
	s := serve(t, stream.ServerConfig{Dir: short.dir})
	config := stream.Config{Attempt: 300 * time.Millisecond, Timeout: time.Second}
	h := connect(t, s, config)
	w := &writer{hub: h, acked: map[string]bool{}}
	if err := w.publish(t); err != nil {
		t.Fatal(err)
	}
	if err := w.commit(t); err != nil {
		t.Fatal(err)
	}

	short.begin()
	for name, write := range map[string]func(*testing.T) error{"publish": w.publish, "commit": w.commit, "probe": func(t *testing.T) error { return h.Probe(t.Context()) }} {
		err := untilItFails(t, write)
		if !errors.Is(err, stream.ErrUnavailable) || short.saysItsFull && !errors.Is(err, stream.ErrDiskFull) {
			t.Errorf("%s: %v", name, err)
		}
		t.Log(name, "said:", err)
	}

	s = heal(t, s, short)
	h = connect(t, s, stream.Config{}) // with all the patience there is
	w.hub = h
	w.recommit(t)
	for range 20 {
		if err := errors.Join(w.publish(t), w.commit(t), h.Probe(t.Context())); err != nil {
			t.Fatal("with space again:", err)
		}
	}
	w.check(t)
}

// untilItFails writes again: what is left of a block may still take some.
func untilItFails(t *testing.T, write func(*testing.T) error) error {
	t.Helper()
	for range 200 {
		if err := write(t); err != nil {
			return err
		}
	}
	return errors.New("a full disk takes everything")
}

// A writer remembers what was acknowledged.
type writer struct {
	hub       *stream.Hub
	n         int
	acked     map[string]bool
	committed int
	last      uint64
}

func (w *writer) publish(t *testing.T) error {
	t.Helper()
	w.n++
	id := fmt.Sprint("article ", w.n)
	_, err := w.hub.PublishBatch(t.Context(), [][]stream.Message{{
		{Subject: "told.x", MsgID: id + "-1", Data: noise(id, 30_000)},
		{Subject: "report.fr.x", MsgID: id, Data: []byte(id)},
	}})
	if err == nil {
		w.acked[id] = true
	}
	return err
}

func (w *writer) commit(t *testing.T) error {
	t.Helper()
	out := outputs(w.committed, w.committed+3)
	out = append(out, stream.Message{Subject: "event.x", Data: noise(fmt.Sprint(w.committed), 30_000)})
	seq, err := w.hub.Commit(t.Context(), 0, out, fmt.Append(nil, w.committed+3), w.last)
	if err == nil {
		w.committed, w.last = w.committed+3, seq
	}
	return err
}

// recommit does what a machine does that starts again: the checkpoint says how far the stream is.
func (w *writer) recommit(t *testing.T) {
	t.Helper()
	data, seq, err := w.hub.Checkpoint(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var at int
	if _, err := fmt.Sscan(string(data), &at); err != nil || at < w.committed {
		t.Fatalf("the checkpoint is at %q, %d were acknowledged; %v", data, w.committed, err)
	}
	w.committed, w.last = at, seq
}

func (w *writer) check(t *testing.T) {
	t.Helper()
	stored := map[string]int{}
	for _, body := range bodies(t, w.hub, stream.Reports, "report.>") {
		stored[body]++
	}
	for id := range w.acked {
		if stored[id] != 1 {
			t.Errorf("%s was acknowledged and is stored %d times", id, stored[id])
		}
	}
	alerts := bodies(t, w.hub, stream.Events, "alert.>")
	for i, body := range alerts {
		if want := fmt.Sprint("alert ", i); body != want {
			t.Fatalf("position %d: %s, want %s", i, body, want)
		}
	}
	if len(alerts) != w.committed {
		t.Errorf("%d alerts, want %d", len(alerts), w.committed)
	}
}
