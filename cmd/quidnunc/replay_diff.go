package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/consumer/replay/diff"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/consumer/segment"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

func newReplayDiff(std streams) *cobra.Command {
	d := &diffing{replaying: replaying{std: std}}
	c := &cobra.Command{
		Use:   "diff A B [FILE…]",
		Short: "What would change: alerts added, removed, earlier, later, changed, and why",
		Long: `Compare two replays. A and B are the directories of two results, or two rule files, which are
then replayed over the same past: FILEs, an export's directory, or the log.

Each change says why: which clause no longer holds, which event is coded otherwise and by which
entry of the lexicon, what the rule held back. For two results that were replayed before, name
the FILEs or the export they were made of, so that the articles can be looked at again.

With --fail-over N/day the exit code is 1 where on any day B tells more than N alerts more than A:
for reviews of rules in continuous integration.`,
		Example: `  quidnunc replay diff rules.yaml new.yaml october          # october: an export
  quidnunc replay diff --from 2021-10-01 rules.yaml new.yaml --fail-over 5/day
  quidnunc replay diff replay-3fa9c1d2 replay-b07711e0 --json`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error { return d.run(c.Context(), args[0], args[1], args[2:]) },
	}
	d.flags(c.Flags())
	return c
}

// diffing is one comparison; the replaying it holds is what both sides share.
type diffing struct {
	replaying
	failOver string
	asJSON   bool
	most     int
}

func (d *diffing) flags(f *pflag.FlagSet) {
	d.place.flags(f)
	f.StringVar(&d.from, "from", "", "of rule files: the log's time to tell from")
	f.StringVar(&d.to, "to", "", "of rule files: the log's time to tell up to, itself not included")
	f.StringVar(&d.order, "order", "", "of rule files: log (default for the log and exports) or published (default for FILEs)")
	f.DurationVar(&d.warmup, "warmup", 72*time.Hour, "of rule files: how long before --from the machine is warmed in silence")
	f.BoolVar(&d.recode, "recode", false, "of rule files: code the articles of the log anew")
	f.StringVarP(&d.out, "out", "o", "", "of rule files: directory to keep both results in, under before and after (default: they are not kept)")
	f.StringVar(&d.failOver, "fail-over", "", "fail where on any day B tells more than so many alerts more than A: 5/day")
	f.BoolVar(&d.asJSON, "json", false, "print the difference as JSON")
	f.IntVar(&d.most, "most", 20, "changes of each kind to show")
}

// looked is how many articles are looked at again for reasons.
const looked = 10_000

func (d *diffing) run(ctx context.Context, a, b string, files []string) (err error) {
	limit, err := perDay(d.failOver)
	if err != nil {
		return err
	}
	before, after := a, b
	var rules [2]map[string]rule.Rule
	if !isResult(a) || !isResult(b) {
		if isResult(a) || isResult(b) {
			return usagef("replay diff: %s and %s: want two results or two rule files", a, b)
		}
		var forget func() error
		if before, after, forget, err = d.both(ctx, a, b, files); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, forget()) }()
		if rules, err = bothRules(a, b); err != nil {
			return err
		}
	}
	difference, err := d.compare(ctx, before, after, files, rules)
	if err != nil {
		return err
	}
	if err := d.show(difference); err != nil {
		return err
	}
	if day, more := difference.Worst(); d.failOver != "" && more > limit {
		return fmt.Errorf("replay diff: %d alerts more on %s, --fail-over %s", more, day, d.failOver)
	}
	return nil
}

func (d *diffing) show(difference diff.Difference) error {
	if !d.asJSON {
		difference.WriteTable(d.std.out, d.most)
		return nil
	}
	data, err := json.MarshalIndent(difference, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(d.std.out, "%s\n", data)
	return err
}

// perDay reads "5/day".
func perDay(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	number, ok := strings.CutSuffix(s, "/day")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 0 {
		return 0, usagef("--fail-over %q: want alerts a day, such as 5/day", s)
	}
	return n, nil
}

func isResult(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, replay.SummaryFile))
	return err == nil
}

// both replays two rule files over the same past.
func (d *diffing) both(ctx context.Context, a, b string, files []string) (before, after string, forget func() error, err error) {
	dir, forget := d.out, func() error { return nil }
	if dir == "" {
		if dir, err = os.MkdirTemp("", "quidnunc-diff-"); err != nil {
			return "", "", nil, err
		}
		forget = func() error { return os.RemoveAll(dir) }
	}
	before, after = filepath.Join(dir, "before"), filepath.Join(dir, "after")
	for name, rules := range map[string]string{before: a, after: b} {
		one := d.replaying // a copy: each run opens and closes its own
		one.std = streams{out: io.Discard, err: d.std.err}
		one.speed, one.format, one.api = "max", "text", off
		one.out, one.rules, one.files = name, []string{rules}, slices.Clone(files)
		if err := one.run(ctx); err != nil {
			return "", "", nil, errors.Join(fmt.Errorf("replay of %s: %w", rules, err), forget())
		}
	}
	return before, after, forget, nil
}

func bothRules(a, b string) (out [2]map[string]rule.Rule, err error) {
	for i, file := range []string{a, b} {
		book, err := rulebook.Load(file)
		if err != nil {
			return out, &usageError{err}
		}
		out[i] = map[string]rule.Rule{}
		for _, r := range book.Rules {
			out[i][r.Name] = r
		}
	}
	return out, nil
}

func (d *diffing) compare(ctx context.Context, before, after string, files []string, rules [2]map[string]rule.Rule) (diff.Difference, error) {
	first, err := replay.ReadResult(before)
	if err != nil {
		return diff.Difference{}, err
	}
	second, err := replay.ReadResult(after)
	if err != nil {
		return diff.Difference{}, err
	}
	difference, err := diff.Compare(first, second)
	if err != nil {
		return diff.Difference{}, err
	}
	evidence := [2]diff.Evidence{{Rules: rules[0]}, {Rules: rules[1]}}
	if wanted := difference.Articles(looked); len(wanted) > 0 && (len(files) > 0 || rules[0] != nil) {
		again := reread{wanted: wanted, stored: map[news.ID]*news.Report{}, coded: map[news.ID]*news.Report{}}
		if err := again.read(ctx, d, files); err != nil {
			return diff.Difference{}, err
		}
		evidence[0].Reports, evidence[1].Reports = again.as(first.Summary), again.as(second.Summary)
	}
	difference.Explain(gazetteer.Default(), evidence[0], evidence[1])
	return difference, nil
}

// reread is the articles that differ, read again: as they are stored, and as this version codes them.
type reread struct {
	wanted        map[news.ID]bool
	stored, coded map[news.ID]*news.Report
}

func (x *reread) read(ctx context.Context, d *diffing, files []string) error {
	entry := func(subject string, data []byte) error {
		if wire.Kind(subject) != wire.ReportKind {
			return nil
		}
		if r, err := wire.DecodeReport(data); err == nil {
			x.take(r, true)
		}
		return ctx.Err()
	}
	if len(files) == 0 {
		hub, done, err := d.attach(ctx, d.std)
		if err != nil {
			return err
		}
		defer done()
		return hub.Scan(ctx, stream.Reports, wire.ReportKind+".>", 1, func(m stream.Stored) error { return entry(m.Subject, m.Data) })
	}
	if len(files) == 1 {
		if a, err := segment.Open(files[0]); err == nil {
			for e, err := range a.Entries(segment.Span{}, 0) {
				if err := errors.Join(err, entry(e.Subject, e.Data)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return x.readFiles(ctx, files)
}

func (x *reread) readFiles(ctx context.Context, files []string) (err error) {
	source, err := openFiles(files)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	for {
		e, err := source.Next(ctx)
		bad := new(replay.BadEntry)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &bad):
		case err != nil:
			return err
		default:
			x.take(*e.Report, !e.Uncoded)
		}
	}
}

func (x *reread) take(r news.Report, stored bool) {
	if !x.wanted[r.Article.ID] {
		return
	}
	if stored {
		x.stored[r.Article.ID] = &r
	}
	coded := r
	x.coded[r.Article.ID] = &coded
}

// as gives the articles as a replay had them coded; those that this version cannot code as it did are left out.
func (x *reread) as(s replay.Summary) map[news.ID]*news.Report {
	own := newCoder()
	out := map[news.ID]*news.Report{}
	for id := range x.wanted {
		stored, coded := x.stored[id], x.coded[id]
		switch {
		case stored != nil && slices.Contains(s.Coders, stored.Coder) && !(s.Scope.Recoded && slices.Contains(s.Coders, own.Name())):
			out[id] = stored
		case coded != nil && slices.Contains(s.Coders, own.Name()):
			again := *coded
			again.Events, again.Coder = own.Code(again.Article), own.Name()
			out[id] = &again
		}
	}
	return out
}
