package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/extract"
)

// records reads JSON lines.
type records struct{ lines *lines }

func (r *records) next(ctx context.Context) (draft, error) {
	for {
		line, err := r.lines.next(ctx)
		if errors.Is(err, errLong) {
			return draft{}, &producer.BadInput{Reason: producer.TooLong, Line: r.lines.n, Err: err, Sample: line}
		}
		if err != nil {
			return draft{line: r.lines.n}, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		d, err := parse(line)
		if err != nil {
			return draft{}, &producer.BadInput{
				Reason: producer.BrokenLine, Line: r.lines.n, Err: fmt.Errorf("not an article in JSON: %w", err),
				Sample: bytes.Clone(line[:min(len(line), maxSample)]),
			}
		}
		d.line = r.lines.n
		return d, nil
	}
}

// record is one line, under every name that its fields go by. Names match in any case.
type record struct {
	Text, Body, Content, Article, ArticleBody, MainText, FullText, Description, Summary value

	Title, Headline, Heading value

	Published, Date, PubDate, PublishedAt, Datetime, Timestamp, DatePublished value

	PublishedSnake value `json:"published_at"`
	PublishDate    value `json:"publish_date"`
	DatePublish    value `json:"date_publish"`
	DatePubSnake   value `json:"date_published"`
	PublicationDay value `json:"publication_date"`
	CreatedAt      value `json:"created_at"`

	URL, Link, Href value
	CanonicalURL    value `json:"canonical_url"`

	Publisher, Source, Outlet, Site, Domain value
	SiteName                                value `json:"site_name"`
	SourceDomain                            value `json:"source_domain"`

	Lang, Language, Locale value

	ID, GUID, UID value
	MongoID       value `json:"_id"`
}

func parse(line []byte) (draft, error) {
	if line[0] != '{' {
		return draft{}, errors.New("want an object")
	}
	var r record
	if err := json.Unmarshal(line, &r); err != nil {
		return draft{}, err
	}
	d := draft{
		guid:      first(r.ID, r.GUID, r.UID, r.MongoID),
		url:       first(r.URL, r.Link, r.CanonicalURL, r.Href),
		publisher: first(r.Publisher, r.Source, r.Outlet, r.Site, r.SiteName, r.SourceDomain, r.Domain),
		lang:      first(r.Lang, r.Language, r.Locale),
		title:     first(r.Title, r.Headline, r.Heading),
		text: first(r.Text, r.Body, r.Content, r.Article, r.ArticleBody, r.MainText, r.FullText, r.Description,
			r.Summary),
	}
	if !utf8.Valid(line) {
		d.mended = append(d.mended, producer.InvalidUTF8)
	}
	date := first(r.Published, r.Date, r.PubDate, r.PublishedSnake, r.PublishedAt, r.PublishDate, r.DatePublish,
		r.DatePublished, r.DatePubSnake, r.PublicationDay, r.Datetime, r.Timestamp, r.CreatedAt)
	published, err := extract.Date(date)
	if err != nil {
		d.mended = append(d.mended, producer.BadDate)
	}
	d.published = published
	return d, nil
}

func first(values ...value) string {
	for _, v := range values {
		if s := strings.TrimSpace(string(v)); s != "" {
			return s
		}
	}
	return ""
}

// value reads whatever stands where a string should: a number as it is written, a list of strings as paragraphs, an
// object as its name. It looks no deeper, so that deep nesting costs nothing.
type value string

func (v *value) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		return json.Unmarshal(b, (*string)(v))
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
		parts := make([]string, 0, len(list))
		for _, e := range list {
			if s := stringOf(e); s != "" {
				parts = append(parts, s)
			}
		}
		*v = value(strings.Join(parts, "\n\n"))
	case '{':
		var object struct{ Name, Title, Rendered, Value json.RawMessage }
		if err := json.Unmarshal(b, &object); err != nil {
			return err
		}
		for _, m := range []json.RawMessage{object.Name, object.Title, object.Rendered, object.Value} {
			if s := stringOf(m); s != "" {
				*v = value(s)
				return nil
			}
		}
	case 'n', 't', 'f':
	default:
		*v = value(b)
	}
	return nil
}

func stringOf(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// canonical is an address as it names an article, whatever campaign it was shared in; "" for what is no address.
func canonical(s string) string {
	if len(s) > maxURL {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
		return ""
	}
	u.Scheme = strings.ToLower(u.Scheme)
	port := ":443"
	if u.Scheme == "http" {
		port = ":80"
	}
	u.Host = strings.TrimSuffix(strings.ToLower(u.Host), port)
	u.Fragment, u.RawFragment, u.User = "", "", nil
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = withoutTracking(u.RawQuery)
	u.ForceQuery = false
	return strings.ToValidUTF8(u.String(), "%EF%BF%BD")
}

// withoutTracking drops the parameters that only say how a reader came, and keeps the others as they are.
func withoutTracking(query string) string {
	if query == "" {
		return ""
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(strings.ToLower(pair), "=")
		switch {
		case pair == "", strings.HasPrefix(key, "utm_"), key == "fbclid", key == "gclid", key == "mc_cid", key == "mc_eid":
		default:
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// publisher is who published, in words; else the host of the address; else news.NoPublisher.
func publisher(told, address string) string {
	if s := line(told, maxPublisher); s != "" {
		return s
	}
	if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
		return strings.TrimPrefix(u.Hostname(), "www.")
	}
	return news.NoPublisher
}

// language is the ISO 639-1 code of "fr", "fr-FR", "fra" or "French"; "" when it is not told so that we know it.
func language(told string) string {
	s, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(strings.TrimSpace(told), "_", "-")), "-")
	switch s {
	case "fra", "fre", "french", "français", "francais":
		return "fr"
	case "eng", "english", "anglais":
		return "en"
	}
	if len(s) == 2 && isLetter(s[0]) && isLetter(s[1]) {
		return s
	}
	return ""
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }
