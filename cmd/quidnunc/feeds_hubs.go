package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/producer/fetch"
	"github.com/quidnunc-news/quidnunc/producer/poll"
)

// defaultHubs is where hubs are listened to, behind whatever makes it public.
const defaultHubs = "127.0.0.1:9611"

// secretKey is where the bucket keeps what the feeds' own secrets are made from.
const secretKey = "websub.secret"

// webSub is how hubs reach this installation, again after a restart.
func (c feedsConfig) webSub(ctx context.Context, hub *stream.Hub, client *fetch.Client) (poll.WebSub, error) {
	if c.Callback == "" {
		return poll.WebSub{}, nil
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return poll.WebSub{}, err
	}
	_, err := hub.Update(ctx, stream.Feeds, secretKey, secret, 0)
	if errors.Is(err, stream.ErrConflict) {
		secret, _, err = hub.Value(ctx, stream.Feeds, secretKey)
	}
	if err != nil {
		return poll.WebSub{}, fmt.Errorf("feeds: %w", err)
	}
	return poll.WebSub{Callback: strings.TrimSuffix(c.Callback, "/") + "/", Secret: secret, Post: client.Post}, nil
}

// listenForHubs serves the callback until the house is closed.
func (h *house) listenForHubs(addr string, callback http.Handler) error {
	at, err := h.serve("feeds", addr, callback)
	if err != nil {
		return err
	}
	fmt.Fprintf(h.std.out, "hubs     http://%s\n", at)
	return nil
}

// serve answers requests from others on an address until the house is closed, and returns the address.
func (h *house) serve(what, addr string, handler http.Handler) (net.Addr, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: listen: %w", what, err)
	}
	h.serveOn(what, l, handler)
	return l.Addr(), nil
}

// serveOn serves until the house is closed.
func (h *house) serveOn(what string, l net.Listener, handler http.Handler) {
	srv := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			h.log.Error("listener ended", "of", what, "error", err)
		}
	}()
	h.stop = append(h.stop, func() {
		if err := srv.Close(); err != nil {
			h.log.Debug("listener not closed", "of", what, "error", err)
		}
		<-done
	})
}
