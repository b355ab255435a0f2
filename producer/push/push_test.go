package push_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/push"
)

func door(t testing.TB, cfg push.Config) *push.Door {
	t.Helper()
	d, err := push.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// store is a producer with its log: it stores whatever comes, until the door closes.
func store(d *push.Door) <-chan []news.Article {
	done := make(chan []news.Article, 1)
	go func() {
		var all []news.Article
		for {
			a, err := d.Next(context.Background())
			if errors.Is(err, io.EOF) {
				done <- all
				return
			}
			all = append(all, a)
			d.Settled(a)
		}
	}()
	return done
}

func post(d http.Handler, body, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, push.Path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

// said is an answer in short.
func said(t testing.TB, w *httptest.ResponseRecorder) string {
	t.Helper()
	var body struct {
		Results []push.Result
		Error   string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%q: %v", w.Body, err)
	}
	out := fmt.Sprint(w.Code)
	for _, r := range body.Results {
		out += fmt.Sprintf(" %d:%d", r.Line, r.Status)
		if r.Reason != "" {
			out += "(" + string(r.Reason) + ")"
		}
	}
	if body.Error != "" {
		out += " error"
	}
	return out
}

func TestBodies(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"one article":                     {`{"text":"One."}`, "200 1:200"},
		"one article over many lines":     {"{\n \"text\": \"One.\"\n}\n", "200 1:200"},
		"a list":                          {`[{"text":"One."}, {"text":"Two."}]`, "200 1:200 2:200"},
		"one a line":                      {"{\"text\":\"One.\"}\n\n{\"text\":\"Two.\"}\n", "200 1:200 3:200"},
		"a bad line costs nobody else":    {"{\"text\":\"One.\"}\n{oops\n{\"text\":\"Two.\"}\n", "207 1:200 2:400(broken_line) 3:200"},
		"a bad article in a list as well": {`[{"text":"One."}, 7, {}]`, "207 1:200 2:400(broken_line) 3:400(empty)"},
		"only bad ones":                   {"{oops\n[\n", "400 1:400(broken_line) 2:400(broken_line)"},
		"nothing":                         {" ", "400 error"},
		"too much":                        {strings.Repeat(" ", 2000) + "x", "413 error"},
	} {
		t.Run(name, func(t *testing.T) {
			d := door(t, push.Config{MaxBody: 1000})
			done := store(d)
			if d := cmp.Diff(test.want, said(t, post(d, test.body, ""))); d != "" {
				t.Error(d)
			}
			d.Close()
			<-done
		})
	}
}

func TestOnlyPostAndOnlyWithTheToken(t *testing.T) {
	d := door(t, push.Config{Token: "secret"})
	done := store(d)
	for token, want := range map[string]string{"": "401 error", "secreT": "401 error", "secret": "200 1:200"} {
		if got := said(t, post(d, `{"text":"One."}`, token)); got != want {
			t.Errorf("token %q: %s, want %s", token, got, want)
		}
	}
	r := httptest.NewRequest(http.MethodGet, push.Path, nil)
	r.Header.Set("Authorization", "Bearer secret")
	w := httptest.NewRecorder()
	if d.ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET: %d %v", w.Code, w.Header())
	}
	d.Close()
	if n := len(<-done); n != 1 {
		t.Errorf("%d articles came through", n)
	}
}

func TestWhoFindsNoRoomIsToldToComeAgain(t *testing.T) {
	d := door(t, push.Config{Ahead: 2, Patience: time.Nanosecond, Wait: time.Nanosecond})
	w := post(d, "{\"text\":\"One.\"}\n{\"text\":\"Two.\"}\n{\"text\":\"Three.\"}\n{\"text\":\"Four.\"}", "")
	if got := said(t, w); got != "207 1:202 2:202 3:429 4:429" || w.Header().Get("Retry-After") == "" {
		t.Errorf("%s, Retry-After %q", got, w.Header().Get("Retry-After"))
	}
	w = post(d, `{"text":"Five."}`, "")
	if got := said(t, w); got != "429 1:429" || w.Header().Get("Retry-After") == "" {
		t.Errorf("%s, Retry-After %q", got, w.Header().Get("Retry-After"))
	}
}

func TestTheSameArticleTwiceIsOneArticle(t *testing.T) {
	d := door(t, push.Config{})
	done := store(d)
	body := `[{"id":"7","publisher":"P","text":"One."},{"id":"7","publisher":"P","text":"One."}]`
	for range 2 {
		if got := said(t, post(d, body, "")); got != "200 1:200 2:200" {
			t.Error(got)
		}
	}
	d.Close()
	ids := map[news.ID]bool{}
	for _, a := range <-done {
		ids[a.ID] = true
		if a.Source != "push" {
			t.Errorf("source %q", a.Source)
		}
	}
	if len(ids) != 1 {
		t.Errorf("%d IDs of one article", len(ids))
	}
}

// mailbox is an Inbox with one message.
type mailbox struct{ body, answer string }

func (m *mailbox) Answer(ctx context.Context, subject string, handle func(context.Context, []byte) []byte) error {
	if subject == push.Subject {
		m.answer = string(handle(ctx, []byte(m.body)))
	}
	return nil
}

func TestMessagesGoThroughTheSameDoor(t *testing.T) {
	d := door(t, push.Config{})
	done := store(d)
	m := &mailbox{body: `{"text":"One."}`}
	if err := d.Listen(t.Context(), m); err != nil || !strings.Contains(m.answer, `"status":200`) {
		t.Errorf("%s, %v", m.answer, err)
	}
	d.Close()
	<-done
}

func FuzzTake(f *testing.F) {
	f.Add([]byte(`[{"text":"One."},[`))
	f.Add([]byte("{\"text\":\"caf\xe9\"}\n{"))
	f.Add([]byte(strings.Repeat("[", 1000)))
	f.Add([]byte("\x7f\x00\x00\x04\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		d := door(t, push.Config{MaxBody: 1 << 16, Patience: time.Nanosecond, Wait: time.Nanosecond})
		for _, r := range d.Take(t.Context(), body) {
			if r.Status == 0 || r.Line == 0 {
				t.Errorf("%+v", r)
			}
		}
	})
}

func Example() {
	d, err := push.New(push.Config{})
	if err != nil {
		panic(err)
	}
	var source producer.Source = d // for the producer
	go func() {
		a, err := source.Next(context.Background())
		if err == nil {
			d.Settled(a) // as the producer does, once it is in the log
		}
	}()
	server := httptest.NewServer(d)
	defer server.Close()
	answer, err := http.Post(server.URL+push.Path, "application/json", strings.NewReader(`{"text":"Moscow speaks."}`))
	if err != nil {
		panic(err)
	}
	defer func() { _ = answer.Body.Close() }()
	fmt.Println(answer.Status)
	// Output: 200 OK
}
