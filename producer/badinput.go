package producer

import "fmt"

// Reason names why something could not be handled; there are few, so that they can be a metric's label.
type Reason string

// Why a document is bad.
const (
	BrokenLine    Reason = "broken_line"    // not the JSON it should be
	TooLong       Reason = "too_long"       // a line or a document beyond the size limit
	InvalidUTF8   Reason = "invalid_utf8"   // mended: bad bytes became U+FFFD
	Empty         Reason = "empty"          // no text
	BadDate       Reason = "bad_date"       // mended: the article counts as undated
	LongText      Reason = "long_text"      // mended: the text was cut at the size limit
	Unreadable    Reason = "unreadable"     // the file cannot be opened, read or unpacked
	UnknownFormat Reason = "unknown_format" // no form of article we know
	BrokenRecord  Reason = "broken_record"  // of a web archive: cut off, damaged, or with a length that is none
	BrokenBody    Reason = "broken_body"    // an HTTP body that cannot be unpacked
	UnknownCode   Reason = "unknown_code"   // mended: a code we do not know was left out
)

// Why an article failed later.
const (
	CoderPanic Reason = "coder_panic"
	CoderSlow  Reason = "coder_slow"
	Refused    Reason = "refused" // the log will never take its report
)

var reasons = []Reason{
	BrokenLine, TooLong, InvalidUTF8, Empty, BadDate, LongText, Unreadable, UnknownFormat,
	BrokenRecord, BrokenBody, UnknownCode, CoderPanic, CoderSlow, Refused,
}

// label keeps the metric's label bounded whatever a Source invents.
func (r Reason) label() string {
	for _, known := range reasons {
		if r == known {
			return string(r)
		}
	}
	return "other"
}

// BadInput is the error of one bad document; those before and behind it are not touched by it.
type BadInput struct {
	Reason Reason
	File   string // or an address; "-" is standard input
	Line   int    // where the document begins, from 1; 0: the file as a whole
	Err    error  // what is wrong, in words
	Sample []byte // how it begins
}

// Origin says where the document stands: file and line.
func (e *BadInput) Origin() string {
	if e.Line == 0 {
		return e.File
	}
	return fmt.Sprintf("%s:%d", e.File, e.Line)
}

func (e *BadInput) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", e.Origin(), e.Reason)
	}
	return fmt.Sprintf("%s: %v", e.Origin(), e.Err)
}

func (e *BadInput) Unwrap() error { return e.Err }
