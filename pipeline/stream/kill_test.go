package stream_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

const (
	victimDir = "QUIDNUNC_TEST_VICTIM" // tells the test's own child what to do, and where
	kills     = 6
)

// TestKilledAtAnyMoment kills a process that publishes, reads and commits, again and again, and then compares what it left with what a
// process that was never killed would have left.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(victimDir); dir != "" {
		victim(t, dir)
		return
	}
	dir := t.TempDir()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	acked := 0
	for range kills {
		acked = max(acked, killAfter(t, dir, time.Duration(50+random.IntN(700))*time.Millisecond))
	}
	h := connect(t, serve(t, stream.ServerConfig{Dir: dir}), stream.Config{})
	reports := bodies(t, h, stream.Reports, "report.>")
	for i, body := range reports {
		if want := fmt.Sprint("report a", i); body != want {
			t.Fatalf("position %d: %s, want %s", i, body, want)
		}
	}
	if len(reports) < acked || acked == 0 {
		t.Errorf("%d articles were acknowledged, %d are stored", acked, len(reports))
	}
	step(t, t.Context(), h, true)
	if diff := cmp.Diff(reports, bodies(t, h, stream.Events, "alert.>")); diff != "" {
		t.Error(diff)
	}
	if n := len(bodies(t, h, stream.Events, "checkpoint.>")); n != 1 {
		t.Errorf("%d checkpoints", n)
	}
	t.Logf("%d articles, %d acknowledged", len(reports), acked)
}

// killAfter lets a victim live for a while from its first acknowledged article on, and returns how many it said were acknowledged.
func killAfter(t *testing.T, dir string, d time.Duration) int {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledAtAnyMoment$")
	child.Env = append(os.Environ(), victimDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acked := 0
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for began := false; lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		n, err := strconv.Atoi(strings.TrimPrefix(lines.Text(), "acked "))
		if err != nil {
			continue
		}
		if acked = n; !began {
			began = true
			time.AfterFunc(d, func() { _ = child.Process.Kill() })
		}
	}
	if err := child.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the victim ended by itself: %v\n%s", err, said.String())
	}
	return acked
}

// victim publishes article after article, and steps over them, until it is killed.
func victim(t *testing.T, dir string) {
	h := connect(t, serve(t, stream.ServerConfig{Dir: dir}), stream.Config{})
	n := len(bodies(t, h, stream.Reports, "report.>"))
	go step(t, t.Context(), h, false)
	for {
		var bundles [][]stream.Message
		for range 5 {
			bundles = append(bundles, bundle(fmt.Sprint("a", n), n%3))
			n++
		}
		if _, err := h.PublishBatch(t.Context(), bundles); err != nil {
			t.Error(err)
			return
		}
		fmt.Println("acked", n)
	}
}

// step is a machine whose whole state is its checkpoint: an alert for each report, committed in batches of any size.
func step(t *testing.T, ctx context.Context, h *stream.Hub, once bool) {
	data, last, err := h.Checkpoint(ctx, 0)
	if err != nil {
		t.Error(err)
		return
	}
	at, _ := strconv.ParseUint(string(data), 10, 64)
	if lag, err := h.Lag(ctx, at); once && (lag == 0 || err != nil) {
		return
	}
	var outputs []stream.Message
	err = h.Read(ctx, at+1, func(m stream.Stored) (err error) {
		outputs = append(outputs, stream.Message{Subject: "alert.desk.rule.high", Data: m.Data})
		if m.Seq%7 == 0 || m.Pending == 0 {
			last, err = h.Commit(ctx, 0, outputs, []byte(strconv.FormatUint(m.Seq, 10)), last)
			outputs = outputs[:0]
		}
		if err == nil && once && m.Pending == 0 {
			return stream.ErrStop
		}
		return err
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
