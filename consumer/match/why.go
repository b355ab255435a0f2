package match

import (
	"slices"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// MaxSpans bounds the spans that one clause carries.
const MaxSpans = 20

// why gathers the clauses that held, over all events on which the rule holds.
type why struct {
	clauses []news.Clause // by the number of the clause; without text: it did not hold
}

func (p *program) why(s *scene, events []int) []news.Clause {
	w := &why{clauses: make([]news.Clause, p.clauses)}
	if !p.event {
		s.event = nil
		p.root.explain(s, w)
	}
	for _, i := range events {
		s.event = &s.report.Events[i]
		p.root.explain(s, w)
	}
	var out []news.Clause
	for _, c := range w.clauses {
		if c.Text != "" {
			c.Spans = tidy(c.Spans)
			out = append(out, c)
		}
	}
	return out
}

func tidy(spans []news.Span) []news.Span {
	slices.SortFunc(spans, func(a, b news.Span) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return a.End - b.End
	})
	spans = slices.Compact(spans)
	return spans[:min(len(spans), MaxSpans)]
}

func (n all) explain(s *scene, w *why) {
	for _, x := range n {
		x.explain(s, w)
	}
}

func (n some) explain(s *scene, w *why) {
	for _, x := range n {
		if x.holds(s) {
			x.explain(s, w)
		}
	}
}

// What did not happen has no place to show, and its parts did not hold.
func (n not) explain(_ *scene, w *why) {
	if n.clause >= 0 {
		w.clauses[n.clause].Text = n.text
	}
}

func (n *words) explain(s *scene, w *why) {
	if n.clause < 0 || w.clauses[n.clause].Text != "" {
		return // told already for another event
	}
	c := &w.clauses[n.clause]
	c.Text = n.text
	c.Spans = spansOf(s.doc, n.runs(s))
}

func spansOf(d *document, runs []run) []news.Span {
	var out []news.Span
	for _, r := range runs {
		if r.first >= d.title {
			out = append(out, news.Span{Start: d.spans[r.first].Start, End: d.spans[r.last].End})
		}
	}
	return out
}

func (n *field) explain(s *scene, w *why) {
	c := &w.clauses[n.clause]
	if n.ofEvent() {
		c.Text = n.text
		c.Events = append(c.Events, s.event.ID)
		c.Spans = append(c.Spans, n.spans(s)...)
		return
	}
	if c.Text == "" {
		c.Text = n.text
		c.Spans = n.wordSpans(s, n.x)
	}
}

// wordSpans are the places of the words that held in a text field.
func (n *field) wordSpans(s *scene, x node) []news.Span {
	switch x := x.(type) {
	case all:
		return n.wordSpansOf(s, x)
	case some:
		return n.wordSpansOf(s, x)
	case *words:
		return spansOf(s.doc, x.runs(s))
	}
	return nil
}

func (n *field) wordSpansOf(s *scene, xs []node) []news.Span {
	var out []news.Span
	for _, x := range xs {
		out = append(out, n.wordSpans(s, x)...)
	}
	return out
}

// spans are the words of the article that an event clause is about.
func (n *field) spans(s *scene) []news.Span {
	e := s.event
	var out []news.Span
	switch n.spec.Name {
	case "who", "whom", "actor":
		for _, t := range n.actors {
			in := t.in(s)
			for _, a := range actorsOf(n.spec.Name, e) {
				if in(a) {
					out = append(out, a.Span)
				}
			}
		}
	case "where":
		if e.Where != nil {
			out = append(out, e.Where.Span)
		}
	case "count":
		if e.Count != nil {
			out = append(out, e.Count.Span)
		}
	case "who.sector", "whom.sector", "actor.sector":
		return nil
	default:
		out = append(out, e.What.Span)
	}
	return slices.DeleteFunc(out, func(sp news.Span) bool { return sp.Len() <= 0 })
}
