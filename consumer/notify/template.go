package notify

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
	"text/template/parse"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// View is what a message's template sees: the alert's fields, and what can be said of it in few words.
type View struct {
	news.Alert
	Headline string       // "Russia → NATO: suspends or breaks relations"
	Quote    string       // the sentence that proves the first event; may be empty
	Link     string       // the article's address; may be empty
	Text     string       // the alert as a terminal shows it, in plain text
	Receiver string       // who gets it
	Digest   []news.Alert // what a digest gathers; empty: a single alert
}

// Template is a text/template over a View. It can neither call, print to a format, include other templates nor count to a
// number of its own, so that a message costs no more than the alert is long.
type Template struct {
	template *template.Template
	limit    int
}

// ParseTemplate reads a template and tries it on a sample alert, so that what cannot be shown is refused when it is
// loaded. What is longer than limit bytes is cut when it is made.
func ParseTemplate(text string, limit int) (*Template, error) {
	t, err := template.New("message").Option("missingkey=error").Funcs(functions).Parse(text)
	if err != nil {
		return nil, plainly(err)
	}
	if len(t.Templates()) > 1 {
		return nil, errors.New("define and block are not for messages")
	}
	if t.Tree != nil {
		if err := modest(t.Root, 0); err != nil {
			return nil, err
		}
	}
	made := &Template{t, limit}
	if _, err := made.render(Notice{Alert: sampleAlert(), Receiver: "sample"}, Style{}); err != nil {
		return nil, plainly(err)
	}
	return made, nil
}

// Text is the message of a notice; otherwise where there is no template, or where it cannot be made of this alert, such as
// the first event of one that has none.
func (t *Template) Text(n Notice, s Style, otherwise string) string {
	if t == nil {
		return otherwise
	}
	text, err := t.render(n, s)
	if err != nil {
		return otherwise
	}
	return text
}

func (t *Template) render(n Notice, s Style) (string, error) {
	out := &short{limit: t.limit}
	err := t.template.Execute(out, view(n, s))
	if err != nil && !errors.Is(err, errFull) {
		return "", err
	}
	return strings.ToValidUTF8(out.String(), ""), nil
}

func view(n Notice, s Style) View {
	v := View{Alert: n.Alert, Headline: Headline(n.Alert, s), Link: n.Alert.Article.URL, Receiver: n.Receiver, Digest: n.Digest}
	if len(n.Alert.Events) > 0 && len(n.Alert.Events[0].Cites) > 0 {
		v.Quote = clean(n.Alert.Events[0].Cites[0].Quote)
	}
	v.Text = Plain(n, s)
	return v
}

// Plain is a notice in plain text, without a terminal's colours and width: the alert as Render shows it, or a digest's
// alerts one behind the other.
func Plain(n Notice, s Style) string {
	s.Colour, s.Width = false, 0
	if n.Receiver != "" {
		s.SentTo = []string{n.Receiver}
	}
	if n.Digest == nil {
		return Render(n.Alert, s)
	}
	var b strings.Builder
	for i, a := range n.Digest {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(Render(a, s))
	}
	return b.String()
}

var errFull = errors.New("full")

// short ends a template that writes more than it may.
type short struct {
	strings.Builder
	limit int
}

func (b *short) Write(p []byte) (int, error) {
	n := min(len(p), b.limit-b.Len())
	b.Builder.Write(p[:n])
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

// functions are all that a template may call besides comparing, and, or, not, len, index and slice.
var functions = template.FuncMap{
	"upper": strings.ToUpper,
	"lower": strings.ToLower,
	"join":  func(sep string, list []string) string { return strings.Join(list, sep) },
	"cut":   func(n int, s string) string { return cut(s, n) },
	"date":  dateIn,

	"call":     refused,
	"printf":   refused,
	"print":    refused,
	"println":  refused,
	"html":     refused,
	"js":       refused,
	"urlquery": refused,
}

func refused(...any) (string, error) {
	return "", errors.New("call, print, printf, println, html, js and urlquery are not for messages")
}

func dateIn(zone string, t time.Time) (string, error) {
	at, err := time.LoadLocation(zone)
	if err != nil {
		return "", fmt.Errorf("time zone %q: %w", zone, err)
	}
	return t.In(at).Format("2006-01-02 15:04 MST"), nil
}

const maxNesting = 3 // loops within loops

// modest refuses what could work for ever: a loop over a number, loops deep within loops, other templates.
func modest(n parse.Node, loops int) error {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, one := range n.Nodes {
			if err := modest(one, loops); err != nil {
				return err
			}
		}
	case *parse.IfNode:
		return branches(&n.BranchNode, loops)
	case *parse.WithNode:
		return branches(&n.BranchNode, loops)
	case *parse.RangeNode:
		if loops++; loops > maxNesting {
			return fmt.Errorf("more than %d loops within each other", maxNesting)
		}
		if counts(n.Pipe) {
			return errors.New("a loop over a number: range over Events, Why, To or Digest")
		}
		return branches(&n.BranchNode, loops)
	case *parse.TemplateNode:
		return errors.New("template, define and block are not for messages")
	}
	return nil
}

func branches(n *parse.BranchNode, loops int) error {
	return errors.Join(modest(n.List, loops), modest(n.ElseList, loops))
}

// counts tells whether a loop may be over a number: anything but a plain field or variable's field.
func counts(p *parse.PipeNode) bool {
	if len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 1 {
		return true
	}
	var last string
	switch arg := p.Cmds[0].Args[0].(type) {
	case *parse.FieldNode:
		last = arg.Ident[len(arg.Ident)-1]
	case *parse.VariableNode:
		last = arg.Ident[len(arg.Ident)-1]
	}
	return !lists[last]
}

// lists are the fields that can be looped over.
var lists = map[string]bool{
	"Events": true, "Why": true, "To": true, "Digest": true, "Who": true, "Whom": true, "By": true, "Cites": true, "Sectors": true,
	"Contexts": true, "Spans": true,
}

// plainly is a template's error without the words of the library around it.
func plainly(err error) error {
	text := strings.TrimPrefix(err.Error(), "template: ")
	return errors.New(strings.TrimPrefix(text, "message:"))
}

// sampleAlert has something in every field.
func sampleAlert() news.Alert {
	actor := news.Actor{Key: "russia", Name: "Russia", Country: "RUS", Text: "la Russie"}
	e := news.Event{
		ID: "e", Who: []news.Actor{actor}, What: news.NewAction("SANCTION", "withdraw", "161"), Whom: []news.Actor{actor},
		Where: &news.Place{Name: "Moscow", Country: "RUS"}, Realis: news.Actual, By: []news.Attribution{{Actor: actor}},
		Count: &news.Quantity{Value: 1}, Dead: &news.Quantity{Value: 1}, Injured: &news.Quantity{Value: 1}, Arrested: &news.Quantity{Value: 1},
		Cites: []news.Citation{{Sentence: 1, Quote: "La Russie suspend sa mission."}},
	}
	return news.Alert{
		ID: "firedrillfiredrillfiredril", Revision: 1, Change: news.New, Rule: "fire-drill", Title: "A drill, not news", Owner: "none",
		Severity: news.Info, At: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC),
		Article: news.Reference{Title: "A drill", Publisher: "none", Language: "fr", URL: "https://example.org/drill"},
		Story:   news.Story{ID: "drill", Articles: 1, Publishers: 1}, Events: []news.Event{e}, Why: []news.Clause{{Text: "what:SANCTION"}},
	}
}

// Drill is an alert that nobody's rule raised, to try a receiver with: it says so in rule and title.
func Drill(at time.Time) news.Alert {
	a := sampleAlert()
	a.At, a.Article.Seen = at.UTC(), at.UTC()
	a.ID = news.MakeID("drill", at.UTC().Format(time.RFC3339Nano))
	return a
}
