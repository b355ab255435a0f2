package rulebook_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
)

// objects keep bodies by their hashes.
type objects map[string][]byte

func (o objects) put(body []byte, hash string) string {
	o[hash] = body
	return hash
}

func (o objects) fetch(_ context.Context, hash string) ([]byte, error) {
	if body, ok := o[hash]; ok {
		return body, nil
	}
	return nil, errors.New("not there")
}

func drawRule(t *rapid.T) rule.Rule {
	query := rapid.SampledFrom([]string{"nato", "lang:fr", "what:SANCTION who:RUS", "publisher:@papers", `"a b" -c`}).Draw(t, "query")
	r, err := rule.New(fmt.Sprint("r", rapid.IntRange(0, 40).Draw(t, "name")), query)
	if err != nil {
		t.Fatal(err)
	}
	return r.Bind(map[string][]string{"papers": {"a.example"}})
}

// Whatever way a version came about, by changes or whole, it is the same rules; and what makes it of an earlier one does.
func TestAChainOfChangesIsTheWholeVersion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kept := map[string]rule.Rule{}
		for _, r := range rapid.SliceOf(rapid.Custom(drawRule)).Draw(t, "first") {
			kept[r.Name] = r
		}
		o := objects{}
		hash := o.put(rulebook.Encode(slices.Collect(maps.Values(kept))))
		hashes, versions := []string{hash}, []map[string]rule.Rule{maps.Clone(kept)}
		for depth := range rapid.IntRange(0, 6).Draw(t, "changes") {
			c := rulebook.Change{From: hash, Depth: depth + 1}
			for _, r := range rapid.SliceOfN(rapid.Custom(drawRule), 0, 6).Draw(t, "put") {
				c.Put = append(slices.DeleteFunc(c.Put, func(p rule.Rule) bool { return p.Name == r.Name }), r)
			}
			for range rapid.IntRange(0, 5).Draw(t, "drop") {
				c.Drop = append(c.Drop, fmt.Sprint("r", rapid.IntRange(0, 40).Draw(t, "dropped")))
			}
			for _, name := range c.Drop {
				delete(kept, name)
			}
			for _, r := range c.Put {
				kept[r.Name] = r
			}
			hash = o.put(c.Encode())
			hashes, versions = append(hashes, hash), append(versions, maps.Clone(kept))
		}
		got, err := rulebook.Version(t.Context(), hash, o.fetch)
		if err != nil {
			t.Fatal(err)
		}
		same(t, kept, got)
		n := rapid.IntRange(0, len(hashes)-1).Draw(t, "earlier")
		c, ok, err := rulebook.Between(t.Context(), hashes[n], hash, o.fetch)
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		made := versions[n]
		for _, name := range c.Drop {
			delete(made, name)
		}
		for _, r := range c.Put {
			made[r.Name] = r
		}
		same(t, kept, slices.Collect(maps.Values(made)))
	})
}

func same(t *rapid.T, want map[string]rule.Rule, got []rule.Rule) {
	if len(want) != len(got) {
		t.Fatalf("%d rules, want %d", len(got), len(want))
	}
	for _, r := range got {
		one, _ := rulebook.Encode([]rule.Rule{r})
		if other, _ := rulebook.Encode([]rule.Rule{want[r.Name]}); !bytes.Equal(one, other) {
			t.Fatalf("got  %s\nwant %s", one, other)
		}
	}
}

// The difference is as small as what was changed, and makes the one of the other.
func TestTheDifferenceIsWhatWasChanged(t *testing.T) {
	rules := make([]rule.Rule, 200)
	for i := range rules {
		r, err := rule.New(fmt.Sprint("r-", i), fmt.Sprintf("mot%d publisher:@papers", i))
		if err != nil {
			t.Fatal(err)
		}
		rules[i] = r.Bind(map[string][]string{"papers": {"a.example"}})
	}
	o := objects{}
	hash := o.put(rulebook.Encode(rules))
	next := slices.Clone(rules[1:])
	next[10].Severity = "critical"
	added, err := rule.New("added", "nato")
	if err != nil {
		t.Fatal(err)
	}
	next = append(next, added)
	c, ok, err := rulebook.Difference(t.Context(), hash, next, o.fetch)
	if err != nil || !ok || len(c.Put) != 2 || !slices.Equal(c.Drop, []string{"r-0"}) || c.Depth != 1 {
		t.Fatalf("%d put, %v dropped, depth %d (%v, %v)", len(c.Put), c.Drop, c.Depth, ok, err)
	}
	got, err := rulebook.Version(t.Context(), o.put(c.Encode()), o.fetch)
	if err != nil {
		t.Fatal(err)
	}
	whole, _ := rulebook.Encode(next)
	if again, _ := rulebook.Encode(got); !bytes.Equal(whole, again) {
		t.Error("the changed version is not the whole one")
	}
	for i := range next {
		next[i] = next[i].Bind(map[string][]string{"papers": {"b.example"}})
	}
	if c, ok, err := rulebook.Difference(t.Context(), hash, next, o.fetch); err != nil || ok {
		t.Errorf("another list changes every rule that asks for it: %d put (%v, %v)", len(c.Put), ok, err)
	}
}

// What was stored once is read for ever.
func TestTheFirstFormOfAChangeIsRead(t *testing.T) {
	o := objects{
		"whole":  []byte(`{"version":1,"rules":[{"name":"a","query":"nato","each":"story","severity":"medium","max_age":"168h0m0s","state":"live"},{"name":"b","query":"otan","each":"story","severity":"medium","max_age":"168h0m0s","state":"live"}]}`),
		"change": []byte(`{"version":2,"from":"whole","depth":1,"drop":["a"],"put":[{"name":"c","query":"publisher:@papers","each":"story","severity":"medium","max_age":"168h0m0s","state":"live"}],"lists":{"papers":["a.example"]}}`),
	}
	rules, err := rulebook.Version(t.Context(), "change", o.fetch)
	if err != nil || len(rules) != 2 || rules[0].Name != "b" || rules[1].Name != "c" {
		t.Fatalf("%v (%v)", rules, err)
	}
	if from, depth := rulebook.From(o["change"]); from != "whole" || depth != 1 {
		t.Errorf("from %q, depth %d", from, depth)
	}
	if from, _ := rulebook.From(o["whole"]); from != "" {
		t.Errorf("a whole version is from %q", from)
	}
	if _, err := rulebook.Version(t.Context(), "none", o.fetch); err == nil {
		t.Error("what is not there was read")
	}
}
