package feed_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/feed"
)

func TestCanonicalAddresses(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"host and scheme in lower case":    {"HTTPS://News.Example/A", "https://news.example/A"},
		"default ports go":                 {"https://news.example:443/a", "https://news.example/a"},
		"other ports stay":                 {"http://news.example:8080/a", "http://news.example:8080/a"},
		"no path is the root":              {"https://news.example", "https://news.example/"},
		"fragments and users go":           {"https://me:pw@news.example/a#b", "https://news.example/a"},
		"tracking goes, the rest stays":    {"https://news.example/a?id=1&utm_source=x&b=2&fbclid=y", "https://news.example/a?id=1&b=2"},
		"only tracking":                    {"https://news.example/a?utm_source=x", "https://news.example/a"},
		"the BBC's tracking":               {"https://bbc.example/a?at_medium=RSS&at_campaign=KARANGA", "https://bbc.example/a"},
		"an id that looks like a campaign": {"https://news.example/a?cid=7", "https://news.example/a?cid=7"},
		"an AMP path":                      {"https://news.example/a/amp/", "https://news.example/a"},
		"an AMP file":                      {"https://news.example/a.amp.html", "https://news.example/a.html"},
		"an AMP parameter":                 {"https://news.example/a?amp=1", "https://news.example/a"},
		"Google's AMP":                     {"https://www.google.com/amp/s/news.example/a.amp", "https://news.example/a"},
		"the AMP cache":                    {"https://news-example.cdn.ampproject.org/c/s/news.example/a", "https://news.example/a"},
		"a name in other letters":          {"https://bücher.example/a", "https://xn--bcher-kva.example/a"},
		"a trailing dot":                   {"https://news.example./a", "https://news.example/a"},
		"spaces around":                    {"  https://news.example/a\n", "https://news.example/a"},
		"another scheme":                   {"mailto:a@b.example", ""},
		"no host":                          {"/a/b", ""},
		"nothing":                          {"", ""},
	} {
		if got, err := feed.Canonical(c.in); got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"https://a.example/b?c=d#e", "http://[::1]:80/", "https://www.google.com/amp/s/a/b", "http://a/%zz", "http://x.\xff\x80n.amppro\x80\xff\xff\xff..", "http://a.../b", "http://x.cdn.ampproject.org/v/b.amp/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := feed.Canonical(s)
		if err != nil {
			return
		}
		if twice, err := feed.Canonical(once); err != nil || twice != once {
			t.Fatalf("%q → %q → %q, %v", s, once, twice, err)
		}
	})
}

func TestItemsAreToldApartByTheFirstThatCan(t *testing.T) {
	day := news.Interval{Start: time.Date(2021, 10, 18, 0, 0, 0, 0, time.UTC), End: time.Date(2021, 10, 19, 0, 0, 0, 0, time.UTC), Grain: news.Day}
	for name, c := range map[string]struct {
		items []feed.Item
		want  feed.Policy
	}{
		"each its link":                     {[]feed.Item{{Link: "https://a.example/1"}, {Link: "https://a.example/2"}}, feed.ByLink},
		"one link for all, each its guid":   {[]feed.Item{{Link: "https://a.example/", GUID: "1"}, {Link: "https://a.example/", GUID: "2"}}, feed.ByGUID},
		"links that differ in tracking":     {[]feed.Item{{Link: "https://a.example/?utm_source=1", GUID: "1"}, {Link: "https://a.example/?utm_source=2", GUID: "2"}}, feed.ByGUID},
		"guids and links that repeat":       {[]feed.Item{{Link: "https://a.example/1", GUID: "1"}, {Link: "https://a.example/2", GUID: "1"}, {Link: "https://a.example/1", GUID: "2"}}, feed.ByGUIDLink},
		"neither guid nor link":             {[]feed.Item{{Title: "a", Published: day}, {Title: "b", Published: day}}, feed.ByTitleDate},
		"nothing but text":                  {[]feed.Item{{Text: "a"}, {Text: "b"}}, feed.ByContent},
		"the same item twice counts as one": {[]feed.Item{{Link: "https://a.example/1"}, {Link: "https://a.example/1"}}, feed.ByLink},
	} {
		if got := feed.Detect(c.items); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Whatever the policy, an article's ID depends neither on the feed's address nor on when it was seen.
func TestAnIDIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := feed.Item{
			GUID: rapid.String().Draw(t, "guid"), Link: "https://a.example/" + rapid.StringMatching(`[a-z]{0,8}`).Draw(t, "path"),
			Title: rapid.String().Draw(t, "title"), Text: rapid.String().Draw(t, "text"),
		}
		p := rapid.SampledFrom([]feed.Policy{"", feed.ByLink, feed.ByGUID, feed.ByGUIDLink, feed.ByTitleDate, feed.ByContent}).Draw(t, "policy")
		a := feed.Document{}.Article(i, p, "https://x.example/rss", time.Unix(0, 0))
		b := feed.Document{}.Article(i, p, "https://y.example/rss", time.Unix(99, 0))
		if a.ID != b.ID || a.Revision != b.Revision {
			t.Fatalf("%s: %v and %v", p, a, b)
		}
	})
}

func TestOPMLComesBackAsItWent(t *testing.T) {
	want := []feed.Subscription{
		{URL: "https://a.example/rss?a=1&b=2", Title: "A & B", Site: "https://a.example/", Group: "World"},
		{URL: "https://b.example/rss", Title: "Été", Group: "World"},
		{URL: "https://c.example/rss", Title: "C"},
	}
	b, err := feed.WriteOPML(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := feed.ReadOPML(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for name, s := range map[string]string{
		"no OPML": "<rss/>", "nothing": "", "outlines in outlines": "<opml>" + strings.Repeat("<outline>", 100), "cut": "<opml><body><outline",
	} {
		if _, err := feed.ReadOPML([]byte(s)); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func TestAPageSaysWhereItsFeedsAre(t *testing.T) {
	page := `<!doctype html><head><base href="https://cdn.example/x/"><LINK REL='alternate' TYPE="application/rss+xml" title="All &amp; more" href=rss>
		<link rel="stylesheet" href="a.css"><link href="//b.example/atom" rel="alternate home" type="application/atom+xml">
		<link rel="alternate" hreflang="fr" href="/fr"><link rel="alternate" type="application/rss+xml" href="javascript:alert(1)"></head>`
	got := feed.Discover([]byte(page), "text/html; charset=utf-8", "https://a.example/")
	want := []feed.Subscription{
		{URL: "https://cdn.example/x/rss", Title: "All & more", Site: "https://a.example/"}, {URL: "https://b.example/atom", Site: "https://a.example/"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func Example() {
	doc, err := feed.Parse([]byte(`<rss version="2.0"><channel><title>Wire</title>
<item><title>Moscow suspends its mission to NATO</title><link>https://wire.example/1?utm_source=rss</link></item>
<item><title>Brussels regre`), "text/xml; charset=utf-8")
	if err != nil {
		panic(err)
	}
	for _, i := range doc.Items {
		a := doc.Article(i, feed.Detect(doc.Items), "https://wire.example/rss", time.Time{})
		fmt.Println(a.Title, a.URL)
	}
	for _, w := range doc.Warnings {
		fmt.Println(w.Name, w.Detail)
	}
	// Output:
	// Moscow suspends its mission to NATO https://wire.example/1
	// truncated it ends inside <item>
	// no_dates no item says when it was published
}
