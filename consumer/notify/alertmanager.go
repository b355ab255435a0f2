package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// AlertmanagerConfig says which Alertmanagers, and how long an alert stands.
type AlertmanagerConfig struct {
	Name   string            // the receiver's name; needed
	URLs   []string          // of all peers: http://am-1:9093; needed
	Labels map[string]string // added to each alert's own
	Stands time.Duration     // how long an alert fires after its last revision, unless it is retracted; 0 means 24 h
	Repeat time.Duration     // how often the peers are told what stands, for they forget it when they restart; 0 means 1 min
	Web
	Style Style // names and time zone of the annotations
}

// Alertmanager posts alerts to every peer of a Prometheus Alertmanager, by its API v2, and keeps them firing. An alert is
// delivered when one peer has it; the others get it with the next repetition. A retraction resolves it.
//
// Labels: alertname (the rule), severity, owner, alert (the ID); annotations: summary, description, headline; the
// generator's address is the article's.
type Alertmanager struct {
	cfg   AlertmanagerConfig
	peers []*post

	mu    sync.Mutex
	stand map[news.ID]amAlert // what stands, as it was posted last
}

// maxStanding bounds what is kept firing; the oldest are let go.
const maxStanding = 10_000

// NewAlertmanager checks the configuration.
func NewAlertmanager(cfg AlertmanagerConfig) (*Alertmanager, error) {
	if len(cfg.URLs) == 0 {
		return nil, fmt.Errorf("alertmanager %s: needs the urls of all peers", cfg.Name)
	}
	cfg.Stands = orElse(cfg.Stands, 24*time.Hour)
	cfg.Repeat = orElse(cfg.Repeat, time.Minute)
	a := &Alertmanager{cfg: cfg, stand: map[news.ID]amAlert{}}
	for _, u := range cfg.URLs {
		joined, err := url.JoinPath(u, "/api/v2/alerts")
		if err != nil {
			return nil, fmt.Errorf("alertmanager %s: url: want http://host:9093", cfg.Name)
		}
		p, err := newPost("alertmanager", cfg.Name, joined, cfg.Web)
		if err != nil {
			return nil, err
		}
		a.peers = append(a.peers, p)
	}
	a.cfg.Web = cfg.filled()
	return a, nil
}

// Name implements Receiver.
func (a *Alertmanager) Name() string { return a.cfg.Name }

// amAlert is a postableAlert of the API.
type amAlert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Starts      time.Time         `json:"startsAt"`
	Ends        time.Time         `json:"endsAt"`
	Generator   string            `json:"generatorURL,omitempty"`
}

// Send implements Receiver.
func (a *Alertmanager) Send(ctx context.Context, n Notice) error {
	alerts := a.apply(n)
	err := a.tell(ctx, alerts)
	if err != nil {
		return err
	}
	a.note(n.Alert, alerts[len(alerts)-1])
	return nil
}

// apply is what has to be posted for a revision: the alert, and before it the end of the one that its former labels made.
func (a *Alertmanager) apply(n Notice) []amAlert {
	made := a.made(n)
	a.mu.Lock()
	defer a.mu.Unlock()
	before, ok := a.stand[n.Alert.ID]
	if !ok || before.Labels["severity"] == made.Labels["severity"] {
		if ok {
			made.Starts = before.Starts
		}
		return []amAlert{made}
	}
	before.Ends = a.cfg.Now().UTC()
	return []amAlert{before, made}
}

func (a *Alertmanager) made(n Notice) amAlert {
	now := a.cfg.Now().UTC()
	taken := n.Queued
	if taken.IsZero() {
		taken = now
	}
	made := amAlert{
		Labels: map[string]string{
			"alertname": n.Alert.Rule, "severity": string(n.Alert.Severity), "owner": n.Alert.Owner, "alert": string(n.Alert.ID),
		},
		Annotations: map[string]string{
			"summary": orElseText(clean(n.Alert.Summary), clean(n.Alert.Title)), "headline": Headline(n.Alert, a.cfg.Style),
			"description": Plain(n, a.cfg.Style), "revision": n.Key,
		},
		Starts: taken.UTC(), Ends: taken.Add(a.cfg.Stands).UTC(),
	}
	for k, v := range a.cfg.Labels {
		made.Labels[k] = v
	}
	if strings.HasPrefix(n.Alert.Article.URL, "http") {
		made.Generator = n.Alert.Article.URL
	}
	if n.Alert.Change == news.Retracted {
		made.Ends = now
		if made.Starts.After(now) {
			made.Starts = now
		}
	}
	return made
}

// note remembers what stands.
func (a *Alertmanager) note(alert news.Alert, made amAlert) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !made.Ends.After(a.cfg.Now()) {
		delete(a.stand, alert.ID)
		return
	}
	a.stand[alert.ID] = made
	if len(a.stand) <= maxStanding {
		return
	}
	oldest := alert.ID
	for id, one := range a.stand {
		if one.Starts.Before(a.stand[oldest].Starts) {
			oldest = id
		}
	}
	delete(a.stand, oldest)
}

// tell posts to all peers at once; nil if one of them took it.
func (a *Alertmanager) tell(ctx context.Context, alerts []amAlert) error {
	body, err := json.Marshal(alerts)
	if err != nil {
		return pipeline.Permanent(fmt.Errorf("alertmanager %s: %w", a.cfg.Name, err))
	}
	errs := make([]error, len(a.peers))
	var asked sync.WaitGroup
	for i, p := range a.peers {
		asked.Go(func() { errs[i] = p.send(ctx, http.Header{"Content-Type": {"application/json"}}, body) })
	}
	asked.Wait()
	if slices.Contains(errs, nil) {
		return nil
	}
	for _, err := range errs {
		if !pipeline.IsPermanent(err) { // one peer that may come back is enough to try again
			return err
		}
	}
	return errors.Join(errs...)
}

// Memory implements Keeper.
func (a *Alertmanager) Memory() time.Duration { return a.cfg.Stands }

// Remind implements Keeper.
func (a *Alertmanager) Remind(n Notice) { a.note(n.Alert, a.made(n)) }

// Keep implements Keeper: it tells the peers again and again what stands.
func (a *Alertmanager) Keep(ctx context.Context) {
	tick := time.NewTicker(a.cfg.Repeat)
	defer tick.Stop()
	for {
		if standing := a.standing(); len(standing) > 0 {
			_ = a.tell(ctx, standing) // the next repetition is the retry
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// standing is what stands, oldest first; what has ended is let go.
func (a *Alertmanager) standing() []amAlert {
	now := a.cfg.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []amAlert
	for id, one := range a.stand {
		if one.Ends.After(now) {
			out = append(out, one)
		} else {
			delete(a.stand, id)
		}
	}
	slices.SortFunc(out, func(x, y amAlert) int { return x.Starts.Compare(y.Starts) })
	return out
}
