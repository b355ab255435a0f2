package match

import (
	"slices"
	"sort"
	"sync"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// MaxSpans bounds the spans that one clause carries.
const MaxSpans = 20

// An explanation asks a rule that held once more, clause by clause: a segment is made of it alone, so that the Index need
// not keep what only people read.

// reason is a part of a query that can say where it holds.
type reason struct {
	form   form // askAll, askAny, askNot; askFind: a clause
	parts  []*reason
	clause int
	text   string
	code   uint32 // where the clause stands in code
	words  []finder
	name   string // of the field; empty: words
	scope  rule.Scope
	actors []actorTest
}

// explainer makes reasons.
type explainer struct {
	*builder
	clauses int
}

func newExplainer(g *gazetteer.Gazetteer) explainer {
	b := newBuilder(g, nil, nil)
	b.passing = true
	return explainer{builder: b}
}

func (e *explainer) reason(x rule.Expr) *reason {
	switch x := x.(type) {
	case rule.And:
		return &reason{form: askAll, parts: e.reasons(x.X)}
	case rule.Or:
		return &reason{form: askAny, parts: e.reasons(x.X)}
	case rule.Not:
		r := e.clause(x)
		r.form, r.parts = askNot, []*reason{e.reason(x.X)}
		return r
	case rule.Field:
		return e.field(x)
	}
	r := e.clause(x)
	r.words = []finder{e.finder(x)}
	e.holds(r, x)
	return r
}

func (e *explainer) reasons(xs []rule.Expr) []*reason {
	out := make([]*reason, len(xs))
	for i, x := range xs {
		out[i] = e.reason(x)
	}
	return out
}

// clause is a new clause; they are numbered in the order of the query.
func (e *explainer) clause(x rule.Expr) *reason {
	e.clauses++
	return &reason{form: askFind, clause: e.clauses - 1, text: x.String()}
}

func (e *explainer) holds(r *reason, x rule.Expr) {
	r.code = uint32(len(e.code))
	e.write(e.plan(x))
}

func (e *explainer) field(f rule.Field) *reason {
	r := e.clause(f)
	spec, _ := rule.FieldNamed(f.Name)
	r.name, r.scope = spec.Name, spec.Scope
	e.holds(r, f)
	switch spec.Type {
	case rule.Text:
		r.words = e.said(f.X, nil)
		if spec.Name == "title" {
			r.words = nil // the title is no part of the text
		}
	case rule.Actor:
		for leaf := range rule.Leaves(f.X) {
			r.actors = append(r.actors, newActorTest(leaf, e.gazetteer))
		}
	}
	return r
}

// said lists the words that a text field asks for.
func (e *explainer) said(x rule.Expr, out []finder) []finder {
	switch x := x.(type) {
	case rule.And:
		for _, y := range x.X {
			out = e.said(y, out)
		}
		return out
	case rule.Or:
		for _, y := range x.X {
			out = e.said(y, out)
		}
		return out
	case rule.Not:
		return out
	}
	return append(out, e.finder(x))
}

// explained is a rule made ready to say why it holds. It never changes.
type explained struct {
	segment *segment
	root    *reason
	clauses int
	event   bool  // it holds of an event
	filter  uint8 // of events: see admits
}

func explain(g *gazetteer.Gazetteer, x rule.Expr) *explained {
	e := newExplainer(g)
	out := &explained{root: e.reason(x), event: rule.AsksEvent(x), filter: filterOf(x)}
	out.clauses, out.segment = e.clauses, e.segment(1)
	return out
}

// explanations are kept of rules that held: those that hold often hold again. Safe for concurrent use.
type explanations struct {
	mu   sync.Mutex
	kept map[*rule.Rule]*explained
}

// mostKept bounds the rules whose explanations are kept, of some 2 to 4 KB each: when there would be more, all are forgotten.
const mostKept = 8192

func (x *explanations) of(g *gazetteer.Gazetteer, r *rule.Rule) *explained {
	x.mu.Lock()
	out := x.kept[r]
	x.mu.Unlock()
	if out != nil {
		return out
	}
	out = explain(g, r.Expr) // nobody waits for it; another one made meanwhile is as good
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.kept == nil || len(x.kept) == mostKept {
		x.kept = map[*rule.Rule]*explained{}
	}
	x.kept[r] = out
	return out
}

// teller tells why rules hold.
type teller struct {
	doc     *document
	view    *view
	chunks  []chunkAt   // of the text, once a clause wants places
	spans   []news.Span // of all words of the text, once a clause wants one that only the whole text tells
	event   int         // -1: none is bound
	clauses []news.Clause
}

// hit asks a rule that holds of the document, on which events and why.
func (t *teller) hit(n int, of *explained) Hit {
	t.begin(of)
	h := Hit{Rule: n}
	if of.event {
		h.Events = t.events(of.root, of.filter)
	}
	h.Why = t.why(of, h.Events)
	return h
}

func (t *teller) begin(of *explained) { t.view.begin(of.segment, t.doc, nil, nil) }

// why lists the clauses of a rule that hold: on the events on which the rule does, or, if it asks none, of the article.
func (t *teller) why(of *explained, events []int) []news.Clause {
	t.clauses = make([]news.Clause, of.clauses)
	if of.event {
		for _, i := range events {
			t.event = i
			t.tell(of.root)
		}
	} else {
		t.event = -1
		t.tell(of.root)
	}
	out := t.clauses[:0]
	for _, c := range t.clauses {
		if c.Text != "" {
			c.Spans = tidy(c.Spans)
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// events are those on which the query holds, the lead first.
func (t *teller) events(root *reason, filter uint8) []int {
	var out []int
	events := t.doc.report.Events
	for _, lead := range []bool{true, false} {
		for i := range events {
			t.event = i
			if events[i].Lead == lead && admits(filter, &events[i]) && t.holds(root) {
				out = append(out, i)
			}
		}
	}
	return out
}

func (t *teller) holds(r *reason) bool {
	switch r.form {
	case askAll:
		return !slices.ContainsFunc(r.parts, func(p *reason) bool { return !t.holds(p) })
	case askAny:
		return slices.ContainsFunc(r.parts, t.holds)
	case askNot:
		return !t.holds(r.parts[0])
	}
	e := max(0, t.event)
	mask, _ := t.view.code(r.code, e>>6)
	return mask>>(e&63)&1 != 0
}

func (t *teller) tell(r *reason) {
	switch r.form {
	case askAll:
		for _, p := range r.parts {
			t.tell(p)
		}
	case askAny:
		for _, p := range r.parts {
			if t.holds(p) {
				t.tell(p)
			}
		}
	case askNot: // what did not happen has no place to show, and its parts did not hold
		t.clauses[r.clause].Text = r.text
	default:
		t.tellClause(r)
	}
}

func (t *teller) tellClause(r *reason) {
	c := &t.clauses[r.clause]
	if r.name != "" && r.scope == rule.OfEvent {
		c.Text = r.text
		c.Events = append(c.Events, t.doc.report.Events[t.event].ID)
		c.Spans = append(c.Spans, t.eventSpans(r)...)
		return
	}
	if c.Text != "" {
		return // told already for another event
	}
	c.Text = r.text
	for _, f := range r.words {
		runs := f.runs(t.view, nil)
		inText := sort.Search(len(runs), func(i int) bool { return runs[i].first >= t.doc.title })
		for _, run := range runs[inText:min(len(runs), inText+MaxSpans)] { // the others come behind these
			c.Spans = append(c.Spans, news.Span{Start: t.place(run.first).Start, End: t.place(run.last).End})
		}
	}
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

// eventSpans are the words of the article that an event clause is about.
func (t *teller) eventSpans(r *reason) []news.Span {
	e := &t.doc.report.Events[t.event]
	var out []news.Span
	switch r.name {
	case "who", "whom", "actor":
		for _, test := range r.actors {
			in := test.in(&t.doc.scene)
			for _, a := range actorsOf(r.name, e) {
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
