package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Playback makes the stream that a replay publishes into, and returns a Hub for it, which shares this one's connection and
// ends with it. The stream is EVENTS of <prefix>.replay.<id>, and nothing else is there: each message goes after age, and the
// stream, once it is empty, when another Playback is made.
func (h *Hub) Playback(ctx context.Context, id string, age time.Duration) (*Hub, error) {
	config := h.config
	config.Prefix, config.EventsAge = h.names.prefix+".replay."+id, age
	config.ReportsBytes = 0                           // there are no REPORTS here
	config.DedupWindow = min(config.DedupWindow, age) // the server wants it so; outputs carry no Msg-Id
	if err := validPrefix(config.Prefix); err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	p := &Hub{config: config, names: names{config.Prefix}, conn: h.conn, js: h.js, writer: h.writer}
	want := p.events()
	want.Description = "What a replay of Quidnunc says"
	err := h.until(ctx, "set up "+want.Name, func(ctx context.Context) error {
		if err := h.sweepPlaybacks(ctx, want.Name); err != nil {
			return err
		}
		_, err := p.setupOne(ctx, Manage, want)
		return err
	})
	return p, err
}

// sweepPlaybacks deletes the streams of former replays whose messages have all gone.
func (h *Hub) sweepPlaybacks(ctx context.Context, keep string) error {
	list := h.js.ListStreams(ctx)
	var empty []string
	for info := range list.Info() {
		name := info.Config.Name
		ours := strings.HasPrefix(name, h.names.name("replay_")) && strings.HasSuffix(name, "_"+string(Events))
		if ours && name != keep && onlyCheckpoint(info) {
			empty = append(empty, name)
		}
	}
	if err := list.Err(); err != nil {
		return err
	}
	for _, name := range empty {
		if err := h.js.DeleteStream(ctx, name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("drop %s: %w", name, err)
		}
	}
	return nil
}

// onlyCheckpoint tells whether all that a replay said is gone: its checkpoint alone never ages.
func onlyCheckpoint(info *jetstream.StreamInfo) bool {
	return info.State.LastSeq > 0 && info.State.Msgs <= 1
}
