package rule

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind int

const (
	tokenEnd kind = iota
	tokenOpen
	tokenClose
	tokenWord
	tokenPrefix
	tokenPhrase
	tokenExact
	tokenField
	tokenRange
	tokenCompare
	tokenList
	tokenAnd
	tokenOr
	tokenNot
	tokenNear
	tokenLoose
	tokenPattern
	tokenRepeat // repeat( and the number and the comma behind it
	tokenGroup  // event(
)

type token struct {
	kind kind
	pos  int
	text string // the word, the words, the field's or the list's name, the operator, a range's lower bound
	more string // a range's upper bound, the value compared with
	n    int    // of NEAR/n
	sure bool   // ONEAR
}

// How a piece of the query is read.
type mode int

const (
	modeText   mode = iota // words of the article; a colon ends a field's name
	modeValue              // values of a coded field, which may hold colons
	modeNumber             // values that may start with a minus
)

type lexer struct {
	in  string
	pos int
}

// MaxQuery bounds a query, in bytes.
const MaxQuery = 1 << 20

// MaxDepth bounds how deep parentheses and NOTs may nest.
const MaxDepth = 100

// MaxNear bounds n of NEAR/n, in words.
const MaxNear = 100

// MinPrefix is how many letters stand before a * at least.
const MinPrefix = 3

// next reads one token. Direct: it is a value that follows its field's colon, where an operator's name is a value too
// (AND is Andorra's code).
func (l *lexer) next(m mode, direct bool) (token, error) {
	l.space()
	t := token{pos: l.pos}
	if l.pos >= len(l.in) {
		return t, nil
	}
	switch c := l.in[l.pos]; {
	case c == '(' || c == ')':
		l.pos++
		t.kind = tokenOpen
		if c == ')' {
			t.kind = tokenClose
		}
		return t, nil
	case c == '"':
		t.kind = tokenPhrase
		return l.quoted(t)
	case c == '=':
		return l.exact(t, m)
	case c == '-' && !l.negative(m, direct):
		l.pos++
		t.kind = tokenNot
		return t, nil
	case m != modeText && c == '[':
		return l.span(t)
	case m != modeText && (c == '<' || c == '>'):
		return l.compare(t)
	case m != modeText && c == '@':
		l.pos++
		t.kind = tokenList
		t.text = l.bare(modeValue)
		if t.text == "" {
			return t, &SyntaxError{Pos: l.pos, Want: "a list's name after @"}
		}
		return t, nil
	}
	return l.word(t, m, direct)
}

// negative tells whether the minus here begins a number rather than saying NOT.
func (l *lexer) negative(m mode, direct bool) bool {
	return digitAt(l.in, l.pos+1) && (m == modeNumber || m == modeValue && direct)
}

func (l *lexer) space() {
	for l.pos < len(l.in) {
		r, n := utf8.DecodeRuneInString(l.in[l.pos:])
		if !unicode.IsSpace(r) {
			return
		}
		l.pos += n
	}
}

// word reads a bare word and finds out whether it is an operator, a prefix or the name of a field.
func (l *lexer) word(t token, m mode, direct bool) (token, error) {
	t.kind = tokenWord
	t.text = l.bare(m)
	rest := l.in[l.pos:]
	switch {
	case m == modeText && strings.HasPrefix(rest, ":") && isName(t.text):
		l.pos++
		t.kind = tokenField
		return t, nil
	case m == modeText && strings.HasPrefix(rest, ":") && t.text != "":
		return t, &SyntaxError{Pos: l.pos, Want: `a field's name before the colon, or quotes around the word`}
	case strings.HasPrefix(rest, "*"):
		return l.prefix(t)
	case strings.HasPrefix(rest, "?") && t.text != "":
		return l.pattern(t)
	case m == modeText && strings.HasPrefix(rest, "(") && t.text == "event":
		l.pos++
		t.kind = tokenGroup
		return t, nil
	case m == modeText && strings.HasPrefix(rest, "(") && t.text == "repeat":
		return l.repeat(t)
	case t.text == "":
		return t, l.unwanted()
	case !direct && operator(&t):
		return l.near(t)
	case m == modeText && !hasWord(t.text):
		return t, &SyntaxError{Pos: t.pos, Want: "a word", Found: strconv.Quote(t.text)}
	}
	return t, nil
}

// operator turns a word that is an operator's name into its token.
func operator(t *token) bool {
	switch {
	case t.text == "AND":
		t.kind = tokenAnd
	case t.text == "OR":
		t.kind = tokenOr
	case t.text == "NOT":
		t.kind = tokenNot
	case t.text == "NEAR" || strings.HasPrefix(t.text, "NEAR/"):
		t.kind = tokenNear
	case t.text == "ONEAR" || strings.HasPrefix(t.text, "ONEAR/"):
		t.kind, t.sure = tokenNear, true
	default:
		return false
	}
	return true
}

func (l *lexer) near(t token) (token, error) {
	if t.kind != tokenNear {
		return t, nil
	}
	name, distance, _ := strings.Cut(t.text, "/")
	n, err := strconv.Atoi(distance)
	if err != nil || n < 0 || n > MaxNear {
		return t, &SyntaxError{
			Pos:  t.pos,
			Want: name + "/n with n, the words between, from 0 to " + strconv.Itoa(MaxNear), Found: strconv.Quote(t.text),
		}
	}
	t.n = n
	return t, nil
}

func (l *lexer) prefix(t token) (token, error) {
	letters := 0
	for _, r := range t.text {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			letters++
		}
	}
	if letters < MinPrefix {
		return t, &SyntaxError{Pos: t.pos, Want: "at least three letters before *", Found: strconv.Quote(t.text + "*")}
	}
	l.pos++
	t.kind = tokenPrefix
	if r, _ := utf8.DecodeRuneInString(l.in[l.pos:]); l.pos < len(l.in) && (isBareRune(r, modeValue) || r == '*') {
		return t, &SyntaxError{Pos: l.pos, Want: "the end of the word after *", Found: strconv.QuoteRune(r)}
	}
	return t, nil
}

func (l *lexer) exact(t token, m mode) (token, error) {
	l.pos++
	t.kind = tokenExact
	if strings.HasPrefix(l.in[l.pos:], `"`) {
		return l.quoted(t)
	}
	t.text = l.bare(m)
	if !hasWord(t.text) {
		return t, &SyntaxError{Pos: l.pos, Want: "a word right after ="}
	}
	return t, nil
}

// quoted reads "…", in which \" and \\ stand for a quote and a backslash.
func (l *lexer) quoted(t token) (token, error) {
	open := l.pos
	var b strings.Builder
	for l.pos++; l.pos < len(l.in); l.pos++ {
		switch c := l.in[l.pos]; c {
		case '\\':
			if l.pos+1 < len(l.in) && (l.in[l.pos+1] == '"' || l.in[l.pos+1] == '\\') {
				l.pos++
			}
			b.WriteByte(l.in[l.pos])
		case '"':
			l.pos++
			t.text = b.String()
			if !hasWord(t.text) {
				return t, &SyntaxError{Pos: open, Want: "at least one word between the quotes"}
			}
			if strings.HasPrefix(l.in[l.pos:], "~") {
				return l.loose(t)
			}
			return t, nil
		default:
			b.WriteByte(c)
		}
	}
	return t, &SyntaxError{Pos: open, Want: `a closing " for this one`}
}

// loose reads the ~n behind quotes.
func (l *lexer) loose(t token) (token, error) {
	at := l.pos
	l.pos++
	n, ok := l.number()
	if !ok || n > MaxNear || t.kind != tokenPhrase {
		return t, &SyntaxError{Pos: at, Want: `"words"~n with n, the other words among them, from 0 to ` + strconv.Itoa(MaxNear)}
	}
	t.kind, t.n = tokenLoose, n
	return t, nil
}

// number reads digits.
func (l *lexer) number() (int, bool) {
	start := l.pos
	for digitAt(l.in, l.pos) {
		l.pos++
	}
	n, err := strconv.Atoi(l.in[start:l.pos])
	return n, err == nil
}

// MaxRepeat bounds n of repeat(n, …).
const MaxRepeat = 1000

// repeat reads the number and the comma behind repeat.
func (l *lexer) repeat(t token) (token, error) {
	l.pos++
	l.space()
	at := l.pos
	n, ok := l.number()
	l.space()
	if !ok || n < 1 || n > MaxRepeat || !strings.HasPrefix(l.in[l.pos:], ",") {
		return t, &SyntaxError{Pos: at, Want: "repeat(n, words) with n from 1 to " + strconv.Itoa(MaxRepeat)}
	}
	l.pos++
	t.kind, t.n = tokenRepeat, n
	return t, nil
}

// pattern reads on after the first ? in a word.
func (l *lexer) pattern(t token) (token, error) {
	for l.pos < len(l.in) {
		r, n := utf8.DecodeRuneInString(l.in[l.pos:])
		if r != '?' && !isBareRune(r, modeText) {
			break
		}
		l.pos += n
	}
	if strings.HasPrefix(l.in[l.pos:], "*") {
		l.pos++
	}
	t.kind, t.text = tokenPattern, l.in[t.pos:l.pos]
	letters := 0
	for _, r := range t.text {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			letters++
		}
	}
	if letters < MinPrefix {
		return t, &SyntaxError{Pos: t.pos, Want: "at least three letters in a word with ?", Found: strconv.Quote(t.text)}
	}
	if r, _ := utf8.DecodeRuneInString(l.in[l.pos:]); l.pos < len(l.in) && (isBareRune(r, modeValue) || r == '*') {
		return t, &SyntaxError{Pos: l.pos, Want: "the end of the word after *", Found: strconv.QuoteRune(r)}
	}
	return t, nil
}

// span reads [low TO high].
func (l *lexer) span(t token) (token, error) {
	t.kind = tokenRange
	end := strings.IndexByte(l.in[l.pos:], ']')
	if end < 0 {
		return t, &SyntaxError{Pos: t.pos, Want: "a closing ] for this one"}
	}
	parts := strings.Fields(l.in[l.pos+1 : l.pos+end])
	l.pos += end + 1
	if len(parts) != 3 || parts[1] != "TO" || !isBound(parts[0]) || !isBound(parts[2]) {
		return t, &SyntaxError{Pos: t.pos, Want: "[low TO high], such as [2 TO 5] or [2021-10 TO *]"}
	}
	t.text, t.more = strings.TrimSuffix(parts[0], "*"), strings.TrimSuffix(parts[2], "*")
	if t.text == "" && t.more == "" {
		return t, &SyntaxError{Pos: t.pos, Want: "one bound at least", Found: "[* TO *]"}
	}
	return t, nil
}

func isBound(s string) bool { return s == "*" || isRun(strings.TrimPrefix(s, "-")) }

// isRun tells whether s is one run of characters that a value may hold.
func isRun(s string) bool {
	for _, r := range s {
		if !isBareRune(r, modeValue) {
			return false
		}
	}
	return s != ""
}

func (l *lexer) compare(t token) (token, error) {
	t.kind = tokenCompare
	t.text = l.in[l.pos : l.pos+1]
	l.pos++
	if strings.HasPrefix(l.in[l.pos:], "=") {
		t.text += "="
		l.pos++
	}
	t.more = l.bare(modeValue)
	if t.more == "" {
		return t, &SyntaxError{Pos: l.pos, Want: "a number or a date right after " + t.text}
	}
	return t, nil
}

// bare reads the characters that make a word.
func (l *lexer) bare(m mode) string {
	start := l.pos
	for l.pos < len(l.in) {
		r, n := utf8.DecodeRuneInString(l.in[l.pos:])
		if !isBareRune(r, m) || l.pos == start && isReserved(r) {
			break
		}
		l.pos += n
	}
	return l.in[start:l.pos]
}

// unwanted explains a character that starts nothing.
func (l *lexer) unwanted() error {
	r, _ := utf8.DecodeRuneInString(l.in[l.pos:])
	want, ok := map[rune]string{
		'+': "the word without +: AND is the default", '!': "NOT or -", '&': "AND", '|': "OR",
		'*': "at least three letters before *", '?': "a letter before ?", ':': "a field's name before the colon",
		'[': "a field before […]", ']': "a [ before this", '{': "[…]: bounds are included", '<': "a field before <", '>': "a field before >",
		'@': "a field before a list: who:@nato", '^': "a word: there is nothing to boost", '~': "a word: there is no fuzzy search",
		'\\': "quotes around a word with special characters",
	}[r]
	if !ok {
		want = "a word"
	}
	return &SyntaxError{Pos: l.pos, Want: want, Found: strconv.QuoteRune(r)}
}

// isBareRune tells whether r may stand in a word without quotes.
func isBareRune(r rune, m mode) bool {
	switch r {
	case '(', ')', '[', ']', '{', '}', '"', '*', '^', '\\', '<', '>', utf8.RuneError:
		return false
	case ':', '?', '=', '~':
		return m != modeText
	}
	return !unicode.IsSpace(r) && !unicode.IsControl(r)
}

// isReserved tells whether r cannot start a bare word.
func isReserved(r rune) bool { return strings.ContainsRune("=+!&|@:?~", r) }

// isBare tells whether s can be printed without quotes where a word of the article is read.
func isBare(s string) bool {
	l := lexer{in: s}
	return hasWord(s) && l.bare(modeText) == s
}

// isName tells whether s looks like the name of a field.
func isName(s string) bool {
	for i := range len(s) {
		letter := s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z'
		if !letter && (i == 0 || !digitAt(s, i) && s[i] != '.' && s[i] != '_') {
			return false
		}
	}
	return s != ""
}

func hasWord(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

func digitAt(s string, i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }
