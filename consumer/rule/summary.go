package rule

import (
	"errors"
	"fmt"
	"strings"
	"text/template"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Summary is a rule's own words for its alerts: a text/template over a SummaryView.
type Summary struct{ template *template.Template }

// SummaryView is what a summary's template sees: the alert's fields, and the headline.
type SummaryView struct {
	news.Alert
	Headline string // the article's title; without one, the sentence that proves the first event
}

// MaxSummary bounds the bytes a summary may have.
const MaxSummary = 500

// ParseSummary reads a template and tries it on a sample alert, so that a rule whose words cannot be made is refused
// when it is loaded.
func ParseSummary(text string) (*Summary, error) {
	t, err := template.New("summary").Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("summary: %w", err)
	}
	s := &Summary{t}
	if _, err := s.render(sampleAlert()); err != nil {
		return nil, fmt.Errorf("summary: %w", err)
	}
	return s, nil
}

// Of is the summary of an alert; "" where it cannot be made of this one, and for a nil Summary: then whoever shows the
// alert chooses the words.
func (s *Summary) Of(a news.Alert) string {
	if s == nil {
		return ""
	}
	text, err := s.render(a)
	if err != nil {
		return ""
	}
	return text
}

func (s *Summary) render(a news.Alert) (string, error) {
	out := &bounded{}
	if err := s.template.Execute(out, SummaryView{a, headline(a)}); err != nil && !errors.Is(err, errFull) {
		return "", err
	}
	return strings.ToValidUTF8(out.String(), ""), nil
}

func headline(a news.Alert) string {
	if a.Article.Title != "" || len(a.Events) == 0 || len(a.Events[0].Cites) == 0 {
		return a.Article.Title
	}
	return a.Events[0].Cites[0].Quote
}

// errFull ends a template that writes more than a summary may have.
var errFull = errors.New("full")

type bounded struct{ strings.Builder }

func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), MaxSummary-b.Len())
	b.Builder.Write(p[:n])
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func sampleAlert() news.Alert {
	actor := news.Actor{Key: "rus", Name: "Russia", Country: "RUS", Text: "la Russie"}
	e := news.Event{
		ID: "e", Who: []news.Actor{actor}, What: news.NewAction("SANCTION", "withdraw", "161"), Whom: []news.Actor{actor},
		Where: &news.Place{Name: "Moscow", Country: "RUS"}, Realis: news.Actual, By: []news.Attribution{{Actor: actor}},
		Count: &news.Quantity{Value: 1}, Dead: &news.Quantity{Value: 1}, Injured: &news.Quantity{Value: 1}, Arrested: &news.Quantity{Value: 1},
		Cites: []news.Citation{{Sentence: 1, Quote: "La Russie suspend sa mission."}},
	}
	return news.Alert{
		ID: "a", Revision: 1, Change: news.New, Rule: "sample", Title: "Sample", Owner: "none", Severity: news.Medium, To: []string{"default"},
		Article: news.Reference{Title: "Sample", Publisher: "none", Language: "fr"}, Story: news.Story{ID: "s", Articles: 1, Publishers: 1},
		Events: []news.Event{e}, Why: []news.Clause{{Text: "what:SANCTION"}},
	}
}
