package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

func newReplay(std streams) *cobra.Command {
	r := &replaying{std: std}
	c := &cobra.Command{
		Use:   "replay [FILE…]",
		Short: "Yesterday's news through today's rules: when would a rule have told what?",
		Long: `Step the past through the machine that also runs live, and keep what it says in a directory:
alerts.jsonl (one revision of an alert a line), summary.json and report.html, a page for people.
Nothing of it reaches a receiver.

The past is the log of this instance, the directory of a 'quidnunc export', or FILEs in every
form that 'quidnunc code' reads, web archives and GDELT rows included; articles are coded, rows
are taken as they are coded.
--from and --to choose by the log's time. Before --from the machine is warmed in silence
(--warmup), from nothing or from a snapshot (--base); what is new is known from there on.

Without --rules the rules that the log or the export tells apply as they did then. With --order log reports
come as they lie in the log or the files; with --order published (which is what FILEs get)
they come in the order of publication.

The last four lines prove what was replayed: the same input, rules and coder give the same
output, on any number of processors, at any speed, after any interruption. Ctrl-C (and even a
kill) leaves a checkpoint in the directory: the same command goes on there.

At the terminal: space pauses and goes on, s lets one report pass, q ends and leaves a checkpoint.
Programs find the same under --api: GET /v1/replay, POST /v1/replay/pause, /resume, /step?n=1,
/speed?x=60.`,
		Example: `  quidnunc replay --from 2021-10-01 --to 2021-11-01 --rules new.yaml
  quidnunc replay --rules new.yaml archive/*.warc.gz 20211018*.export.CSV.zip
  quidnunc replay --rules new.yaml october                   # an export's directory
  quidnunc replay --from 2021-10-18 --speed 60 --publish     # a day in 24 minutes, for dashboards
  quidnunc replay --rules new.yaml --format junit news.jsonl # for continuous integration`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, files []string) error {
			r.files = append(r.files, files...)
			return r.run(c.Context())
		},
	}
	r.flags(c.Flags())
	c.AddCommand(newReplayDiff(std))
	for flag, values := range map[string][]string{"format": replayFormats, "source": {"stream"}, "base": {"latest"}} {
		if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveDefault)); err != nil {
			panic(err) // the flag is not there: a bug of this program
		}
	}
	return c
}

// replaying is one replay, as it was asked for.
type replaying struct {
	place
	look
	std streams

	from, to, speed, order, source string
	base, out, format              string
	api, receiver                  string
	warmup, every                  time.Duration
	rules, files                   []string
	config                         string
	recode, publish                bool
	workers                        int

	log     *slog.Logger
	request string // names what was asked for
	book    rulebook.Book
	close   []func() error
}

func (r *replaying) flags(f *pflag.FlagSet) {
	r.place.flags(f)
	r.look.flags(f)
	f.StringVar(&r.from, "from", "", "the log's time to tell from: 2021-10-01, or with a time of day 2021-10-01T12:00:00Z")
	f.StringVar(&r.to, "to", "", "the log's time to tell up to, itself not included")
	f.StringSliceVar(&r.rules, "rules", nil, "rule files to replay under (default: the rules of the log, as they were then)")
	f.StringVar(&r.speed, "speed", "max", "max, or how many times as fast as the news came: 1, 60, 3600")
	f.StringVar(&r.source, "source", "", "stream (the log; default without FILEs) or a FILE")
	f.StringVar(&r.order, "order", "", "log (as it lies there; default for the log) or published (default for FILEs)")
	f.StringVar(&r.base, "base", "", "snapshot of the live machine to begin with: latest, or its sequence ('quidnunc status')")
	f.DurationVar(&r.warmup, "warmup", 72*time.Hour, "how long before --from the machine is warmed in silence")
	f.BoolVar(&r.recode, "recode", false, "code the articles of the log anew")
	f.StringVarP(&r.out, "out", "o", "", "directory of the result (default replay-ID, by what is asked for)")
	f.StringVar(&r.format, "format", "text", "text, json (summary.json on standard output) or junit (junit.xml in the directory too)")
	f.StringVar(&r.receiver, "deliver-to", "", "send each alert, marked as a replay's, to this one receiver of --rules or --config")
	f.BoolVar(&r.publish, "publish", false, "publish events and alerts under <prefix>.replay.ID.>, for a day")
	f.StringVarP(&r.config, "config", "c", "", "configuration file: for its receivers, its data directory and its API token")
	f.StringVar(&r.api, "api", "", "address to pause and step at, or 'off' (default "+defaultAPI+", or the next free port)")
	f.IntVar(&r.workers, "workers", 0, "entries prepared at once (default: as many as there are processors)")
	f.DurationVar(&r.every, "checkpoint", 10*time.Second, "how often to note how far it is, so that a kill costs no more")
}

func (r *replaying) run(ctx context.Context) (err error) {
	defer replay.CollectSeldom()()
	cfg, err := r.plan()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.end()) }()
	switch exported := r.exported(); {
	case len(r.files) == 0:
		err = r.openLog(ctx, &cfg)
	case exported != nil:
		err = r.openExport(&cfg, exported)
	default:
		err = r.openFiles(&cfg)
	}
	if err != nil {
		return err
	}
	found, err := r.watched(ctx, cfg)
	return errors.Join(err, r.tell(cfg.Dir, found, err))
}

func (r *replaying) end() error {
	var errs []error
	for _, f := range slices.Backward(r.close) {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// plan checks all that can be checked before anything is opened.
func (r *replaying) plan() (cfg replay.Config, err error) {
	if r.log, err = newLog(r.std.err, r.level); err != nil {
		return cfg, err
	}
	if r.source != "" && r.source != "stream" {
		r.files = append(r.files, r.source)
	}
	if r.source == "stream" && len(r.files) > 0 {
		return cfg, usagef("--source stream and FILEs: one of them")
	}
	if !slices.Contains(replayFormats, r.format) {
		return cfg, usagef("--format %q: want %s", r.format, strings.Join(replayFormats, ", "))
	}
	if len(r.files) > 0 && (r.base != "" || r.publish) {
		return cfg, usagef("--base and --publish are for the log, not for FILEs")
	}
	control := &replay.Control{}
	cfg = replay.Config{
		Actors: gazetteer.Default(), Coder: newCoder(), Sketch: sketched, Recode: r.recode, Ours: oursAlone(newCoder().Name()),
		Warmup: r.warmup, Control: control, Workers: r.workers, Every: r.every, Log: r.log, Kind: "stream", Order: replay.Order(r.order),
	}
	if err := r.times(&cfg, control); err != nil {
		return cfg, err
	}
	if err := r.readRules(&cfg); err != nil {
		return cfg, err
	}
	if cfg.Order == replay.Published && cfg.Rules == nil {
		return cfg, usagef("--order published: the log tells its rules in the order in which they came: name those to replay under with --rules")
	}
	return cfg, nil
}

var replayFormats = []string{"text", "json", "junit"}

func (r *replaying) times(cfg *replay.Config, control *replay.Control) (err error) {
	if cfg.From, err = logTime("--from", r.from); err != nil {
		return err
	}
	if cfg.To, err = logTime("--to", r.to); err != nil {
		return err
	}
	if !cfg.From.IsZero() && !cfg.To.IsZero() && !cfg.From.Before(cfg.To) {
		return usagef("--from %s is not before --to %s", r.from, r.to)
	}
	if r.warmup < 0 || r.every < 0 || r.workers < 0 {
		return usagef("--warmup %v, --checkpoint %v, --workers %d: not negative", r.warmup, r.every, r.workers)
	}
	switch cfg.Order {
	case "", replay.Log, replay.Published:
	default:
		return usagef("--order %q: want log or published", r.order)
	}
	if r.speed == "max" {
		return nil
	}
	x, err := strconv.ParseFloat(r.speed, 64)
	if err != nil || x <= 0 || control.Pace(x) != nil {
		return usagef("--speed %q: want max, or how many times as fast as the news came, such as 60", r.speed)
	}
	return nil
}

// logTime reads a day or an instant.
func logTime(flag, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04", "2006-01"} {
		if at, err := time.Parse(form, value); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, usagef("%s %q: want a day such as 2021-10-01, or a time such as 2021-10-01T12:00:00Z", flag, value)
}

// readRules reads the rules to replay under and the receivers that are described.
func (r *replaying) readRules(cfg *replay.Config) error {
	if r.config != "" {
		c, err := readConfig(r.config)
		if err != nil {
			return err
		}
		r.data, r.prefix, r.url, r.creds = nameOr(r.data, c.Data), nameOr(r.prefix, c.Prefix), nameOr(r.url, c.NATS.URL), nameOr(r.creds, c.NATS.Creds)
		r.tls = c.NATS.TLS.under(r.tls)
		if r.book, err = rulebook.Load(paths(c.Rules)...); err != nil {
			return &usageError{err}
		}
	}
	if len(r.rules) == 0 {
		if len(r.files) > 0 && r.exported() == nil {
			return usagef("FILEs tell no rules: name them with --rules")
		}
		return nil
	}
	given, err := rulebook.Load(r.rules...)
	if err != nil {
		return &usageError{err}
	}
	body, hash := rulebook.Encode(given.Rules)
	rules, err := rulebook.Decode(body) // in the order in which live has them
	if err != nil {
		return err
	}
	var names []string
	for _, f := range r.rules {
		names = append(names, filepath.Base(f))
	}
	cfg.Rules = &replay.Rules{Name: strings.Join(names, ", "), Hash: hash, Rules: rules}
	r.book.Receivers = append(given.Receivers, r.book.Receivers...)
	return nil
}

// tell says what was found.
func (r *replaying) tell(dir *replay.Dir, s replay.Summary, failed error) error {
	if s.Version == 0 {
		return nil // it came to nothing
	}
	if err := writeReport(dir.Path); err != nil {
		return err
	}
	if r.format == "junit" {
		if err := writeJUnit(filepath.Join(dir.Path, "junit.xml"), s); err != nil {
			return err
		}
	}
	if r.format == "json" {
		text, err := os.ReadFile(filepath.Join(dir.Path, replay.SummaryFile))
		if err != nil {
			return err
		}
		_, err = r.std.out.Write(text)
		return err
	}
	w := r.std.out
	fmt.Fprintf(w, "replay   %s to %s: %d reports, %d events, %d alerts of %d rules (%d updates, %d retractions), %d dead\n", day(s.Started), day(s.Ended),
		s.Entries.Reports, s.Events, s.Alerts.New, len(s.Rules), s.Alerts.Updated, s.Alerts.Retracted, s.Entries.Dead)
	printGaps(w, s.Gaps)
	for _, d := range s.Dead {
		fmt.Fprintf(w, "dead     %s: %s\n", d.Where, d.Why)
	}
	for _, warning := range s.Warnings {
		fmt.Fprintf(w, "note     %s\n", warning)
	}
	fmt.Fprintf(w, "result   %s\n", dir.Path)
	if failed != nil {
		fmt.Fprintf(w, "open     %d entries are done: the same command goes on there\n", s.Position.Entries)
	}
	printHashes(w, s.Hashes)
	return nil
}

// shown is how many gaps are shown; summary.json has all of them.
const shown = 3

// printGaps tells of the worst gaps: those that lost something, then the longest.
func printGaps(w io.Writer, gaps []replay.Gap) {
	worst := slices.Clone(gaps)
	slices.SortStableFunc(worst, func(a, b replay.Gap) int {
		return cmp.Or(cmp.Compare(b.Lost, a.Lost), cmp.Compare(b.To.Sub(b.From), a.To.Sub(a.From)))
	})
	for i, g := range worst {
		if i == shown {
			fmt.Fprintf(w, "gap      and %d more, in %s\n", len(worst)-i, replay.SummaryFile)
			return
		}
		fmt.Fprintf(w, "gap      %s to %s: %s\n", day(g.From), day(g.To), g.Why)
	}
}

// printHashes are the four lines that prove a replay.
func printHashes(w io.Writer, h replay.Hashes) {
	fmt.Fprintf(w, "input %s\nrules %s\ncoder %s\noutput %s\n", h.Input, h.Rules, h.Coder, h.Output)
}

func day(t time.Time) string {
	if t.IsZero() {
		return "nothing"
	}
	return t.UTC().Format(time.DateOnly)
}

// writeReport writes report.html.
func writeReport(dir string) error {
	result, err := replay.ReadResult(dir)
	if err != nil {
		return err
	}
	return replay.WriteReport(result)
}

func writeJUnit(name string, s replay.Summary) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(replay.WriteJUnit(f, s), f.Close())
}
