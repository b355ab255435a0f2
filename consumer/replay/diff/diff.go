// Package diff says how two replays differ, and why.
package diff

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Kind is how an alert differs.
type Kind string

// The kinds, in the order in which they are told.
const (
	Added   Kind = "added"   // only the second replay tells it
	Removed Kind = "removed" // only the first
	Earlier Kind = "earlier" // the second tells it at an earlier time of the log
	Later   Kind = "later"
	Changed Kind = "changed" // at the same time, but says something else
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Added, Removed, Earlier, Later, Changed} }

// Change is one alert that differs.
type Change struct {
	Kind    Kind      `json:"kind"`
	Rule    string    `json:"rule"`
	Alert   news.ID   `json:"alert"`
	Was     news.ID   `json:"was,omitempty"` // in the first replay, where it has another ID there
	Article news.ID   `json:"article"`       // that it was told for first
	Title   string    `json:"title"`
	Before  time.Time `json:"before,omitzero"` // when the first replay told it first
	After   time.Time `json:"after,omitzero"`
	What    []string  `json:"what"`    // what is another: "severity high → critical"
	Reasons []string  `json:"reasons"` // why

	before, after *told
}

// told is what a replay said of one alert.
type told struct {
	first, last news.Alert
	revisions   int
}

// Pair is a number before and after.
type Pair struct {
	Before int `json:"before"`
	After  int `json:"after"`
}

// RuleCount is what became of the alerts of one rule.
type RuleCount struct {
	Rule string `json:"rule"`
	Pair
	Kinds map[Kind]int `json:"kinds"`
}

// Day is the new alerts of one day of the log's time.
type Day struct {
	Day string `json:"day"`
	Pair
}

// Difference is all that differs between two replays.
type Difference struct {
	Hashes  [2]replay.Hashes `json:"hashes"` // of the first and the second
	Alerts  Pair             `json:"alerts"` // not their revisions
	Same    int              `json:"same"`
	Kinds   map[Kind]int     `json:"kinds"`
	Rules   []RuleCount      `json:"rules"` // those with a difference, by name
	Days    []Day            `json:"days"`  // those with alerts
	Changes []Change         `json:"changes"`
	Notes   []string         `json:"notes"` // what makes the two hard to compare

	summaries [2]replay.Summary
}

// Compare compares what two replays told. Reasons are found by Explain.
func Compare(a, b replay.Result) (Difference, error) {
	before, err := read(a)
	if err != nil {
		return Difference{}, err
	}
	after, err := read(b)
	if err != nil {
		return Difference{}, err
	}
	d := Difference{
		Hashes: [2]replay.Hashes{a.Summary.Hashes, b.Summary.Hashes}, Alerts: Pair{len(before), len(after)}, Kinds: map[Kind]int{},
		Rules: []RuleCount{}, Days: days(before, after), Changes: []Change{}, Notes: notes(a.Summary, b.Summary),
		summaries: [2]replay.Summary{a.Summary, b.Summary},
	}
	for _, p := range pairs(before, after) {
		c, differs := change(p[0], p[1])
		if !differs {
			d.Same++
			continue
		}
		d.Kinds[c.Kind]++
		d.Changes = append(d.Changes, c)
	}
	slices.SortFunc(d.Changes, func(x, y Change) int {
		return cmp.Or(x.at().Compare(y.at()), cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Alert, y.Alert))
	})
	d.Rules = rules(before, after, d.Changes)
	return d, nil
}

func (c Change) at() time.Time {
	if c.After.IsZero() {
		return c.Before
	}
	return c.After
}

func read(r replay.Result) (map[news.ID]*told, error) {
	out := map[news.ID]*told{}
	for a, err := range r.Alerts() {
		if err != nil {
			return nil, err
		}
		t := out[a.ID]
		if t == nil {
			t = &told{first: a}
			out[a.ID] = t
		}
		t.last = a
		t.revisions++
	}
	return out, nil
}

// place is where an alert belongs that has another ID in the other replay: an event's ID changes with its codes.
type place struct {
	rule    string
	article news.ID
}

// pairs puts what both told together: by ID, else by rule and article. Either may be nil.
func pairs(before, after map[news.ID]*told) [][2]*told {
	var out [][2]*told
	left := map[place][]*told{}
	for _, id := range slices.Sorted(maps.Keys(before)) {
		b := before[id]
		if a := after[id]; a != nil {
			out = append(out, [2]*told{b, a})
			continue
		}
		p := place{b.first.Rule, b.first.Article.ID}
		left[p] = append(left[p], b)
	}
	for _, id := range slices.Sorted(maps.Keys(after)) {
		a := after[id]
		if before[id] != nil {
			continue
		}
		p := place{a.first.Rule, a.first.Article.ID}
		var b *told
		if rest := left[p]; len(rest) > 0 {
			b, left[p] = rest[0], rest[1:]
		}
		out = append(out, [2]*told{b, a})
	}
	for _, rest := range left {
		for _, b := range rest {
			out = append(out, [2]*told{b, nil})
		}
	}
	return out
}

// change tells how two alerts differ; false: they do not.
func change(b, a *told) (Change, bool) {
	c := Change{before: b, after: a, What: []string{}, Reasons: []string{}}
	present := a
	if present == nil {
		present = b
	}
	c.Rule, c.Alert, c.Article = present.first.Rule, present.first.ID, present.first.Article.ID
	c.Title = cmp.Or(present.first.Article.Title, present.first.Article.URL, present.first.Article.Source)
	if b != nil {
		c.Before = b.first.At
	}
	if a != nil {
		c.After = a.first.At
	}
	switch {
	case b == nil:
		c.Kind = Added
	case a == nil:
		c.Kind = Removed
	default:
		if b.first.ID != a.first.ID {
			c.Was = b.first.ID
		}
		c.What = says(b, a)
		c.Kind = Changed
		switch order := c.After.Compare(c.Before); {
		case order < 0:
			c.Kind = Earlier
		case order > 0:
			c.Kind = Later
		case len(c.What) == 0 && c.Was == "":
			return c, false
		}
	}
	return c, true
}

// says lists what two alerts say differently in the end.
func says(b, a *told) []string {
	out := []string{}
	differ := func(what, was, is string) {
		if was != is {
			out = append(out, fmt.Sprintf("%s %s → %s", what, cmp.Or(was, "none"), cmp.Or(is, "none")))
		}
	}
	differ("severity", string(b.last.Severity), string(a.last.Severity))
	differ("receivers", strings.Join(b.last.To, " "), strings.Join(a.last.To, " "))
	differ("title", b.last.Title, a.last.Title)
	differ("summary", b.last.Summary, a.last.Summary)
	differ("owner", b.last.Owner, a.last.Owner)
	differ("end", ended(b.last.Change), ended(a.last.Change))
	differ("events", codes(b.last.Events), codes(a.last.Events))
	differ("article", b.first.Article.ID.Short(), a.first.Article.ID.Short())
	differ("revisions", fmt.Sprint(b.revisions), fmt.Sprint(a.revisions))
	if w, v := b.last.Window, a.last.Window; w != nil && v != nil {
		differ("counted", fmt.Sprint(w.Count), fmt.Sprint(v.Count))
	}
	return out
}

func ended(c news.Change) string {
	if c == news.Retracted {
		return "retracted"
	}
	return "stands"
}

// codes is what events say: "SANCTION/withdraw RUS→NATO".
func codes(events []news.Event) string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = code(e)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func code(e news.Event) string {
	what := string(e.What.Type)
	if e.What.Mode != "" {
		what += "/" + string(e.What.Mode)
	}
	return what + " " + parties(e.Who) + "→" + parties(e.Whom)
}

func parties(actors []news.Actor) string {
	if len(actors) == 0 {
		return "nobody"
	}
	out := make([]string, len(actors))
	for i, a := range actors {
		out[i] = cmp.Or(a.Country, a.Key, a.Name, "unknown")
	}
	return strings.Join(out, "+")
}

func days(before, after map[news.ID]*told) []Day {
	count := map[string]*Day{}
	of := func(t *told) *Pair {
		name := t.first.At.UTC().Format(time.DateOnly)
		if count[name] == nil {
			count[name] = &Day{Day: name}
		}
		return &count[name].Pair
	}
	for _, t := range before {
		of(t).Before++
	}
	for _, t := range after {
		of(t).After++
	}
	out := []Day{}
	for _, name := range slices.Sorted(maps.Keys(count)) {
		out = append(out, *count[name])
	}
	return out
}

func rules(before, after map[news.ID]*told, changes []Change) []RuleCount {
	count := map[string]*RuleCount{}
	for _, c := range changes {
		if count[c.Rule] == nil {
			count[c.Rule] = &RuleCount{Rule: c.Rule, Kinds: map[Kind]int{}}
		}
		count[c.Rule].Kinds[c.Kind]++
	}
	for _, t := range before {
		if r := count[t.first.Rule]; r != nil {
			r.Before++
		}
	}
	for _, t := range after {
		if r := count[t.first.Rule]; r != nil {
			r.After++
		}
	}
	out := []RuleCount{}
	for _, name := range slices.Sorted(maps.Keys(count)) {
		out = append(out, *count[name])
	}
	return out
}

// notes says what makes two replays hard to compare.
func notes(a, b replay.Summary) []string {
	out := []string{}
	if a.Hashes.Input != b.Hashes.Input {
		out = append(out, "the two read different input: what differs may come from there")
	}
	if a.Hashes.Coder != b.Hashes.Coder {
		out = append(out, fmt.Sprintf("the coders differ: %s, then %s", strings.Join(a.Coders, " "), strings.Join(b.Coders, " ")))
	}
	for i, s := range []replay.Summary{a, b} {
		if !s.Complete {
			out = append(out, fmt.Sprintf("the %s replay is not complete", []string{"first", "second"}[i]))
		}
	}
	if a.Step != b.Step {
		out = append(out, fmt.Sprintf("the machines differ: version %d, then %d", a.Step, b.Step))
	}
	return out
}

// Worst is the day on which the second replay tells the most alerts more than the first, and how many; 0 where it tells none more.
func (d Difference) Worst() (day string, more int) {
	for _, x := range d.Days {
		if x.After-x.Before > more {
			day, more = x.Day, x.After-x.Before
		}
	}
	return day, more
}
