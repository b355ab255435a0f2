package rule

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Parse reads a query. Its errors are a *SyntaxError or an *UnsupportedError. Parse asks only how a query is built;
// whether its fields and values mean something is Validate's question.
func Parse(query string) (Expr, error) {
	if len(query) > MaxQuery {
		return nil, &SyntaxError{Pos: MaxQuery, Want: fmt.Sprintf("at most %d bytes", MaxQuery)}
	}
	if i := firstInvalid(query); i >= 0 {
		return nil, &SyntaxError{Pos: i, Want: "valid UTF-8"}
	}
	p := parser{lexer: lexer{in: query}}
	x, err := p.or()
	if err != nil {
		return nil, err
	}
	if t, err := p.peek(); err != nil {
		return nil, err
	} else if t.kind != tokenEnd {
		return nil, &SyntaxError{Pos: t.pos, Want: "the end of the query", Found: p.found(t)}
	}
	return x, nil
}

func firstInvalid(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return -1
}

type parser struct {
	lexer  lexer
	ahead  token // read but not taken, if any
	peeked bool
	mode   mode
	field  string // the field whose group is being read; empty outside of one
	depth  int

	inEvent bool // inside event(…)
}

func (p *parser) peek() (token, error) {
	if !p.peeked {
		t, err := p.lexer.next(p.mode, false)
		if err != nil {
			return t, err
		}
		p.ahead, p.peeked = t, true
	}
	return p.ahead, nil
}

func (p *parser) take() { p.peeked = false }

// deeper counts one level of nesting; the caller counts it back.
func (p *parser) deeper(pos int) error {
	p.depth++
	if p.depth > MaxDepth {
		return &SyntaxError{Pos: pos, Want: fmt.Sprintf("at most %d levels of nesting", MaxDepth)}
	}
	return nil
}

func (p *parser) or() (Expr, error) {
	x, err := p.and()
	if err != nil {
		return nil, err
	}
	xs := []Expr{x}
	for {
		t, err := p.peek()
		if err != nil {
			return nil, err
		}
		if t.kind != tokenOr {
			break
		}
		p.take()
		if x, err = p.and(); err != nil {
			return nil, err
		}
		xs = append(xs, x)
	}
	return makeOr(xs), nil
}

func (p *parser) and() (Expr, error) {
	x, err := p.not()
	if err != nil {
		return nil, err
	}
	xs := []Expr{x}
	for {
		t, err := p.peek()
		if err != nil {
			return nil, err
		}
		switch t.kind {
		case tokenEnd, tokenClose, tokenOr:
			return makeAnd(xs), nil
		case tokenAnd:
			p.take()
		}
		if x, err = p.not(); err != nil {
			return nil, err
		}
		xs = append(xs, x)
	}
}

func (p *parser) not() (Expr, error) {
	t, err := p.peek()
	if err != nil {
		return nil, err
	}
	if t.kind != tokenNot {
		return p.near()
	}
	p.take()
	if err := p.deeper(t.pos); err != nil {
		return nil, err
	}
	x, err := p.not()
	p.depth--
	if err != nil {
		return nil, err
	}
	return Not{X: x, At: Pos(t.pos)}, nil
}

func (p *parser) near() (Expr, error) {
	x, err := p.atom()
	if err != nil {
		return nil, err
	}
	t, err := p.peek()
	if err != nil || t.kind != tokenNear {
		return x, err
	}
	if p.mode != modeText {
		return nil, &SyntaxError{Pos: t.pos, Want: "AND, OR or a closing ) in " + p.field + ":(…)", Found: p.found(t)}
	}
	p.take()
	y, err := p.atom()
	if err != nil {
		return nil, err
	}
	for _, side := range []Expr{x, y} {
		if !nearable(side) {
			return nil, &SyntaxError{
				Pos: int(side.Position()), Want: "a word, a phrase, a prefix or an OR of these beside " + p.lexer.in[t.pos:t.pos+len(t.text)],
			}
		}
	}
	if again, err := p.peek(); err == nil && again.kind == tokenNear {
		return nil, &UnsupportedError{Pos: again.pos, What: "NEAR after NEAR"}
	}
	return Near{X: x, Y: y, Within: t.n, Ordered: t.sure}, nil
}

func nearable(x Expr) bool {
	switch x := x.(type) {
	case Term, Phrase, Prefix, Exact, Loose, Pattern:
		return true
	case Or:
		for _, y := range x.X {
			if !nearable(y) {
				return false
			}
		}
		return true
	}
	return false
}

func (p *parser) atom() (Expr, error) {
	t, err := p.peek()
	if err != nil {
		return nil, err
	}
	switch t.kind {
	case tokenOpen:
		p.take()
		return p.group(t.pos)
	case tokenField:
		p.take()
		return p.value(t)
	case tokenRepeat, tokenGroup:
		p.take()
		return p.call(t)
	}
	if x := leaf(t); x != nil {
		p.take()
		return x, nil
	}
	want := "a word, a phrase, a field or ("
	if p.field != "" {
		want = "a value of " + p.field
	}
	return nil, &SyntaxError{Pos: t.pos, Want: want, Found: p.found(t)}
}

func leaf(t token) Expr {
	at := Pos(t.pos)
	switch t.kind {
	case tokenWord:
		return Term{Text: t.text, At: at}
	case tokenPrefix:
		return Prefix{Text: t.text, At: at}
	case tokenPhrase:
		return Phrase{Text: t.text, At: at}
	case tokenExact:
		return Exact{Text: t.text, At: at}
	case tokenRange:
		return Range{Low: t.text, High: t.more, At: at}
	case tokenCompare:
		return Compare{Op: t.text, Value: t.more, At: at}
	case tokenList:
		return List{Name: t.text, At: at}
	case tokenLoose:
		return Loose{Text: t.text, Within: t.n, At: at}
	case tokenPattern:
		return Pattern{Text: t.text, At: at}
	}
	return nil
}

// group reads what stands between parentheses; the opening one is taken.
func (p *parser) group(open int) (Expr, error) {
	if err := p.deeper(open); err != nil {
		return nil, err
	}
	x, err := p.or()
	p.depth--
	if err != nil {
		return nil, err
	}
	t, err := p.peek()
	if err != nil {
		return nil, err
	}
	if t.kind != tokenClose {
		return nil, &SyntaxError{Pos: t.pos, Want: "a closing ) for the ( at " + strconv.Itoa(open), Found: p.found(t)}
	}
	// The parenthesis is taken only now: what follows is read in the mode of the group around this one.
	p.take()
	return x, nil
}

// call reads what stands inside repeat(n, …) or event(…).
func (p *parser) call(t token) (Expr, error) {
	if t.kind == tokenGroup && (p.inEvent || p.field != "") {
		return nil, &SyntaxError{Pos: t.pos, Want: "no event(…) inside another or inside a field"}
	}
	outer := p.inEvent
	p.inEvent = outer || t.kind == tokenGroup
	x, err := p.group(t.pos)
	p.inEvent = outer
	if err != nil {
		return nil, err
	}
	if t.kind == tokenGroup {
		return Group{X: x, At: Pos(t.pos)}, nil
	}
	if !nearable(x) && !isNear(x) {
		return nil, &SyntaxError{Pos: int(x.Position()), Want: "a word, a phrase, a prefix, a NEAR or an OR of words in repeat(…)"}
	}
	return Repeat{X: x, Times: t.n, At: Pos(t.pos)}, nil
}

func isNear(x Expr) bool {
	_, ok := x.(Near)
	return ok
}

// value reads what stands after a field's colon; the name and the colon are taken.
func (p *parser) value(name token) (Expr, error) {
	if p.field != "" {
		return nil, &SyntaxError{Pos: name.pos, Want: "words: no field stands inside " + p.field + ":(…)", Found: name.text + ":"}
	}
	if name.text == "geo" {
		c, err := p.lexer.circle()
		return Field{Name: name.text, X: c, At: Pos(name.pos)}, err
	}
	m := modeOf(name.text)
	t, err := p.lexer.next(m, true)
	if err != nil {
		return nil, err
	}
	var x Expr
	if t.kind == tokenOpen || t.kind == tokenRepeat || t.kind == tokenGroup {
		p.mode, p.field = m, name.text
		if t.kind == tokenOpen {
			x, err = p.group(t.pos)
		} else {
			x, err = p.call(t)
		}
		p.mode, p.field = modeText, ""
		if err != nil {
			return nil, err
		}
	} else if x = leaf(t); x == nil {
		return nil, &SyntaxError{Pos: t.pos, Want: "a value after " + name.text + ":", Found: p.found(t)}
	}
	return Field{Name: name.text, X: x, At: Pos(name.pos)}, nil
}

// found names a token for people.
func (p *parser) found(t token) string {
	switch t.kind {
	case tokenEnd:
		return "the end of the query"
	case tokenField:
		return t.text + ":"
	case tokenOpen:
		return "("
	case tokenClose:
		return ")"
	case tokenNot:
		return "NOT"
	case tokenRepeat, tokenGroup:
		return t.text + "("
	}
	return strconv.Quote(p.lexer.in[t.pos:min(len(p.lexer.in), t.pos+max(1, min(len(t.text), 40)))])
}

// makeAnd and makeOr keep trees flat, so that each meaning has one form.
func makeAnd(xs []Expr) Expr {
	flat := make([]Expr, 0, len(xs))
	for _, x := range xs {
		if y, ok := x.(And); ok {
			flat = append(flat, y.X...)
			continue
		}
		flat = append(flat, x)
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return And{X: flat}
}

func makeOr(xs []Expr) Expr {
	flat := make([]Expr, 0, len(xs))
	for _, x := range xs {
		if y, ok := x.(Or); ok {
			flat = append(flat, y.X...)
			continue
		}
		flat = append(flat, x)
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return Or{X: flat}
}
