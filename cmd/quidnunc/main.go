// Command quidnunc reads the world's news, works out who did what to whom, where and when, and tells those who asked.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes, as --help explains them.
const (
	exitOK      = 0
	exitFailure = 1 // something did not work
	exitUsage   = 2 // flags, configuration or rules that cannot work: nothing was started

	exitInterrupted = 130 // by Ctrl-C, and not done; commands that go on until interrupted give 0
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once what the first one lets drain
	os.Exit(Main(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// streams are the program's three standard streams.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// Main runs the program and returns its exit code.
func Main(ctx context.Context, args []string, std streams) int {
	root := newRoot(std)
	root.SetArgs(args)
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	err := root.ExecuteContext(ctx)
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintln(std.err, "quidnunc: "+err.Error())
		return exitUsage
	case errors.Is(err, context.Canceled) && ctx.Err() != nil, errors.Is(err, errEnded):
		fmt.Fprintln(std.err, "quidnunc: interrupted before it was done")
		return exitInterrupted
	}
	fmt.Fprintln(std.err, "quidnunc: "+err.Error())
	return exitFailure
}

// errEnded says that somebody ended a command by a key before it was done.
var errEnded = errors.New("ended by a key")

// usageError is what the user can mend by writing something else: a flag, the configuration, a rule.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

func newRoot(std streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "quidnunc",
		Short: "News in, alerts out",
		Long: `Quidnunc reads the news, works out who did what to whom, where and when, and tells
those who asked: once, within a second, with the sentence that proves it.

  quidnunc run                try it: sample articles and rules, everything in one process
  quidnunc run --config FILE  your sources, rules and receivers
  quidnunc code FILE…         only the events: articles in, one JSON report a line out

Articles become reports (the article and the events it tells), reports that meet a
rule become alerts. In between lies a log on NATS JetStream, which is inside this
program unless --nats names a server.

Exit codes: 0 done; 1 something did not work; 2 a flag, the configuration or a rule
cannot work, and nothing was started; 130 interrupted before it was done.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	group(root)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%w\nTry '%s --help'.", err, c.CommandPath())
	})
	root.AddCommand(
		newRun(std), newProduce(std), newConsume(std), newDeliver(std), newCode(std), newParse(std), newTail(std), newStatus(std), newVerify(std),
		newExplain(std), newAlerts(std), newDeliveries(std), newSilences(std), newReceivers(std), newDead(std), newRules(std), newFeeds(std),
		newExport(std), newImport(std), newBackup(std), newRestore(std), newReplay(std), newStreams(std), newVersion(std),
	)
	wrapArgs(root)
	root.SetHelpCommand(newHelp(root))
	if err := completeFlags(root); err != nil {
		panic(err) // two commands define one completion: a bug of this program
	}
	return root
}

// group makes a command that only has subcommands say so: help without one, an error with one it does not have.
func group(c *cobra.Command) *cobra.Command {
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		c.SuggestionsMinimumDistance = 2
		hint := ""
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			hint = fmt.Sprintf(" Did you mean %q?", near[0])
		}
		return usagef("unknown command %q for %q.%s\nTry '%s --help'.", args[0], c.CommandPath(), hint, c.CommandPath())
	}
	return c
}

// wrapArgs makes a wrong number of arguments a usage error everywhere.
func wrapArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usagef("%w\nTry '%s --help'.", err, c.CommandPath())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		wrapArgs(sub)
	}
}
