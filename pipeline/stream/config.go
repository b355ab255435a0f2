package stream

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Config says which server a Hub speaks to and how its streams are kept.
type Config struct {
	Server         *Server // the embedded server of this process; nil: connect to URL
	URL            string  // "nats://host:4222[,nats://…]"
	Creds          string  // file with a NATS credential (JWT and seed); "": none
	User, Password string  // "": none
	TLS            TLS     // for URL

	Name   string // shown in the server's connection list; "" means "quidnunc"
	Prefix string // "" means DefaultPrefix, or the Server's

	Replicas     int           // copies of each stream in a cluster; 0 means 1
	DedupWindow  time.Duration // how long the server remembers Msg-Ids; 0 means 2m
	ReportsAge   time.Duration // how long REPORTS keeps a message; 0 means 100 days
	ReportsBytes int64         // and how many bytes in all; 0 means 60 % of the volume for the Server's own prefix, else unlimited
	EventsAge    time.Duration // how long EVENTS keeps a message; 0 means 90 days
	DeadAge      time.Duration // how long DEAD keeps a message; 0 means 30 days

	Timeout time.Duration // until a write that is not acknowledged, with all its attempts, is given up; 0 means 30s
	Attempt time.Duration // until one attempt of it is given up; 0 means 5s
	Log     *slog.Logger  // nil: no log
}

const (
	day             = 24 * time.Hour
	minDedupWindow  = 100 * time.Millisecond
	defaultReplicas = 1
)

// TLS names the files that a connection is checked and told by. A server that asks for TLS gets it without them, too, where the
// system trusts its certificate.
type TLS struct {
	CA        string // certificates of those who may have signed the server's; "": the system's
	Cert, Key string // our own certificate, where the server wants to see one; "": none
}

// Validate reports the first setting that cannot work.
func (c Config) Validate() error {
	switch {
	case c.Server == nil && c.URL == "":
		return errors.New("stream: neither an embedded server nor a URL")
	case (c.TLS.Cert == "") != (c.TLS.Key == ""):
		return errors.New("stream: a certificate and its key go together")
	case c.DedupWindow != 0 && c.DedupWindow < minDedupWindow:
		return fmt.Errorf("stream: dedup window %v: at least %v", c.DedupWindow, minDedupWindow)
	case c.ReportsAge < 0 || c.EventsAge < 0 || c.DeadAge < 0 || c.ReportsBytes < 0 || c.Timeout < 0 || c.Attempt < 0:
		return errors.New("stream: negative age, size or timeout")
	case c.Replicas < 0 || c.Replicas > 5:
		return fmt.Errorf("stream: %d replicas: 1 to 5", c.Replicas)
	}
	if c.Prefix != "" {
		if err := validPrefix(c.Prefix); err != nil {
			return fmt.Errorf("stream: %w", err)
		}
	}
	return nil
}

// withDefaults fills the documented zeroes.
func (c Config) withDefaults() Config {
	if c.Server != nil {
		c.Prefix = or(c.Prefix, c.Server.config.Prefix)
		if c.Prefix == c.Server.config.Prefix { // a replay beside it has no share of its own
			c.ReportsBytes = or(c.ReportsBytes, c.Server.reportsBytes())
		}
	}
	c.Prefix = or(c.Prefix, DefaultPrefix)
	c.Name = or(c.Name, "quidnunc")
	c.Replicas = or(c.Replicas, defaultReplicas)
	c.DedupWindow = or(c.DedupWindow, 2*time.Minute)
	c.ReportsAge = or(c.ReportsAge, 100*day)
	c.ReportsBytes = or(c.ReportsBytes, -1)
	c.EventsAge = or(c.EventsAge, 90*day)
	c.DeadAge = or(c.DeadAge, 30*day)
	c.Timeout = or(c.Timeout, 30*time.Second)
	c.Attempt = or(c.Attempt, 5*time.Second)
	c.Log = or(c.Log, slog.New(slog.DiscardHandler))
	return c
}

// or returns v, or otherwise where v is zero.
func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
