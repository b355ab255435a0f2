// Package feed reads RSS, Atom, RDF and JSON feeds as they are found in the wild.
//
// Parse takes the bytes of a feed in any encoding. They become UTF-8, what XML forbids is taken out, the depth and the
// number of items are bounded and entities that a DOCTYPE declares are refused, in one pass and before a parser sees
// them. Where the feed still cannot be parsed, the items that are whole are saved. Everything that was mended or left
// out is named in Document.Warnings.
package feed

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Limits of a feed.
const (
	maxItems = 5000
	maxDepth = 256
	maxTag   = 1 << 20  // bytes of one tag with its attributes
	maxBytes = 32 << 20 // of the feed as UTF-8
)

// ErrNotFeed says that the bytes are no feed of any kind.
var ErrNotFeed = errors.New("no feed: want RSS, Atom, RDF or JSON Feed")

// Name is what a warning is called; there are few, so that they can be a metric's label.
type Name string

// What is mended, left out or doubted.
const (
	BadEncoding     Name = "bad_encoding"     // bytes that the declared encoding does not have
	GuessedEncoding Name = "guessed_encoding" // none was declared, and it is not UTF-8
	WrongEncoding   Name = "wrong_encoding"   // another was declared than it is in
	IllegalChars    Name = "illegal_chars"    // control characters, taken out
	Entities        Name = "entities_refused" // a DOCTYPE declares entities: not expanded
	TooDeep         Name = "too_deep"         // elements nested beyond the limit: the item is left out
	TooLong         Name = "too_long"         // a tag or a feed beyond the limit
	TooMany         Name = "too_many_items"   // the items beyond the limit are left out
	Truncated       Name = "truncated"        // it ends in the middle
	Malformed       Name = "malformed"        // not well-formed: only whole items are read
	StrayMarkup     Name = "stray_markup"     // a "<" that begins nothing, mended
	BrokenItem      Name = "broken_item"      // items that cannot be read
	EmptyItem       Name = "empty_item"       // items with neither title nor text
	BadDate         Name = "bad_date"         // dates that cannot be read: the items count as undated
	NoDates         Name = "no_dates"         // no item has a date
	NoItems         Name = "no_items"         // the feed is empty
	Repeated        Name = "repeated_item"    // the same item twice: read once
)

// Names lists all warnings.
func Names() []Name {
	return []Name{
		BadEncoding, GuessedEncoding, WrongEncoding, IllegalChars, Entities, TooDeep, TooLong, TooMany, Truncated, Malformed,
		StrayMarkup, BrokenItem, EmptyItem, BadDate, NoDates, NoItems, Repeated,
	}
}

// Warning says what is wrong with a feed and how often.
type Warning struct {
	Name   Name   `json:"name"`
	Count  int    `json:"count"`
	Detail string `json:"detail,omitempty"` // the first case, in words
}

// Document is a feed as it was at one moment.
type Document struct {
	Format    string // "rss 2.0", "atom 1.0", "json 1.1"
	Title     string
	Link      string // of the site, as told
	Language  string
	Self, Hub string        // rel=self and rel=hub, for WebSub; "" where not offered
	TTL       time.Duration // how long the feed says it stays fresh; 0: does not say
	Items     []Item        // in the feed's order
	Withdrawn []Withdrawal  // RFC 6721 tombstones
	Salvaged  int           // of Items, saved from a feed that cannot be parsed as a whole
	Warnings  []Warning     // in the order of Names
}

// Item is one entry of a feed. Title and Text are plain.
type Item struct {
	GUID, Link, Title, Text string
	Permalink               bool // the GUID is an address
	Published               news.Interval
	Summary                 bool // Text is a summary, not the content
}

// Withdrawal is an entry that its publisher took back.
type Withdrawal struct {
	GUID string
	When time.Time
}

// Whole tells whether nothing was cut off or lost, so that the feed need not be asked for again before it changes.
func (d Document) Whole() bool {
	return !slices.ContainsFunc(d.Warnings, func(w Warning) bool {
		return w.Name == Truncated || w.Name == Malformed || w.Name == BrokenItem
	})
}

// reader is one Parse.
type reader struct {
	doc      Document
	warnings map[Name]*Warning
}

func (r *reader) warn(n Name, format string, args ...any) {
	w := r.warnings[n]
	if w == nil {
		w = &Warning{Name: n, Detail: fmt.Sprintf(format, args...)}
		r.warnings[n] = w
	}
	w.Count++
}

// Parse reads a feed. contentType is the HTTP header, "" where there is none. The error is ErrNotFeed, or says why not
// even one item could be saved. The same bytes always give the same Document.
func Parse(body []byte, contentType string) (Document, error) {
	r := &reader{warnings: map[Name]*Warning{}}
	if len(body) > maxBytes {
		r.warn(TooLong, "%d bytes: read up to %d", len(body), maxBytes)
		body = body[:maxBytes]
	}
	text := r.decode(body, contentType)
	var err error
	if trimmed := bytes.TrimLeft(text, " \t\r\n"); len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') {
		err = r.parseJSON(trimmed)
	} else {
		err = r.parseXML(text)
	}
	if err != nil {
		return Document{Warnings: r.list()}, err
	}
	r.judge()
	r.doc.Warnings = r.list()
	return r.doc, nil
}

func (r *reader) list() []Warning {
	var out []Warning
	for _, n := range Names() {
		if w := r.warnings[n]; w != nil {
			out = append(out, *w)
		}
	}
	return out
}

// judge looks at the document as a whole.
func (r *reader) judge() {
	if len(r.doc.Items) == 0 && len(r.doc.Withdrawn) == 0 {
		r.warn(NoItems, "the feed has no items that can be read")
		return
	}
	if !slices.ContainsFunc(r.doc.Items, func(i Item) bool { return !i.Published.IsZero() }) && len(r.doc.Items) > 0 {
		r.warn(NoDates, "no item says when it was published")
	}
}

// parseXML tries the feed as a whole, then its whole items together, then each alone.
func (r *reader) parseXML(text []byte) error {
	s := r.sweep(text)
	if !s.root.feed() {
		return ErrNotFeed
	}
	r.links(s.head())
	parsed, err := foreign(s.out)
	switch {
	case s.cut:
		r.warn(Truncated, "it ends inside <%s>", s.inside)
	case err != nil:
		r.warn(Malformed, "%v", err)
	case !s.torn:
		r.take(parsed, false)
		return nil
	}
	head := s.head()
	if s.torn {
		head = s.openers()
	}
	if parsed, err = foreign(s.whole(head)); err == nil {
		r.take(parsed, true)
		return nil
	}
	return r.each(s, err)
}

// each reads the items one by one.
func (r *reader) each(s *swept, err error) error {
	parsed, headErr := foreign(s.with(s.head(), nil))
	if headErr != nil {
		if parsed, headErr = foreign(s.with(s.openers(), nil)); headErr != nil {
			return fmt.Errorf("feed: %w", err)
		}
	}
	r.take(parsed, true)
	for _, span := range s.items {
		one, err := foreign(s.with(s.openers(), s.out[span.start:span.end]))
		if err != nil || len(one.Items) == 0 {
			r.warn(BrokenItem, "%v", err)
			continue
		}
		r.items(one.Items, true)
	}
	if len(r.doc.Items) == 0 && len(s.items) > 0 {
		return fmt.Errorf("feed: %w", err)
	}
	return nil
}

// foreign asks the library, which may panic on what nobody thought of.
func foreign(b []byte) (f *gofeed.Feed, err error) {
	defer func() {
		if p := recover(); p != nil {
			f, err = nil, fmt.Errorf("the parser gave up: %v", p)
		}
	}()
	f, err = gofeed.NewParser().Parse(bytes.NewReader(b))
	if errors.Is(err, gofeed.ErrFeedTypeNotDetected) {
		err = ErrNotFeed
	}
	return f, err
}

// take makes our nouns of the library's.
func (r *reader) take(f *gofeed.Feed, salvaged bool) {
	r.doc.Format = strings.TrimSpace(f.FeedType + " " + f.FeedVersion)
	r.doc.Title = plain(f.Title)
	r.doc.Link = strings.TrimSpace(f.Link)
	r.doc.Language = strings.TrimSpace(f.Language)
	r.items(f.Items, salvaged)
	for _, space := range f.Extensions {
		for _, e := range space["deleted-entry"] {
			when, err := time.Parse(time.RFC3339, e.Attrs["when"])
			if err != nil {
				r.warn(BadDate, "%q", e.Attrs["when"])
			}
			if ref := e.Attrs["ref"]; ref != "" {
				r.doc.Withdrawn = append(r.doc.Withdrawn, Withdrawal{GUID: ref, When: when})
			}
		}
	}
}

func (r *reader) items(items []*gofeed.Item, salvaged bool) {
	for _, i := range items {
		if len(r.doc.Items) == maxItems {
			r.warn(TooMany, "read up to %d", maxItems)
			return
		}
		if i == nil {
			continue
		}
		item := r.item(i)
		if item.Title == "" && item.Text == "" {
			r.warn(EmptyItem, "%s", or(item.Link, item.GUID, "an item without address"))
			continue
		}
		r.doc.Items = append(r.doc.Items, item)
		if salvaged {
			r.doc.Salvaged++
		}
	}
}

// item takes the longer of content and description: some feeds put a teaser into one and the text into the other.
func (r *reader) item(i *gofeed.Item) Item {
	item := Item{GUID: strings.TrimSpace(i.GUID), Link: strings.TrimSpace(i.Link), Title: oneLine(plain(i.Title))}
	content, summary := plain(i.Content), plain(i.Description)
	item.Text = content
	if len(summary) > len(content) {
		item.Text, item.Summary = summary, true
	}
	if _, err := Canonical(item.GUID); err == nil {
		item.Permalink = true
		item.Link = or(item.Link, item.GUID)
	}
	item.Published = r.date(i)
	return item
}

// date is when the item was published, else when it was last changed.
func (r *reader) date(i *gofeed.Item) news.Interval {
	told := ""
	for _, d := range []struct {
		told   string
		parsed *time.Time
	}{{i.Published, i.PublishedParsed}, {i.Updated, i.UpdatedParsed}} {
		told = or(told, strings.TrimSpace(d.told))
		if when, err := news.ParseInterval(strings.TrimSpace(d.told)); err == nil && !when.IsZero() && sane(when.Start) {
			return when
		}
		if d.parsed != nil && sane(*d.parsed) {
			t := d.parsed.UTC().Truncate(time.Second)
			return news.Interval{Start: t, End: t.Add(time.Second), Grain: news.Instant, Resolved: news.Explicit}
		}
	}
	if told != "" {
		r.warn(BadDate, "%.60q", told)
	}
	return news.Interval{}
}

// sane refuses the dates that programs write when they have none.
func sane(t time.Time) bool { return t.Year() > 1970 && t.Year() < 2200 }

// or is the first string that is not empty.
func or(s ...string) string {
	for _, v := range s {
		if v != "" {
			return v
		}
	}
	return ""
}
