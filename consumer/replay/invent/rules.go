package invent

import (
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
)

// Rules draws n rules such as newsrooms have over these reports: two thirds for each story, event or article, the rest over windows.
// Most ask for something rare, a few for what happens all day.
func Rules(seed uint64, n int) ([]rule.Rule, error) {
	d := draw(seed)
	author := author{&d, newZipf(len(parties), 0.5), newZipf(names, 0.6)}
	out := make([]rule.Rule, n)
	for i := range out {
		r, err := author.rule(i).Complete()
		if err != nil {
			return nil, fmt.Errorf("invent: %w", err)
		}
		out[i] = r
	}
	return out, nil
}

type author struct {
	*draw
	actors, names zipf
}

func (a author) actor() string { return parties[a.actors.rank(a.draw)].code }
func (a author) name() string  { return name(a.names.rank(a.draw)) }
func (a author) what() string  { return string(pick(a.draw, deeds).what) }

func (a author) topic() string {
	if a.chance(0.4) {
		return `"` + pick(a.draw, topics["fr"]) + `"`
	}
	return pick(a.draw, topics["en"])
}

func (a author) rule(i int) rule.Rule {
	r := rule.Rule{Name: fmt.Sprintf("invented-%d", i), Owner: fmt.Sprintf("desk-%d", i%20), Throttle: time.Hour}
	switch i % 12 {
	case 0:
		r.Query = fmt.Sprintf("what:%s who:%s whom:%s", a.what(), a.actor(), a.actor())
	case 1:
		r.Query = fmt.Sprintf("%s AND %s", a.topic(), a.name())
	case 2:
		r.Query = fmt.Sprintf("%s NEAR/8 %s lang:en", a.name(), a.topic())
	case 3:
		r.Query = fmt.Sprintf("what:(%s OR %s) actor:%s %s", a.what(), a.what(), a.actor(), a.topic())
		r.When.Each = rule.EachEvent
	case 4:
		r.Query = fmt.Sprintf("(%s OR %s OR %s) -%s", a.name(), a.name(), a.name(), a.topic())
		r.When.Each = rule.EachArticle
	case 5:
		r.Query = fmt.Sprintf("score:<=-6 whom:%s story.publishers:>=5", a.actor())
	case 6:
		r.Query = fmt.Sprintf("quad:4 who:%s where:%s", a.actor(), a.actor())
	case 7:
		r.Query = fmt.Sprintf("what:%s who:%s", a.what(), a.actor())
		r.When = rule.When{Kind: rule.Count, Over: 6 * time.Hour, AtLeast: 5, Distinct: rule.ByPublisher}
	case 8:
		r.Query = fmt.Sprintf("what:%s whom:%s", a.what(), a.actor())
		r.When = rule.When{Kind: rule.Spike, Over: 2 * time.Hour, Baseline: 12 * time.Hour, Ratio: 3}
	case 9:
		r.Query = fmt.Sprintf("who:%s %s", a.actor(), a.topic())
		r.When = rule.When{Kind: rule.First, Over: 30 * 24 * time.Hour, Of: []rule.Dimension{rule.ByWho, rule.ByWhat, rule.ByWhom}}
	case 10:
		r.Query = fmt.Sprintf("publisher:p%d.example", a.below(50))
		r.When = rule.When{Kind: rule.Absence, Over: 12 * time.Hour}
	case 11:
		r.When = rule.When{Kind: rule.Sequence, Over: 48 * time.Hour, GroupBy: []rule.Dimension{rule.ByWhom}, Steps: []rule.Step{
			{Query: fmt.Sprintf("what:THREATEN who:%s", a.actor())}, {Query: "what:(ASSAULT OR MOBILIZE)"},
		}}
	}
	return r
}
