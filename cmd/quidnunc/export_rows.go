package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"github.com/quidnunc-news/quidnunc/consumer/dataset"
	"github.com/quidnunc-news/quidnunc/consumer/segment"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// rowFlags say as which rows events are written.
type rowFlags struct {
	format, source string
	bare           bool
}

func (f *rowFlags) flags(set *pflag.FlagSet) {
	set.StringVar(&f.format, "format", "", "write events as rows: csv, gdelt, icews or polecat")
	set.StringVar(&f.source, "source", "", "with --format: an exported directory to read instead of the log")
	set.BoolVar(&f.bare, "bare", false, "with --format: only the data set's own columns")
}

func formatNames() (out []string) {
	for _, f := range dataset.Formats() {
		out = append(out, string(f))
	}
	return out
}

// exportRows writes the events of a stretch to a file, or to standard output.
func exportRows(ctx context.Context, std streams, at place, how rowFlags, span segment.Span, name string) error {
	if name == "-" {
		_, _, err := writeEvents(ctx, std, at, how, span, std.out)
		return err
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	rows, unread, err := writeEvents(ctx, std, at, how, span, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s: %d rows\n", name, rows)
	if unread > 0 {
		fmt.Fprintf(std.out, "%d reports could not be read and are left out\n", unread)
	}
	return nil
}

func writeEvents(ctx context.Context, std streams, at place, how rowFlags, span segment.Span, w io.Writer) (rows, unread int, err error) {
	buffer := bufio.NewWriterSize(w, 1<<20)
	out, err := dataset.New(buffer, dataset.Format(how.format), how.bare, gazetteer.Default())
	if err != nil {
		return 0, 0, &usageError{err}
	}
	take := func(subject string, data []byte) error {
		if wire.Kind(subject) != wire.ReportKind {
			return nil
		}
		report, err := wire.DecodeReport(data)
		if err != nil {
			unread++ // the machine buries it; a table is no place for it
			return nil
		}
		if !span.Contains(report.At) {
			return nil
		}
		return out.Add(report)
	}
	if how.source != "" {
		err = exported(ctx, how.source, span, take)
	} else {
		err = logged(ctx, std, at, take)
	}
	return out.Rows(), unread, errors.Join(err, out.Flush(), buffer.Flush())
}

// exported gives take the entries of an exported directory.
func exported(ctx context.Context, dir string, span segment.Span, take func(subject string, data []byte) error) error {
	a, err := segment.Open(dir)
	if err != nil {
		return err
	}
	for e, err := range a.Entries(span, 0) {
		if err != nil {
			return err
		}
		if err := errors.Join(take(e.Subject, e.Data), ctx.Err()); err != nil {
			return err
		}
	}
	return nil
}

// logged gives take the reports of the log.
func logged(ctx context.Context, std streams, at place, take func(subject string, data []byte) error) error {
	hub, done, err := at.attach(ctx, std)
	if err != nil {
		return err
	}
	defer done()
	p := showCopy("export", std.err, progressEvery)
	defer p.end()
	var seen segment.Progress
	return hub.Scan(ctx, stream.Reports, wire.ReportKind+".>", 1, func(m stream.Stored) error {
		seen.Done++
		seen.Of = seen.Done + m.Pending
		p.tell(seen)
		return take(m.Subject, m.Data)
	})
}
