package stream_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// administrator is a connection that may do everything, with the plain client library.
func administrator(t *testing.T, s *stream.Server) jetstream.JetStream {
	t.Helper()
	credential, err := stream.ReadCredential(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(s.URL(), nats.UserInfo(credential.User, credential.Password))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestSetupMayBeRepeatedAndChecked(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	h, err := stream.Connect(t.Context(), stream.Config{Server: s})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	var differs *stream.DifferenceError
	if err := h.Setup(t.Context(), stream.Check); !errors.As(err, &differs) || len(differs.Differences) != 10 || !strings.Contains(err.Error(), "quidnunc_REPORTS: missing") {
		t.Fatal("an empty server passes the check:", err)
	}
	for range 2 {
		if err := h.Setup(t.Context(), stream.Manage); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Setup(t.Context(), stream.Check); err != nil {
		t.Fatal(err)
	}
	brief := connectOnly(t, stream.Config{Server: s, DedupWindow: time.Second})
	err = brief.Setup(t.Context(), stream.Check)
	if !errors.As(err, &differs) || !strings.Contains(err.Error(), "quidnunc_REPORTS: duplicate_window is 2m0s, want 1s") {
		t.Fatal(err)
	}
	if err := brief.Setup(t.Context(), stream.Manage); err != nil {
		t.Fatal(err)
	}
	if err := brief.Setup(t.Context(), stream.Check); err != nil {
		t.Fatal(err)
	}
}

func connectOnly(t *testing.T, config stream.Config) *stream.Hub {
	t.Helper()
	h, err := stream.Connect(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

func TestManageKeepsWhatAnAdministratorAdded(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	js := administrator(t, s)
	have, err := js.Stream(t.Context(), "quidnunc_EVENTS")
	if err != nil {
		t.Fatal(err)
	}
	changed := have.CachedInfo().Config
	changed.Description, changed.MaxAge, changed.AllowAtomicPublish = "ours", time.Hour, false
	if _, err := js.UpdateStream(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	if err := h.Setup(t.Context(), stream.Manage); err != nil {
		t.Fatal(err)
	}
	now, err := js.Stream(t.Context(), "quidnunc_EVENTS")
	if err != nil {
		t.Fatal(err)
	}
	if c := now.CachedInfo().Config; c.Description != "ours" || c.MaxAge != 90*24*time.Hour || !c.AllowAtomicPublish {
		t.Errorf("%+v", c)
	}
}

func TestAnAdministratorCanMakeTheStreamsFromPrint(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	js := administrator(t, s)
	config := stream.Config{URL: s.URL(), Prefix: "desk.a"}
	for _, printed := range stream.Print(config) {
		var c jetstream.StreamConfig
		if err := json.Unmarshal(printed, &c); err != nil {
			t.Fatal(err)
		}
		if _, err := js.CreateStream(t.Context(), c); err != nil {
			t.Fatalf("%s: %v", printed, err)
		}
	}
	credential, err := stream.ReadCredential(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	config.User, config.Password = credential.User, credential.Password
	if err := connectOnly(t, config).Setup(t.Context(), stream.Check); err != nil {
		t.Fatal(err)
	}
}

func TestPrefixesLiveSideBySide(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	live := connect(t, s, stream.Config{})
	replay := connect(t, s, stream.Config{Prefix: "quidnunc.replay.x1"})
	for name, h := range map[string]*stream.Hub{"live": live, "replay": replay} {
		if _, err := h.PublishBatch(t.Context(), [][]stream.Message{bundle(name, 0)}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Commit(t.Context(), 0, nil, []byte(name), 0); err != nil {
			t.Fatal(err)
		}
	}
	for name, h := range map[string]*stream.Hub{"live": live, "replay": replay} {
		if diff := cmp.Diff([]string{"report " + name}, bodies(t, h, stream.Reports, "")); diff != "" {
			t.Error(diff)
		}
		if at, _, err := h.Checkpoint(t.Context(), 0); string(at) != name || err != nil {
			t.Error(at, err)
		}
	}
}

func TestBadConfigurationsAreRefused(t *testing.T) {
	for name, c := range map[string]stream.Config{
		"no server":                  {},
		"a prefix with a wildcard":   {URL: "x", Prefix: "quidnunc.*"},
		"a prefix with an upper A":   {URL: "x", Prefix: "Quidnunc"},
		"a prefix with an underline": {URL: "x", Prefix: "a_b"},
		"the prefix log":             {URL: "x", Prefix: "log"},
		"a prefix under log":         {URL: "x", Prefix: "log.a"},
		"a tiny dedup window":        {URL: "x", DedupWindow: time.Millisecond},
		"a negative age":             {URL: "x", EventsAge: -1},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.Validate(); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// oldServer says of itself that it is of that version, and knows nothing but the greeting.
func oldServer(t *testing.T, version string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			greet(conn, version)
		}
	}()
	return "nats://" + l.Addr().String()
}

func greet(conn net.Conn, version string) {
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprintf(conn, "INFO {\"server_id\":\"OLD\",\"version\":%q,\"headers\":true,\"max_payload\":1048576,\"proto\":1,\"jetstream\":true}\r\n", version)
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if lines.Text() == "PING" {
			_, _ = fmt.Fprint(conn, "PONG\r\n")
		}
	}
}

func TestServerWithoutAtomicBatchesIsRefused(t *testing.T) {
	for _, version := range []string{"2.11.9", "2.9.0", "1.4.1", "what"} {
		t.Run(version, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			_, err := stream.Connect(ctx, stream.Config{URL: oldServer(t, version)})
			if !errors.Is(err, stream.ErrNoBatches) || !strings.Contains(err.Error(), "nats-server "+version) || !strings.Contains(err.Error(), "2.12 or newer") {
				t.Fatal(err)
			}
		})
	}
	h, err := stream.Connect(t.Context(), stream.Config{URL: oldServer(t, "2.12.0-RC.1")})
	if err != nil {
		t.Fatal("2.12 refused:", err)
	}
	h.Close()
}
