package poll_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/producer/fetch"
	"github.com/quidnunc-news/quidnunc/producer/poll"
)

// A hub's signed word makes the feed due at once; a forged one does not.
func TestAHubTellsOfNews(t *testing.T) {
	var callback http.Handler
	ours := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { callback.ServeHTTP(w, r) }))
	t.Cleanup(ours.Close)
	asked := make(chan url.Values, 1)
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		asked <- r.PostForm
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(hub.Close)
	with := func(items ...string) string {
		return strings.Replace(rss(items...), "<item>", `<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="`+hub.URL+`"/>`+
			`<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="https://wire.example/topic"/><item>`, 1)
	}
	p := publish(t, answer{body: with(one)}, answer{body: with(two, one)})
	client := fetch.New(fetch.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	t.Cleanup(client.Close)
	times := make(chan time.Duration, 10)
	now := start
	poller, err := poll.New(poll.Config{
		Getter: client, Spacing: -1, Now: func() time.Time { now = now.Add(time.Minute); return now }, // every look at the clock takes a minute
		After:  func(d time.Duration) <-chan time.Time { times <- d; return nil },
		WebSub: poll.WebSub{Callback: ours.URL + "/", Secret: []byte("x"), Post: client.Post},
	})
	if err != nil {
		t.Fatal(err)
	}
	callback = poller
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := poller.Feed(poll.Feed{URL: p.URL, Every: 1000 * time.Hour})
	titles := make(chan string)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			a, err := s.Next(ctx)
			if err != nil {
				return
			}
			s.Settled(a)
			titles <- a.Title
		}
	}()
	if got := <-titles; got != "One" {
		t.Fatal(got)
	}
	form := <-asked
	at := form.Get("hub.callback")
	get := func(query string) (int, string) {
		res, err := http.Get(at + query) //nolint:gosec,noctx // this machine's
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(b)
	}
	if status, body := get("?hub.mode=subscribe&hub.topic=https://wire.example/topic&hub.challenge=abc"); status != http.StatusOK || body != "abc" {
		t.Errorf("challenge: %d %q", status, body)
	}
	if status, _ := get("?hub.mode=subscribe&hub.topic=https://other.example/&hub.challenge=abc"); status != http.StatusNotFound {
		t.Errorf("another topic: %d", status)
	}
	tell := func(signature string) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader("news"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Hub-Signature", signature)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	<-times // it waits now
	tell("sha256=" + hex.EncodeToString(make([]byte, 32)))
	tell("")
	if n := len(p.asked); n != 1 {
		t.Errorf("polled %d times after a forged word", n)
	}
	m := hmac.New(sha256.New, []byte(form.Get("hub.secret")))
	_, _ = io.WriteString(m, "news")
	tell("sha256=" + hex.EncodeToString(m.Sum(nil)))
	if got := <-titles; got != "Two" {
		t.Error(got)
	}
	cancel()
	<-done
}
