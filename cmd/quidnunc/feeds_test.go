package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// wireService has a feed of n stories, and a page that offers it.
func wireService(t *testing.T, n *atomic.Int32) *httptest.Server {
	began := time.Now()
	mux := http.NewServeMux()
	mux.HandleFunc("/rss", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<rss version="2.0"><channel><title>Wire</title><link>https://wire.example/</link><language>fr</language>`)
		for i := range int(n.Load()) {
			fmt.Fprintf(w, `<item><title>La Russie suspend sa mission auprès de l’OTAN (%d)</title><link>https://wire.example/%d</link>`+
				`<description>La Russie suspend sa mission auprès de l’OTAN, acte %d.</description><pubDate>%s</pubDate></item>`,
				i, i, i, began.Add(-time.Duration(10-i)*time.Minute).Format(time.RFC1123Z))
		}
		fmt.Fprint(w, `</channel></rss>`)
	})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `<html><head><link rel="alternate" type="application/rss+xml" title="Wire" href="/rss"></head></html>`)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestAFeedIsFollowedAcrossRestarts(t *testing.T) {
	var stories atomic.Int32
	stories.Store(2)
	server := wireService(t, &stories)
	dir := t.TempDir()
	write(t, dir, "rules.yaml", "rules:\n- name: one\n  query: 'who:RUS whom:NATO'\n  when: {each: article}\n")
	file := write(t, dir, "quidnunc.yaml", "data: data\nfeeds: {allow: [127.0.0.1]}\nsources:\n- feed: "+server.URL+"/rss\nrules: [rules.yaml]\n")
	for n, want := range []string{
		"2 articles, 2 events (0 history), 0 alerts", // the baseline alerts nobody
		"nothing new: 0 articles",
		"1 articles,",
	} {
		if n == 2 {
			stories.Store(3)
		}
		r := quidnunc(t, "run", "--once", "--config", file, "--metrics", "off")
		if r.code != exitOK || !strings.Contains(r.out, want) && n != 1 {
			t.Fatalf("run %d: exit code %d, want %q in\n%s%s", n+1, r.code, want, r.out, r.err)
		}
		if n == 2 && !strings.Contains(r.out, "1 alerts") {
			t.Errorf("what is new alerts nobody:\n%s", r.out)
		}
	}
}

// A feed that only sums its articles up is read from their pages where that is configured, and robots.txt lets it be.
func TestTheArticlesOfSummariesAreReadFromTheirPages(t *testing.T) {
	const told = "La Russie suspend sa mission permanente auprès de l’OTAN."
	mux := http.NewServeMux()
	mux.HandleFunc("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "User-agent: quidnunc\nDisallow: /1\n")
	})
	mux.HandleFunc("/rss", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<rss version="2.0"><channel><title>Wire</title><language>fr</language>`)
		for i := range 2 {
			fmt.Fprintf(w, `<item><title>Dépêche %d</title><link>http://%s/%d</link><description>Une dépêche.</description></item>`, i, r.Host, i)
		}
		fmt.Fprint(w, `</channel></rss>`)
	})
	mux.HandleFunc("/{n}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<html lang="fr"><head><meta name="description" content="Une page."></head><body><nav>Accueil</nav><article><h1>Dépêche %s</h1><p>%s`+
			` Le ministre l’a annoncé lundi à Moscou, devant la presse, après des semaines de tensions.</p></article></body></html>`, r.PathValue("n"), told)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for pages, want := range map[bool]string{true: "2 articles, 1 events", false: "2 articles, 0 events"} {
		dir := t.TempDir()
		write(t, dir, "rules.yaml", "rules:\n- name: one\n  query: 'who:RUS whom:NATO'\n")
		file := write(t, dir, "quidnunc.yaml", fmt.Sprintf("data: data\nfeeds: {allow: [127.0.0.1], spacing: 1ms}\nsources:\n- feed: %s/rss\n  baseline: news\n  pages: %v\nrules: [rules.yaml]\n", server.URL, pages))
		r := quidnunc(t, "run", "--once", "--config", file, "--metrics", "off")
		if r.code != exitOK || !strings.Contains(r.out, want) {
			t.Errorf("pages: %v: exit code %d, want %q in\n%s%s", pages, r.code, want, r.out, r.err)
		}
	}
}

func TestTheListOfFeeds(t *testing.T) {
	var stories atomic.Int32
	stories.Store(1)
	server := wireService(t, &stories)
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	run := func(want string, code int, args ...string) string {
		t.Helper()
		r := quidnunc(t, append([]string{"feeds"}, args...)...)
		if r.code != code || !strings.Contains(r.out+r.err, want) {
			t.Fatalf("feeds %q: exit code %d, want %d and %q in\n%s%s", args, r.code, code, want, r.out, r.err)
		}
		return r.out
	}
	run("added  "+server.URL+"/rss  Wire", exitOK, "add", "--data", data, "--allow", "127.0.0.0/8", server.URL+"/")
	run("known", exitOK, "add", "--data", data, "--allow", "127.0.0.0/8", server.URL+"/rss")
	run("status 404", exitFailure, "add", "--data", data, "--allow", "127.0.0.0/8", server.URL+"/none")
	run("forbidden", exitFailure, "check", server.URL+"/rss")
	list := write(t, dir, "in.opml", `<opml version="1.0"><body><outline text="World"><outline text="A" xmlUrl="https://a.example/rss"/>`+
		`<outline text="bad" xmlUrl="file:///etc/passwd"/></outline></body></opml>`)
	run("1 added, 0 known before", exitOK, "import", "--data", data, list)
	run("not polled yet", exitOK, "list", "--data", data)
	out := filepath.Join(dir, "out.opml")
	run("", exitOK, "export", "--data", data, out)
	b, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(b), `xmlUrl="https://a.example/rss"`) || !strings.Contains(string(b), `text="World"`) {
		t.Fatalf("exported %s, %v", b, err)
	}
	run("removed", exitOK, "remove", "--data", data, "https://a.example/rss")
	run("not subscribed", exitUsage, "remove", "--data", data, "https://a.example/rss")

	write(t, dir, "rules.yaml", "rules:\n- name: one\n  query: 'who:RUS'\n")
	file := write(t, dir, "quidnunc.yaml", "data: data\nfeeds: {allow: [127.0.0.1], callback: 'https://q.example/hub', listen: '127.0.0.1:0'}\nsources:\n- subscribed: true\nrules: [rules.yaml]\n")
	if r := quidnunc(t, "run", "--once", "--config", file, "--metrics", "off"); r.code != exitOK || !strings.Contains(r.out, "1 articles") {
		t.Fatalf("exit code %d\n%s%s", r.code, r.out, r.err)
	}
	run(`"format":"rss 2.0"`, exitOK, "list", "--data", data, "--json")
}

func TestFeedsCheckSaysWhatIsReadAndWhatIsNot(t *testing.T) {
	dir := t.TempDir()
	cut := write(t, dir, "cut.xml", `<rss version="2.0"><channel><title>Wire</title><item><title>One</title><link>https://w.example/1</link></item><item><title>Tw`)
	page := write(t, dir, "page.html", `<html><link rel="alternate" type="application/atom+xml" href="https://w.example/atom">`)
	r := quidnunc(t, "feeds", "check", "--json", cut, page)
	if r.code != exitFailure {
		t.Errorf("exit code %d\n%s", r.code, r.err)
	}
	d := json.NewDecoder(strings.NewReader(r.out))
	var got, offers checked
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Items != 1 || got.Salvaged != 1 || got.Format != "rss 2.0" || len(got.Warnings) != 2 || got.Warnings[0].Name != "truncated" {
		t.Errorf("got %+v", got)
	}
	if err := d.Decode(&offers); err != nil || len(offers.Offers) != 1 || offers.Error == "" {
		t.Errorf("got %+v, %v", offers, err)
	}
	plain := quidnunc(t, "feeds", "check", cut)
	for _, want := range []string{"1 read, 1 of them salvaged", "warning   truncated ×1", "identity  link"} {
		if !strings.Contains(plain.out, want) {
			t.Errorf("%q is not in\n%s", want, plain.out)
		}
	}
}
