package telemetry

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// Overflow is the label value that stands for all values beyond a cap.
const Overflow = "__overflow__"

// maxLabel bounds the bytes of one label value.
const maxLabel = 128

// Cap bounds the number of values one label takes, so that no input can fill the memory with series: the first few
// values keep their names, all others become Overflow. Safe for concurrent use.
type Cap struct {
	limit int

	mu    sync.RWMutex
	known map[string]struct{}
}

// NewCap returns a cap of limit values; 0 means 100.
func NewCap(limit int) *Cap {
	if limit <= 0 {
		limit = 100
	}
	return &Cap{limit: limit, known: make(map[string]struct{}, min(limit, 16))}
}

// Label is the value to use for v. It is always valid UTF-8, which WithLabelValues demands on pain of panic, and at
// most 128 bytes long.
func (c *Cap) Label(v string) string {
	v = label(v)
	c.mu.RLock()
	_, ok := c.known[v]
	full := len(c.known) >= c.limit
	c.mu.RUnlock()
	if ok {
		return v
	}
	if full {
		return Overflow
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.known[v]; !ok {
		if len(c.known) >= c.limit {
			return Overflow
		}
		c.known[strings.Clone(v)] = struct{}{}
	}
	return v
}

// label makes any bytes a lawful label value.
func label(v string) string {
	v = strings.ToValidUTF8(v, "\uFFFD")
	if len(v) <= maxLabel {
		return v
	}
	end := maxLabel
	for !utf8.RuneStart(v[end]) {
		end--
	}
	return v[:end]
}
