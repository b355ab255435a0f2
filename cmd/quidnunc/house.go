package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/telemetry"
)

// house is what every role of the process stands on: the log, the metrics, a place to write to.
type house struct {
	std      streams
	log      *slog.Logger
	registry *prometheus.Registry
	server   *stream.Server // nil where the server is elsewhere
	hub      *stream.Hub
	metrics  string // address of the metrics listener; empty: none
	stop     []func()
}

// houseConfig is what open needs.
type houseConfig struct {
	data   string // directory of the embedded server
	prefix string
	nats   natsConfig
	listen string // of the metrics; "": defaultMetrics or the next free port
	join   bool   // use the running instance of the data directory rather than starting a second one
}

// minFree is the free disk below which a process is not ready.
const minFree = 256 << 20

// open starts or reaches the server, sets the streams up and listens for those who look after the process.
func open(ctx context.Context, c houseConfig, std streams, log *slog.Logger) (_ *house, err error) {
	h := &house{std: std, log: log, registry: telemetry.NewRegistry(buildInfo())}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	if err := h.connect(ctx, c); err != nil {
		return nil, err
	}
	mode, err := c.nats.mode()
	if err != nil {
		return nil, &usageError{err}
	}
	if err := h.hub.Setup(ctx, mode); err != nil {
		return nil, err
	}
	if err := h.listen(c.listen); err != nil {
		return nil, err
	}
	return h, nil
}

func (h *house) connect(ctx context.Context, c houseConfig) error {
	sc := stream.Config{
		URL: c.nats.URL, Creds: c.nats.Creds, TLS: c.nats.TLS.stream(), Prefix: c.prefix, Replicas: c.nats.Replicas, DedupWindow: c.nats.DedupWindow, Log: h.log,
	}
	if sc.URL == "" {
		server, err := stream.Serve(ctx, stream.ServerConfig{Dir: c.data, Port: c.nats.Port, Prefix: c.prefix, Log: h.log})
		switch {
		case err == nil:
			h.server, sc.Server = server, server
			h.stop = append(h.stop, server.Close)
		case c.join && errors.Is(err, stream.ErrLocked):
			hub, done, err := stream.Attach(ctx, c.data, sc)
			if err != nil {
				return err
			}
			h.hub, h.stop = hub, append(h.stop, done)
			return nil
		default:
			return err
		}
	}
	hub, err := stream.Connect(ctx, sc)
	if err != nil {
		return err
	}
	h.hub = hub
	h.stop = append(h.stop, hub.Close)
	if h.server != nil {
		h.guard(ctx)
	}
	return nil
}

// guard lets the embedded server heal where its disk was full.
func (h *house) guard(ctx context.Context) {
	guarding, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.server.Guard(guarding, h.hub)
	}()
	h.stop = append(h.stop, func() { stop(); <-done })
}

// close lets go in the reverse order of taking.
func (h *house) close() {
	for i := len(h.stop) - 1; i >= 0; i-- {
		h.stop[i]()
	}
	h.stop = nil
}

const portsTried = 20

// listen serves metrics and health. Without a configured address the next free port is taken.
func (h *house) listen(addr string) error {
	if addr == off {
		return nil
	}
	l, err := listenNear(addr, defaultMetrics)
	if err != nil {
		return fmt.Errorf("metrics: %w. Choose another address with --metrics, or 'off'", err)
	}
	h.registry.MustRegister(telemetry.NewJetStream(h.hub), newDeadLetters(h.hub))
	checks := map[string]telemetry.Check{"stream": h.hub.Probe}
	if h.server != nil {
		checks["disk"] = h.freeDisk
		h.registry.MustRegister(newDisk(h.server.FreeBytes))
	}
	srv := &http.Server{
		Handler:           telemetry.Handler(telemetry.Config{Registry: h.registry, Checks: checks}),
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          slog.NewLogLogger(h.log.Handler(), slog.LevelWarn),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			h.log.Error("metrics: listener ended", "error", err)
		}
	}()
	h.metrics = l.Addr().String()
	h.stop = append(h.stop, func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			h.log.Debug("metrics: listener did not end in time", "error", errors.Join(err, srv.Close()))
		}
		<-done
	})
	return nil
}

// listenNear listens on an address; where none was asked for, on the usual one or the next free port.
func listenNear(addr, usual string) (net.Listener, error) {
	if addr != "" {
		return net.Listen("tcp", addr)
	}
	host, first, err := net.SplitHostPort(usual)
	if err != nil {
		return nil, err
	}
	port, err := net.LookupPort("tcp", first)
	if err != nil {
		return nil, err
	}
	for p := port; ; p++ {
		l, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(p)))
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) || p == port+portsTried {
			return l, err
		}
	}
}

func (h *house) freeDisk(context.Context) error {
	free, err := h.server.FreeBytes()
	if err != nil {
		return err
	}
	if free < minFree {
		return fmt.Errorf("%d MiB free in %s, want %d: make room or move the data", free>>20, h.server.Dir(), minFree>>20)
	}
	return nil
}

// announce says where things are.
func (h *house) announce(w io.Writer) {
	if h.server != nil {
		fmt.Fprintf(w, "listen   nats sub -s %s '%s.alert.>'\n", h.server.URL(), h.hub.Prefix())
		fmt.Fprintf(w, "data     %s\n", h.server.Dir())
		fmt.Fprintf(w, "ask      quidnunc status --data %s\n", h.server.Dir())
	} else {
		fmt.Fprintf(w, "listen   nats sub -s %s '%s.alert.>'\n", h.hub.Address(), h.hub.Prefix())
	}
	if h.metrics != "" {
		fmt.Fprintf(w, "metrics  http://%s/metrics   health /healthz, /readyz\n", h.metrics)
	}
}

// newLog writes what goes on for those who look after the process, on standard error.
func newLog(w io.Writer, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, usagef("--log %q: want debug, info, warn or error", level)
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l})), nil
}

// place is where a command finds the log; the flags of all commands that need one.
type place struct {
	data, prefix, url, creds, level string
	tls                             tlsConfig
}

// natsEnv may hold what --nats says: others on the machine can read a command line, and with it a password.
const natsEnv = "QUIDNUNC_NATS"

func (p *place) flags(f *pflag.FlagSet) {
	f.StringVar(&p.data, "data", "", "directory of the embedded server's data (default $XDG_STATE_HOME/quidnunc)")
	f.StringVar(&p.url, "nats", "", "URL of a NATS server to use instead of the embedded one (default $"+natsEnv+")")
	p.url = os.Getenv(natsEnv) // no default of the flag's, which help would show with its password
	f.StringVar(&p.creds, "creds", "", "credentials file for --nats")
	f.StringVar(&p.tls.CA, "tls-ca", "", "certificates that sign the certificate of --nats, where the system does not know them")
	f.StringVar(&p.tls.Cert, "tls-cert", "", "own certificate, where --nats wants to see one")
	f.StringVar(&p.tls.Key, "tls-key", "", "key of --tls-cert")
	f.StringVar(&p.prefix, "prefix", "", "first token of all subjects (default quidnunc)")
	f.StringVar(&p.level, "log", "warn", "what to log on standard error: debug, info, warn, error")
}

// dir is the data directory: the one asked for, else the default one, else the sample's where only that is there.
func (p *place) dir() (string, error) {
	if p.data != "" {
		return p.data, nil
	}
	dir, err := stateDir(stateName)
	if err != nil {
		return "", err
	}
	if _, err := stream.ReadCredential(dir); errors.Is(err, fs.ErrNotExist) {
		if sampleDir, err := stateDir(sampleState); err == nil {
			if _, err := stream.ReadCredential(sampleDir); err == nil {
				return sampleDir, nil
			}
		}
	}
	return dir, nil
}

// attach reaches the log as a client: the server at --nats, the instance that runs on the data directory, or the
// store itself, opened with no listener. What is not there is not made.
func (p *place) attach(ctx context.Context, std streams) (*stream.Hub, func(), error) {
	if p.url != "" {
		hub, err := p.connect(ctx, std, 0)
		if err != nil {
			return nil, nil, err
		}
		return hub, hub.Close, nil
	}
	log, err := newLog(std.err, p.level)
	if err != nil {
		return nil, nil, err
	}
	dir, err := p.dir()
	if err != nil {
		return nil, nil, err
	}
	hub, done, err := stream.Attach(ctx, dir, stream.Config{Prefix: p.prefix, Log: log})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("no instance has run on %s: name its directory with --data, or a server with --nats", dir)
	}
	if err != nil {
		return nil, nil, err
	}
	return hub, done, nil
}

// make reaches the log as attach does, and makes it where there is none.
func (p *place) make(ctx context.Context, std streams) (*house, error) {
	log, err := newLog(std.err, p.level)
	if err != nil {
		return nil, err
	}
	conf := houseConfig{prefix: p.prefix, nats: natsConfig{URL: p.url, Creds: p.creds, TLS: p.tls, Port: -1}, listen: off, join: true}
	if p.url == "" {
		if conf.data, err = p.dir(); err != nil {
			return nil, err
		}
	}
	return open(ctx, conf, std, log)
}

// alone reaches the server at --nats, or opens the data directory, which may be new, without a listener: ErrLocked while an
// instance runs on it.
func (p *place) alone(ctx context.Context, std streams) (*stream.Hub, func(), error) {
	if p.url != "" {
		return p.attach(ctx, std)
	}
	log, err := newLog(std.err, p.level)
	if err != nil {
		return nil, nil, err
	}
	dir, err := p.dir()
	if err != nil {
		return nil, nil, err
	}
	server, err := stream.Serve(ctx, stream.ServerConfig{Dir: dir, Port: -1, Prefix: p.prefix, Log: log})
	if err != nil {
		return nil, nil, err
	}
	hub, err := stream.Connect(ctx, stream.Config{Server: server, Prefix: p.prefix, Log: log})
	if err != nil {
		server.Close()
		return nil, nil, err
	}
	return hub, func() { hub.Close(); server.Close() }, nil
}

// asking is a command that reaches the log as a client, does something and lets go.
func (p *place) asking(std streams, do func(ctx context.Context, hub *stream.Hub, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		hub, done, err := p.attach(c.Context(), std)
		if err != nil {
			return err
		}
		defer done()
		return do(c.Context(), hub, args)
	}
}

// nameOr is the first name that is not blank.
func nameOr(names ...string) string {
	for _, n := range names {
		if strings.TrimSpace(n) != "" {
			return n
		}
	}
	return ""
}
