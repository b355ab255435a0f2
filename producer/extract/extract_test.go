package extract_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/producer/extract"
)

var body = strings.Repeat("The minister said that the mission of the country was suspended by the government. ", 8)

func linked(s string) string { return `<script type="application/ld+json">` + s + `</script>` }

// told is a page in short.
func told(p extract.Page) string {
	text := p.Text
	if len(text) > 30 {
		text = text[:30] + "..."
	}
	return fmt.Sprintf("%s|%s|%s|%s|%s by %s|%s by %s", p.Title, p.Language, p.Publisher, p.URL, p.Published, p.DateBy, text, p.TextBy)
}

func TestPages(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"JSON-LD tells all": {
			`<html lang=en>` + linked(`{"@type":"NewsArticle","headline":"Moscow &amp; NATO","articleBody":"<p>`+body+`</p>","datePublished":"2021-10-18T08:30:00Z","publisher":{"name":"P"},"inLanguage":"en"}`),
			"Moscow & NATO|en|P|https://example.org/a|2021-10-18T08:30:00Z by json-ld|The minister said that the mis... by json-ld",
		},
		"JSON-LD in a graph, with line ends where none may be": {
			linked("\n//<![CDATA[\n{\"@graph\":[{\"@type\":\"WebPage\"},{\"@type\":[\"Article\",\"NewsArticle\"],\"headline\":\"H\",\"articleBody\":\"" + body + "\n" + body + "\"}]}\n//]]>"),
			"H|||https://example.org/a| by |The minister said that the mis... by json-ld",
		},
		"meta elements and the layout": {
			`<html lang=fr><head><meta property="og:title" content="T - P"><meta property="og:site_name" content="P"><meta property="article:published_time" content="2021-10-18"><link rel=canonical href="/b"></head><body><nav>menu</nav><article><p>` + body + `</p></article>`,
			"T|fr|P|https://example.org/b|2021-10-18 by meta|The minister said that the mis... by layout",
		},
		"a canonical address elsewhere, or the front page, is none": {
			`<link rel=canonical href="https://other.example/x"><meta property="og:url" content="https://example.org/"><h1>T</h1><p>` + body,
			"T|||https://example.org/a| by |The minister said that the mis... by layout",
		},
		"the page's own elements where there is nothing else": {
			`<title>T | The Herald</title><body><h1>T</h1><time datetime="2021-10-18T08:30:00+02:00">today</time><p>` + body,
			"T|||https://example.org/a|2021-10-18T06:30:00Z by markup|The minister said that the mis... by layout",
		},
		"a date that lies ahead is none": {
			`<title>T</title><meta name=date content="2031-10-18"><p>` + body, "T|||https://example.org/a| by |The minister said that the mis... by layout",
		},
		"a page of nothing but a description": {
			`<title>T</title><meta name=description content="Moscow speaks.">`, "T|||https://example.org/a| by |Moscow speaks. by meta",
		},
		"a page that is none": {"", "|||https://example.org/a| by | by "},
		"windows-1252 by its own word": {
			"<meta charset=windows-1252><title>caf\xe9</title><p>" + body, "café|||https://example.org/a| by |The minister said that the mis... by layout",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := extract.Read([]byte(test.in), extract.Hint{URL: "https://example.org/a", Seen: time.Date(2021, 10, 20, 0, 0, 0, 0, time.UTC)})
			if err != nil && !errors.Is(err, extract.ErrNoText) {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, told(p)); d != "" || (err != nil) != (p.Text == "") {
				t.Errorf("%v\n%s", err, d)
			}
		})
	}
}

func TestCharsetOfHTTPGoesFirst(t *testing.T) {
	p, err := extract.Read([]byte("<title>\xcc\xee\xf1\xea\xe2\xe0</title><p>"+body), extract.Hint{ContentType: "text/html; charset=windows-1251"})
	if err != nil || p.Title != "Москва" {
		t.Errorf("%q, %v", p.Title, err)
	}
}

func TestHugePagesAreRefused(t *testing.T) {
	if _, err := extract.Read(make([]byte, extract.MaxPage+1), extract.Hint{}); !errors.Is(err, extract.ErrTooLarge) {
		t.Error(err)
	}
}

// A page built to cost much is read in bounded work; the test fails by its time-out alone.
func TestPagesBuiltToCostMuch(t *testing.T) {
	for name, in := range map[string]string{
		"a hundred thousand nested elements": strings.Repeat("<div>", 100_000) + body,
		"nested formatting":                  strings.Repeat("<b><i><a>", 20_000) + body,
		"nested lists in JSON-LD":            linked(strings.Repeat("[", 200_000)),
		"many small scripts":                 strings.Repeat(linked(`{"@type":"Article","articleBody":"x"}`), 20_000),
		"many attributes":                    "<p " + strings.Repeat("a=b ", 200_000) + ">" + body,
		"tables in tables":                   strings.Repeat("<table><tr><td>", 3_000) + body,
		"one word":                           strings.Repeat("x", 4<<20),
	} {
		t.Run(name, func(t *testing.T) {
			p, err := extract.Read([]byte(in), extract.Hint{})
			t.Logf("%d bytes of text, %v", len(p.Text), err)
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(linked(`{"@type":"NewsArticle","articleBody":["x",{"name":1}],"datePublished":7}`)), "text/html")
	f.Add([]byte("\xff\xfe<\x00p\x00>\x00"), "text/html; charset=utf-16")
	f.Add([]byte("<svg><title>x</title></svg><table><p><math><mi><b><table><title>"), "")
	f.Add([]byte(strings.Repeat("<div>", 600)+"</p></body></html><frameset>"), "text/html;charset=nonsense")
	f.Add([]byte("<!doctype html><html lang=\xff><meta property=og:title content='\xff'><time datetime=0000-00-00>"), "text/html")
	f.Fuzz(func(t *testing.T, page []byte, kind string) {
		if len(page) > 64<<10 {
			return
		}
		p, err := extract.Read(page, extract.Hint{URL: "https://example.org/a", ContentType: kind})
		if err == nil && (p.Text == "" || !utf8.ValidString(p.Text) && utf8.Valid(page)) {
			t.Errorf("%+v", p)
		}
	})
}

func ExampleRead() {
	page := `<html lang="en"><head><title>Moscow speaks - The Herald</title>
		<meta property="og:site_name" content="The Herald">
		<meta property="article:published_time" content="2021-10-18T08:30:00Z"></head>
		<body><article><p>` + body + `</p></article></body></html>`
	p, err := extract.Read([]byte(page), extract.Hint{URL: "https://herald.example/moscow-speaks"})
	if err != nil {
		panic(err)
	}
	fmt.Println(p.Title, p.Published, p.Publisher)
	// Output: Moscow speaks 2021-10-18T08:30:00Z The Herald
}

// BenchmarkRead reads pages by how their text is found.
func BenchmarkRead(b *testing.B) {
	pages := map[extract.Method][][]byte{}
	for _, g := range readGold(b) {
		in := readPage(b, g.File)
		p, err := extract.Read(in, extract.Hint{})
		if err != nil {
			b.Fatal(err)
		}
		pages[p.TextBy] = append(pages[p.TextBy], in)
	}
	for by, list := range pages {
		b.Run(string(by), func(b *testing.B) {
			b.RunParallel(func(next *testing.PB) {
				for i := 0; next.Next(); i++ {
					if _, err := extract.Read(list[i%len(list)], extract.Hint{}); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
		})
	}
}
