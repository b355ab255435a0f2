package notify

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
)

// Terminal writes each alert to a terminal, a file or a pipe, for people.
type Terminal struct {
	style Style

	mu sync.Mutex // one alert at a time
	w  io.Writer
}

// NewTerminal returns the receiver named "terminal" that writes to w, a blank line after each alert.
func NewTerminal(w io.Writer, s Style) *Terminal { return &Terminal{style: s, w: w} }

// Name implements Receiver.
func (t *Terminal) Name() string { return "terminal" }

// Named is the same terminal under another name, for rules files that give it one.
func (t *Terminal) Named(name string) Receiver { return named{t, name} }

type named struct {
	*Terminal
	name string
}

func (n named) Name() string { return n.name }

// Send implements Receiver. An alert is written with one Write.
func (t *Terminal) Send(_ context.Context, n Notice) error {
	s := t.style
	if len(s.SentTo) == 0 && !slices.Contains(n.Alert.To, n.Receiver) && n.Receiver != "" {
		s.SentTo = []string{n.Receiver} // the alert names nobody, or somebody we do not know
	}
	text := Render(n.Alert, s) + "\n"
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := io.WriteString(t.w, text); err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	return nil
}
