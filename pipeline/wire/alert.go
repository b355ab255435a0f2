package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

type alertV1 struct {
	versionV1
	ID       news.ID       `json:"id"`
	Revision int           `json:"revision"`
	Change   news.Change   `json:"change"`
	Rule     string        `json:"rule"`
	Title    string        `json:"title,omitempty"`
	Owner    string        `json:"owner,omitempty"`
	Severity news.Severity `json:"severity"`
	To       []string      `json:"to,omitempty"`
	Summary  string        `json:"summary,omitempty"`
	At       time.Time     `json:"at"`
	Article  articleV1     `json:"article"` // without its text
	Origin   news.Origin   `json:"origin"`
	Story    storyV1       `json:"story"`
	Events   []eventV1     `json:"events,omitempty"`
	Why      []clauseV1    `json:"why,omitempty"`
	Window   *windowV1     `json:"window,omitempty"`
	Held     int           `json:"held,omitempty"`
}

type clauseV1 struct {
	Text   string    `json:"text"`
	Spans  []spanV1  `json:"spans,omitempty"`
	Events []news.ID `json:"events,omitempty"`
}

// EncodeAlert writes one revision of an alert.
func EncodeAlert(a *news.Alert) ([]byte, error) { return written("alert", a, writeAlert, alertToV1) }

func alertToV1(a *news.Alert) any {
	return alertV1{
		versionV1: versionV1{version}, ID: a.ID, Revision: a.Revision, Change: a.Change, Rule: a.Rule, Title: a.Title,
		Owner: a.Owner, Severity: a.Severity, To: a.To, Summary: a.Summary, At: a.At.UTC(),
		Article: referenceToV1(a.Article), Origin: a.Origin, Story: storyToV1(a.Story), Events: each(a.Events, eventToV1),
		Why: each(a.Why, clauseToV1), Window: maybe(a.Window, windowToV1), Held: a.Held,
	}
}

// DecodeAlert reads what any version of EncodeAlert wrote.
func DecodeAlert(data []byte) (news.Alert, error) {
	w, err := decode[alertV1]("alert", data)
	if err != nil {
		return news.Alert{}, err
	}
	return news.Alert{
		ID: w.ID, Revision: w.Revision, Change: w.Change, Rule: w.Rule, Title: w.Title, Owner: w.Owner,
		Severity: w.Severity, To: w.To, Summary: w.Summary, At: w.At.UTC(), Article: w.Article.reference(),
		Origin: w.Origin, Story: w.Story.noun(), Events: each(w.Events, eventV1.noun), Why: each(w.Why, clauseV1.noun),
		Window: maybe(w.Window, windowV1.noun), Held: w.Held,
	}, nil
}

// Alert is the message of one revision of an alert.
func Alert(a *news.Alert) (Message, error) {
	data, err := EncodeAlert(a)
	owner := a.Owner
	if owner == "" {
		owner = Nobody
	}
	return Message{Subject: subject(AlertKind, Token(owner), Token(a.Rule), Token(string(a.Severity))), Data: data}, err
}

func clauseToV1(c news.Clause) clauseV1 { return clauseV1{c.Text, each(c.Spans, spanToV1), c.Events} }

func (c clauseV1) noun() news.Clause {
	return news.Clause{Text: c.Text, Spans: each(c.Spans, spanV1.noun), Events: c.Events}
}

// Chain carries a running hash on over one more message: hex SHA-256 over the former hash, the subject, a zero byte
// and the body. Two streams with the same chain hold the same messages in the same order.
func Chain(hash, subject string, data []byte) string {
	h := sha256.New()
	h.Write([]byte(hash))
	h.Write([]byte(subject))
	h.Write([]byte{0})
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}
