package machine

import (
	"cmp"
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Prepared is which rules a report satisfies, found before it is the report's turn.
type Prepared struct {
	set      *Ruleset
	hits     []match.Held
	exceeded []string
}

// Prepare finds which rules the report satisfies, but for those that ask of its story. Step takes it from there where
// the rules are still in force then; what it says is the same. Safe for concurrent use.
func (r *Ruleset) Prepare(report news.Report) *Prepared {
	if r == nil {
		return nil
	}
	p := &Prepared{set: r}
	p.hits, p.exceeded = r.early.Ask(report, news.Story{}, nil)
	return p
}

func asksStory(q rule.Rule) bool {
	if q.Expr == nil {
		return false
	}
	for f := range rule.FieldsOf(q.Expr) {
		if spec, ok := rule.FieldNamed(f.Name); ok && spec.Scope == rule.OfStory {
			return true
		}
	}
	return false
}

// matches asks the rules in force, or only those that the preparation has left open. What it returns is in the order of
// the rules' names.
func (s *State) matches(r news.Report, told news.Story, p *Prepared) (hits []match.Held, exceeded []string) {
	if p == nil || p.set != s.rules {
		p = s.rules.Prepare(r)
	}
	if s.rules.late.Len() == 0 {
		return p.hits, p.exceeded
	}
	hits, exceeded = s.rules.late.Ask(r, told, s.hits[:0])
	hits = append(hits, p.hits...)
	slices.SortFunc(hits, func(a, b match.Held) int { return cmp.Compare(a.Rule.Name, b.Rule.Name) })
	exceeded = append(exceeded, p.exceeded...)
	slices.Sort(exceeded)
	s.hits = hits
	return hits, exceeded
}
