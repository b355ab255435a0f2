package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/consumer/segment"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// openDir names the request and opens its directory. What is the input, in words that tell it from another, is told by
// what.
func (r *replaying) openDir(cfg *replay.Config, what ...string) (err error) {
	parts := []string{
		"replay", strconv.Itoa(machineVersion), string(cfg.Order), cfg.From.Format(time.RFC3339Nano), cfg.To.Format(time.RFC3339Nano), cfg.Warmup.String(),
		strconv.FormatBool(cfg.Recode),
	}
	if cfg.Rules != nil {
		parts = append(parts, cfg.Rules.Hash)
	}
	if cfg.Base != nil {
		parts = append(parts, cfg.Base.Hash)
	}
	if cfg.Recode || len(r.files) > 0 {
		parts = append(parts, cfg.Coder.Name())
	}
	r.request = string(news.MakeID(append(parts, what...)...))
	if cfg.Dir, err = replay.OpenDir(nameOr(r.out, "replay-"+r.request[:8]), r.request); err != nil {
		switch {
		case errors.Is(err, replay.ErrOther):
			return usagef("%w: choose another with --out", err)
		case errors.Is(err, replay.ErrBusy):
			return usagef("%w: wait until it has ended, or choose another directory with --out", err)
		}
		return err
	}
	r.close = append(r.close, cfg.Dir.Close)
	if at, ok := cfg.Dir.Resumed(); ok {
		fmt.Fprintf(r.std.err, "replay: goes on behind entry %d of an interrupted run in %s\n", at.Entries, cfg.Dir.Path)
	}
	return nil
}

func (r *replaying) openFiles(cfg *replay.Config) error {
	open := func() (replay.Source, error) {
		files, err := openFiles(r.files)
		if err != nil {
			return nil, err
		}
		r.close = append(r.close, files.Close)
		return files, nil
	}
	var err error
	if cfg.Source, err = open(); err != nil {
		return err
	}
	cfg.Kind, cfg.EndTick = "files", true
	if cfg.Order == "" {
		cfg.Order = replay.Published
	}
	if err := r.openDir(cfg, absolute(r.files)...); err != nil {
		return err
	}
	if cfg.Order == replay.Published {
		if !readTwice(r.files) {
			open = nil
		}
		r.sorted(cfg, open)
	}
	return r.deliver(cfg)
}

// readTwice tells whether what files name can be read a second time: standard input and pipes cannot.
func readTwice(files []string) bool {
	for _, f := range files {
		info, err := os.Stat(f) // fails for a pattern, which names files
		if f == "-" || err == nil && !info.Mode().IsRegular() && !info.IsDir() {
			return false
		}
	}
	return true
}

// exported is the export that the one FILE is; nil if it is none.
func (r *replaying) exported() *segment.Archive {
	if len(r.files) != 1 {
		return nil
	}
	a, err := segment.Open(r.files[0])
	if err != nil {
		return nil // what is no export is read as articles, or refused as such
	}
	return a
}

func (r *replaying) openExport(cfg *replay.Config, a *segment.Archive) error {
	cfg.Kind, cfg.Library = "export", exportedRules{a}
	if n := a.Index().Missing; n > 0 {
		cfg.Notes = append(cfg.Notes, fmt.Sprintf("the log had lost %d messages when it was exported", n))
	}
	if err := r.openDir(cfg, absolute(r.files)...); err != nil {
		return err
	}
	span := segment.Span{From: cfg.From, To: cfg.To}
	if !span.From.IsZero() {
		span.From = span.From.Add(-cfg.Warmup)
	}
	after := uint64(0)
	if at, ok := cfg.Dir.Resumed(); ok && cfg.Order != replay.Published {
		after = at.Sequence
		cfg.Dir.SeekTo()
	}
	open := func() (replay.Source, error) {
		source := newExportSource(a, span, after)
		r.close = append(r.close, source.Close)
		return source, nil
	}
	cfg.Source, _ = open()
	if cfg.Order == replay.Published {
		r.sorted(cfg, open)
	}
	return r.deliver(cfg)
}

// sorted puts the source into the order of publication; again opens it once more.
func (r *replaying) sorted(cfg *replay.Config, again func() (replay.Source, error)) {
	sorted := replay.Sort(cfg.Source, "", again)
	r.close = append(r.close, sorted.Close)
	cfg.Source = sorted
}

func absolute(files []string) (out []string) {
	for _, f := range files {
		if whole, err := filepath.Abs(f); err == nil {
			f = whole
		}
		out = append(out, f)
	}
	return out
}

// early is how much before its time in the log, as the server stored it, a report is looked for: clocks differ.
const early = time.Hour

func (r *replaying) openLog(ctx context.Context, cfg *replay.Config) error {
	hub, done, err := r.attach(ctx, r.std)
	if err != nil {
		return err
	}
	r.close = append(r.close, func() error { done(); return nil })
	cfg.Library, cfg.Lag = library{hub}, beside{hub}.lag
	if live, err := (beside{hub}).there(ctx); err == nil && live {
		giveWay(r.log)
	}
	from, err := r.begin(ctx, hub, cfg)
	if err != nil {
		return err
	}
	if err := r.openDir(cfg, hub.Address(), hub.Prefix(), strconv.FormatUint(from, 10)); err != nil {
		return err
	}
	if cfg.Dir.Until == 0 {
		if cfg.Dir.Until, err = hub.Last(ctx, stream.Reports); err != nil {
			return err
		}
	}
	var former replay.Position
	if at, ok := cfg.Dir.Resumed(); ok && cfg.Order != replay.Published {
		former = at
		cfg.Dir.SeekTo()
	}
	source, err := newLogSource(ctx, hub, from, cfg.Dir.Until, former)
	if err != nil {
		return err
	}
	r.close = append(r.close, source.Close)
	cfg.Source = source
	if cfg.Order == replay.Published {
		r.sorted(cfg, nil)
	}
	if r.publish {
		p, err := newPlayback(ctx, hub, r.request[:8])
		if err != nil {
			return err
		}
		fmt.Fprintf(r.std.err, "replay: publishes under %s.>\n", p.hub.Prefix())
		cfg.Also = append(cfg.Also, p)
	}
	return r.deliver(cfg)
}

// begin is where in the log to begin to read, with the base snapshot where one is asked for.
func (r *replaying) begin(ctx context.Context, hub *stream.Hub, cfg *replay.Config) (uint64, error) {
	at := cfg.From
	if !at.IsZero() {
		at = at.Add(-cfg.Warmup - early)
	}
	from, err := hub.SequenceAt(ctx, stream.Reports, at)
	if err != nil || r.base == "" {
		return from, err
	}
	kept, err := hub.Snapshots(ctx, consumer.MachineName(0, 1))
	if err != nil {
		return 0, err
	}
	var told []string
	for _, k := range kept {
		if r.base != "latest" && r.base != strconv.FormatUint(k.Sequence, 10) {
			told = append(told, strconv.FormatUint(k.Sequence, 10))
			continue
		}
		state, err := consumer.StateIn(ctx, hub, k)
		if err != nil {
			return 0, err
		}
		cfg.Base = &replay.Snapshot{Base: replay.Base{Sequence: k.Sequence, Hash: k.Hash}, State: state}
		return k.Sequence + 1, nil
	}
	return 0, usagef("--base %s: no such snapshot; there are %s", r.base, nameOr(strings.Join(told, ", "), "none"))
}

// deliver adds the one receiver that was named.
func (r *replaying) deliver(cfg *replay.Config) error {
	if r.receiver == "" {
		return nil
	}
	style, err := r.style(r.std.out)
	if err != nil {
		return err
	}
	s, err := newSender(r.book.Receivers, r.receiver, r.request[:8], r.std.out, style, r.log)
	if err != nil {
		return err
	}
	cfg.Also = append(cfg.Also, s)
	r.close = append(r.close, func() error {
		if s.failed > 0 {
			return fmt.Errorf("%d alerts could not be delivered to %s", s.failed, r.receiver)
		}
		return nil
	})
	return nil
}
