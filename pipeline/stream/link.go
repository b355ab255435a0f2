package stream

import (
	"context"
	"sync"
)

// A link is a context for as long as one connection lasts.
type link struct {
	mu   sync.Mutex
	ctx  context.Context // its end is what this type tells
	ends context.CancelFunc
}

// current ends when the connection that stands now breaks.
func (l *link) current() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx == nil {
		l.ctx, l.ends = context.WithCancel(context.Background())
	}
	return l.ctx
}

// broke ends the current one; the next is another.
func (l *link) broke() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ends != nil {
		l.ends()
	}
	l.ctx, l.ends = nil, nil
}
