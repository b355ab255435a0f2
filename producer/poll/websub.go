package poll

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the hubs' choice, and they sign with it
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/quidnunc-news/quidnunc/producer/feed"
)

// WebSub lets the hubs of feeds tell us at once that there is something new. What a hub sends is a hint only: the feed
// itself is then polled, so that nobody can put articles into it on the way.
type WebSub struct {
	Callback string                                                             // where hubs reach Poller.ServeHTTP from outside, ending with "/"
	Secret   []byte                                                             // of this installation, from which those of the feeds are made
	Post     func(ctx context.Context, to string, form url.Values) (int, error) // (*fetch.Client).Post
}

const (
	lease       = 10 * 24 * time.Hour
	pingSpacing = 10 * time.Second // between a poll and the next that a hub asks for
	maxPing     = 15 << 20
)

// callbacks finds the Source that a hub means.
type callbacks struct {
	mu      sync.Mutex
	sources map[string]*Source
	topics  map[string]string // by token: what we asked the hub for
}

// derive makes a feed's own secret for a purpose.
func (w WebSub) derive(purpose, feedURL string) string {
	m := hmac.New(sha256.New, w.Secret)
	_, _ = io.WriteString(m, purpose+"\x00"+feedURL)
	return hex.EncodeToString(m.Sum(nil)[:20])
}

func (p *Poller) expect(s *Source) {
	if p.cfg.WebSub.Callback == "" {
		return
	}
	p.called.mu.Lock()
	defer p.called.mu.Unlock()
	if p.called.sources == nil {
		p.called.sources, p.called.topics = map[string]*Source{}, map[string]string{}
	}
	p.called.sources[p.cfg.WebSub.derive("callback", s.feed.URL)] = s
}

// subscribe asks the feed's hub, where it has one, to tell us of news. What fails is tried again at a later poll.
func (s *Source) subscribe(ctx context.Context, doc feed.Document, now time.Time) {
	w := s.p.cfg.WebSub
	topic := or(doc.Self, s.address())
	if w.Callback == "" || doc.Hub == "" || doc.Hub == s.state.Hub && topic == s.state.Topic && now.Before(s.state.Renew) {
		return
	}
	token := w.derive("callback", s.feed.URL)
	s.p.called.mu.Lock()
	s.p.called.topics[token] = topic
	s.p.called.mu.Unlock()
	status, err := w.Post(ctx, doc.Hub, url.Values{
		"hub.mode": {"subscribe"}, "hub.topic": {topic}, "hub.callback": {w.Callback + token},
		"hub.secret": {w.derive("secret", s.feed.URL)}, "hub.lease_seconds": {"864000"},
	})
	if err != nil || status >= http.StatusBadRequest {
		s.p.cfg.Log.Warn("poll: hub not reached", "feed", s.feed.URL, "hub", doc.Hub, "status", status, "error", err)
		s.state.Renew = now.Add(time.Hour)
	} else {
		s.state.Renew = now.Add(lease / 2)
	}
	s.state.Hub, s.state.Topic = doc.Hub, topic
}

// hasten makes the feed due, but never twice within pingSpacing.
func (s *Source) hasten() {
	if !s.loaded {
		return
	}
	soon := s.state.Polled.Add(pingSpacing)
	if now := s.p.cfg.Now(); soon.Before(now) {
		soon = now
	}
	if soon.Before(s.state.Due) {
		s.state.Due = soon
	}
}

// ServeHTTP is the callback of hubs: they prove with a GET that we asked, and tell of news with a signed POST.
func (p *Poller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := path.Base(r.URL.Path)
	p.called.mu.Lock()
	s, topic := p.called.sources[token], p.called.topics[token]
	p.called.mu.Unlock()
	if s == nil {
		http.NotFound(w, r)
		return
	}
	switch r.Method {
	case http.MethodGet:
		q := r.URL.Query()
		if q.Get("hub.mode") != "subscribe" || topic == "" || q.Get("hub.topic") != topic {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = io.WriteString(w, q.Get("hub.challenge")) //nolint:gosec // plain text, to the hub that asked
	case http.MethodPost:
		if signed(r, p.cfg.WebSub.derive("secret", s.feed.URL)) {
			select {
			case s.pinged <- struct{}{}:
			default:
			}
		}
		w.WriteHeader(http.StatusAccepted) // whatever it was: a forger learns nothing
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// signed tells whether the body is the hub's.
func signed(r *http.Request, secret string) bool {
	method, sum, _ := strings.Cut(r.Header.Get("X-Hub-Signature"), "=")
	made := map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New}[method]
	want, err := hex.DecodeString(sum)
	if made == nil || err != nil {
		return false
	}
	m := hmac.New(made, []byte(secret))
	n, err := io.Copy(m, io.LimitReader(r.Body, maxPing+1))
	return err == nil && n <= maxPing && hmac.Equal(m.Sum(nil), want)
}
