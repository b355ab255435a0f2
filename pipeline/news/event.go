package news

import (
	"slices"
	"strconv"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// Span is a stretch of bytes [Start, End) in Article.Text.
type Span struct{ Start, End int }

// Len is the number of bytes.
func (s Span) Len() int { return s.End - s.Start }

// Event is one thing that somebody did to somebody, as one article tells it.
type Event struct {
	ID         ID
	Who        []Actor // who did it; empty when not told
	What       Action
	Whom       []Actor // to whom; empty when not told
	Where      *Place  // nil rather than guessed
	When       Interval
	Effective  Interval // when it takes effect, where that differs from When
	Realis     Realis
	Historical bool // told as background, about three months before the article or older: not news
	By         []Attribution
	Count      *Quantity // how many of whom: "sept diplomates"
	Dead       *Quantity
	Injured    *Quantity
	Arrested   *Quantity
	Lead       bool       // the event the article leads with
	Cites      []Citation // the first proves, others corroborate; never empty
}

// Actor is a party to an event.
type Actor struct {
	Key      string          // gazetteer entry ("sergei-lavrov", "nato"); empty for an actor known by its description only
	Name     string          // display name in English; the words of the text where no entry is known
	Country  string          // ISO 3166-1 alpha-3, or NATO, UNO, EUR, IGO, NGO, MNC, ISM, ...; empty when unknown
	Sectors  []plover.Sector // GOV, MIL, ...; sorted
	Text     string          // as told
	Span     Span
	Inferred bool // not in the sentence's words: a pronoun or a description resolved, or a party understood
}

// Coded is the code of the first actor that has one; empty: none has.
func Coded(actors []Actor) string {
	for _, a := range actors {
		if a.Country != "" {
			return a.Country
		}
	}
	return ""
}

// Action is what was done.
type Action struct {
	Type      plover.Type
	Mode      plover.Mode // empty where the type has none, or none was told
	Contexts  []plover.Context
	CAMEO     string  // two to four digits
	Quad      int     // 1 verbal cooperation, 2 material cooperation, 3 verbal conflict, 4 material conflict
	Score     float64 // PLOVER, from plover.Score
	Goldstein float64 // by CAMEO code, from plover.Goldstein
	Trigger   string  // the word that tells it, as told
	Lemma     string  // the lexicon entry it fired
	Span      Span    // of the trigger
}

// NewAction fills quad, score and Goldstein value from the ontology.
func NewAction(t plover.Type, m plover.Mode, cameo string) Action {
	return Action{Type: t, Mode: m, CAMEO: cameo, Quad: t.Quad(), Score: plover.Score(t, m), Goldstein: plover.Goldstein(cameo)}
}

// Place is where an event happened.
type Place struct {
	Name     string  // display name
	Country  string  // ISO 3166-1 alpha-3; empty for what lies in none, as the sea
	Region   string  // the admin-1 unit, where the place is one or lies in one and the gazetteer knows it: "Texas"
	Lat, Lon float64 // degrees, WGS 84, where the place is as small as a city; see Located
	GeoNames int64   // geonames.org's number; 0 where not known
	Text     string  // as told
	Span     Span
}

// Located tells whether the place is a known point on the map: what has no coordinates, as a country, has both at 0, in
// the sea off Ghana.
func (p Place) Located() bool { return p.Lat != 0 || p.Lon != 0 }

// Realis says how real the telling makes the event.
type Realis string

// The degrees of reality. A negated event is no event and is not coded.
const (
	Actual       Realis = "actual"
	Alleged      Realis = "alleged"
	Hypothetical Realis = "hypothetical"
)

// Attribution is who says so, and through whom we know it.
type Attribution struct {
	Actor Actor
	Via   string // "Financial Times"; empty when told directly
}

// Quantity is a number with its bounds: "at least 12" is {12, 12, unbounded above}.
type Quantity struct {
	Value int64
	Min   int64
	Max   int64 // 0: unbounded above
	Text  string
	Span  Span
}

// Citation is the sentence that proves an event.
type Citation struct {
	Sentence   int     // number in the article, from 1
	Span       Span    // the sentence
	Trigger    Span    // the word in it
	Quote      string  // the sentence's words, at most MaxQuote bytes
	Pattern    string  // the pattern that fired
	Confidence float64 // 0 to 1
}

// MaxQuote bounds the words a citation carries.
const MaxQuote = 1000

// Identify returns the events with their IDs: article, type, mode, countries and sectors of both sides, when it
// happened, and a number that counts equals in text order; never a span, a coder or a clock.
func Identify(article ID, events []Event) []Event {
	out := slices.Clone(events)
	IdentifyInPlace(article, out)
	return out
}

// IdentifyInPlace gives events the IDs that Identify gives them.
func IdentifyInPlace(article ID, events []Event) {
	seen := make(map[string]int, len(events))
	for i := range events {
		e := &events[i]
		key := strings.Join([]string{
			string(article), string(e.What.Type), string(e.What.Mode), side(e.Who), side(e.Whom), e.When.String(),
		}, "\x00")
		e.ID = MakeID("event", key, strconv.Itoa(seen[key]))
		seen[key]++
	}
}

func side(actors []Actor) string {
	var b strings.Builder
	for _, a := range actors {
		b.WriteString(a.Country)
		for _, s := range a.Sectors {
			b.WriteByte('/')
			b.WriteString(string(s))
		}
		b.WriteByte(' ')
	}
	return b.String()
}

// Told is one event with a reference to its article: the message for those who only want events. The producer tells
// it bare; the consumer adds standing and story.
type Told struct {
	Event    Event
	Article  Reference
	Coder    string
	Standing Standing // empty as the producer tells it
	Story    *Story   // nil as the producer tells it
}

// Standing says what an event is to the news: new, a copy of what was told, or history.
type Standing string

// The standings of an enriched event.
const (
	News    Standing = "news"
	Copy    Standing = "copy"
	History Standing = "history"
)
