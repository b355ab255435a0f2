package match

import (
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// actorTest is whom one value of who, whom or actor stands for: parties, or the members of a list.
type actorTest struct {
	parties   []rule.Party
	list      string
	gazetteer *gazetteer.Gazetteer
}

func newActorTest(x rule.Expr, g *gazetteer.Gazetteer) actorTest {
	if l, ok := x.(rule.List); ok {
		return actorTest{list: l.Name, gazetteer: g}
	}
	value, _ := rule.ValueOf(x)
	return actorTest{parties: rule.Parties(value, g)}
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

func actorsOf(name string, e *news.Event) []news.Actor {
	switch name {
	case "who":
		return e.Who
	case "whom":
		return e.Whom
	}
	return slices.Concat(e.Who, e.Whom)
}

// membersTest asks where against the members of a list.
func membersTest(x rule.Expr, g *gazetteer.Gazetteer) test {
	l, _ := x.(rule.List)
	return test{func(s *scene) bool {
		if s.event.Where == nil {
			return false
		}
		members, _ := g.Members(l.Name, s.at)
		_, ok := slices.BinarySearch(members, s.event.Where.Country)
		return ok
	}}
}
