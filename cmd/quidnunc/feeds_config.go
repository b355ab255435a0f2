package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/feed"
	"github.com/quidnunc-news/quidnunc/producer/fetch"
	"github.com/quidnunc-news/quidnunc/producer/poll"
)

// feedSource is a source that is polled: one of Feed, OPML and Subscribed.
type feedSource struct {
	Feed       string        `yaml:"feed"`       // an address
	OPML       string        `yaml:"opml"`       // a file of feeds
	Subscribed bool          `yaml:"subscribed"` // those of 'quidnunc feeds add' and 'import'
	Every      time.Duration `yaml:"every"`      // between two polls; 0: by the feed's own rhythm and wishes
	Identity   string        `yaml:"identity"`   // auto (default), link, guid, guid+link, title+date, content
	Baseline   string        `yaml:"baseline"`   // history (default): the first poll alerts nobody; or news
	Pages      bool          `yaml:"pages"`      // articles that the feed only sums up are read from their pages
}

// feedsConfig is how feeds are polled.
type feedsConfig struct {
	Contact  string        `yaml:"contact"`  // how publishers reach you: an address or e-mail for the User-Agent
	Callback string        `yaml:"callback"` // where hubs (WebSub) reach listen from outside; "": they are not used
	Listen   string        `yaml:"listen"`   // for callback; "": 127.0.0.1:9611
	Allow    []string      `yaml:"allow"`    // address ranges that may be asked though they are not public
	AtOnce   int           `yaml:"at_once"`  // feeds read at once; 0: 16
	Spacing  time.Duration `yaml:"spacing"`  // between two requests to one host; 0: 1s
	Min      time.Duration `yaml:"min"`      // at least between two polls; 0: 2m
	Max      time.Duration `yaml:"max"`      // at most between two polls; 0: 6h
}

const baselineNews = "news"

func (s sourceConfig) validate() error {
	kinds := 0
	for _, is := range []bool{len(s.Archive) > 0, s.Feed != "", s.OPML != "", s.Subscribed} {
		if is {
			kinds++
		}
	}
	switch {
	case kinds == 0:
		return errors.New("no archive, feed, opml or subscribed: say where the articles come from")
	case kinds > 1:
		return errors.New("only one of archive, feed, opml and subscribed: make it several sources")
	case len(s.Archive) > 0 && s.feedSource != feedSource{}:
		return errors.New("every, identity, baseline and pages: only for feeds")
	case s.Baseline != "" && s.Baseline != "history" && s.Baseline != baselineNews:
		return fmt.Errorf("baseline %q: want history or news", s.Baseline)
	case s.Every < 0:
		return fmt.Errorf("every: %s is negative", s.Every)
	}
	if _, err := feed.ParsePolicy(s.Identity); err != nil {
		return err
	}
	if s.Feed != "" {
		if _, err := feed.Canonical(s.Feed); err != nil {
			return fmt.Errorf("feed %q: %w", s.Feed, err)
		}
	}
	return nil
}

func (c feedsConfig) validate() error {
	if _, err := prefixes(c.Allow); err != nil {
		return err
	}
	if c.Callback != "" {
		if _, err := feed.Canonical(c.Callback); err != nil {
			return fmt.Errorf("callback %q: %w", c.Callback, err)
		}
	}
	if c.Listen != "" && c.Callback == "" {
		return errors.New("listen: only for callback, the address by which hubs reach it")
	}
	return c.poll(nil).Validate()
}

// prefixes reads address ranges; one address is a range too.
func prefixes(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, addrErr := netip.ParseAddr(s)
			if addrErr != nil {
				return nil, fmt.Errorf("allow %q: want a range such as 10.1.0.0/16, or an address", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// client is what gets documents for us. It says who asks.
func (c feedsConfig) client() (*fetch.Client, error) {
	allow, err := prefixes(c.Allow)
	if err != nil {
		return nil, usagef("feeds: %w", err)
	}
	agent := "quidnunc/" + version + " (" + runtime.GOOS + ")"
	if c.Contact != "" {
		agent = "quidnunc/" + version + " (+" + c.Contact + ")"
	}
	return fetch.New(fetch.Config{Agent: agent, Allow: allow}), nil
}

func (c feedsConfig) poll(g poll.Getter) poll.Config {
	if g == nil {
		g = (*fetch.Client)(nil) // only to be checked
	}
	return poll.Config{Getter: g, AtOnce: c.AtOnce, Spacing: c.Spacing, Min: c.Min, Max: c.Max}
}

// feedPlan is the feeds that will be polled.
type feedPlan struct {
	cfg        feedsConfig
	feeds      []poll.Feed
	subscribed *poll.Feed // how those of the log are polled; nil: not at all
}

// read collects the feeds of the configuration, each address once.
func (p *feedPlan) read(c config) error {
	p.cfg = c.Feeds
	for i, s := range c.Sources {
		identity, err := feed.ParsePolicy(s.Identity)
		if err != nil {
			return usagef("sources[%d]: %w", i, err)
		}
		f := poll.Feed{URL: s.Feed, Every: s.Every, Identity: identity, News: s.Baseline == baselineNews, Pages: s.Pages}
		switch {
		case s.Feed != "":
			p.add(f)
		case s.Subscribed:
			p.subscribed = &f
		case s.OPML != "":
			listed, err := readOPML(s.OPML)
			if err != nil {
				return usagef("sources[%d]: %w", i, err)
			}
			for _, l := range listed {
				f.URL = l.URL
				p.add(f)
			}
		}
	}
	return nil
}

func (p *feedPlan) add(f poll.Feed) {
	for _, have := range p.feeds {
		if have.URL == f.URL {
			return
		}
	}
	p.feeds = append(p.feeds, f)
}

func readOPML(file string) ([]feed.Subscription, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	listed, err := feed.ReadOPML(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return listed, nil
}

// addFeeds makes inputs of the feeds, which remember in the log's bucket what they told.
func addFeeds(ctx context.Context, h *house, p *plan, once bool) error {
	feeds := &p.feeds
	if feeds.subscribed != nil {
		listed, err := (feedBook{h.hub}).list(ctx)
		if err != nil {
			return err
		}
		for _, s := range listed {
			f := *feeds.subscribed
			f.URL = s.URL
			feeds.add(f)
		}
		if len(listed) == 0 {
			fmt.Fprintln(h.std.out, "note     no feed is subscribed to: 'quidnunc feeds add URL', then start again")
		}
	}
	if len(feeds.feeds) == 0 {
		return nil
	}
	client, err := feeds.cfg.client()
	if err != nil {
		return err
	}
	p.close = append(p.close, client.Close)
	cfg := feeds.cfg.poll(client)
	cfg.Store, cfg.Withdraw, cfg.Once = feedMemory{h.hub}, corrections{h.hub}.tell, once
	cfg.Registerer, cfg.Log = h.registry, h.log
	readPages(&cfg, client, h.log)
	if cfg.WebSub, err = feeds.cfg.webSub(ctx, h.hub, client); err != nil {
		return err
	}
	poller, err := poll.New(cfg)
	if err != nil {
		return err
	}
	if cfg.WebSub.Callback != "" {
		if err := h.listenForHubs(nameOr(feeds.cfg.Listen, defaultHubs), poller); err != nil {
			return err
		}
	}
	for _, f := range feeds.feeds {
		p.inputs = append(p.inputs, producer.Input{Name: f.URL, Origin: news.Live, Source: poller.Feed(f)})
	}
	fmt.Fprintf(h.std.out, "feeds    %d\n", len(feeds.feeds))
	return nil
}

// feedMemory keeps what is known of each feed.
type feedMemory struct{ hub *stream.Hub }

func (m feedMemory) Load(ctx context.Context, key string) ([]byte, error) {
	b, _, err := m.hub.Value(ctx, stream.Feeds, stateKeys+key)
	if errors.Is(err, stream.ErrNotFound) {
		return nil, nil
	}
	return b, err
}

func (m feedMemory) Save(ctx context.Context, key string, value []byte) error {
	_, err := m.hub.Put(ctx, stream.Feeds, stateKeys+key, value)
	return err
}

// corrections go into the log.
type corrections struct{ hub *stream.Hub }

func (c corrections) tell(ctx context.Context, correction news.Correction) error {
	m, err := wire.Correction(correction)
	if err != nil {
		return err
	}
	_, err = c.hub.PublishBatch(ctx, [][]stream.Message{{stream.Message(m)}})
	return err
}

// The keys of the bucket.
const (
	stateKeys     = "state."
	subscribeKeys = "feed."
)

// feedBook is the list of feeds subscribed to.
type feedBook struct{ hub *stream.Hub }

func (b feedBook) list(ctx context.Context) ([]feed.Subscription, error) {
	keys, err := b.hub.Keys(ctx, stream.Feeds, subscribeKeys+">")
	if err != nil {
		return nil, fmt.Errorf("feeds: %w", err)
	}
	var out []feed.Subscription
	for _, k := range keys {
		v, _, err := b.hub.Value(ctx, stream.Feeds, k)
		if err != nil {
			return nil, fmt.Errorf("feeds: %w", err)
		}
		var s feed.Subscription
		if err := json.Unmarshal(v, &s); err != nil {
			return nil, fmt.Errorf("feeds: %s: %w", k, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// add tells whether the feed is new.
func (b feedBook) add(ctx context.Context, s feed.Subscription) (bool, error) {
	v, err := json.Marshal(s)
	if err != nil {
		return false, err
	}
	_, err = b.hub.Update(ctx, stream.Feeds, subscribeKeys+poll.Key(s.URL), v, 0)
	if errors.Is(err, stream.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// remove tells whether there was one.
func (b feedBook) remove(ctx context.Context, url string) (bool, error) {
	key := subscribeKeys + poll.Key(url)
	if _, _, err := b.hub.Value(ctx, stream.Feeds, key); errors.Is(err, stream.ErrNotFound) {
		return false, nil
	}
	return true, b.hub.Delete(ctx, stream.Feeds, key)
}

// state is what is known of a feed; false: it was never polled.
func (b feedBook) state(ctx context.Context, url string) (poll.State, bool, error) {
	v, err := feedMemory(b).Load(ctx, poll.Key(url))
	if v == nil || err != nil {
		return poll.State{}, false, err
	}
	var s poll.State
	if err := json.Unmarshal(v, &s); err != nil {
		return s, false, fmt.Errorf("state of feed %s: %w", url, err)
	}
	return s, true, nil
}
