package machine

import (
	"cmp"
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/story"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Prepared is a report, and what can be found of it before it is its turn: what stories look at, and which rules it satisfies.
type Prepared struct {
	report   *news.Report
	gist     *story.Gist
	set      *Ruleset
	hits     []hit
	exceeded []string
}

// hit is a rule that a report satisfies, or a step of its sequence.
type hit struct {
	asked
	held    *match.Held // what the index was asked; hits are in the order of its names
	counted []counted   // in the rule's window; nil: not known before the story is
}

// Prepare finds the gist of the report and which rules it satisfies, but for those that ask of its story. Step takes it
// from there, the rules where they are still in force then; what it says is the same. The report must not be changed any
// more. Safe for concurrent use.
func (r *Ruleset) Prepare(report *news.Report) *Prepared {
	p := &Prepared{}
	if r != nil {
		p = r.ask(report)
	}
	p.report, p.gist = report, story.GistOf(report)
	return p
}

// ask finds which rules the report satisfies, but for those that ask of its story.
func (r *Ruleset) ask(report *news.Report) *Prepared {
	held, exceeded := r.early.Ask(report, news.Story{}, nil)
	p := &Prepared{set: r, hits: make([]hit, len(held)), exceeded: exceeded}
	all := make([]counted, 0, len(held)) // of all hits: most have one
	for i := range held {
		at := &p.hits[i]
		at.asked, at.held = r.early.at(held[i].Number), &held[i]
		if when := &at.rule.When; when.Windowed() && !countsStories(when) {
			from := len(all)
			all = at.count(report, "", all)
			at.counted = all[from:len(all):len(all)]
		}
	}
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
func (s *State) matches(r *news.Report, told news.Story, p *Prepared) (hits []hit, exceeded []string) {
	if p == nil || p.set != s.rules {
		p = s.rules.ask(r)
	}
	if s.rules.late.Len() == 0 {
		return p.hits, p.exceeded
	}
	held, exceeded := s.rules.late.Ask(r, told, nil)
	if len(held) == 0 && len(exceeded) == 0 {
		return p.hits, p.exceeded
	}
	s.hits = s.hits[:0]
	rest := p.hits
	for i := range held {
		name := held[i].Rule.Name
		before, _ := slices.BinarySearchFunc(rest, name, func(h hit, name string) int { return cmp.Compare(h.held.Rule.Name, name) })
		s.hits = append(s.hits, rest[:before]...)
		s.hits = append(s.hits, hit{asked: s.rules.late.at(held[i].Number), held: &held[i]})
		rest = rest[before:]
	}
	s.hits = append(s.hits, rest...)
	exceeded = append(exceeded, p.exceeded...)
	slices.Sort(exceeded)
	return s.hits, exceeded
}
