package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func newDead(std streams) *cobra.Command {
	c := group(&cobra.Command{
		Use:   "dead",
		Short: "Look at what nobody could handle, and why",
	})
	c.AddCommand(newDeadList(std), newDeadShow(std))
	return c
}

func newDeadList(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "list",
		Short: "List the dead letters: number, time, room, reason, a line each",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			hub, done, err := at.attach(c.Context(), std)
			if err != nil {
				return err
			}
			defer done()
			n := 0
			err = hub.DeadLetters(c.Context(), 1, func(d stream.DeadLetter) error {
				n++
				_, err := fmt.Fprintf(std.out, "%6d  %s  %-10s  %s  (%s)\n", d.Seq, d.At.UTC().Format(time.DateTime), d.Room, d.Reason, d.Origin.Subject)
				return err
			})
			if err == nil && n == 0 {
				fmt.Fprintln(std.out, "no dead letters")
			}
			return err
		},
	}
	at.flags(c.Flags())
	return c
}

func newDeadShow(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "show NUMBER",
		Short: "Show one dead letter whole: reason, where it came from, its bytes",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			seq, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil || seq == 0 {
				return usagef("dead show %q: want a number of 'quidnunc dead list'", args[0])
			}
			hub, done, err := at.attach(c.Context(), std)
			if err != nil {
				return err
			}
			defer done()
			found := false
			err = hub.DeadLetters(c.Context(), seq, func(d stream.DeadLetter) error {
				if d.Seq != seq {
					return stream.ErrStop
				}
				found = true
				fmt.Fprintf(std.out, "number   %d\nburied   %s\nroom     %s\nreason   %s\n", d.Seq, d.At.UTC().Format(time.RFC3339), d.Room, d.Reason)
				fmt.Fprintf(std.out, "origin   %s %d %s\n\n%s\n", d.Origin.Stream, d.Origin.Seq, d.Origin.Subject, d.Origin.Data)
				return stream.ErrStop
			})
			if err == nil && !found {
				err = errors.New("no dead letter has that number: see 'quidnunc dead list'")
			}
			return err
		},
	}
	at.flags(c.Flags())
	return c
}
