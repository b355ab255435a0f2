// Package snapshot writes a machine's memory as bytes and reads it back.
//
// The form is plain: numbers are varints, strings carry their length, lists their count. The same values always give the
// same bytes; whoever writes a map sorts its keys. What the bytes mean, and which versions of it can be read, is the
// business of the room whose memory it is.
package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Writer appends values. The zero Writer is ready.
type Writer struct{ b []byte }

// NewWriter returns a Writer with room for n bytes.
func NewWriter(n int) *Writer { return &Writer{make([]byte, 0, n)} }

// Bytes are what was written so far.
func (w *Writer) Bytes() []byte { return w.b }

// Uint writes a count or another number that is never negative.
func (w *Writer) Uint(v uint64) { w.b = binary.AppendUvarint(w.b, v) }

// Int writes a number.
func (w *Writer) Int(v int64) { w.b = binary.AppendVarint(w.b, v) }

// Len writes the length of a list whose elements follow.
func (w *Writer) Len(n int) { w.Uint(uint64(n)) }

// Bool writes a truth.
func (w *Writer) Bool(v bool) {
	if v {
		w.b = append(w.b, 1)
		return
	}
	w.b = append(w.b, 0)
}

// String writes text or any bytes.
func (w *Writer) String(s string) {
	w.Len(len(s))
	w.b = append(w.b, s...)
}

// Raw writes numbers as they lie in memory, two bytes each; whoever reads them knows how many there are.
func (w *Writer) Raw(of []uint16) {
	for _, v := range of {
		w.b = binary.LittleEndian.AppendUint16(w.b, v)
	}
}

// Time writes an instant to the nanosecond; it is read back in UTC.
func (w *Writer) Time(t time.Time) {
	w.Bool(t.IsZero())
	if !t.IsZero() {
		w.Int(t.Unix())
		w.Uint(uint64(t.Nanosecond()))
	}
}

// ErrDamaged says that the bytes are not what a Writer wrote.
var ErrDamaged = errors.New("damaged snapshot")

// Reader takes values in the order in which they were written. After the first thing that cannot be, Err tells and all
// further values are zero.
type Reader struct {
	b   []byte
	err error
}

// NewReader reads b, which stays as it is.
func NewReader(b []byte) *Reader { return &Reader{b: b} }

// Err is the first error, ErrDamaged inside.
func (r *Reader) Err() error { return r.err }

// End is Err, and an error also where bytes are left over.
func (r *Reader) End() error {
	if r.err == nil && len(r.b) > 0 {
		r.Fail("%d bytes too many", len(r.b))
	}
	return r.err
}

// More tells whether something is left to be read.
func (r *Reader) More() bool { return r.err == nil && len(r.b) > 0 }

// Rest is everything that was not read yet, which then counts as read.
func (r *Reader) Rest() []byte {
	b := r.b
	r.b = nil
	return b
}

// Fail notes that what was read cannot be; the first failure stays.
func (r *Reader) Fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
	}
	r.b = nil
}

// Uint reads what Writer.Uint wrote.
func (r *Reader) Uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.Fail("it ends within a number")
		return 0
	}
	r.b = r.b[n:]
	return v
}

// Int reads what Writer.Int wrote.
func (r *Reader) Int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.Fail("it ends within a number")
		return 0
	}
	r.b = r.b[n:]
	return v
}

// Len reads the length of a list whose elements take at least least bytes each (0 means 1): a length that the bytes left
// cannot hold is damage, not a reason to allocate.
func (r *Reader) Len(least int) int {
	n := r.Uint()
	if n > uint64(len(r.b)/max(least, 1)) {
		r.Fail("a list of %d in %d bytes", n, len(r.b))
		return 0
	}
	return int(n)
}

// Bool reads what Writer.Bool wrote.
func (r *Reader) Bool() bool {
	if len(r.b) == 0 || r.b[0] > 1 {
		r.Fail("no truth value")
		return false
	}
	v := r.b[0] == 1
	r.b = r.b[1:]
	return v
}

// String reads what Writer.String wrote.
func (r *Reader) String() string {
	n := r.Len(1)
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// Raw reads what Writer.Raw wrote, as many as there is room for.
func (r *Reader) Raw(into []uint16) {
	if len(r.b) < 2*len(into) {
		r.Fail("%d numbers in %d bytes", len(into), len(r.b))
		return
	}
	for i := range into {
		into[i] = binary.LittleEndian.Uint16(r.b[2*i:])
	}
	r.b = r.b[2*len(into):]
}

// Time reads what Writer.Time wrote.
func (r *Reader) Time() time.Time {
	if r.Bool() || r.err != nil {
		return time.Time{}
	}
	seconds, nanoseconds := r.Int(), r.Uint()
	if nanoseconds >= uint64(time.Second) {
		r.Fail("%d nanoseconds in a second", nanoseconds)
	}
	if r.err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, int64(nanoseconds)).UTC()
}
