package wire

import (
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// The wire structs of version 1. A field may be added; none is renamed, removed or given another meaning: what was
// stored under version 1 is read for ever.

type eventV1 struct {
	ID         news.ID         `json:"id"`
	Who        []actorV1       `json:"who,omitempty"`
	What       actionV1        `json:"what"`
	Whom       []actorV1       `json:"whom,omitempty"`
	Where      *placeV1        `json:"where,omitempty"`
	When       *intervalV1     `json:"when,omitempty"`
	Effective  *intervalV1     `json:"effective,omitempty"`
	Realis     news.Realis     `json:"realis"`
	Historical bool            `json:"historical,omitempty"`
	By         []attributionV1 `json:"by,omitempty"`
	Count      *quantityV1     `json:"count,omitempty"`
	Dead       *quantityV1     `json:"dead,omitempty"`
	Injured    *quantityV1     `json:"injured,omitempty"`
	Arrested   *quantityV1     `json:"arrested,omitempty"`
	Lead       bool            `json:"lead,omitempty"`
	Cites      []citationV1    `json:"cites"`
}

type actorV1 struct {
	Key      string          `json:"key,omitempty"`
	Name     string          `json:"name,omitempty"`
	Country  string          `json:"country,omitempty"`
	Sectors  []plover.Sector `json:"sectors,omitempty"`
	Text     string          `json:"text,omitempty"`
	Span     spanV1          `json:"span"`
	Inferred bool            `json:"inferred,omitempty"`
}

type actionV1 struct {
	Type      plover.Type      `json:"type"`
	Mode      plover.Mode      `json:"mode,omitempty"`
	Contexts  []plover.Context `json:"contexts,omitempty"`
	CAMEO     string           `json:"cameo,omitempty"`
	Quad      int              `json:"quad"`
	Score     float64          `json:"score"`
	Goldstein float64          `json:"goldstein"`
	Trigger   string           `json:"trigger"`
	Lemma     string           `json:"lemma,omitempty"`
	Span      spanV1           `json:"span"`
}

// spanV1 is [start, end) in bytes of the article's text.
type spanV1 [2]int

type placeV1 struct {
	Name     string  `json:"name"`
	Country  string  `json:"country,omitempty"`
	Text     string  `json:"text,omitempty"`
	Span     spanV1  `json:"span"`
	Region   string  `json:"region,omitempty"`
	Lat      float64 `json:"lat,omitempty"` // both missing: not known
	Lon      float64 `json:"lon,omitempty"`
	GeoNames int64   `json:"geonames,omitempty"`
}

type intervalV1 struct {
	Start    time.Time       `json:"start"`
	End      time.Time       `json:"end"`
	Grain    news.Grain      `json:"grain"`
	Resolved news.Resolution `json:"resolved,omitempty"`
}

type attributionV1 struct {
	Actor actorV1 `json:"actor"`
	Via   string  `json:"via,omitempty"`
}

type quantityV1 struct {
	Value int64  `json:"value"`
	Min   int64  `json:"min"`
	Max   int64  `json:"max,omitempty"`
	Text  string `json:"text,omitempty"`
	Span  spanV1 `json:"span"`
}

type citationV1 struct {
	Sentence   int     `json:"sentence"`
	Span       spanV1  `json:"span"`
	Trigger    spanV1  `json:"trigger"`
	Quote      string  `json:"quote"`
	Pattern    string  `json:"pattern,omitempty"`
	Confidence float64 `json:"confidence"`
}

func eventToV1(e news.Event) eventV1 {
	return eventV1{
		ID: e.ID, Who: each(e.Who, actorToV1), What: actionToV1(e.What), Whom: each(e.Whom, actorToV1),
		Where: maybe(e.Where, placeToV1), When: intervalToV1(e.When), Effective: intervalToV1(e.Effective),
		Realis: e.Realis, Historical: e.Historical, By: each(e.By, attributionToV1),
		Count: maybe(e.Count, quantityToV1), Dead: maybe(e.Dead, quantityToV1),
		Injured: maybe(e.Injured, quantityToV1), Arrested: maybe(e.Arrested, quantityToV1),
		Lead: e.Lead, Cites: each(e.Cites, citationToV1),
	}
}

func (e eventV1) noun() news.Event {
	return news.Event{
		ID: e.ID, Who: each(e.Who, actorV1.noun), What: e.What.noun(), Whom: each(e.Whom, actorV1.noun),
		Where: maybe(e.Where, placeV1.noun), When: e.When.noun(), Effective: e.Effective.noun(),
		Realis: e.Realis, Historical: e.Historical, By: each(e.By, attributionV1.noun),
		Count: maybe(e.Count, quantityV1.noun), Dead: maybe(e.Dead, quantityV1.noun),
		Injured: maybe(e.Injured, quantityV1.noun), Arrested: maybe(e.Arrested, quantityV1.noun),
		Lead: e.Lead, Cites: each(e.Cites, citationV1.noun),
	}
}

func spanToV1(s news.Span) spanV1 { return spanV1{s.Start, s.End} }

func (s spanV1) noun() news.Span { return news.Span{Start: s[0], End: s[1]} }

func actorToV1(a news.Actor) actorV1 {
	return actorV1{a.Key, a.Name, a.Country, a.Sectors, a.Text, spanToV1(a.Span), a.Inferred}
}

func (a actorV1) noun() news.Actor {
	return news.Actor{
		Key: a.Key, Name: a.Name, Country: a.Country, Sectors: a.Sectors, Text: a.Text, Span: a.Span.noun(), Inferred: a.Inferred,
	}
}

func actionToV1(a news.Action) actionV1 {
	return actionV1{
		a.Type, a.Mode, a.Contexts, a.CAMEO, a.Quad, a.Score, a.Goldstein, a.Trigger, a.Lemma, spanToV1(a.Span),
	}
}

func (a actionV1) noun() news.Action {
	return news.Action{
		Type: a.Type, Mode: a.Mode, Contexts: a.Contexts, CAMEO: a.CAMEO, Quad: a.Quad, Score: a.Score,
		Goldstein: a.Goldstein, Trigger: a.Trigger, Lemma: a.Lemma, Span: a.Span.noun(),
	}
}

func placeToV1(p news.Place) placeV1 {
	return placeV1{p.Name, p.Country, p.Text, spanToV1(p.Span), p.Region, p.Lat, p.Lon, p.GeoNames}
}

func (p placeV1) noun() news.Place {
	return news.Place{
		Name: p.Name, Country: p.Country, Region: p.Region, Lat: p.Lat, Lon: p.Lon, GeoNames: p.GeoNames, Text: p.Text, Span: p.Span.noun(),
	}
}

func intervalToV1(i news.Interval) *intervalV1 {
	if i.IsZero() {
		return nil
	}
	return &intervalV1{i.Start.UTC(), i.End.UTC(), i.Grain, i.Resolved}
}

func (i *intervalV1) noun() news.Interval {
	if i == nil {
		return news.Interval{}
	}
	return news.Interval{Start: i.Start.UTC(), End: i.End.UTC(), Grain: i.Grain, Resolved: i.Resolved}
}

func attributionToV1(a news.Attribution) attributionV1 {
	return attributionV1{actorToV1(a.Actor), a.Via}
}

func (a attributionV1) noun() news.Attribution {
	return news.Attribution{Actor: a.Actor.noun(), Via: a.Via}
}

func quantityToV1(q news.Quantity) quantityV1 {
	return quantityV1{q.Value, q.Min, q.Max, q.Text, spanToV1(q.Span)}
}

func (q quantityV1) noun() news.Quantity {
	return news.Quantity{Value: q.Value, Min: q.Min, Max: q.Max, Text: q.Text, Span: q.Span.noun()}
}

func citationToV1(c news.Citation) citationV1 {
	return citationV1{c.Sentence, spanToV1(c.Span), spanToV1(c.Trigger), c.Quote, c.Pattern, c.Confidence}
}

func (c citationV1) noun() news.Citation {
	return news.Citation{
		Sentence: c.Sentence, Span: c.Span.noun(), Trigger: c.Trigger.noun(), Quote: c.Quote, Pattern: c.Pattern,
		Confidence: c.Confidence,
	}
}

func each[A, B any](as []A, f func(A) B) []B {
	if len(as) == 0 {
		return nil
	}
	out := make([]B, len(as))
	for i, a := range as {
		out[i] = f(a)
	}
	return out
}

func maybe[A, B any](a *A, f func(A) B) *B {
	if a == nil {
		return nil
	}
	b := f(*a)
	return &b
}
