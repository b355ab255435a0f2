package stream_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func bodies(t testing.TB, h *stream.Hub, of stream.Stream, filter string) []string {
	t.Helper()
	var all []string
	err := h.Scan(t.Context(), of, filter, 0, func(m stream.Stored) error {
		all = append(all, string(m.Data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPublishReadCommitConsume(t *testing.T) {
	h := hub(t)
	receipt, err := h.PublishBatch(t.Context(), [][]stream.Message{bundle("a", 2), bundle("b", 0), bundle("c", 1)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(stream.Receipt{Stored: 3, Last: 6}, receipt); diff != "" {
		t.Error(diff)
	}
	var read []string
	err = h.Read(t.Context(), 0, func(m stream.Stored) error {
		read = append(read, fmt.Sprintf("%d %s %s %v", m.Seq, m.Subject, m.Data, m.Header["Content-Type"]))
		if m.Pending == 0 {
			return stream.ErrStop
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"3 report.fr.none report a [text/plain]", "4 report.fr.none report b [text/plain]", "6 report.fr.none report c [text/plain]"}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Error(diff)
	}
	seq, err := h.Commit(t.Context(), 0, []stream.Message{{Subject: "event.news.sanction.rus.nato", Data: []byte("e1")}, {Subject: "alert.desk.r.high", Data: []byte("a1")}}, []byte("6"), 0)
	if err != nil || seq != 3 {
		t.Fatal(seq, err)
	}
	if _, err := h.Commit(t.Context(), 0, nil, []byte("7"), 0); !errors.Is(err, stream.ErrFenced) {
		t.Fatal("not fenced:", err)
	}
	data, seq, err := h.Checkpoint(t.Context(), 0)
	if string(data) != "6" || seq != 3 || err != nil {
		t.Fatal(data, seq, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tries := 0
	err = h.Consume(ctx, stream.ConsumeConfig{Stream: stream.Events, Durable: "courier", Filter: "alert.>", BackOff: []time.Duration{time.Millisecond}}, func(_ context.Context, m stream.Stored) error {
		tries++
		if tries == 3 {
			defer cancel()
			return pipeline.Permanent(errors.New("hopeless"))
		}
		return errors.New("not yet")
	})
	if err != nil || tries != 3 {
		t.Fatal(tries, err)
	}
	var dead []string
	if err := h.DeadLetters(t.Context(), 0, func(d stream.DeadLetter) error {
		dead = append(dead, fmt.Sprint(d.Room, " ", d.Reason, " ", d.Origin.Subject, " ", string(d.Origin.Data), " ", d.Origin.Seq))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"courier hopeless alert.desk.r.high a1 2"}, dead); diff != "" {
		t.Error(diff)
	}
}
