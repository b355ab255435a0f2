package match

import (
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// program is a rule's query, ready to be asked.
type program struct {
	root    node
	clauses int  // clauses are numbered from 0 in the order of the query
	event   bool // it binds an event
	history bool // background history takes part
	hypo    bool // hypotheticals take part
}

// node is a part of a query. It is asked of a scene in which an event may be bound.
type node interface {
	holds(s *scene) bool
	cover() cover
	explain(s *scene, w *why)
}

type (
	all  []node
	some []node
	not  struct {
		x      node
		text   string
		clause int
	}
)

func (n all) holds(s *scene) bool {
	for _, x := range n {
		if !x.holds(s) {
			return false
		}
	}
	return true
}

func (n some) holds(s *scene) bool {
	for _, x := range n {
		if x.holds(s) {
			return true
		}
	}
	return false
}

func (n not) holds(s *scene) bool { return !n.x.holds(s) }

// events are the report's events on which the query holds, the lead first; ok tells whether it holds at all.
func (p *program) events(s *scene) (events []int, ok bool) {
	if !p.event {
		s.event = nil
		return nil, p.root.holds(s)
	}
	for i := range s.report.Events {
		s.event = &s.report.Events[i]
		if p.admits(s.event) && p.root.holds(s) {
			events = append(events, i)
		}
	}
	return leadFirst(s.report.Events, events), len(events) > 0
}

func (p *program) admits(e *news.Event) bool {
	return (p.history || !e.Historical) && (p.hypo || e.Realis != news.Hypothetical)
}

func leadFirst(events []news.Event, order []int) []int {
	out := make([]int, 0, len(order))
	for _, lead := range []bool{true, false} {
		for _, i := range order {
			if events[i].Lead == lead {
				out = append(out, i)
			}
		}
	}
	return out
}

// compiler turns queries into programs that share their words.
type compiler struct {
	index     *Index
	gazetteer *gazetteer.Gazetteer
	spellings map[spelling]*leaf
	clauses   int
}

func (c *compiler) program(x rule.Expr) *program {
	c.clauses = 0
	root := c.node(x)
	return &program{
		root: root, clauses: c.clauses, event: rule.AsksEvent(x),
		history: rule.Names(x, "historical"), hypo: rule.Names(x, "realis"),
	}
}

func (c *compiler) node(x rule.Expr) node {
	switch x := x.(type) {
	case rule.And:
		return all(c.nodes(x.X))
	case rule.Or:
		return some(c.nodes(x.X))
	case rule.Not:
		return not{text: x.String(), clause: c.number(), x: c.node(x.X)}
	case rule.Field:
		return c.field(x)
	}
	return &words{text: x.String(), clause: c.number(), find: c.finder(x)}
}

func (c *compiler) nodes(xs []rule.Expr) []node {
	out := make([]node, len(xs))
	for i, x := range xs {
		out[i] = c.node(x)
	}
	return out
}

func (c *compiler) number() int {
	c.clauses++
	return c.clauses - 1
}

func (c *compiler) finder(x rule.Expr) finder {
	c.index.worded = true
	switch x := x.(type) {
	case rule.Term:
		return c.leaf(x.Text, stemmed)
	case rule.Phrase:
		return c.leaf(x.Text, folded)
	case rule.Exact:
		return c.leaf(x.Text, exact)
	case rule.Prefix:
		return prefix{foldPrefix(x.Text)}
	case rule.Near:
		return near{x: c.finder(x.X), y: c.finder(x.Y), within: x.Within, ordered: x.Ordered}
	case rule.Or:
		out := make(either, len(x.X))
		for i, y := range x.X {
			out[i] = c.finder(y)
		}
		return out
	}
	return either{} // Validate refuses the rest
}

// words is a clause about the article's words.
type words struct {
	text   string
	clause int
	find   finder
	zone   zone
}

func (n *words) holds(s *scene) bool {
	if l, ok := n.find.(*leaf); ok && n.zone == anywhere && len(l.ids[s.doc.lang]) == 1 && l.exact[s.doc.lang] == nil {
		return len(s.doc.at[l.ids[s.doc.lang][0]]) > 0
	}
	return len(n.runs(s)) > 0
}

func (n *words) runs(s *scene) []run { return inZone(s.doc, n.zone, n.find.runs(s.doc)) }
