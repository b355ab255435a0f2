package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

// Party is one actor that a value stands for: whoever has the Country, or is the entry with the Key.
type Party struct {
	Country string // a country's or a body's own code, or a generic one such as NGO; empty: the entry alone
	Key     string // gazetteer key; empty for a generic code
	Name    string // for people
}

// Parties is whom a value of who, whom or actor stands for: a code, key, name or alias in any language. A country, or a
// body with a code of its own, stands for all who have that code: its state, officials, forces and citizens. Every other
// entry stands for itself. Nobody: the name is unknown.
func Parties(value string, g *gazetteer.Gazetteer) []Party {
	var out []Party
	for _, e := range g.Find(value) {
		p := Party{Key: e.Key, Name: e.Name}
		if owns(e, g) {
			p.Country = e.Country
		}
		out = append(out, p)
	}
	return out
}

// owns tells whether the entry is what its country code stands for.
func owns(e *gazetteer.Entry, g *gazetteer.Gazetteer) bool {
	return e.Country != "" && slices.Contains(g.Find(e.Country), e)
}

// Spot is one place that a value of where stands for: a whole Country, or the place with this Name.
type Spot struct {
	Country string
	Name    string
}

// Spots is what a value of where stands for: a country by code, name or alias; else a place by name, whether the
// gazetteer knows it or not, for events name more places than any list. A city that also stands for its state as an
// actor ("Moscow") is here the city.
func Spots(value string, g *gazetteer.Gazetteer) []Spot {
	var out []Spot
	for _, e := range g.Find(value) {
		if e.Kind == gazetteer.Country && !seatOf(e, value) {
			out = append(out, Spot{Country: e.Country, Name: e.Name})
		}
	}
	if len(out) > 0 {
		return out
	}
	out = append(out, Spot{Name: value})
	for _, e := range g.Find(value) {
		if e.Kind == gazetteer.Place && e.Name != value {
			out = append(out, Spot{Name: e.Name})
		}
	}
	return out
}

// seatOf tells whether the value is only a metonym of the country: its capital or a seat of power.
func seatOf(e *gazetteer.Entry, value string) bool {
	metonym := false
	for _, n := range e.Names {
		if fold(n.Text) != fold(value) {
			continue
		}
		if n.Kind != gazetteer.Metonym {
			return false
		}
		metonym = true
	}
	return metonym
}

// Resolution says what one value of a query was taken for: for people who check their rules.
type Resolution struct {
	Field string
	Value string // as written
	At    Pos
	Means []string // "RUS Russia", "sergei-lavrov Sergei Lavrov", "place named Salisbury"
}

// String is the resolution on one line.
func (r Resolution) String() string {
	return fmt.Sprintf("%s:%s = %s", r.Field, r.Value, strings.Join(r.Means, ", or "))
}

// Resolve lists what the actors, places and lists of a query stand for, in the order of the query.
func Resolve(x Expr, g *gazetteer.Gazetteer) []Resolution {
	var out []Resolution
	for f := range FieldsOf(x) {
		spec, _ := FieldNamed(f.Name)
		if spec.Type != Actor && spec.Type != Country {
			continue
		}
		for leaf := range Leaves(f.X) {
			out = append(out, resolve(spec, leaf, g))
		}
	}
	return out
}

func resolve(spec FieldSpec, leaf Expr, g *gazetteer.Gazetteer) Resolution {
	r := Resolution{Field: spec.Name, Value: leaf.String(), At: leaf.Position()}
	if l, ok := leaf.(List); ok && l.Values != nil {
		r.Means = []string{fmt.Sprintf("the %d values of the list %s", len(l.Values), l.Name)}
		return r
	} else if ok {
		r.Means = []string{"the members of " + l.Name + " at the article's date"}
		return r
	}
	value, ok := ValueOf(leaf)
	switch {
	case !ok:
	case spec.Type == Actor:
		for _, p := range Parties(value, g) {
			if p.Country != "" {
				r.Means = append(r.Means, p.Country+" "+p.Name)
			} else {
				r.Means = append(r.Means, p.Key+" "+p.Name)
			}
		}
	default:
		for _, s := range Spots(value, g) {
			if s.Country != "" {
				r.Means = append(r.Means, s.Country+" "+s.Name)
			} else {
				r.Means = append(r.Means, "place named "+s.Name)
			}
		}
	}
	if len(r.Means) == 0 {
		r.Means = []string{"nobody known"}
	}
	return r
}

// ValueOf is the text of a plain or quoted value.
func ValueOf(x Expr) (string, bool) {
	switch x := x.(type) {
	case Term:
		return x.Text, true
	case Phrase:
		return x.Text, true
	}
	return "", false
}
