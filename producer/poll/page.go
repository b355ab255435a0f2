package poll

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/feed"
	"github.com/quidnunc-news/quidnunc/producer/fetch"
)

const (
	shortText = 1000      // bytes: what is shorter is taken for a summary, whatever the feed calls it
	maxText   = 256 << 10 // bytes of an article
)

// summary tells whether there is more of an item on its page.
func summary(i feed.Item, a news.Article) bool {
	return a.URL != "" && (i.Summary || len(a.Text) < shortText)
}

// complete takes an article's text from its page, where that has more and may be read. What fails leaves the summary.
// An error is ctx's.
func (s *Source) complete(ctx context.Context, a *news.Article) error {
	got, err := s.page(ctx, a.URL)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.p.metrics.pages.WithLabelValues(s.fill(a, got, err)).Inc()
	return nil
}

// fill puts the text of a page into its article and says what came of it.
func (s *Source) fill(a *news.Article, got *fetch.Response, err error) (outcome string) {
	var refused *fetch.Refused
	switch {
	case errors.As(err, &refused):
		s.p.metrics.refused.WithLabelValues(string(refused.Reason)).Inc()
		return outcomeRefused
	case err != nil:
		return outcomeRefused
	case throttled(got.Status):
		return outcomeThrottled
	case got.Status != http.StatusOK:
		return outcomeStatus
	}
	body, ok := s.p.cfg.Page(got)
	body = strings.TrimSpace(text.Normalize(body))
	if !ok || len(body) <= len(a.Text) {
		return outcomeNoMore
	}
	id := a.ID
	a.Text, a.Cut = text.Cut(body, maxText)
	*a = a.Identify("")
	a.ID = id
	return outcomeRead
}

// page gets a page as politely as a feed.
func (s *Source) page(ctx context.Context, url string) (*fetch.Response, error) {
	host := hostOf(url)
	if err := s.p.hosts.enter(ctx, host); err != nil {
		return nil, err
	}
	hold := time.Duration(0)
	defer func() { s.p.hosts.leave(host, hold) }()
	delay, err := s.p.cfg.Robots.Check(ctx, url)
	if err != nil {
		return nil, err
	}
	hold = delay
	got, err := s.p.cfg.Getter.Get(ctx, fetch.Request{URL: url, Accept: "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"})
	if err == nil && throttled(got.Status) {
		hold = min(max(hold, wishesOf(got.Header, s.p.cfg.Now()).retry), s.p.cfg.Longest)
	}
	return got, err
}
