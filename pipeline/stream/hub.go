package stream

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A Hub is a connection to the streams of one prefix. Safe for concurrent use.
type Hub struct {
	config Config
	names  names
	conn   *nats.Conn
	js     jetstream.JetStream
	writer string // tells this Hub's checkpoints from another's
	denied denials
	link   link
	moves  moves
}

// Connect reaches the server and checks that it can do what is needed: ErrNoBatches for a server before 2.12.
// It creates nothing: see Setup. The Hub reconnects by itself until Close.
func Connect(ctx context.Context, config Config) (*Hub, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	h := &Hub{config: config, names: names{config.Prefix}, writer: nats.NewInbox()[len(nats.InboxPrefix):]}
	conn, err := dial(ctx, config, h)
	if err != nil {
		return nil, fmt.Errorf("stream: %s: %w", config.address(), err)
	}
	if err := atLeast212(conn.ConnectedServerVersion()); err != nil {
		conn.Close()
		return nil, fmt.Errorf("stream: %s: %w", config.address(), err)
	}
	h.conn = conn
	if h.js, err = jetstream.New(conn, jetstream.WithDefaultTimeout(config.Attempt)); err != nil {
		conn.Close()
		return nil, fmt.Errorf("stream: %w", err)
	}
	return h, nil
}

// Close ends the connection after what was written has been sent. Calls under way end with an error.
func (h *Hub) Close() {
	if h.conn.IsConnected() {
		_ = h.conn.FlushTimeout(2 * time.Second) // what is lost here was not acknowledged to anybody
	}
	h.conn.Close()
}

// Prefix is what public subjects begin with.
func (h *Hub) Prefix() string { return h.names.prefix }

// MaxPayload is how many bytes of header and body one message may have.
func (h *Hub) MaxPayload() int64 { return h.conn.MaxPayload() }

// Address is the server as a person would name it.
func (h *Hub) Address() string { return h.config.address() }

func (c Config) address() string {
	if c.Server != nil {
		return "the embedded server"
	}
	servers := strings.Split(c.URL, ",")
	for i, one := range servers {
		if u, err := url.Parse(one); err == nil {
			servers[i] = u.Redacted() // a password is nobody's business
		}
	}
	return strings.Join(servers, ",")
}

// dial returns when the connection stands, ctx ends, or the server refuses.
func dial(ctx context.Context, c Config, h *Hub) (*nats.Conn, error) {
	options := []nats.Option{
		nats.Name(c.Name), nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(100*time.Millisecond, time.Second),
		nats.ReconnectBufSize(-1), // a write while disconnected fails at once and is made again whole, never half a batch from a buffer
		nats.PingInterval(20 * time.Second), nats.IgnoreAuthErrorAbort(), nats.PermissionErrOnSubscribe(true),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { h.asyncError(err) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			h.link.broke()
			if err != nil {
				c.Log.Warn("connection lost", "server", c.address(), "err", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { c.Log.Info("connected again", "server", c.address()) }),
		nats.Timeout(timeLeft(ctx, 10*time.Second)),
	}
	if c.Creds != "" {
		options = append(options, nats.UserCredentials(c.Creds))
	}
	if c.TLS.CA != "" {
		options = append(options, nats.RootCAs(c.TLS.CA))
	}
	if c.TLS.Cert != "" {
		options = append(options, nats.ClientCert(c.TLS.Cert, c.TLS.Key))
	}
	if c.User != "" {
		options = append(options, nats.UserInfo(c.User, c.Password))
	}
	if c.Server != nil {
		credential := c.Server.credential
		options = append(options, nats.InProcessServer(c.Server), nats.UserInfo(credential.User, credential.Password))
	}
	return nats.Connect(c.URL, options...)
}

func timeLeft(ctx context.Context, most time.Duration) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return most
	}
	return max(min(time.Until(deadline), most), time.Millisecond)
}

// atLeast212 reads "2.12.1-RC.3"; a version that cannot be read is refused too.
func atLeast212(version string) error {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) == 3 {
		major, err1 := strconv.Atoi(parts[0])
		minor, err2 := strconv.Atoi(parts[1])
		if err1 == nil && err2 == nil && (major > 2 || major == 2 && minor >= 12) {
			return nil
		}
	}
	return fmt.Errorf("%w: this is nats-server %s, quidnunc needs 2.12 or newer to store an article with its events as one", ErrNoBatches, version)
}

func (h *Hub) asyncError(err error) {
	if errors.Is(err, nats.ErrPermissionViolation) {
		h.denied.add(err)
	}
	h.config.Log.Warn("nats", "server", h.config.address(), "err", err)
}

// until makes attempt again while it fails for a passing reason, until it has taken Config.Timeout or ctx ends.
func (h *Hub) until(ctx context.Context, what string, attempt func(context.Context) error) error {
	return h.untilWithin(ctx, 0, what, attempt)
}

// untilWithin is until for what may take that much longer than one message.
func (h *Hub) untilWithin(ctx context.Context, longer time.Duration, what string, attempt func(context.Context) error) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, h.config.Timeout+longer)
	defer cancel()
	pause := 20 * time.Millisecond
	for {
		err := h.once(ctx, longer, attempt)
		switch {
		case err == nil:
			return nil
		case !transient(err):
			return fmt.Errorf("stream: %s: %w", what, sizeError(err))
		}
		h.elsewhere(ctx, began, err)
		if denied := h.denied.since(began); denied != nil {
			return fmt.Errorf("stream: %s: %w", what, denied)
		}
		select {
		case <-ctx.Done():
			return h.unavailable(ctx, what, err)
		case <-time.After(pause):
			pause = min(2*pause, time.Second)
		}
	}
}

// once makes one attempt. It does not wait for an answer that went down with the connection.
func (h *Hub) once(ctx context.Context, longer time.Duration, attempt func(context.Context) error) error {
	within, cancel := context.WithTimeout(ctx, h.config.Attempt+longer)
	defer cancel()
	link := h.link.current()
	stop := context.AfterFunc(link, cancel)
	defer stop()
	err := attempt(within)
	if errors.Is(err, context.Canceled) && ctx.Err() == nil && link.Err() != nil {
		return fmt.Errorf("%w: %w", nats.ErrDisconnected, err)
	}
	return err
}

// unavailable says why nothing was acknowledged: the caller's wish, a full disk, or the last error seen.
func (h *Hub) unavailable(ctx context.Context, what string, last error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("stream: %s: %w (%w)", what, context.Canceled, last)
	}
	if s := h.config.Server; s != nil {
		if free, err := s.FreeBytes(); err == nil && free < diskFullBelow {
			return fmt.Errorf("stream: %s: %w: %d bytes left in %s (%w)", what, ErrDiskFull, free, s.config.Dir, last)
		}
	}
	return fmt.Errorf("stream: %s: %w within %v (%w)", what, ErrUnavailable, h.config.Timeout, last)
}
