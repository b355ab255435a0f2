package fetch

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/temoto/robotstxt"
)

const (
	robotsAge   = 24 * time.Hour
	robotsRetry = time.Hour // after a robots.txt that could not be got
	robotsMax   = 10_000    // hosts remembered
)

// Robots remembers what sites let be read. It is safe for concurrent use.
type Robots struct {
	client *Client
	agent  string
	now    func() time.Time

	mu    sync.Mutex
	sites map[string]*robots
}

type robots struct {
	mu    sync.Mutex // one asks, the others wait
	until time.Time
	rules *robotstxt.Group // nil: everything may be read
	none  bool             // nothing may be read: the site is in trouble (RFC 9309, 2.3.1.4)
}

// NewRobots returns a Robots that knows nothing yet. agent is the product token that sites name: "quidnunc".
func NewRobots(c *Client, agent string, now func() time.Time) *Robots {
	return &Robots{client: c, agent: agent, now: now, sites: map[string]*robots{}}
}

// Check is nil if the page may be read, else a *Refused with RobotsForbid or ctx's error. delay is what the site asks
// between two pages.
func (r *Robots) Check(ctx context.Context, page string) (delay time.Duration, err error) {
	u, err := address(page)
	if err != nil {
		return 0, &Refused{BadAddress, page, err}
	}
	s := r.site(u)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !r.now().Before(s.until) {
		if err := r.ask(ctx, s, u); err != nil {
			return 0, err
		}
	}
	switch {
	case s.none:
		return 0, &Refused{RobotsForbid, page, errors.New("robots.txt cannot be had")}
	case s.rules == nil:
		return 0, nil
	case !s.rules.Test(u.RequestURI()):
		return 0, &Refused{RobotsForbid, page, errors.New("robots.txt forbids it")}
	}
	return min(s.rules.CrawlDelay, time.Minute), nil
}

func (r *Robots) site(u *url.URL) *robots {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := u.Scheme + "://" + u.Host
	s := r.sites[key]
	if s == nil {
		if len(r.sites) >= robotsMax {
			clear(r.sites)
		}
		s = &robots{}
		r.sites[key] = s
	}
	return s
}

func (r *Robots) ask(ctx context.Context, s *robots, u *url.URL) error {
	s.rules, s.none, s.until = nil, false, r.now().Add(robotsAge)
	got, err := r.client.Get(ctx, Request{URL: u.Scheme + "://" + u.Host + "/robots.txt"})
	switch {
	case ctx.Err() != nil:
		s.until = time.Time{}
		return ctx.Err()
	case err != nil || got.Status >= http.StatusInternalServerError:
		s.none, s.until = true, r.now().Add(robotsRetry)
		return nil
	case got.Status != http.StatusOK:
		return nil
	}
	data, err := robotstxt.FromBytes(got.Body[:min(len(got.Body), 500<<10)])
	if err != nil {
		return nil //nolint:nilerr // what cannot be read forbids nothing
	}
	s.rules = data.FindGroup(r.agent)
	return nil
}
