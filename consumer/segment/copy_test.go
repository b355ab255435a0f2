package segment_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/segment"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// hub is a log of its own.
func hub(t *testing.T) *stream.Hub {
	t.Helper()
	server, err := stream.Serve(t.Context(), stream.ServerConfig{Dir: t.TempDir(), Port: -1, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	h, err := stream.Connect(t.Context(), stream.Config{Server: server})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	if err := h.Setup(t.Context(), stream.Manage); err != nil {
		t.Fatal(err)
	}
	return h
}

func store(t *testing.T, h *stream.Hub, entries ...segment.Entry) {
	t.Helper()
	for _, e := range entries {
		if _, err := h.PublishBatch(t.Context(), [][]stream.Message{{{Subject: e.Subject, Data: e.Data}}}); err != nil {
			t.Fatal(err)
		}
	}
}

func messages(t *testing.T, h *stream.Hub) []string {
	t.Helper()
	var out []string
	err := h.Scan(t.Context(), stream.Reports, "", 1, func(m stream.Stored) error {
		out = append(out, m.Subject+" "+string(m.Data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const body = `{"rules":[]}`

func TestALogComesBackFromItsExport(t *testing.T) {
	log, dir := hub(t), t.TempDir()
	if _, err := log.PutObject(t.Context(), stream.Rules, []byte(body)); err != nil {
		t.Fatal(err)
	}
	told := segment.Entry{Subject: "told.sanction.rus.nato", Data: []byte("{}")}
	broken := segment.Entry{Subject: "report.fr.none", Data: []byte("\nno JSON")}
	store(t, log, rules(0, 1, body), told, tick(0, 3), tick(0, 2), broken, tick(0, 3), tick(0, 3))
	index, err := segment.Export(t.Context(), log, dir, segment.Span{}, nil)
	if err != nil || index.Entries != 6 || !index.Complete || index.Next != 8 {
		t.Fatalf("%+v, %v", index, err)
	}
	a, err := segment.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	to := hub(t)
	var last segment.Progress
	got, err := segment.Import(t.Context(), to, a, func(p segment.Progress) { last = p })
	if want := (segment.Imported{Entries: 6, Rules: 1}); got != want || err != nil {
		t.Fatalf("first import: %+v, %v", got, err)
	}
	if last.Done != 6 || last.Of != 6 {
		t.Errorf("progress ends at %+v", last)
	}
	want := messages(t, log)
	want = append(want[:1], want[2:]...) // told messages are no entries
	if diff := cmp.Diff(want, messages(t, to)); diff != "" {
		t.Error(diff)
	}
	if b, err := to.Object(t.Context(), stream.Rules, stream.Hash([]byte(body))); string(b) != body || err != nil {
		t.Errorf("rules body %q, %v", b, err)
	}
	got, err = segment.Import(t.Context(), to, a, nil)
	if want := (segment.Imported{Known: 6, Rules: 1}); got != want || err != nil {
		t.Errorf("second import: %+v, %v", got, err)
	}
	if diff := cmp.Diff(want, messages(t, to)); diff != "" {
		t.Error(diff)
	}
	again := t.TempDir()
	if _, err := segment.Export(t.Context(), to, again, segment.Span{}, nil); err != nil {
		t.Fatal(err)
	}
	b, err := segment.Open(again)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(contents(t, a), contents(t, b)); diff != "" {
		t.Errorf("the export of the import is another: %s", diff)
	}
}

func contents(t *testing.T, a *segment.Archive) []string {
	t.Helper()
	entries, err := read(a, segment.Span{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.At.String()+" "+e.Subject+" "+string(e.Data))
	}
	return out
}

func TestAStretchStandsAlone(t *testing.T) {
	log, dir := hub(t), t.TempDir()
	for _, b := range []string{"old", "new", "later"} {
		if _, err := log.PutObject(t.Context(), stream.Rules, []byte(b)); err != nil {
			t.Fatal(err)
		}
	}
	span := segment.Span{From: day.Add(5 * time.Hour), To: day.Add(6 * time.Hour)}
	store(t, log,
		rules(0, 1, "old"), tick(0, 2),
		rules(0, 90, "new"), // told years later, as to a log of archives
		tick(0, 5), rules(0, 91, "new"), tick(0, 5.5), tick(0, 6), rules(0, 6.5, "later"))
	export := func(want ...uint64) {
		t.Helper()
		if _, err := segment.Export(t.Context(), log, dir, span, nil); err != nil {
			t.Fatal(err)
		}
		a, err := segment.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := read(a, segment.Span{}, 0)
		var got []uint64
		for _, e := range entries {
			got = append(got, e.Seq)
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s %v", diff, err)
		}
		if err := a.Verify(nil); err != nil {
			t.Error(err)
		}
	}
	export(3, 4, 6)
	export(3, 4, 6)
	store(t, log, tick(0, 5.25)) // a late one, under the rules told meanwhile
	export(3, 4, 6, 8, 9)
}

func TestRulesThatCannotBeHadAreSaidSoOf(t *testing.T) {
	log := hub(t)
	store(t, log, rules(0, 1, "gone"))
	_, err := segment.Export(t.Context(), log, t.TempDir(), segment.Span{}, nil)
	if !errors.Is(err, stream.ErrNotFound) || !strings.Contains(err.Error(), "sequence 1") {
		t.Errorf("got %v", err)
	}
}

func TestAnInterruptedExportGoesOn(t *testing.T) {
	log, dir := hub(t), t.TempDir()
	store(t, log, tick(0, 1), tick(0, 2), tick(0, 3))
	ctx, stop := context.WithCancel(t.Context())
	_, err := segment.Export(ctx, log, dir, segment.Span{}, func(p segment.Progress) {
		if p.Done == 2 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	a, err := segment.Open(dir)
	if err != nil || a.Index().Complete {
		t.Fatalf("%+v, %v", a.Index(), err)
	}
	index, err := segment.Export(t.Context(), log, dir, segment.Span{}, nil)
	if err != nil || index.Entries != 3 || !index.Complete {
		t.Errorf("%+v, %v", index, err)
	}
}

func TestADamagedArchiveIsNotImported(t *testing.T) {
	log, dir := hub(t), t.TempDir()
	a := written(t, dir, []segment.Entry{tick(1, 1), tick(2, 2)})
	if err := os.Remove(filepath.Join(dir, "2021-10-18T02.1.jsonl.zst")); err != nil {
		t.Fatal(err)
	}
	if _, err := segment.Import(t.Context(), log, a, nil); !errors.Is(err, segment.ErrCorrupt) {
		t.Errorf("got %v", err)
	}
	if got := messages(t, log); len(got) > 0 {
		t.Errorf("the log has %q", got)
	}
}
