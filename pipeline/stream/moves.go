package stream

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// A server of a cluster that is cut off from the others keeps its clients, and answers none of their writes or answers that
// it knows no leader; the client library stays with it as long as it answers pings. So a Hub that waits in vain goes to
// another server, if it knows one.

// movePause is how long a Hub stays with a server before it goes on to the next.
const movePause = 10 * time.Second

// moves remembers when a Hub went to another server.
type moves struct {
	mu   sync.Mutex
	last time.Time
}

// due tells whether it is time to move, and notes that it is done.
func (m *moves) due(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.last) < movePause {
		return false
	}
	m.last = now
	return true
}

// elsewhere goes to another server where err says that this one did not answer in time, or where it has known no leader for
// as long: one is elected sooner where there are enough servers to elect it.
func (h *Hub) elsewhere(ctx context.Context, began time.Time, err error) {
	late := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) ||
		leaderless(err) && time.Since(began) >= h.config.Attempt
	if !late || ctx.Err() != nil || len(h.conn.Servers()) < 2 || !h.moves.due(time.Now()) {
		return
	}
	h.config.Log.Warn("the server does not acknowledge anything; going to another one", "server", h.conn.ConnectedUrlRedacted())
	if err := h.conn.ForceReconnect(); err != nil {
		h.config.Log.Warn("going to another server", "err", err)
	}
}
