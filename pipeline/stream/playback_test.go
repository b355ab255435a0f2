package stream_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func TestReadToEndsWhereItShould(t *testing.T) {
	h := hub(t)
	publish(t, h, []string{"a", "b", "c"}) // told 1, report 2, …
	for name, c := range map[string]struct {
		from, to uint64
		want     []string
	}{
		"the whole":                {1, 6, []string{"2 report a", "4 report b", "6 report c"}},
		"a part":                   {3, 4, []string{"4 report b"}},
		"up to a message told":     {1, 3, []string{"2 report a"}},
		"beyond the log's end":     {5, 60, []string{"6 report c"}},
		"behind the log's end":     {7, 60, nil},
		"nothing":                  {4, 3, nil},
		"to the beginning of time": {1, 0, nil},
	} {
		var got []string
		err := h.ReadTo(t.Context(), c.from, c.to, func(m stream.Stored) error {
			got = append(got, fmt.Sprintf("%d %s", m.Seq, m.Data))
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What a replay publishes lies under subjects and in a stream of its own, which goes when its messages have gone.
func TestAPlaybackIsAStreamOfItsOwn(t *testing.T) {
	h := hub(t)
	p, err := h.Playback(t.Context(), "x1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if want := h.Prefix() + ".replay.x1"; p.Prefix() != want {
		t.Errorf("prefix %s, want %s", p.Prefix(), want)
	}
	last, err := p.Commit(t.Context(), 0, []stream.Message{{Subject: "alert.a.b.c", Data: []byte("one")}}, []byte("mark"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if data, at, err := p.Checkpoint(t.Context(), 0); err != nil || string(data) != "mark" || at != last {
		t.Errorf("checkpoint %q at %d, want mark at %d: %v", data, at, last, err)
	}
	if n, err := h.Last(t.Context(), stream.Events); err != nil || n != 0 {
		t.Errorf("the live stream holds %d messages: %v", n, err)
	}

	// One that has lost all but its checkpoint goes when the next is made; one that still holds something stays.
	short, err := h.Playback(t.Context(), "x2", 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := short.Commit(t.Context(), 0, []stream.Message{{Subject: "alert.a.b.c", Data: []byte("two")}}, []byte("mark"), 0); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if n, err := short.Count(t.Context(), stream.Events); err == nil && n <= 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the messages do not go")
		}
	}
	if _, err := h.Playback(t.Context(), "x3", time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := short.Last(t.Context(), stream.Events); err == nil {
		t.Error("the empty stream of a former replay is still there")
	}
	if n, err := p.Last(t.Context(), stream.Events); err != nil || n != last {
		t.Errorf("the stream of another replay holds %d, want %d: %v", n, last, err)
	}
}
