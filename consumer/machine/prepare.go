package machine

import (
	"slices"
	"sync"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Prepared is which rules a report satisfies, found before it is the report's turn.
type Prepared struct {
	set  *Ruleset
	hits []match.Hit
}

// halves are the rules of an index in two: those that can be asked of a report at any time, and those that ask of its
// story, which is known only when it is the report's turn. Both number the rules as the index does.
type halves struct {
	once        sync.Once
	early, late *match.Index // late is nil where no rule asks of the story
}

// Prepare finds which rules the report satisfies, but for those that ask of its story. Step takes it from there where
// the rules are still in force then; what it says is the same. Safe for concurrent use.
func (r *Ruleset) Prepare(report news.Report) *Prepared {
	if r == nil {
		return nil
	}
	r.halves.once.Do(r.halve)
	hits, exceeded := r.halves.early.Ask(report, news.Story{}, nil)
	if len(exceeded) > 0 { // Step tells which, in their order
		return nil
	}
	return &Prepared{r, hits}
}

// halve makes the halves, at the first need: who never prepares does not pay for them.
func (r *Ruleset) halve() {
	if !slices.ContainsFunc(r.questions, asksStory) {
		r.halves.early = r.index
		return
	}
	without := func(drop func(rule.Rule) bool) *match.Index {
		some := slices.Clone(r.questions)
		for i := range some {
			if drop(some[i]) {
				some[i].State = rule.Off // it keeps its number
			}
		}
		index, _ := match.New(some, r.gazetteer) // what is wrong with a rule, Compile has told
		return index
	}
	r.halves.early = without(asksStory)
	r.halves.late = without(func(q rule.Rule) bool { return !asksStory(q) })
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

// matches asks the rules in force, or only those that the preparation has left open.
func (s *State) matches(r news.Report, told news.Story, p *Prepared) (hits []match.Hit, exceeded []uint32) {
	if p == nil || p.set != s.rules {
		return s.rules.index.Ask(r, told, s.hits[:0])
	}
	late := s.rules.halves.late
	if late == nil {
		return append(s.hits[:0], p.hits...), nil
	}
	hits, exceeded = late.Ask(r, told, s.hits[:0])
	if len(exceeded) > 0 {
		return s.rules.index.Ask(r, told, hits[:0])
	}
	hits = append(hits, p.hits...)
	slices.SortFunc(hits, func(a, b match.Hit) int { return a.Rule - b.Rule })
	return hits, nil
}
