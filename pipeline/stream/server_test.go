package stream_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func TestSecondServerOnADirectoryIsRefused(t *testing.T) {
	first := serve(t, stream.ServerConfig{})
	_, err := stream.Serve(t.Context(), stream.ServerConfig{Dir: first.Dir(), Port: -1})
	if !errors.Is(err, stream.ErrLocked) {
		t.Fatal("want ErrLocked, got", err)
	}
	for _, want := range []string{first.Dir(), fmt.Sprint("process ", os.Getpid()), "--data", "stop that one"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	first.Close()
	second, err := stream.Serve(t.Context(), stream.ServerConfig{Dir: first.Dir(), Port: -1})
	if err != nil {
		t.Fatal("the lock outlived its holder:", err)
	}
	second.Close()
}

func TestCredentialIsTheOwnersAndMarkedWhenStopped(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	path := filepath.Join(s.Dir(), stream.CredentialFile)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info.Mode(), err)
	}
	running, err := stream.ReadCredential(s.Dir())
	if err != nil || running.URL != s.URL() || running.PID != os.Getpid() || len(running.Password) < 20 {
		t.Fatal(running, err)
	}
	s.Close()
	stopped, err := stream.ReadCredential(s.Dir())
	if err != nil || stopped.URL != "" || stopped.PID != 0 || stopped.Password != running.Password {
		t.Fatal(stopped, err)
	}
}

func TestTakenPortMovesToTheNext(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:4222")
	if err == nil {
		defer func() { _ = taken.Close() }()
	}
	s, err := stream.Serve(t.Context(), stream.ServerConfig{Dir: t.TempDir(), NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.URL() == "nats://127.0.0.1:4222" || !strings.HasPrefix(s.URL(), "nats://127.0.0.1:42") {
		t.Error(s.URL())
	}
}

func TestConfiguredPortThatIsTakenIsAnError(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, err = stream.Serve(t.Context(), stream.ServerConfig{Dir: t.TempDir(), Port: taken.Addr().(*net.TCPAddr).Port})
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Fatal(err)
	}
}

func TestStoreWithoutAListener(t *testing.T) {
	s := serve(t, stream.ServerConfig{Dir: t.TempDir(), Port: -1, NoSync: true})
	if s.URL() != "" {
		t.Error("listens at", s.URL())
	}
	h := connect(t, s, stream.Config{})
	if err := h.Probe(t.Context()); err != nil {
		t.Error(err)
	}
}

// anonymous is what a plain `nats sub` is: no name, no password. What the server refuses comes out of the channel.
func anonymous(t *testing.T, s *stream.Server) (*nats.Conn, <-chan error) {
	t.Helper()
	refused := make(chan error, 16)
	nc, err := nats.Connect(s.URL(), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc, refused
}

func TestAnonymousMayListenToPublicSubjectsOnly(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	connect(t, s, stream.Config{})
	nc, refused := anonymous(t, s)
	for subject, allowed := range map[string]bool{
		"quidnunc.report.>": true, "quidnunc.told.>": true, "quidnunc.event.>": true, "quidnunc.alert.>": true,
		"quidnunc.told.sanction.rus.nato": true, "quidnunc.alert.*.*.high": true, "quidnunc.replay.x1.alert.>": true,
		">": false, "*.>": false, "quidnunc.>": false, "quidnunc.*.>": false, "quidnunc.checkpoint.>": false, "quidnunc.rules.>": false,
		"quidnunc.dead.>": false, "quidnunc.replay.x1.>": false, "quidnunc.replay.>": false, "quidnunc.replay.x1.checkpoint.0": false,
		"log.>": false, "log.quidnunc.report.>": false, "log.quidnunc.alert.x.y.z": false,
		"$JS.>": false, "$JS.API.>": false, "$JS.EVENT.>": false, "$KV.>": false, "$O.>": false, "$SYS.>": false, "_INBOX.>": false,
	} {
		t.Run(subject, func(t *testing.T) {
			if _, err := nc.SubscribeSync(subject); err != nil {
				t.Fatal(err)
			}
			if _, err := nc.QueueSubscribeSync(subject, "queue"); err != nil {
				t.Fatal(err)
			}
			expectRefusals(t, nc, refused, map[bool]int{true: 0, false: 2}[allowed])
		})
	}
	for _, subject := range []string{"quidnunc.alert.desk.rule.high", "log.quidnunc.report.fr.none", "$JS.API.STREAM.LIST", "$KV.quidnunc_LEDGER.x", "anything", "_INBOX.x"} {
		t.Run("publish to "+subject, func(t *testing.T) {
			if err := nc.PublishRequest(subject, "quidnunc.alert.reply.to.me", []byte("{}")); err != nil {
				t.Fatal(err)
			}
			expectRefusals(t, nc, refused, 1)
		})
	}
}

func expectRefusals(t *testing.T, nc *nats.Conn, refused <-chan error, want int) {
	t.Helper()
	if err := nc.Flush(); err != nil { // the server answers in order: a refusal comes before the flush returns, its handler soon after
		t.Fatal(err)
	}
	for range want {
		select {
		case err := <-refused:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Error("refused otherwise:", err)
			}
		case <-time.After(2 * time.Second):
			t.Fatal("allowed")
		}
	}
	select {
	case err := <-refused:
		t.Error("refused:", err)
	case <-time.After(20 * time.Millisecond):
	}
}

func TestAnonymousHearsWhatIsStored(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	nc, _ := anonymous(t, s)
	told, err := nc.SubscribeSync("quidnunc.told.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.PublishBatch(t.Context(), [][]stream.Message{bundle("a", 2)}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"told a-0", "told a-1"} {
		msg, err := told.NextMsg(5 * time.Second)
		if err != nil || string(msg.Data) != want || msg.Subject != "quidnunc.told.sanction.rus.nato" {
			t.Fatal(msg, err)
		}
	}
}

func TestWrongPasswordIsRefused(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	_, err := stream.Connect(t.Context(), stream.Config{URL: s.URL(), User: "quidnunc", Password: "guess"})
	if !errors.Is(err, nats.ErrAuthorization) {
		t.Fatal(err)
	}
}

func TestHubSurvivesARestartOfTheServer(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	if _, err := h.PublishBatch(t.Context(), [][]stream.Message{bundle("a", 0)}); err != nil {
		t.Fatal(err)
	}
	url := s.URL()
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.URL() != url {
		t.Error("moved to", s.URL())
	}
	if _, err := h.PublishBatch(t.Context(), [][]stream.Message{bundle("b", 0)}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(bodies(t, h, stream.Reports, ""), ","); got != "report a,report b" {
		t.Error(got)
	}
}

func TestAttach(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, _, err := stream.Attach(ctx, filepath.Join(t.TempDir(), "none"), stream.Config{}); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("no data, but", err)
	}
	s := serve(t, stream.ServerConfig{})
	connect(t, s, stream.Config{})
	check := func(what string) {
		t.Helper()
		h, done, err := stream.Attach(ctx, s.Dir(), stream.Config{})
		if err != nil {
			t.Fatal(what, err)
		}
		defer done()
		if _, err := h.PublishBatch(ctx, [][]stream.Message{bundle(what, 0)}); err != nil {
			t.Fatal(what, err)
		}
	}
	check("running")
	s.Close()
	check("stopped")
	check("stopped again")
	h, done, err := stream.Attach(ctx, s.Dir(), stream.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if got := strings.Join(bodies(t, h, stream.Reports, ""), ","); got != "report running,report stopped,report stopped again" {
		t.Error(got)
	}
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if _, _, err := stream.Attach(short, s.Dir(), stream.Config{}); err == nil || !strings.Contains(err.Error(), "does not listen") {
		t.Error("two stores opened at once:", err)
	}
}

func TestSnapshotHasTheNumbersOfTheDashboards(t *testing.T) {
	s := serve(t, stream.ServerConfig{})
	h := connect(t, s, stream.Config{})
	if _, err := h.PublishBatch(t.Context(), [][]stream.Message{bundle("a", 2)}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Commit(t.Context(), 0, []stream.Message{{Subject: "alert.a.b.high"}, {Subject: "alert.a.b.low"}}, []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := h.Consume(ctx, stream.ConsumeConfig{Stream: stream.Events, Durable: "courier", Filter: "alert.>"}, func(context.Context, stream.Stored) error {
		cancel()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	credential, err := stream.ReadCredential(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	remote := connect(t, s, stream.Config{URL: s.URL(), User: credential.User, Password: credential.Password})
	for name, hub := range map[string]*stream.Hub{"embedded": h, "by URL": remote} {
		t.Run(name, func(t *testing.T) {
			facts, err := hub.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if facts.Server.ID == "" || facts.Server.Version != "2.15.2" || facts.Server.MaxPayload != 4<<20 {
				t.Errorf("server: %+v", facts.Server)
			}
			var seen []string
			for _, one := range facts.Streams {
				seen = append(seen, fmt.Sprintf("%s %d %d-%d", one.Name, one.Messages, one.FirstSeq, one.LastSeq))
				for _, c := range one.Consumers {
					seen = append(seen, fmt.Sprintf("%s delivered %d, acked to %d", c.Name, c.DeliveredStreamSeq, c.AckFloorConsumerSeq))
				}
			}
			all, _ := json.Marshal(seen)
			for _, want := range []string{"quidnunc_REPORTS 3 1-3", "quidnunc_EVENTS 3 1-3", "courier delivered"} {
				if !strings.Contains(string(all), want) {
					t.Errorf("%s lacks %s", all, want)
				}
			}
		})
	}
}
