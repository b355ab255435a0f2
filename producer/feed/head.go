package feed

import (
	"bytes"
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	linkTag = regexp.MustCompile(`(?i)<(?:[a-z0-9_-]+:)?link\s[^>]*>`)
	attr    = regexp.MustCompile(`(?i)([a-z:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))`)
	ttl     = regexp.MustCompile(`(?i)<ttl>\s*(\d{1,6})\s*</ttl>`)
)

// links finds what the library does not tell: rel=self and rel=hub for WebSub, and how long the feed stays fresh.
func (r *reader) links(head []byte) {
	head = head[:min(len(head), 64<<10)]
	for _, l := range linkTag.FindAll(head, 64) {
		a := attributes(l)
		for rel := range strings.FieldsSeq(strings.ToLower(a["rel"])) {
			switch rel {
			case "self":
				r.doc.Self = or(r.doc.Self, a["href"])
			case "hub":
				r.doc.Hub = or(r.doc.Hub, a["href"])
			}
		}
	}
	if m := ttl.FindSubmatch(head); m != nil {
		if n, err := strconv.Atoi(string(m[1])); err == nil {
			r.doc.TTL = time.Duration(n) * time.Minute
		}
	}
}

// attributes are those of one tag, names in lower case.
func attributes(tag []byte) map[string]string {
	out := map[string]string{}
	for _, m := range attr.FindAllSubmatch(tag, 32) {
		key := strings.ToLower(string(m[1]))
		if _, ok := out[key]; !ok {
			out[key] = html.UnescapeString(string(bytes.Join([][]byte{m[2], m[3], m[4]}, nil)))
		}
	}
	return out
}

// pageTag is what says in a page where its feeds are.
var pageTag = regexp.MustCompile(`(?i)<(?:link|base)\s[^>]*>`)

var feedTypes = map[string]bool{
	"application/rss+xml": true, "application/atom+xml": true, "application/rdf+xml": true, "application/feed+json": true,
	"text/xml": true, "application/xml": true,
}
