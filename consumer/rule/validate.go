package rule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

// Validate tells what in x means nothing: unknown fields, values of the wrong type, codes, actors and lists that are
// not known, each with the nearest known one. The error joins a *MeaningError or *UnsupportedError for each, in the
// order of the query: see Split.
func Validate(x Expr, g *gazetteer.Gazetteer) error {
	v := validator{g: g}
	for f := range FieldsOf(x) {
		v.field(f)
	}
	v.groups(x)
	return errors.Join(v.errs...)
}

type validator struct {
	g    *gazetteer.Gazetteer
	errs []error
}

func (v *validator) fail(at Pos, hint, format string, args ...any) {
	v.errs = append(v.errs, &MeaningError{Pos: int(at), Problem: fmt.Sprintf(format, args...), Hint: hint})
}

// groups wants an event clause in each event(…).
func (v *validator) groups(x Expr) {
	if g, ok := x.(Group); ok && !AsksEvent(g.X) {
		v.fail(g.At, "want event(what:… who:…)", "event(…) asks nothing of an event")
	}
	for _, y := range children(x) {
		v.groups(y)
	}
}

func (v *validator) field(f Field) {
	spec, ok := FieldNamed(f.Name)
	if !ok {
		v.unknownField(f)
		return
	}
	for leaf := range Leaves(f.X) {
		v.leaf(spec, leaf)
	}
}

func (v *validator) unknownField(f Field) {
	var known []string
	for _, s := range fields {
		known = append(known, s.Name)
	}
	v.fail(f.At, didYouMean(Nearest(f.Name, known)), "no field is called %q", f.Name)
}

func didYouMean(s string) string {
	if s == "" {
		return ""
	}
	return "did you mean " + s + "?"
}

// leaf checks one value against its field's type.
func (v *validator) leaf(spec FieldSpec, leaf Expr) {
	switch spec.Type {
	case Text, String, Word:
		v.words(spec, leaf)
	case Code:
		v.code(spec, leaf)
	case Actor, Country:
		v.actor(spec, leaf)
	case CAMEO:
		if s, ok := ValueOf(leaf); !ok || len(s) < 2 || len(s) > 4 || strings.Trim(s, "0123456789") != "" {
			v.fail(leaf.Position(), "want two to four digits, such as 16 or 161", "%s:%s is no CAMEO code", spec.Name, leaf)
		}
	case Number:
		v.number(spec, leaf)
	case Bool:
		if s, _ := ValueOf(leaf); s != "true" && s != "false" {
			v.fail(leaf.Position(), "want true or false", "%s:%s", spec.Name, leaf)
		}
	case Date:
		v.date(spec, leaf)
	}
}

func (v *validator) words(spec FieldSpec, leaf Expr) {
	switch leaf := leaf.(type) {
	case Term, Phrase, Prefix, Exact:
		return
	case Loose, Pattern:
		if spec.Type == Text {
			return
		}
	case List:
		if spec.Type == String {
			v.list(spec, leaf)
			return
		}
	}
	v.fail(leaf.Position(), "want words", "%s:%s", spec.Name, leaf)
}

func (v *validator) code(spec FieldSpec, leaf Expr) {
	if l, ok := leaf.(List); ok && l.Values != nil {
		v.list(spec, l)
		return
	}
	s, ok := ValueOf(leaf)
	if !ok {
		v.fail(leaf.Position(), "want one of its values as it is", "%s:%s", spec.Name, leaf)
		return
	}
	if _, ok := spec.Canon(s); ok {
		return
	}
	hint := didYouMean(Nearest(s, spec.Values))
	switch {
	case hint != "":
	case spec.Name == "lang":
		hint = "want a language's two letters, such as fr"
	case len(spec.Values) <= 30:
		hint = "want one of " + strings.Join(spec.Values, " ")
	}
	v.fail(leaf.Position(), hint, "%s has no value %q", spec.Name, s)
}

func (v *validator) actor(spec FieldSpec, leaf Expr) {
	if l, ok := leaf.(List); ok {
		v.list(spec, l)
		return
	}
	s, ok := ValueOf(leaf)
	switch {
	case !ok:
		v.fail(leaf.Position(), "want a code, a name or a @list", "%s:%s", spec.Name, leaf)
	case spec.Type == Actor && len(Parties(s, v.g)) == 0:
		v.fail(leaf.Position(), v.suggestActor(s), "%s: no actor is called %q", spec.Name, s)
	case spec.Type == Country && !hasWord(s):
		v.fail(leaf.Position(), "want a country or a place", "%s:%s", spec.Name, leaf)
	}
}

func (v *validator) suggestActor(s string) string {
	name := v.g.Suggest(s)
	if name == "" {
		return ""
	}
	hint := "did you mean " + strconv.Quote(name)
	if p := Parties(name, v.g); len(p) > 0 && p[0].Country != "" {
		hint += " (" + p[0].Country + ")"
	}
	return hint + "?"
}

func (v *validator) list(spec FieldSpec, l List) {
	lists := v.g.Lists()
	if l.Values == nil && slices.Contains(lists, l.Name) && (spec.Type == Actor || spec.Type == Country) {
		return
	}
	if l.Values != nil {
		v.listed(spec, l)
		return
	}
	for i, name := range lists {
		lists[i] = "@" + name
	}
	hint := didYouMean(Nearest("@"+l.Name, lists))
	if hint == "" {
		hint = "write it under lists: in the rule file (built in, for actors and places: " + strings.Join(lists, " ") + ")"
	}
	v.fail(l.At, hint, "no list is called @%s", l.Name)
}

// listed checks the values of a list of the user's own; of many wrong ones it names the first.
func (v *validator) listed(spec FieldSpec, l List) {
	if len(l.Values) > MaxList {
		v.fail(l.At, "", "@%s has %d values, of at most %d", l.Name, len(l.Values), MaxList)
		return
	}
	for _, s := range l.Values {
		_, known := spec.Canon(s)
		switch {
		case spec.Type == Actor && len(Parties(s, v.g)) == 0:
			v.fail(l.At, v.suggestActor(s), "@%s: no actor is called %q", l.Name, s)
			return
		case spec.Type == Code && !known:
			v.fail(l.At, didYouMean(Nearest(s, spec.Values)), "@%s: %s has no value %q", l.Name, spec.Name, s)
			return
		case !hasWord(s):
			v.fail(l.At, "", "@%s: %q is no value", l.Name, s)
			return
		}
	}
}

func (v *validator) number(spec FieldSpec, leaf Expr) {
	low, high, ok := bounds(leaf)
	if !ok {
		v.fail(leaf.Position(), "want a number, [2 TO 5] or >=3", "%s:%s", spec.Name, leaf)
		return
	}
	var numbers []float64
	for _, s := range []string{low, high} {
		n, ok := ParseNumber(s)
		if s != "" && !ok {
			v.fail(leaf.Position(), "", "%s: %q is no number", spec.Name, s)
			return
		}
		if s != "" {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) == 2 && numbers[0] > numbers[1] {
		v.fail(leaf.Position(), "the lower bound comes first", "%s:%s is empty", spec.Name, leaf)
	}
}

// bounds are the values a leaf compares with; a single value is both.
func bounds(leaf Expr) (low, high string, ok bool) {
	switch x := leaf.(type) {
	case Term:
		return x.Text, x.Text, true
	case Phrase:
		return x.Text, x.Text, true
	case Compare:
		return x.Value, x.Value, true
	case Range:
		return x.Low, x.High, true
	}
	return "", "", false
}

func (v *validator) date(spec FieldSpec, leaf Expr) {
	low, high, ok := bounds(leaf)
	if !ok {
		v.fail(leaf.Position(), "want a date such as 2021-10, >=2021-10-18 or [2021 TO *]", "%s:%s", spec.Name, leaf)
		return
	}
	for _, s := range []string{low, high} {
		if _, ok := ParseDate(s); s != "" && !ok {
			v.fail(leaf.Position(), "want YYYY, YYYY-MM or YYYY-MM-DD", "%s: %q is no date", spec.Name, s)
			return
		}
	}
	from, _ := ParseDate(low)
	to, _ := ParseDate(high)
	if low != "" && high != "" && to.Start.Before(from.Start) {
		v.fail(leaf.Position(), "the lower bound comes first", "%s:%s is empty", spec.Name, leaf)
	}
}
