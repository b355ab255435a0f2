//go:build chaos

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// process is a program that can be killed, stopped and let go on.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *tee
	done chan struct{}
}

func startProcess(t *testing.T, c *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: c, out: &tee{}, done: make(chan struct{})}
	c.Stdout, c.Stderr = p.out, p.out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		_ = c.Wait() // the exit code is asked for below
	}()
	t.Cleanup(func() { p.kill() })
	return p
}

// kill ends it as kill -9 does and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGCONT)
	_ = p.cmd.Process.Kill()
	<-p.done
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Error(err)
	}
}

// ended waits until it ends by itself and gives its exit code; -1 when it does not.
func (p *process) ended(within time.Duration) int {
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		return -1
	}
}

func (p *process) gone() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

const natsConf = "QUIDNUNC_TEST_NATS_CONF"

// TestIsANATSServer is no test: it is what this binary does when it is started as a server.
func TestIsANATSServer(t *testing.T) {
	conf := os.Getenv(natsConf)
	if conf == "" {
		return
	}
	options, err := natsserver.ProcessConfigFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	options.NoSigs = true
	s, err := natsserver.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.ConfigureLogger()
	s.Start()
	s.WaitForShutdown()
}

// natsNode is an external NATS server in a process of its own.
type natsNode struct {
	t    *testing.T
	name string
	conf string
	addr string
	*process
}

// newNode writes a server's configuration; more is added to it.
func newNode(t *testing.T, name, addr, more string) *natsNode {
	t.Helper()
	dir := t.TempDir()
	conf := fmt.Sprintf("server_name: %s\nlisten: %s\nmax_payload: 4MB\njetstream { store_dir: %q, sync_interval: always, max_file_store: 8GB }\n%s", name, addr, filepath.Join(dir, "js"), more)
	n := &natsNode{t: t, name: name, addr: addr, conf: filepath.Join(dir, "nats.conf")}
	if err := os.WriteFile(n.conf, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *natsNode) start() {
	n.t.Helper()
	self, err := os.Executable()
	if err != nil {
		n.t.Fatal(err)
	}
	c := exec.Command(self, "-test.run=^TestIsANATSServer$")
	c.Env = append(os.Environ(), natsConf+"="+n.conf)
	n.process = startProcess(n.t, c)
	for deadline := time.Now().Add(30 * time.Second); ; {
		conn, err := net.DialTimeout("tcp", n.addr, time.Second)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) || n.gone() {
			n.t.Fatalf("%s does not start: %v\n%s", n.name, err, n.out.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (n *natsNode) url() string { return "nats://" + n.addr }

// freeAddr is an address nobody listens on at this moment.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// inbox is a webhook that keeps a ledger of what it was sent.
type inbox struct {
	*httptest.Server

	mu      sync.Mutex
	answer  func(w http.ResponseWriter, nth int) bool // false: it was not received; nil: 200
	asked   int
	under   map[int]context.Context // requests under way, by their number
	got     map[string]string       // by Idempotency-Key, the hash of the body
	again   int                     // deliveries of what was received before
	differs []string                // keys that came with another body
	first   map[string]time.Time
}

func newInbox(t *testing.T) *inbox {
	d := &inbox{got: map[string]string{}, first: map[string]time.Time{}, under: map[int]context.Context{}}
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

func (d *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	d.mu.Lock()
	d.asked++
	nth, answer := d.asked, d.answer
	d.under[nth] = r.Context()
	d.mu.Unlock()
	if answer != nil && !answer(w, nth) {
		return
	}
	sum := sha256.Sum256(body)
	hash, key := hex.EncodeToString(sum[:8]), r.Header.Get("Idempotency-Key")
	d.mu.Lock()
	defer d.mu.Unlock()
	switch before, known := d.got[key]; {
	case !known:
		d.got[key], d.first[key] = hash, time.Now()
	case before != hash:
		d.differs = append(d.differs, key)
	default:
		d.again++
	}
}

// asking is the context of a request: it ends when whoever asks gives up.
func (d *inbox) asking(nth int) context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.under[nth]
}

func (d *inbox) behave(answer func(w http.ResponseWriter, nth int) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = answer
}

func (d *inbox) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.got)
}

func (d *inbox) keys() map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := map[string]string{}
	for k, v := range d.got {
		out[k] = v
	}
	return out
}

func natsArgs(command, url, config string, more ...string) []string {
	return append([]string{command, "--nats", url, "--config", config}, more...)
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
