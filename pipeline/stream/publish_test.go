package stream_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func TestBundlesOfTheDedupWindowAreStoredOnce(t *testing.T) {
	for name, c := range map[string]struct {
		before, bundles []string
		want            stream.Receipt
		log             string
	}{
		"nothing known":                 {nil, []string{"a", "b"}, stream.Receipt{Stored: 2, Last: 4}, "a b"},
		"all known":                     {[]string{"a", "b"}, []string{"a", "b"}, stream.Receipt{Duplicate: 2, Duplicates: []bool{true, true}}, "a b"},
		"one of three known":            {[]string{"b"}, []string{"a", "b", "c"}, stream.Receipt{Stored: 2, Duplicate: 1, Duplicates: []bool{false, true, false}, Last: 6}, "b a c"},
		"one bundle twice in one batch": {nil, []string{"a", "b", "a"}, stream.Receipt{Stored: 2, Duplicate: 1, Duplicates: []bool{false, false, true}, Last: 4}, "a b"},
		"no bundles":                    {nil, nil, stream.Receipt{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := hub(t)
			publish(t, h, c.before)
			if diff := cmp.Diff(c.want, publish(t, h, c.bundles)); diff != "" {
				t.Error(diff)
			}
			log := strings.ReplaceAll(strings.Join(bodies(t, h, stream.Reports, "report.>"), " "), "report ", "")
			if log != c.log {
				t.Errorf("log %q, want %q", log, c.log)
			}
		})
	}
}

func publish(t *testing.T, h *stream.Hub, articles []string) stream.Receipt {
	t.Helper()
	var bundles [][]stream.Message
	for _, a := range articles {
		bundles = append(bundles, bundle(a, 1))
	}
	r, err := h.PublishBatch(t.Context(), bundles)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAShortDedupWindowForgets(t *testing.T) {
	t.Parallel()
	h := connect(t, serve(t, stream.ServerConfig{}), stream.Config{DedupWindow: 200 * time.Millisecond})
	publish(t, h, []string{"a"})
	eventually(t, "the window's end", func() bool {
		time.Sleep(300 * time.Millisecond)
		return publish(t, h, []string{"a"}).Stored == 1
	})
}

func TestManyBundlesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	h := hub(t)
	var bundles [][]stream.Message
	var want []string
	for i := range 700 { // several batches, and a bundle that fills one alone
		b := bundle(fmt.Sprint("a", i), i%4)
		if i == 350 {
			b = bundle("big", stream.MaxBundle-1)
		}
		bundles = append(bundles, b)
		for _, m := range b {
			want = append(want, string(m.Data))
		}
	}
	r, err := h.PublishBatch(t.Context(), bundles)
	if err != nil || r.Stored != 700 || r.Last != uint64(len(want)) {
		t.Fatal(r, err)
	}
	if diff := cmp.Diff(want, bodies(t, h, stream.Reports, "")); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCannotBeStoredIsRefusedWhole(t *testing.T) {
	h := hub(t)
	one := func(m stream.Message) [][]stream.Message {
		return [][]stream.Message{bundle("before", 0), {m, {Subject: "tick"}}}
	}
	for name, c := range map[string]struct {
		bundles [][]stream.Message
		want    error
	}{
		"a message beyond max_payload":   {one(stream.Message{Subject: "report.fr.x", Data: make([]byte, 4<<20)}), stream.ErrTooLarge},
		"a header beyond max_payload":    {one(stream.Message{Subject: "report.fr.x", Header: map[string][]string{"X": {strings.Repeat("x", 4<<20)}}}), stream.ErrTooLarge},
		"a bundle beyond a batch":        {[][]stream.Message{bundle("before", 0), bundle("big", stream.MaxBundle)}, stream.ErrTooLarge},
		"a wildcard in the subject":      {one(stream.Message{Subject: "report.*"}), nil},
		"a full wildcard in the subject": {one(stream.Message{Subject: "report.>"}), nil},
		"an empty token":                 {one(stream.Message{Subject: "report..none"}), nil},
		"an empty subject":               {one(stream.Message{}), nil},
		"a space in the subject":         {one(stream.Message{Subject: "report.a b"}), nil},
		"a line break in the subject":    {one(stream.Message{Subject: "report.a\r\nPUB x 0"}), nil},
		"a NUL in the subject":           {one(stream.Message{Subject: "report.a\x00"}), nil},
		"broken UTF-8 in the subject":    {one(stream.Message{Subject: "report.\xff"}), nil},
		"a wildcard within a token":      {one(stream.Message{Subject: "report.a*b"}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := h.PublishBatch(t.Context(), c.bundles)
			if err == nil || r.Stored != 0 || !pipeline.IsPermanent(err) {
				t.Errorf("%+v, %v", r, err)
			}
			if c.want != nil && !errors.Is(err, c.want) {
				t.Error(err)
			}
		})
	}
	if last, err := h.Last(t.Context(), stream.Reports); last != 0 || err != nil {
		t.Error("stored up to", last, err)
	}
}

func TestEnqueueOnce(t *testing.T) {
	h := hub(t)
	for range 2 {
		if err := h.Enqueue(t.Context(), stream.Message{Subject: "delivery.desk", MsgID: "k.1", Data: []byte("1")}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"1"}, bodies(t, h, stream.Deliveries, "delivery.>")); diff != "" {
		t.Error(diff)
	}
}
