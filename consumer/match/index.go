// Package match finds which of many rules a report satisfies.
package match

import (
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Index answers which rules a report satisfies. It never changes; safe for concurrent use.
type Index struct{}

// Hit is one rule that a report satisfies.
type Hit struct {
	Rule   int           // position in the rules the Index was made of
	Events []int         // indices into Report.Events on which the rule holds, the lead first, then in text order; empty for a rule that asks no event
	Why    []news.Clause // the clauses that held
}

// New makes an Index of the rules.
func New(rules []rule.Rule, g *gazetteer.Gazetteer) (*Index, error) { return &Index{}, nil }

// Match appends to hits the rules that the report satisfies, in ascending order.
func (x *Index) Match(r news.Report, s news.Story, hits []Hit) []Hit { return hits }
