package rulebook

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Receiver is where alerts go. One of its kinds is set. Texts may be secrets: they are never told in errors.
type Receiver struct {
	Name         string
	Terminal     *struct{}
	Webhook      *Webhook
	Alertmanager *Alertmanager
	Email        *Email
	Slack        *Chat
	Ntfy         *Chat
	Atom         *Atom
	NATS         *NATS

	Title, Text string           // templates of messages for people; empty: our own words
	TZ          string           // of times in messages and of digests; empty: UTC
	Rate        Rate             // zero: as fast as it takes them
	Attempts    int              // 0: the courier's default
	Patience    time.Duration    // 0: the courier's default
	Breaker     Breaker          // zero: the courier's default
	Digest      *Digest          // nil: alerts are sent one by one
	Escalate    []EscalationStep // who else gets an alert that nobody acknowledges
}

// Webhook is a receiver that is sent each alert by HTTP.
type Webhook struct {
	URL     string
	Secrets []string // the new one first
	Private bool     // the host may be in our own network
}

// Alertmanager is a Prometheus Alertmanager with all its peers.
type Alertmanager struct {
	URLs    []string
	Labels  map[string]string
	Stands  time.Duration // 0: the room's default
	Repeat  time.Duration // 0: the room's default
	Private bool
}

// Email is a mailbox, or some.
type Email struct {
	Server, User, Password, From, TLS string
	To                                []string
}

// Chat is a Slack-compatible incoming webhook, or an ntfy topic.
type Chat struct {
	URL, Token string
	Private    bool
}

// Atom is a feed that others fetch.
type Atom struct {
	Title   string
	Entries int
}

// NATS is a subject.
type NATS struct{ Subject string }

// Rate is how many alerts a receiver is sent in a stretch of time at most.
type Rate struct {
	Count int
	Per   time.Duration
}

// Breaker says when a receiver that fails is left alone, and for how long.
type Breaker struct {
	Failures int
	Pause    time.Duration
}

// Digest says when gathered alerts are sent: at times of the day, on some days, or every so often.
type Digest struct {
	At    []string // "08:00"
	Days  []string // "mon"; none: every day
	Every time.Duration
}

// EscalationStep names who gets an alert that nobody has acknowledged After it was taken in hand.
type EscalationStep struct {
	After time.Duration
	To    []string
}

// kinds are the kinds of receivers.
var kinds = []string{"terminal", "webhook", "alertmanager", "email", "slack", "ntfy", "atom", "nats"}

func (l *loader) receiver(v value) {
	var r Receiver
	var name *value
	found := 0
	before := len(l.errs.list)
	kind := func(h handler) handler {
		return func(v value) {
			found++
			h(v)
		}
	}
	v.fields(map[string]handler{
		"name": func(v value) {
			name = &v
			into(&r.Name)(v)
		},
		"terminal": kind(func(v value) {
			r.Terminal = &struct{}{}
			if v.Tag != "!!null" {
				v.fields(nil)
			}
		}),
		"webhook":      kind(func(v value) { r.Webhook = webhook(v) }),
		"alertmanager": kind(func(v value) { r.Alertmanager = alertmanager(v) }),
		"email":        kind(func(v value) { r.Email = email(v) }),
		"slack":        kind(func(v value) { r.Slack = chat(v, "slack") }),
		"ntfy":         kind(func(v value) { r.Ntfy = chat(v, "ntfy") }),
		"atom": kind(func(v value) {
			r.Atom = &Atom{}
			if v.Tag != "!!null" {
				v.fields(map[string]handler{"title": into(&r.Atom.Title), "entries": count(&r.Atom.Entries)})
			}
		}),
		"nats": kind(func(v value) {
			r.NATS = &NATS{}
			if v.whole(map[string]handler{"subject": into(&r.NATS.Subject)}) && r.NATS.Subject == "" {
				v.fail("a nats receiver needs a subject")
			}
		}),
		"title":    into(&r.Title),
		"text":     into(&r.Text),
		"tz":       zone(&r.TZ),
		"rate":     rate(&r.Rate),
		"attempts": count(&r.Attempts),
		"patience": duration(&r.Patience),
		"breaker": func(v value) {
			v.fields(map[string]handler{"failures": count(&r.Breaker.Failures), "pause": duration(&r.Breaker.Pause)})
		},
		"digest":   func(v value) { r.Digest = digest(v) },
		"escalate": func(v value) { v.items(func(v value) { r.Escalate = append(r.Escalate, l.escalation(v)) }) },
	})
	if name != nil {
		l.name(*name, "receiver", l.receivers)
	}
	if len(l.errs.list) > before || v.Kind != yaml.MappingNode {
		return
	}
	switch {
	case name == nil:
		v.fail("a receiver needs a name")
	case found != 1:
		v.fail("a receiver needs one kind: %s or %s", strings.Join(kinds[:len(kinds)-1], ", "), kinds[len(kinds)-1])
	default:
		l.book.Receivers = append(l.book.Receivers, r)
	}
}

// whole reads a mapping and tells whether nothing was wrong in it.
func (v value) whole(handlers map[string]handler) bool {
	before := len(v.errs.list)
	v.fields(handlers)
	return len(v.errs.list) == before
}

func webhook(v value) *Webhook {
	w := &Webhook{}
	one := ""
	ok := v.whole(map[string]handler{
		"url": secret(&w.URL), "secret": secret(&one), "secrets": each(&w.Secrets, secret), "private": boolean(&w.Private),
	})
	if one != "" {
		w.Secrets = append([]string{one}, w.Secrets...)
	}
	switch {
	case !ok:
	case w.URL == "":
		v.fail("a webhook needs a url")
	case len(w.Secrets) > 2:
		v.fail("more than two secrets: want the new one and the one before it")
	}
	return w
}

func alertmanager(v value) *Alertmanager {
	a := &Alertmanager{}
	ok := v.whole(map[string]handler{
		"urls": each(&a.URLs, secret), "labels": func(v value) { a.Labels = v.texts() }, "stands": duration(&a.Stands), "repeat": duration(&a.Repeat),
		"private": boolean(&a.Private),
	})
	if ok && len(a.URLs) == 0 {
		v.fail("an alertmanager needs the urls of all its peers")
	}
	return a
}

func email(v value) *Email {
	e := &Email{}
	ok := v.whole(map[string]handler{
		"server": secret(&e.Server), "user": secret(&e.User), "password": secret(&e.Password), "from": into(&e.From), "to": each(&e.To, into),
		"tls": oneOf(&e.TLS, []string{"required", "offered", "none"}),
	})
	if ok && (e.Server == "" || e.From == "" || len(e.To) == 0) {
		v.fail("an email needs server, from and to")
	}
	return e
}

func chat(v value, kind string) *Chat {
	c := &Chat{}
	handlers := map[string]handler{"url": secret(&c.URL), "private": boolean(&c.Private)}
	if kind == "ntfy" {
		handlers["token"] = secret(&c.Token)
	}
	if v.whole(handlers) && c.URL == "" {
		v.fail("%s needs a url", kind)
	}
	return c
}

var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

func digest(v value) *Digest {
	d := &Digest{}
	ok := v.whole(map[string]handler{
		"at": each(&d.At, clock), "every": duration(&d.Every),
		"days": each(&d.Days, func(s *string) handler { return oneOf(s, weekdays) }),
	})
	if ok && (len(d.At) > 0) == (d.Every > 0) {
		v.fail("a digest needs either at, such as ['08:00'], or every, such as 1h")
	}
	return d
}

func (l *loader) escalation(v value) EscalationStep {
	var s EscalationStep
	unless := "acked"
	ok := v.whole(map[string]handler{
		"after": duration(&s.After), "unless": oneOf(&unless, []string{"acked"}), "to": func(v value) { s.To = l.to(v) },
	})
	if ok && (s.After == 0 || len(s.To) == 0) {
		v.fail("a step needs after and to")
	}
	return s
}

// each reads a list, or one value, with a handler made for each.
func each[T any](list *[]T, read func(*T) handler) handler {
	return func(v value) {
		one := func(v value) {
			var t T
			before := len(v.errs.list)
			if read(&t)(v); len(v.errs.list) == before {
				*list = append(*list, t)
			}
		}
		if v.Kind == yaml.ScalarNode {
			one(v)
			return
		}
		v.items(one)
	}
}

func count(n *int) handler {
	return func(v value) {
		text, ok := v.text()
		if !ok {
			return
		}
		parsed, err := strconv.Atoi(text)
		if err != nil || parsed <= 0 {
			v.fail("%q: want a number from 1", text)
			return
		}
		*n = parsed
	}
}

func boolean(b *bool) handler {
	return func(v value) {
		switch text, ok := v.text(); {
		case !ok:
		case text == "true" || text == "false":
			*b = text == "true"
		default:
			v.fail("%q: want true or false", text)
		}
	}
}

func zone(s *string) handler {
	return func(v value) {
		text, ok := v.text()
		if !ok {
			return
		}
		if _, err := time.LoadLocation(text); err != nil || text == "" || text == "Local" {
			v.fail("%q is no time zone: want such as Europe/Paris", text)
			return
		}
		*s = text
	}
}

func clock(s *string) handler {
	return func(v value) {
		text, ok := v.text()
		if !ok {
			return
		}
		at, err := time.Parse("15:04", text)
		if err != nil {
			v.fail("%q is no time of day: want such as '08:00'", text)
			return
		}
		*s = at.Format("15:04")
	}
}

var rateForm = regexp.MustCompile(`^([1-9][0-9]{0,6})/([smhd])$`)

func rate(r *Rate) handler {
	return func(v value) {
		text, ok := v.text()
		if !ok {
			return
		}
		m := rateForm.FindStringSubmatch(text)
		if m == nil {
			v.fail("%q is no rate: want such as 5/s, 30/m, 100/h or 500/d", text)
			return
		}
		r.Count, _ = strconv.Atoi(m[1])
		r.Per = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[m[2]]
	}
}

var placeholder = regexp.MustCompile(`\$\{([a-z]*):([^}]*)\}`)

// secret puts a text into s, with ${env:NAME} and ${file:PATH} replaced. What they hold is never told.
func secret(s *string) handler {
	return func(v value) {
		text, ok := v.text()
		if !ok {
			return
		}
		before := len(v.errs.list)
		*s = placeholder.ReplaceAllStringFunc(text, func(m string) string {
			parts := placeholder.FindStringSubmatch(m)
			found, err := fetch(filepath.Dir(v.doc.name), parts[1], parts[2])
			if err != nil {
				v.fail("%s: %v", m, err)
			}
			return found
		})
		if *s == "" && len(v.errs.list) == before {
			v.fail("empty")
		}
	}
}

func fetch(dir, kind, name string) (string, error) {
	switch kind {
	case "env":
		s, ok := os.LookupEnv(name)
		if !ok {
			return "", fmt.Errorf("the environment variable %s is not set", name)
		}
		return s, nil
	case "file":
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		data, err := readFile(name)
		return strings.TrimRight(string(data), "\r\n"), err
	}
	return "", errors.New("want ${env:NAME} or ${file:PATH}")
}
