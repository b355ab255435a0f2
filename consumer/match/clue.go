package match

import (
	"math"
	"slices"
	"strconv"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// Clue is what every report has that satisfies a query: exactly one of All, Any and Trait is set, and the zero Clue
// tells nothing. A report that has it may still not satisfy the query; a report without it does not.
type Clue struct {
	All, Any []Clue
	Trait    string // of Traits
	Prefix   bool   // any trait that begins with Trait
}

// Blind tells whether the clue holds for every report.
func (c Clue) Blind() bool { return len(c.All)+len(c.Any) == 0 && c.Trait == "" }

// TraitsVersion rises when the same report would have other traits: what was kept by them is of no use then.
const TraitsVersion = 1

// The traits of words begin with =, those of stems with ~ and the language, those of fields with : and the field's letter.
const (
	wordTrait  = "="
	stemTrait  = "~"
	fieldTrait = ":"
	keyQuad    = 'q'
	keyScore   = 'z'
)

// ClueOf is the clue of a query.
func ClueOf(x rule.Expr, g *gazetteer.Gazetteer) Clue {
	d := detective{g}
	return d.clue(x)
}

type detective struct{ gazetteer *gazetteer.Gazetteer }

func (d detective) clue(x rule.Expr) Clue {
	switch x := x.(type) {
	case rule.And:
		return allOf(d.each(x.X, d.clue))
	case rule.Or:
		return anyOf(d.each(x.X, d.clue))
	case rule.Not:
		return Clue{}
	case rule.Field:
		spec, _ := rule.FieldNamed(x.Name)
		return d.field(spec, x.X)
	case rule.Group:
		return d.clue(x.X)
	}
	return words(x)
}

func (d detective) each(xs []rule.Expr, clue func(rule.Expr) Clue) []Clue {
	out := make([]Clue, len(xs))
	for i, x := range xs {
		out[i] = clue(x)
	}
	return out
}

func allOf(parts []Clue) Clue {
	parts = slices.DeleteFunc(parts, Clue.Blind)
	switch len(parts) {
	case 0:
		return Clue{}
	case 1:
		return parts[0]
	}
	return Clue{All: parts}
}

func anyOf(parts []Clue) Clue {
	var out []Clue
	for _, p := range parts {
		if p.Blind() {
			return Clue{}
		}
		for _, q := range p.ways() {
			if !slices.ContainsFunc(out, q.same) {
				out = append(out, q)
			}
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	return Clue{Any: out}
}

func (c Clue) ways() []Clue {
	if len(c.Any) > 0 {
		return c.Any
	}
	return []Clue{c}
}

func (c Clue) same(o Clue) bool {
	return c.Trait == o.Trait && c.Prefix == o.Prefix && slices.EqualFunc(c.All, o.All, Clue.same) && slices.EqualFunc(c.Any, o.Any, Clue.same)
}

// words are the clues of a clause about the article's words.
func words(x rule.Expr) Clue {
	switch x := x.(type) {
	case rule.Term:
		return rowOf(x.Text, stemmed)
	case rule.Phrase:
		return rowOf(x.Text, folded)
	case rule.Exact:
		return rowOf(x.Text, folded)
	case rule.Loose:
		return rowOf(x.Text, folded)
	case rule.Prefix:
		return beginning(foldPrefix(x.Text))
	case rule.Pattern:
		return beginning(literal(foldPrefix(x.Text)))
	case rule.Repeat:
		return words(x.X)
	case rule.Near:
		return allOf([]Clue{words(x.X), words(x.Y)})
	case rule.Or:
		var parts []Clue
		for _, y := range x.X {
			parts = append(parts, words(y))
		}
		return anyOf(parts)
	}
	return Clue{}
}

func beginning(s string) Clue {
	if s == "" {
		return Clue{}
	}
	return Clue{Trait: wordTrait + s, Prefix: true}
}

// rowOf is every word of a row, as one of the languages cuts it.
func rowOf(s string, how int) Clue {
	var ways []Clue
	for _, lang := range langs {
		var parts []Clue
		for _, w := range wordsOf(s, lang) {
			parts = append(parts, oneWord(text.Fold(w), lang, how))
		}
		ways = append(ways, allOf(parts))
	}
	return anyOf(ways)
}

// oneWord is a word in the language: where its stem is a word, the article may have that.
func oneWord(fold, lang string, how int) Clue {
	stem := fold
	if how == stemmed && lang != "" {
		stem = text.Stem(lang, fold)
		return anyOf([]Clue{{Trait: stemTrait + lang + stem}, {Trait: wordTrait + stem}})
	}
	return Clue{Trait: wordTrait + stem}
}

// field is the clue of a clause about one field.
func (d detective) field(spec rule.FieldSpec, x rule.Expr) Clue {
	in := func(x rule.Expr) Clue { return d.field(spec, x) }
	switch x := x.(type) {
	case rule.And:
		return allOf(d.each(x.X, in))
	case rule.Or:
		return anyOf(d.each(x.X, in))
	case rule.Not:
		return Clue{}
	case rule.List:
		return d.list(spec, x)
	}
	switch {
	case spec.Type == rule.Text:
		return words(x)
	case spec.Name == "quad":
		return numbers(keyQuad, x, 1, 4, func(n float64) int { return int(n) })
	case spec.Name == "score":
		return numbers(keyScore, x, -10, 10, scoreBucket)
	}
	return d.value(spec, x)
}

func (d detective) list(spec rule.FieldSpec, l rule.List) Clue {
	var parts []Clue
	if l.Values != nil {
		for _, v := range l.Values {
			parts = append(parts, d.value(spec, rule.Term{Text: v}))
		}
		return anyOf(parts)
	}
	letter := byte(keyCountry)
	if spec.Type == rule.Actor {
		letter = sideLetter(spec.Name)
	}
	for _, code := range d.gazetteer.EverMembers(l.Name) {
		parts = append(parts, trait(letter, code))
	}
	return anyOf(parts)
}

func trait(letter byte, value string) Clue { return Clue{Trait: fieldTrait + string(letter) + value} }

// value is the clue of a value that is one of few.
func (d detective) value(spec rule.FieldSpec, x rule.Expr) Clue {
	if v, _ := rule.ValueOf(x); spec.Name == "alleged" && v == "true" {
		return trait(keyRealis, string(news.Alleged))
	}
	keys, _ := keysOf(spec, x, d.gazetteer)
	var parts []Clue
	for _, k := range keys {
		parts = append(parts, trait(k.letter, k.value))
	}
	return anyOf(parts)
}

// scoreBucket is the half point that a score is in; what lies beyond PLOVER's scale is in the last one.
func scoreBucket(n float64) int { return int(math.Floor(2 * max(-10, min(10, n)))) }

// numbers is every bucket from low to high in which a number may be that the clause holds for.
func numbers(letter byte, x rule.Expr, low, high float64, bucket func(float64) int) Clue {
	from, to := low, high
	switch x := x.(type) {
	case rule.Range:
		if n, ok := rule.ParseNumber(x.Low); ok {
			from = n
		}
		if n, ok := rule.ParseNumber(x.High); ok {
			to = n
		}
	case rule.Compare:
		n, _ := rule.ParseNumber(x.Value)
		if x.Op[0] == '<' {
			to = n
		} else {
			from = n
		}
	default:
		value, _ := rule.ValueOf(x)
		n, ok := rule.ParseNumber(value)
		if !ok {
			return Clue{}
		}
		from, to = n, n
	}
	clamp := func(n float64) float64 { return max(low, min(high, n)) }
	var parts []Clue
	for b := bucket(clamp(from)); b <= bucket(clamp(to)); b++ {
		parts = append(parts, trait(letter, strconv.Itoa(b)))
	}
	return anyOf(parts)
}
