// Package match finds which of many rules a report satisfies.
//
// A rule that has event clauses holds if there is one event in the report on which its whole query is true: all its
// event clauses, negated ones too, are asked of that same event. So a rule whose only event clause is negated still
// needs an event, and "NOT whom:RUS" is true of an event without a whom. A rule without event clauses is asked of the
// article alone. Background history takes part only where the query names historical, and hypotheticals only where it
// names realis.
package match

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Index answers which rules a report satisfies. It never changes; safe for concurrent use.
type Index struct {
	rules     []rule.Rule
	gazetteer *gazetteer.Gazetteer
	segment   *segment
	weak      []Weak
	live      int
	desks     desks
}

// desks are kept to be used again. Not a sync.Pool: what a desk has learned of the language is worth more than its
// memory.
type desks struct {
	mu   sync.Mutex
	free []*desk
	made explanations
}

func (d *desks) take() *desk {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.free)
	if n == 0 {
		return &desk{}
	}
	out := d.free[n-1]
	d.free = d.free[:n-1]
	return out
}

func (d *desks) put(back *desk) {
	back.doc.report = nil
	d.mu.Lock()
	defer d.mu.Unlock()
	d.free = append(d.free, back)
}

// desk is where one article is matched.
type desk struct {
	doc     document
	view    view
	explain view
	rules   []uint32
	holding []holding // of a Version
	bound   []int     // their events
}

// Hit is one rule that a report satisfies.
type Hit struct {
	Rule   int           // position in the rules the Index was made of
	Events []int         // indices into Report.Events on which the rule holds, the lead first, then in text order; empty for a rule that asks no event
	Why    []news.Clause // the clauses that held, in the order of the query
}

// Weak is a rule for which nothing rare can be looked up.
type Weak struct {
	Rule   int     // position in the rules
	Share  float64 // of reports for which the rule has to be tried
	PerDay float64 // alerts a day to expect, by the reports counted; 0 when too few were
}

// New makes an Index of the rules; those that are off take no part. Rules that mean nothing to this gazetteer or this
// version are left out and named in the error, and the Index serves the others: who may not go on without them stops.
func New(rules []rule.Rule, g *gazetteer.Gazetteer) (*Index, error) { return Build(rules, g, nil) }

// Build is New for one who has counted reports like those to come.
func Build(rules []rule.Rule, g *gazetteer.Gazetteer, c *Census) (*Index, error) {
	x := &Index{rules: rules, gazetteer: g}
	if len(rules) > maxRules {
		return nil, fmt.Errorf("match: %d rules, of at most %d", len(rules), maxRules)
	}
	b := newBuilder(g, c, nil)
	var errs []error
	for i := range rules {
		r := &rules[i]
		if r.State == rule.Off {
			continue
		}
		if err := check(r, g); err != nil {
			errs = append(errs, fmt.Errorf("match: rule %s: %w", r.Name, err))
			continue
		}
		b.add(i, r.Expr)
		x.live++
	}
	x.segment = b.segment(len(rules))
	x.weak = b.weak
	return x, errors.Join(errs...)
}

func check(r *rule.Rule, g *gazetteer.Gazetteer) error {
	if r.Expr == nil {
		return errors.New("query: not parsed")
	}
	return rule.Validate(r.Expr, g)
}

// Len is how many rules the Index serves: those that are not off.
func (x *Index) Len() int { return x.live }

// Weak lists the rules with only weak anchors, by position.
func (x *Index) Weak() []Weak { return slices.Clone(x.weak) }

// Rules appends to out the positions of the rules that the report satisfies, in ascending order.
func (x *Index) Rules(r *news.Report, s news.Story, out []uint32) []uint32 {
	d := x.desks.take()
	defer x.desks.put(d)
	return d.match(x, r, s, out)
}

func (d *desk) match(x *Index, r *news.Report, s news.Story, out []uint32) []uint32 {
	d.doc.read(r, s, x.segment.worded)
	d.view.begin(x.segment, &d.doc, nil, nil)
	from := len(out)
	out = d.view.rules(out)
	slices.Sort(out[from:])
	return out[:from+len(slices.Compact(out[from:]))]
}

// Budget is the work that a rule may take for one article, in places of words looked at and events tested. A rule that
// would hold after more does not; Exceeded names it.
const Budget = 1 << 22

// Exceeded lists the rules that the report makes take more work than the Budget, in ascending order.
func (x *Index) Exceeded(r *news.Report, s news.Story) []uint32 {
	d := x.desks.take()
	defer x.desks.put(d)
	d.rules = d.match(x, r, s, d.rules[:0])
	return d.exceeded()
}

// Match appends to hits the rules that the report satisfies, in ascending order, each with the events on which it holds
// and the clauses that held. The story is what is known of it when the report came in; the zero Story is one article by
// one publisher.
func (x *Index) Match(r news.Report, s news.Story, hits []Hit) []Hit {
	hits, _ = x.Ask(r, s, hits)
	return hits
}

// Ask is Match that also tells which rules do not hold because they would take more work than the Budget, as Exceeded
// does.
func (x *Index) Ask(r news.Report, s news.Story, hits []Hit) (_ []Hit, exceeded []uint32) {
	d := x.desks.take()
	defer x.desks.put(d)
	d.rules = d.match(x, &r, s, d.rules[:0])
	exceeded = d.exceeded()
	t := d.teller()
	for _, n := range d.rules {
		hits = append(hits, t.hit(int(n), x.desks.made.of(x.gazetteer, &x.rules[n])))
	}
	return hits, exceeded
}

// teller is of the article at hand.
func (d *desk) teller() teller { return teller{doc: &d.doc, view: &d.explain} }

func (d *desk) exceeded() []uint32 {
	if len(d.view.spent) == 0 {
		return nil
	}
	out := slices.Clone(d.view.spent)
	slices.Sort(out)
	return slices.Compact(out)
}
