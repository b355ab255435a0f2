package stream

import (
	"context"
	"time"
)

// Status is the state of a prefix's streams.
type Status struct {
	Address string // the server, as a person would name it
	Version string // of nats-server
	Streams []StreamStatus
}

// StreamStatus is the state of one stream.
type StreamStatus struct {
	Stream   Stream
	Name     string // on the server: "quidnunc_REPORTS"
	Messages uint64
	Bytes    uint64
	First    uint64 // sequence of the first message; 0 when there never was one
	Last     uint64
	LastAt   time.Time // when the last message was stored; zero when there never was one
	// Missing counts the sequence numbers from First to Last that hold nothing: corruption in REPORTS, past checkpoints in EVENTS, what is
	// delivered in DELIVERIES.
	Missing uint64
}

// Status asks the server for the state of every stream.
func (h *Hub) Status(ctx context.Context) (Status, error) {
	status := Status{Address: h.Address(), Version: h.conn.ConnectedServerVersion()}
	for _, s := range []Stream{Reports, Events, Deliveries, Dead} {
		state, err := h.state(ctx, s)
		if err != nil {
			return status, err
		}
		status.Streams = append(status.Streams, StreamStatus{
			Stream: s, Name: h.names.stream(s), Messages: state.Msgs, Bytes: state.Bytes,
			First: state.FirstSeq, Last: state.LastSeq, LastAt: state.LastTime, Missing: uint64(state.NumDeleted),
		})
	}
	return status, nil
}

// Of returns the status of one stream; zero when it is not there.
func (s Status) Of(stream Stream) StreamStatus {
	for _, one := range s.Streams {
		if one.Stream == stream {
			return one
		}
	}
	return StreamStatus{Stream: stream}
}

// Probe writes a few bytes to the server's disk and tells whether they were acknowledged: what /readyz asks.
func (h *Hub) Probe(ctx context.Context) error {
	_, err := h.Put(ctx, Leases, "probe", []byte("probe"))
	return err
}
