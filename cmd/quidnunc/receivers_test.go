package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// desks is a server with a desk a path; each answers as it is told and counts the keys it was sent.
type desks struct {
	*httptest.Server
	mu     sync.Mutex
	keys   map[string][]string // by path
	status map[string]int      // by path; 0: 200
}

func openDesks(t *testing.T) *desks {
	t.Helper()
	d := &desks{keys: map[string][]string{}, status: map[string]int{}}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.keys[r.URL.Path] = append(d.keys[r.URL.Path], r.Header.Get("Idempotency-Key"))
		if status := d.status[r.URL.Path]; status != 0 {
			w.WriteHeader(status)
		}
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *desks) answers(path string, status int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status[path] = status
}

func (d *desks) of(path string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.keys[path]...)
}

func (d *desks) await(t *testing.T, path string, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d deliveries to %s", n, path), func() bool { return len(d.of(path)) >= n })
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s in time", what)
		}
	}
}

func ask(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(got)
}

const sanctions = "rules:\n- name: sanctions\n  query: 'what:SANCTION'\n  when: {each: article}\n  to: [%s]\nreceivers:\n%s"

// A running instance takes up receivers that change, closes one that says it is gone, and people can hold its alerts by
// command and by HTTP.
func TestReceiversAndAlertsOfARunningInstance(t *testing.T) {
	d := openDesks(t)
	d.answers("/gone", http.StatusGone)
	dir := t.TempDir()
	rules := write(t, dir, "rules.yaml", fmt.Sprintf(sanctions, "gone, feed", "- {name: gone, webhook: {url: '"+d.URL+"/gone'}}\n- {name: feed, atom: {}}\n"))
	seed := write(t, dir, "seed.txt", readFile(t, "sample/articles/seed-article.txt"))
	config := write(t, dir, "quidnunc.yaml", "data: data\nsources:\n- archive: ["+seed+"]\nrules: ["+rules+"]\npush: {listen: '127.0.0.1:0'}\n")
	s := serve(t, "run", "--config", config, "--metrics", "off", "--api", "127.0.0.1:0")
	out := s.says(t, "rules    1")
	api := regexp.MustCompile(`api +(http://[^/]+)/`).FindStringSubmatch(out)[1]
	door := regexp.MustCompile(`push +(http://[^ ,]+),`).FindStringSubmatch(out)[1]
	data := filepath.Join(dir, "data")
	d.await(t, "/gone", 1)
	row := func(receiver, state string) string {
		t.Helper()
		var r result
		eventually(t, receiver+" "+state, func() bool {
			r = quidnunc(t, "deliveries", "--data", data, "--receiver", receiver, "--state", state)
			return strings.Contains(r.out, state)
		})
		return r.out
	}
	row("gone", "dead")
	row("feed", "delivered")
	if _, feed := ask(t, "GET", api+"/feeds/feed.atom", ""); !strings.Contains(feed, "Russia → NATO") {
		t.Errorf("the feed: %s", feed)
	}

	// The receiver moves: what comes now arrives, and what was dead can be driven again, with the key it had.
	write(t, dir, "rules.yaml", fmt.Sprintf(sanctions, "gone, feed", "- {name: gone, webhook: {url: '"+d.URL+"/moved'}}\n- {name: feed, atom: {}}\n"))
	eventually(t, "taking up of the change", func() bool { // push until the reload is seen, as an editor would look
		ask(t, "POST", door, fmt.Sprintf(`{"text":"La Russie suspend sa mission auprès de l’OTAN. %d","lang":"fr"}`, time.Now().UnixNano()))
		time.Sleep(500 * time.Millisecond)
		return len(d.of("/moved")) > 0
	})
	key := d.of("/gone")[0]
	if r := quidnunc(t, "dead", "redrive", "--receiver", "gone", "--data", data); r.code != exitOK {
		t.Errorf("redrive: %s%s", r.out, r.err)
	}
	eventually(t, "the dead one at its new address", func() bool { return strings.Contains(strings.Join(d.of("/moved"), " "), key) })
	if len(d.of("/gone")) != 1 {
		t.Errorf("a receiver that was gone was asked again: %v", d.of("/gone"))
	}

	id := key[:8]
	if r := quidnunc(t, "alerts", "ack", id, "--by", "ada", "--data", data); r.code != exitOK {
		t.Errorf("ack: %s%s", r.out, r.err)
	}
	if status, _ := ask(t, "POST", api+"/v1/alerts/"+id+"/mark", `{"useful":true,"by":"bob"}`); status != http.StatusOK {
		t.Errorf("mark: %d", status)
	}
	show := quidnunc(t, "alerts", "show", id, "--data", data).out
	for _, want := range []string{"acknowledged by ada", "marked useful by bob", "delivered", "Russia → NATO"} {
		if !strings.Contains(show, want) {
			t.Errorf("show lacks %q:\n%s", want, show)
		}
	}
	if score := quidnunc(t, "rules", "score", "--data", data).out; !strings.Contains(score, "100 %") {
		t.Errorf("score: %s", score)
	}
	var gold struct{ Gold []any }
	if line, _, _ := strings.Cut(quidnunc(t, "alerts", "export", "--gold", "--data", data).out, "\n"); json.Unmarshal([]byte(line), &gold) != nil || len(gold.Gold) == 0 {
		t.Errorf("gold: %s", line)
	}

	if r := quidnunc(t, "silences", "add", "--query", "who:Russie", "--by", "ada", "--comment", "known", "--data", data); r.code != exitOK {
		t.Errorf("silence: %s%s", r.out, r.err)
	}
	eventually(t, "silence", func() bool {
		ask(t, "POST", door, fmt.Sprintf(`{"text":"La Russie suspend sa mission auprès de l’OTAN. %d","lang":"fr"}`, time.Now().UnixNano()))
		time.Sleep(500 * time.Millisecond)
		return strings.Contains(quidnunc(t, "deliveries", "--data", data, "--state", "suppressed").out, "silence")
	})
	if code := s.stop(t); code != exitOK {
		t.Errorf("exit code %d\n%s", code, s.errs)
	}
}

func TestReceiversTest(t *testing.T) {
	d := openDesks(t)
	d.answers("/down", http.StatusInternalServerError)
	rules := write(t, t.TempDir(), "rules.yaml", fmt.Sprintf(sanctions, "up", "- {name: up, webhook: {url: '"+d.URL+"/up'}}\n- {name: down, webhook: {url: '"+d.URL+"/down'}}\n"))
	for name, want := range map[string]struct {
		code int
		says string
	}{"up": {exitOK, "arrived at up"}, "down": {exitFailure, "answered 500"}, "nobody": {exitUsage, "there are down, up, terminal"}} {
		if r := quidnunc(t, "receivers", "test", name, "--rules", rules); r.code != want.code || !strings.Contains(r.out+r.err, want.says) {
			t.Errorf("%s: %d %s%s", name, r.code, r.out, r.err)
		}
	}
	if len(d.of("/up")) != 1 {
		t.Errorf("%v", d.of("/up"))
	}
}

func TestTheAPIIsForThisMachineOrForThoseWithTheToken(t *testing.T) {
	inner := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for _, c := range []struct {
		name   string
		token  string
		change func(*http.Request)
		want   int
	}{
		{"by this machine's address", "", func(r *http.Request) { r.Host = "127.0.0.1:8610" }, http.StatusNoContent},
		{"by its name", "", func(r *http.Request) { r.Host = "localhost:8610" }, http.StatusNoContent},
		{"by a name that leads here", "", func(r *http.Request) { r.Host = "rebound.example" }, http.StatusForbidden},
		{"by a page elsewhere", "", func(r *http.Request) { r.Host = "127.0.0.1:8610"; r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
		{"without the token", "t0ken", func(*http.Request) {}, http.StatusUnauthorized},
		{"with another", "t0ken", func(r *http.Request) { r.Header.Set("Authorization", "Bearer t0kem") }, http.StatusUnauthorized},
		{"with the token", "t0ken", func(r *http.Request) { r.Header.Set("Authorization", "Bearer t0ken") }, http.StatusNoContent},
		{"with the token as a password", "t0ken", func(r *http.Request) { r.SetBasicAuth("reader", "t0ken") }, http.StatusNoContent},
	} {
		r := httptest.NewRequest(http.MethodPost, "/v1/alerts/x/ack", nil)
		c.change(r)
		w := httptest.NewRecorder()
		if guard(c.token, inner).ServeHTTP(w, r); w.Code != c.want {
			t.Errorf("%s: %d, want %d", c.name, w.Code, c.want)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("t0ken\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := apiConfig{Listen: "0.0.0.0:8610"}
	if _, err := open.token("q.yaml"); err == nil {
		t.Error("anybody may handle alerts")
	}
	open.TokenFile.path = filepath.Join(dir, "token")
	if token, err := open.token("q.yaml"); err != nil || token != "t0ken" {
		t.Error(token, err)
	}
}

// Every kind of receiver and every key of deploy/quidnunc.yaml's receivers can be read and made.
func TestTheReceiversOfTheExampleAreAllGood(t *testing.T) {
	example := readFile(t, "../../deploy/receivers.yaml")
	file := write(t, t.TempDir(), "receivers.yaml", example)
	for _, secret := range regexp.MustCompile(`\$\{env:(\w+)\}`).FindAllStringSubmatch(example, -1) {
		value := "https://hooks.example/secret"
		if strings.Contains(secret[1], "SECRET") {
			value = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
		}
		t.Setenv(secret[1], value)
	}
	if r := quidnunc(t, "rules", "check", file); r.code != exitOK {
		t.Fatalf("%s%s", r.out, r.err)
	}
	for _, kind := range []string{"webhook:", "alertmanager:", "email:", "slack:", "ntfy:", "atom:", "nats:", "terminal:", "digest:", "escalate:", "breaker:", "rate:", "patience:", "attempts:", "tz:", "title:", "text:", "secrets:", "private:", "stands:", "repeat:"} {
		if !strings.Contains(example, kind) {
			t.Errorf("the example lacks %s", kind)
		}
	}
}
