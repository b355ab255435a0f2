package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/producer/archive"
)

// archiveKeys is where the bucket keeps how far archives were read.
const archiveKeys = "archive."

// How often that is written down, and how long the last time may take when the process ends.
const (
	noteEvery = time.Second
	noteLast  = 2 * time.Second
)

// bookmark is how far an archive was read. What lies behind it is in the log or among the dead letters.
type bookmark struct {
	key     string
	source  *archive.Source
	written archive.Position
}

// bookmarks are those of all archives of a plan.
type bookmarks struct {
	hub  *stream.Hub
	log  *slog.Logger
	list []*bookmark
	done int // archives that had been read to their end when this run began
}

// resume lets the archives go on where a former run over the same log ended. Another coder reads them anew.
func resume(ctx context.Context, h *house, p *plan, coder string) (*bookmarks, error) {
	b := &bookmarks{hub: h.hub, log: h.log}
	for _, a := range p.archives {
		if len(a.paths) == 0 {
			continue // the sample is read in a moment
		}
		key := archiveKeys + string(news.MakeID(append([]string{"archive", coder}, a.paths...)...))
		m := &bookmark{key: key, source: a.source}
		b.list = append(b.list, m)
		value, _, err := h.hub.Value(ctx, stream.Feeds, key)
		if errors.Is(err, stream.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("archive %s: %w", strings.Join(a.paths, ", "), err)
		}
		if err := json.Unmarshal(value, &m.written); err != nil {
			return nil, fmt.Errorf("archive %s: position: %w", strings.Join(a.paths, ", "), err)
		}
		if !a.source.Resume(m.written) {
			continue
		}
		fmt.Fprintf(h.std.out, "archive  goes on where it was: %s\n", m.written.File)
		if a.source.Done() {
			b.done++
		}
	}
	return b, nil
}

// behindEnd is how many archives had nothing to read in this run.
func (b *bookmarks) behindEnd() int { return b.done }

// keep writes the positions down until ctx ends, and once more then.
func (b *bookmarks) keep(ctx context.Context) {
	tick := time.NewTicker(noteEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			b.note(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteLast)
			defer cancel()
			b.note(last)
			return
		}
	}
}

// note writes down what has changed. What fails is tried again: at worst something is read twice, which is harmless.
func (b *bookmarks) note(ctx context.Context) {
	for _, m := range b.list {
		now := m.source.Position()
		if now == m.written || now.List == "" {
			continue
		}
		value, err := json.Marshal(now)
		if err == nil {
			_, err = b.hub.Put(ctx, stream.Feeds, m.key, value)
		}
		if err != nil {
			b.log.Warn("archive: position not written down", "file", now.File, "error", err)
			continue
		}
		m.written = now
	}
}
