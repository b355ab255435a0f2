package stream

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats.go"
)

// Attach reaches the data in dir, for a command that comes and goes: through the instance that runs there, by the credential it wrote,
// or, when none runs, by opening the store without a listener (which takes the lock until closed). config's Server, URL and credential are
// not looked at. A server must have run there (fs.ErrNotExist): a command that only asks makes no data. Call closing when done.
func Attach(ctx context.Context, dir string, config Config) (h *Hub, closing func(), err error) {
	if _, err := os.Stat(credentialPath(dir)); err != nil {
		return nil, nil, fmt.Errorf("stream: no data in %s: %w", dir, err)
	}
	deadline := time.Now().Add(or(config.Timeout, attachPatience))
	for {
		h, closing, err = attachOnce(ctx, dir, config)
		if !errors.Is(err, errStarting) {
			return h, closing, err
		}
		if time.Now().After(deadline) {
			return nil, nil, fmt.Errorf("stream: %s: %w", dir, err)
		}
		select {
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("stream: %s: %w (%w)", dir, err, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// attachPatience is how long Attach waits for an instance that is starting, where Config.Timeout does not say.
const attachPatience = 15 * time.Second

// errStarting: the directory is locked by an instance that cannot be reached yet.
var errStarting = errors.New("the instance is starting, stopping, or does not listen")

func attachOnce(ctx context.Context, dir string, config Config) (*Hub, func(), error) {
	server, err := Serve(ctx, ServerConfig{Dir: dir, Port: noListener, Prefix: config.Prefix, Log: or(config.Log, slog.New(slog.DiscardHandler))})
	if err == nil {
		return attachStore(ctx, server, config)
	}
	if !errors.Is(err, ErrLocked) {
		return nil, nil, err
	}
	credential, err := ReadCredential(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && credential.URL == "":
		return nil, nil, errStarting
	case err != nil:
		return nil, nil, err
	}
	config.Server, config.Creds = nil, ""
	config.URL, config.User, config.Password = credential.URL, credential.User, credential.Password
	h, err := Connect(ctx, config)
	if errors.Is(err, nats.ErrNoServers) || errors.Is(err, nats.ErrTimeout) {
		return nil, nil, fmt.Errorf("%w (%w)", errStarting, err)
	}
	if err != nil {
		return nil, nil, err
	}
	return h, h.Close, nil
}

func attachStore(ctx context.Context, server *Server, config Config) (*Hub, func(), error) {
	config.Server, config.URL = server, ""
	h, err := Connect(ctx, config)
	if err != nil {
		server.Close()
		return nil, nil, err
	}
	return h, func() { h.Close(); server.Close() }, nil
}
