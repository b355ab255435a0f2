package match

import (
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Answer is what one report says to one rule, clause by clause, whether the rule holds or not.
type Answer struct {
	Holds   bool
	Events  []int    // on which it holds, as in Hit
	Clauses []Clause // in the order of the query
	Anchors []string // what the rule is looked up by, such as mission or who:RUS; none: it is tried for every report
	Weak    bool     // so many reports have an anchor that nothing is gained
}

// Clause is one clause of a query.
type Clause struct {
	Text   string
	Holds  bool        // of the article, or of one event that takes part
	Events []int       // that satisfy it, of an event clause
	Spans  []news.Span // in Article.Text
}

// Explain asks one rule of one report and leaves no clause out.
func Explain(r rule.Rule, g *gazetteer.Gazetteer, report news.Report, s news.Story) (Answer, error) {
	if err := check(&r, g); err != nil {
		return Answer{}, err
	}
	var a Answer
	e := newExplainer(g)
	e.anchors = func(_ int, marks []mark) {
		for _, m := range marks {
			a.Anchors = append(a.Anchors, shown(e.names[m]))
		}
	}
	e.add(0, r.Expr)
	a.Weak = len(e.weak) > 0
	root := e.reason(r.Expr)
	d := &desk{}
	d.doc.read(&report, s, true)
	d.explain.begin(e.segment(1), &d.doc, nil, nil)
	t := teller{doc: &d.doc, view: &d.explain, clauses: make([]news.Clause, e.clauses), event: -1}
	if rule.AsksEvent(r.Expr) {
		a.Events = t.events(root, filterOf(r.Expr))
		a.Holds = len(a.Events) > 0
	} else {
		a.Holds = t.holds(root)
	}
	t.answer(root, filterOf(r.Expr), &a)
	return a, nil
}

// shown is the name of a mark for people.
func shown(name string) string {
	if len(name) < 2 || name[0] != ':' {
		return name
	}
	field, ok := map[byte]string{
		keyLang: "lang", keyHost: "publisher", keyPublisher: "publisher", keyWhat: "what", keyMode: "mode", keyContext: "context",
		keyRealis: "realis", keyHistory: "historical", keyCAMEO: "cameo", keyCountry: "where", keyPlace: "where",
		keyWho: "who", keyWhom: "whom", keyActor: "actor",
	}[name[1]]
	if !ok {
		return name[1:]
	}
	return field + ":" + name[2:]
}

// answer appends the clauses below.
func (t *teller) answer(r *reason, filter uint8, a *Answer) {
	if r.form != askFind {
		for _, p := range r.parts {
			t.answer(p, filter, a)
		}
		return
	}
	c := Clause{Text: r.text}
	if r.name != "" && r.scope == rule.OfEvent {
		events := t.doc.report.Events
		for i := range events {
			t.event = i
			if admits(filter, &events[i]) && t.holds(r) {
				c.Events = append(c.Events, i)
				c.Spans = append(c.Spans, t.eventSpans(r)...)
			}
		}
		c.Holds = len(c.Events) > 0
	} else if t.event = -1; t.holds(r) {
		c.Holds = true
		t.tellClause(r)
		c.Spans = t.clauses[r.clause].Spans
	}
	c.Spans = tidy(c.Spans)
	a.Clauses = append(a.Clauses, c)
}
