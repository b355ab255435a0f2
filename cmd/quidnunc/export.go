package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/quidnunc-news/quidnunc/consumer/segment"
)

func newExport(std streams) *cobra.Command {
	var at place
	var when spanFlags
	var how rowFlags
	c := &cobra.Command{
		Use:   "export DIR|FILE",
		Short: "Write a stretch of the log to files, or its events as rows",
		Long: `Write what a machine would read of the log in a stretch of time to a directory: reports, rules
with their bodies, corrections and ticks, as zstd-compressed JSON lines, a file an hour, chained
by their hashes, with an index. Times are those of the log ("at"). What is interrupted goes on
when called again; what has come since is added.

With --format, write the events of the stretch as rows of a data set to a file, or to standard output
for "-": csv (our own columns), gdelt (GDELT 2.0 Events), icews, polecat. Behind the data set's
own columns come the coder, its lexicon and the hash of what it coded, unless --bare.
docs/codebook.md explains every column and code.`,
		Example: `  quidnunc export --from 2021-10-01 --to 2021-11-01 october
  quidnunc import --data /elsewhere october
  quidnunc export --format csv --source october events.csv`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			span, err := when.span()
			if err != nil {
				return err
			}
			if how.format != "" {
				return exportRows(c.Context(), std, at, how, span, args[0])
			}
			if how.source != "" || how.bare {
				return usagef("export: --source and --bare go with --format")
			}
			return exportLog(c.Context(), std, at, span, args[0])
		},
	}
	at.flags(c.Flags())
	when.flags(c.Flags())
	how.flags(c.Flags())
	if err := c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formatNames(), cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag is not there: a bug of this program
	}
	return c
}

func exportLog(ctx context.Context, std streams, at place, span segment.Span, dir string) error {
	hub, done, err := at.attach(ctx, std)
	if err != nil {
		return err
	}
	defer done()
	p := showCopy("export", std.err, progressEvery)
	index, err := segment.Export(ctx, hub, dir, span, p.tell)
	p.end()
	if err != nil {
		return err
	}
	var bytes, size int64
	for _, s := range index.Segments {
		bytes += s.Bytes
		size += s.Size
	}
	fmt.Fprintf(std.out, "%s: %d entries of %s in %d files, %d bytes (%d unpacked), chain %.12s\n",
		dir, index.Entries, index.Span, len(index.Segments), size, bytes, nameOr(index.Chain, "empty"))
	if index.Missing > 0 {
		fmt.Fprintf(std.out, "the log had lost %d messages in this stretch: see 'quidnunc verify'\n", index.Missing)
	}
	return nil
}

func newImport(std streams) *cobra.Command {
	var at place
	var check bool
	c := &cobra.Command{
		Use:   "import DIR",
		Short: "Put an exported stretch into a log, or check its files",
		Long: `Put the entries of an export into a log, in their order and as they were, behind what it holds.
What the log has already is not put there again. Every file is checked against the chain of hashes
first; with --check, nothing else is done.

A machine that runs on that log steps them: old live reports raise no alert, archives do. To try
rules on an export, import it into a data directory of its own.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			a, err := segment.Open(args[0])
			if err != nil {
				return err
			}
			if !a.Index().Complete {
				fmt.Fprintf(std.err, "%s is not complete: its export was interrupted at sequence %d\n", args[0], a.Index().Next)
			}
			if check {
				return checkExport(std.out, args[0], a)
			}
			return importLog(c.Context(), std, at, a)
		},
	}
	at.flags(c.Flags())
	c.Flags().BoolVar(&check, "check", false, "only check the files")
	return c
}

func checkExport(w io.Writer, dir string, a *segment.Archive) error {
	files := 0
	if err := a.Verify(func(segment.Segment) { files++ }); err != nil {
		return err
	}
	x := a.Index()
	_, err := fmt.Fprintf(w, "%s: %d entries of %s in %d files, all as they were written, chain %.12s\n", dir, x.Entries, x.Span, files, nameOr(x.Chain, "empty"))
	return err
}

func importLog(ctx context.Context, std streams, at place, a *segment.Archive) error {
	h, err := at.make(ctx, std)
	if err != nil {
		return err
	}
	defer h.close()
	p := showCopy("import", std.err, progressEvery)
	got, err := segment.Import(ctx, h.hub, a, p.tell)
	p.end()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%d entries are in the log, %d were there already\n", got.Entries, got.Known)
	return err
}

// spanFlags are a stretch of the log's time.
type spanFlags struct{ from, to string }

func (s *spanFlags) flags(f *pflag.FlagSet) {
	f.StringVar(&s.from, "from", "", "first day or time, such as 2021-10-18 or 2021-10-18T08:30:00Z (default the beginning)")
	f.StringVar(&s.to, "to", "", "day or time to end before (default the end)")
}

func (s *spanFlags) span() (segment.Span, error) {
	from, err := parseTime("from", s.from)
	if err != nil {
		return segment.Span{}, err
	}
	to, err := parseTime("to", s.to)
	if err != nil {
		return segment.Span{}, err
	}
	if !to.IsZero() && !from.Before(to) {
		return segment.Span{}, usagef("--from %s is not before --to %s", s.from, s.to)
	}
	return segment.Span{From: from, To: to}, nil
}

// parseTime reads a day or a time, in UTC unless it says otherwise; "" is the zero time.
func parseTime(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usagef("--%s %q: want a day or a time, such as 2021-10-18 or 2021-10-18T08:30:00Z", flag, s)
}

// copying shows how far a copy is, once it takes long: as a bar on a terminal, else as a JSON object a line.
type copying struct {
	mu   sync.Mutex
	at   segment.Progress
	stop func()
}

func showCopy(what string, w io.Writer, every time.Duration) *copying {
	c := &copying{}
	ctx, cancel := context.WithCancel(context.Background())
	var showing sync.WaitGroup
	show := func(p segment.Progress) {
		if line, err := json.Marshal(p); err == nil {
			fmt.Fprintf(w, "{\"progress\":%s}\n", line)
		}
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		every = min(every, barEvery)
		bar := progressbar.NewOptions64(1, progressbar.OptionSetWriter(w), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))
		show = func(p segment.Progress) {
			bar.ChangeMax64(int64(max(p.Of, p.Done, 1)))
			bar.Describe(fmt.Sprintf("%s %s, %d of %d entries", what, p.At.Format(time.DateOnly), p.Done, p.Of))
			_ = bar.Set64(int64(p.Done)) // a terminal that is gone is no reason to stop
		}
	}
	showing.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				show(c.now())
			case <-ctx.Done():
				return
			}
		}
	})
	c.stop = func() { cancel(); showing.Wait() }
	return c
}

func (c *copying) tell(p segment.Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = p
}

func (c *copying) now() segment.Progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *copying) end() { c.stop() }
