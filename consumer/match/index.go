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

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Index answers which rules a report satisfies. It never changes; safe for concurrent use.
type Index struct {
	programs []*program // by position of the rule; nil where a rule is off or not understood
	lexes    [len(langs)]*lexis
	anchors  anchors
	live     int
	worded   bool // some rule asks for words of the article
}

// Hit is one rule that a report satisfies.
type Hit struct {
	Rule   int           // position in the rules the Index was made of
	Events []int         // indices into Report.Events on which the rule holds, the lead first, then in text order; empty for a rule that asks no event
	Why    []news.Clause // the clauses that held, in the order of the query
}

// New makes an Index of the rules; those that are off take no part. Rules that mean nothing to this gazetteer or this
// version are left out and named in the error, and the Index serves the others: who may not go on without them stops.
func New(rules []rule.Rule, g *gazetteer.Gazetteer) (*Index, error) {
	x := &Index{programs: make([]*program, len(rules)), anchors: newAnchors()}
	for i, lang := range langs {
		x.lexes[i] = newLexis(lang)
	}
	c := compiler{index: x, gazetteer: g, spellings: map[spelling]*leaf{}}
	var errs []error
	for i, r := range rules {
		if r.State == rule.Off {
			continue
		}
		if err := check(r, g); err != nil {
			errs = append(errs, fmt.Errorf("match: rule %s: %w", r.Name, err))
			continue
		}
		p := c.program(r.Expr)
		x.programs[i] = p
		x.anchors.add(int32(i), p.root.cover())
		x.live++
	}
	return x, errors.Join(errs...)
}

func check(r rule.Rule, g *gazetteer.Gazetteer) error {
	if r.Expr == nil {
		return errors.New("query: not parsed")
	}
	return rule.Validate(r.Expr, g)
}

// Len is how many rules the Index serves: those that are not off.
func (x *Index) Len() int { return x.live }

// Match appends to hits the rules that the report satisfies, in ascending order. The story is what is known of it when
// the report came in; the zero Story is one article by one publisher.
func (x *Index) Match(r news.Report, s news.Story, hits []Hit) []Hit {
	sc := newScene(x, &r, s)
	for _, i := range x.candidates(sc) {
		p := x.programs[i]
		events, ok := p.events(sc)
		if !ok {
			continue
		}
		hits = append(hits, Hit{Rule: int(i), Events: events, Why: p.why(sc, events)})
	}
	return hits
}

// candidates are the rules with an anchor in the report, ascending; all others cannot hold.
func (x *Index) candidates(s *scene) []int32 {
	out := slices.Clone(x.anchors.always)
	words := x.anchors.words[s.doc.lang]
	for id := range s.doc.at {
		out = append(out, words[id]...)
	}
	if len(x.anchors.grams) > 0 {
		for _, w := range s.doc.folded {
			out = append(out, x.anchors.grams[gram(w)]...)
		}
	}
	for i := range s.report.Events {
		for a := range eventAnchors(&s.report.Events[i]) {
			out = append(out, x.anchors.codes[a]...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
