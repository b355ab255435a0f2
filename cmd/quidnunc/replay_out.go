package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// playback publishes what a replay says under subjects of its own. What it has published before an interruption it passes
// over: its stream's checkpoint counts.
type playback struct {
	hub  *stream.Hub
	last uint64
	done wire.Checkpoint
}

// What one commit of a playback holds at most.
const (
	playbackMessages = 900
	playbackBytes    = 512 << 10
)

// playbackAge is how long what a replay published can be heard.
const playbackAge = 24 * time.Hour

func newPlayback(ctx context.Context, hub *stream.Hub, id string) (*playback, error) {
	own, err := hub.Playback(ctx, id, playbackAge)
	if err != nil {
		return nil, err
	}
	p := &playback{hub: own}
	data, last, err := own.Checkpoint(ctx, 0)
	if err != nil {
		return nil, err
	}
	p.last = last
	p.done, err = wire.DecodeCheckpoint(data)
	return p, err
}

// Record implements replay.Recorder.
func (p *playback) Record(ctx context.Context, said []replay.Said) error {
	var batch []stream.Message
	next, size := p.done, 0
	commit := func() error {
		if len(batch) == 0 {
			return nil
		}
		next.Commit++
		data, err := wire.EncodeCheckpoint(next)
		if err != nil {
			return err
		}
		last, err := p.hub.Commit(ctx, 0, batch, data, p.last)
		if err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		p.last, p.done, batch, size = last, next, nil, 0
		return nil
	}
	for _, x := range said {
		if x.Number <= p.done.Events+p.done.Alerts {
			continue
		}
		if len(batch) == playbackMessages || size+len(x.Data) > playbackBytes {
			if err := commit(); err != nil {
				return err
			}
		}
		batch, size = append(batch, stream.Message{Subject: x.Subject, Data: x.Data}), size+len(x.Data)
		next.Hash, next.Step, next.Sequence, next.Written = wire.Chain(next.Hash, x.Subject, x.Data), machine.Version, x.Number, -1
		if x.Alert != nil {
			next.Alerts++
		} else {
			next.Events++
		}
	}
	return commit()
}

// sender sends the alerts of a replay to one receiver, named on purpose, each marked as a replay's.
type sender struct {
	to     notify.Receiver
	id     string
	log    *slog.Logger
	pauses []time.Duration // between attempts
	failed int
}

func newSender(described []rulebook.Receiver, name, id string, out io.Writer, style notify.Style, log *slog.Logger) (*sender, error) {
	receivers, err := newWorkshop(out, style).receivers(described)
	if err != nil {
		return nil, &usageError{err}
	}
	r, err := receiverNamed(receivers, name)
	if err != nil {
		return nil, err
	}
	return &sender{to: r, id: id, log: log, pauses: []time.Duration{time.Second, 5 * time.Second, 30 * time.Second}}, nil
}

func receiverNamed(all []courier.Receiver, name string) (notify.Receiver, error) {
	var known []string
	for _, r := range all {
		if r.Name() == name {
			return r.Receiver, nil
		}
		known = append(known, r.Name())
	}
	return nil, usagef("--deliver-to %s: no receiver of that name; there are %s. Receivers are described in rule files: name them with --rules or --config", name, strings.Join(known, ", "))
}

// Record implements replay.Recorder. It waits for the receiver; an alert that cannot be delivered is said so of, and
// counted.
func (s *sender) Record(ctx context.Context, said []replay.Said) error {
	for _, x := range said {
		if x.Alert == nil {
			continue
		}
		if err := s.send(ctx, marked(*x.Alert, s.id)); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			s.failed++
			s.log.Error("replay: an alert is not delivered", "to", s.to.Name(), "alert", x.Alert.Key(), "error", err)
		}
	}
	return nil
}

// marked is a notice that nobody takes for a live one: its title, its origin and its key say what it is.
func marked(a news.Alert, id string) notify.Notice {
	key := "replay-" + id + "." + a.Key()
	a.Title = strings.TrimSpace("[replay] " + a.Title)
	a.Origin = news.Replay
	return notify.Notice{Alert: a, Key: key, Queued: a.At}
}

func (s *sender) send(ctx context.Context, n notify.Notice) error {
	n.Receiver = s.to.Name()
	for attempt := 0; ; attempt++ {
		err := s.to.Send(ctx, n)
		if err == nil || pipeline.IsPermanent(err) || attempt == len(s.pauses) {
			return err
		}
		pause := s.pauses[attempt]
		if retry := new(notify.RetryError); errors.As(err, &retry) {
			pause = max(pause, retry.After)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
