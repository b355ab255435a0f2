package match_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// has tells whether sorted traits have a clue.
func has(traits []string, c match.Clue) bool {
	switch {
	case len(c.All) > 0:
		return !slices.ContainsFunc(c.All, func(c match.Clue) bool { return !has(traits, c) })
	case len(c.Any) > 0:
		return slices.ContainsFunc(c.Any, func(c match.Clue) bool { return has(traits, c) })
	case c.Blind():
		return true
	case c.Prefix:
		return slices.ContainsFunc(traits, func(t string) bool { return strings.HasPrefix(t, c.Trait) })
	}
	_, ok := slices.BinarySearch(traits, c.Trait)
	return ok
}

// The law of clues: a report that satisfies a query has its clue.
func TestWhatSatisfiesAQueryHasItsClue(t *testing.T) {
	var traits match.Traits
	hits, spared, pairs := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t, 20)
		for i := range rules {
			rules[i].State = rule.Live
		}
		index, err := match.New(rules, gazetteer.Default())
		if err != nil {
			t.Fatal(err)
		}
		r := report(t)
		of := traits.Of(&r)
		if !slices.IsSorted(of) {
			t.Fatalf("not sorted: %q", of)
		}
		matched := map[int]bool{}
		for _, h := range index.Match(r, news.Story{ID: r.Article.ID}, nil) {
			matched[h.Rule] = true
		}
		for i, x := range rules {
			clue := match.ClueOf(x.Expr, gazetteer.Default())
			pairs++
			switch held := has(of, clue); {
			case matched[i] && !held:
				t.Fatalf("%s holds, but its clue %+v is not among %q", x.Query, clue, of)
			case matched[i]:
				hits++
			case !held:
				spared++
			}
		}
	})
	if hits == 0 || spared*4 < pairs {
		t.Errorf("of %d pairs %d are hits and %d are spared by their clues: the test asks too little, or clues tell too little", pairs, hits, spared)
	}
}

func TestCluesTellWhatTheyCan(t *testing.T) {
	for query, want := range map[string]string{
		"mission":                      "{=mission ~enmission ~frmission}",
		`"mission permanente" who:RUS`: "((=mission =permanente) {:sRUS :s#russia})",
		"suspen* -war":                 "=suspen*",
		"NOT war":                      "everything",
		"what:(AID OR ASSAULT)":        "{:tAID :tASSAULT}",
		"quad:[3 TO 4]":                "{:q3 :q4}",
		"score:>=9.2":                  "{:z18 :z19 :z20}",
		"war OR count:>3":              "everything",
		"event(what:AID) lang:fr":      "(:tAID :lfr)",
		"where:FRA":                    ":wFRA",
		"publisher:=Reuters":           ":pReuters",
		"publisher:Reuters.com":        ":hreuters.com",
	} {
		x, err := rule.Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := spelled(match.ClueOf(x, gazetteer.Default())); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func spelled(c match.Clue) string {
	list := func(cs []match.Clue) string {
		var out []string
		for _, c := range cs {
			out = append(out, spelled(c))
		}
		return strings.Join(out, " ")
	}
	switch {
	case len(c.All) > 0:
		return "(" + list(c.All) + ")"
	case len(c.Any) > 0:
		return "{" + list(c.Any) + "}"
	case c.Blind():
		return "everything"
	case c.Prefix:
		return c.Trait + "*"
	}
	return fmt.Sprint(c.Trait)
}
