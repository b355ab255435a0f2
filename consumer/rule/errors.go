package rule

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// SyntaxError says where a query stops making sense and what was wanted there.
type SyntaxError struct {
	Pos   int    // byte offset into the query
	Want  string // "a word", "a closing ) for the ( at 4"
	Found string // what stands there instead; empty where there is nothing to name
}

func (e *SyntaxError) Error() string {
	if e.Found == "" {
		return fmt.Sprintf("query: at %d: want %s", e.Pos, e.Want)
	}
	return fmt.Sprintf("query: at %d: want %s, found %s", e.Pos, e.Want, e.Found)
}

// Caret renders the error under the line of the query it stands in.
func (e *SyntaxError) Caret(query string) string { return Caret(query, e) }

// UnsupportedError names a part of the language that this version refuses.
type UnsupportedError struct {
	Pos  int
	What string // as written: `"…"~5`
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("query: at %d: %s: not yet supported", e.Pos, e.What)
}

// MeaningError names a value or a field that reads well and means nothing.
type MeaningError struct {
	Pos     int
	Problem string // "who: no actor is called \"Rusia\""
	Hint    string // "did you mean RUS (Russia)?"; may be empty
}

func (e *MeaningError) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("query: at %d: %s", e.Pos, e.Problem)
	}
	return fmt.Sprintf("query: at %d: %s: %s", e.Pos, e.Problem, e.Hint)
}

// Position is the byte offset of the first positioned error in err.
func Position(err error) (pos int, ok bool) {
	var syntax *SyntaxError
	var unsupported *UnsupportedError
	var meaning *MeaningError
	switch {
	case errors.As(err, &syntax):
		return syntax.Pos, true
	case errors.As(err, &unsupported):
		return unsupported.Pos, true
	case errors.As(err, &meaning):
		return meaning.Pos, true
	}
	return 0, false
}

// Split takes a joined error apart, so that each can be shown with its own caret.
func Split(err error) []error {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return []error{err}
}

// Message is the error without its position, for those who show the position themselves.
func Message(err error) string {
	var syntax *SyntaxError
	var unsupported *UnsupportedError
	var meaning *MeaningError
	switch {
	case errors.As(err, &syntax):
		if syntax.Found == "" {
			return "want " + syntax.Want
		}
		return "want " + syntax.Want + ", found " + syntax.Found
	case errors.As(err, &unsupported):
		return unsupported.What + ": not yet supported"
	case errors.As(err, &meaning):
		if meaning.Hint == "" {
			return meaning.Problem
		}
		return meaning.Problem + ": " + meaning.Hint
	}
	return err.Error()
}

// maxCaret bounds the piece of the query shown above a caret, in characters.
const maxCaret = 100

// Caret shows the line of the query in which err stands, a ^ under the place, and the message:
//
//	who:(RUS OR
//	           ^ want a value, found the end of the query
//
// A long line is shown in part. An error without a position is only its message.
func Caret(query string, err error) string {
	pos, ok := Position(err)
	if !ok {
		return err.Error()
	}
	pos = min(max(pos, 0), len(query))
	start := strings.LastIndexByte(query[:pos], '\n') + 1
	end := len(query)
	if i := strings.IndexByte(query[pos:], '\n'); i >= 0 {
		end = pos + i
	}
	line, before := window(query[start:end], pos-start)
	return line + "\n" + indent(before) + "^ " + Message(err)
}

// window cuts a long line around byte offset at, and returns the piece of it that stands before at.
func window(line string, at int) (shown, before string) {
	runes := []rune(strings.ToValidUTF8(line, "\uFFFD"))
	if len(runes) <= maxCaret {
		return string(runes), line[:at]
	}
	i := min(utf8.RuneCountInString(line[:at]), len(runes))
	low, high := max(0, i-maxCaret/2), min(len(runes), i+maxCaret/2)
	shown, before = string(runes[low:high]), string(runes[low:i])
	if low > 0 {
		shown, before = "…"+shown, "…"+before
	}
	if high < len(runes) {
		shown += "…"
	}
	return shown, before
}

// indent is as wide as s: one blank for each character, tabs kept.
func indent(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, s)
}
