package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// The instances that all tests look at: one that does everything, and a replay.
var (
	live   *running
	replay *running
)

func TestMain(m *testing.M) { os.Exit(withInstances(m)) }

func withInstances(m *testing.M) (code int) {
	dir, err := os.MkdirTemp("", "opscheck")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is a temporary one
	program := filepath.Join(dir, "quidnunc")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "./cmd/quidnunc")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "the program does not build: %v\n%s", err, out)
		return 1
	}
	outside := httptest.NewServer(&world)
	defer outside.Close()
	if err := furnish(dir, outside.URL); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	live = start(dir, program, "run", "--config", "quidnunc.yaml", "--metrics", "127.0.0.1:0", "--api", "127.0.0.1:0")
	defer live.stop()
	replay = start(dir, program, "replay", "--rules", "rules.yaml", "--order", "published", "--speed", "1", "--api", "127.0.0.1:0", "-o", "result", "past.jsonl")
	defer replay.stop()
	return m.Run()
}

// outsideWorld is what lies beyond the instance: publishers' feeds, and subscribers' webhooks.
type outsideWorld struct {
	mu      sync.Mutex
	broken  bool // all feeds but one answer with 500
	refuses bool // a subscriber wants none of what he is sent
	items   int  // that the feeds have had since the beginning
}

var world outsideWorld

func (o *outsideWorld) change(what func(o *outsideWorld)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	what(o)
}

const (
	feedHead = `<rss version="2.0"><channel><title>Wire</title><link>https://wire.example/</link>`
	feedItem = `<item><guid isPermaLink="false">%[1]d</guid><link>https://wire.example/%[1]d</link><title>Talks %[1]d</title>
<description>France and Germany held talks on Monday.</description></item>`
	feedEnd = `</channel></rss>`
)

func (o *outsideWorld) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case r.Method != http.MethodGet && r.URL.Path == "/strict" && o.refuses:
		w.WriteHeader(http.StatusUnprocessableEntity)
	case r.Method != http.MethodGet: // a subscriber takes what he is sent
	case o.broken && r.URL.Path != "/rss.xml":
		w.WriteHeader(http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "application/rss+xml")
		_, _ = io.WriteString(w, feedHead)
		for i := range o.items + 1 {
			_, _ = fmt.Fprintf(w, feedItem, i)
		}
		_, _ = io.WriteString(w, feedEnd)
	}
}

// late is the address of a subscriber who is not there yet.
var late = unusedAddress()

func unusedAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close() //nolint:errcheck // only its address is wanted
	return l.Addr().String()
}

// goodRules are the rules of the instance: receivers that take alerts, one that is never there and one that is not there yet.
const goodRules = `rules:
- {name: expulsions, owner: europe-desk, query: 'what:SANCTION', when: {each: article}, limit: none, to: [desk, strict, away, late]}
receivers:
- {name: desk, webhook: {url: '%[1]s/desk'}}
- {name: strict, webhook: {url: '%[1]s/strict'}}
- {name: away, webhook: {url: 'http://127.0.0.1:1/away'}}
- {name: late, webhook: {url: 'http://%[2]s/late'}, breaker: {pause: 1s}}
`

// furnish writes what the instances are given.
func furnish(dir, outside string) error {
	var news, past strings.Builder
	for i := range 30 {
		fmt.Fprintf(&news, `{"id":"%d","publisher":"walk","lang":"en","text":"Russia expelled %d British diplomats on Monday.","published":"2026-01-01T00:00:00Z"}`+"\n", i, i+2)
		fmt.Fprintf(&past, `{"id":"%d","publisher":"walk","lang":"en","text":"Russia expelled %d British diplomats on Monday.","published":"2026-01-01T00:%02d:00Z"}`+"\n", i, i+2, 2*i)
	}
	for name, text := range map[string]string{
		"articles.jsonl": news.String(), "past.jsonl": past.String(), "rules.yaml": fmt.Sprintf(goodRules, outside, late),
		"quidnunc.yaml": fmt.Sprintf("data: data\nsources:\n- archive: [articles.jsonl]\n"+
			"- {feed: '%[1]s/rss.xml', every: 1s}\n- {feed: '%[1]s/a.xml', every: 1s}\n- {feed: '%[1]s/b.xml', every: 1s}\n- {feed: '%[1]s/c.xml', every: 1s}\n", outside) +
			"feeds: {allow: [127.0.0.0/8], spacing: 100ms}\npush: {listen: '127.0.0.1:0'}\nrules: [rules.yaml]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// running is a process, and what it says.
type running struct {
	dir string
	cmd *exec.Cmd
	err error // why it did not start

	mu   sync.Mutex
	said bytes.Buffer
}

func (r *running) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.Write(p)
}

func (r *running) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.String()
}

func start(dir, program string, args ...string) *running {
	r := &running{dir: dir, cmd: exec.Command(program, args...)}
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = dir, r, r
	r.cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+dir)
	r.err = r.cmd.Start()
	return r
}

func (r *running) stop() {
	if r.err != nil {
		return
	}
	_ = r.cmd.Process.Signal(os.Interrupt)
	_ = r.cmd.Wait()
}

var said = regexp.MustCompile(`http://([0-9.:]+)/(?:metrics|v1/replay tells)`)

// address is where the process shows its metrics.
func (r *running) address(t *testing.T) string {
	t.Helper()
	if r.err != nil {
		t.Fatal(r.err)
	}
	var addr string
	eventually(t, "the process says where its metrics are: "+r.text(), func() bool {
		m := said.FindStringSubmatch(r.text())
		if m != nil {
			addr = m[1]
		}
		return m != nil
	})
	return addr
}

// metrics is what the process shows once it shows all of some texts.
func (r *running) metrics(t *testing.T, want ...string) []byte {
	t.Helper()
	url := "http://" + r.address(t) + "/metrics"
	var dump []byte
	missing := ""
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		var err error
		if dump, err = read(url); err != nil {
			t.Fatalf("%v; it said: %s", err, r.text())
		}
		missing = ""
		for _, w := range want {
			if !strings.Contains(string(dump), w) {
				missing = w
			}
		}
		if missing == "" {
			return dump
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatalf("never exposed: %s; it said: %s", missing, r.text())
	return nil
}

// patience is how long anything may take.
const patience = 90 * time.Second

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("not within %v: %s", patience, what)
}

// dumps are what both instances show when they have done some of everything.
func dumps(t *testing.T) [][]byte {
	t.Helper()
	return [][]byte{
		live.metrics(t, `quidnunc_alerts_by_owner_total{owner="europe-desk"`, `quidnunc_courier_receiver_up{receiver="away"} 0`, "quidnunc_machine_entries{",
			`quidnunc_poll_feeds{condition="working"} 4`, `quidnunc_courier_attempt_seconds_count{receiver="away"}`),
		replay.metrics(t, "quidnunc_replay_at_timestamp_seconds"),
	}
}
