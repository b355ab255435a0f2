package stream

import (
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A Message is bytes under a subject.
type Message struct {
	Subject string              // relative to the prefix: "report.fr.none"; literal, no wildcards
	Header  map[string][]string // may be nil; names beginning "Nats-" belong to the server
	Data    []byte
	MsgID   string // the server's dedup key; "": none
}

// Stored is a message with its place in a stream.
type Stored struct {
	Message
	Stream     Stream
	Seq        uint64    // position in the stream, from 1
	Time       time.Time // when the server stored it
	Pending    uint64    // how many messages of the same reading lay beyond this one when it was sent; Read and Scan estimate those that came since
	Deliveries uint64    // how many times Consume has handed it out, this time included; 1 for Read and Scan
	Missing    uint64    // messages lost between the previous one (or the first asked for) and this one: corruption, or a log cut at its head
}

const (
	headerWriter   = "Quidnunc-Writer" // which Hub wrote a checkpoint: tells an own commit from another's
	headerTTL      = jetstream.MsgTTLHeader
	headerRollup   = jetstream.MsgRollup
	headerLastSubj = jetstream.ExpectedLastSubjSeqHeader
	headerMsgID    = jetstream.MsgIDHeader
	serverHeaders  = "Nats-"
)

// outbound makes the client library's message of m, headers always present.
func (h *Hub) outbound(m Message) *nats.Msg {
	header := make(nats.Header, len(m.Header)+4)
	for k, v := range m.Header {
		header[k] = v
	}
	if m.MsgID != "" {
		header[headerMsgID] = []string{m.MsgID}
	}
	return &nats.Msg{Subject: h.names.stored(m.Subject), Header: header, Data: m.Data}
}

// inbound is outbound's reverse: the server's own headers are left out, the Msg-Id has its field.
func (h *Hub) inbound(subject string, header nats.Header, data []byte) Message {
	m := Message{Subject: h.names.relative(subject), Data: data}
	for k, v := range header {
		switch {
		case k == headerMsgID:
			m.MsgID = v[0]
		case strings.HasPrefix(k, serverHeaders), len(v) == 0:
		default:
			if m.Header == nil {
				m.Header = make(map[string][]string, len(header))
			}
			m.Header[k] = v
		}
	}
	return m
}

func (h *Hub) storedOf(from Stream, msg jetstream.Msg, meta *jetstream.MsgMetadata) Stored {
	return Stored{
		Message: h.inbound(msg.Subject(), msg.Headers(), msg.Data()), Stream: from,
		Seq: meta.Sequence.Stream, Time: meta.Timestamp.UTC(), Pending: meta.NumPending, Deliveries: meta.NumDelivered,
	}
}

// validSubject refuses what the client library would let pass: empty tokens, wildcards, spaces and control characters.
func validSubject(s string) error {
	if s == "" {
		return errors.New("empty subject")
	}
	for token := range strings.SplitSeq(s, ".") {
		if token == "" || token == "*" || token == ">" {
			return errors.New("subject with an empty or wildcard token: " + s)
		}
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '*' || r == '>' || r == '\uFFFD' }) {
		return errors.New("subject with a space, a wildcard or a control character")
	}
	return nil
}
