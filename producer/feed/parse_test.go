package feed_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/producer/feed"
)

const rssHead = `<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title><link>https://wire.example/</link>`

func item(n int) string {
	return fmt.Sprintf(`<item><title>Story %d</title><link>https://wire.example/%d</link><guid>g%d</guid>`+
		`<pubDate>Mon, 18 Oct 2021 08:0%d:00 GMT</pubDate><description>Text %d.</description></item>`, n, n, n, n%10, n)
}

func utf16of(s string, big bool) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return string(out)
}

func TestWhatIsWholeIsReadAndWhatIsWrongIsNamed(t *testing.T) {
	whole := rssHead + item(1) + item(2) + `</channel></rss>`
	accents := rssHead + `<item><title>Été à Évian</title><link>https://wire.example/1</link></item></channel></rss>`
	latin := strings.NewReplacer("É", "\xc9", "é", "\xe9", "à", "\xe0").Replace(accents)
	cases := map[string]struct {
		body, contentType string
		titles            []string
		warnings          []feed.Name
		salvaged          int
	}{
		"a good feed gives its items":                  {body: whole, titles: []string{"Story 1", "Story 2"}},
		"a feed cut inside an item gives those before": {body: rssHead + item(1) + item(2)[:60], titles: []string{"Story 1"}, warnings: []feed.Name{feed.Truncated}, salvaged: 1},
		"a feed cut behind its last item gives all":    {body: rssHead + item(1) + item(2), titles: []string{"Story 1", "Story 2"}, warnings: []feed.Name{feed.Truncated}, salvaged: 2},
		"an item that never ends costs only itself":    {body: rssHead + `<item><title>Lost` + item(2) + `</channel></rss>`, titles: []string{"Story 2"}, warnings: []feed.Name{feed.Malformed}},
		"an item too deep costs only itself":           {body: rssHead + item(1) + "<item>" + strings.Repeat("<b>", 300) + strings.Repeat("</b>", 300) + "</item>" + item(2) + "</channel></rss>", titles: []string{"Story 1", "Story 2"}, warnings: []feed.Name{feed.TooDeep}},
		"entities are refused and the items are read":  {body: `<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>` + strings.TrimPrefix(whole, `<?xml version="1.0"?>`), titles: []string{"Story 1", "Story 2"}, warnings: []feed.Name{feed.Entities}},
		"control characters are taken out":             {body: strings.Replace(whole, "Story 1", "Sto\x0bry\x00 1", 1), titles: []string{"Story 1", "Story 2"}, warnings: []feed.Name{feed.IllegalChars}},
		"windows-1252 by its declaration":              {body: strings.Replace(latin, `"1.0"`, `"1.0" encoding="windows-1252"`, 1), titles: []string{"Été à Évian"}, warnings: []feed.Name{feed.NoDates}},
		"latin-1 by its HTTP header":                   {body: latin, contentType: "text/xml; charset=iso-8859-1", titles: []string{"Été à Évian"}, warnings: []feed.Name{feed.NoDates}},
		"windows-1252 that nobody declares":            {body: latin, titles: []string{"Été à Évian"}, warnings: []feed.Name{feed.GuessedEncoding, feed.NoDates}},
		"utf-8 that is declared as latin-1":            {body: strings.Replace(accents, `"1.0"`, `"1.0" encoding="iso-8859-1"`, 1), titles: []string{"Été à Évian"}, warnings: []feed.Name{feed.WrongEncoding, feed.NoDates}},
		"an encoding that nobody knows":                {body: strings.Replace(accents, `"1.0"`, `"1.0" encoding="klingon"`, 1), titles: []string{"Été à Évian"}, warnings: []feed.Name{feed.WrongEncoding, feed.NoDates}},
		"utf-16 with a mark":                           {body: "\xff\xfe" + utf16of(accents, false), titles: []string{"Été à Évian"}, warnings: []feed.Name{feed.NoDates}},
		"utf-16, big end first, without a mark":        {body: utf16of(accents, true), titles: []string{"Été à Évian"}, warnings: []feed.Name{feed.NoDates}},
		"a byte that is not utf-8 is windows-1252":     {body: strings.Replace(accents, `"1.0"`, `"1.0" encoding="utf-8"`, 1) + "", titles: []string{"Été à Évian"}, warnings: []feed.Name{feed.NoDates}},
		"parts in two encodings":                       {body: strings.Replace(strings.Replace(accents, `"1.0"`, `"1.0" encoding="utf-8"`, 1), "Évian", "\xc9vian", 1), titles: []string{"Été à Évian"}, warnings: []feed.Name{feed.BadEncoding, feed.NoDates}},
		"a stray < in a title":                         {body: strings.Replace(whole, "Story 1", "1 < 2", 1), titles: []string{"1 < 2", "Story 2"}, warnings: []feed.Name{feed.StrayMarkup}},
		"words before and behind the feed":             {body: "<!-- a proxy -->\nWarning: mysql\n" + whole + "\n<script>x</script>", titles: []string{"Story 1", "Story 2"}},
		"a date that is none":                          {body: strings.Replace(whole, "Mon, 18 Oct 2021 08:01:00 GMT", "yesterday", 1), titles: []string{"Story 1", "Story 2"}, warnings: []feed.Name{feed.BadDate}},
		"an item with nothing in it":                   {body: rssHead + "<item></item>" + item(1) + "</channel></rss>", titles: []string{"Story 1"}, warnings: []feed.Name{feed.EmptyItem}},
		"a feed without items":                         {body: rssHead + "</channel></rss>", warnings: []feed.Name{feed.NoItems}},
		"an unknown entity":                            {body: strings.Replace(whole, "Story 1", "A&nbsp;B &unknown; C", 1), titles: []string{"A B &unknown; C", "Story 2"}},
		"atom":                                         {body: `<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><id>urn:1</id><title type="html">&lt;b&gt;Bold&lt;/b&gt;</title><updated>2021-10-18T08:00:00Z</updated></entry></feed>`, titles: []string{"Bold"}},
		"atom cut in its second entry":                 {body: `<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:title>A</a:title><a:entry><a:id>urn:1</a:id><a:title>One</a:title><a:updated>2021-10-18T08:00:00Z</a:updated></a:entry><a:entry><a:id>`, titles: []string{"One"}, warnings: []feed.Name{feed.Truncated}, salvaged: 1},
		"rdf":                                          {body: `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel><title>R</title></channel><item><title>One</title><link>https://r.example/1</link></item></rdf:RDF>`, titles: []string{"One"}, warnings: []feed.Name{feed.NoDates}},
		"json feed":                                    {body: `{"version":"https://jsonfeed.org/version/1.1","title":"J","items":[{"id":"1","title":"One","date_published":"2021-10-18T08:00:00Z"}]}`, titles: []string{"One"}},
		"json feed cut in its second item":             {body: `{"version":"https://jsonfeed.org/version/1.1","title":"J","items":[{"id":"1","title":"One","date_published":"2021-10-18T08:00:00Z"},{"id":"2","ti`, titles: []string{"One"}, warnings: []feed.Name{feed.Truncated}, salvaged: 1},
		"json feed with an item that is no JSON":       {body: `{"version":"https://jsonfeed.org/version/1.1","title":"J","items":[{"id":"1",title:"No"},{"id":"2","title":"Two","date_published":"2021-10-18T08:00:00Z"}]}`, titles: []string{"Two"}, warnings: []feed.Name{feed.Malformed, feed.BrokenItem}, salvaged: 1},
		"json feed in brackets without end":            {body: `{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","title":"One","date_published":"2021-10-18T08:00:00Z"},{"x":` + strings.Repeat("[", 1000), titles: []string{"One"}, warnings: []feed.Name{feed.TooDeep, feed.Malformed}, salvaged: 1},
		"more items than anybody needs":                {body: rssHead + strings.Repeat(item(1), 5001) + "</channel></rss>", titles: slices.Repeat([]string{"Story 1"}, 5000), warnings: []feed.Name{feed.TooMany, feed.Truncated}, salvaged: 5000},
		"mismatched tags around good items":            {body: rssHead + "<image><url>" + item(1) + item(2) + "</channel></rss>", titles: []string{"Story 1", "Story 2"}, warnings: []feed.Name{feed.Malformed}, salvaged: 2},
		"html in a description that is not escaped":    {body: rssHead + `<item><title>T</title><link>https://wire.example/1</link><description><p>One<br>Two</description></item>` + item(2) + "</channel></rss>", titles: []string{"T", "Story 2"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := feed.Parse([]byte(c.body), c.contentType)
			if err != nil {
				t.Fatal(err)
			}
			var titles []string
			for _, i := range got.Items {
				titles = append(titles, i.Title)
			}
			var warnings []feed.Name
			for _, w := range got.Warnings {
				warnings = append(warnings, w.Name)
			}
			slices.Sort(warnings)
			slices.Sort(c.warnings)
			if d := cmp.Diff(c.titles, titles); d != "" {
				t.Errorf("titles (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.warnings, warnings); d != "" {
				t.Errorf("warnings (-want +got):\n%s%+v", d, got.Warnings)
			}
			if got.Salvaged != c.salvaged {
				t.Errorf("%d salvaged, want %d", got.Salvaged, c.salvaged)
			}
		})
	}
}

func TestWhatIsNoFeedIsRefused(t *testing.T) {
	for name, body := range map[string]string{
		"nothing": "", "a page": "<!doctype html><html><head><title>x</title></head></html>", "words": "not found",
		"other JSON": `{"a":1}`, "a list": `[1,2]`, "other XML": "<opml><body/></opml>", "a lone bracket": "<", "an item alone": item(1),
	} {
		if got, err := feed.Parse([]byte(body), ""); err == nil {
			t.Errorf("%s: read as %q", name, got.Format)
		}
	}
}

func bombs() map[string][]byte {
	const million = 1_000_000
	return map[string][]byte{
		"a million nested tags":            []byte("<rss><channel>" + strings.Repeat("<a>", million)),
		"a million nested tags in an item": []byte(rssHead + item(1) + "<item>" + strings.Repeat("<a>", million) + "</item></channel></rss>"),
		"a million nested items":           []byte(rssHead + strings.Repeat("<item>", million)),
		"a million nested brackets":        []byte(`{"version":"https://jsonfeed.org/version/1.1","items":` + strings.Repeat("[", million)),
		"a million attributes":             []byte("<rss" + strings.Repeat(` a="b"`, million) + ">"),
		"a million references":             []byte(rssHead + "<item><title>" + strings.Repeat("&amp;", million) + "</title></item></channel></rss>"),
		"a hundred thousand CDATA":         []byte(rssHead + "<item><title>" + strings.Repeat("<![CDATA[x]]>", million/10) + "</title></item></channel></rss>"),
		"a million siblings":               []byte(rssHead + "<item><title>x</title>" + strings.Repeat("<a/>", million) + "</item></channel></rss>"),
		"a million stray brackets":         []byte(rssHead + strings.Repeat("< ", million)),
	}
}

// The allocation is what the whole parse took, garbage included; the time is a benchmark's business.
func TestABombCostsLittleMemory(t *testing.T) {
	for name, b := range bombs() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		got, err := feed.Parse(b, "")
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		used := (after.TotalAlloc - before.TotalAlloc) >> 20
		t.Logf("%s: %s, %d MB, %d items, %v", name, took.Round(time.Millisecond), used, len(got.Items), err)
		if used > 64 {
			t.Errorf("%s: %d MB", name, used)
		}
	}
}

func BenchmarkParseBomb(b *testing.B) {
	bomb := bombs()["a million nested tags in an item"]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := feed.Parse(bomb, ""); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	body := []byte(rssHead)
	for i := range 50 {
		body = append(body, strings.Replace(item(i), "Text", strings.Repeat("Moscow suspends its mission to NATO. ", 30), 1)...)
	}
	body = append(body, "</channel></rss>"...)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := feed.Parse(body, ""); err != nil {
			b.Fatal(err)
		}
	}
}

// The law: whatever comes in, what comes out is valid, bounded, and the same when asked again.
func FuzzParse(f *testing.F) {
	for name, b := range bombs() {
		if len(b) < 1<<16 {
			f.Add(b, name)
		}
	}
	files, err := filepath.Glob(corpus + "/parser/*/*.[xj]*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files { // absent, the others remain
		if b, err := os.ReadFile(file); err == nil {
			f.Add(b, "")
		}
	}
	for _, s := range []string{
		rssHead + item(1) + item(2) + "</channel></rss>", rssHead + item(1)[:50], `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>x</title></entry>`,
		`{"version":"https://jsonfeed.org/version/1","items":[{"id":1}]}`, `<!DOCTYPE a [<!ENTITY b "c">]><rss>&b;</rss>`, "\xff\xfe<\x00r\x00", "<rss><item/><item></rss>",
	} {
		f.Add([]byte(s), "text/xml; charset=utf-8")
	}
	f.Fuzz(func(t *testing.T, b []byte, contentType string) {
		got, err := feed.Parse(b, contentType)
		if err != nil {
			return
		}
		for _, i := range got.Items {
			if i.Title == "" && i.Text == "" {
				t.Fatalf("an empty item: %+v", i)
			}
			a := got.Article(i, feed.Detect(got.Items), "https://f.example/rss", time.Unix(0, 0))
			if a.ID == "" || a.Text == "" || !utf8.ValidString(a.Title+a.Text) {
				t.Fatalf("a bad article: %+v", a)
			}
		}
		again, _ := feed.Parse(bytes.Clone(b), contentType)
		if d := cmp.Diff(got, again); d != "" {
			t.Fatal(d)
		}
	})
}
