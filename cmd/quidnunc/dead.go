package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func newDead(std streams) *cobra.Command {
	c := group(&cobra.Command{
		Use:   "dead",
		Short: "Look at what nobody could handle, and why, and drive it again",
	})
	c.AddCommand(newDeadList(std), newDeadShow(std), newDeadRedrive(std))
	return c
}

func newDeadList(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "list",
		Short: "List the dead letters: number, time, room, reason, a line each",
		Args:  cobra.NoArgs,
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, _ []string) error { return listDead(ctx, std.out, hub) })
	at.flags(c.Flags())
	return c
}

func listDead(ctx context.Context, w io.Writer, hub *stream.Hub) error {
	n := 0
	err := hub.DeadLetters(ctx, 1, func(d stream.DeadLetter) error {
		n++
		_, err := fmt.Fprintf(w, "%6d  %s  %-10s  %s  (%s)\n", d.Seq, d.At.UTC().Format(time.DateTime), d.Room, d.Reason, d.Origin.Subject)
		return err
	})
	if err == nil && n == 0 {
		fmt.Fprintln(w, "no dead letters")
	}
	return err
}

func newDeadShow(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "show NUMBER",
		Short: "Show one dead letter whole: reason, where it came from, its bytes",
		Args:  cobra.ExactArgs(1),
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, args []string) error {
		seq, err := strconv.ParseUint(args[0], 10, 64)
		if err != nil || seq == 0 {
			return usagef("dead show %q: want a number of 'quidnunc dead list'", args[0])
		}
		return showDead(ctx, std.out, hub, seq)
	})
	at.flags(c.Flags())
	return c
}

func showDead(ctx context.Context, w io.Writer, hub *stream.Hub, seq uint64) error {
	found := false
	err := hub.DeadLetters(ctx, seq, func(d stream.DeadLetter) error {
		if d.Seq == seq {
			found = true
			fmt.Fprintf(w, "number   %d\nburied   %s\nroom     %s\nreason   %s\n", d.Seq, d.At.UTC().Format(time.RFC3339), d.Room, d.Reason)
			origin := d.Origin.Subject
			if d.Origin.Seq > 0 {
				origin = fmt.Sprintf("%s, sequence %d of %s", origin, d.Origin.Seq, d.Origin.Stream)
			}
			fmt.Fprintf(w, "origin   %s\n\n%s\n", origin, d.Origin.Data)
		}
		return stream.ErrStop
	})
	if err == nil && !found {
		err = errors.New("no dead letter has that number: see 'quidnunc dead list'")
	}
	return err
}

func newDeadRedrive(std streams) *cobra.Command {
	var at place
	var all bool
	var receiver string
	c := &cobra.Command{
		Use:   "redrive [NUMBER…]",
		Short: "Drive dead letters again, once their cause is mended",
		Long: `Drive dead letters again, once their cause is mended: a delivery goes to its receiver, with the
same key as before; a message of the log that could not be read goes to the log's end. A
letter that was driven again leaves the dead.`,
		Example: `  quidnunc dead redrive 17 18
  quidnunc dead redrive --receiver desk
  quidnunc dead redrive --all`,
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, args []string) error {
		numbers := map[uint64]bool{}
		for _, arg := range args {
			seq, err := strconv.ParseUint(arg, 10, 64)
			if err != nil || seq == 0 {
				return usagef("dead redrive %q: want numbers of 'quidnunc dead list'", arg)
			}
			numbers[seq] = true
		}
		if len(numbers) == 0 && !all && receiver == "" {
			return usagef("dead redrive: name letters by number, or --receiver, or --all")
		}
		return redrive(ctx, std.out, hub, func(d stream.DeadLetter) bool {
			return all || numbers[d.Seq] || receiver != "" && d.Origin.Subject == (queue{}).subject(receiver)
		})
	})
	at.flags(c.Flags())
	c.Flags().BoolVar(&all, "all", false, "all of them")
	c.Flags().StringVar(&receiver, "receiver", "", "all deliveries to this receiver")
	return c
}
