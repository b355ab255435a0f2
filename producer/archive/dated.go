package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/extract"
)

// dated reads dated and plain text.
type dated struct {
	lines    *lines
	fallback news.Interval // the date of text before the first header
	open     *page         // nil before the first line and behind the last
	done     bool
}

// page is a document that is being read.
type page struct {
	draft
	prelude bool // no header began it
	body    strings.Builder
	long    *producer.BadInput // it is over the limit
}

func (d *dated) next(ctx context.Context) (draft, error) {
	if d.done {
		return draft{}, io.EOF
	}
	if d.open == nil {
		d.open = &page{draft: draft{line: 1, published: d.fallback}, prelude: true}
	}
	for {
		line, err := d.lines.next(ctx)
		long := errors.Is(err, errLong)
		switch {
		case errors.Is(err, io.EOF):
			d.done = true
			return d.finish(nil)
		case err != nil && !long:
			return draft{line: d.lines.n}, err
		}
		date, rest, ok := header(line)
		switch {
		case !ok && long:
			d.open.tooLong(line, err)
			continue
		case !ok:
			d.open.add(line, d.lines.limit)
			continue
		}
		next := begin(d.lines.n, date, rest)
		if long {
			next.tooLong(nil, err)
		}
		if d.open.prelude && d.open.long == nil && strings.TrimSpace(d.open.body.String()) == "" {
			d.open = next
			continue
		}
		return d.finish(next)
	}
}

func (p *page) add(line []byte, limit int) {
	if p.long != nil {
		return
	}
	if p.body.Len()+len(line)+1 > limit {
		p.tooLong(nil, fmt.Errorf("a document %w, the limit is %d bytes", errLong, limit))
		return
	}
	p.body.Write(line)
	p.body.WriteByte('\n')
}

// tooLong gives the document up.
func (p *page) tooLong(line []byte, err error) {
	if p.long != nil {
		return
	}
	sample := beginning(p.body.String(), maxSample) + string(line)
	p.long = &producer.BadInput{Reason: producer.TooLong, Line: p.line, Err: err, Sample: []byte(sample)}
	p.body = strings.Builder{}
}

// finish returns the open document and opens next.
func (d *dated) finish(next *page) (draft, error) {
	p := d.open
	d.open = next
	if p.long != nil {
		return draft{}, p.long
	}
	p.text = p.body.String()
	if !utf8.ValidString(p.text) {
		p.mended = append(p.mended, producer.InvalidUTF8)
	}
	return p.draft, nil
}

func begin(line int, date string, rest []byte) *page {
	p := &page{draft: draft{line: line}}
	published, err := extract.Date(date)
	if err != nil {
		p.mended = append(p.mended, producer.BadDate)
	}
	p.published = published
	p.body.Write(rest)
	p.body.WriteByte('\n')
	return p
}

// header takes a line apart that begins a document: white space, "date", a day or month, the document's first words.
func header(line []byte) (date string, rest []byte, ok bool) {
	s, ok := bytes.CutPrefix(bytes.TrimLeft(line, " \t"), []byte("date "))
	if !ok {
		return "", nil, false
	}
	s = bytes.TrimLeft(s, " ")
	n := 0
	for n < len(s) && n <= len("2006-01-02") && (s[n] == '-' || '0' <= s[n] && s[n] <= '9') {
		n++
	}
	if n != len("2006-01") && n != len("2006-01-02") || s[4] != '-' || n < len(s) && !bytes.ContainsAny(s[n:n+1], " \t\r\n") {
		return "", nil, false
	}
	return string(s[:n]), bytes.TrimSpace(s[n:]), true
}

// day is the day of t in UTC, guessed from a file, where t is known and wanted.
func day(t time.Time, wanted bool) news.Interval {
	if t.IsZero() || !wanted {
		return news.Interval{}
	}
	start := t.UTC().Truncate(24 * time.Hour)
	return news.Interval{Start: start, End: start.AddDate(0, 0, 1), Grain: news.Day, Resolved: news.Inferred}
}
