package stream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A DeadLetter is a message that nobody could handle.
type DeadLetter struct {
	Room   string // who gave it up: "courier"
	Reason string // cut to 1 KiB
	Origin Stored // as it lay in its stream

	Seq uint64    // its own place in DEAD; set by DeadLetters
	At  time.Time // when it was buried; set by DeadLetters
}

const (
	headerReason        = "Quidnunc-Reason"
	headerOriginStream  = "Quidnunc-Origin-Stream"
	headerOriginSeq     = "Quidnunc-Origin-Seq"
	headerOriginTime    = "Quidnunc-Origin-Time"
	headerOriginSubject = "Quidnunc-Origin-Subject"
	headerOriginMsgID   = "Quidnunc-Origin-Msg-Id"
	advisoryPrefix      = "$JS.EVENT.ADVISORY."
)

// Bury stores a dead letter in DEAD; the same message of the same room within the dedup window only once.
func (h *Hub) Bury(ctx context.Context, d DeadLetter) error {
	header := make(map[string][]string, len(d.Origin.Header)+6)
	maps.Copy(header, d.Origin.Header)
	header[headerReason] = []string{headerText(d.Reason)}
	header[headerOriginStream] = []string{string(d.Origin.Stream)}
	header[headerOriginSeq] = []string{strconv.FormatUint(d.Origin.Seq, 10)}
	header[headerOriginTime] = []string{d.Origin.Time.UTC().Format(time.RFC3339Nano)}
	header[headerOriginSubject] = []string{headerText(d.Origin.Subject)}
	if d.Origin.MsgID != "" {
		header[headerOriginMsgID] = []string{d.Origin.MsgID}
	}
	m := Message{Subject: "dead." + d.Room, Header: header, Data: d.Origin.Data}
	switch {
	case d.Origin.Seq > 0:
		m.MsgID = fmt.Sprintf("%s-%s-%d", d.Room, d.Origin.Stream, d.Origin.Seq)
	case d.Origin.MsgID != "":
		m.MsgID = d.Room + "-" + d.Origin.MsgID
	}
	if err := h.Enqueue(ctx, m); err != nil {
		return fmt.Errorf("bury: %w", err)
	}
	return nil
}

// DeadLetters gives handle the dead letters from DEAD's sequence from on, oldest first, up to the present end. What the server itself
// says about a message given up (an advisory) comes with Room "server" and the advisory as body.
func (h *Hub) DeadLetters(ctx context.Context, from uint64, handle func(DeadLetter) error) error {
	return h.Scan(ctx, Dead, "", from, func(m Stored) error { return handle(deadLetter(m)) })
}

// Unbury removes a dead letter by its place in DEAD, once what it was has been driven again.
func (h *Hub) Unbury(ctx context.Context, seq uint64) error {
	return h.until(ctx, fmt.Sprintf("unbury %d", seq), func(ctx context.Context) error {
		s, err := h.js.Stream(ctx, h.names.stream(Dead))
		if err != nil {
			return err
		}
		err = s.DeleteMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		return err
	})
}

func deadLetter(m Stored) DeadLetter {
	d := DeadLetter{Room: strings.TrimPrefix(m.Subject, "dead."), Seq: m.Seq, At: m.Time, Origin: Stored{Message: m.Message}}
	if strings.HasPrefix(m.Subject, advisoryPrefix) {
		d.Room, d.Reason = "server", "the server gave up delivering: "+strings.TrimPrefix(m.Subject, advisoryPrefix)
		return d
	}
	take := func(name string) string {
		v := m.Header[name]
		delete(d.Origin.Header, name)
		if len(v) == 0 {
			return ""
		}
		return v[0]
	}
	d.Reason = take(headerReason)
	d.Origin.Subject, d.Origin.MsgID = take(headerOriginSubject), take(headerOriginMsgID)
	d.Origin.Stream = Stream(take(headerOriginStream))
	d.Origin.Seq, _ = strconv.ParseUint(take(headerOriginSeq), 10, 64)
	d.Origin.Time, _ = time.Parse(time.RFC3339Nano, take(headerOriginTime))
	return d
}

// headerText is s as a header may carry it: one line, valid UTF-8, at most 1 KiB.
func headerText(s string) string {
	const most = 1024
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") // not half a rune
	}
	return strings.TrimSpace(s)
}
