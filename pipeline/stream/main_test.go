package stream_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// freePort asks the system for a port; the server binds it a moment later.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// serve starts a server on a random port that does not wait for the disk, unless config says otherwise.
func serve(t testing.TB, config stream.ServerConfig) *stream.Server {
	t.Helper()
	if config.Dir == "" {
		config.Dir, config.NoSync = t.TempDir(), true
	}
	if config.Port == 0 {
		config.Port = freePort(t)
	}
	s, err := stream.Serve(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// connect gives a Hub on s with its streams made.
func connect(t testing.TB, s *stream.Server, config stream.Config) *stream.Hub {
	t.Helper()
	if config.URL == "" {
		config.Server = s
	}
	h, err := stream.Connect(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	if err := h.Setup(t.Context(), stream.Manage); err != nil {
		t.Fatal(err)
	}
	return h
}

func hub(t testing.TB) *stream.Hub {
	t.Helper()
	return connect(t, serve(t, stream.ServerConfig{}), stream.Config{})
}

// bundle is an article's messages: n told, then its report.
func bundle(article string, told int) []stream.Message {
	var b []stream.Message
	for i := range told {
		id := fmt.Sprintf("%s-%d", article, i)
		b = append(b, stream.Message{Subject: "told.sanction.rus.nato", MsgID: id, Data: []byte("told " + id)})
	}
	return append(b, stream.Message{
		Subject: "report.fr.none", MsgID: article, Data: []byte("report " + article),
		Header: map[string][]string{"Content-Type": {"text/plain"}},
	})
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			t.Fatal("never came: " + what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
