package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// ServerConfig says where the embedded server keeps its data and listens.
type ServerConfig struct {
	Dir        string // made if missing, 0700; one server per directory
	Host       string // "" means 127.0.0.1
	Port       int    // 0: 4222, or the next free one; -1: no listener, this process only
	Prefix     string // whose public subjects anybody may subscribe to; "" means DefaultPrefix
	MaxPayload int32  // bytes of header and body one message may have; 0 means 4 MiB
	NoSync     bool   // do not force every write to the disk: a power cut loses what was acknowledged last. For tests
	Log        *slog.Logger
}

const (
	defaultPort   = 4222
	portsTried    = 100
	noListener    = -1
	startTimeout  = 2 * time.Minute // a store of many gigabytes is read on start
	diskFullBelow = 1 << 20         // below so many free bytes a write that is not acknowledged is put down to the disk
	reportsShare  = 60              // per cent of the volume that REPORTS may fill
)

// Validate reports the first setting that cannot work.
func (c ServerConfig) Validate() error {
	switch {
	case c.Dir == "":
		return errors.New("stream: no data directory")
	case c.Port < -1 || c.Port > 65535:
		return fmt.Errorf("stream: port %d: 1 to 65535, 0 for the next free one, -1 for none", c.Port)
	case c.MaxPayload < 0 || c.MaxPayload > 64<<20:
		return fmt.Errorf("stream: max payload %d: up to 64 MiB", c.MaxPayload)
	}
	if err := validPrefix(or(c.Prefix, DefaultPrefix)); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	return nil
}

// A Server is a NATS server with JetStream inside this process. Safe for concurrent use.
//
// Anybody who can reach its address may subscribe to <prefix>.{report,told,event,alert}.>, also under <prefix>.replay.<id>., and do
// nothing else: not publish, not see "log." or "$JS". Everything is allowed to the holder of the credential in the data directory.
type Server struct {
	config     ServerConfig
	lock       *lockFile
	credential Credential
	port       int // listened on; noListener for none

	restarting sync.Mutex
	current    atomic.Pointer[natsserver.Server]
	harmed     atomic.Bool // see serverLog
}

// Serve starts the embedded server and returns when it is ready. It takes the lock of Dir: ErrLocked, whose text says what to do, when
// another process has it; ErrCorrupt when a stream in Dir cannot be read. The URL in use and a credential are written to Dir (CredentialFile), readable by the owner only.
func Serve(ctx context.Context, config ServerConfig) (*Server, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config.Host = or(config.Host, "127.0.0.1")
	config.Prefix = or(config.Prefix, DefaultPrefix)
	config.MaxPayload = or(config.MaxPayload, 4<<20)
	config.Log = or(config.Log, slog.New(slog.DiscardHandler))
	if err := os.MkdirAll(config.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("stream: data directory: %w", err)
	}
	lock, err := lockDir(config.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{config: config, lock: lock}
	if err := s.start(ctx); err != nil {
		lock.release()
		return nil, err
	}
	return s, nil
}

func (s *Server) start(ctx context.Context) (err error) {
	if s.credential, err = loadCredential(s.config.Dir); err != nil {
		return err
	}
	if err := s.listen(ctx, s.config.Port); err != nil {
		return err
	}
	s.credential.URL, s.credential.PID = s.URL(), os.Getpid()
	if err := s.credential.save(s.config.Dir); err != nil {
		s.stop()
		return err
	}
	return nil
}

// listen tries the configured port, or the next free one where none is configured.
func (s *Server) listen(ctx context.Context, port int) error {
	if port != 0 {
		return s.run(ctx, port)
	}
	for port = defaultPort; port < defaultPort+portsTried; port++ {
		if !portFree(s.config.Host, port) {
			continue
		}
		err := s.run(ctx, port)
		if !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
	}
	return fmt.Errorf("stream: no free port on %s from %d to %d", s.config.Host, defaultPort, port-1)
}

func portFree(host string, port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// run starts a server on port and waits until it takes connections.
func (s *Server) run(ctx context.Context, port int) error {
	if err := keepStreams(s.config.Dir); err != nil { // a file system without hard links, or one that is full
		s.config.Log.Warn("starting without a second name for the streams' files", "err", err)
	}
	server, err := natsserver.NewServer(s.options(port))
	if err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	s.harmed.Store(false)
	logger := &serverLog{log: s.config.Log, harmed: &s.harmed}
	server.SetLoggerV2(logger, false, false, false)
	server.Start()
	for deadline := time.Now().Add(startTimeout); !server.ReadyForConnections(100 * time.Millisecond); {
		if logger.fatal.Load() != nil || ctx.Err() != nil || time.Now().After(deadline) || !server.Running() {
			server.Shutdown()
			server.WaitForShutdown()
			return fmt.Errorf("stream: embedded server: %w", startError(ctx, logger))
		}
	}
	if !server.JetStreamEnabled() {
		server.Shutdown()
		server.WaitForShutdown()
		return fmt.Errorf("stream: embedded server: JetStream did not start: %w", startError(ctx, logger))
	}
	if err := s.checkStreams(server, logger); err != nil {
		return err
	}
	s.port = port
	if a, ok := server.Addr().(*net.TCPAddr); ok {
		s.port = a.Port
	}
	s.current.Store(server)
	return nil
}

// checkStreams is ErrCorrupt where a stream did not come up; the server is then stopped, and the stream put back as it was.
func (s *Server) checkStreams(server *natsserver.Server, logger *serverLog) error {
	lost, err := unread(server, s.config.Dir)
	if err == nil && len(lost) == 0 {
		return dropKept(s.config.Dir)
	}
	server.Shutdown()
	server.WaitForShutdown()
	if err != nil {
		return err
	}
	var said string
	if text := logger.warns.Load(); text != nil {
		said = *text
	}
	return errors.Join(corrupt(s.config.Dir, lost, said), restoreKept(s.config.Dir, lost))
}

func startError(ctx context.Context, logger *serverLog) error {
	if text := logger.fatal.Load(); text != nil {
		if strings.Contains(*text, "address already in use") {
			return fmt.Errorf("%w (%s)", syscall.EADDRINUSE, *text)
		}
		return errors.New(*text)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.New("not ready in time")
}

func (s *Server) options(port int) *natsserver.Options {
	volume, err := volumeBytes(s.config.Dir)
	if err != nil {
		volume = 1 << 40
	}
	return &natsserver.Options{
		ServerName: "quidnunc", Host: s.config.Host, Port: port, DontListen: port == noListener,
		JetStream: true, StoreDir: s.config.Dir, SyncAlways: !s.config.NoSync, SyncInterval: 10 * time.Second,
		JetStreamMaxStore: int64(volume), JetStreamMaxMemory: 256 << 20,
		MaxPayload: s.config.MaxPayload, MaxPending: max(64<<20, 4*int64(s.config.MaxPayload)),
		NoSigs: true, NoLog: false, DisableShortFirstPing: true,
		Users: s.users(), NoAuthUser: anonymous,
	}
}

const anonymous = "anonymous"

func (s *Server) users() []*natsserver.User {
	var public []string
	for _, noun := range publicNouns {
		public = append(public, s.config.Prefix+"."+noun+".>", s.config.Prefix+".replay.*."+noun+".>")
	}
	return []*natsserver.User{
		{Username: s.credential.User, Password: s.credential.Password},
		{Username: anonymous, Permissions: &natsserver.Permissions{
			Publish:   &natsserver.SubjectPermission{Deny: []string{">"}}, // said explicitly: an absent permission allows all
			Subscribe: &natsserver.SubjectPermission{Allow: public},
		}},
	}
}

// URL is where others reach the server: "nats://127.0.0.1:4222"; "" when it does not listen.
func (s *Server) URL() string {
	if s.port == noListener {
		return ""
	}
	return "nats://" + net.JoinHostPort(s.config.Host, fmt.Sprint(s.port))
}

// Dir is the data directory.
func (s *Server) Dir() string { return s.config.Dir }

// InProcessConn is what the client library asks for a connection without a socket. It goes to the server that runs now, so that Hubs
// survive Restart.
func (s *Server) InProcessConn() (net.Conn, error) {
	server := s.current.Load()
	if server == nil || !server.Running() {
		return nil, errors.New("stream: the embedded server is stopped")
	}
	return server.InProcessConn()
}

// Restart stops the server and starts it again on the same port and data, keeping the lock. It is what heals a server whose disk was full:
// freeing space alone does not. Hubs reconnect by themselves; what they write meanwhile waits.
func (s *Server) Restart(ctx context.Context) error {
	s.restarting.Lock()
	defer s.restarting.Unlock()
	if s.lock == nil {
		return errors.New("stream: the embedded server is closed")
	}
	s.stop()
	return s.run(ctx, s.port)
}

// Close stops the server, marks the credential file as such and frees the lock. Close the Hubs before.
func (s *Server) Close() {
	s.restarting.Lock()
	defer s.restarting.Unlock()
	if s.lock == nil {
		return
	}
	s.stop()
	stopped := s.credential
	stopped.URL, stopped.PID = "", 0
	if err := stopped.save(s.config.Dir); err != nil {
		s.config.Log.Warn("credential file not marked as stopped", "err", err)
	}
	s.lock.release()
	s.lock = nil
}

func (s *Server) stop() {
	if server := s.current.Swap(nil); server != nil {
		server.Shutdown()
		server.WaitForShutdown()
	}
}

// reportsBytes is the share of the volume that REPORTS may fill; 0 when the volume's size is not known.
func (s *Server) reportsBytes() int64 {
	volume, err := volumeBytes(s.config.Dir)
	if err != nil {
		return 0
	}
	return int64(volume / 100 * reportsShare)
}

// FreeBytes is how many bytes an unprivileged process may still write to the volume of Dir.
func (s *Server) FreeBytes() (uint64, error) { return freeBytes(s.config.Dir) }

// CredentialFile is the name, in the data directory, of the file with the URL and the credential of a running instance.
const CredentialFile = "nats.json"

func credentialPath(dir string) string { return filepath.Join(dir, CredentialFile) }
