package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Silence keeps alerts from being sent for a while. All that it names must hold; what it does not name holds for any.
type Silence struct {
	ID       string    `json:"id"`
	Query    string    `json:"query,omitempty"`    // in the rule language, asked of the alert's article and events
	Rule     string    `json:"rule,omitempty"`     // a name, or a pattern such as europe-*
	Owner    string    `json:"owner,omitempty"`    // likewise
	Receiver string    `json:"receiver,omitempty"` // only from this one; likewise
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
	By       string    `json:"by"`
	Comment  string    `json:"comment"`
}

// InForce tells whether it silences now.
func (s Silence) InForce(now time.Time) bool { return !now.Before(s.From) && now.Before(s.Until) }

const (
	maxSilence  = 90 * 24 * time.Hour
	keepExpired = 7 * 24 * time.Hour
)

// check completes a silence that somebody asked for.
func (s Silence) check(now time.Time) (Silence, error) {
	if s.From.IsZero() {
		s.From = now
	}
	switch {
	case s.Query == "" && s.Rule == "" && s.Owner == "" && s.Receiver == "":
		return s, wrongf("a silence of everything: name a query, a rule, an owner or a receiver")
	case s.By == "":
		return s, wrongf("a silence needs an author")
	case s.Comment == "":
		return s, wrongf("a silence needs a comment: those who miss the alerts will want to know why")
	case !s.Until.After(now) || !s.Until.After(s.From):
		return s, wrongf("a silence that is over before it begins")
	case s.Until.Sub(now) > maxSilence:
		return s, wrongf("a silence of more than %d days: switch the rule off instead", int(maxSilence.Hours()/24))
	}
	for _, p := range []string{s.Rule, s.Owner, s.Receiver} {
		if _, err := path.Match(p, ""); err != nil {
			return s, wrongf("%q: %w", p, err)
		}
	}
	if _, err := compile([]Silence{s}); err != nil {
		return s, wrongf("%w", err)
	}
	s.From, s.Until = s.From.UTC(), s.Until.UTC()
	s.ID = string(news.MakeID("silence", s.Query, s.Rule, s.Owner, s.Receiver, s.From.String(), s.Until.String(), s.By))
	return s, nil
}

// Silence puts a silence in force; a running courier heeds it within seconds.
func (d *Desk) Silence(ctx context.Context, s Silence) (Silence, error) {
	s, err := s.check(d.now())
	if err != nil {
		return s, err
	}
	return s, write(ctx, d.Silences, s.ID, func(*Silence) Silence { return s })
}

// ListSilences are those that are in force or will be, and those that ended in the last week, the one that ends last first.
func (d *Desk) ListSilences(ctx context.Context) ([]Silence, error) {
	keys, err := d.Silences.Keys(ctx, "*")
	if err != nil {
		return nil, fmt.Errorf("desk: silences: %w", err)
	}
	var out []Silence
	for _, key := range keys {
		var s Silence
		found, _, err := read(ctx, d.Silences, key, &s)
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		if d.now().Sub(s.Until) > keepExpired {
			if err := d.Silences.Delete(ctx, key); err != nil {
				return nil, err
			}
			continue
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Silence) int { return cmp.Or(b.Until.Compare(a.Until), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// ErrNoSilence: no silence has that ID.
var ErrNoSilence = errors.New("no silence has that ID")

// EndSilence ends the silence whose ID begins so, now.
func (d *Desk) EndSilence(ctx context.Context, prefix string) (Silence, error) {
	all, err := d.ListSilences(ctx)
	if err != nil {
		return Silence{}, err
	}
	all = slices.DeleteFunc(all, func(s Silence) bool { return !strings.HasPrefix(s.ID, prefix) })
	if len(all) != 1 || len(prefix) < minID {
		return Silence{}, fmt.Errorf("%q: %w, or more than one has", prefix, ErrNoSilence)
	}
	ended := all[0]
	err = write(ctx, d.Silences, ended.ID, func(*Silence) Silence {
		ended.Until = d.now()
		return ended
	})
	return ended, err
}

// Preview is which of the alerts since then a silence would have muted, newest first.
func (d *Desk) Preview(ctx context.Context, s Silence, since time.Time) (muted []news.Alert, of int, err error) {
	q, err := compile([]Silence{s})
	if err != nil {
		return nil, 0, wrongf("%w", err)
	}
	err = d.Alerts.Since(ctx, since, func(a news.Alert) error {
		of++
		if q.holds(a, 0) && (s.Receiver == "" || slices.ContainsFunc(a.To, func(to string) bool { return like(s.Receiver, to) })) {
			muted = append(muted, a)
		}
		return nil
	})
	slices.Reverse(muted)
	return muted, of, err
}

// quiet is silences made ready to be asked.
type quiet struct {
	silences []Silence
	index    *match.Index // of their queries; position i is silence i
}

func compile(silences []Silence) (*quiet, error) {
	rules := make([]rule.Rule, len(silences))
	for i, s := range silences {
		r, err := rule.New(fmt.Sprintf("silence-%d", i), cmp.Or(s.Query, "anything"))
		if err != nil {
			return nil, err
		}
		if s.Query == "" {
			r.State = rule.Off // it is not asked
		}
		rules[i] = r
	}
	index, err := match.New(rules, gazetteer.Default())
	if err != nil {
		return nil, err
	}
	return &quiet{silences, index}, nil
}

// holds tells whether the alert is one of those that silence i names, its receiver apart.
func (q *quiet) holds(a news.Alert, i int) bool {
	s := q.silences[i]
	if !like(s.Rule, a.Rule) || !like(s.Owner, a.Owner) {
		return false
	}
	if s.Query == "" {
		return true
	}
	return slices.Contains(q.index.Rules(reported(a), a.Story, nil), uint32(i))
}

// like tells whether a name is what a pattern names; the empty pattern names all.
func like(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// reported is an alert as the report it came from, as far as it is known: the text is what it quotes.
func reported(a news.Alert) *news.Report {
	r := &news.Report{Events: slices.Clone(a.Events), At: a.At, Origin: a.Origin}
	var text strings.Builder
	for i, e := range r.Events {
		for _, c := range e.Cites {
			text.WriteString(c.Quote + "\n")
		}
		r.Events[i].Historical = false // it alerted: its age is no reason to look past it
		if e.Realis == news.Hypothetical {
			r.Events[i].Realis = news.Actual
		}
	}
	r.Article = news.Article{
		ID: a.Article.ID, Revision: a.Article.Revision, URL: a.Article.URL, Publisher: a.Article.Publisher, Language: a.Article.Language,
		Title: a.Article.Title, Text: text.String(), Published: a.Article.Published, Seen: a.Article.Seen, Source: a.Article.Source,
	}
	return r
}

// Ear hears which silences are in force. It implements courier.Desk together with its Desk.
type Ear struct {
	*Desk
	quiet atomic.Pointer[quiet]
}

// Look reads the silences anew.
func (e *Ear) Look(ctx context.Context) error {
	all, err := e.ListSilences(ctx)
	if err != nil {
		return err
	}
	now := e.now()
	all = slices.DeleteFunc(all, func(s Silence) bool { return !now.Before(s.Until) })
	if before := e.quiet.Load(); before != nil && slices.Equal(before.silences, all) {
		return nil
	}
	q, err := compile(all)
	if err != nil {
		return fmt.Errorf("desk: silences: %w", err)
	}
	e.quiet.Store(q)
	return nil
}

// Silence implements courier.Desk: the ID of a silence that keeps the alert from the receiver now, "" if there is none.
func (e *Ear) Silence(a news.Alert, receiver string, now time.Time) string {
	q := e.quiet.Load()
	if q == nil {
		return ""
	}
	for i, s := range q.silences {
		if s.InForce(now) && like(s.Receiver, receiver) && q.holds(a, i) {
			return s.ID
		}
	}
	return ""
}
