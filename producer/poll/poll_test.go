package poll_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/feed"
	"github.com/quidnunc-news/quidnunc/producer/fetch"
	"github.com/quidnunc-news/quidnunc/producer/poll"
)

var start = time.Date(2021, 10, 18, 12, 0, 0, 0, time.UTC)

// answer is what a publisher sends once.
type answer struct {
	status int // 0: 200
	header map[string]string
	body   string
}

// publisher sends its answers one after the other, the last for ever, and remembers what it was asked.
type publisher struct {
	*httptest.Server
	mu      sync.Mutex
	answers []answer
	asked   []http.Header
}

func publish(t *testing.T, answers ...answer) *publisher {
	p := &publisher{answers: answers}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked = append(p.asked, r.Header)
		a := p.answers[0]
		if len(p.answers) > 1 {
			p.answers = p.answers[1:]
		}
		for k, v := range a.header {
			w.Header().Set(k, strings.ReplaceAll(v, "HERE", p.URL))
		}
		if a.status != 0 {
			w.WriteHeader(a.status)
		}
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(p.Close)
	return p
}

// rss is a feed of items "guid|link|title|text".
func rss(items ...string) string {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Wire</title><link>https://wire.example/</link>`)
	ages := map[string]time.Duration{"One": 0, "Two": time.Hour, "Three": 2 * time.Hour, "Four": -time.Hour}
	for _, i := range items {
		f := strings.Split(i, "|")
		fmt.Fprintf(&b, "<item><guid isPermaLink='false'>%s</guid><link>%s</link><title>%s</title><description>%s</description><pubDate>%s</pubDate></item>",
			f[0], f[1], f[2], f[3], start.Add(-ages[f[2]]).Format(time.RFC1123Z))
	}
	return b.String() + "</channel></rss>"
}

// shelf is a Store that can be looked into.
type shelf map[string][]byte

func (s shelf) Load(_ context.Context, key string) ([]byte, error) { return s[key], nil }
func (s shelf) Save(_ context.Context, key string, value []byte) error {
	s[key] = value
	return nil
}

func (s shelf) state(t *testing.T, url string) poll.State {
	t.Helper()
	var out poll.State
	if err := json.Unmarshal(s[poll.Key(url)], &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// reader polls a feed again and again, each time as a new process would.
type reader struct {
	t     *testing.T
	cfg   poll.Config
	shelf shelf
	now   time.Time
}

func newReader(t *testing.T) *reader {
	r := &reader{t: t, shelf: shelf{}, now: start}
	client := fetch.New(fetch.Config{Agent: "quidnunc test", Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	t.Cleanup(client.Close)
	r.cfg = poll.Config{
		Getter: client, Store: r.shelf, Once: true, Now: func() time.Time { return r.now }, Random: func() float64 { return 0.5 },
		After: func(d time.Duration) <-chan time.Time {
			r.now = r.now.Add(d)
			c := make(chan time.Time)
			close(c)
			return c
		},
	}
	return r
}

// poll polls once and returns "origin title" of each article, and the articles.
func (r *reader) poll(f poll.Feed) ([]string, []news.Article) {
	r.t.Helper()
	p, err := poll.New(r.cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	s := p.Feed(f)
	var told []string
	var articles []news.Article
	for {
		a, err := s.Next(r.t.Context())
		if errors.Is(err, io.EOF) {
			return told, articles
		}
		if err != nil {
			r.t.Fatal(err)
		}
		told = append(told, string(s.Origin())+" "+a.Title)
		articles = append(articles, a)
		s.Settled(a)
	}
}

const (
	one   = "g1|https://wire.example/1|One|Text one."
	two   = "g2|https://wire.example/2|Two|Text two."
	three = "g3|https://wire.example/3|Three|Text three."
)

func TestWhatAFeedTellsFromPollToPoll(t *testing.T) {
	for name, c := range map[string]struct {
		feed    poll.Feed
		answers []answer
		want    [][]string
	}{
		"what stands in it at first is history": {
			answers: []answer{{body: rss(one, two)}}, want: [][]string{{"baseline Two", "baseline One"}, nil},
		},
		"what stands in it at first is news where configured": {
			feed: poll.Feed{News: true}, answers: []answer{{body: rss(one)}}, want: [][]string{{"live One"}},
		},
		"what comes later is news": {
			answers: []answer{{body: rss(one)}, {body: rss(two, one)}}, want: [][]string{{"baseline One"}, {"live Two"}, nil},
		},
		"an empty feed's first item is news": {
			answers: []answer{{body: rss()}, {body: rss(one)}}, want: [][]string{nil, {"live One"}},
		},
		"a failure before the first answer leaves the baseline": {
			answers: []answer{{status: 500}, {body: rss(one)}}, want: [][]string{nil, {"baseline One"}},
		},
		"an edited article is told again": {
			answers: []answer{{body: rss(one, two)}, {body: rss("g1|https://wire.example/1|One|Text one, corrected.", two)}},
			want:    [][]string{{"baseline Two", "baseline One"}, {"live One"}, nil},
		},
		"tracking parameters are no other article": {
			answers: []answer{{body: rss(one)}, {body: rss("g1|https://WIRE.example:443/1?utm_source=x#top|One|Text one.")}},
			want:    [][]string{{"baseline One"}, nil},
		},
		"guids that change with every poll are seen through": {
			answers: []answer{{body: rss(one, two, three)}, {body: rss("x1|https://wire.example/1|One|Text one.", "x2|https://wire.example/2|Two|Text two.", "x3|https://wire.example/3|Three|Text three.")}},
			want:    [][]string{{"baseline Three", "baseline Two", "baseline One"}, nil},
		},
		"links that change with every poll are seen through": {
			answers: []answer{
				{body: rss("g1|https://wire.example/a?s=1|One|1", "g2|https://wire.example/b?s=1|Two|2", "g3|https://wire.example/c?s=1|Three|3")},
				{body: rss("g1|https://wire.example/a?s=2|One|1", "g2|https://wire.example/b?s=2|Two|2", "g3|https://wire.example/c?s=2|Three|3")},
				{body: rss("g4|https://wire.example/d?s=3|Four|4", "g1|https://wire.example/a?s=3|One|1", "g2|https://wire.example/b?s=3|Two|2", "g3|https://wire.example/c?s=3|Three|3")},
			},
			want: [][]string{{"baseline Three", "baseline Two", "baseline One"}, nil, {"live Four"}},
		},
		"one link for all is told apart by guid": {
			answers: []answer{{body: rss("g1|https://wire.example/|One|1", "g2|https://wire.example/|Two|2")}, {body: rss("g3|https://wire.example/|Three|3", "g1|https://wire.example/|One|1")}},
			want:    [][]string{{"baseline Two", "baseline One"}, {"live Three"}},
		},
		"a page instead of a feed loses nothing": {
			answers: []answer{{body: rss(one)}, {body: "<html>maintenance</html>"}, {body: rss(two, one)}}, want: [][]string{{"baseline One"}, nil, {"live Two"}},
		},
		"a feed cut in the middle tells the rest later": {
			answers: []answer{{body: rss(one)}, {body: strings.SplitAfter(rss(two, three, one), "</item>")[0], header: map[string]string{"ETag": `"x"`}}, {body: rss(two, three, one)}},
			want:    [][]string{{"baseline One"}, {"live Two"}, {"live Three"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := publish(t, c.answers...)
			r := newReader(t)
			c.feed.URL = p.URL
			for n, want := range c.want {
				got, _ := r.poll(c.feed)
				if d := cmp.Diff(want, got); d != "" {
					t.Fatalf("poll %d (-want +got):\n%s", n+1, d)
				}
				r.now = r.now.Add(time.Hour)
			}
		})
	}
}

func TestTheSameArticleHasTheSameIDInEveryFeed(t *testing.T) {
	r := newReader(t)
	_, a := r.poll(poll.Feed{URL: publish(t, answer{body: rss(one)}).URL})
	_, b := r.poll(poll.Feed{URL: publish(t, answer{body: rss("other|https://wire.example/1?utm_medium=rss|One|Text one.")}).URL})
	if a[0].ID != b[0].ID {
		t.Errorf("%s and %s", a[0].ID, b[0].ID)
	}
	edited := newReader(t)
	p := publish(t, answer{body: rss(one)}, answer{body: rss("g1|https://wire.example/1|One|New text.")})
	_, before := edited.poll(poll.Feed{URL: p.URL})
	_, after := edited.poll(poll.Feed{URL: p.URL})
	if before[0].ID != after[0].ID || before[0].Revision == after[0].Revision {
		t.Errorf("edited: %v, then %v", before[0].Revision, after[0].Revision)
	}
}

func TestAWithdrawnArticleIsCorrected(t *testing.T) {
	entry := `<entry><id>urn:1</id><title>One</title><link href="https://wire.example/1"/><updated>2021-10-18T08:00:00Z</updated></entry>`
	atom := func(inside string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>Wire</title>` + inside + `</feed>`
	}
	tomb := `<at:deleted-entry ref="urn:1" when="2021-10-18T09:00:00Z"/><at:deleted-entry ref="urn:never" when="2021-10-18T09:00:00Z"/>`
	p := publish(t, answer{body: atom(entry)}, answer{body: atom(tomb)}, answer{body: atom(tomb + " ")})
	r := newReader(t)
	var told []news.Correction
	r.cfg.Withdraw = func(_ context.Context, c news.Correction) error { told = append(told, c); return nil }
	_, articles := r.poll(poll.Feed{URL: p.URL})
	for range 2 {
		r.poll(poll.Feed{URL: p.URL})
	}
	if len(told) != 1 || told[0].Article != articles[0].ID {
		t.Errorf("told %+v", told)
	}
}

func TestPoliteness(t *testing.T) {
	good := rss(one, two, three)
	for name, c := range map[string]struct {
		feed    poll.Feed
		answers []answer
		want    []time.Duration // to the next poll
		check   func(t *testing.T, s poll.State, asked []http.Header)
	}{
		"a feed is asked in half its own rhythm": {answers: []answer{{body: good}}, want: []time.Duration{30 * time.Minute}},
		"a feed without dates, in the standard":  {answers: []answer{{body: `<rss><channel><item><title>x</title></item></channel></rss>`}}, want: []time.Duration{15 * time.Minute}},
		"not sooner than its ttl":                {answers: []answer{{body: strings.Replace(good, "<link>", "<ttl>120</ttl><link>", 1)}}, want: []time.Duration{2 * time.Hour}},
		"not sooner than Cache-Control allows":   {answers: []answer{{body: good, header: map[string]string{"Cache-Control": "public, max-age=3600"}}}, want: []time.Duration{time.Hour}},
		"a ttl of a year is not believed":        {answers: []answer{{body: strings.Replace(good, "<link>", "<ttl>525600</ttl><link>", 1)}}, want: []time.Duration{6 * time.Hour}},
		"as configured, whatever it wishes":      {feed: poll.Feed{Every: time.Minute}, answers: []answer{{body: strings.Replace(good, "<link>", "<ttl>120</ttl><link>", 1)}}, want: []time.Duration{time.Minute}},
		"twice as long after each failure":       {answers: []answer{{status: 500}}, want: []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour, 24 * time.Hour, 24 * time.Hour}},
		"a success ends the back-off":            {answers: []answer{{status: 404}, {status: 404}, {body: good}}, want: []time.Duration{30 * time.Minute, time.Hour, 30 * time.Minute}},
		"a 429 with seconds is obeyed":           {feed: poll.Feed{Every: time.Minute}, answers: []answer{{status: 429, header: map[string]string{"Retry-After": "7200"}}}, want: []time.Duration{2 * time.Hour}},
		"a 503 with a date is obeyed":            {answers: []answer{{status: 503, header: map[string]string{"Retry-After": start.Add(3 * time.Hour).Format(http.TimeFormat)}}}, want: []time.Duration{3 * time.Hour}},
		"a 429 without Retry-After is a failure": {answers: []answer{{status: 429}}, want: []time.Duration{30 * time.Minute}},
		"validators are sent back, and kept of a 304": {
			answers: []answer{{body: good, header: map[string]string{"ETag": `"1"`, "Last-Modified": "Mon, 18 Oct 2021 08:00:00 GMT"}}, {status: 304, header: map[string]string{"ETag": `"2"`}}, {status: 304}},
			want:    []time.Duration{30 * time.Minute, 30 * time.Minute, 30 * time.Minute},
			check: func(t *testing.T, s poll.State, asked []http.Header) {
				got := []string{asked[0].Get("If-None-Match"), asked[1].Get("If-None-Match"), asked[2].Get("If-None-Match"), asked[2].Get("If-Modified-Since")}
				if d := cmp.Diff([]string{"", `"1"`, `"2"`, "Mon, 18 Oct 2021 08:00:00 GMT"}, got); d != "" {
					t.Error(d)
				}
			},
		},
		"validators are kept of a 200 with the same body": {
			answers: []answer{{body: good, header: map[string]string{"ETag": `"1"`}}, {body: good, header: map[string]string{"ETag": `"2"`}}},
			want:    []time.Duration{30 * time.Minute, 30 * time.Minute},
			check: func(t *testing.T, s poll.State, _ []http.Header) {
				if s.ETag != `"2"` {
					t.Errorf("etag %s", s.ETag)
				}
			},
		},
		"a truncated feed has no validators": {
			answers: []answer{{body: strings.TrimSuffix(good, "</channel></rss>"), header: map[string]string{"ETag": `"1"`}}},
			want:    []time.Duration{30 * time.Minute},
			check: func(t *testing.T, s poll.State, _ []http.Header) {
				if s.ETag != "" {
					t.Errorf("etag %s", s.ETag)
				}
			},
		},
		"a feed that is always cut in the same place is asked with validators": {
			answers: []answer{{body: strings.TrimSuffix(good, "</channel></rss>"), header: map[string]string{"ETag": `"1"`}}},
			want:    []time.Duration{30 * time.Minute, 30 * time.Minute},
			check: func(t *testing.T, s poll.State, _ []http.Header) {
				if s.ETag != `"1"` {
					t.Errorf("etag %s", s.ETag)
				}
			},
		},
		"a 410 ends it": {
			answers: []answer{{body: good}, {status: 410}, {body: good}}, want: []time.Duration{30 * time.Minute, time.Hour, time.Hour},
			check: func(t *testing.T, s poll.State, asked []http.Header) {
				if !s.Gone || len(asked) != 2 {
					t.Errorf("gone %v, asked %d times", s.Gone, len(asked))
				}
			},
		},
		"who asks is told": {
			answers: []answer{{body: good}}, want: []time.Duration{30 * time.Minute},
			check: func(t *testing.T, _ poll.State, asked []http.Header) {
				if got := asked[0].Get("User-Agent"); got != "quidnunc test" {
					t.Errorf("agent %q", got)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := publish(t, c.answers...)
			r := newReader(t)
			c.feed.URL = p.URL
			for n, want := range c.want {
				r.poll(c.feed)
				s := r.shelf.state(t, p.URL)
				if got := s.Due.Sub(s.Polled); got != want {
					t.Fatalf("after poll %d: %s, want %s", n+1, got, want)
				}
			}
			if c.check != nil {
				c.check(t, r.shelf.state(t, p.URL), p.asked)
			}
		})
	}
}

// A storm of 429 is answered with silence towards the whole host, not only for the feed that was told.
func TestAHostThatWantsRestGetsIt(t *testing.T) {
	var asked []time.Time
	r := newReader(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked = append(asked, r.now)
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	t.Cleanup(server.Close)
	p, err := poll.New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/a", "/b", "/c"} {
		if _, err := p.Feed(poll.Feed{URL: server.URL + path}).Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
	want := []time.Time{start, start.Add(10 * time.Minute), start.Add(20 * time.Minute)}
	if d := cmp.Diff(want, asked); d != "" {
		t.Error(d)
	}
}

func TestAFeedMovesAfterSeveralSightings(t *testing.T) {
	to := publish(t, answer{body: rss(one)})
	gone := answer{status: 301, header: map[string]string{"Location": to.URL + "/new"}}
	from := publish(t, gone, gone, answer{body: rss(one)}, gone, gone, gone)
	r := newReader(t)
	for n, want := range []string{"", "", "", "", "", to.URL + "/new"} {
		r.poll(poll.Feed{URL: from.URL})
		if got := r.shelf.state(t, from.URL).Address; got != want {
			t.Fatalf("after poll %d: %q, want %q", n+1, got, want)
		}
	}
	asked := len(from.asked)
	r.poll(poll.Feed{URL: from.URL})
	if len(from.asked) != asked {
		t.Error("asked at the old address")
	}
}

func TestAFeedThatMovesToAForbiddenAddressStays(t *testing.T) {
	from := publish(t, answer{status: 308, header: map[string]string{"Location": "http://169.254.169.254/feed"}})
	r := newReader(t)
	for range 5 {
		r.poll(poll.Feed{URL: from.URL})
	}
	if s := r.shelf.state(t, from.URL); s.Address != "" || !strings.Contains(s.Problem, string(fetch.Forbidden)) {
		t.Errorf("address %q, problem %q", s.Address, s.Problem)
	}
}

// What is not settled is not remembered: a process that dies in between tells it again.
func TestNothingIsForgottenBeforeItIsSettled(t *testing.T) {
	p := publish(t, answer{body: rss(one, two)})
	r := newReader(t)
	made, err := poll.New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := made.Feed(poll.Feed{URL: p.URL})
	a, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Settled(a)
	if _, err = s.Next(t.Context()); err != nil { // and dies
		t.Fatal(err)
	}
	if got, _ := r.poll(poll.Feed{URL: p.URL}); len(got) != 2 {
		t.Errorf("told again: %q, want both", got)
	}
	if got, _ := r.poll(poll.Feed{URL: p.URL}); len(got) != 0 {
		t.Errorf("told again: %q, want none", got)
	}
}

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, rss("g1|https://wire.example/1|Moscow suspends its mission to NATO|It said so on Monday."))
	}))
	defer server.Close()
	client := fetch.New(fetch.Config{Agent: "example", Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	defer client.Close()
	p, err := poll.New(poll.Config{Getter: client, Once: true})
	if err != nil {
		panic(err)
	}
	s := p.Feed(poll.Feed{URL: server.URL, Identity: feed.ByLink})
	for {
		a, err := s.Next(context.Background())
		if err != nil {
			break
		}
		fmt.Println(s.Origin(), a.Title)
		s.Settled(a)
	}
	// Output: baseline Moscow suspends its mission to NATO
}
