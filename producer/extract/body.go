package extract

import (
	"errors"
	"fmt"
	htmlstd "html"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/markusmobius/go-htmldate"
	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// body is the article's text: as JSON-LD carries it, where that is whole, else as the layout shows it.
func body(l linked, doc *html.Node, hint Hint, nodes, size int) (string, Method) {
	if len(l.Body) >= leastBody {
		return l.Body, JSONLD
	}
	if nodes <= maxNodes && size <= maxLayout {
		if s := layout(doc, hint); s != "" {
			return s, Layout
		}
	}
	if l.Body != "" {
		return l.Body, JSONLD
	}
	return "", ""
}

// layout asks trafilatura. It alters doc.
func layout(doc *html.Node, hint Hint) (text string) {
	defer func() {
		if recover() != nil {
			text = "" // the library's failure is the page's: it has no text that we can find
		}
	}()
	address, err := url.Parse(hint.URL)
	if err != nil {
		address = nil
	}
	space(doc)
	result, err := trafilatura.ExtractDocument(doc, trafilatura.Options{
		OriginalURL: address, ExcludeComments: true, ExcludeTables: true, EnableFallback: true, Deduplicate: true,
		HtmlDateMode: trafilatura.Disabled, HtmlDateOverride: &htmldate.Result{},
	})
	if err != nil || result == nil || result.ContentNode == nil {
		return ""
	}
	var b strings.Builder
	write(&b, result.ContentNode)
	return tidy(b.String())
}

// space puts a line end behind each block, for where trafilatura joins their text without one.
func space(doc *html.Node) {
	var found []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && blocks[n.DataAtom] && n.NextSibling != nil && n.NextSibling.Type == html.ElementNode {
			found = append(found, n)
		}
	}
	for _, n := range found {
		n.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: "\n"}, n.NextSibling)
	}
}

// write writes the text below n, a line for each block.
func write(b *strings.Builder, n *html.Node) {
	for c := range n.ChildNodes() {
		switch {
		case c.Type == html.TextNode:
			b.WriteString(strings.ReplaceAll(c.Data, "\n", " "))
		case c.Type != html.ElementNode:
		case blocks[c.DataAtom]:
			b.WriteByte('\n')
			write(b, c)
			b.WriteByte('\n')
		default:
			write(b, c)
		}
	}
}

// blocks are the elements that stand on lines of their own.
var blocks = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Br: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true,
	atom.Li: true, atom.Ul: true, atom.Ol: true, atom.Blockquote: true, atom.Pre: true, atom.Tr: true, atom.Td: true, atom.Th: true,
	atom.Table: true, atom.Section: true, atom.Article: true, atom.Dd: true, atom.Dt: true, atom.Hr: true, atom.Figcaption: true,
}

// withoutTitle takes the title off the head of a text.
func withoutTitle(text, title string) string {
	if first, rest, ok := strings.Cut(text, "\n"); ok && first == title {
		return rest
	}
	return text
}

var (
	breaks = regexp.MustCompile(`(?i)</p>|<br ?/?>|</h[1-6]>|</li>|</div>`)
	tags   = regexp.MustCompile(`<[a-zA-Z/!][^<>]{0,500}>`)
)

// paragraphs is the text of a JSON-LD body, which may hold entities and markup.
func paragraphs(s string) string {
	if strings.ContainsAny(s, "<&") {
		s = htmlstd.UnescapeString(s)
		s = tags.ReplaceAllString(breaks.ReplaceAllString(s, "\n"), "")
	}
	return tidy(s)
}

// tidy has one LF between paragraphs and no white space around them.
func tidy(s string) string {
	var b strings.Builder
	for l := range strings.Lines(s) {
		if l = strings.Join(strings.Fields(l), " "); l == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l)
	}
	return b.String()
}

// published is when the article was published: by what the page tells machines, by its first <time>, and last by
// what htmldate reads in its address and text, then to the day only.
func published(h *head, l linked, doc *html.Node, hint Hint, nodes int) (news.Interval, Method) {
	if i := firstDate(l.Published); past(i, hint.Seen) {
		return i, JSONLD
	}
	if i := firstDate(h.meta("article:published_time"), h.meta("og:article:published_time"), h.meta("datepublished"),
		h.meta("date"), h.meta("pubdate"), h.meta("publishdate"), h.meta("publish-date"), h.meta("dc.date.issued"),
		h.meta("dc.date"), h.meta("dcterms.created"), h.meta("dcterms.date"), h.meta("parsely-pub-date"), h.meta("sailthru.date"),
		h.meta("article.published"), h.meta("cxenseparse:recs:publishtime"), h.meta("article:published")); past(i, hint.Seen) {
		return i, Meta
	}
	if len(h.times) > 0 {
		if i := firstDate(h.times[0]); past(i, hint.Seen) {
			return i, Markup
		}
	}
	if nodes > maxNodes {
		return news.Interval{}, ""
	}
	i, err := guess(doc, hint)
	if err != nil || i.IsZero() {
		return news.Interval{}, ""
	}
	return i, Layout
}

// past tells whether i is a date that an article fetched at seen may bear; clocks are allowed to differ by two days.
func past(i news.Interval, seen time.Time) bool {
	return !i.IsZero() && (seen.IsZero() || i.Start.Before(seen.AddDate(0, 0, 2)))
}

// guess asks htmldate.
func guess(doc *html.Node, hint Hint) (i news.Interval, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("htmldate: %v", r)
		}
	}()
	latest := hint.Seen
	if latest.IsZero() {
		latest = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	r, err := htmldate.FromDocument(doc, htmldate.Options{
		UseOriginalDate: true, URL: hint.URL, SkipExtensiveSearch: true, MaxDate: latest.UTC(),
		MinDate: time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	switch {
	case err != nil:
		return news.Interval{}, err
	case r.IsZero():
		return news.Interval{}, errors.New("no date")
	}
	y, m, d := r.DateTime.Date()
	return interval(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), news.Day), nil
}
