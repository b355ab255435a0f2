package archive

import (
	"bytes"
	"context"
	"errors"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/archive/gdelt"
)

// rows reads GDELT's rows.
type rows struct {
	lines  *lines
	reader gdelt.Reader
}

// looksGDELT tells whether a file that begins with head holds GDELT's rows; a row may be longer than head.
func looksGDELT(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return gdelt.Looks(line)
}

func (r *rows) next(ctx context.Context) (draft, error) {
	for {
		line, err := r.lines.next(ctx)
		if errors.Is(err, errLong) {
			return draft{}, &producer.BadInput{Reason: producer.TooLong, Line: r.lines.n, Err: err, Sample: line}
		}
		if err != nil {
			return draft{line: r.lines.n}, err
		}
		if line = bytes.TrimRight(line, "\r"); len(line) == 0 {
			continue
		}
		row, err := r.reader.Row(string(line))
		if err != nil {
			return draft{}, &producer.BadInput{
				Reason: producer.BrokenLine, Line: r.lines.n, Err: err, Sample: bytes.Clone(line[:min(len(line), maxSample)]),
			}
		}
		d := draft{
			line: r.lines.n, id: row.ID, url: row.URL, publisher: row.Publisher, lang: row.Language, title: row.Title, text: row.Text,
			published: row.Published, seen: row.Seen, coder: gdelt.Coder, coded: row.Events,
		}
		if len(row.Unknown) > 0 {
			d.mended = append(d.mended, producer.UnknownCode)
		}
		if !utf8.Valid(line) {
			d.mended = append(d.mended, producer.InvalidUTF8)
		}
		return d, nil
	}
}
