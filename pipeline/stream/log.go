package stream

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
)

// serverLog passes what the embedded server says to slog: its notices are our details.
type serverLog struct {
	log   *slog.Logger
	fatal atomic.Pointer[string] // what the server died of
	warns atomic.Pointer[string] // what it said of a stream that it could not read

	harmed *atomic.Bool // a stream could not be written and takes nothing more until the server is started again
}

func (l *serverLog) Noticef(format string, v ...any) {
	l.log.Debug(text(format, v), "from", "nats-server")
}

func (l *serverLog) Debugf(format string, v ...any) {
	l.log.Debug(text(format, v), "from", "nats-server")
}

func (l *serverLog) Tracef(format string, v ...any) {
	l.log.Debug(text(format, v), "from", "nats-server")
}

func (l *serverLog) Errorf(format string, v ...any) {
	s := text(format, v)
	if strings.Contains(strings.ToLower(s), "critical write error") {
		l.harmed.Store(true)
	}
	l.log.Error(s, "from", "nats-server")
}

func (l *serverLog) Warnf(format string, v ...any) {
	s := text(format, v)
	if strings.Contains(s, "recreating stream") || strings.Contains(s, "checksum") {
		l.warns.CompareAndSwap(nil, &s)
	}
	if !strings.Contains(s, "Plaintext passwords detected") { // ours lies in a file only its owner can read
		l.log.Warn(s, "from", "nats-server")
	}
}

// Fatalf does not end the process: Serve returns the error.
func (l *serverLog) Fatalf(format string, v ...any) {
	s := text(format, v)
	l.fatal.CompareAndSwap(nil, &s)
	l.log.Error(s, "from", "nats-server")
}

func text(format string, v []any) string { return strings.TrimSpace(fmt.Sprintf(format, v...)) }
