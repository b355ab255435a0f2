package rulebook

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Error is one thing that is wrong in a rule file.
type Error struct {
	Lint         string // what kind of thing: one of the names below
	File         string
	Line, Column int // from 1, in characters; Line 0: the whole file
	Problem      string
	Excerpt      string // the line of the file and a caret under the place; empty where there is none to show
}

// The kinds of things that are wrong.
const (
	Invalid         = "invalid" // whatever has no name of its own
	NotYAML         = "not-yaml"
	Syntax          = "syntax" // of a query
	UnknownField    = "unknown-field"
	UnknownCode     = "unknown-code" // a value of a field, an actor or a list that nobody knows
	UnknownReceiver = "unknown-receiver"
	UnknownRule     = "unknown-rule"
	Template        = "template"
)

// Place is a place in a rule file.
type Place struct {
	File         string
	Line, Column int
}

func (e *Error) Error() string {
	s := e.File
	if e.Line > 0 {
		s = fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
	}
	s += ": " + e.Problem
	if e.Excerpt != "" {
		s += "\n" + e.Excerpt
	}
	return s
}

// place is a place in a rule file.
type place struct {
	doc          *document
	line, column int // from 1
}

func (p place) String() string { return fmt.Sprintf("%s:%d:%d", p.doc.name, p.line, p.column) }

func (p place) err(problem string) *Error {
	return &Error{Lint: Invalid, File: p.doc.name, Line: p.line, Column: p.column, Problem: problem}
}

// shown is the error with the line of the file under it.
func (p place) shown(lint, problem string) *Error {
	e := p.err(problem)
	e.Lint = lint
	if strings.TrimSpace(p.doc.line(p.line)) == "" {
		return e
	}
	line := []rune(strings.ToValidUTF8(strings.TrimRight(p.doc.line(p.line), "\r"), "\uFFFD"))
	column := min(p.column-1, len(line))
	low, high := 0, len(line)
	if high > maxExcerpt {
		low, high = max(0, column-maxExcerpt/2), min(high, column+maxExcerpt/2)
	}
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, string(line[low:column]))
	e.Excerpt = "    " + string(line[low:high]) + "\n    " + indent + "^"
	return e
}

// maxExcerpt bounds the piece of a line shown, in characters.
const maxExcerpt = 120

// document is a rule file's bytes.
type document struct {
	name string
	data []byte
}

func (d *document) at(n *yaml.Node) place { return place{d, max(1, n.Line), max(1, n.Column)} }

// offset is where line, from 1, starts.
func (d *document) offset(line int) int {
	at := 0
	for ; line > 1; line-- {
		i := bytes.IndexByte(d.data[at:], '\n')
		if i < 0 {
			return len(d.data)
		}
		at += i + 1
	}
	return at
}

func (d *document) line(line int) string {
	rest := d.data[d.offset(line):]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i]
	}
	return string(rest)
}

// inside is the place of byte pos of a scalar's value. A value and its source hold the same characters but for white
// space, quotes and escapes, so counting what is not white space finds it, however the scalar is folded.
func (d *document) inside(n *yaml.Node, pos int) place {
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 || pos > len(n.Value) {
		return d.at(n)
	}
	count := 0
	for _, r := range n.Value[:pos] {
		if !unicode.IsSpace(r) {
			count++
		}
	}
	next, _ := utf8.DecodeRuneInString(n.Value[pos:])
	ended := pos == len(n.Value) || unicode.IsSpace(next)
	s := scanner{data: d.data, at: d.start(n), style: n.Style}
	for ; count > 0; count-- {
		s.blank()
		s.character()
	}
	if !ended {
		s.blank()
	}
	return d.placeOf(s.at)
}

// start is the offset of a scalar's first character, behind its quote or its block header.
func (d *document) start(n *yaml.Node) int {
	at := d.offset(n.Line)
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(d.data[at:])
		at += size
	}
	switch {
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		return min(at+1, len(d.data))
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return d.offset(n.Line + 1)
	}
	return at
}

func (d *document) placeOf(offset int) place {
	before := d.data[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return place{d, 1 + bytes.Count(before, []byte{'\n'}), 1 + utf8.RuneCount(before[start:])}
}

// scanner steps over the characters of a scalar's source.
type scanner struct {
	data  []byte
	at    int
	style yaml.Style
}

// blank passes what stands for white space in the value, or for nothing.
func (s *scanner) blank() {
	for s.at < len(s.data) {
		r, size := utf8.DecodeRune(s.data[s.at:])
		switch {
		case unicode.IsSpace(r):
			s.at += size
		case s.escaped() && s.at+1 < len(s.data) && bytes.IndexByte([]byte(" \t\r\nntrvfN_LPe0ab"), s.data[s.at+1]) >= 0:
			s.at += 2
		default:
			return
		}
	}
}

func (s *scanner) escaped() bool {
	return s.style&yaml.DoubleQuotedStyle != 0 && s.at < len(s.data) && s.data[s.at] == '\\'
}

// character passes what stands for one character that is not white space.
func (s *scanner) character() {
	if s.at >= len(s.data) {
		return
	}
	_, size := utf8.DecodeRune(s.data[s.at:])
	switch {
	case s.style&yaml.SingleQuotedStyle != 0 && bytes.HasPrefix(s.data[s.at:], []byte("''")):
		size = 2
	case s.escaped() && s.at+1 < len(s.data):
		size = map[byte]int{'x': 4, 'u': 6, 'U': 10}[s.data[s.at+1]]
		size = max(size, 2)
	}
	s.at = min(s.at+size, len(s.data))
}
