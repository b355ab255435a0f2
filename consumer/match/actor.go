package match

import (
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// actorTest is whom one value of who, whom or actor stands for: parties, or the members of a list.
type actorTest struct {
	parties   []rule.Party
	list      string
	gazetteer *gazetteer.Gazetteer
}

func (c *compiler) actorTest(x rule.Expr) actorTest {
	if l, ok := x.(rule.List); ok {
		return actorTest{list: l.Name, gazetteer: c.gazetteer}
	}
	value, _ := rule.ValueOf(x)
	return actorTest{parties: rule.Parties(value, c.gazetteer)}
}

// in returns the test at the scene's date.
func (t actorTest) in(s *scene) func(news.Actor) bool {
	if t.list != "" {
		members, _ := t.gazetteer.Members(t.list, s.at)
		return func(a news.Actor) bool {
			_, ok := slices.BinarySearch(members, a.Country)
			return ok
		}
	}
	return func(a news.Actor) bool {
		return slices.ContainsFunc(t.parties, func(p rule.Party) bool {
			return p.Country != "" && p.Country == a.Country || p.Key != "" && p.Key == a.Key
		})
	}
}

func (t actorTest) cover() cover {
	if t.list != "" {
		return cover{}
	}
	c := cover{ok: true}
	for _, p := range t.parties {
		if p.Country != "" {
			c = c.or(one("country:"+p.Country, 6))
		}
		if p.Key != "" {
			c = c.or(one("key:"+p.Key, 2))
		}
	}
	return c
}

func actorsOf(name string, e *news.Event) []news.Actor {
	switch name {
	case "who":
		return e.Who
	case "whom":
		return e.Whom
	}
	return slices.Concat(e.Who, e.Whom)
}

func (c *compiler) placeTest(x rule.Expr) test {
	if l, ok := x.(rule.List); ok {
		return test{ask: func(s *scene) bool {
			if s.event.Where == nil {
				return false
			}
			members, _ := c.gazetteer.Members(l.Name, s.at)
			_, ok := slices.BinarySearch(members, s.event.Where.Country)
			return ok
		}}
	}
	value, _ := rule.ValueOf(x)
	spots := rule.Spots(value, c.gazetteer)
	return test{ask: func(s *scene) bool {
		return s.event.Where != nil && slices.ContainsFunc(spots, func(spot rule.Spot) bool { return covers(spot, s.event.Where) })
	}}
}

func covers(s rule.Spot, p *news.Place) bool {
	if s.Country != "" {
		return s.Country == p.Country
	}
	want := text.Fold(s.Name)
	return text.Fold(p.Name) == want || text.Fold(p.Text) == want
}
