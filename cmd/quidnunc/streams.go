package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func newStreams(std streams) *cobra.Command {
	c := group(&cobra.Command{
		Use:   "streams",
		Short: "Show or make the streams on a NATS server of your own",
	})
	c.AddCommand(newStreamsPrint(std), newStreamsMake(std))
	return c
}

func newStreamsPrint(std streams) *cobra.Command {
	var prefix string
	var replicas int
	c := &cobra.Command{
		Use:   "print",
		Short: "Print the configuration of every stream and bucket as JSON, for an administrator",
		Long: `Print what 'quidnunc streams make' would create, one JSON object a stream, in the form
that 'nats stream add --config FILE' takes.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if replicas < 1 {
				return &usageError{errors.New("--replicas: at least 1")}
			}
			for _, one := range stream.Print(stream.Config{Prefix: prefix, Replicas: replicas}) {
				if _, err := fmt.Fprintf(std.out, "%s\n", one); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&prefix, "prefix", "", "first token of all subjects (default quidnunc)")
	c.Flags().IntVar(&replicas, "replicas", 1, "copies of each stream in a cluster")
	return c
}

func newStreamsMake(std streams) *cobra.Command {
	var at place
	var replicas int
	var check bool
	c := &cobra.Command{
		Use:   "make",
		Short: "Make the streams and buckets on the server at --nats, or bring them into line",
		Long: `Make every stream and bucket that is missing on the server at --nats, and bring into line
what differs from what this version wants. May be repeated at any time.

Where producers and consumers may not make streams, an administrator does this once, and
after an upgrade, and they run with --streams check. With --check nothing is changed:
what is missing or differs is listed, and the exit code is 1.`,
		Example: `  quidnunc streams make --nats tls://administrator:PASSWORD@broker:4222 --tls-ca ca.pem --replicas 3`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if at.url == "" {
				return usagef("name the server with --nats: an embedded one makes its streams by itself")
			}
			mode, done := stream.Manage, "made, or there already"
			if check {
				mode, done = stream.Check, "as they should be"
			}
			hub, err := at.connect(c.Context(), std, replicas)
			if err != nil {
				return err
			}
			defer hub.Close()
			if err := hub.Setup(c.Context(), mode); err != nil {
				return err
			}
			_, err = fmt.Fprintf(std.out, "%d streams and buckets are %s\n", len(hub.Print()), done)
			return err
		},
	}
	at.flags(c.Flags())
	c.Flags().IntVar(&replicas, "replicas", 1, "copies of each stream in a cluster")
	c.Flags().BoolVar(&check, "check", false, "change nothing")
	return c
}

// connect reaches the server at --nats.
func (p *place) connect(ctx context.Context, std streams, replicas int) (*stream.Hub, error) {
	log, err := newLog(std.err, p.level)
	if err != nil {
		return nil, err
	}
	config := stream.Config{URL: p.url, Creds: p.creds, TLS: p.tls.stream(), Prefix: p.prefix, Replicas: replicas, Log: log}
	if err := config.Validate(); err != nil {
		return nil, &usageError{err}
	}
	return stream.Connect(ctx, config)
}
