package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

func newStatus(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "status",
		Short: "Show streams, lag, rules in force and dead letters",
		Args:  cobra.NoArgs,
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, _ []string) error { return status(ctx, std.out, hub) })
	at.flags(c.Flags())
	return c
}

func status(ctx context.Context, w io.Writer, hub *stream.Hub) error {
	s, err := hub.Status(ctx)
	if err != nil {
		return err
	}
	data, _, err := hub.Checkpoint(ctx, 0)
	if err != nil {
		return err
	}
	checkpoint, err := wire.DecodeCheckpoint(data)
	if err != nil {
		return err
	}
	lag, err := hub.Lag(ctx, checkpoint.Sequence)
	if err != nil {
		return err
	}
	rules, err := lastRules(ctx, hub)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "server      %s, nats-server %s\n", s.Address, s.Version)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "stream\tmessages\tMiB\tfirst\tlast\tlast stored (UTC)\t")
	for _, st := range s.Streams {
		at := "never"
		if !st.LastAt.IsZero() {
			at = st.LastAt.UTC().Format(time.DateTime)
		}
		fmt.Fprintf(t, "%s\t%d\t%.1f\t%d\t%d\t%s\t\n", st.Stream, st.Messages, float64(st.Bytes)/(1<<20), st.First, st.Last, at)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "checkpoint  log read up to %d in %d commits: %d events, %d alerts\n", checkpoint.Sequence, checkpoint.Commit, checkpoint.Events, checkpoint.Alerts)
	fmt.Fprintf(w, "lag         %d entries\n", lag)
	if rules.Hash == "" {
		fmt.Fprintln(w, "rules       none told yet")
	} else {
		fmt.Fprintf(w, "rules       %.12s, told %s\n", rules.Hash, rules.At.UTC().Format(time.DateTime))
	}
	fmt.Fprintf(w, "dead        %d letters\n", s.Of(stream.Dead).Messages)
	return nil
}

func newVerify(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "verify",
		Short: "Check the log for gaps, and what was committed against its checkpoint",
		Long: `Read the whole log and everything that was committed from it. Counts and the hash of the
events and alerts must be those of the checkpoint, and the log must have no gap behind its
first message. Exit code 1 when something is wrong.`,
		Args: cobra.NoArgs,
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, _ []string) error { return verify(ctx, std.out, hub) })
	at.flags(c.Flags())
	return c
}

func verify(ctx context.Context, w io.Writer, hub *stream.Hub) error {
	a, err := consumer.Verify(ctx, hub, 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "log      %d entries, %d unreadable, %d messages lost, %d aged away\n", a.Entries, a.Unreadable, a.Lost, a.Aged)
	fmt.Fprintf(w, "outputs  %d events, %d alerts up to log sequence %d; %d entries beyond it\n", a.Events, a.Alerts, a.Position, a.Beyond)
	if a.AgedOut > 0 {
		fmt.Fprintf(w, "note     %d outputs have aged away: the hash of the rest cannot be checked\n", a.AgedOut)
	}
	for _, p := range a.Problems {
		fmt.Fprintf(w, "PROBLEM  %s\n", p)
	}
	if n := len(a.Problems); n > 0 {
		return fmt.Errorf("verify: %d problems", n)
	}
	fmt.Fprintln(w, "all good")
	return nil
}

func newStreams(std streams) *cobra.Command {
	c := group(&cobra.Command{
		Use:   "streams",
		Short: "Show how the streams must be set up on a server of your own",
	})
	var at place
	var replicas int
	printing := &cobra.Command{
		Use:   "print",
		Short: "Print the configuration of every stream and bucket as JSON, for an administrator",
		Long: `Print what 'quidnunc run --streams manage' would create, one JSON object a stream, in the form
that 'nats stream add --config FILE' takes. Where producers and consumers may not create
streams, an administrator creates these and they run with --streams check.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if replicas < 1 {
				return &usageError{errors.New("--replicas: at least 1")}
			}
			for _, one := range stream.Print(stream.Config{Prefix: at.prefix, Replicas: replicas}) {
				if _, err := fmt.Fprintf(std.out, "%s\n", one); err != nil {
					return err
				}
			}
			return nil
		},
	}
	printing.Flags().StringVar(&at.prefix, "prefix", "", "first token of all subjects (default quidnunc)")
	printing.Flags().IntVar(&replicas, "replicas", 1, "copies of each stream in a cluster")
	c.AddCommand(printing)
	return c
}
