package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/past"
	"github.com/quidnunc-news/quidnunc/consumer/past/copies"
	"github.com/quidnunc-news/quidnunc/consumer/past/shelf"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

func newRulesPreview(std streams) *cobra.Command {
	p := previewer{large: largeMemory}
	c := &cobra.Command{
		Use:   "preview NAME [FILE…]",
		Short: "Say what a rule would have told, before it goes live",
		Long: `Say what a rule would have told, had it been in force for so many days: the rule of rule files
or, without any, the one in force. It is what the machine would have told, exactly: candidates
come from an index of the log, and the stored reports decide.

The index is kept beside the log and grows by what came since the last preview; the first one
reads the whole log. Where a large log has gained less than a hundredth, the answer comes first
and says how much it leaves out; --fresh has it wait. The index is checked by its hashes and made
anew when it is damaged. Nothing is stored in the log, nobody is told.`,
		Example: "  quidnunc rules preview russia-nato-rupture --days 90 rules.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			p.std = std
			return p.run(c.Context(), args[0], args[1:])
		},
	}
	p.at.flags(c.Flags())
	c.Flags().IntVar(&p.days, "days", 90, "how many days of the log's time, up to its end")
	c.Flags().IntVar(&p.shown, "show", 10, "how many of the latest alerts to show")
	c.Flags().StringVar(&p.index, "index", "", "directory of the index (default past in the data directory)")
	c.Flags().BoolVar(&p.fresh, "fresh", false, "take in what the log has gained before the answer, however little it is")
	c.Flags().BoolVar(&p.asJSON, "json", false, "print one JSON object")
	return c
}

type previewer struct {
	at          place
	std         streams
	days, shown int
	index       string
	asJSON      bool
	fresh       bool
	large       int64 // bytes of memory that the index takes up in more than a moment
	headway     headway
}

func (p *previewer) run(ctx context.Context, name string, files []string) error {
	if p.days < 1 {
		return usagef("--days %d: want 1 or more", p.days)
	}
	var book rulebook.Book
	if len(files) > 0 {
		var err error
		if book, err = rulebook.Load(files...); err != nil {
			return &usageError{err}
		}
	}
	hub, done, err := p.at.attach(ctx, p.std)
	if err != nil {
		return err
	}
	defer done()
	rules := book.Rules
	if len(files) == 0 {
		if rules, err = rulesInForce(ctx, hub); err != nil {
			return err
		}
	}
	chosen, err := named(rules, []string{name})
	if err != nil {
		return err
	}
	found, err := p.preview(ctx, hub, chosen[0])
	if err != nil {
		return err
	}
	if p.asJSON {
		err = json.NewEncoder(p.std.out).Encode(found)
	} else {
		_, err = io.WriteString(p.std.out, found.String())
	}
	if err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	if found.Behind > 0 {
		return p.catchUp(ctx, hub)
	}
	return nil
}

// preview asks the index, which is filled anew where it turns out to be damaged.
func (p *previewer) preview(ctx context.Context, hub *stream.Hub, r rule.Rule) (foreseen, error) {
	dir, err := p.dir()
	if err != nil {
		return foreseen{}, err
	}
	s, why, err := shelf.Open(dir)
	if err != nil {
		return foreseen{}, err
	}
	last, err := hub.Last(ctx, stream.Reports)
	if err != nil {
		return foreseen{}, err
	}
	same, err := s.Of(ctx, history{hub})
	if err != nil {
		return foreseen{}, err
	}
	if s.Next() > last+1 || !same {
		why = "the log is another one"
		if err := s.Clear(); err != nil {
			return foreseen{}, err
		}
	}
	if why != "" && why != "it is new" {
		fmt.Fprintf(p.std.err, "the index in %s is made anew: %s\n", dir, why)
	}
	p.headway.w = p.std.err
	defer p.headway.end()
	found, err := p.ask(ctx, hub, s, last, r)
	if shelf.Damaged(err) { // or another preview replaced what this one was about to read
		if s, _, err = shelf.Open(dir); err == nil {
			found, err = p.ask(ctx, hub, s, last, r)
		}
	}
	if shelf.Damaged(err) {
		fmt.Fprintf(p.std.err, "the index in %s is made anew: %v\n", dir, err)
		if err = s.Clear(); err == nil {
			found, err = p.ask(ctx, hub, s, last, r)
		}
	}
	return found, err
}

// An index whose machine remembers much is taken up in seconds. While the log has gained little it is asked as it is, and
// takes that in when the answer is told.
const (
	manyEntries = 20000    // the index takes in more than a moment
	largeMemory = 16 << 20 // bytes
	little      = 100      // of so much one
)

// behind is how many of the messages that the log has gained the answer leaves out; 0: the index takes them in before it.
func (p *previewer) behind(s *shelf.Shelf, last uint64) (uint64, error) {
	gained := last + 1 - s.Next()
	if p.fresh || gained*little > s.Next() {
		return 0, nil
	}
	size, err := s.Size()
	if err != nil || size.Memory < p.large {
		return 0, err
	}
	return gained, nil
}

// ask asks the index of what the log has up to a place.
func (p *previewer) ask(ctx context.Context, hub *stream.Hub, s *shelf.Shelf, last uint64, r rule.Rule) (foreseen, error) {
	found := foreseen{Rule: r.Name, Days: p.days, shown: p.shown, perDay: map[string]int{}}
	var err error
	if found.Behind, err = p.behind(s, last); err != nil {
		return foreseen{}, err
	}
	if found.Behind == 0 {
		began, had := time.Now(), s.Entries()
		if err := p.grow(ctx, hub, s, last); err != nil {
			return foreseen{}, err
		}
		found.Indexed, found.IndexSeconds = s.Entries()-had, time.Since(began).Seconds()
	}
	if s.Entries() == 0 {
		return found, nil
	}
	began := time.Now()
	copied, err := s.Copied(ctx, history{hub}, func(err error) {
		fmt.Fprintf(p.std.err, "copies of reports in the index are damaged, and the log is read in their place: %v; without the directory %s it is made anew\n", err, s.Dir())
	})
	if err != nil {
		return foreseen{}, err
	}
	p.headway.begin("candidates")
	answer, err := past.Ask(ctx, s, copied, past.Question{
		Rule: r, Gazetteer: gazetteer.Default(), From: s.Newest().AddDate(0, 0, -p.days), Told: found.add,
		Progress: func(read, of int) { p.headway.tell(read, float64(read)/float64(of)) },
	})
	p.headway.end()
	if err = errors.Join(err, copied.Close()); err != nil {
		return foreseen{}, err
	}
	found.finish(answer, time.Since(began))
	return found, nil
}

// grow lets the index take in what the log has gained.
func (p *previewer) grow(ctx context.Context, hub *stream.Hub, s *shelf.Shelf, last uint64) error {
	from := s.Next()
	if s.Entries() == 0 && last > manyEntries {
		fmt.Fprintf(p.std.err, "the index is made of the whole log, %d messages; later previews take in only what the log has gained\n", last)
	}
	p.headway.begin("index, entries")
	defer p.headway.end()
	return s.Grow(ctx, history{hub}, func(n int, seq uint64) { p.headway.tell(n, float64(seq+1-from)/float64(max(last, seq)+1-from)) })
}

// catchUp lets the index take in what it was behind. One that turns out to be damaged is made anew by the next preview.
func (p *previewer) catchUp(ctx context.Context, hub *stream.Hub) error {
	dir, err := p.dir()
	if err != nil {
		return err
	}
	s, _, err := shelf.Open(dir)
	if err != nil {
		return err
	}
	last, err := hub.Last(ctx, stream.Reports)
	if err != nil {
		return err
	}
	err = p.grow(ctx, hub, s, last)
	if shelf.Damaged(err) {
		fmt.Fprintf(p.std.err, "the next preview makes the index in %s anew: %v\n", dir, err)
		err = s.Clear()
	}
	return err
}

// dir is where the index of this log is.
func (p *previewer) dir() (string, error) {
	if p.index != "" {
		return p.index, nil
	}
	if p.at.url == "" {
		dir, err := p.at.dir()
		return filepath.Join(dir, "past"), err
	}
	dir, err := stateDir(stateName)
	return filepath.Join(dir, fmt.Sprintf("past-%.8x", sha256.Sum256([]byte(p.at.url+" "+p.at.prefix)))), err
}

// history is the log as the index and the previews read it. What cannot be decoded is passed over, as the machine does.
type history struct{ hub *stream.Hub }

// Scan reads what was told of the reports, too, and leaves it: a server takes longer to find what is wanted in between.
func (h history) Scan(ctx context.Context, from uint64, handle func(copies.Message) error) error {
	return h.hub.Scan(ctx, stream.Reports, "", from, func(m stream.Stored) error {
		if strings.HasPrefix(m.Subject, wire.ToldKind+".") {
			return nil
		}
		return handle(copies.Message{Seq: m.Seq, Subject: m.Subject, Data: m.Data})
	})
}

// First is the place of the first message that the log holds.
func (h history) First(ctx context.Context) (uint64, error) {
	return h.hub.SequenceAt(ctx, stream.Reports, time.Time{})
}

func (h history) Entries(ctx context.Context, seqs []uint64, handle func(uint64, news.Entry) error) error {
	return h.hub.Pick(ctx, stream.Reports, seqs, func(m stream.Stored) error {
		e, err := wire.DecodeEntry(m.Subject, m.Data)
		if err != nil {
			return nil //nolint:nilerr // it was buried when it was stepped
		}
		return handle(m.Seq, e)
	})
}

// foreseen is what a rule would have told.
type foreseen struct {
	Rule         string                 `json:"rule"`
	Days         int                    `json:"days"`
	Start        time.Time              `json:"start"`
	End          time.Time              `json:"end"`
	Reports      int                    `json:"reports"`
	Candidates   int                    `json:"candidates"`
	Lost         int                    `json:"lost"` // candidates that the log does not hold any more
	Alerts       int                    `json:"alerts"`
	Revisions    int                    `json:"revisions"` // of alerts, the first ones among them
	Suppressed   map[machine.Reason]int `json:"suppressed"`
	PerDay       []daily                `json:"per_day"`
	Latest       []glimpse              `json:"latest"`
	Indexed      int                    `json:"indexed"` // entries that the index took in for this
	IndexSeconds float64                `json:"index_seconds"`
	Behind       uint64                 `json:"behind"` // messages at the log's end that the index takes in after this
	Seconds      float64                `json:"seconds"`

	shown  int
	perDay map[string]int
	oldest time.Time // day of an alert
}

type daily struct {
	Day    string `json:"day"`
	Alerts int    `json:"alerts"`
}

// glimpse is an alert in a line.
type glimpse struct {
	ID       news.ID       `json:"id"`
	At       time.Time     `json:"at"`
	Severity news.Severity `json:"severity"`
	Title    string        `json:"title"`
	Quote    string        `json:"quote,omitempty"`
	URL      string        `json:"url,omitempty"`
}

func (f *foreseen) add(a news.Alert) error {
	f.Revisions++
	if a.Change != news.New {
		return nil
	}
	f.Alerts++
	day := a.At.UTC().Truncate(24 * time.Hour)
	f.perDay[day.Format(time.DateOnly)]++
	if f.oldest.IsZero() || day.Before(f.oldest) {
		f.oldest = day
	}
	if f.shown < 1 {
		return nil
	}
	g := glimpse{ID: a.ID, At: a.At.UTC(), Severity: a.Severity, Title: a.Article.Title, URL: a.Article.URL}
	if len(a.Events) > 0 && len(a.Events[0].Cites) > 0 {
		g.Quote = a.Events[0].Cites[0].Quote
	}
	if f.Latest = append(f.Latest, g); len(f.Latest) > f.shown {
		f.Latest = f.Latest[1:]
	}
	return nil
}

func (f *foreseen) finish(a past.Answer, took time.Duration) {
	f.Start, f.End, f.Reports, f.Candidates, f.Lost, f.Suppressed = a.Start, a.End, a.Reports, a.Candidates, a.Lost, a.Suppressed
	f.Seconds = took.Seconds()
	begin := a.Start.UTC().Truncate(24 * time.Hour)
	if !f.oldest.IsZero() && f.oldest.Before(begin) { // an article may come behind younger ones
		begin = f.oldest
	}
	for day := begin; !day.After(a.End); day = day.AddDate(0, 0, 1) {
		name := day.Format(time.DateOnly)
		f.PerDay = append(f.PerDay, daily{name, f.perDay[name]})
	}
}

// String is the preview for people.
func (f foreseen) String() string {
	if f.Reports == 0 {
		return "the log has no reports yet\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s from %s to %s:\n", f.Rule, f.Start.UTC().Format(time.DateOnly), f.End.UTC().Format(time.DateOnly))
	fmt.Fprintf(&b, "  %d alerts, %d revisions of them", f.Alerts, f.Revisions-f.Alerts)
	if f.Alerts > 0 {
		most := slices.MaxFunc(f.PerDay, func(a, b daily) int { return a.Alerts - b.Alerts })
		fmt.Fprintf(&b, ": %.1f alerts a day, at most %d on %s\n  %s", float64(f.Alerts)/float64(len(f.PerDay)), most.Alerts, most.Day, spark(f.PerDay))
	}
	b.WriteByte('\n')
	if len(f.Suppressed) > 0 {
		b.WriteString("  suppressed:")
		for _, reason := range slices.Sorted(maps.Keys(f.Suppressed)) {
			fmt.Fprintf(&b, " %d %s", f.Suppressed[reason], reason)
		}
		b.WriteByte('\n')
	}
	for _, g := range f.Latest {
		fmt.Fprintf(&b, "  %s  %s  %s", g.At.Format("2006-01-02 15:04"), g.ID.Short(), g.Severity)
		for _, words := range []string{nameOr(g.Title, g.URL), g.Quote} {
			if words != "" {
				fmt.Fprintf(&b, "\n    %s", words)
			}
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%d of %d reports were read, in %.2f s", f.Candidates, f.Reports, f.Seconds)
	if f.Indexed > 0 {
		fmt.Fprintf(&b, "; the index took in %d entries, in %.2f s", f.Indexed, f.IndexSeconds)
	}
	if f.Behind > 0 {
		fmt.Fprintf(&b, "; the %d latest messages of the log are taken in now, for the next preview", f.Behind)
	}
	if f.Lost > 0 {
		fmt.Fprintf(&b, "; %d are not in the log any more, and what they would have told is missing", f.Lost)
	}
	return b.String() + "\n"
}

// width bounds a spark, in letters.
const width = 90

// spark is a letter for a day, or for as many days as let it fit, its height the alerts of them.
func spark(days []daily) string {
	each := (len(days) + width - 1) / width
	var sums []int
	for d := range slices.Chunk(days, each) {
		sum := 0
		for _, x := range d {
			sum += x.Alerts
		}
		sums = append(sums, sum)
	}
	heights, most := []rune("▁▂▃▄▅▆▇█"), slices.Max(sums)
	var b strings.Builder
	for _, n := range sums {
		if n == 0 {
			b.WriteByte('.')
			continue
		}
		b.WriteRune(heights[(n*len(heights)-1)/most])
	}
	return b.String()
}
