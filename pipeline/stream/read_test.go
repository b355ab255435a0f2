package stream_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// readUntil collects "seq body" of what Read hands over, until last is among it.
func readUntil(t testing.TB, h *stream.Hub, from, last uint64) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var got []string
	err := h.Read(ctx, from, func(m stream.Stored) error {
		line := fmt.Sprintf("%d %s", m.Seq, m.Data)
		if m.Missing > 0 {
			line += fmt.Sprintf(" (%d missing)", m.Missing)
		}
		got = append(got, line)
		if m.Seq >= last {
			return stream.ErrStop
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestReadPassesOverTold(t *testing.T) {
	h := hub(t)
	publish(t, h, []string{"a", "b", "c"}) // told 1, report 2, …
	for from, want := range map[uint64][]string{
		0: {"2 report a", "4 report b", "6 report c"},
		1: {"2 report a", "4 report b", "6 report c"},
		3: {"4 report b", "6 report c"},
		4: {"4 report b", "6 report c"},
		6: {"6 report c"},
	} {
		if diff := cmp.Diff(want, readUntil(t, h, from, 6)); diff != "" {
			t.Errorf("from %d: %s", from, diff)
		}
	}
	if lag, err := h.Lag(t.Context(), 2); lag != 2 || err != nil {
		t.Error("lag behind 2:", lag, err)
	}
	if lag, err := h.Lag(t.Context(), 6); lag != 0 || err != nil {
		t.Error("lag behind 6:", lag, err)
	}
}

func TestReadReturnsTheHandlersErrorAndItsContexts(t *testing.T) {
	h := hub(t)
	publish(t, h, []string{"a", "b"})
	broken := errors.New("broken")
	calls := 0
	err := h.Read(t.Context(), 0, func(stream.Stored) error { calls++; return broken })
	if !errors.Is(err, broken) || calls != 1 {
		t.Error(calls, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := h.Read(ctx, 0, func(stream.Stored) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestReadGoesOnInOrderThroughRestarts(t *testing.T) {
	t.Parallel()
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	const articles = 3000
	published := make(chan error, 1)
	go func() {
		for i := 0; i < articles; i += 10 {
			var bundles [][]stream.Message
			for n := i; n < i+10; n++ {
				bundles = append(bundles, bundle(fmt.Sprint("a", n), 1))
			}
			if _, err := h.PublishBatch(t.Context(), bundles); err != nil {
				published <- err
				return
			}
		}
		published <- nil
	}()
	go func() {
		for range 3 {
			time.Sleep(300 * time.Millisecond)
			if err := s.Restart(context.Background()); err != nil {
				t.Error(err)
			}
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	next := 0
	err := h.Read(ctx, 0, func(m stream.Stored) error {
		if want := fmt.Sprint("report a", next); string(m.Data) != want {
			return fmt.Errorf("seq %d: %s, want %s", m.Seq, m.Data, want)
		}
		if next++; next == articles {
			return stream.ErrStop
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-published; err != nil {
		t.Fatal(err)
	}
	if got := len(bodies(t, h, stream.Reports, "")); got != 2*articles {
		t.Errorf("%d messages, want %d: something was stored twice or not at all", got, 2*articles)
	}
}

func TestReadSurvivesTheLossOfItsConsumer(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	publish(t, h, []string{"a", "b"})
	js := administrator(t, s)
	var got []string
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err := h.Read(ctx, 0, func(m stream.Stored) error {
		got = append(got, string(m.Data))
		switch len(got) {
		case 2:
			deleteConsumers(t, js, "quidnunc_REPORTS")
			publish(t, h, []string{"c"})
		case 3:
			return stream.ErrStop
		}
		return nil
	})
	if diff := cmp.Diff([]string{"report a", "report b", "report c"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func deleteConsumers(t *testing.T, js jetstream.JetStream, name string) {
	t.Helper()
	s, err := js.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for consumer := range s.ConsumerNames(t.Context()).Name() {
		if err := s.DeleteConsumer(t.Context(), consumer); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALogCutAtItsHeadIsSaid(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	publish(t, h, []string{"a", "b", "c"})
	log, err := administrator(t, s).Stream(t.Context(), "quidnunc_REPORTS")
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Purge(t.Context(), jetstream.WithPurgeSequence(4)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"4 report b (2 missing)", "6 report c"}, readUntil(t, h, 2, 6)); diff != "" {
		t.Error(diff)
	}
	gaps, err := h.Gaps(t.Context(), stream.Reports, 2)
	if diff := cmp.Diff([]stream.Gap{{First: 2, Last: 3}}, gaps); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if diff := cmp.Diff([]string{"4 report b", "6 report c"}, readUntil(t, h, 4, 6)); diff != "" {
		t.Error("a reader behind the cut:", diff)
	}
	if err := log.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	gaps, err = h.Gaps(t.Context(), stream.Reports, 5)
	if diff := cmp.Diff([]stream.Gap{{First: 5, Last: 6}}, gaps); diff != "" || err != nil {
		t.Error("an emptied log:", diff, err)
	}
}

// harmedMessages is how many messages the log of harmed held.
const harmedMessages = 24

func onlyReports(int) string { return "report.fr.none" }

// harmed is a data directory with a REPORTS of several blocks, in the second of which one bit is another. Its nth message has subject(n).
func harmed(t *testing.T, subject func(n int) string) (dir string) {
	t.Helper()
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	for i := range 2 { // a block is compressed once another is begun
		var bundles [][]stream.Message
		for n := range harmedMessages / 2 {
			id := fmt.Sprintf("%d-%d", i, n)
			bundles = append(bundles, []stream.Message{{Subject: subject(i*harmedMessages/2 + n), MsgID: id, Data: noise(id, 1<<20)}})
		}
		if _, err := h.PublishBatch(t.Context(), bundles); err != nil {
			t.Fatal(err)
		}
	}
	h.Close()
	s.Close()
	flipOneBit(t, s.Dir())
	return s.Dir()
}

func TestABrokenBlockIsPassedOverAndCounted(t *testing.T) {
	t.Parallel()
	const all = harmedMessages
	dir := harmed(t, onlyReports)
	h := connect(t, serve(t, stream.ServerConfig{Dir: dir, NoSync: true}), stream.Config{})
	var read, missing uint64
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := h.Read(ctx, 0, func(m stream.Stored) error {
		read++
		missing += m.Missing
		if m.Seq == all {
			return stream.ErrStop
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	t.Logf("one bit cost %d of %d messages", missing, all)
	if missing == 0 || read+missing != all {
		t.Errorf("read %d, missing %d of %d", read, missing, all)
	}
	var scanned uint64
	if err := h.Scan(t.Context(), stream.Reports, "", 0, func(m stream.Stored) error { scanned += m.Missing; return nil }); err != nil {
		t.Fatal(err)
	}
	if scanned != missing {
		t.Errorf("Read misses %d, Scan %d", missing, scanned)
	}
}

func TestAStreamThatCannotBeReadIsNotBegunAnew(t *testing.T) {
	t.Parallel()
	dir := harmed(t, onlyReports)
	if err := os.Remove(filepath.Join(reportsDir(dir), "msgs", "index.db")); err != nil {
		t.Fatal(err)
	}
	before := files(t, reportsDir(dir))
	for range 2 { // and saying so does not change it
		s, err := stream.Serve(t.Context(), stream.ServerConfig{Dir: dir, Port: -1})
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, stream.ErrCorrupt) || !strings.Contains(err.Error(), reportsDir(dir)) || !strings.Contains(err.Error(), "crc") {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, files(t, reportsDir(dir))); diff != "" {
			t.Fatal(diff)
		}
	}
	if err := os.Rename(reportsDir(dir), filepath.Join(t.TempDir(), "away")); err != nil {
		t.Fatal(err)
	}
	s, err := stream.Serve(t.Context(), stream.ServerConfig{Dir: dir, Port: -1})
	if err != nil {
		t.Fatal("the way out that the error tells does not work:", err)
	}
	s.Close()
}

// files are the blocks of a stream with their sizes.
func files(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	blocks, err := filepath.Glob(filepath.Join(dir, "msgs", "*.blk"))
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int64{}
	for _, b := range blocks {
		info, err := os.Stat(b)
		if err != nil {
			t.Fatal(err)
		}
		sizes[filepath.Base(b)] = info.Size()
	}
	return sizes
}

func reportsDir(dir string) string {
	return filepath.Join(dir, "jetstream", "$G", "streams", "quidnunc_REPORTS")
}

// noise is a body that no compression makes smaller.
func noise(seed string, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8(sha256.Sum256([]byte(seed))).Read(b) // never fails
	return b
}

// flipOneBit harms the middle of the second block of REPORTS.
func flipOneBit(t *testing.T, dir string) {
	t.Helper()
	block := filepath.Join(reportsDir(dir), "msgs", "2.blk")
	b, err := os.ReadFile(block)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(block, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestScanToThePresentEnd(t *testing.T) {
	h := hub(t)
	publish(t, h, []string{"a", "b"})
	var seen []string
	err := h.Scan(t.Context(), stream.Reports, "", 0, func(m stream.Stored) error {
		seen = append(seen, m.Subject)
		publish(t, h, []string{fmt.Sprint("later", len(seen))}) // beyond the end as it was
		return nil
	})
	if err != nil || strings.Join(seen, " ") != "told.sanction.rus.nato report.fr.none told.sanction.rus.nato report.fr.none" {
		t.Error(seen, err)
	}
	for name, c := range map[string]struct {
		of     stream.Stream
		filter string
		from   uint64
	}{"a filter nothing meets": {stream.Reports, "correction.>", 0}, "beyond the end": {stream.Reports, "", 99}, "an empty stream": {stream.Events, "", 0}, "an empty queue": {stream.Deliveries, "", 0}} {
		t.Run(name, func(t *testing.T) {
			if err := h.Scan(t.Context(), c.of, c.filter, c.from, func(m stream.Stored) error { return errors.New(m.Subject) }); err != nil {
				t.Error(err)
			}
		})
	}
	other := connectOnly(t, stream.Config{Server: serve(t, stream.ServerConfig{})})
	if err := other.Scan(t.Context(), stream.Reports, "", 0, nil); !errors.Is(err, stream.ErrNotFound) {
		t.Error("a server without streams:", err)
	}
}
