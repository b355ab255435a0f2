package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func newBackup(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "backup DIR",
		Short: "Write all streams and buckets to a directory",
		Long: `Write the log, the events and alerts, the deliveries under way, the ledger, feeds, silences,
rules and the machines' states to a directory, which must be new: with their sequence numbers
and consumers, checked by the server as it reads them, and with a hash of every file.

Everything may go on meanwhile: what is taken fits together. Each stream lies in the form that
'nats stream restore' reads as well.

With --check nothing is written: the files of a backup are compared with its hashes.`,
		Example: `  quidnunc backup /backups/$(date +%F)
  quidnunc backup --nats tls://administrator:PASSWORD@broker:4222 --tls-ca ca.pem /backups/today
  quidnunc backup --check /backups/today`,
		Args: cobra.ExactArgs(1),
	}
	at.flags(c.Flags())
	check := c.Flags().Bool("check", false, "only read a backup, and say whether it is whole")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *check {
			m, err := stream.ReadBackup(args[0])
			if err == nil {
				fmt.Fprintf(std.out, "%s is whole: %s\n", args[0], described(m))
			}
			return err
		}
		hub, done, err := at.attach(c.Context(), std)
		if err != nil {
			return err
		}
		defer done()
		m, err := hub.Backup(c.Context(), args[0], std.tellPart)
		if err == nil {
			fmt.Fprintf(std.out, "%s: %s\n", args[0], described(m))
		}
		return err
	}
	return c
}

func newRestore(std streams) *cobra.Command {
	var at place
	var replace bool
	c := &cobra.Command{
		Use:   "restore DIR",
		Short: "Put a backup in place",
		Long: `Put what 'quidnunc backup' wrote into a data directory, or onto the server at --nats, after
every file was compared with its hash. Stop all processes first; afterwards they go on from where
the backup stood: nothing that was told then is told again.

What has messages already is not touched, unless --replace says that it may go.`,
		Example: `  quidnunc restore --data /var/lib/quidnunc /backups/2026-11-01
  quidnunc restore --nats tls://administrator:PASSWORD@broker:4222 --tls-ca ca.pem /backups/2026-11-01`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := stream.ReadBackup(args[0]); err != nil { // before anything is made
				return err
			}
			hub, done, err := at.alone(c.Context(), std)
			if errors.Is(err, stream.ErrLocked) {
				return fmt.Errorf("%w: stop it first", err)
			}
			if err != nil {
				return err
			}
			defer done()
			m, err := hub.Restore(c.Context(), args[0], replace, std.tellPart)
			if errors.Is(err, stream.ErrNotEmpty) {
				return fmt.Errorf("%w. Nothing was changed; choose another place, or --replace what is there", err)
			}
			if err == nil {
				fmt.Fprintf(std.out, "restored %s; 'quidnunc verify' checks it\n", described(m))
			}
			return err
		},
	}
	at.flags(c.Flags())
	c.Flags().BoolVar(&replace, "replace", false, "delete what is there")
	return c
}

// tellPart tells progress, a line a part.
func (s streams) tellPart(p stream.Part, done, of int) {
	fmt.Fprintf(s.err, "%d of %d  %-14s %d messages, %d bytes, up to sequence %d\n", done, of, p.Name, p.Messages, p.Bytes, p.Last)
}

func described(m stream.Manifest) string {
	var messages, bytes uint64
	for _, p := range m.Parts {
		messages, bytes = messages+p.Messages, bytes+p.Bytes
	}
	return fmt.Sprintf("%d messages, %d bytes, of %s", messages, bytes, m.Made.Format("2006-01-02 15:04:05 UTC"))
}
