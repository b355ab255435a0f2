package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
)

// workshop makes receivers of what rule files describe. One whose description has not changed is the same as before, so
// that what it remembers stays.
type workshop struct {
	style    notify.Style
	terminal *notify.Terminal
	tell     func(ctx context.Context, subject, id string, header map[string][]string, body []byte) error

	mu   sync.Mutex
	made map[string]courier.Receiver
}

func newWorkshop(out io.Writer, style notify.Style) *workshop {
	return &workshop{style: style, terminal: notify.NewTerminal(out, style), made: map[string]courier.Receiver{}, tell: untold}
}

// untold stands where no log is open yet, to check descriptions.
func untold(context.Context, string, string, map[string][]string, []byte) error {
	return fmt.Errorf("not connected")
}

// receivers are those described, and the terminal, which is there without being described.
func (w *workshop) receivers(described []rulebook.Receiver) ([]courier.Receiver, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	made := map[string]courier.Receiver{}
	out := []courier.Receiver{{Receiver: w.terminal, Fingerprint: rulebook.TerminalReceiver}}
	for _, d := range described {
		if d.Name == rulebook.TerminalReceiver && d.Terminal != nil {
			continue
		}
		is := fingerprint(d)
		r, ok := w.made[d.Name]
		if !ok || r.Fingerprint != is {
			var err error
			if r, err = w.make(d); err != nil {
				return nil, fmt.Errorf("receiver %s: %w", d.Name, err)
			}
			r.Fingerprint = is
		}
		made[d.Name] = r
		out = append(out, r)
	}
	w.made = made
	return out, nil
}

// fingerprint tells descriptions apart; it is kept with what is noted of a receiver, and so tells no secret.
func fingerprint(d rulebook.Receiver) string {
	body, err := json.Marshal(d)
	if err != nil {
		panic(err) // plain values
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

func (w *workshop) make(d rulebook.Receiver) (courier.Receiver, error) {
	made, err := w.kind(d)
	if err != nil {
		return courier.Receiver{}, err
	}
	r := courier.Receiver{
		Receiver: made, Rate: d.Rate.Count, Per: d.Rate.Per, Attempts: d.Attempts, Patience: d.Patience, Failures: d.Breaker.Failures, Pause: d.Breaker.Pause,
	}
	for _, s := range d.Escalate {
		r.Escalate = append(r.Escalate, courier.Step{After: s.After, To: s.To})
	}
	if d.Digest == nil {
		return r, nil
	}
	r.Digest, err = schedule(*d.Digest, d.TZ)
	return r, err
}

func schedule(d rulebook.Digest, tz string) (*courier.Schedule, error) {
	zone, err := time.LoadLocation(tz)
	if err != nil {
		return nil, err
	}
	s := &courier.Schedule{Every: d.Every, Zone: zone}
	for _, at := range d.At {
		hour, minute, _ := strings.Cut(at, ":")
		var c courier.Clock
		c.Hour, _ = strconv.Atoi(hour) // the rule book has checked the form
		c.Minute, _ = strconv.Atoi(minute)
		s.At = append(s.At, c)
	}
	for _, day := range d.Days {
		s.Days = append(s.Days, time.Weekday(slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, day)))
	}
	return s, s.Validate()
}

// kind makes the receiver that is described.
func (w *workshop) kind(d rulebook.Receiver) (notify.Receiver, error) {
	message, err := w.message(d)
	if err != nil {
		return nil, err
	}
	web := func(private bool) notify.Web { return notify.Web{Private: private, Agent: "quidnunc/" + version} }
	names := w.style.Names
	switch {
	case d.Webhook != nil:
		return notify.NewWebhook(notify.WebhookConfig{Name: d.Name, URL: d.Webhook.URL, Secrets: d.Webhook.Secrets, Web: web(d.Webhook.Private), Names: names})
	case d.Alertmanager != nil:
		a := d.Alertmanager
		return notify.NewAlertmanager(notify.AlertmanagerConfig{
			Name: d.Name, URLs: a.URLs, Labels: a.Labels, Stands: a.Stands, Repeat: a.Repeat, Web: web(a.Private), Style: message.Style,
		})
	case d.Email != nil:
		e := d.Email
		return notify.NewMail(notify.MailConfig{
			Name: d.Name, Server: e.Server, User: e.User, Password: e.Password, From: e.From, To: e.To, TLS: e.TLS, Message: message,
		})
	case d.Slack != nil:
		return notify.NewChat(notify.ChatConfig{Name: d.Name, URL: d.Slack.URL, Web: web(d.Slack.Private), Message: message})
	case d.Ntfy != nil:
		return notify.NewNtfy(notify.NtfyConfig{Name: d.Name, URL: d.Ntfy.URL, Token: d.Ntfy.Token, Web: web(d.Ntfy.Private), Message: message})
	case d.Atom != nil:
		return notify.NewAtom(notify.AtomConfig{Name: d.Name, Title: d.Atom.Title, Entries: d.Atom.Entries, Message: message})
	case d.NATS != nil:
		return notify.NewSubject(notify.SubjectConfig{Name: d.Name, Subject: d.NATS.Subject, Names: names, Publish: w.publish})
	}
	return w.terminal.Named(d.Name), nil
}

// publish is tell as it is by then: descriptions are read before the log is open.
func (w *workshop) publish(ctx context.Context, subject, id string, header map[string][]string, body []byte) error {
	return w.tell(ctx, subject, id, header, body)
}

func (w *workshop) message(d rulebook.Receiver) (notify.Message, error) {
	m := notify.Message{Style: w.style}
	m.Style.Colour, m.Style.Width = false, 0
	var err error
	if d.TZ != "" {
		if m.Style.TZ, err = time.LoadLocation(d.TZ); err != nil {
			return m, err
		}
	}
	if d.Title != "" {
		if m.Title, err = notify.ParseTemplate(d.Title, notify.MaxTitle); err != nil {
			return m, fmt.Errorf("title: %w", err)
		}
	}
	if d.Text != "" {
		if m.Text, err = notify.ParseTemplate(d.Text, notify.MaxText); err != nil {
			return m, fmt.Errorf("text: %w", err)
		}
	}
	return m, nil
}

// feeds serves the feeds of this moment: /feeds/NAME.atom.
func (w *workshop) feeds(rw http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutSuffix(r.PathValue("name"), ".atom")
	w.mu.Lock()
	feed, isFeed := w.made[name].Receiver.(http.Handler)
	w.mu.Unlock()
	if !ok || !isFeed {
		http.NotFound(rw, r)
		return
	}
	feed.ServeHTTP(rw, r)
}

// names are the receivers that are made, sorted.
func (w *workshop) names() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.made))
}
