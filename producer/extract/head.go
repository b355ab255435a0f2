package extract

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// head is what a page says of itself outside of its text.
type head struct {
	lang, title, heading, canonical string

	metas   map[string]string // by name, property or itemprop, in lower case; the first counts
	times   []string          // <time datetime>, in the page's order
	scripts []string          // JSON-LD
}

// maxTimes and maxScripts bound what a page may make us keep.
const maxTimes, maxScripts = 16, 32

func readHead(doc *html.Node) *head {
	h := &head{metas: map[string]string{}}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.DataAtom {
		case atom.Html:
			h.lang = firstOf(h.lang, attr(n, "lang"), attr(n, "xml:lang"))
		case atom.Title:
			if h.title == "" && n.Namespace == "" {
				h.title = words(n)
			}
		case atom.H1:
			if h.heading == "" {
				h.heading = words(n)
			}
		case atom.Meta:
			h.note(n)
		case atom.Link:
			if h.canonical == "" && strings.EqualFold(attr(n, "rel"), "canonical") {
				h.canonical = attr(n, "href")
			}
		case atom.Time:
			if t := attr(n, "datetime"); t != "" && len(h.times) < maxTimes {
				h.times = append(h.times, t)
			}
		case atom.Script:
			if isLinked(attr(n, "type")) && n.FirstChild != nil && len(h.scripts) < maxScripts {
				h.scripts = append(h.scripts, n.FirstChild.Data)
			}
		}
	}
	return h
}

func isLinked(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/ld+json")
}

func (h *head) note(n *html.Node) {
	content := strings.TrimSpace(attr(n, "content"))
	if content == "" {
		return
	}
	for _, key := range []string{"property", "name", "itemprop", "http-equiv"} {
		if name := strings.ToLower(attr(n, key)); name != "" && h.metas[name] == "" {
			h.metas[name] = content
		}
	}
}

func (h *head) meta(name string) string { return h.metas[name] }

// address is where the page says it lives, if that is on the same host or the page's own host is not known; a page
// that sends all its readers to the front page says nothing.
func (h *head) address(found string) string {
	for _, ref := range []string{h.canonical, h.meta("og:url")} {
		a := absolute(ref, found)
		if a == "" {
			continue
		}
		u, err := url.Parse(a)
		if err != nil {
			continue
		}
		f, err := url.Parse(found)
		if found == "" || err != nil || f.Host == "" {
			return a
		}
		if site(u.Hostname()) == site(f.Hostname()) && (strings.Trim(u.Path, "/") != "" || strings.Trim(f.Path, "/") == "") {
			return a
		}
	}
	return absolute(found, "")
}

// site is a host without the parts that only say for which device: www, m, amp.
func site(host string) string {
	host = strings.ToLower(host)
	for _, p := range []string{"www.", "m.", "amp.", "mobile."} {
		host = strings.TrimPrefix(host, p)
	}
	return host
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// words is the text of an element on one line.
func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && b.Len() < 4096 {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
