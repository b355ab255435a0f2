package feed

import (
	"fmt"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// Policy says by what a feed's items are told apart.
type Policy string

// The policies. Link comes first where it can: it is the same in all feeds of a publisher and in archives.
const (
	ByLink      Policy = "link"       // the canonical address
	ByGUID      Policy = "guid"       // the publisher and the guid
	ByGUIDLink  Policy = "guid+link"  // both, where each repeats
	ByTitleDate Policy = "title+date" // the publisher, title and date
	ByContent   Policy = "content"    // all that a reader sees: an edited article is a new one
)

// ParsePolicy reads a policy; "" and "auto" are "", to be detected.
func ParsePolicy(s string) (Policy, error) {
	switch p := Policy(strings.ToLower(strings.TrimSpace(s))); p {
	case "", "auto":
		return "", nil
	case ByLink, ByGUID, ByGUIDLink, ByTitleDate, ByContent:
		return p, nil
	}
	return "", fmt.Errorf("identity %q: want auto, link, guid, guid+link, title+date or content", s)
}

// Detect is the first policy that tells the items apart. Items that are the same in everything count once.
func Detect(items []Item) Policy {
	items = distinct(items)
	for _, c := range []struct {
		policy Policy
		key    func(Item) string
	}{
		{ByLink, linkKey},
		{ByGUID, func(i Item) string { return i.GUID }},
		{ByGUIDLink, func(i Item) string {
			if i.GUID == "" && linkKey(i) == "" {
				return ""
			}
			return i.GUID + "\x00" + linkKey(i)
		}},
		{ByTitleDate, func(i Item) string {
			if i.Title == "" || i.Published.IsZero() {
				return ""
			}
			return i.Title + "\x00" + i.Published.String()
		}},
	} {
		if tellsApart(items, c.key) {
			return c.policy
		}
	}
	return ByContent
}

func linkKey(i Item) string {
	u, err := Canonical(i.Link)
	if err != nil {
		return ""
	}
	return u
}

func distinct(items []Item) []Item {
	seen := map[Item]bool{}
	var out []Item
	for _, i := range items {
		if !seen[i] {
			seen[i] = true
			out = append(out, i)
		}
	}
	return out
}

// tellsApart asks for a key on every item, each on one only.
func tellsApart(items []Item, key func(Item) string) bool {
	seen := make(map[string]bool, len(items))
	for _, i := range items {
		k := key(i)
		if k == "" || seen[k] {
			return false
		}
		seen[k] = true
	}
	return true
}

// Resolve makes the addresses absolute that a document tells relative to itself or its site.
func (d Document) Resolve(base string) Document {
	items := make([]Item, len(d.Items))
	if d.Link != "" {
		d.Link = resolve(base, d.Link)
	}
	for i, item := range d.Items {
		if item.Link != "" {
			item.Link = resolve(or(d.Link, base), item.Link)
		}
		items[i] = item
	}
	if d.Hub != "" {
		d.Hub = resolve(base, d.Hub)
	}
	if d.Self != "" {
		d.Self = resolve(base, d.Self)
	}
	d.Items = items
	return d
}

// Sizes of what an article carries.
const (
	maxTitle = 2 << 10
	maxText  = 256 << 10
)

// Article makes the noun of an item that was seen in the feed at address.
func (d Document) Article(i Item, p Policy, address string, seen time.Time) news.Article {
	a := news.Article{
		URL:       linkKey(i),
		Title:     clip(oneLine(text.Normalize(i.Title)), maxTitle),
		Text:      strings.TrimSpace(text.Normalize(clip(i.Text, maxMarkup))),
		Published: i.Published,
		Seen:      seen,
		Source:    address,
	}
	a.Text, a.Cut = text.Cut(a.Text, maxText)
	if a.Text == "" {
		a.Text = a.Title
	}
	a.Publisher = or(site(a.URL), site(d.Link), site(address), news.NoPublisher)
	a.Language = language(a, d.Language)
	return p.identify(a, i)
}

// language is what the text says, else what the feed says: many feeds carry the language of their software.
func language(a news.Article, told string) string {
	if l := text.Detect(clip(a.Title+"\n\n"+a.Text, 4<<10)); l != "" {
		return l
	}
	l, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(told, "_", "-")), "-")
	if len(l) != 2 || l[0] < 'a' || l[0] > 'z' || l[1] < 'a' || l[1] > 'z' {
		return ""
	}
	return l
}

// identify sets the ID by the policy. By link and by guid it is the ID that news.Article.Identify gives the same
// article from an archive.
func (p Policy) identify(a news.Article, i Item) news.Article {
	address := a.URL
	switch p {
	case ByGUID:
		a.URL = ""
		a = a.Identify(or(i.GUID, address))
	case ByGUIDLink:
		a = a.Identify("")
		a.ID = news.MakeID("article", "guid+link", a.Publisher, i.GUID, address)
	case ByTitleDate:
		a = a.Identify("")
		a.ID = news.MakeID("article", "title+date", a.Publisher, a.Title, a.Published.String())
	case ByContent:
		a.URL = ""
		a = a.Identify("")
	default:
		a = a.Identify(i.GUID)
	}
	a.URL = address
	return a
}

func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}
