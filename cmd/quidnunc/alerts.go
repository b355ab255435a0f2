package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/user"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/desk"
	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func newAlerts(std streams) *cobra.Command {
	c := group(&cobra.Command{
		Use:   "alerts",
		Short: "Look at alerts, take them on, say whether they were right",
	})
	c.AddCommand(newAlertsList(std), newAlertsShow(std), newAlertsAck(std), newAlertsMark(std), newAlertsExport(std))
	return c
}

func newAlertsList(std streams) *cobra.Command {
	var at place
	var look look
	var q desk.Query
	var since, severity string
	c := &cobra.Command{
		Use:   "list",
		Short: "List alerts, the newest first, a line each",
		Example: `  quidnunc alerts list --since 72h --open
  quidnunc alerts list --rule russia-nato-rupture --since 2026-01-01`,
		Args: cobra.NoArgs,
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, _ []string) error {
		style, err := look.style(std.out)
		if err != nil {
			return err
		}
		if q.Since, err = desk.ParseSince(since, time.Now()); err != nil {
			return &usageError{err}
		}
		q.Severity = news.Severity(severity)
		cases, err := newDesk(hub).List(ctx, q)
		if err != nil {
			return err
		}
		for _, one := range cases {
			fmt.Fprintln(std.out, notify.RenderLine(one.Alert, style)+said(one))
		}
		if len(cases) == 0 {
			fmt.Fprintln(std.out, "no alerts; --since looks further back")
		}
		return nil
	})
	at.flags(c.Flags())
	look.flags(c.Flags())
	c.Flags().StringVar(&since, "since", "24h", "how far back: 24h, a day or a time")
	c.Flags().StringVar(&q.Rule, "rule", "", "only of this rule")
	c.Flags().StringVar(&severity, "severity", "", "only of this severity")
	c.Flags().BoolVar(&q.Open, "open", false, "only those that nobody has acknowledged and that were not retracted")
	c.Flags().IntVar(&q.Limit, "limit", 100, "how many at most")
	return c
}

// said is what people said of an alert, behind its line.
func said(c desk.Case) string {
	var parts []string
	if c.Ack != nil {
		parts = append(parts, "acked by "+c.Ack.By)
	}
	if c.Mark != nil {
		parts = append(parts, judged(*c.Mark))
	}
	if len(parts) == 0 {
		return ""
	}
	return "  " + strings.Join(parts, ", ")
}

func judged(m desk.Mark) string {
	if m.Useful {
		return "useful"
	}
	wrong := make([]string, len(m.Wrong))
	for i, f := range m.Wrong {
		wrong[i] = string(f)
	}
	return "wrong: " + strings.Join(wrong, ", ")
}

func newAlertsShow(std streams) *cobra.Command {
	var at place
	var look look
	c := &cobra.Command{
		Use:   "show ID…",
		Short: "Show alerts whole, with their deliveries and what people said",
		Long:  "Show alerts whole: the newest revision, each delivery of each revision, who took it on, how it\nwas judged. The first 8 characters of an ID suffice.",
		Args:  cobra.MinimumNArgs(1),
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, ids []string) error {
		style, err := look.style(std.out)
		if err != nil {
			return err
		}
		for _, id := range ids {
			one, err := newDesk(hub).Find(ctx, id)
			if err != nil {
				return err
			}
			if err := showCase(std.out, one, style); err != nil {
				return err
			}
		}
		return nil
	})
	at.flags(c.Flags())
	look.flags(c.Flags())
	return c
}

func showCase(w io.Writer, c desk.Case, style notify.Style) error {
	fmt.Fprint(w, notify.Render(c.Alert, style))
	fmt.Fprintf(w, "  id %s, %d revisions, rule %s\n", c.Alert.ID, c.Revisions, c.Alert.Rule)
	if c.Ack != nil {
		fmt.Fprintf(w, "  acknowledged by %s at %s %s\n", c.Ack.By, c.Ack.At.Format(time.DateTime), c.Ack.Comment)
	}
	if c.Mark != nil {
		fmt.Fprintf(w, "  marked %s by %s at %s %s\n", judged(*c.Mark), c.Mark.By, c.Mark.At.Format(time.DateTime), c.Mark.Comment)
	}
	return writeRows(w, c.Rows, true)
}

// writeRows lists deliveries, a line each, with or without their attempts.
func writeRows(w io.Writer, rows []courier.Row, attempts bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		state := string(r.State)
		if r.Reason != "" {
			state += " (" + string(r.Reason) + ")"
		}
		id, revision, _ := strings.Cut(r.Alert, ".")
		fmt.Fprintf(t, "  %s.%s\t%s\t%s\t%s\t%d attempts\t%s\t%s\n", news.ID(id).Short(), revision, r.Receiver, state, r.Changed.UTC().Format(time.DateTime), r.Attempts, r.Note, r.Error)
		if !attempts {
			continue
		}
		for _, a := range r.Log {
			outcome := a.Error
			if outcome == "" {
				outcome = "taken"
			}
			fmt.Fprintf(t, "    \t%s\t%d ms\t%s\t\t\t\n", a.At.UTC().Format(time.DateTime), a.Milliseconds, outcome)
		}
	}
	return t.Flush()
}

// whoami is who acts where nobody is named.
func whoami() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

func newAlertsAck(std streams) *cobra.Command {
	var at place
	var by, comment string
	c := &cobra.Command{
		Use:   "ack ID…",
		Short: "Take alerts on: they do not escalate any more",
		Long: `Say that somebody has taken alerts on: they do not escalate any more. This is no silence: their
later revisions are sent all the same. The first 8 characters of an ID suffice.`,
		Args: cobra.MinimumNArgs(1),
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, ids []string) error {
		for _, id := range ids {
			found, err := newDesk(hub).Acknowledge(ctx, id, by, comment)
			if err != nil {
				return err
			}
			fmt.Fprintf(std.out, "%s acknowledged by %s\n", found.Short(), by)
		}
		return nil
	})
	at.flags(c.Flags())
	c.Flags().StringVar(&by, "by", whoami(), "who has taken it on")
	c.Flags().StringVar(&comment, "comment", "", "a word about it")
	return c
}

func newAlertsMark(std streams) *cobra.Command {
	var at place
	var mark desk.Mark
	var wrong []string
	c := &cobra.Command{
		Use:   "mark ID…",
		Short: "Say that alerts were useful, or what was wrong with them",
		Long: `Say that alerts were useful, or what was wrong: who, what, whom, when or where, or that it was
not-news. 'quidnunc rules score' counts it by rule, 'quidnunc alerts export --gold' gives it
to those who teach the coder.`,
		Example: `  quidnunc alerts mark k7q2m4xd --useful
  quidnunc alerts mark k7q2m4xd --wrong whom,when --comment 'it was Ukraine, last week'`,
		Args: cobra.MinimumNArgs(1),
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, ids []string) error {
		for _, f := range wrong {
			mark.Wrong = append(mark.Wrong, desk.Facet(f))
		}
		for _, id := range ids {
			found, err := newDesk(hub).Judge(ctx, id, mark)
			if err != nil {
				return err
			}
			fmt.Fprintf(std.out, "%s marked %s\n", found.Short(), judged(mark))
		}
		return nil
	})
	at.flags(c.Flags())
	c.Flags().StringSliceVar(&wrong, "wrong", nil, "what was wrong: who, what, whom, when, where, not-news")
	c.Flags().BoolVar(&mark.Useful, "useful", false, "it was right, and wanted")
	c.Flags().StringVar(&mark.By, "by", whoami(), "who says so")
	c.Flags().StringVar(&mark.Comment, "comment", "", "a word about it")
	return c
}

func newAlertsExport(std streams) *cobra.Command {
	var at place
	var gold bool
	c := &cobra.Command{
		Use:   "export --gold",
		Short: "Print the judged alerts as coded sentences, a JSON object a line",
		Long: `Print the sentences of judged alerts in the form of hand-coded corpora: of alerts marked useful
(or merely not-news) the events under "gold"; of those marked wrong the events under
"rejected", with what was wrong, for somebody to correct.`,
		Args: cobra.NoArgs,
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, _ []string) error {
		if !gold {
			return usagef("alerts export: want --gold: it is the only form so far")
		}
		lines := json.NewEncoder(std.out)
		lines.SetEscapeHTML(false)
		return newDesk(hub).Export(ctx, func(g desk.Gold) error { return lines.Encode(g) })
	})
	at.flags(c.Flags())
	c.Flags().BoolVar(&gold, "gold", false, "in the form of hand-coded corpora")
	return c
}

func newRulesScore(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "score",
		Short: "Show how precise each rule is, by the marks of its alerts, the worst first",
		Args:  cobra.NoArgs,
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, _ []string) error {
		scores, err := newDesk(hub).Scores(ctx)
		if err != nil {
			return err
		}
		if len(scores) == 0 {
			fmt.Fprintln(std.out, "no alert is marked yet: see 'quidnunc alerts mark --help'")
			return nil
		}
		t := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprint(t, "precision\tmarked\tuseful\t")
		for _, f := range desk.Facets() {
			fmt.Fprintf(t, "%s\t", f)
		}
		fmt.Fprintln(t, "  rule")
		for _, s := range scores {
			fmt.Fprintf(t, "%.0f %%\t%d\t%d\t", 100*s.Precision(), s.Marked, s.Useful)
			for _, f := range desk.Facets() {
				fmt.Fprintf(t, "%d\t", s.Wrong[f])
			}
			fmt.Fprintln(t, "  "+s.Rule)
		}
		return t.Flush()
	})
	at.flags(c.Flags())
	return c
}
