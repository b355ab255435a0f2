//go:build chaos

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// frame is one message of the protocol between a NATS client and its server, as it goes over the wire.
type frame struct {
	raw            []byte
	verb           string // PUB, HPUB, MSG, HMSG, PING …
	subject, reply string // of the four that carry a message
}

// readFrame reads the next message.
func readFrame(r *bufio.Reader) (frame, error) {
	line, err := r.ReadBytes('\n')
	if err != nil {
		return frame{}, err
	}
	f := frame{raw: line}
	fields := strings.Fields(string(line))
	if len(fields) == 0 {
		return f, nil
	}
	f.verb = strings.ToUpper(fields[0])
	var size string
	switch args := fields[1:]; f.verb {
	case "PUB", "HPUB": // subject [reply] [header size] size
		f.subject, size = args[0], args[len(args)-1]
		if lengths := 1 + len(f.verb) - len("PUB"); len(args) == 2+lengths {
			f.reply = args[1]
		}
	case "MSG", "HMSG": // subject subscription [reply] [header size] size
		f.subject, size = args[0], args[len(args)-1]
	default:
		return f, nil
	}
	n, err := strconv.Atoi(size)
	if err != nil {
		return f, fmt.Errorf("%q: %w", line, err)
	}
	body := make([]byte, n+2)
	if _, err := io.ReadFull(r, body); err != nil {
		return f, err
	}
	f.raw = append(f.raw, body...)
	return f, nil
}

// commits tells whether f ends an atomic batch.
func (f frame) commits() bool { return bytes.Contains(f.raw, []byte("Nats-Batch-Commit: 1")) }

// trap waits for a message from the client and springs once.
type trap struct {
	match  func(frame) bool
	after  bool // when the server has answered it, rather than before it is passed on
	skip   int  // how many that match go by first
	spring func()

	mu     sync.Mutex
	seen   int
	reply  string // of the one whose answer is waited for
	sprung bool
}

// asked is called with each message from the client before it is passed on.
func (p *trap) asked(f frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sprung || p.reply != "" || !p.match(f) {
		return
	}
	if p.seen++; p.seen <= p.skip {
		return
	}
	if p.after && f.reply != "" {
		p.reply = f.reply
		return
	}
	p.sprung = true
	if p.after { // nobody answers it: it is enough that it is on its way
		time.AfterFunc(30*time.Millisecond, p.spring)
		return
	}
	p.spring()
}

// answered is called with each message from the server before it is passed on.
func (p *trap) answered(f frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.sprung && p.reply != "" && f.subject == p.reply {
		p.sprung = true
		p.spring()
	}
}

// proxy stands between clients and a server.
type proxy struct {
	listener net.Listener
	server   string
	trap     atomic.Pointer[trap]
	apart    atomic.Bool // nothing passes

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newProxy(t *testing.T, server string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, server: server, conns: map[net.Conn]bool{}}
	go p.accept()
	t.Cleanup(func() { _ = l.Close(); p.cut() })
	return p
}

func (p *proxy) url() string { return "nats://" + p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if p.apart.Load() {
			_ = client.Close()
			continue
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = true, true
		p.mu.Unlock()
		go p.pass(client, server, (*trap).asked)
		go p.pass(server, client, (*trap).answered)
	}
}

// pass carries messages from one side to the other.
func (p *proxy) pass(from, to net.Conn, look func(*trap, frame)) {
	defer func() {
		_, _ = from.Close(), to.Close()
		p.mu.Lock()
		delete(p.conns, from)
		delete(p.conns, to)
		p.mu.Unlock()
	}()
	r := bufio.NewReaderSize(from, 64<<10)
	for {
		f, err := readFrame(r)
		if err != nil {
			return
		}
		if t := p.trap.Load(); t != nil {
			look(t, f)
		}
		if p.apart.Load() {
			return
		}
		if _, err := to.Write(f.raw); err != nil {
			return
		}
	}
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

// part breaks all connections and lets none through until join.
func (p *proxy) part() { p.apart.Store(true); p.cut() }
func (p *proxy) join() { p.apart.Store(false) }

func TestTheProxyReadsTheProtocol(t *testing.T) {
	wire := "PING\r\nPUB a.b 5\r\nhello\r\nPUB a.b inbox 0\r\n\r\nHPUB a.c inbox 12 17\r\nNATS/1.0\r\n\r\nhello\r\nMSG x 1 2\r\nok\r\nHMSG y 1 z 12 12\r\nNATS/1.0\r\n\r\n\r\n"
	r := bufio.NewReader(strings.NewReader(wire))
	var got, raw string
	for {
		f, err := readFrame(r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got += fmt.Sprintf("%s(%s,%s) ", f.verb, f.subject, f.reply)
		raw += string(f.raw)
	}
	if want := "PING(,) PUB(a.b,) PUB(a.b,inbox) HPUB(a.c,inbox) MSG(x,) HMSG(y,) "; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if raw != wire {
		t.Error("the bytes are changed")
	}
}
