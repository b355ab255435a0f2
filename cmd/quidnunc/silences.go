package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/quidnunc-news/quidnunc/consumer/desk"
	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func newSilences(std streams) *cobra.Command {
	c := group(&cobra.Command{
		Use:   "silences",
		Short: "Keep alerts from being sent for a while",
		Long: `Keep alerts from being sent for a while. What is silenced is raised and kept all the same, and
stands in 'quidnunc deliveries' as suppressed.`,
	})
	c.AddCommand(newSilencesAdd(std), newSilencesPreview(std), newSilencesList(std), newSilencesEnd(std))
	return c
}

// silenceFlags are what a silence names.
type silenceFlags struct {
	desk.Silence
	lasts time.Duration
}

func (s *silenceFlags) flags(f *pflag.FlagSet) {
	f.StringVar(&s.Query, "query", "", "a query in the rule language, asked of the alert's article and events")
	f.StringVar(&s.Rule, "rule", "", "of this rule, or a pattern such as 'europe-*'")
	f.StringVar(&s.Owner, "owner", "", "of this owner, or a pattern")
	f.StringVar(&s.Receiver, "receiver", "", "only to this receiver, or a pattern")
	f.DurationVar(&s.lasts, "for", 4*time.Hour, "how long")
}

func newSilencesAdd(std streams) *cobra.Command {
	var at place
	var s silenceFlags
	c := &cobra.Command{
		Use:     "add",
		Short:   "Put a silence in force, within seconds",
		Example: `  quidnunc silences add --query 'what:PROTEST where:FRA' --for 6h --comment 'the strike is known'`,
		Args:    cobra.NoArgs,
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, _ []string) error {
		s.Until = time.Now().Add(s.lasts)
		made, err := newDesk(hub).Silence(ctx, s.Silence)
		if err != nil {
			return wrong(err)
		}
		fmt.Fprintln(std.out, describeSilence(made, time.Now()))
		return nil
	})
	at.flags(c.Flags())
	s.flags(c.Flags())
	c.Flags().StringVar(&s.By, "by", whoami(), "who wants it")
	c.Flags().StringVar(&s.Comment, "comment", "", "why; needed")
	return c
}

// wrong makes what the asker can mend a usage error.
func wrong(err error) error {
	var w *desk.WrongError
	if errors.As(err, &w) {
		return &usageError{err}
	}
	return err
}

func newSilencesPreview(std streams) *cobra.Command {
	var at place
	var look look
	var s silenceFlags
	var since string
	c := &cobra.Command{
		Use:   "preview",
		Short: "Show which alerts of the past a silence would have muted",
		Args:  cobra.NoArgs,
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, _ []string) error {
		style, err := look.style(std.out)
		if err != nil {
			return err
		}
		from, err := desk.ParseSince(since, time.Now())
		if err != nil {
			return &usageError{err}
		}
		muted, of, err := newDesk(hub).Preview(ctx, s.Silence, from)
		if err != nil {
			return wrong(err)
		}
		for _, a := range muted {
			fmt.Fprintln(std.out, notify.RenderLine(a, style))
		}
		fmt.Fprintf(std.out, "%d of %d alert revisions would have been muted\n", len(muted), of)
		return nil
	})
	at.flags(c.Flags())
	look.flags(c.Flags())
	s.flags(c.Flags())
	c.Flags().StringVar(&since, "since", "24h", "how far back: 24h, a day or a time")
	return c
}

func newSilencesList(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "list",
		Short: "List the silences in force, and those that ended within a week",
		Args:  cobra.NoArgs,
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, _ []string) error {
		all, err := newDesk(hub).ListSilences(ctx)
		if err != nil {
			return err
		}
		for _, s := range all {
			fmt.Fprintln(std.out, describeSilence(s, time.Now()))
		}
		if len(all) == 0 {
			fmt.Fprintln(std.out, "no silences")
		}
		return nil
	})
	at.flags(c.Flags())
	return c
}

func newSilencesEnd(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "end ID",
		Short: "End a silence now",
		Args:  cobra.ExactArgs(1),
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, ids []string) error {
		s, err := newDesk(hub).EndSilence(ctx, ids[0])
		if err != nil {
			return err
		}
		fmt.Fprintln(std.out, describeSilence(s, time.Now()))
		return nil
	})
	at.flags(c.Flags())
	return c
}

func describeSilence(s desk.Silence, now time.Time) string {
	state := "ended"
	switch {
	case s.InForce(now):
		state = "in force"
	case now.Before(s.From):
		state = "begins " + s.From.UTC().Format(time.DateTime)
	}
	line := fmt.Sprintf("%s  %s until %s UTC  by %s: %s ", news.ID(s.ID).Short(), state, s.Until.UTC().Format(time.DateTime), s.By, s.Comment)
	for _, m := range []struct{ name, value string }{{"query", s.Query}, {"rule", s.Rule}, {"owner", s.Owner}, {"receiver", s.Receiver}} {
		if m.value != "" {
			line += fmt.Sprintf(" [%s %s]", m.name, m.value)
		}
	}
	return line
}
