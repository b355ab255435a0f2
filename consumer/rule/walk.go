package rule

import (
	"iter"
	"slices"
)

// FieldsOf walks the Field clauses of x in the order of the query.
func FieldsOf(x Expr) iter.Seq[Field] {
	return func(yield func(Field) bool) { walkFields(x, yield) }
}

func walkFields(x Expr, yield func(Field) bool) bool {
	if f, ok := x.(Field); ok {
		return yield(f)
	}
	for _, y := range children(x) {
		if !walkFields(y, yield) {
			return false
		}
	}
	return true
}

// Leaves walks the parts of x that have no parts, in the order of the query.
func Leaves(x Expr) iter.Seq[Expr] {
	return func(yield func(Expr) bool) { walkLeaves(x, yield) }
}

func walkLeaves(x Expr, yield func(Expr) bool) bool {
	below := children(x)
	if len(below) == 0 {
		return yield(x)
	}
	for _, y := range below {
		if !walkLeaves(y, yield) {
			return false
		}
	}
	return true
}

func children(x Expr) []Expr {
	switch x := x.(type) {
	case And:
		return x.X
	case Or:
		return x.X
	case Not:
		return []Expr{x.X}
	case Near:
		return []Expr{x.X, x.Y}
	case Field:
		return []Expr{x.X}
	case Repeat:
		return []Expr{x.X}
	case Group:
		return []Expr{x.X}
	}
	return nil
}

// AsksEvent tells whether x has an event clause outside of event(…): only then does it bind an event.
func AsksEvent(x Expr) bool {
	switch x := x.(type) {
	case Group:
		return false
	case Field:
		spec, ok := FieldNamed(x.Name)
		return ok && spec.Scope == OfEvent
	}
	return slices.ContainsFunc(children(x), AsksEvent)
}

// Names tells whether x names the field anywhere outside of event(…).
func Names(x Expr, field string) bool {
	switch x := x.(type) {
	case Group:
		return false
	case Field:
		return x.Name == field
	}
	return slices.ContainsFunc(children(x), func(y Expr) bool { return Names(y, field) })
}
