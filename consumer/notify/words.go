package notify

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

const notTold = "not told"

// maxActors bounds the parties named on one side of an event.
const maxActors = 3

// parties says "Russia → NATO".
func (s Style) parties(e news.Event) string { return s.side(e.Who) + " → " + s.side(e.Whom) }

func (s Style) side(actors []news.Actor) string {
	if len(actors) == 0 {
		return notTold
	}
	var names []string
	for _, a := range actors {
		if n := s.actor(a); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if more := len(names) - maxActors; more > 0 {
		names = append(names[:maxActors], fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// actor names a party, and its country where the name does not tell it: "Russia", "Sergei Lavrov (Russia)".
func (s Style) actor(a news.Actor) string {
	name, country := clean(a.Name), s.place(a.Country)
	switch {
	case name == "" || name == a.Country:
		name = country
		if name == "" {
			name = clean(a.Text)
		}
		if name == "" {
			return notTold
		}
		return name
	case country == "" || !state(a.Country) || strings.Contains(name, country):
		return name
	}
	return name + " (" + country + ")"
}

// place is the name of a country's or body's code; the code where no name is known.
func (s Style) place(code string) string {
	if code == "" || s.Names == nil {
		return code
	}
	if name := clean(s.Names(code)); name != "" {
		return name
	}
	return code
}

// state tells a country's code from those of bodies: it is worth saying that Sergei Lavrov is Russia's, not that the
// OSCE is "an international body".
func state(code string) bool {
	return len(code) == 3 && !slices.Contains([]string{"UNO", "EUR", "IGO", "NGO", "MNC", "ISM", "IMG"}, code)
}

// gloss says what was done, for a reader who has seen "who → whom" already: without the preposition that led to whom.
func gloss(t plover.Type, m plover.Mode) string {
	words := strings.Fields(strings.TrimRight(plover.Gloss(t, m), ","))
	for len(words) > 1 && slices.Contains([]string{"with", "of", "from", "on", "to", "for", "against", "before"}, words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	return strings.Join(words, " ")
}

// says names those who say so: "(says Sergei Lavrov, via Financial Times)"; empty when nobody is named.
func (s Style) says(by []news.Attribution) string {
	var who []string
	for _, b := range by {
		name := clean(b.Actor.Name)
		if name == "" || name == b.Actor.Country {
			name = s.actor(b.Actor)
		}
		switch via := clean(b.Via); {
		case name == notTold && via == "":
			continue
		case name == notTold:
			name = via
		case via != "":
			name += ", via " + via
		}
		if !slices.Contains(who, name) {
			who = append(who, name)
		}
	}
	if len(who) == 0 {
		return ""
	}
	return "(says " + strings.Join(who, " and ") + ")"
}

// code says "SANCTION/withdraw".
func code(a news.Action) string {
	if a.Mode == "" {
		return string(a.Type)
	}
	return string(a.Type) + "/" + string(a.Mode)
}

// quantities says "7 of them", "at least 1 dead".
func quantities(e news.Event) []string {
	var out []string
	for _, q := range []struct {
		of   *news.Quantity
		what string
	}{{e.Count, "of them"}, {e.Dead, "dead"}, {e.Injured, "injured"}, {e.Arrested, "arrested"}} {
		if q.of != nil {
			out = append(out, number(*q.of)+" "+q.what)
		}
	}
	return out
}

func number(q news.Quantity) string {
	digits := func(n int64) string { return strconv.FormatInt(n, 10) }
	switch {
	case q.Min == q.Max && q.Min == q.Value:
		return digits(q.Value)
	case q.Max == 0 && q.Min > 0:
		return "at least " + digits(q.Min)
	case q.Min == 0 && q.Max > 0:
		return "at most " + digits(q.Max)
	case q.Min < q.Max:
		return digits(q.Min) + " to " + digits(q.Max)
	}
	return digits(q.Value)
}

// date writes an interval for people, never more precisely than it was told; empty for the zero one. Only an instant
// has a time of day, so only an instant moves with the time zone.
func (s Style) date(i news.Interval) string {
	const day = "2006-01-02"
	start, last := i.Start.UTC(), i.End.UTC().AddDate(0, 0, -1)
	switch {
	case i.IsZero():
		return ""
	case i.Grain == news.Instant:
		return i.Start.In(s.zone()).Format(day + " 15:04 MST")
	case i.Grain == news.Quarter:
		return fmt.Sprintf("%d-Q%d", start.Year(), (int(start.Month())+2)/3)
	case i.Grain == news.Decade:
		return fmt.Sprintf("%d0s", start.Year()/10)
	case i.Grain == news.Day, i.Grain == news.Month, i.Grain == news.Year:
		return i.String()
	case last.After(start):
		return start.Format(day) + " to " + last.Format(day)
	}
	return start.Format(day)
}

func (s Style) zone() *time.Location {
	if s.TZ == nil {
		return time.UTC
	}
	return s.TZ
}

// happened says when an event happened where that is not simply when it was told.
func (s Style) happened(e news.Event, published news.Interval) string {
	switch when := s.date(e.When); {
	case when == "":
		return "time " + notTold
	case e.When.Resolved == news.ByDocument || when == s.date(published):
		return ""
	case e.When.Resolved == news.Inferred:
		return "happened " + when + " (inferred)"
	default:
		return "happened " + when
	}
}

// where says "Salisbury, United Kingdom"; empty when not told.
func (s Style) where(p *news.Place) string {
	if p == nil {
		return ""
	}
	name, country := s.placeName(*p), s.place(p.Country)
	if country == "" || strings.Contains(name, country) {
		return name
	}
	return name + ", " + country
}

func (s Style) placeName(p news.Place) string {
	for _, name := range known(clean(p.Name), clean(p.Text)) {
		if name != p.Country {
			return name
		}
	}
	return s.place(p.Country)
}

// origin names where an article was found: a file by its last name, a feed by its address.
func origin(a news.Reference) string {
	if a.Source == "" || strings.Contains(a.Source, "://") {
		return clean(a.Source)
	}
	return clean(path.Base(strings.ReplaceAll(a.Source, `\`, "/")))
}

func publisher(a news.Reference) string {
	if a.Publisher == news.NoPublisher {
		return ""
	}
	return clean(a.Publisher)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// known drops the empty ones.
func known(parts ...string) []string {
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}
