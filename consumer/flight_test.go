package consumer_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// slow is a log whose first commit is not answered before the machine has stepped rules that were told after it.
type slow struct {
	*house
	deaf    bool // the answer never comes: the commit ends with its context, though it was stored
	stepped chan struct{}
	once    sync.Once
}

func (s *slow) Rules(ctx context.Context, hash string) ([]rule.Rule, error) {
	if hash == "2" {
		close(s.stepped)
	}
	return s.house.Rules(ctx, "1")
}

func (s *slow) Commit(ctx context.Context, shard int, outputs []stream.Message, checkpoint []byte, last uint64) (uint64, error) {
	seq, err := s.house.Commit(ctx, shard, outputs, checkpoint, last)
	s.once.Do(func() {
		select {
		case <-s.stepped:
		case <-time.After(20 * time.Second):
			err = fmt.Errorf("nothing was stepped while the commit was under way")
		}
		if s.deaf {
			<-ctx.Done()
			err = fmt.Errorf("commit: %w", ctx.Err())
		}
	})
	return seq, err
}

func slowlyBuilt(h *house) {
	h.tellRules("1")
	for i := range 6 {
		h.tell(bundle(h.t, i, 2, news.Archive)...)
	}
	h.tellRules("2")
	h.tell(bundle(h.t, 9, 2, news.Archive)...)
}

func TestTheMachineStepsOnWhileABatchIsBeingStored(t *testing.T) {
	for name, deaf := range map[string]bool{"the answer comes late": false, "the answer is lost and the machine is stopped": true} {
		t.Run(name, func(t *testing.T) {
			want := undisturbed(t, func(h *house) { h.rules["2"] = h.rules["1"]; slowlyBuilt(h) })
			h := newHouse(t)
			slowlyBuilt(h)
			log := &slow{house: h, deaf: deaf, stepped: make(chan struct{})}
			c, err := consumer.New(log, log, h, gazetteer.Default(), consumer.Config{MaxBatch: 8, Gather: time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			stop := running(c)
			<-log.stepped
			if err := stop(); err != nil {
				t.Errorf("Run ends with %v", err)
			}
			again := h.consumer(consumer.Config{})
			h.rules["2"] = h.rules["1"]
			stop = running(again)
			h.reads(again)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, h.outputs()); diff != "" {
				t.Error(diff)
			}
			h.audited(0)
		})
	}
}
