package notify

import (
	"encoding/json"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// Payload is the body of a webhook: one JSON object, in the frame of Standard Webhooks. Within version 1 keys are only
// added, never renamed, removed or given another meaning; a reader passes over keys it does not know. The bytes are the
// same for every attempt.
//
//	{"type": "alert.new",                  alert.new, alert.updated or alert.retracted
//	 "version": 1,
//	 "timestamp": "2021-10-01T00:00:00Z",  the alert's time in the log, not the attempt's
//	 "data": {
//	   "key": "k7q2m4xd….1",               the same as the Idempotency-Key header
//	   "id": "k7q2m4xd…", "revision": 1, "change": "new",
//	   "rule": "russia-nato-rupture", "title": "…", "owner": "…",
//	   "severity": "high",                 info, low, medium, high or critical
//	   "headline": "Russia → NATO: suspends or breaks relations",
//	   "summary": "…",                     the rule's own words; may be missing
//	   "origin": "live",                   live, archive or push; replay: what a replay was told to send
//	   "article": {"id", "revision", "url", "publisher", "language", "title", "published", "seen", "source"},
//	   "story": {"id", "articles", "publishers", "copy_of", "growth",
//	     "firsts": [{"event", "what", "who", "whom", "pair", "since"}]},    told for the first time in 90 days
//	   "events": [{                        the lead first
//	     "id", "who": [actor], "what": {"type", "mode", "contexts", "cameo", "quad", "score", "goldstein", "trigger"},
//	     "whom": [actor], "where": {"name", "country"}, "when", "effective", "realis", "historical",
//	     "by": [{"actor": actor, "via"}], "count", "dead", "injured", "arrested": {"value", "min", "max"},
//	     "cites": [{"sentence", "span": [start, end], "trigger": [start, end], "quote"}]}],
//	   "why": [{"text", "spans": [[start, end]], "events": [id]}],
//	   "window": {"kind", "group", "start", "end", "count", "distinct", "expected", "late", "dropped",
//	     "entries": [{"article", "publisher", "at", "step"}]},              of a rule over a window of time
//	   "held": 7}}                         alerts above the rule's limit that this one stands for
//
// An actor is {"key", "name", "country", "sectors", "text"}. Dates are as precise as they were told: "2021-10" is a
// month, "2021-10-11/2021-10-18" the days from the first to before the last. Spans are bytes of the article's text. A
// key whose value is not known is missing. A file's source is its name without its directory.
func Payload(a news.Alert, names func(code string) string) ([]byte, error) {
	return json.Marshal(envelopeV1{
		Type:      "alert." + string(a.Change),
		Version:   1,
		Timestamp: a.At.UTC(),
		Data:      alertFrom(a, Style{Names: names}),
	})
}

// AlertJSON is the data of Payload alone.
func AlertJSON(a news.Alert, names func(code string) string) ([]byte, error) {
	return json.Marshal(alertFrom(a, Style{Names: names}))
}

// payload is Payload, or for a digest {"type": "digest", "version": 1, "timestamp", "data": {"key", "receiver", "alerts"}}
// with the alerts in the same form, oldest first.
func payload(n Notice, names func(code string) string) ([]byte, error) {
	if n.Digest == nil {
		return Payload(n.Alert, names)
	}
	d := digestV1{Key: n.Key, Receiver: n.Receiver, Alerts: make([]alertV1, 0, len(n.Digest))}
	for _, a := range n.Digest {
		d.Alerts = append(d.Alerts, alertFrom(a, Style{Names: names}))
	}
	return json.Marshal(digestEnvelopeV1{Type: "digest", Version: 1, Timestamp: n.Queued.UTC(), Data: d})
}

type digestEnvelopeV1 struct {
	Type      string    `json:"type"`
	Version   int       `json:"version"`
	Timestamp time.Time `json:"timestamp"`
	Data      digestV1  `json:"data"`
}

type digestV1 struct {
	Key      string    `json:"key"`
	Receiver string    `json:"receiver"`
	Alerts   []alertV1 `json:"alerts"`
}

type envelopeV1 struct {
	Type      string    `json:"type"`
	Version   int       `json:"version"`
	Timestamp time.Time `json:"timestamp"`
	Data      alertV1   `json:"data"`
}

type alertV1 struct {
	Key      string        `json:"key"`
	ID       news.ID       `json:"id"`
	Revision int           `json:"revision"`
	Change   news.Change   `json:"change"`
	Rule     string        `json:"rule"`
	Title    string        `json:"title,omitempty"`
	Owner    string        `json:"owner,omitempty"`
	Severity news.Severity `json:"severity"`
	Headline string        `json:"headline,omitempty"`
	Summary  string        `json:"summary,omitempty"`
	Origin   news.Origin   `json:"origin,omitempty"`
	Article  articleV1     `json:"article"`
	Story    *storyV1      `json:"story,omitempty"`
	Events   []eventV1     `json:"events"`
	Why      []clauseV1    `json:"why"`
	Window   *windowV1     `json:"window,omitempty"`
	Held     int           `json:"held,omitempty"`
}

type articleV1 struct {
	ID        news.ID   `json:"id"`
	Revision  news.ID   `json:"revision,omitempty"`
	URL       string    `json:"url,omitempty"`
	Publisher string    `json:"publisher,omitempty"`
	Language  string    `json:"language,omitempty"`
	Title     string    `json:"title,omitempty"`
	Published string    `json:"published,omitempty"`
	Seen      time.Time `json:"seen,omitzero"`
	Source    string    `json:"source,omitempty"`
}

type storyV1 struct {
	ID         news.ID   `json:"id"`
	Articles   int       `json:"articles"`
	Publishers int       `json:"publishers"`
	CopyOf     news.ID   `json:"copy_of,omitempty"`
	Growth     int       `json:"growth,omitempty"`
	Firsts     []firstV1 `json:"firsts,omitempty"`
}

type firstV1 struct {
	Event news.ID   `json:"event"`
	What  string    `json:"what"`
	Who   string    `json:"who,omitempty"`
	Whom  string    `json:"whom,omitempty"`
	Pair  bool      `json:"pair,omitempty"`
	Since time.Time `json:"since,omitzero"`
}

type windowV1 struct {
	Kind     string      `json:"kind"`
	Group    string      `json:"group,omitempty"`
	Start    time.Time   `json:"start"`
	End      time.Time   `json:"end"`
	Count    int         `json:"count,omitempty"`
	Distinct string      `json:"distinct,omitempty"`
	Expected string      `json:"expected,omitempty"`
	Late     int         `json:"late,omitempty"`
	Dropped  int         `json:"dropped,omitempty"`
	Entries  []enteredV1 `json:"entries,omitempty"`
}

type enteredV1 struct {
	Article   news.ID   `json:"article"`
	Publisher string    `json:"publisher,omitempty"`
	At        time.Time `json:"at"`
	Step      int       `json:"step,omitempty"`
}

type eventV1 struct {
	ID         news.ID     `json:"id"`
	Who        []actorV1   `json:"who"`
	What       actionV1    `json:"what"`
	Whom       []actorV1   `json:"whom"`
	Where      *placeV1    `json:"where,omitempty"`
	When       string      `json:"when,omitempty"`
	Effective  string      `json:"effective,omitempty"`
	Realis     news.Realis `json:"realis,omitempty"`
	Historical bool        `json:"historical,omitempty"`
	By         []byV1      `json:"by,omitempty"`
	Count      *quantityV1 `json:"count,omitempty"`
	Dead       *quantityV1 `json:"dead,omitempty"`
	Injured    *quantityV1 `json:"injured,omitempty"`
	Arrested   *quantityV1 `json:"arrested,omitempty"`
	Cites      []citeV1    `json:"cites"`
}

type actorV1 struct {
	Key     string          `json:"key,omitempty"`
	Name    string          `json:"name,omitempty"`
	Country string          `json:"country,omitempty"`
	Sectors []plover.Sector `json:"sectors,omitempty"`
	Text    string          `json:"text,omitempty"`
}

type actionV1 struct {
	Type      plover.Type      `json:"type"`
	Mode      plover.Mode      `json:"mode,omitempty"`
	Contexts  []plover.Context `json:"contexts,omitempty"`
	CAMEO     string           `json:"cameo,omitempty"`
	Quad      int              `json:"quad,omitempty"`
	Score     float64          `json:"score"`
	Goldstein float64          `json:"goldstein"`
	Trigger   string           `json:"trigger,omitempty"`
}

type placeV1 struct {
	Name    string `json:"name,omitempty"`
	Country string `json:"country,omitempty"`
}

type byV1 struct {
	Actor actorV1 `json:"actor"`
	Via   string  `json:"via,omitempty"`
}

type quantityV1 struct {
	Value int64 `json:"value"`
	Min   int64 `json:"min,omitempty"`
	Max   int64 `json:"max,omitempty"`
}

type citeV1 struct {
	Sentence int    `json:"sentence,omitempty"`
	Span     [2]int `json:"span"`
	Trigger  [2]int `json:"trigger"`
	Quote    string `json:"quote,omitempty"`
}

type clauseV1 struct {
	Text   string    `json:"text"`
	Spans  [][2]int  `json:"spans,omitempty"`
	Events []news.ID `json:"events,omitempty"`
}

func alertFrom(a news.Alert, s Style) alertV1 {
	out := alertV1{
		Key: a.Key(), ID: a.ID, Revision: a.Revision, Change: a.Change, Rule: a.Rule, Title: a.Title, Owner: a.Owner,
		Severity: a.Severity, Headline: Headline(a, s), Summary: a.Summary, Origin: a.Origin, Article: articleFrom(a.Article), Held: a.Held,
		Events: make([]eventV1, 0, len(a.Events)), Why: make([]clauseV1, 0, len(a.Why)),
	}
	if a.Story.ID != "" {
		out.Story = storyFrom(a.Story)
	}
	if a.Window != nil {
		out.Window = windowFrom(a.Window)
	}
	for _, e := range a.Events {
		out.Events = append(out.Events, eventFrom(e))
	}
	for _, c := range a.Why {
		clause := clauseV1{Text: c.Text, Events: c.Events}
		for _, sp := range c.Spans {
			clause.Spans = append(clause.Spans, span(sp))
		}
		out.Why = append(out.Why, clause)
	}
	return out
}

func storyFrom(s news.Story) *storyV1 {
	out := &storyV1{ID: s.ID, Articles: s.Articles, Publishers: s.Publishers, CopyOf: s.CopyOf, Growth: s.Growth}
	for _, f := range s.Firsts {
		out.Firsts = append(out.Firsts, firstV1{f.Event, string(f.What), f.Who, f.Whom, f.Pair, f.Since})
	}
	return out
}

func windowFrom(w *news.Window) *windowV1 {
	out := &windowV1{
		Kind: w.Kind, Group: w.Group, Start: w.Start, End: w.End, Count: w.Count, Distinct: w.Distinct, Expected: w.Expected, Late: w.Late,
		Dropped: w.Dropped,
	}
	for _, e := range w.Entries {
		out.Entries = append(out.Entries, enteredV1(e))
	}
	return out
}

func articleFrom(a news.Reference) articleV1 {
	return articleV1{
		ID: a.ID, Revision: a.Revision, URL: a.URL, Publisher: publisher(a), Language: a.Language, Title: a.Title,
		Published: a.Published.String(), Seen: a.Seen.UTC(), Source: origin(a),
	}
}

func eventFrom(e news.Event) eventV1 {
	out := eventV1{
		ID: e.ID, Who: actorsFrom(e.Who), Whom: actorsFrom(e.Whom), What: actionV1{
			e.What.Type, e.What.Mode, e.What.Contexts, e.What.CAMEO, e.What.Quad, e.What.Score, e.What.Goldstein, e.What.Trigger,
		},
		When: e.When.String(), Effective: e.Effective.String(), Realis: e.Realis, Historical: e.Historical,
		Count: quantity(e.Count), Dead: quantity(e.Dead), Injured: quantity(e.Injured), Arrested: quantity(e.Arrested),
		Cites: make([]citeV1, 0, len(e.Cites)),
	}
	if e.Where != nil {
		out.Where = &placeV1{e.Where.Name, e.Where.Country}
	}
	for _, b := range e.By {
		out.By = append(out.By, byV1{actorFrom(b.Actor), b.Via})
	}
	for _, c := range e.Cites {
		out.Cites = append(out.Cites, citeV1{c.Sentence, span(c.Span), span(c.Trigger), c.Quote})
	}
	return out
}

func actorsFrom(actors []news.Actor) []actorV1 {
	out := make([]actorV1, 0, len(actors))
	for _, a := range actors {
		out = append(out, actorFrom(a))
	}
	return out
}

func actorFrom(a news.Actor) actorV1 { return actorV1{a.Key, a.Name, a.Country, a.Sectors, a.Text} }

func quantity(q *news.Quantity) *quantityV1 {
	if q == nil {
		return nil
	}
	return &quantityV1{q.Value, q.Min, q.Max}
}

func span(s news.Span) [2]int { return [2]int{s.Start, s.End} }
