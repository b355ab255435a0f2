package main

import (
	"context"
	"fmt"
	"io"
	"slices"
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
	checkpoints, err := readCheckpoints(ctx, hub)
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
	for _, c := range checkpoints {
		if err := statusOf(ctx, w, hub, c); err != nil {
			return err
		}
	}
	if rules.Hash == "" {
		fmt.Fprintln(w, "rules       none told yet")
	} else {
		fmt.Fprintf(w, "rules       %.12s, told %s\n", rules.Hash, rules.At.UTC().Format(time.DateTime))
	}
	fmt.Fprintf(w, "dead        %d letters\n", s.Of(stream.Dead).Messages)
	return nil
}

// readCheckpoints are those of all shards that have committed, or one that says that none has.
func readCheckpoints(ctx context.Context, hub *stream.Hub) ([]wire.Checkpoint, error) {
	var found []wire.Checkpoint
	err := hub.Scan(ctx, stream.Events, wire.CheckpointKind+".>", 1, func(m stream.Stored) error {
		c, err := wire.DecodeCheckpoint(m.Data)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(found, func(o wire.Checkpoint) bool { return o.Shard == c.Shard })
		if at < 0 {
			found = append(found, c)
		} else { // the one before was replaced while we read
			found[at] = c
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	if len(found) == 0 {
		found = append(found, wire.Checkpoint{})
	}
	slices.SortFunc(found, func(a, b wire.Checkpoint) int { return a.Shard - b.Shard })
	return found, nil
}

// statusOf says how far one shard is.
func statusOf(ctx context.Context, w io.Writer, hub *stream.Hub, c wire.Checkpoint) error {
	lag, err := hub.Lag(ctx, c.Sequence)
	if err != nil {
		return err
	}
	kept, err := hub.Snapshots(ctx, consumer.MachineName(c.Shard, c.Shards))
	if err != nil {
		return err
	}
	which := ""
	if c.Shards > 1 {
		which = fmt.Sprintf("shard %d of %d: ", c.Shard, c.Shards)
	}
	fmt.Fprintf(w, "checkpoint  %slog read up to %d in %d commits: %d events, %d alerts\n", which, c.Sequence, c.Commit, c.Events, c.Alerts)
	fmt.Fprintf(w, "lag         %s%d entries\n", which, lag)
	if len(kept) == 0 {
		fmt.Fprintf(w, "snapshot    %snone yet\n", which)
	} else {
		fmt.Fprintf(w, "snapshot    %sat %d, %.1f MiB, kept %s\n", which, kept[0].Sequence, float64(kept[0].Size)/(1<<20), kept[0].Stored.UTC().Format(time.DateTime))
	}
	return nil
}

func newVerify(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "verify",
		Short: "Check the log for gaps, and what was committed against its checkpoint",
		Long: `Read the whole log and everything that was committed from it. Counts and the hash of the
events and alerts must be those of the checkpoint, the log must have no gap behind its first
message, and the snapshots must be whole. Exit code 1 when something is wrong.`,
		Args: cobra.NoArgs,
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, _ []string) error { return verify(ctx, std.out, hub) })
	at.flags(c.Flags())
	return c
}

func verify(ctx context.Context, w io.Writer, hub *stream.Hub) error {
	checkpoints, err := readCheckpoints(ctx, hub)
	if err != nil {
		return err
	}
	problems := 0
	for _, c := range checkpoints {
		if len(checkpoints) > 1 {
			fmt.Fprintf(w, "shard %d of %d\n", c.Shard, c.Shards)
		}
		a, err := consumer.Verify(ctx, hub, c.Shard)
		if err != nil {
			return err
		}
		tellAudit(w, a)
		problems += len(a.Problems)
	}
	if problems > 0 {
		return fmt.Errorf("verify: %d problems", problems)
	}
	fmt.Fprintln(w, "all good")
	return nil
}

func tellAudit(w io.Writer, a consumer.Audit) {
	fmt.Fprintf(w, "log      %d entries, %d unreadable, %d messages lost, %d aged away\n", a.Entries, a.Unreadable, a.Lost, a.Aged)
	fmt.Fprintf(w, "outputs  %d events, %d alerts up to log sequence %d; %d entries beyond it\n", a.Events, a.Alerts, a.Position, a.Beyond)
	fmt.Fprintf(w, "saved    %d snapshots, %d of them whole\n", a.Snapshots+a.DamagedSnapshots, a.Snapshots)
	if a.AgedOut > 0 {
		fmt.Fprintf(w, "note     %d outputs have aged away: the hash of the rest cannot be checked\n", a.AgedOut)
	}
	for _, p := range a.Problems {
		fmt.Fprintf(w, "PROBLEM  %s\n", p)
	}
}
