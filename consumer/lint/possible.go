package lint

import (
	"math"
	"slices"
	"strconv"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// Whether a query can hold is tried in every world that differs in what it asks: the type and the mode of the one event
// that all its event fields are asked of, with their quad class and score, numbers around the bounds that it names, and,
// of what is no more than a name to us, only that it cannot hold and not hold at once. What a world leaves open may hold.
// So a query that holds in no world never matches; one that does may still not.

// verdict is what a world says of a query.
type verdict int8

const (
	no verdict = iota - 1
	maybe
	yes
)

func of(holds bool) verdict {
	if holds {
		return yes
	}
	return no
}

// world is one way the world may be, as far as a query asks.
type world struct {
	what    plover.Type
	mode    plover.Mode
	choices map[string]string // values of single-valued fields
}

// most bounds the worlds that are tried; a query with more is taken to be possible.
const most = 1 << 18

// absent is the value of a number that is not told.
const absent = "absent"

// possible tells whether a world may satisfy the query.
func possible(x rule.Expr) bool {
	q := newQuestions(x)
	w := world{choices: map[string]string{}}
	if q.worlds() > most {
		return true
	}
	return q.any(x, &w, 0)
}

// questions are what worlds differ in.
type questions struct {
	deeds []deed
	names []string            // of fields and clauses, in the order in which they are tried
	asked map[string][]string // their values
}

type deed struct {
	what plover.Type
	mode plover.Mode
}

// single are the fields that have one value of few.
var single = map[string][]string{
	"lang": nil, "realis": nil, "historical": {"true", "false"}, "story.novel": {"true", "false"}, "story.copy": {"true", "false"},
}

// other is a value that no query names.
const other = "\x00"

func newQuestions(x rule.Expr) *questions {
	q := &questions{asked: map[string][]string{}, deeds: []deed{{}}}
	if asks(x, "what") || asks(x, "mode") || asks(x, "quad") || asks(x, "score") {
		q.deeds = nil
		for _, t := range plover.Types() {
			for _, m := range append(t.Modes(), "") {
				q.deeds = append(q.deeds, deed{t, m})
			}
		}
	}
	seen := map[string]int{}
	q.gather(x, "", seen)
	for leaf, n := range seen {
		if n > 1 {
			q.ask("leaf "+leaf, "true", "false")
		}
	}
	slices.Sort(q.names)
	return q
}

func asks(x rule.Expr, field string) bool { return rule.Names(x, field) }

// gather notes what the leaves of a query ask; field is the one that they stand in.
func (q *questions) gather(x rule.Expr, field string, seen map[string]int) {
	switch x := x.(type) {
	case rule.Field:
		q.gather(x.X, x.Name, seen)
		return
	case rule.And:
		q.each(x.X, field, seen)
		return
	case rule.Or:
		q.each(x.X, field, seen)
		return
	case rule.Not:
		q.gather(x.X, field, seen)
		return
	}
	switch kindOf(field) {
	case choice:
		q.ask(field, append(slices.Clone(single[field]), other)...)
		if v, ok := canon(field, x); ok {
			q.ask(field, v)
		}
	case number:
		low, high, _ := interval(x)
		for _, n := range []float64{low, high} {
			for _, near := range []float64{math.Floor(n) - 1, math.Floor(n), n, math.Ceil(n), math.Floor(n) + 1} {
				q.ask(field, strconv.FormatFloat(near, 'g', -1, 64))
			}
		}
		if field == "count" {
			q.ask(field, absent)
		}
	case opaque:
		seen[leafName(field, x)]++
	}
}

func (q *questions) each(xs []rule.Expr, field string, seen map[string]int) {
	for _, x := range xs {
		q.gather(x, field, seen)
	}
}

func (q *questions) ask(name string, values ...string) {
	if _, ok := q.asked[name]; !ok {
		q.names = append(q.names, name)
	}
	for _, v := range values {
		if !slices.Contains(q.asked[name], v) {
			q.asked[name] = append(q.asked[name], v)
		}
	}
}

func (q *questions) worlds() int {
	n := len(q.deeds)
	for _, values := range q.asked {
		if n *= len(values); n > most {
			return n
		}
	}
	return n
}

// any tries every world from the n-th question on.
func (q *questions) any(x rule.Expr, w *world, n int) bool {
	if n == len(q.names) {
		return slices.ContainsFunc(q.deeds, func(d deed) bool {
			w.what, w.mode = d.what, d.mode
			return w.sane() && w.holds(x, "") != no
		})
	}
	name := q.names[n]
	return slices.ContainsFunc(q.asked[name], func(v string) bool {
		w.choices[name] = v
		return q.any(x, w, n+1)
	})
}

// sane leaves out worlds that cannot be: a copy tells nothing new, and there is no story without an article.
func (w *world) sane() bool {
	if w.choices["story.novel"] == "true" && w.choices["story.copy"] == "true" {
		return false
	}
	for _, field := range []string{"story.novel", "story.copy", "historical", "realis"} {
		if w.choices[field] == other && field != "realis" {
			return false
		}
	}
	for _, field := range []string{"story.publishers", "story.articles"} {
		if n, ok := w.number(field); ok && n < 1 {
			return false
		}
	}
	n, ok := w.number("count")
	return !ok || n >= 0
}

func (w *world) number(field string) (float64, bool) {
	s, ok := w.choices[field]
	if !ok || s == absent {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}
