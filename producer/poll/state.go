package poll

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/feed"
)

// State is what is known of a feed from its past polls.
type State struct {
	URL          string        `json:"url"`                     // as it was subscribed to
	Address      string        `json:"address,omitempty"`       // where it moved for good
	Moving       string        `json:"moving,omitempty"`        // where it says that it moved
	Moves        int           `json:"moves,omitempty"`         // polls in a row that said so
	ETag         string        `json:"etag,omitempty"`          // of the last whole answer
	LastModified string        `json:"last_modified,omitempty"` // likewise
	Body         string        `json:"body,omitempty"`          // its hash
	Broken       string        `json:"broken,omitempty"`        // the hash of an answer that was not whole
	Slow         bool          `json:"slow,omitempty"`          // the last answer took long
	Polled       time.Time     `json:"polled,omitzero"`
	Changed      time.Time     `json:"changed,omitzero"` // when it last had something new
	Due          time.Time     `json:"due,omitzero"`
	Failures     int           `json:"failures,omitempty"` // in a row
	Problem      string        `json:"problem,omitempty"`  // of the last poll, in words
	Gone         bool          `json:"gone,omitempty"`     // 410: not asked again
	Baselined    bool          `json:"baselined,omitempty"`
	Identity     feed.Policy   `json:"identity,omitempty"`
	Format       string        `json:"format,omitempty"`
	Title        string        `json:"title,omitempty"`
	Items        int           `json:"items,omitempty"` // of the last poll
	Rhythm       time.Duration `json:"rhythm,omitempty"`
	Warnings     []feed.Name   `json:"warnings,omitempty"`
	Hub          string        `json:"hub,omitempty"`   // asked to tell us of news
	Topic        string        `json:"topic,omitempty"` // what the feed is called there
	Renew        time.Time     `json:"renew,omitzero"`  // when to ask again
	Seen         []Seen        `json:"seen,omitempty"`  // latest first
}

// Seen is an item that was told. Its keys are hashes: they find it again when the feed changes how it names items.
type Seen struct {
	ID        news.ID `json:"i"`
	Revision  string  `json:"r"`
	GUID      string  `json:"g,omitempty"`
	Link      string  `json:"l,omitempty"`
	TitleDate string  `json:"t,omitempty"`
	Edits     int     `json:"e,omitempty"`
}

const (
	keepSeen = 500  // items remembered at least, and twice as many as the feed shows
	maxSeen  = 5000 // at most: some 600 kB
	maxEdits = 20   // revisions of one item that are told: beyond, it only has a moving part
)

func short(parts ...string) string { return string(news.MakeID(parts...))[:12] }

// seenOf is an article as it will be remembered. Its date is no part of what is compared: many feeds give each item the
// time of the poll.
func seenOf(a news.Article, i feed.Item) Seen {
	s := Seen{ID: a.ID, Revision: short(a.Title, a.Text)}
	if i.GUID != "" {
		s.GUID = short("guid", i.GUID)
	}
	if a.URL != "" {
		s.Link = short("link", a.URL)
	}
	if a.Title != "" && !a.Published.IsZero() {
		s.TitleDate = short("title+date", a.Title, a.Published.String())
	}
	return s
}

// remember puts the items of a poll before those remembered, and forgets the oldest.
func (s *State) remember(now []Seen) {
	keep := min(max(keepSeen, 2*len(now)), maxSeen)
	present := make(map[news.ID]bool, len(now))
	for _, n := range now {
		present[n.ID] = true
	}
	for _, old := range s.Seen {
		if len(now) >= keep {
			break
		}
		if !present[old.ID] {
			now = append(now, old)
		}
	}
	s.Seen = now
}

// reconsider changes the policy of a feed of which suddenly nothing is known by it and most by another: its guids or
// its links change with every poll.
func (s *State) reconsider(items []feed.Item, articles []news.Article) feed.Policy {
	const few = 3
	if len(items) < few || len(s.Seen) == 0 {
		return s.Identity
	}
	known := map[string]bool{}
	for _, o := range s.Seen {
		for _, k := range []string{string(o.ID), o.GUID, o.Link, o.TitleDate} {
			known[k] = k != ""
		}
	}
	hits := map[feed.Policy]int{}
	for n, i := range items {
		now := seenOf(articles[n], i)
		if known[string(now.ID)] {
			return s.Identity
		}
		for p, k := range map[feed.Policy]string{feed.ByLink: now.Link, feed.ByGUID: now.GUID, feed.ByTitleDate: now.TitleDate} {
			if known[k] {
				hits[p]++
			}
		}
	}
	for _, p := range []feed.Policy{feed.ByLink, feed.ByGUID, feed.ByTitleDate} {
		if p != s.Identity && 2*hits[p] > len(items) {
			return p
		}
	}
	return s.Identity
}

// index finds what was seen.
type index map[string]Seen

// index makes the Seen findable by ID and, where the policy changed, by any key.
func (s *State) index(anyKey bool) index {
	x := make(index, len(s.Seen))
	for _, o := range slices.Backward(s.Seen) { // the latest counts
		if anyKey {
			x["g"+o.GUID], x["l"+o.Link], x["t"+o.TitleDate] = o, o, o
		}
	}
	for _, o := range s.Seen {
		x[string(o.ID)] = o
	}
	for _, none := range []string{"g", "l", "t"} {
		delete(x, none)
	}
	return x
}

func (x index) find(now Seen) (Seen, bool) {
	for _, k := range []string{string(now.ID), "g" + now.GUID, "l" + now.Link, "t" + now.TitleDate} {
		if o, ok := x[k]; ok {
			return o, true
		}
	}
	return Seen{}, false
}

// load reads the state of a feed; a new one has only its address.
func load(ctx context.Context, store Store, url string) (State, error) {
	b, err := store.Load(ctx, Key(url))
	if err != nil {
		return State{}, fmt.Errorf("state of feed %s: %w", url, err)
	}
	s := State{URL: url}
	if b == nil {
		return s, nil
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return State{}, fmt.Errorf("state of feed %s: %w", url, err)
	}
	s.URL = url
	return s, nil
}

func save(ctx context.Context, store Store, s State) error {
	b, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("state of feed %s: %w", s.URL, err)
	}
	return store.Save(ctx, Key(s.URL), b)
}

// memory is a Store for one process.
type memory struct{ m sync.Map }

func (m *memory) Load(_ context.Context, key string) ([]byte, error) {
	b, ok := m.m.Load(key)
	if !ok {
		return nil, nil
	}
	return b.([]byte), nil
}

func (m *memory) Save(_ context.Context, key string, value []byte) error {
	m.m.Store(key, value)
	return nil
}
