package stream

import "context"

// Until is until.
func (h *Hub) Until(ctx context.Context, what string, attempt func(context.Context) error) error {
	return h.until(ctx, what, attempt)
}

// ConnectedURL is the server that h speaks to now.
func (h *Hub) ConnectedURL() string { return h.conn.ConnectedUrl() }
