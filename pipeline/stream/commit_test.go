package stream_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func outputs(from, to int) []stream.Message {
	var out []stream.Message
	for i := from; i < to; i++ {
		out = append(out, stream.Message{Subject: "alert.desk.rule.high", Data: fmt.Append(nil, "alert ", i)})
	}
	return out
}

func TestAStaleMachineStoresAndTellsNothing(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	leader, stale := connect(t, s, stream.Config{}), connect(t, s, stream.Config{})
	nc, _ := anonymous(t, s)
	heard, err := nc.SubscribeSync("quidnunc.alert.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	first, err := leader.Commit(t.Context(), 0, outputs(0, 3), []byte("3"), 0)
	if err != nil {
		t.Fatal(err)
	}
	second, err := leader.Commit(t.Context(), 0, outputs(3, 5), []byte("5"), first)
	if err != nil {
		t.Fatal(err)
	}
	for _, last := range []uint64{0, first, second + 1, 12345} {
		for _, checkpoint := range []string{"5", "other"} { // also one that says the very same
			if _, err := stale.Commit(t.Context(), 0, outputs(100, 120), []byte(checkpoint), last); !errors.Is(err, stream.ErrFenced) {
				t.Fatalf("after %d: %v", last, err)
			}
		}
	}
	if _, err := leader.Commit(t.Context(), 0, outputs(5, 6), []byte("6"), second); err != nil {
		t.Fatal("the leader was fenced by refused commits:", err)
	}
	want := []string{"alert 0", "alert 1", "alert 2", "alert 3", "alert 4", "alert 5"}
	if diff := cmp.Diff(want, bodies(t, leader, stream.Events, "alert.>")); diff != "" {
		t.Error(diff)
	}
	for _, one := range want {
		msg, err := heard.NextMsg(5 * time.Second)
		if err != nil || string(msg.Data) != one {
			t.Fatal(msg, err, "want", one)
		}
	}
	if msg, err := heard.NextMsg(200 * time.Millisecond); err == nil {
		t.Errorf("heard besides: %s", msg.Data)
	}
}

func TestOfManyMachinesOneCommitsEachTime(t *testing.T) {
	t.Parallel()
	s := serve(t, stream.ServerConfig{})
	const machines, rounds = 6, 15
	var last uint64
	for round := range rounds {
		var won, fenced atomic.Int32
		var next atomic.Uint64
		var wg sync.WaitGroup
		for m := range machines {
			h := connect(t, s, stream.Config{})
			wg.Go(func() {
				seq, err := h.Commit(t.Context(), 0, outputs(round*10, round*10+3), fmt.Append(nil, m), last)
				switch {
				case err == nil:
					won.Add(1)
					next.Store(seq)
				case errors.Is(err, stream.ErrFenced):
					fenced.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 || fenced.Load() != machines-1 {
			t.Fatalf("round %d: %d won, %d fenced", round, won.Load(), fenced.Load())
		}
		last = next.Load()
	}
	h := connect(t, s, stream.Config{})
	if got := len(bodies(t, h, stream.Events, "alert.>")); got != 3*rounds {
		t.Errorf("%d alerts, want %d", got, 3*rounds)
	}
	if got := len(bodies(t, h, stream.Events, "checkpoint.>")); got != 1 {
		t.Errorf("%d checkpoints, want the last one", got)
	}
}

func TestShardsDoNotFenceEachOther(t *testing.T) {
	h := hub(t)
	for shard := range 3 {
		if _, err := h.Commit(t.Context(), shard, outputs(shard, shard+1), fmt.Append(nil, shard), 0); err != nil {
			t.Fatal(err)
		}
	}
	for shard := range 3 {
		if data, _, err := h.Checkpoint(t.Context(), shard); string(data) != fmt.Sprint(shard) || err != nil {
			t.Error(shard, string(data), err)
		}
	}
	if data, seq, err := h.Checkpoint(t.Context(), 3); data != nil || seq != 0 || err != nil {
		t.Error("a checkpoint nobody made:", data, seq, err)
	}
}

func TestCommitsOfAllSizes(t *testing.T) {
	h := hub(t)
	var last uint64
	total := 0
	for _, n := range []int{0, 1, 2, 499, stream.MaxOutputs, 0, 1} {
		seq, err := h.Commit(t.Context(), 0, outputs(total, total+n), fmt.Append(nil, total+n), last)
		if err != nil || seq != last+uint64(n)+1 {
			t.Fatal(n, seq, err)
		}
		last, total = seq, total+n
	}
	if got := len(bodies(t, h, stream.Events, "alert.>")); got != total {
		t.Errorf("%d alerts, want %d", got, total)
	}
}

func TestCommitsThatCannotBe(t *testing.T) {
	h := hub(t)
	for name, c := range map[string]struct {
		outputs []stream.Message
		want    error
	}{
		"too many outputs":        {outputs(0, stream.MaxOutputs+1), stream.ErrTooLarge},
		"a huge output":           {[]stream.Message{{Subject: "alert.a.b.c", Data: make([]byte, 5<<20)}}, stream.ErrTooLarge},
		"an output with a Msg-Id": {[]stream.Message{{Subject: "alert.a.b.c", MsgID: "x"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.Commit(t.Context(), 0, c.outputs, []byte("x"), 0)
			if err == nil || !pipeline.IsPermanent(err) || c.want != nil && !errors.Is(err, c.want) {
				t.Error(err)
			}
		})
	}
	if last, _ := h.Last(t.Context(), stream.Events); last != 0 {
		t.Error("stored")
	}
}

func TestCommitEndsWithItsContext(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := h.Commit(ctx, 0, outputs(0, 2), []byte("x"), 0)
	if err == nil || time.Since(began) > 5*time.Second {
		t.Error(time.Since(began), err)
	}
}
