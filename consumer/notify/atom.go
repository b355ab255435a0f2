package notify

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// AtomConfig says what a feed is called and how much it shows.
type AtomConfig struct {
	Name    string // the receiver's name; needed
	Title   string // empty: the name
	Entries int    // that it shows; 0 means 100
	Message
}

// Atom shows a receiver's alerts as an Atom feed (RFC 4287), newest first: it is an http.Handler. A later revision takes the
// place of the one before it, a retracted alert stays and says so.
type Atom struct {
	cfg AtomConfig

	mu      sync.Mutex
	entries []atomEntry // newest first
}

// atomMemory is how far back a feed is filled as it starts.
const atomMemory = 30 * 24 * time.Hour

// NewAtom checks the configuration.
func NewAtom(cfg AtomConfig) (*Atom, error) {
	if cfg.Name == "" {
		return nil, fmt.Errorf("atom: a receiver needs a name")
	}
	if cfg.Entries <= 0 {
		cfg.Entries = 100
	}
	cfg.Title = orElseText(cfg.Title, cfg.Name)
	return &Atom{cfg: cfg}, nil
}

// Name implements Receiver.
func (a *Atom) Name() string { return a.cfg.Name }

// Send implements Receiver.
func (a *Atom) Send(_ context.Context, n Notice) error {
	a.Remind(n)
	return nil
}

// Memory implements Keeper.
func (a *Atom) Memory() time.Duration { return atomMemory }

// Keep implements Keeper: a feed is asked, it tells nobody.
func (a *Atom) Keep(ctx context.Context) { <-ctx.Done() }

// Remind implements Keeper.
func (a *Atom) Remind(n Notice) {
	entry := a.entry(n)
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.entries, func(e atomEntry) bool { return e.ID == entry.ID })
	if i >= 0 {
		if a.entries[i].revision > entry.revision {
			return
		}
		entry.Published = a.entries[i].Published
		a.entries = slices.Delete(a.entries, i, i+1)
	}
	a.entries = slices.Insert(a.entries, 0, entry)
	slices.SortStableFunc(a.entries, func(x, y atomEntry) int { return y.updated.Compare(x.updated) })
	a.entries = a.entries[:min(len(a.entries), a.cfg.Entries)]
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  atomAuthor  `xml:"author"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Published  string         `xml:"published"`
	Updated    string         `xml:"updated"`
	Links      []atomLink     `xml:"link"`
	Categories []atomCategory `xml:"category"`
	Content    atomContent    `xml:"content"`

	revision int
	updated  time.Time
}

type atomCategory struct {
	Term   string `xml:"term,attr"`
	Scheme string `xml:"scheme,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

func (a *Atom) entry(n Notice) atomEntry {
	at := n.Queued
	if at.IsZero() {
		at = n.Alert.At
	}
	e := atomEntry{
		ID: "urn:quidnunc:alert:" + string(n.Alert.ID), Title: atomText(a.cfg.title(n)), Published: at.UTC().Format(time.RFC3339), Updated: at.UTC().Format(time.RFC3339),
		Categories: []atomCategory{
			{string(n.Alert.Severity), "urn:quidnunc:severity"}, {n.Alert.Rule, "urn:quidnunc:rule"}, {string(n.Alert.Change), "urn:quidnunc:change"},
		},
		Content:  atomContent{"text", atomText(a.cfg.text(n))},
		revision: n.Alert.Revision, updated: at,
	}
	if n.Digest != nil {
		e.ID = "urn:quidnunc:digest:" + n.Key
	}
	if u := n.Alert.Article.URL; u != "" && n.Digest == nil {
		e.Links = []atomLink{{"alternate", u}}
	}
	return e
}

// atomText is s without what XML cannot carry.
func atomText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// ServeHTTP shows the feed.
func (a *Atom) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, updated, err := a.feed()
	if err != nil {
		http.Error(w, "the feed cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	http.ServeContent(w, r, "", updated, bytes.NewReader(body))
}

func (a *Atom) feed() ([]byte, time.Time, error) {
	a.mu.Lock()
	entries := slices.Clone(a.entries)
	a.mu.Unlock()
	updated := time.Unix(0, 0)
	if len(entries) > 0 {
		updated = entries[0].updated
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", " ")
	err := e.Encode(atomFeed{
		ID: string("urn:quidnunc:feed:" + news.MakeID("feed", a.cfg.Name)), Title: atomText(a.cfg.Title), Updated: updated.UTC().Format(time.RFC3339),
		Author: atomAuthor{"Quidnunc"}, Links: []atomLink{{"self", "/feeds/" + a.cfg.Name + ".atom"}}, Entries: entries,
	})
	return b.Bytes(), updated, err
}
