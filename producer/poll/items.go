package poll

import (
	"context"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/feed"
)

// take puts what is new or edited in a document into the queue, oldest first.
func (s *Source) take(doc feed.Document, now time.Time) {
	before := s.state.Identity
	articles := s.identified(doc, now)
	changed := before != "" && before != s.state.Identity
	origin := news.Live
	if !s.state.Baselined && !s.feed.News {
		origin = news.Baseline
	}
	known := s.state.index(changed)
	var seen []Seen
	here := map[news.ID]bool{}
	for n, a := range articles {
		if here[a.ID] {
			s.p.metrics.warnings.WithLabelValues(string(feed.Repeated)).Inc()
			continue
		}
		here[a.ID] = true
		next, fate := compare(known, seenOf(a, doc.Items[n]), origin)
		seen = append(seen, next)
		s.p.metrics.items.WithLabelValues(fate).Inc()
		switch fate {
		case itemNew, itemEdited:
			s.queue = append(s.queue, found{a, news.Live, s.feed.Pages && s.p.cfg.Page != nil && summary(doc.Items[n], a)})
		case itemBaseline:
			s.queue = append(s.queue, found{a, news.Baseline, false})
		}
	}
	if len(s.queue) > 0 {
		s.state.Changed = now
		slices.SortStableFunc(s.queue, func(a, b found) int { return a.article.Published.Start.Compare(b.article.Published.Start) })
	}
	s.state.remember(seen)
	s.state.Baselined = true
}

// identified makes articles of items by the feed's policy, which is found where none is configured.
func (s *Source) identified(doc feed.Document, now time.Time) []news.Article {
	identify := func() []news.Article {
		out := []news.Article(nil)
		for _, i := range doc.Items {
			out = append(out, doc.Article(i, s.state.Identity, s.feed.URL, now))
		}
		return out
	}
	switch {
	case s.feed.Identity != "":
		s.state.Identity = s.feed.Identity
	case s.state.Identity == "" && len(doc.Items) > 0:
		s.state.Identity = feed.Detect(doc.Items)
	}
	articles := identify()
	if s.feed.Identity == "" {
		if p := s.state.reconsider(doc.Items, articles); p != s.state.Identity {
			s.p.cfg.Log.Warn("poll: the feed names its items anew with every poll", "feed", s.feed.URL, "identity", s.state.Identity, "now", p)
			s.state.Identity = p
			articles = identify()
		}
	}
	return articles
}

// compare says what an item is to us, and how it is to be remembered.
func compare(seen index, now Seen, origin news.Origin) (Seen, string) {
	old, known := seen.find(now)
	switch {
	case !known && origin == news.Baseline:
		return now, itemBaseline
	case !known:
		return now, itemNew
	case old.ID != now.ID || old.Revision == now.Revision:
		now.Edits = old.Edits
		return now, itemKnown
	case old.Edits >= maxEdits:
		old.GUID, old.Link, old.TitleDate = now.GUID, now.Link, now.TitleDate
		return old, itemKnown
	}
	now.Edits = old.Edits + 1
	return now, itemEdited
}

// withdraw tells the log of entries that their publisher took back. One that was never told needs no correction.
func (s *Source) withdraw(ctx context.Context, doc feed.Document, now time.Time) {
	for _, w := range doc.Withdrawn {
		key := short("guid", w.GUID)
		at := slices.IndexFunc(s.state.Seen, func(o Seen) bool { return o.GUID == key })
		if at < 0 || s.state.Seen[at].Revision == "" {
			continue
		}
		c := news.Correction{Article: s.state.Seen[at].ID, Publisher: publisher(doc, s.feed.URL), Reason: "withdrawn by its publisher", At: now}
		if s.p.cfg.Withdraw != nil {
			if err := s.p.cfg.Withdraw(ctx, c); err != nil {
				s.p.cfg.Log.Error("poll: correction not told; trying again at the next poll", "article", c.Article, "error", err)
				s.state.Body, s.state.ETag, s.state.LastModified = "", "", ""
				continue
			}
		}
		s.state.Seen[at].Revision = "" // told once
		s.p.metrics.items.WithLabelValues(itemWithdrawn).Inc()
	}
}

func publisher(doc feed.Document, address string) string {
	return doc.Article(feed.Item{Title: "x"}, feed.ByContent, address, time.Time{}).Publisher
}
