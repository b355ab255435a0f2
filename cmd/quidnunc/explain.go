package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

func newExplain(std streams) *cobra.Command {
	var at place
	var rule, article string
	c := &cobra.Command{
		Use:   "explain ALERT",
		Short: "Say why an alert was told, or why a rule did not tell an article",
		Long: `Say why an alert was told: its revisions, the clauses of its rule that held and the words that
prove each, and what its window counted. Eight characters of the alert's ID suffice.

With --rule and --article, say what the machine made of an article under a rule, told or not:
the log is stepped again, so story, window, throttle and limit are as they were when the
article came. The article is named by its ID, or the beginning of it, or its address.`,
		Example: `  quidnunc explain mtr6pzgo
  quidnunc explain --rule russia-nato-rupture --article https://example.org/a`,
		Args: cobra.MaximumNArgs(1),
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, args []string) error {
		switch {
		case len(args) == 1 && rule == "" && article == "":
			return explainAlert(ctx, std.out, hub, args[0])
		case len(args) == 0 && rule != "" && article != "":
			return explainSilence(ctx, std.out, hub, rule, article)
		}
		return usagef("explain: want an ALERT, or --rule and --article")
	})
	c.Flags().StringVar(&rule, "rule", "", "the rule to ask")
	c.Flags().StringVar(&article, "article", "", "the article to ask it of: ID or address")
	at.flags(c.Flags())
	return c
}

// leastID is how much of an ID must be told.
const leastID = 4

func explainAlert(ctx context.Context, w io.Writer, hub *stream.Hub, id string) error {
	revisions, err := revisionsOf(ctx, hub, id)
	if errors.Is(err, errNoAlert) {
		return explainWithheld(ctx, w, hub, id, err)
	}
	if err != nil {
		return err
	}
	last := revisions[len(revisions)-1]
	var b strings.Builder
	b.WriteString(notify.Render(last, notify.Style{Names: gazetteer.Default().Name}))
	fmt.Fprintf(&b, "\nalert %s  rule %s\n", last.ID, last.Rule)
	for _, r := range revisions {
		fmt.Fprintf(&b, "  revision %d  %-9s  %s  %d publishers, %d articles  %s\n", r.Revision, r.Change, r.At.UTC().Format(time.DateTime),
			r.Story.Publishers, r.Story.Articles, nameOr(r.Article.Title, r.Article.URL, r.Article.Source, "no article"))
	}
	for i, r := range slices.Backward(revisions) { // a retraction has no clauses
		if len(r.Why) == 0 && r.Window == nil && i > 0 {
			continue
		}
		if err := writeWhy(ctx, &b, hub, r); err != nil {
			return err
		}
		break
	}
	if err := writeWithheld(ctx, &b, hub, string(last.ID)); err != nil {
		return err
	}
	fmt.Fprintf(&b, "other articles: quidnunc explain --rule %s --article ID\n", last.Rule)
	_, err = io.WriteString(w, b.String())
	return err
}

var errNoAlert = errors.New("explain: no alert has an ID that begins so")

// explainWithheld says why an alert that the ledger knows and nobody was told was held back; none is where there is none.
func explainWithheld(ctx context.Context, w io.Writer, hub *stream.Hub, id string, none error) error {
	var b strings.Builder
	if err := writeWithheld(ctx, &b, hub, id); err != nil {
		return err
	}
	if b.Len() == 0 {
		return none
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeWithheld tells what the machine held back of an alert, once for each reason and receiver.
func writeWithheld(ctx context.Context, b *strings.Builder, hub *stream.Hub, id string) error {
	id, _, _ = strings.Cut(id, ".")
	rows, _, err := findRows(ctx, hub, rowQuery{alert: id, state: courier.Suppressed})
	if err != nil {
		return err
	}
	for _, r := range rows {
		if _, reason, _ := strings.Cut(r.Alert, "."); reason != string(r.Reason) { // the courier's rows name a revision
			continue
		}
		fmt.Fprintf(b, "held back (%s) for %s  rule %s  %s  %s\n", r.Reason, r.Receiver, r.Rule, r.Queued.UTC().Format(time.DateTime), r.Note)
	}
	return nil
}

// revisionsOf are the revisions of the alert whose ID begins so, in their order.
func revisionsOf(ctx context.Context, hub *stream.Hub, id string) ([]news.Alert, error) {
	id, _, _ = strings.Cut(id, ".")
	if len(id) < leastID {
		return nil, usagef("explain %q: want at least %d characters of an alert's ID", id, leastID)
	}
	var found []news.Alert
	err := hub.Scan(ctx, stream.Events, wire.AlertKind+".>", 1, func(m stream.Stored) error {
		a, err := wire.DecodeAlert(m.Data)
		if err == nil && strings.HasPrefix(string(a.ID), id) {
			found = append(found, a)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%w: %q", errNoAlert, id)
	}
	for _, a := range found {
		if a.ID != found[0].ID {
			return nil, fmt.Errorf("explain: %q begins the IDs of several alerts, %s and %s: give more of it", id, found[0].ID, a.ID)
		}
	}
	return found, nil
}

// writeWhy tells the clauses of one revision with the words that prove them, and its window.
func writeWhy(ctx context.Context, b *strings.Builder, hub *stream.Hub, a news.Alert) error {
	text, err := textOf(ctx, hub, a.Article)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "why revision %d\n", a.Revision)
	numbers := map[news.ID]int{}
	for i, e := range a.Events {
		numbers[e.ID] = i + 1
	}
	for _, c := range a.Why {
		fmt.Fprintf(b, "  + %s", c.Text)
		for _, s := range c.Spans {
			if s.Start >= 0 && s.Start <= s.End && s.End <= len(text) {
				fmt.Fprintf(b, "  «%s» %d–%d", text[s.Start:s.End], s.Start, s.End)
			}
		}
		for _, id := range c.Events {
			if n := numbers[id]; n > 0 {
				fmt.Fprintf(b, "  event %d", n)
			}
		}
		b.WriteByte('\n')
	}
	if a.Window != nil {
		writeWindow(b, a.Window)
	}
	return nil
}

func writeWindow(b *strings.Builder, w *news.Window) {
	fmt.Fprintf(b, "window %s  %s to %s", w.Kind, w.Start.UTC().Format(time.DateTime), w.End.UTC().Format(time.DateTime))
	if w.Group != "" {
		fmt.Fprintf(b, "  for %s", w.Group)
	}
	if w.Count > 0 {
		fmt.Fprintf(b, "  %d counted", w.Count)
	}
	if w.Expected != "" {
		fmt.Fprintf(b, ", %s expected", w.Expected)
	}
	fmt.Fprintf(b, "  (%d late, %d dropped so far)\n", w.Late, w.Dropped)
	for _, e := range w.Entries {
		fmt.Fprintf(b, "    %s  %s  article %s", e.At.UTC().Format(time.DateTime), e.Publisher, e.Article.Short())
		if e.Step > 0 {
			fmt.Fprintf(b, "  step %d", e.Step)
		}
		b.WriteByte('\n')
	}
}

// textOf is the text of an article's revision as the log has it; empty where it has it no more.
func textOf(ctx context.Context, hub *stream.Hub, of news.Reference) (text string, err error) {
	if of.ID == "" {
		return "", nil
	}
	err = hub.Scan(ctx, stream.Reports, wire.ReportKind+".>", 1, func(m stream.Stored) error {
		r, err := wire.DecodeReport(m.Data)
		if err == nil && r.Article.ID == of.ID && r.Article.Revision == of.Revision {
			text = r.Article.Text
		}
		return nil
	})
	return text, err
}
