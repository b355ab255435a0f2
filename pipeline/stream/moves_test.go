package stream_test

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// A server that is cut off from its cluster may answer at once, again and again, that it knows no leader.
func TestAHubLeavesAServerThatKeepsKnowingNoLeader(t *testing.T) {
	const temporarilyUnavailable = 10008
	for name, c := range map[string]struct {
		refusals int // of the first server; then it answers
		moves    bool
	}{
		"it never knows one":               {1 << 30, true},
		"one is elected in a little while": {2, false},
	} {
		t.Run(name, func(t *testing.T) {
			urls := serve(t, stream.ServerConfig{}).URL() + "," + serve(t, stream.ServerConfig{}).URL()
			h, err := stream.Connect(t.Context(), stream.Config{URL: urls, Attempt: 500 * time.Millisecond, Timeout: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(h.Close)
			first, asked := h.ConnectedURL(), 0
			err = h.Until(t.Context(), "asking", func(context.Context) error {
				if asked++; h.ConnectedURL() == first && asked <= c.refusals {
					return &jetstream.APIError{Code: 503, ErrorCode: temporarilyUnavailable}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if moved := h.ConnectedURL() != first; moved != c.moves {
				t.Errorf("moved to another server: %t, want %t", moved, c.moves)
			}
		})
	}
}
