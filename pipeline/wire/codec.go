package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Message is one message as it is stored; Subject lies below the prefix.
type Message struct {
	Subject string
	Header  map[string][]string
	Data    []byte
	MsgID   string // for the server's dedup window; empty: none
}

// version is the version of the wire structs that is written. Every older one is read.
const version = 1

// ErrVersion says that a message was written by a newer program than this one.
var ErrVersion = errors.New("written by a newer version of quidnunc")

type versionV1 struct {
	V int `json:"v"`
}

type articleV1 struct {
	ID        news.ID     `json:"id"`
	Revision  news.ID     `json:"revision"`
	URL       string      `json:"url,omitempty"`
	Publisher string      `json:"publisher"`
	Language  string      `json:"lang,omitempty"`
	Title     string      `json:"title,omitempty"`
	Text      string      `json:"text,omitempty"`
	Published *intervalV1 `json:"published,omitempty"`
	Seen      time.Time   `json:"seen"`
	Source    string      `json:"source,omitempty"`
	Cut       bool        `json:"cut,omitempty"`
}

type reportV1 struct {
	versionV1
	Article articleV1   `json:"article"`
	Events  []eventV1   `json:"events"`
	At      time.Time   `json:"at"`
	Origin  news.Origin `json:"origin"`
	Coder   string      `json:"coder,omitempty"`
	Cut     bool        `json:"cut,omitempty"`
	Sketch  *sketchV1   `json:"sketch,omitempty"`
}

type toldV1 struct {
	versionV1
	Event    eventV1       `json:"event"`
	Article  articleV1     `json:"article"` // without its text
	Coder    string        `json:"coder,omitempty"`
	Standing news.Standing `json:"standing,omitempty"`
	Story    *storyV1      `json:"story,omitempty"`
}

// EncodeReport writes a report on one line of JSON.
func EncodeReport(r news.Report) ([]byte, error) {
	return AppendReport(nil, &r)
}

// AppendReport appends to b what EncodeReport writes.
func AppendReport(b []byte, r *news.Report) ([]byte, error) {
	return appended(b, "report", r, writeReport, reportToV1)
}

func reportToV1(r *news.Report) any {
	w := reportV1{
		versionV1: versionV1{version}, Article: articleToV1(r.Article), Events: each(r.Events, eventToV1), At: r.At.UTC(),
		Origin: r.Origin, Coder: r.Coder, Cut: r.Cut, Sketch: sketchToV1(r.Sketch),
	}
	if w.Events == nil {
		w.Events = []eventV1{}
	}
	return w
}

// DecodeReport reads what any version of EncodeReport wrote. It keeps nothing of data.
func DecodeReport(data []byte) (news.Report, error) {
	if r, ok := readReport(data); ok {
		return r, nil
	}
	return decodeReport(data)
}

// decodeReport reads every form.
func decodeReport(data []byte) (news.Report, error) {
	w, err := decode[reportV1]("report", data)
	if err != nil {
		return news.Report{}, err
	}
	sketch, err := w.Sketch.noun()
	if err != nil {
		return news.Report{}, fmt.Errorf("wire: decode report: %w", err)
	}
	return news.Report{
		Sketch: sketch, Article: w.Article.noun(), Events: each(w.Events, eventV1.noun), At: w.At.UTC(), Origin: w.Origin,
		Coder: w.Coder, Cut: w.Cut,
	}, nil
}

// Bundle is the messages of one report in the order they are stored: each event as told, then the report. They belong
// into one batch.
func Bundle(r news.Report) ([]Message, error) {
	out := make([]Message, 0, len(r.Events)+1)
	for _, e := range r.Events {
		data, err := EncodeTold(&news.Told{Event: e, Article: r.Article.Reference(), Coder: r.Coder})
		if err != nil {
			return nil, err
		}
		out = append(out, Message{
			Subject: toldSubject(&e), Data: data,
			MsgID: "told " + string(r.Article.Revision) + " " + string(e.ID),
		})
	}
	data, err := EncodeReport(r)
	if err != nil {
		return nil, err
	}
	return append(out, Message{
		Subject: reportSubject(r), Data: data, MsgID: "report " + string(r.Article.ID) + " " + string(r.Article.Revision),
	}), nil
}

// EncodeTold writes one event with the reference to its article.
func EncodeTold(t *news.Told) ([]byte, error) { return written("event", t, writeTold, toldToV1) }

func toldToV1(t *news.Told) any {
	return toldV1{
		versionV1: versionV1{version}, Event: eventToV1(t.Event), Article: referenceToV1(t.Article), Coder: t.Coder,
		Standing: t.Standing, Story: maybe(t.Story, storyToV1),
	}
}

// DecodeTold reads an event as told or as enriched.
func DecodeTold(data []byte) (news.Told, error) {
	w, err := decode[toldV1]("event", data)
	if err != nil {
		return news.Told{}, err
	}
	return news.Told{
		Event: w.Event.noun(), Article: w.Article.reference(), Coder: w.Coder, Standing: w.Standing,
		Story: maybe(w.Story, storyV1.noun),
	}, nil
}

// Event is the message of one enriched event.
func Event(t *news.Told) (Message, error) {
	data, err := EncodeTold(t)
	if err != nil {
		return Message{}, err
	}
	return Message{Subject: eventSubject(t), Data: data}, nil
}

func articleToV1(a news.Article) articleV1 {
	return articleV1{
		ID: a.ID, Revision: a.Revision, URL: a.URL, Publisher: a.Publisher, Language: a.Language, Title: a.Title,
		Text: a.Text, Published: intervalToV1(a.Published), Seen: a.Seen.UTC(), Source: a.Source, Cut: a.Cut,
	}
}

func (a articleV1) noun() news.Article {
	return news.Article{
		ID: a.ID, Revision: a.Revision, URL: a.URL, Publisher: a.Publisher, Language: a.Language, Title: a.Title,
		Text: a.Text, Published: a.Published.noun(), Seen: a.Seen.UTC(), Source: a.Source, Cut: a.Cut,
	}
}

func referenceToV1(r news.Reference) articleV1 {
	return articleV1{
		ID: r.ID, Revision: r.Revision, URL: r.URL, Publisher: r.Publisher, Language: r.Language, Title: r.Title,
		Published: intervalToV1(r.Published), Seen: r.Seen.UTC(), Source: r.Source,
	}
}

func (a articleV1) reference() news.Reference { return a.noun().Reference() }

func encode(what string, v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("wire: encode %s: %w", what, err)
	}
	return data, nil
}

type versioned interface{ writtenBy() int }

func (v versionV1) writtenBy() int { return v.V }

func decode[W versioned](what string, data []byte) (W, error) {
	var w W
	if err := json.Unmarshal(data, &w); err != nil {
		// A newer version may have changed a field's type: say that rather than name the field.
		var v versionV1
		if json.Unmarshal(data, &v) == nil && v.V > version {
			return w, fmt.Errorf("wire: decode %s: version %d: %w", what, v.V, ErrVersion)
		}
		return w, fmt.Errorf("wire: decode %s: %w", what, err)
	}
	switch v := w.writtenBy(); {
	case v > version:
		return w, fmt.Errorf("wire: decode %s: version %d: %w", what, v, ErrVersion)
	case v < 1:
		return w, fmt.Errorf("wire: decode %s: no version: not written by quidnunc", what)
	}
	return w, nil
}
