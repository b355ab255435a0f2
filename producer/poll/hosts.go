package poll

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"
)

// hosts lets one request at a time go to each host, with a pause between two.
type hosts struct {
	now     func() time.Time
	after   func(time.Duration) <-chan time.Time
	spacing time.Duration

	mu    sync.Mutex
	gates map[string]*gate
}

type gate struct {
	turn chan struct{} // holds one token while somebody is inside
	free time.Time     // when the next may enter
	here int           // those inside and in line
}

// maxGates is when gates that nobody needs are cleared away.
const maxGates = 1024

// enter waits for its turn.
func (h *hosts) enter(ctx context.Context, host string) error {
	h.mu.Lock()
	g := h.gates[host]
	if g == nil {
		h.tidy()
		g = &gate{turn: make(chan struct{}, 1)}
		h.gates[host] = g
	}
	g.here++
	h.mu.Unlock()
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		h.give(g)
		return ctx.Err()
	}
	for {
		wait := h.wait(g)
		if wait <= 0 {
			return nil
		}
		select {
		case <-h.after(wait):
		case <-ctx.Done():
			<-g.turn
			h.give(g)
			return ctx.Err()
		}
	}
}

// leave lets the next one in after the spacing, or after hold, which the host asked for.
func (h *hosts) leave(host string, hold time.Duration) {
	h.mu.Lock()
	g := h.gates[host]
	g.free = h.now().Add(max(h.spacing, hold))
	h.mu.Unlock()
	<-g.turn
	h.give(g)
}

func (h *hosts) wait(g *gate) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return g.free.Sub(h.now())
}

func (h *hosts) give(g *gate) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g.here--
}

func (h *hosts) tidy() {
	if len(h.gates) < maxGates {
		return
	}
	now := h.now()
	for name, g := range h.gates {
		if g.here == 0 && !g.free.After(now) {
			delete(h.gates, name)
		}
	}
}

// hostOf is the host of an address, without its port: one machine answers on all.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return strings.ToLower(u.Hostname())
}
