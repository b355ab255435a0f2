// Package warc reads the records of web archives.
//
// It reads WARC 0.17 to 1.1, the WET files made of them, and ARC, plain, packed with gzip (record by record or as a
// whole) or with Zstandard (also with the dictionary that a .warc.zst carries). What is damaged is named and passed
// over: reading goes on at the next record that can be read. Memory is bounded by the size of one record.
package warc

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Record is one record.
type Record struct {
	Type        string // of WARC: response, resource, conversion, request, warcinfo, ...; of ARC: response, resource or filedesc
	URL         string // "" where there is none
	Date        time.Time
	ContentType string // of Block: application/http for a response
	Language    string // as a WET file claims it: ISO 639-3
	Block       []byte // valid until the next call
	Number      int    // in the file, from 1; damaged ones count too
}

// Reason names what is wrong with a record; there are few.
type Reason string

// What is wrong.
const (
	BadHeader Reason = "bad_header" // no length, or none that is a number
	BadLength Reason = "bad_length" // the length does not lead to the next record
	Truncated Reason = "truncated"  // the file ends before the record does
	BadGzip   Reason = "bad_gzip"   // cannot be unpacked, or unpacks without measure
	TooLarge  Reason = "too_large"  // over the limit
	NoRecord  Reason = "no_record"  // bytes that belong to no record
)

// Damage is the error of one record, or of what stands where one should; reading goes on behind it.
type Damage struct {
	Reason Reason
	Number int
	URL    string // if the header tells it
	Err    error
	Sample []byte // how it begins
}

func (d *Damage) Error() string { return fmt.Sprintf("record %d: %s: %v", d.Number, d.Reason, d.Err) }

func (d *Damage) Unwrap() error { return d.Err }

// Limits of a record's parts.
const (
	DefaultLimit = 64 << 20
	maxLine      = 16 << 10
	maxHeader    = 256 << 10
	maxSample    = 256
)

// Reader reads the records of one stream. It is for one goroutine.
type Reader struct {
	src    *source
	br     *bufio.Reader
	limit  int
	number int
	arc    bool
	lost   bool  // what comes up to the next record belongs to a damage already told
	later  error // met while looking ahead
	block  bytes.Buffer
}

// NewReader returns the records of r, of at most limit bytes each; 0 means DefaultLimit.
func NewReader(r io.Reader, limit int) (*Reader, error) {
	if limit == 0 {
		limit = DefaultLimit
	}
	unpacked, err := unpack(r)
	if err != nil {
		return nil, fmt.Errorf("warc: %w", err)
	}
	src := &source{r: unpacked}
	return &Reader{src: src, br: bufio.NewReaderSize(src, 64<<10), limit: limit}, nil
}

// Looks tells whether a stream that begins with head, unpacked, holds records.
func Looks(head []byte) bool {
	return bytes.HasPrefix(head, []byte("WARC/")) || bytes.HasPrefix(head, []byte("filedesc://"))
}

// Next returns the next record, io.EOF behind the last, a *Damage, or an error of the stream that ends it.
func (r *Reader) Next() (Record, error) {
	for {
		line, err := r.begin()
		switch {
		case errors.Is(err, io.EOF):
			return Record{}, io.EOF
		case errors.Is(err, errPacked):
			if r.lost {
				continue // of one hole one word
			}
			r.number++
			r.lost = true
			return Record{}, r.damage(BadGzip, "", err, nil)
		case err != nil:
			return Record{}, err
		}
		switch {
		case strings.HasPrefix(line, "WARC/"):
			return r.warc()
		case r.isARC(line):
			return r.arcRecord(line)
		case !r.lost:
			r.number++
			r.lost = true
			return Record{}, r.damage(NoRecord, "", errors.New("no record begins here"), []byte(line))
		}
	}
}

// begin is the next line that is not blank, without its end.
func (r *Reader) begin() (string, error) {
	for {
		line, err := r.line()
		if err != nil {
			return "", err
		}
		if len(bytes.TrimSpace(line)) > 0 {
			return string(line), nil
		}
	}
}

// line reads one line; of a longer one than maxLine, as binary blocks have, its beginning.
func (r *Reader) line() ([]byte, error) {
	if err := r.later; err != nil {
		r.later = nil
		return nil, err
	}
	var line []byte
	for {
		part, err := r.br.ReadSlice('\n')
		if len(line) < maxLine {
			line = append(line, part[:min(len(part), maxLine-len(line))]...)
		}
		switch {
		case err == nil, errors.Is(err, io.EOF) && len(line) > 0:
			return bytes.TrimRight(line, "\r\n"), nil
		case errors.Is(err, bufio.ErrBufferFull):
		default:
			return nil, err
		}
	}
}

// warc reads what follows the line "WARC/1.0".
func (r *Reader) warc() (Record, error) {
	r.number++
	rec := Record{Number: r.number}
	length, size := "", 0
	for {
		l, err := r.line()
		if err != nil {
			return Record{}, r.cut(rec.URL, err, nil)
		}
		if size += len(l); len(l) == 0 || size > maxHeader {
			break
		}
		key, value, _ := strings.Cut(string(l), ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "warc-type":
			rec.Type = strings.ToLower(value)
		case "warc-target-uri":
			rec.URL = strings.Trim(value, "<>") // as Wget writes it
		case "warc-date":
			rec.Date = date(value)
		case "content-type":
			rec.ContentType = value
		case "warc-identified-content-language":
			rec.Language, _, _ = strings.Cut(value, ",")
		case "content-length":
			length = value
		}
	}
	n, err := strconv.ParseInt(length, 10, 64)
	if err != nil || n < 0 || rec.Type == "" {
		r.lost = true
		return Record{}, r.damage(BadHeader, rec.URL, fmt.Errorf("type %q, length %q", rec.Type, length), nil)
	}
	return r.finish(rec, n)
}

// finish reads the block and looks whether it ends where a record may.
func (r *Reader) finish(rec Record, n int64) (Record, error) {
	r.lost = false
	if n > int64(r.limit) {
		r.lost = true
		return Record{}, r.damage(TooLarge, rec.URL, fmt.Errorf("%d bytes, the limit is %d", n, r.limit), nil)
	}
	if r.block.Cap() > 4<<20 {
		r.block = bytes.Buffer{}
	}
	r.block.Reset()
	r.block.Grow(int(min(n, 1<<20)))
	if _, err := io.CopyN(&r.block, r.br, n); err != nil {
		return Record{}, r.cut(rec.URL, err, r.block.Bytes())
	}
	rec.Block = r.block.Bytes()
	ends := r.atBorder()
	if err := r.later; errors.Is(err, errInside) {
		r.later = nil
		return Record{}, r.cut(rec.URL, err, rec.Block) // its checksum is wrong
	}
	if ends {
		return rec, nil
	}
	sample := bytes.Clone(rec.Block[:min(len(rec.Block), maxSample)])
	r.lost = true
	r.resume(rec.Block)
	return Record{}, r.damage(BadLength, rec.URL, fmt.Errorf("no record ends %d bytes behind its header", n), sample)
}

// cut says that a record broke off. Where its bytes hold the beginning of another, reading goes on there.
func (r *Reader) cut(url string, err error, block []byte) error {
	reason := Truncated
	switch {
	case errors.Is(err, errPacked):
		reason = BadGzip
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	}
	sample := bytes.Clone(block[:min(len(block), maxSample)])
	r.lost = true
	r.resume(block)
	return r.damage(reason, url, fmt.Errorf("the record breaks off: %w", noEOF(err)), sample)
}

// resume puts back what of a bad record's block looks like the next record.
func (r *Reader) resume(block []byte) {
	at := bytes.Index(block, []byte("\r\n\r\nWARC/1."))
	if at < 0 {
		return
	}
	ahead, err := r.br.Peek(r.br.Buffered())
	if err != nil {
		r.later = err
	}
	r.src.pending = bytes.Join([][]byte{block[at:], ahead, r.src.pending}, nil)
	r.br.Reset(r.src)
}

// atBorder tells whether a record may end here: behind line ends, the end or the head of a record; behind two of them
// whatever comes is not this record's fault.
func (r *Reader) atBorder() bool {
	ends := 0
	for {
		b, err := r.br.Peek(1)
		if err != nil {
			r.later = err
			return true
		}
		if b[0] != '\r' && b[0] != '\n' {
			break
		}
		if b[0] == '\n' {
			ends++
		}
		_, _ = r.br.Discard(1) // it was seen
	}
	if r.arc || ends >= 2 {
		return true
	}
	head, err := r.br.Peek(5)
	if err != nil && !errors.Is(err, io.EOF) {
		r.later = err
	}
	return string(head) == "WARC/"
}

// isARC tells whether a line heads an ARC record: address, IP, date, type, length, of which the address may hold
// spaces.
func (r *Reader) isARC(line string) bool {
	if strings.HasPrefix(line, "filedesc://") {
		r.arc = true
	}
	if !r.arc {
		return false
	}
	f := strings.Split(line, " ")
	return len(f) >= 5 && strings.Contains(f[0], ":") && digits(f[len(f)-3]) && len(f[len(f)-3]) >= 8
}

func (r *Reader) arcRecord(line string) (Record, error) {
	r.number++
	f := strings.Split(line, " ")
	k := len(f)
	rec := Record{
		Number: r.number, Type: "resource", URL: strings.Join(f[:k-4], " "), ContentType: f[k-2], Date: date(f[k-3]),
	}
	n, err := strconv.ParseInt(f[k-1], 10, 64)
	if err != nil || n < 0 {
		r.lost = true
		return Record{}, r.damage(BadLength, rec.URL, fmt.Errorf("length %q", f[k-1]), []byte(line))
	}
	rec, err = r.finish(rec, n)
	switch {
	case err != nil:
	case strings.HasPrefix(rec.URL, "filedesc://"):
		rec.Type, rec.URL = "filedesc", ""
	case bytes.HasPrefix(rec.Block, []byte("HTTP/")):
		rec.Type, rec.ContentType = "response", "application/http; msgtype=response"
	}
	return rec, err
}

func (r *Reader) damage(reason Reason, url string, err error, sample []byte) *Damage {
	return &Damage{Reason: reason, Number: r.number, URL: url, Err: err, Sample: sample[:min(len(sample), maxSample)]}
}

// date reads the dates of WARC (RFC 3339, perhaps only to the day) and of ARC (14 digits); zero if it is none.
func date(s string) time.Time {
	for _, layout := range []string{time.RFC3339, "20060102150405", "2006-01-02T15:04Z", "2006-01-02", "200601021504", "20060102"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
