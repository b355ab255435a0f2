package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// asProgram makes the test binary be the program, for tests that must kill it.
const asProgram = "QUIDNUNC_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// program is a command line that runs as a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}

// result is what a command did.
type result struct {
	code     int
	out, err string
}

// quidnunc runs a command line in this process, to its end.
func quidnunc(t testing.TB, args ...string) result {
	t.Helper()
	return quidnuncReading(t, "", args...)
}

func quidnuncReading(t testing.TB, in string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	code := Main(ctx, args, streams{strings.NewReader(in), &out, &errs})
	return result{code, out.String(), errs.String()}
}

// serving is a command that runs beside the test until it is stopped.
type serving struct {
	out    *tee
	errs   *tee
	cancel context.CancelFunc
	done   chan int
}

func serve(t *testing.T, args ...string) *serving {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &serving{out: &tee{}, errs: &tee{}, cancel: cancel, done: make(chan int, 1)}
	go func() { s.done <- Main(ctx, args, streams{strings.NewReader(""), s.out, s.errs}) }()
	t.Cleanup(func() { s.stop(t) })
	return s
}

// stop interrupts the command as Ctrl-C does and returns its exit code.
func (s *serving) stop(t *testing.T) int {
	t.Helper()
	s.cancel()
	select {
	case code := <-s.done:
		s.done <- code
		return code
	case <-time.After(30 * time.Second):
		t.Fatalf("the command does not end 30 s after its interruption\n%s", s.errs)
		return -1
	}
}

// says waits until the command has printed text, and returns all it printed so far.
func (s *serving) says(t *testing.T, text string) string {
	t.Helper()
	return s.await(t, s.out, text)
}

// complains is says for standard error.
func (s *serving) complains(t *testing.T, text string) string {
	t.Helper()
	return s.await(t, s.errs, text)
}

func (s *serving) await(t *testing.T, on *tee, text string) string {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !strings.Contains(on.String(), text) {
		select {
		case code := <-s.done:
			s.done <- code
			t.Fatalf("the command ended with %d before it said %q\n%s\n%s", code, text, s.out, s.errs)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("the command did not say %q in a minute\n%s\n%s", text, s.out, s.errs)
		}
	}
	return on.String()
}

// tee is a buffer that may be read while it is written.
type tee struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *tee) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *tee) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		write(t, "testdata", name, got)
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (go test -update writes it anew):\n%s", file, diff)
	}
}
