// Package extract finds the article in a web page.
//
// It asks in this order: what the page says of itself to machines (JSON-LD of schema.org, Open Graph and other meta
// elements), then what its layout shows (trafilatura for the text, htmldate for the date). All of it is work in
// bounded steps over one parsed page; a page that breaks a library costs that page only.
package extract

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Hint is what the reader of a page knows beside its bytes. The zero value is good.
type Hint struct {
	URL         string    // where the page was found
	ContentType string    // as HTTP told it; its charset goes before the page's own
	Seen        time.Time // when the page was fetched; no date is later; zero: not known
}

// Method is how something was found.
type Method string

// The methods, the surest first.
const (
	JSONLD Method = "json-ld"
	Meta   Method = "meta"   // Open Graph, Dublin Core and other elements of the head
	Markup Method = "markup" // the page's own elements: <title>, <h1>, <time>
	Layout Method = "layout" // trafilatura and htmldate
)

// Page is the article of a page. What is not found is zero.
type Page struct {
	Title     string
	Text      string // paragraphs with LF between them
	Language  string // as the page claims it: "fr", "fr-FR"
	Publisher string
	URL       string // the page's canonical address, absolute
	Published news.Interval
	Modified  news.Interval

	TextBy Method // how Text was found
	DateBy Method // how Published was found
}

// Limits of one page.
const (
	MaxPage   = 15 << 20 // bytes; more is refused
	maxDepth  = 256      // elements within each other; deeper ones are cut off
	maxNodes  = 50_000   // nodes; beyond them the page is read for its metadata only. The largest of the corpus has 9,237
	maxLayout = 4 << 20  // bytes of a page whose layout is read
	leastBody = 200      // bytes of a JSON-LD body that is no mere teaser
)

// What Read refuses.
var (
	ErrTooLarge = errors.New("page too large")
	ErrNoText   = errors.New("no article in the page")
)

// Read finds the article in an HTML page. With ErrNoText the Page still tells what the metadata do.
func Read(page []byte, hint Hint) (Page, error) {
	if len(page) > MaxPage {
		return Page{}, fmt.Errorf("extract: %w: %d bytes, the limit is %d", ErrTooLarge, len(page), MaxPage)
	}
	utf := decode(page, hint.ContentType)
	doc, err := html.ParseWithOptions(bytes.NewReader(utf), html.ParseOptionEnableScripting(true))
	if err != nil {
		return Page{}, fmt.Errorf("extract: %w", err)
	}
	nodes := prune(doc)
	h := readHead(doc)
	linked := h.linked()
	p := Page{
		Title:     firstOf(linked.Headline, h.meta("og:title"), h.meta("twitter:title"), h.meta("dc.title"), h.heading, h.title),
		Language:  firstOf(h.lang, linked.Language, h.meta("og:locale"), h.meta("content-language")),
		Publisher: firstOf(linked.Publisher, h.meta("og:site_name"), h.meta("application-name")),
		URL:       h.address(hint.URL),
	}
	p.Title = untitled(p.Title, p.Publisher, h.heading)
	p.Published, p.DateBy = published(h, linked, doc, hint, nodes)
	p.Modified = firstDate(linked.Modified, h.meta("article:modified_time"), h.meta("og:updated_time"))
	p.Text, p.TextBy = body(linked, doc, hint, nodes, len(utf))
	if p.Text = withoutTitle(p.Text, p.Title); p.TextBy == Layout && p.Text == p.Title {
		p.Text, p.TextBy = "", ""
	}
	if p.Text == "" {
		if s := firstOf(linked.Description, h.meta("og:description"), h.meta("description"), h.meta("twitter:description")); s != "" {
			p.Text, p.TextBy = s, Meta
			return p, nil
		}
		return p, fmt.Errorf("extract: %w", ErrNoText)
	}
	return p, nil
}

// decode gives the page in UTF-8: by its byte-order mark, by HTTP, by its own meta element, else as it looks.
func decode(page []byte, contentType string) []byte {
	e, name, certain := charset.DetermineEncoding(page[:min(len(page), 4096)], contentType)
	if name == "utf-8" || !certain && utf8.Valid(page) {
		return bytes.TrimPrefix(page, []byte("\ufeff"))
	}
	out, err := e.NewDecoder().Bytes(page)
	if err != nil {
		return page
	}
	return out
}

// prune cuts off what is nested too deep, so that nobody behind it recurses without end, and counts the nodes.
func prune(doc *html.Node) int {
	nodes, depth := 0, 0
	for n := doc; n != nil; {
		nodes++
		switch {
		case n.FirstChild != nil && depth < maxDepth:
			n, depth = n.FirstChild, depth+1
			continue
		case n.FirstChild != nil:
			n.FirstChild, n.LastChild = nil, nil
		}
		for n != nil && n.NextSibling == nil {
			n, depth = n.Parent, depth-1
		}
		if n != nil {
			n = n.NextSibling
		}
	}
	return nodes
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			return v
		}
	}
	return ""
}

func firstDate(values ...string) news.Interval {
	for _, v := range values {
		if i, err := Date(strings.TrimSpace(v)); err == nil && !i.IsZero() {
			return i
		}
	}
	return news.Interval{}
}

// untitled takes the publisher's name off the end of a title ("Moscow speaks - The Herald"): where the publisher is
// known, or where the page's first heading goes without it.
func untitled(title, publisher, heading string) string {
	for _, bar := range []string{" | ", " - ", " – ", " — ", " · "} {
		if cut, ok := strings.CutSuffix(title, bar+publisher); ok && publisher != "" {
			return strings.TrimSpace(cut)
		}
		if heading != "" && strings.HasPrefix(title, heading+bar) {
			return heading
		}
	}
	return title
}

// absolute is the address that ref stands for on the page at base; "" for none of the web.
func absolute(ref, base string) string {
	u, err := url.Parse(strings.TrimSpace(ref))
	if err != nil || ref == "" {
		return ""
	}
	if b, err := url.Parse(base); err == nil && b.Host != "" {
		u = b.ResolveReference(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return u.String()
}
