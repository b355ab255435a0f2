package lint

import (
	"math"
	"strings"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// kind is how the values of a field are told apart.
type kind int

const (
	opaque kind = iota // by nothing but their spelling
	choice             // the field has one of few values
	number
	ofDeed // by the event's type and mode
)

func kindOf(field string) kind {
	switch field {
	case "what", "mode", "quad", "score":
		return ofDeed
	case "count", "story.publishers", "story.articles":
		return number
	}
	if _, ok := single[field]; ok {
		return choice
	}
	return opaque
}

func leafName(field string, x rule.Expr) string { return field + ":" + x.String() }

// canon is the value that a leaf of a single-valued field asks for.
func canon(field string, x rule.Expr) (string, bool) {
	v, ok := rule.ValueOf(x)
	if !ok {
		return "", false
	}
	if spec, _ := rule.FieldNamed(field); spec.Type == rule.Code {
		return spec.Canon(v)
	}
	return strings.ToLower(v), true
}

// holds is what the world says of a query, or of a part of it that stands in a field.
func (w *world) holds(x rule.Expr, field string) verdict {
	switch x := x.(type) {
	case rule.Field:
		return w.holds(x.X, x.Name)
	case rule.And:
		out := yes
		for _, part := range x.X {
			out = min(out, w.holds(part, field))
		}
		return out
	case rule.Or:
		out := no
		for _, part := range x.X {
			out = max(out, w.holds(part, field))
		}
		return out
	case rule.Not:
		return -w.holds(x.X, field)
	case rule.Group:
		if !possible(x.X) {
			return no
		}
	}
	return w.leaf(x, field)
}

func (w *world) leaf(x rule.Expr, field string) verdict {
	switch kindOf(field) {
	case ofDeed:
		return w.deed(x, field)
	case choice:
		v, ok := canon(field, x)
		if !ok {
			return maybe
		}
		return of(w.choices[field] == v)
	case number:
		if w.choices[field] == absent {
			return no
		}
		n, ok := w.number(field)
		if !ok {
			return maybe
		}
		return within(x, n)
	}
	if said, ok := w.choices["leaf "+leafName(field, x)]; ok {
		return of(said == "true")
	}
	return maybe
}

func (w *world) deed(x rule.Expr, field string) verdict {
	switch field {
	case "quad":
		return within(x, float64(w.what.Quad()))
	case "score":
		return within(x, plover.Score(w.what, w.mode))
	}
	v, ok := canon(field, x)
	if !ok {
		return maybe
	}
	if field == "what" {
		return of(v == string(w.what))
	}
	return of(v == string(w.mode))
}

func within(x rule.Expr, n float64) verdict {
	if c, ok := x.(rule.Compare); ok {
		bound, _ := rule.ParseNumber(c.Value)
		switch c.Op {
		case "<":
			return of(n < bound)
		case "<=":
			return of(n <= bound)
		case ">":
			return of(n > bound)
		}
		return of(n >= bound)
	}
	low, high, ok := interval(x)
	if !ok {
		return maybe
	}
	return of(low <= n && n <= high)
}

// interval is the numbers that a leaf asks for, or, of a comparison, its bound.
func interval(x rule.Expr) (low, high float64, ok bool) {
	low, high = math.Inf(-1), math.Inf(1)
	switch x := x.(type) {
	case rule.Range:
		if n, ok := rule.ParseNumber(x.Low); ok {
			low = n
		}
		if n, ok := rule.ParseNumber(x.High); ok {
			high = n
		}
		return low, high, true
	case rule.Compare:
		n, ok := rule.ParseNumber(x.Value)
		return n, n, ok
	}
	v, ok := rule.ValueOf(x)
	if !ok {
		return low, high, false
	}
	n, ok := rule.ParseNumber(v)
	return n, n, ok
}
