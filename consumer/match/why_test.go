package match_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// A version tells of each rule the events, the number and, at once or when it is asked, the clauses that an index of that
// rule alone tells: whichever parts the rules came in, and however many events there are.
func TestAVersionSaysWhyAsAnIndexOfOneRuleDoes(t *testing.T) {
	var clauses, later, many int
	rapid.Check(t, func(t *rapid.T) {
		l, kept := changedLive(t)
		defer l.Close()
		r, s := report(t), story(t)
		for range rapid.SampledFrom([]int{0, 0, 70, 200}).Draw(t, "more events") { // more than fit a word of bits
			if len(r.Events) > 0 {
				r.Events = append(r.Events, r.Events[rapid.IntRange(0, len(r.Events)-1).Draw(t, "again")])
			}
		}
		for i := range r.Events {
			r.Events[i].ID = news.ID(strconv.Itoa(i))
		}
		got := map[string]match.Hit{}
		held, exceeded := l.Version().Ask(&r, s, nil)
		if len(exceeded) > 0 || !slices.IsSortedFunc(held, func(a, b match.Held) int { return strings.Compare(a.Rule.Name, b.Rule.Name) }) {
			t.Fatalf("exceeded %v; held in another order than that of names", exceeded)
		}
		for i := range held {
			h := &held[i]
			if n, ok := l.Number(h.Rule.Name); !ok || n != h.Number {
				t.Fatalf("rule %s has number %d, and is said to have %d", h.Rule.Name, n, h.Number)
			}
			why := l.Version().Why(&r, s, h)
			if counted := h.Rule.When.Windowed() || h.Rule.State == rule.Shadow; counted {
				if h.Why != nil {
					t.Fatalf("rule %s is said to hold because of %v", h.Rule.Name, h.Why)
				}
				later++
			} else if d := cmp.Diff(h.Why, why); d != "" {
				t.Fatalf("rule %q: what is told at once (-) and when it is asked (+) differ:\n%s", h.Rule.Query, d)
			}
			got[h.Rule.Name] = match.Hit{Events: h.Events, Why: why}
			clauses += len(why)
			many = max(many, len(h.Events))
		}
		want := map[string]match.Hit{}
		for name, one := range kept {
			x, err := match.New([]rule.Rule{one}, gazetteer.Default())
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range x.Match(r, s, nil) {
				want[name] = h
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("indexes of one rule (-) and the version of all (+) differ:\n%s", d)
		}
	})
	if clauses == 0 || later == 0 || many <= 64 {
		t.Errorf("%d clauses, %d rules explained later, %d events of one: too little is compared", clauses, later, many)
	}
}

// changedLive is rules put at different times, some of them over windows, and the rules by their names.
func changedLive(t *rapid.T) (*match.Live, map[string]rule.Rule) {
	kept := map[string]rule.Rule{}
	some := func(n int) []rule.Rule {
		out := drawRules(t, n)
		for i := range out {
			out[i].Name = strconv.Itoa(rapid.IntRange(0, 40).Draw(t, "name"))
			if rapid.IntRange(0, 2).Draw(t, "window") == 0 {
				out[i].When.Kind = rule.Count
			}
			kept[out[i].Name] = out[i]
		}
		return out
	}
	l, err := match.NewLive(some(20), gazetteer.Default(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		name := strconv.Itoa(rapid.IntRange(0, 40).Draw(t, "name"))
		l.Delete(name)
		delete(kept, name)
		if err := l.Put(some(rapid.IntRange(1, 6).Draw(t, "rules"))...); err != nil {
			t.Fatal(err)
		}
	}
	return l, kept
}
