package feed

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html/charset"
)

// Subscription is one feed of a list.
type Subscription struct {
	URL   string `json:"url"`
	Title string `json:"title,omitempty"`
	Site  string `json:"site,omitempty"`   // the page that people read
	Group string `json:"folder,omitempty"` // "World/Europe"
}

// outline is OPML's.
type outline struct {
	Text     string    `xml:"text,attr,omitempty"`
	Title    string    `xml:"title,attr,omitempty"`
	Type     string    `xml:"type,attr,omitempty"`
	XMLURL   string    `xml:"xmlUrl,attr,omitempty"`
	HTMLURL  string    `xml:"htmlUrl,attr,omitempty"`
	Outlines []outline `xml:"outline"`
}

const (
	maxFeeds  = 100_000
	opmlDepth = 32
)

// ReadOPML lists the feeds of an OPML file, each address once, in order.
func ReadOPML(b []byte) ([]Subscription, error) {
	r := &reader{warnings: map[Name]*Warning{}}
	d := xml.NewDecoder(bytes.NewReader(r.decode(b, "")))
	d.Strict, d.Entity = false, xml.HTMLEntity
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 by now
	var out []Subscription
	var folders []string
	seen := map[string]bool{}
	opml := false
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("opml: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch strings.ToLower(t.Name.Local) {
			case "opml":
				opml = true
			case "outline":
				s, label := subscription(t.Attr, folders)
				if s.URL != "" && !seen[s.URL] && len(out) < maxFeeds {
					seen[s.URL] = true
					out = append(out, s)
				}
				if folders = append(folders, label); len(folders) > opmlDepth {
					return nil, fmt.Errorf("opml: more than %d outlines in one another", opmlDepth)
				}
			}
		case xml.EndElement:
			if strings.EqualFold(t.Name.Local, "outline") && len(folders) > 0 {
				folders = folders[:len(folders)-1]
			}
		}
	}
	if !opml {
		return nil, errors.New("opml: no <opml> in it")
	}
	return out, nil
}

func subscription(attrs []xml.Attr, folders []string) (Subscription, string) {
	a := map[string]string{}
	for _, x := range attrs {
		a[strings.ToLower(x.Name.Local)] = strings.TrimSpace(x.Value)
	}
	label := or(a["title"], a["text"])
	return Subscription{URL: a["xmlurl"], Title: label, Site: a["htmlurl"], Group: strings.Join(folders, "/")}, label
}

// WriteOPML is the list as OPML 2.0, folders in order of their first feed.
func WriteOPML(feeds []Subscription) ([]byte, error) {
	type body struct {
		Outlines []outline `xml:"outline"`
	}
	var b body
	at := map[string]int{}
	for _, f := range feeds {
		o := outline{Text: or(f.Title, f.URL), Title: f.Title, Type: "rss", XMLURL: f.URL, HTMLURL: f.Site}
		if f.Group == "" {
			b.Outlines = append(b.Outlines, o)
			continue
		}
		i, ok := at[f.Group]
		if !ok {
			i = len(b.Outlines)
			at[f.Group] = i
			b.Outlines = append(b.Outlines, outline{Text: f.Group, Title: f.Group})
		}
		b.Outlines[i].Outlines = append(b.Outlines[i].Outlines, o)
	}
	out, err := xml.MarshalIndent(struct {
		XMLName xml.Name `xml:"opml"`
		Version string   `xml:"version,attr"`
		Title   string   `xml:"head>title"`
		Body    body     `xml:"body"`
	}{Version: "2.0", Title: "Feeds of Quidnunc", Body: b}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("opml: %w", err)
	}
	return append([]byte(xml.Header), append(out, '\n')...), nil
}

// Discover lists the feeds that an HTML page offers by <link rel=alternate>, addresses absolute.
func Discover(page []byte, contentType, address string) []Subscription {
	if !utf8Type(contentType) {
		if in, err := charset.NewReader(bytes.NewReader(page), contentType); err == nil {
			if decoded, err := io.ReadAll(io.LimitReader(in, maxBytes)); err == nil {
				page = decoded
			}
		}
	}
	var out []Subscription
	seen := map[string]bool{}
	base := address
	for _, m := range pageTag.FindAll(page[:min(len(page), 1<<20)], 2000) {
		a := attributes(m)
		if bytes.HasPrefix(bytes.ToLower(m), []byte("<base")) {
			base = resolve(address, a["href"])
			continue
		}
		if !strings.Contains(" "+strings.ToLower(a["rel"])+" ", " alternate ") || !feedTypes[strings.ToLower(a["type"])] || a["href"] == "" {
			continue
		}
		u := resolve(base, a["href"])
		if _, err := Canonical(u); err != nil || seen[u] {
			continue
		}
		seen[u] = true
		out = append(out, Subscription{URL: u, Title: oneLine(a["title"]), Site: address})
	}
	return out
}

func utf8Type(contentType string) bool {
	return strings.Contains(strings.ToLower(contentType), "utf-8")
}
