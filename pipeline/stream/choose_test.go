package stream_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// longLog is a log of so many articles that readers choose on their own: each an event or two, then its report; rules and ticks between.
func longLog(t *testing.T, h *stream.Hub) {
	t.Helper()
	var bundles [][]stream.Message
	for i := range 700 {
		bundles = append(bundles, bundle(fmt.Sprint("a", i), 1+i%2))
		switch i % 100 {
		case 30:
			bundles = append(bundles, []stream.Message{{Subject: "tick", MsgID: fmt.Sprint("t", i), Data: []byte("tick")}})
		case 60:
			bundles = append(bundles, []stream.Message{{Subject: "rules.v.x", MsgID: fmt.Sprint("r", i), Data: []byte("rules")}})
		case 90:
			bundles = append(bundles, []stream.Message{{Subject: "correction.x", MsgID: fmt.Sprint("c", i), Data: []byte("correction")}})
		}
	}
	if _, err := h.PublishBatch(t.Context(), bundles); err != nil {
		t.Fatal(err)
	}
}

// twin reads message by message what a machine steps over, and what is missing before each.
func twin(t *testing.T, log jetstream.Stream, from, last uint64) []string {
	t.Helper()
	var want []string
	missing := 0
	for seq := from; seq <= last; seq++ {
		m, err := log.GetMsg(t.Context(), seq)
		switch {
		case err != nil:
			missing++
		case strings.Contains(m.Subject, ".told."):
		default:
			want = append(want, fmt.Sprintf("%d %s missing %d", seq, m.Data, missing))
			missing = 0
		}
	}
	return want
}

func told(m stream.Stored) string { return fmt.Sprintf("%d %s missing %d", m.Seq, m.Data, m.Missing) }

// What is passed over is not lost; what was deleted is, be it told or a report, at the head or inside.
func TestALongLogIsReadAsMessageByMessage(t *testing.T) {
	t.Parallel()
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	longLog(t, h)
	log, err := administrator(t, s).Stream(t.Context(), "quidnunc_REPORTS")
	if err != nil {
		t.Fatal(err)
	}
	last, err := h.Last(t.Context(), stream.Reports)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string) {
		t.Helper()
		for _, from := range []uint64{1, 2, 40, 333} {
			want := twin(t, log, from, last)
			var read, readTo []string
			pending := uint64(len(want))
			if err := h.ReadTo(t.Context(), from, last, func(m stream.Stored) error {
				readTo = append(readTo, told(m))
				if pending--; m.Pending != pending {
					t.Errorf("%s, from %d: %d pending behind %d, want %d", what, from, m.Pending, m.Seq, pending)
				}
				return nil
			}); err != nil {
				t.Fatal(what, err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			err := h.Read(ctx, from, func(m stream.Stored) error {
				if read = append(read, told(m)); m.Seq == last {
					return stream.ErrStop
				}
				return nil
			})
			cancel()
			if err != nil {
				t.Fatal(what, err)
			}
			if diff := cmp.Diff(want, readTo); diff != "" {
				t.Errorf("%s, ReadTo from %d (-want +got):\n%s", what, from, diff)
			}
			if diff := cmp.Diff(want, read); diff != "" {
				t.Errorf("%s, Read from %d (-want +got):\n%s", what, from, diff)
			}
		}
	}
	check("whole")
	for _, seq := range []uint64{50, 51, 52, 341, 500, 502, 503, 900} { // events, reports, both
		if err := log.DeleteMsg(t.Context(), seq); err != nil {
			t.Fatal(err)
		}
	}
	check("with holes")
	if err := log.Purge(t.Context(), jetstream.WithPurgeSubject("log.quidnunc.told.>"), jetstream.WithPurgeSequence(200)); err != nil {
		t.Fatal(err)
	}
	check("without its first events")
	if err := log.Purge(t.Context(), jetstream.WithPurgeSequence(101)); err != nil {
		t.Fatal(err)
	}
	check("cut at its head")
}

// A part of a long log ends where it should, be it at a message that is passed over.
func TestAPartOfALongLogEndsWhereItShould(t *testing.T) {
	t.Parallel()
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	longLog(t, h)
	log, err := administrator(t, s).Stream(t.Context(), "quidnunc_REPORTS")
	if err != nil {
		t.Fatal(err)
	}
	for to := uint64(200); to < 206; to++ { // of five messages two at least are events
		var got []string
		if err := h.ReadTo(t.Context(), 100, to, func(m stream.Stored) error { got = append(got, told(m)); return nil }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(twin(t, log, 100, to), got); diff != "" {
			t.Errorf("to %d (-want +got):\n%s", to, diff)
		}
	}
}

// One kind of message is found whether it is most of a stream or little of it.
func TestScanFindsWhatIsRareAndWhatIsNot(t *testing.T) {
	t.Parallel()
	h := hub(t)
	longLog(t, h)
	for filter, want := range map[string]int{"report.>": 700, "told.>": 1050, "told.sanction.*.nato": 1050, "rules.>": 7, "tick": 7, "report.en.>": 0} {
		got := 0
		if err := h.Scan(t.Context(), stream.Reports, filter, 1, func(m stream.Stored) error {
			if got++; m.Missing != 0 || m.Pending != uint64(want-got) {
				t.Errorf("%s: %d of %d has %d missing, %d pending", filter, got, want, m.Missing, m.Pending)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: %d messages, want %d", filter, got, want)
		}
	}
}

// A reader that was at the end and falls far behind reads on in order, to the new end and what comes after.
func TestAReaderThatFallsBehindGoesOn(t *testing.T) {
	t.Parallel()
	h := hub(t)
	publish(t, h, []string{"first"})
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	const burst = 6000
	next := -1
	err := h.Read(ctx, 1, func(m stream.Stored) error {
		want := fmt.Sprint("report b", next)
		switch next {
		case -1:
			want = "report first"
			var bundles [][]stream.Message
			for i := range burst {
				bundles = append(bundles, bundle(fmt.Sprint("b", i), 1))
			}
			if _, err := h.PublishBatch(ctx, bundles); err != nil {
				return err
			}
		case burst - 1: // the last there is
			if m.Pending != 0 {
				t.Error("pending behind the last:", m.Pending)
			}
			if _, err := h.PublishBatch(ctx, [][]stream.Message{bundle(fmt.Sprint("b", burst), 1)}); err != nil {
				return err
			}
		case burst:
			return stream.ErrStop
		}
		if string(m.Data) != want || m.Missing != 0 {
			return fmt.Errorf("seq %d: %s, want %s; %d missing", m.Seq, m.Data, want, m.Missing)
		}
		next++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What stops a server that chooses may lie behind events that can be read.
func TestABrokenBlockBehindEventsIsPassedOverAndCounted(t *testing.T) {
	t.Parallel()
	const reportsBefore, events, all = 4, 8, harmedMessages // the second block begins among the events and ends among the reports behind them
	dir := harmed(t, func(n int) string {
		if n >= reportsBefore && n < reportsBefore+events {
			return "told.sanction.rus.nato"
		}
		return "report.fr.none"
	})
	h := connect(t, serve(t, stream.ServerConfig{Dir: dir, NoSync: true}), stream.Config{})
	var scanned, last uint64
	var want []uint64
	if err := h.Scan(t.Context(), stream.Reports, "", 0, func(m stream.Stored) error {
		scanned += m.Missing
		if strings.HasPrefix(m.Subject, "report.") {
			want, last = append(want, m.Seq), m.Seq
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if scanned == 0 || last != all {
		t.Fatalf("%d missing of %d: the harm is not where this test wants it", scanned, last)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var missing uint64
	var got []uint64
	if err := h.Read(ctx, 0, func(m stream.Stored) error {
		missing += m.Missing
		if got = append(got, m.Seq); m.Seq == all {
			return stream.ErrStop
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || missing != scanned {
		t.Errorf("%d missing, want %d; reports (-want +got):\n%s", missing, scanned, diff)
	}
}
