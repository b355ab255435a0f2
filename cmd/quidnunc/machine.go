package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// shard is which part of the rules a machine holds; the zero shard is all of them. It is a flag: "0/2".
type shard struct{ number, of int }

// String is the flag as it is written.
func (s *shard) String() string { return fmt.Sprintf("%d/%d", s.number, max(s.of, 1)) }

// Type is what --help calls it.
func (s *shard) Type() string { return "i/n" }

// Set reads the flag.
func (s *shard) Set(value string) error {
	number, of, ok := strings.Cut(value, "/")
	i, err := strconv.Atoi(number)
	n, err2 := strconv.Atoi(of)
	if !ok || errors.Join(err, err2) != nil || n < 1 || n > mostShards || i < 0 || i >= n {
		return fmt.Errorf("want a shard of how many, such as 0/2: shards count from 0, and there are at most %d", mostShards)
	}
	s.number, s.of = i, n
	return nil
}

// mostShards bounds the number of shards: each reads the whole log.
const mostShards = 64

func newConsumer(h *house, part shard, guarded bool) (*consumer.Consumer, error) {
	cfg := consumer.Config{Shard: part.number, Shards: part.of, Turn: turns{h, part}, Vault: h.hub, Ledger: ledger{h.hub}, Registerer: h.registry, Log: h.log}
	if guarded {
		cfg.Ward = ward{h.hub}
	}
	return consumer.New(h.hub, library{h.hub}, aside{h.hub}, gazetteer.Default(), cfg)
}

// ward takes rules out of force by a new version of all of them in the log.
type ward struct{ hub *stream.Hub }

func (w ward) Quarantine(ctx context.Context, names []string) error {
	rules, err := rulesInForce(ctx, w.hub)
	if err != nil {
		return err
	}
	var off []rule.Rule
	for _, r := range rules {
		if slices.Contains(names, r.Name) {
			r.State = rule.Off
			off = append(off, r)
		}
	}
	_, err = changeRules(ctx, w.hub, off, nil, time.Now())
	return err
}

// turns are those of a shard's machines, by lease.
type turns struct {
	house *house
	shard shard
}

// Take waits for the shard's lease.
func (t turns) Take(ctx context.Context) (<-chan struct{}, func(), error) {
	lease, err := t.house.hub.Lease(ctx, "shard-"+strconv.Itoa(t.shard.number), holder(t.house), 0)
	if err != nil {
		return nil, nil, err
	}
	return lease.Lost(), func() {
		releasing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stream.LeaseTTL)
		defer cancel()
		if err := lease.Release(releasing); err != nil {
			t.house.log.Warn("lease not released; it ends by itself", "error", err)
		}
	}, nil
}

// machineRole runs the machine until ctx ends, and again where the server did not answer for long.
func machineRole(ctx context.Context, h *house, c *consumer.Consumer) error {
	for {
		err := c.Run(ctx)
		switch {
		case ctx.Err() != nil && errors.Is(err, stream.ErrUnavailable):
			h.log.Warn("the server went first: what was not committed is said by the next start", "error", err)
			return nil
		case ctx.Err() != nil:
			return interrupted(ctx, err)
		case errors.Is(err, stream.ErrUnavailable):
			h.log.Warn("the machine stopped; starting it again", "error", err)
		case err != nil:
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}
