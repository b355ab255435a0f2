package notify_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

var attemptTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func webhook(t *testing.T, cfg notify.WebhookConfig) *notify.Webhook {
	t.Helper()
	cfg.Name = "desk"
	cfg.Now = func() time.Time { return attemptTime }
	w, err := notify.NewWebhook(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func send(t *testing.T, w notify.Receiver) error {
	t.Helper()
	a := seed(t)
	return w.Send(t.Context(), notify.Notice{Alert: a, Key: a.Key(), Receiver: w.Name()})
}

func TestWebhookSendsTheAlertSigned(t *testing.T) {
	var got http.Header
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		got.Set("Method", r.Method)
		body, _ = io.ReadAll(r.Body)
	}))
	defer srv.Close()
	if err := send(t, webhook(t, notify.WebhookConfig{URL: srv.URL + "/hook", Secrets: []string{secret}, Names: names})); err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{
		"Method":            "POST",
		"Content-Type":      "application/json",
		"Idempotency-Key":   "k7q2m4xdabcdefghijklmnopqr.1",
		"webhook-id":        "k7q2m4xdabcdefghijklmnopqr_1",
		"webhook-timestamp": "1767323045",
		"webhook-signature": signed("k7q2m4xdabcdefghijklmnopqr_1", "1767323045", body),
	} {
		if got.Get(header) != want {
			t.Errorf("%s: %q, want %q", header, got.Get(header), want)
		}
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	golden(t, "payload", pretty.String()+"\n")
}

// signed is the receiver's side, as the specification tells it.
func signed(id, timestamp string, body []byte) string {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "." + string(body)))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestWebhookSaysTheSameEachTime(t *testing.T) {
	var bodies []string
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, r.Header.Get("Idempotency-Key")+string(b)+r.Header.Get("Webhook-Signature"))
	}))
	defer srv.Close()
	w := webhook(t, notify.WebhookConfig{URL: srv.URL})
	for range 2 {
		if err := send(t, w); err != nil {
			t.Fatal(err)
		}
	}
	if bodies[0] != bodies[1] || strings.HasSuffix(bodies[0], "=") {
		t.Errorf("different, or signed without a secret: %q", bodies)
	}
}

func TestWebhookAnswers(t *testing.T) {
	for _, c := range []struct {
		name      string
		status    int
		after     string // Retry-After
		delivered bool
		permanent bool
		wait      time.Duration
	}{
		{"200 is delivered", 200, "", true, false, 0},
		{"204 is delivered", 204, "", true, false, 0},
		{"301 would change the method and is not followed", 301, "", false, true, 0},
		{"400 will not mend", 400, "", false, true, 0},
		{"401 will not mend", 401, "", false, true, 0},
		{"408 may", 408, "", false, false, 0},
		{"410 is gone for good", 410, "5", false, true, 0},
		{"425 may", 425, "", false, false, 0},
		{"429 says when", 429, "7", false, false, 7 * time.Second},
		{"500 may", 500, "", false, false, 0},
		{"503 says when by a date", 503, attemptTime.Add(time.Minute).Format(http.TimeFormat), false, false, time.Minute},
		{"a date that is over is no reason to wait", 503, attemptTime.Add(-time.Minute).Format(http.TimeFormat), false, false, 0},
		{"nobody makes us wait for a year", 503, "31536000", false, false, time.Hour},
		{"nonsense is no reason to wait", 503, "soon", false, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				if c.after != "" {
					w.Header().Set("Retry-After", c.after)
				}
				w.WriteHeader(c.status)
			}))
			defer srv.Close()
			err := send(t, webhook(t, notify.WebhookConfig{URL: srv.URL}))
			if (err == nil) != c.delivered || pipeline.IsPermanent(err) != c.permanent {
				t.Errorf("error %v, permanent %v", err, pipeline.IsPermanent(err))
			}
			var later interface{ RetryAfter() time.Duration }
			if got := errors.As(err, &later); got != (c.wait > 0) || got && later.RetryAfter() != c.wait {
				t.Errorf("wait %v, want %v", later, c.wait)
			}
		})
	}
}

func TestWebhookRedirects(t *testing.T) {
	reached := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	defer other.Close()
	home := 0
	mux := http.NewServeMux()
	mux.HandleFunc("POST /home", func(_ http.ResponseWriter, r *http.Request) {
		if b, _ := io.ReadAll(r.Body); len(b) > 0 && r.Header.Get("Idempotency-Key") != "" {
			home++
		}
	})
	mux.Handle("/here", http.RedirectHandler("/home", http.StatusPermanentRedirect))
	mux.Handle("/away", http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	mux.Handle("/loop", http.RedirectHandler("/loop", http.StatusTemporaryRedirect))
	srv := httptest.NewServer(mux)
	defer srv.Close()

	if err := send(t, webhook(t, notify.WebhookConfig{URL: srv.URL + "/here"})); err != nil || home != 1 {
		t.Errorf("a 308 on the same host: %v, reached %d", err, home)
	}
	for _, path := range []string{"/away", "/loop"} {
		if err := send(t, webhook(t, notify.WebhookConfig{URL: srv.URL + path})); !pipeline.IsPermanent(err) || reached != 0 {
			t.Errorf("%s: %v, reached %d", path, err, reached)
		}
	}
}

func TestWebhookGivesUpInTime(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-release
	}))
	defer srv.Close()
	defer close(release)
	err := send(t, webhook(t, notify.WebhookConfig{URL: srv.URL, Web: notify.Web{Timeout: 50 * time.Millisecond}}))
	if !errors.Is(err, context.DeadlineExceeded) || pipeline.IsPermanent(err) {
		t.Errorf("%v", err)
	}
}

func TestWebhookReadsLittleOfALongAnswer(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 32<<10)); err != nil {
				return // the sender hung up, as it should
			}
		}
	}))
	defer srv.Close()
	if err := send(t, webhook(t, notify.WebhookConfig{URL: srv.URL, Web: notify.Web{Timeout: 10 * time.Second}})); err != nil {
		t.Error(err)
	}
}

func TestWebhookThatIsUnreachableIsTriedAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := send(t, webhook(t, notify.WebhookConfig{URL: "http://" + address})); err == nil || pipeline.IsPermanent(err) {
		t.Errorf("%v", err)
	}
}

func TestWebhookRefusesNamesThatLeadIntoOurNetwork(t *testing.T) {
	reached := false
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer srv.Close()
	named := strings.Replace(srv.URL, "127.0.0.1", "localhost.", 1) // resolves to loopback, and is not "localhost"
	if _, err := net.LookupHost("localhost."); err != nil {
		named = strings.Replace(srv.URL, "127.0.0.1", "LOCALHOST", 1)
	}
	err := send(t, webhook(t, notify.WebhookConfig{URL: named}))
	if err == nil || reached || !pipeline.IsPermanent(err) || !strings.Contains(err.Error(), "private: true") {
		t.Errorf("error %v, reached %v", err, reached)
	}
	if err := send(t, webhook(t, notify.WebhookConfig{URL: named, Web: notify.Web{Private: true}})); err != nil || !reached {
		t.Errorf("when allowed: %v, reached %v", err, reached)
	}
}

func TestWebhookErrorsTellNoSecrets(t *testing.T) {
	const token = "T0PSECRET"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://%zz/"+token)
		if r.URL.Query().Has("redirect") {
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, token)
	}))
	address := strings.TrimPrefix(srv.URL, "http://")
	var errs []error
	for _, u := range []string{"/" + token, "/?k=" + token, "/" + token + "?redirect"} {
		errs = append(errs, send(t, webhook(t, notify.WebhookConfig{URL: "http://user:" + token + "@" + address + u})))
	}
	srv.Close()
	errs = append(errs, send(t, webhook(t, notify.WebhookConfig{URL: "http://user:" + token + "@" + address + "/" + token})))
	for _, cfg := range []notify.WebhookConfig{
		{Name: "x", URL: "ftp://" + token},
		{Name: "x", URL: "http://h/%zz" + token},
		{Name: "x", URL: "http://h", Secrets: []string{token}},
	} {
		_, err := notify.NewWebhook(cfg)
		errs = append(errs, err)
	}
	for i, err := range errs {
		if err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestWebhookConfigIsCheckedAtTheDoor(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  notify.WebhookConfig
		ok   bool
	}{
		{"a name and an address suffice", notify.WebhookConfig{Name: "a", URL: "https://example.org/x"}, true},
		{"the secret's prefix may be missing", notify.WebhookConfig{Name: "a", URL: "https://example.org", Secrets: []string{secret[6:]}}, true},
		{"no name", notify.WebhookConfig{URL: "https://example.org/x"}, false},
		{"no address", notify.WebhookConfig{Name: "a"}, false},
		{"no host", notify.WebhookConfig{Name: "a", URL: "https:///x"}, false},
		{"another scheme", notify.WebhookConfig{Name: "a", URL: "file:///etc/passwd"}, false},
		{"a short secret", notify.WebhookConfig{Name: "a", URL: "https://example.org", Secrets: []string{"whsec_YWJj"}}, false},
	} {
		if _, err := notify.NewWebhook(c.cfg); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// The vector that the reference libraries of Standard Webhooks share.
func TestSignatureVector(t *testing.T) {
	got := notify.Sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, []byte(`{"test": 2432232314}`))
	if diff := cmp.Diff("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", got); diff != "" {
		t.Error(diff)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestTerminal(t *testing.T) {
	var out bytes.Buffer
	term := notify.NewTerminal(&out, notify.Style{Names: names})
	if err := send(t, term); err != nil {
		t.Fatal(err)
	}
	if want := notify.Render(seed(t), notify.Style{Names: names}) + "\n"; out.String() != want {
		t.Error(cmp.Diff(want, out.String()))
	}
	out.Reset()
	if err := send(t, term.Named("wall")); err != nil || !strings.Contains(out.String(), "sent to: wall\n") {
		t.Errorf("%v\n%s", err, out.String())
	}
	if err := send(t, notify.NewTerminal(broken{}, notify.Style{})); err == nil {
		t.Error("a broken terminal is no error")
	}
}
