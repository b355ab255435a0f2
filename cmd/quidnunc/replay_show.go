package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/telemetry"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// watched runs a replay, shows how far it is, and lets people and programs steer it.
func (r *replaying) watched(ctx context.Context, cfg replay.Config) (replay.Summary, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	h := &house{std: r.std, log: r.log}
	defer h.close()
	if err := r.listen(h, cfg.Control); err != nil {
		return replay.Summary{}, err
	}
	watching, done := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { showReplay(watching, cfg.Control, r.std.err, progressEvery) })
	var ended atomic.Bool
	letGo := r.keys(cfg.Control, func() { ended.Store(true); stop() })
	found, err := replay.Run(ctx, cfg)
	letGo()
	if ended.Load() && err != nil {
		err = errors.Join(errEnded, err)
	}
	done()
	watch.Wait()
	return found, err
}

// listen opens the API of a replay.
func (r *replaying) listen(h *house, control *replay.Control) error {
	var c apiConfig
	if r.config != "" {
		whole, err := readConfig(r.config)
		if err != nil {
			return err
		}
		c.TokenFile = whole.API.TokenFile
		c.Listen = r.api
	} else {
		c.Listen = r.api
	}
	token, err := c.token(r.config)
	if err != nil {
		return err
	}
	if c.Listen == off {
		return nil
	}
	l, err := listenNear(c.Listen, defaultAPI)
	if err != nil {
		return fmt.Errorf("api: %w. Choose another address with --api, or 'off'", err)
	}
	registry := telemetry.NewRegistry(buildInfo())
	registry.MustRegister(control)
	mux := http.NewServeMux()
	mux.Handle("/v1/replay", control.Handler())
	mux.Handle("/v1/replay/", control.Handler())
	mux.Handle("/", telemetry.Handler(telemetry.Config{Registry: registry}))
	h.serveOn("replay", l, guard(token, mux))
	fmt.Fprintf(r.std.err, "replay: http://%s/v1/replay tells how far it is, /metrics too\n", l.Addr())
	return nil
}

// showReplay shows how far a replay is until ctx ends: as a bar on a terminal, else as JSON, a line from time to time.
func showReplay(ctx context.Context, control *replay.Control, w io.Writer, every time.Duration) {
	show := func(p replay.Progress) {
		if line, err := json.Marshal(p); err == nil {
			fmt.Fprintf(w, "{\"replay\":%s}\n", line)
		}
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		every = min(every, barEvery)
		const parts = 1000
		bar := progressbar.NewOptions64(parts, progressbar.OptionSetWriter(w), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(20),
			progressbar.OptionSetElapsedTime(false), progressbar.OptionSetPredictTime(false))
		defer func() { _ = bar.Finish() }() // a terminal that is gone is no reason to stop
		show = func(p replay.Progress) {
			bar.Describe(describeReplay(p))
			_ = bar.Set64(int64(min(max(0, p.Share)*parts, parts-1))) // one that is full is cleared away
		}
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			show(control.Progress())
		case <-ctx.Done():
			return
		}
	}
}

// describeReplay is the progress in one line.
func describeReplay(p replay.Progress) string {
	parts := []string{day(p.At), fmt.Sprintf("%d reports", p.Reports), fmt.Sprintf("%.0f/s", p.Rate), fmt.Sprintf("%d alerts", p.Alerts)}
	if p.Left != "" {
		parts = append(parts, p.Left+" left")
	}
	if p.State != "running" {
		parts = append(parts, p.State)
	}
	return strings.Join(parts, " · ")
}

// beside is a live machine on the log that a replay reads.
type beside struct{ hub *stream.Hub }

// near is how many messages beyond the checkpoint may be a live machine's everyday: then they are not counted one by one.
const near = 64

// there tells whether a live machine is at work.
func (b beside) there(ctx context.Context) (bool, error) {
	_, _, err := b.hub.Value(ctx, stream.Leases, "shard-0")
	if errors.Is(err, stream.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// lag is how many entries the live machine has still to do; 0 where none is at work.
func (b beside) lag(ctx context.Context) (uint64, error) {
	if there, err := b.there(ctx); err != nil || !there {
		return 0, err
	}
	data, _, err := b.hub.Checkpoint(ctx, 0)
	if err != nil {
		return 0, err
	}
	at, err := wire.DecodeCheckpoint(data)
	if err != nil {
		return 0, err
	}
	last, err := b.hub.Last(ctx, stream.Reports)
	if err != nil || last <= at.Sequence+near {
		return 0, err
	}
	return b.hub.Lag(ctx, at.Sequence)
}
