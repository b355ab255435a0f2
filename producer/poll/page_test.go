package poll_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/producer/fetch"
	"github.com/quidnunc-news/quidnunc/producer/poll"
)

func TestAFeedOfSummariesIsReadFromItsPages(t *testing.T) {
	long := strings.Repeat("The whole story. ", 100)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt":
			_, _ = io.WriteString(w, "User-agent: *\nDisallow: /private")
		case "/gone":
			w.WriteHeader(http.StatusNotFound)
		default:
			_, _ = io.WriteString(w, long)
		}
	}))
	t.Cleanup(site.Close)
	link := func(title, path string) string {
		return fmt.Sprintf("%s|%s%s|%s|Summary.", title, site.URL, path, title)
	}
	p := publish(t, answer{body: rss(link("One", "/one"))}, answer{body: rss(link("One", "/one"), link("Two", "/two"), link("Three", "/private/x"), link("Four", "/gone"))})
	r := newReader(t)
	client := r.cfg.Getter.(*fetch.Client)
	r.cfg.Robots = fetch.NewRobots(client, "quidnunc", r.cfg.Now)
	r.cfg.Page = func(got *fetch.Response) (string, bool) { return string(got.Body), true }
	_, first := r.poll(poll.Feed{URL: p.URL, Pages: true})
	if first[0].Text != "Summary." {
		t.Errorf("the pages of the baseline are read: %.40q", first[0].Text)
	}
	_, then := r.poll(poll.Feed{URL: p.URL, Pages: true})
	for _, a := range then {
		want := map[string]string{"Two": strings.TrimSpace(long), "Three": "Summary.", "Four": "Summary."}[a.Title]
		if a.Text != want {
			t.Errorf("%s: %.40q, want %.40q", a.Title, a.Text, want)
		}
	}
	if again, _ := r.poll(poll.Feed{URL: p.URL, Pages: true}); len(then) != 3 || len(again) != 0 {
		t.Errorf("%d, then %q", len(then), again)
	}
}
