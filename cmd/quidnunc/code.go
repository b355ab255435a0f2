package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/archive"
	"github.com/quidnunc-news/quidnunc/producer/coder"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

func newCoder() *coder.Coder { return coder.New(gazetteer.Default(), lexicon.Default()) }

func newCode(std streams) *cobra.Command {
	var quiet, gold, explained bool
	c := &cobra.Command{
		Use:   "code FILE…",
		Short: "Code articles: articles in, one JSON report a line out",
		Long: `Read articles and print, for each, one line of JSON: the article and the events it tells.
Nothing is stored and no server is started. '-' is standard input.

What can be read (as it is or packed with gzip or Zstandard, or several in a zip file; files,
directories, glob patterns):
  dated text   a document that begins " date YYYY-MM-DD " or " date YYYY-MM "; one a file,
               or several in one file, each beginning so on a line of its own
  JSONL        {"id","url","publisher","lang","title","text","published"} a line; also understood:
                 text       body, content, article, articleBody, maintext, description, summary
                 title      headline, heading
                 published  date, pubDate, published_at, datePublished, datetime, timestamp, …
                 url        link, canonical_url, href
                 publisher  source, outlet, site, site_name, domain
                 lang       language, locale
                 id         guid, uid, _id
               all other keys are kept out
  .txt         a document without a date; the file's own date stands in

What cannot be read is told on standard error, a line each, and the rest goes on; the
exit code is then 1.`,
		Example: `  quidnunc code article.txt | jq '.events[] | {who: .who[0].name, what: .what.type, whom: .whom[0].name}'
  zcat archive.jsonl.gz | quidnunc code - > reports.jsonl`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error {
			if gold {
				return eachFile(std, paths, codeGold)
			}
			if explained {
				return explain(c.Context(), std, paths)
			}
			return code(c.Context(), std, quiet, paths)
		},
	}
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "do not tell what could not be read, only count it")
	c.Flags().BoolVar(&explained, "explain", false, "print each sentence with its tree, its actors, and what became of each candidate")
	c.Flags().BoolVar(&gold, "gold-format", false, `read {"id","lang","text","date"} lines and print events as hand-coded corpora have them`)
	return c
}

// explain prints how each article is coded.
func explain(ctx context.Context, std streams, paths []string) error {
	source, err := openArchive(std, paths)
	if err != nil {
		return err
	}
	defer source.Close()
	c := newCoder()
	for {
		a, err := source.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.Explain(std.out, a); err != nil {
			return err
		}
	}
}

// eachFile hands files to a reader one after the other; "-" is standard input.
func eachFile(std streams, paths []string, read func(io.Reader, io.Writer) error) error {
	for _, path := range paths {
		if path == "-" {
			if err := read(std.in, std.out); err != nil {
				return fmt.Errorf("standard input: %w", err)
			}
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return &usageError{err}
		}
		err = errors.Join(read(f, std.out), f.Close())
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// code is the producer without a log: read, coded side by side, written in order.
func code(ctx context.Context, std streams, quiet bool, paths []string) error {
	source, err := openArchive(std, paths)
	if err != nil {
		return err
	}
	defer source.Close()
	out := bufio.NewWriterSize(std.out, 64<<10)
	bad := &complaints{w: std.err, quiet: quiet}
	p, err := producer.New([]producer.Input{{Name: "code", Origin: news.Archive, Source: source}}, newCoder(), printer{out}, bad, producer.Config{})
	if err != nil {
		return err
	}
	err = errors.Join(p.Run(ctx), out.Flush())
	if err != nil {
		return err
	}
	if n := p.Counts(); n.BadInputs+n.Failed > 0 {
		return fmt.Errorf("%d of %d documents could not be coded", n.BadInputs+n.Failed, n.Articles+n.BadInputs)
	}
	return nil
}

func openArchive(std streams, paths []string) (*archive.Source, error) {
	if len(paths) == 1 && paths[0] == "-" {
		return archive.Read(archive.Config{Now: time.Now}, "-", std.in), nil
	}
	source, err := archive.Open(archive.Config{Now: time.Now}, paths...)
	if err != nil {
		return nil, &usageError{err}
	}
	return source, nil
}

// printer publishes reports as lines of JSON.
type printer struct{ w io.Writer }

func (p printer) Publish(_ context.Context, reports []news.Report) (producer.Receipt, error) {
	for _, r := range reports {
		line, err := wire.EncodeReport(r)
		if err != nil {
			return producer.Receipt{}, err
		}
		if _, err := p.w.Write(append(line, '\n')); err != nil {
			return producer.Receipt{}, fmt.Errorf("standard output: %w", err)
		}
	}
	return producer.Receipt{Stored: len(reports)}, nil
}

// complaints tells of what could not be read where there is no log to bury it in.
type complaints struct {
	w     io.Writer
	quiet bool
}

func (c *complaints) Bury(_ context.Context, reason, origin string, _ []byte) error {
	if c.quiet {
		return nil
	}
	_, err := fmt.Fprintf(c.w, "quidnunc: %s: %s\n", origin, reason)
	return err
}
