package rule

import (
	"strconv"
	"strings"
)

// Expr is a query or a part of one. It is sealed: And, Or, Not, Near, Term, Phrase, Prefix, Exact, Field, Range,
// Compare, List, Loose, Pattern, Repeat, Group and Circle are all there is. String prints it so that Parse gives an equal Expr back.
type Expr interface {
	String() string
	// Position is where the expression starts in the query it was parsed from.
	Position() Pos
	// print writes the expression where binding at least as tight as level is wanted.
	print(b *strings.Builder, level int)
}

// Pos is a byte offset into a query. It is no part of what an expression means.
type Pos int

type (
	// And holds if all of X hold. X has at least two, none of them an And.
	And struct{ X []Expr }

	// Or holds if one of X holds. X has at least two, none of them an Or.
	Or struct{ X []Expr }

	// Not holds if X does not.
	Not struct {
		X  Expr
		At Pos
	}

	// Near holds if X and Y stand at most Within words from each other; Ordered: X first. Both are words, phrases,
	// prefixes, exact words, or ORs of these.
	Near struct {
		X, Y    Expr
		Within  int
		Ordered bool
	}

	// Term is a word, matched across inflection, case and accents; in a coded field, the value.
	Term struct {
		Text string
		At   Pos
	}

	// Phrase is words in a row, matched across case and accents but not inflection; in a coded field, the value.
	Phrase struct {
		Text string
		At   Pos
	}

	// Prefix is the first letters of a word.
	Prefix struct {
		Text string
		At   Pos
	}

	// Exact is a word or words as they stand, case and accents included.
	Exact struct {
		Text string
		At   Pos
	}

	// Field asks X of one field. X is a leaf, or And, Or and Not over leaves; in a text field, any text query.
	Field struct {
		Name string
		X    Expr
		At   Pos
	}

	// Range is [Low TO High], both included; an empty bound is open.
	Range struct {
		Low, High string
		At        Pos
	}

	// Compare is >=3 and its like.
	Compare struct {
		Op    string // "<", "<=", ">" or ">="
		Value string
		At    Pos
	}

	// List is @name: any of the named list's values.
	List struct {
		Name   string
		Values []string // of a list of the user's own, once Bind has found it; nil for a built-in one
		At     Pos
	}

	// Loose is words as in a Phrase, in any order, with at most Within other words among them.
	Loose struct {
		Text   string
		Within int
		At     Pos
	}

	// Pattern is a word in which ? stands for any one character and a * at the end for any number.
	Pattern struct {
		Text string
		At   Pos
	}

	// Repeat holds if X stands in Times places at least.
	Repeat struct {
		X     Expr
		Times int
		At    Pos
	}

	// Group holds if there is one event of which X holds, whichever the other clauses are asked of.
	Group struct {
		X  Expr
		At Pos
	}
)

// How tight an expression binds, loosest first.
const (
	levelOr = iota
	levelAnd
	levelNot
	levelNear
	levelAtom
)

// Position implements Expr.
func (x And) Position() Pos     { return x.X[0].Position() }
func (x Or) Position() Pos      { return x.X[0].Position() }
func (x Not) Position() Pos     { return x.At }
func (x Near) Position() Pos    { return x.X.Position() }
func (x Term) Position() Pos    { return x.At }
func (x Phrase) Position() Pos  { return x.At }
func (x Prefix) Position() Pos  { return x.At }
func (x Exact) Position() Pos   { return x.At }
func (x Field) Position() Pos   { return x.At }
func (x Range) Position() Pos   { return x.At }
func (x Compare) Position() Pos { return x.At }
func (x List) Position() Pos    { return x.At }
func (x Loose) Position() Pos   { return x.At }
func (x Pattern) Position() Pos { return x.At }
func (x Repeat) Position() Pos  { return x.At }
func (x Group) Position() Pos   { return x.At }

func (x And) String() string     { return text(x) }
func (x Or) String() string      { return text(x) }
func (x Not) String() string     { return text(x) }
func (x Near) String() string    { return text(x) }
func (x Term) String() string    { return text(x) }
func (x Phrase) String() string  { return text(x) }
func (x Prefix) String() string  { return text(x) }
func (x Exact) String() string   { return text(x) }
func (x Field) String() string   { return text(x) }
func (x Range) String() string   { return text(x) }
func (x Compare) String() string { return text(x) }
func (x List) String() string    { return text(x) }
func (x Loose) String() string   { return text(x) }
func (x Pattern) String() string { return text(x) }
func (x Repeat) String() string  { return text(x) }
func (x Group) String() string   { return text(x) }

// Equal tells whether two expressions say the same in the same words, wherever they were written.
func Equal(x, y Expr) bool { return x.String() == y.String() }

func text(x Expr) string {
	var b strings.Builder
	x.print(&b, levelOr)
	return b.String()
}

func (x And) print(b *strings.Builder, level int) { join(b, x.X, " AND ", levelAnd, level) }
func (x Or) print(b *strings.Builder, level int)  { join(b, x.X, " OR ", levelOr, level) }

func join(b *strings.Builder, xs []Expr, operator string, own, level int) {
	if own < level {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	for i, x := range xs {
		if i > 0 {
			b.WriteString(operator)
		}
		x.print(b, own+1)
	}
}

func (x Not) print(b *strings.Builder, level int) {
	if levelNot < level {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	b.WriteString("NOT ")
	x.X.print(b, levelNot)
}

func (x Near) print(b *strings.Builder, level int) {
	if levelNear < level {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	x.X.print(b, levelAtom)
	if x.Ordered {
		b.WriteString(" ONEAR/")
	} else {
		b.WriteString(" NEAR/")
	}
	b.WriteString(strconv.Itoa(x.Within))
	b.WriteByte(' ')
	x.Y.print(b, levelAtom)
}

func (x Term) print(b *strings.Builder, _ int) { b.WriteString(x.Text) }

func (x Phrase) print(b *strings.Builder, _ int) { b.WriteString(quote(x.Text)) }

func (x Prefix) print(b *strings.Builder, _ int) {
	b.WriteString(x.Text)
	b.WriteByte('*')
}

func (x Exact) print(b *strings.Builder, _ int) {
	b.WriteByte('=')
	if isBare(x.Text) {
		b.WriteString(x.Text)
		return
	}
	b.WriteString(quote(x.Text))
}

func (x Field) print(b *strings.Builder, _ int) {
	b.WriteString(x.Name)
	b.WriteByte(':')
	x.X.print(b, levelAtom)
}

func (x Range) print(b *strings.Builder, _ int) {
	b.WriteByte('[')
	b.WriteString(bound(x.Low))
	b.WriteString(" TO ")
	b.WriteString(bound(x.High))
	b.WriteByte(']')
}

func bound(s string) string {
	if s == "" {
		return "*"
	}
	return s
}

func (x Compare) print(b *strings.Builder, _ int) {
	b.WriteString(x.Op)
	b.WriteString(x.Value)
}

func (x List) print(b *strings.Builder, _ int) {
	b.WriteByte('@')
	b.WriteString(x.Name)
}

func (x Loose) print(b *strings.Builder, _ int) {
	b.WriteString(quote(x.Text))
	b.WriteByte('~')
	b.WriteString(strconv.Itoa(x.Within))
}

func (x Pattern) print(b *strings.Builder, _ int) { b.WriteString(x.Text) }

func (x Repeat) print(b *strings.Builder, _ int) {
	b.WriteString("repeat(")
	b.WriteString(strconv.Itoa(x.Times))
	b.WriteString(", ")
	x.X.print(b, levelOr)
	b.WriteByte(')')
}

func (x Group) print(b *strings.Builder, _ int) {
	b.WriteString("event(")
	x.X.print(b, levelOr)
	b.WriteByte(')')
}

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quote(s string) string { return `"` + escaper.Replace(s) + `"` }
