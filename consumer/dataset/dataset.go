// Package dataset writes events as rows of the data sets that researchers know.
//
// Columns, codes and what they were made of are explained in docs/codebook.md.
package dataset

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Format is the columns of a data set.
type Format string

// The formats.
const (
	CSV     Format = "csv"     // our own columns, comma-separated, with a header
	GDELT   Format = "gdelt"   // GDELT 2.0 Events: 61 columns, tab-separated, no header
	ICEWS   Format = "icews"   // ICEWS coded event data: 20 columns, tab-separated, with a header
	POLECAT Format = "polecat" // POLECAT: 40 columns, tab-separated, with a header
)

// Formats lists them.
func Formats() []Format { return []Format{CSV, GDELT, ICEWS, POLECAT} }

// layout is how a data set's rows look.
type layout struct {
	columns []column
	header  bool
	comma   bool // as RFC 4180 has it; else tabs without quotes
	dyads   bool // one row for each pair of a who and a whom; else one an event
}

// column is a name and what stands under it.
type column struct {
	name  string
	value func(row) string
}

// row is an event, or a pair of its actors.
type row struct {
	report *news.Report
	event  *news.Event
	who    *news.Actor // of a dyad; nil: not told
	whom   *news.Actor
	pair   int // of a dyad: which of the event's, from 0
	names  *gazetteer.Gazetteer
}

func layoutOf(f Format) (layout, bool) {
	switch f {
	case CSV:
		return layout{columns: csvColumns(), header: true, comma: true}, true
	case GDELT:
		return layout{columns: gdeltColumns(), dyads: true}, true
	case ICEWS:
		return layout{columns: icewsColumns(), header: true, dyads: true}, true
	case POLECAT:
		return layout{columns: polecatColumns(), header: true}, true
	}
	return layout{}, false
}

// provenance are the columns behind a data set's own: who coded the row, with what, from what.
var provenance = []column{
	{"Coder", func(r row) string { coder, _ := coderOf(r.report.Coder); return coder }},
	{"Lexicon", func(r row) string { _, lexicon := coderOf(r.report.Coder); return lexicon }},
	{"Input", func(r row) string { return string(r.report.Article.Revision) }},
}

// coderOf parts "quidnunc-1+0123abcd.4567cdef": the coder, and the hashes of its lexicon and gazetteer.
func coderOf(s string) (coder, lexicon string) {
	coder, lexicon, _ = strings.Cut(s, "+")
	return coder, lexicon
}

// Columns are the names of a format's columns, those of Coder, Lexicon and Input last.
func Columns(f Format) []string {
	l, _ := layoutOf(f)
	var out []string
	for _, c := range slices.Concat(l.columns, provenance) {
		out = append(out, c.name)
	}
	return out
}

// Writer writes rows. Call Flush when done.
type Writer struct {
	layout layout
	names  *gazetteer.Gazetteer
	out    io.Writer
	csv    *csv.Writer
	rows   int
	begun  bool
}

// New returns a writer of a format. Bare leaves out the columns behind the data set's own, for programs that count them.
func New(w io.Writer, f Format, bare bool, names *gazetteer.Gazetteer) (*Writer, error) {
	l, ok := layoutOf(f)
	if !ok {
		return nil, fmt.Errorf("dataset: no format %q: want one of %v", f, Formats())
	}
	if !bare {
		l.columns = slices.Concat(l.columns, provenance)
	}
	return &Writer{layout: l, names: names, out: w, csv: csv.NewWriter(w)}, nil
}

// Rows is how many were written.
func (w *Writer) Rows() int { return w.rows }

// Add writes the events of a report.
func (w *Writer) Add(report news.Report) error {
	for i := range report.Events {
		for _, r := range w.rowsOf(row{report: &report, event: &report.Events[i], names: w.names}) {
			if err := w.write(r); err != nil {
				return fmt.Errorf("dataset: %w", err)
			}
			w.rows++
		}
	}
	return nil
}

func (w *Writer) rowsOf(r row) []row {
	if !w.layout.dyads {
		return []row{r}
	}
	var out []row
	for _, who := range orNobody(r.event.Who) {
		for _, whom := range orNobody(r.event.Whom) {
			r.who, r.whom, r.pair = who, whom, len(out)
			out = append(out, r)
		}
	}
	return out
}

// orNobody are the actors of a side; one that is not told where there are none.
func orNobody(actors []news.Actor) []*news.Actor {
	if len(actors) == 0 {
		return []*news.Actor{nil}
	}
	out := make([]*news.Actor, len(actors))
	for i := range actors {
		out[i] = &actors[i]
	}
	return out
}

func (w *Writer) write(r row) error {
	if err := w.head(); err != nil {
		return err
	}
	fields := make([]string, len(w.layout.columns))
	for i, c := range w.layout.columns {
		fields[i] = c.value(r)
	}
	return w.line(fields)
}

// head writes the names of the columns, once.
func (w *Writer) head() error {
	if w.begun || !w.layout.header {
		return nil
	}
	w.begun = true
	names := make([]string, len(w.layout.columns))
	for i, c := range w.layout.columns {
		names[i] = c.name
	}
	return w.line(names)
}

var separators = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")

func (w *Writer) line(fields []string) error {
	if w.layout.comma {
		return w.csv.Write(fields)
	}
	for i := range fields {
		fields[i] = separators.Replace(fields[i])
	}
	_, err := io.WriteString(w.out, strings.Join(fields, "\t")+"\n")
	return err
}

// Flush writes what is left; without a row, the header alone.
func (w *Writer) Flush() error {
	err := w.head()
	w.csv.Flush()
	if err == nil {
		err = w.csv.Error()
	}
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	return nil
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// point is a decimal number that always has a point, as GDELT writes Goldstein's values: "-10.0".
func point(x float64) string {
	s := decimal(x)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
