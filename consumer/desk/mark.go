package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// Facet is what of an alert was wrong.
type Facet string

// What can be wrong. NotNews: it happened, and nobody wanted to know.
const (
	Who     Facet = "who"
	What    Facet = "what"
	Whom    Facet = "whom"
	When    Facet = "when"
	Where   Facet = "where"
	NotNews Facet = "not-news"
)

// Facets lists them.
func Facets() []Facet { return []Facet{Who, What, Whom, When, Where, NotNews} }

// Mark is somebody's judgement of an alert.
type Mark struct {
	Wrong    []Facet   `json:"wrong,omitempty"` // empty: nothing
	Useful   bool      `json:"useful,omitempty"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Comment  string    `json:"comment,omitempty"`
	Rule     string    `json:"rule"`     // the alert's, so that scores need not look it up
	Revision int       `json:"revision"` // that was judged
}

func markKey(id news.ID) string { return "mark." + string(id) }

// Judge writes a judgement of the alert whose ID begins so; a later one takes its place.
func (d *Desk) Judge(ctx context.Context, prefix string, m Mark) (news.ID, error) {
	if len(m.Wrong) == 0 && !m.Useful {
		return "", wrongf("say what was wrong, or that it was useful")
	}
	for _, f := range m.Wrong {
		if !slices.Contains(Facets(), f) {
			return "", wrongf("%q: want one of %v", f, Facets())
		}
	}
	if len(m.Wrong) > 0 && m.Useful {
		return "", wrongf("wrong and useful at once: say one of them")
	}
	c, err := d.Find(ctx, prefix)
	if err != nil {
		return "", err
	}
	m.At, m.Rule, m.Revision = d.now(), c.Alert.Rule, c.Alert.Revision
	return c.Alert.ID, write(ctx, d.Ledger, markKey(c.Alert.ID), func(*Mark) Mark { return m })
}

// Score is how a rule's alerts were judged.
type Score struct {
	Rule   string        `json:"rule"`
	Marked int           `json:"marked"`
	Useful int           `json:"useful"`
	Wrong  map[Facet]int `json:"wrong"`
}

// Precision is the share of the marked alerts that nothing was wrong with.
func (s Score) Precision() float64 {
	if s.Marked == 0 {
		return 0
	}
	return float64(s.Useful) / float64(s.Marked)
}

// marks calls handle with every judgement.
func (d *Desk) marks(ctx context.Context, handle func(news.ID, Mark) error) error {
	keys, err := d.Ledger.Keys(ctx, "mark.*")
	if err != nil {
		return fmt.Errorf("desk: marks: %w", err)
	}
	for _, key := range keys {
		var m Mark
		found, _, err := read(ctx, d.Ledger, key, &m)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		if err := handle(news.ID(strings.TrimPrefix(key, "mark.")), m); err != nil {
			return err
		}
	}
	return nil
}

// Scores are those of all rules that were judged, the least precise first.
func (d *Desk) Scores(ctx context.Context) ([]Score, error) {
	of := map[string]*Score{}
	err := d.marks(ctx, func(_ news.ID, m Mark) error {
		s := of[m.Rule]
		if s == nil {
			s = &Score{Rule: m.Rule, Wrong: map[Facet]int{}}
			of[m.Rule] = s
		}
		s.Marked++
		if m.Useful {
			s.Useful++
		}
		for _, f := range m.Wrong {
			s.Wrong[f]++
		}
		return nil
	})
	out := make([]Score, 0, len(of))
	for _, s := range of {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Score) int {
		return cmp.Or(cmp.Compare(a.Precision(), b.Precision()), cmp.Compare(a.Rule, b.Rule))
	})
	return out, err
}

// Gold is a sentence with the events that people say it tells, in the form of hand-coded corpora. Of an alert that was
// marked useful the events are gold; of one that was marked wrong in who, what, whom, when or where they stand under
// rejected, for a coder to correct, and gold is null: nobody has said yet what is right.
type Gold struct {
	ID       string      `json:"id"`
	Lang     string      `json:"lang"`
	Date     string      `json:"date"`
	Gold     []GoldEvent `json:"gold"`
	Text     string      `json:"text"`
	Rejected []GoldEvent `json:"rejected,omitempty"`
	Wrong    []Facet     `json:"wrong,omitempty"`
	By       string      `json:"by"`
	Comment  string      `json:"comment,omitempty"`
}

// GoldEvent is one event of it.
type GoldEvent struct {
	Plover      plover.Type `json:"plover"`
	Mode        plover.Mode `json:"mode,omitempty"`
	Code        string      `json:"code"`
	Quad        int         `json:"quad"`
	Source      []string    `json:"source"`
	Target      []string    `json:"target"`
	Trigger     string      `json:"trigger"`
	Date        string      `json:"date"`
	Historical  bool        `json:"historical"`
	Alleged     bool        `json:"alleged"`
	Attribution string      `json:"attribution"`
}

// Export calls handle with a line for each sentence of each judged alert.
func (d *Desk) Export(ctx context.Context, handle func(Gold) error) error {
	return d.marks(ctx, func(id news.ID, m Mark) error {
		c, err := d.Find(ctx, string(id))
		if errors.Is(err, ErrUnknown) { // older than the alerts that are kept
			return nil
		}
		if err != nil {
			return err
		}
		for _, g := range golden(c.Alert, m) {
			if err := handle(g); err != nil {
				return err
			}
		}
		return nil
	})
}

// golden groups an alert's events by the sentence that proves them.
func golden(a news.Alert, m Mark) []Gold {
	var out []Gold
	for _, e := range a.Events {
		if len(e.Cites) == 0 {
			continue
		}
		id := fmt.Sprintf("%s#%d", a.Article.ID, e.Cites[0].Sentence)
		i := slices.IndexFunc(out, func(g Gold) bool { return g.ID == id })
		if i < 0 {
			i = len(out)
			out = append(out, Gold{
				ID: id, Lang: a.Article.Language, Date: a.Article.Published.String(), Text: e.Cites[0].Quote, Wrong: m.Wrong, By: m.By, Comment: m.Comment,
			})
		}
		if miscoded(m.Wrong) {
			out[i].Rejected = append(out[i].Rejected, goldEvent(e))
		} else {
			out[i].Gold = append(out[i].Gold, goldEvent(e))
		}
	}
	return out
}

// miscoded tells whether the events themselves are wrong, rather than merely unwanted.
func miscoded(wrong []Facet) bool {
	return slices.ContainsFunc(wrong, func(f Facet) bool { return f != NotNews })
}

func goldEvent(e news.Event) GoldEvent {
	g := GoldEvent{
		Plover: e.What.Type, Mode: e.What.Mode, Code: e.What.CAMEO, Quad: e.What.Quad, Source: countries(e.Who), Target: countries(e.Whom),
		Trigger: e.What.Trigger, Date: e.When.String(), Historical: e.Historical, Alleged: e.Realis == news.Alleged,
	}
	if len(e.By) > 0 {
		g.Attribution = e.By[0].Actor.Name
	}
	return g
}

func countries(actors []news.Actor) []string {
	out := []string{}
	for _, a := range actors {
		if a.Country != "" && !slices.Contains(out, a.Country) {
			out = append(out, a.Country)
		}
	}
	return out
}
