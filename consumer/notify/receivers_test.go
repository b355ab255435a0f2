package notify_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// heard is a server that keeps what it was sent and answers as told.
type heard struct {
	*httptest.Server
	header http.Header
	body   []byte
	path   string
	status int
}

func hear(t *testing.T) *heard {
	t.Helper()
	h := &heard{status: http.StatusOK}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.header, h.path = r.Header.Clone(), r.URL.Path
		h.body, _ = io.ReadAll(r.Body)
		w.WriteHeader(h.status)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *heard) decoded(t *testing.T) map[string]any {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(h.body, &got); err != nil {
		t.Fatalf("%v: %s", err, h.body)
	}
	return got
}

// Both of the keys that are active while a secret is rotated verify what was sent, by the makers' own library; a third
// does not.
func TestWebhookSignsWithBothKeysOfARotation(t *testing.T) {
	const other, third = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	h := hear(t)
	w, err := notify.NewWebhook(notify.WebhookConfig{Name: "desk", URL: h.URL, Secrets: []string{secret, other}})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(t, w); err != nil {
		t.Fatal(err)
	}
	for key, ok := range map[string]bool{secret: true, other: true, third: false} {
		verifier, err := standardwebhooks.NewWebhook(key)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(h.body, h.header); (err == nil) != ok {
			t.Errorf("%s: %v", key, err)
		}
	}
	if _, err := notify.NewWebhook(notify.WebhookConfig{Name: "desk", URL: h.URL, Secrets: []string{secret, other, third}}); err == nil {
		t.Error("three keys are taken")
	}
}

func TestGoneIsSaidSo(t *testing.T) {
	h := hear(t)
	h.status = http.StatusGone
	if err := send(t, webhook(t, notify.WebhookConfig{URL: h.URL})); !errors.Is(err, notify.ErrGone) || !pipeline.IsPermanent(err) {
		t.Errorf("%v", err)
	}
}

// A receiver that answers with a body of 10 GB is read no further than needed, and what it said counts.
func TestAnAnswerWithoutEndIsNotRead(t *testing.T) {
	written := make(chan int64, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n, _ := io.Copy(w, io.LimitReader(zeroes{}, 10<<30))
		written <- n
	}))
	defer srv.Close()
	if err := send(t, webhook(t, notify.WebhookConfig{URL: srv.URL})); err != nil {
		t.Fatal(err)
	}
	if n := <-written; n > 64<<20 {
		t.Errorf("%d bytes were read", n)
	}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestChatEscapesWordsFromOutside(t *testing.T) {
	h := hear(t)
	c, err := notify.NewChat(notify.ChatConfig{Name: "room", URL: h.URL + "/hook"})
	if err != nil {
		t.Fatal(err)
	}
	a := seed(t)
	a.Title = "<!channel> & <https://evil.example|click> ```"
	a.Article.URL = "https://example.org/a"
	if err := c.Send(t.Context(), notify.Notice{Alert: a, Key: a.Key(), Receiver: "room"}); err != nil {
		t.Fatal(err)
	}
	got := h.decoded(t)
	if strings.ContainsAny(string(h.body), "<>") || strings.Contains(string(h.body), `\u003c`) {
		t.Errorf("mark-up from outside: %s", h.body)
	}
	attachment := got["attachments"].([]any)[0].(map[string]any)
	if attachment["title_link"] != "https://example.org/a" || !strings.Contains(attachment["text"].(string), "suspends or breaks relations") ||
		h.header.Get("Idempotency-Key") != a.Key() {
		t.Errorf("%s\n%v", h.body, h.header)
	}
}

func TestNtfyTellsPriorityAndTopic(t *testing.T) {
	h := hear(t)
	c, err := notify.NewNtfy(notify.NtfyConfig{Name: "phone", URL: h.URL + "/sub/my-topic", Token: "tk_x"})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(t, c); err != nil {
		t.Fatal(err)
	}
	got := h.decoded(t)
	if got["topic"] != "my-topic" || got["priority"] != 4.0 || h.path != "/sub/" || h.header.Get("Authorization") != "Bearer tk_x" ||
		!strings.HasPrefix(got["title"].(string), "[HIGH] ") {
		t.Errorf("%s %v\n%s", h.path, h.header, h.body)
	}
	if _, err := notify.NewNtfy(notify.NtfyConfig{Name: "phone", URL: h.URL}); err == nil {
		t.Error("no topic is no error")
	}
}

func TestSubjectSaysTheSameAsAWebhook(t *testing.T) {
	var subject, id string
	var body []byte
	c, err := notify.NewSubject(notify.SubjectConfig{
		Name: "bus", Subject: "desk.alerts", Publish: func(_ context.Context, s, key string, _ map[string][]string, b []byte) error {
			subject, id, body = s, key, b
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(t, c); err != nil {
		t.Fatal(err)
	}
	want, err := notify.Payload(seed(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if subject != "desk.alerts" || id != seed(t).Key() || !cmp.Equal(want, body) {
		t.Errorf("%s %s %s", subject, id, cmp.Diff(string(want), string(body)))
	}
	for _, bad := range []string{"", "a..b", "a.*", "a.>", "$SYS.x", "a b"} {
		if _, err := notify.NewSubject(notify.SubjectConfig{Name: "bus", Subject: bad, Publish: func(context.Context, string, string, map[string][]string, []byte) error { return nil }}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestAtomShowsTheNewestRevisionOfEach(t *testing.T) {
	feed, err := notify.NewAtom(notify.AtomConfig{Name: "readers", Entries: 2})
	if err != nil {
		t.Fatal(err)
	}
	base := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tell := func(id string, revision, minute int) {
		a := seed(t)
		a.ID, a.Revision, a.Article.Title = news.ID(id), revision, "a \x01 control & <tag>"
		if err := feed.Send(t.Context(), notify.Notice{Alert: a, Key: a.Key(), Receiver: "readers", Queued: base.Add(time.Duration(minute) * time.Minute)}); err != nil {
			t.Fatal(err)
		}
	}
	tell("first", 1, 0)
	tell("second", 1, 1)
	tell("third", 1, 2)
	tell("second", 2, 3)
	tell("second", 1, 1) // it comes again, late
	w := httptest.NewRecorder()
	feed.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/feeds/readers.atom", nil))
	var got struct {
		Updated string `xml:"updated"`
		Entries []struct {
			ID        string `xml:"id"`
			Published string `xml:"published"`
			Updated   string `xml:"updated"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%v\n%s", err, w.Body)
	}
	var said []string
	for _, e := range got.Entries {
		said = append(said, fmt.Sprint(e.ID, " ", e.Published, " ", e.Updated))
	}
	want := []string{
		"urn:quidnunc:alert:second 2026-01-02T03:05:05Z 2026-01-02T03:07:05Z",
		"urn:quidnunc:alert:third 2026-01-02T03:06:05Z 2026-01-02T03:06:05Z",
	}
	if diff := cmp.Diff(want, said); diff != "" || got.Updated != "2026-01-02T03:07:05Z" {
		t.Errorf("%s\n%s", diff, w.Body)
	}
	again := httptest.NewRequest(http.MethodGet, "/", nil)
	again.Header.Set("If-Modified-Since", w.Header().Get("Last-Modified"))
	w = httptest.NewRecorder()
	if feed.ServeHTTP(w, again); w.Code != http.StatusNotModified {
		t.Errorf("asked again: %d", w.Code)
	}
}

func TestTemplates(t *testing.T) {
	for _, c := range []struct{ name, text, want, refused string }{
		{"fields and functions", `{{.Severity}} {{upper .Rule}} {{len .Events}}{{range .Events}} {{.What.Type}}{{end}}`, "high RUSSIA-NATO-RUPTURE 2 SANCTION SANCTION", ""},
		{"a date in a zone", `{{date "Europe/Paris" .At}}`, "2021-10-01 02:00 CEST", ""},
		{"what is longer than allowed is cut", `{{range .Events}}{{$.Text}}{{end}}`, "", ""},
		{"an unknown field", `{{.Nobody}}`, "", "Nobody"},
		{"an unknown function", `{{env "HOME"}}`, "", "env"},
		{"a format may ask for a gigabyte", `{{printf "%1000000000d" 1}}`, "", "not for messages"},
		{"a loop over a number may last for ever", `{{range 1000000000}}{{end}}`, "", "loop over a number"},
		{"a loop over a variable may too", `{{$n := 1000000000}}{{range $n}}{{end}}`, "", "loop over a number"},
		{"templates may call each other for ever", `{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`, "", "not for messages"},
		{"loops within loops multiply", `{{range .Events}}{{range .Who}}{{range .Sectors}}{{range $.Events}}{{end}}{{end}}{{end}}{{end}}`, "", "loops within each other"},
		{"broken", `{{.Rule`, "", "unclosed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			made, err := notify.ParseTemplate(c.text, 120)
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("error %v, want %q", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := made.Text(notify.Notice{Alert: seed(t), Receiver: "desk"}, notify.Style{}, "otherwise")
			if c.want != "" && got != c.want || len(got) > 120 {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	first, err := notify.ParseTemplate(`{{(index .Events 0).What.Type}}`, 100)
	if err != nil {
		t.Fatal(err)
	}
	if got := first.Text(notify.Notice{Alert: news.Alert{Rule: "words-only"}}, notify.Style{}, "otherwise"); got != "otherwise" {
		t.Errorf("an alert without events: %q", got)
	}
}
