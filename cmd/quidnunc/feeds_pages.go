package main

import (
	"errors"
	"log/slog"
	"runtime"
	"time"

	"github.com/quidnunc-news/quidnunc/producer/extract"
	"github.com/quidnunc-news/quidnunc/producer/fetch"
	"github.com/quidnunc-news/quidnunc/producer/poll"
)

// robotsName is how robots.txt files address us.
const robotsName = "quidnunc"

// readPages lets the poller take articles from the pages of feeds that only sum them up. Robots.txt is asked before
// each page, and no more pages are read at once than there are processors.
func readPages(cfg *poll.Config, client *fetch.Client, log *slog.Logger) {
	reading := make(chan struct{}, runtime.GOMAXPROCS(0))
	cfg.Robots = fetch.NewRobots(client, robotsName, time.Now)
	cfg.Page = func(got *fetch.Response) (string, bool) {
		reading <- struct{}{}
		defer func() { <-reading }()
		return article(got, log)
	}
}

// article is the text of a page; false where it tells no more than what every page says of itself in its head.
func article(got *fetch.Response, log *slog.Logger) (string, bool) {
	page, err := extract.Read(got.Body, extract.Hint{URL: got.URL, ContentType: got.Header.Get("Content-Type"), Seen: time.Now()})
	if err != nil && !errors.Is(err, extract.ErrNoText) {
		log.Warn("feeds: page not read", "page", got.URL, "error", err)
	}
	return page.Text, err == nil && page.TextBy != extract.Meta
}
