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
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func newDeliveries(std streams) *cobra.Command {
	var at place
	var alert, receiver, state string
	var limit int
	var attempts bool
	c := &cobra.Command{
		Use:   "deliveries [ID]",
		Short: "Show what became of each alert at each receiver, the newest first",
		Long: `Show the ledger: a line for each revision of an alert and each receiver, with its state
(queued, attempting, retrying, delivered, dead, suppressed and why), when that changed, how
many attempts there were and the last error.

What a rule's throttle, limit, max_age or shadow and the memory of copies held back has rows
too, with the reason in place of the revision: the first article's for each alert and reason,
and of each hour of the log the first ten of a rule and reason, a hundred in all.`,
		Example: `  quidnunc deliveries --state dead
  quidnunc deliveries k7q2m4xd --attempts`,
		Args: cobra.MaximumNArgs(1),
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, args []string) error {
		if len(args) == 1 {
			alert, _, _ = strings.Cut(args[0], ".")
		}
		rows, more, err := findRows(ctx, hub, rowQuery{alert, receiver, courier.State(state), limit})
		if err != nil {
			return err
		}
		if err := writeRows(std.out, rows, attempts); err != nil {
			return err
		}
		switch {
		case len(rows) == 0:
			fmt.Fprintln(std.out, "no deliveries")
		case more > 0:
			fmt.Fprintf(std.out, "and %d more: see --limit\n", more)
		}
		return nil
	})
	at.flags(c.Flags())
	c.Flags().StringVar(&receiver, "receiver", "", "only to this receiver")
	c.Flags().StringVar(&state, "state", "", "only in this state")
	c.Flags().IntVar(&limit, "limit", 100, "how many at most")
	c.Flags().BoolVar(&attempts, "attempts", false, "show each attempt")
	return c
}

// rowQuery says which rows of the ledger are wanted; zero fields want all.
type rowQuery struct {
	alert, receiver string
	state           courier.State
	limit           int
}

// findRows are the rows that are wanted, newest first, and how many more there are.
func findRows(ctx context.Context, hub *stream.Hub, q rowQuery) (rows []courier.Row, more int, err error) {
	l := ledger{hub}
	keys, err := l.Keys(ctx)
	if err != nil {
		return nil, 0, err
	}
	for _, key := range keys {
		if q.alert != "" && !strings.HasPrefix(strings.Split(key, ".")[1], q.alert) {
			continue
		}
		data, revision, err := l.Value(ctx, key)
		if err != nil {
			return nil, 0, err
		}
		if revision == 0 {
			continue
		}
		row, err := courier.ParseRow(data)
		if err != nil {
			return nil, 0, err
		}
		if (q.receiver == "" || row.Receiver == q.receiver) && (q.state == "" || row.State == q.state) {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b courier.Row) int { return b.Changed.Compare(a.Changed) })
	if q.limit > 0 && len(rows) > q.limit {
		more, rows = len(rows)-q.limit, rows[:q.limit]
	}
	return rows, more, nil
}

func newReceivers(std streams) *cobra.Command {
	c := group(&cobra.Command{
		Use:   "receivers",
		Short: "Try receivers, and open those that said they were gone",
	})
	c.AddCommand(newReceiversTest(std), newReceiversOpen(std))
	return c
}

func newReceiversTest(std streams) *cobra.Command {
	var rules []string
	var configuration string
	var at place
	var look look
	c := &cobra.Command{
		Use:   "test NAME",
		Short: "Send a fire drill: one alert that no rule raised, and say what came of it",
		Long: `Send one alert that no rule raised, and that says so, to a receiver of the rule files, and say
what came of it. Nothing is written into the log or the ledger, and nobody else gets it.
A receiver on NATS needs --data or --nats, to say which server.`,
		Example: "  quidnunc receivers test desk --config quidnunc.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if configuration != "" {
				cfg, err := readConfig(configuration)
				if err != nil {
					return err
				}
				rules = append(rules, paths(cfg.Rules)...)
			}
			if len(rules) == 0 {
				return usagef("receivers test: name the rule files with --rules, or a configuration with --config")
			}
			book, err := rulebook.Load(rules...)
			if err != nil {
				return &usageError{err}
			}
			style, err := look.style(std.out)
			if err != nil {
				return err
			}
			return drill(c.Context(), std, at, newWorkshop(std.out, style), book.Receivers, args[0])
		},
	}
	at.flags(c.Flags())
	look.flags(c.Flags())
	c.Flags().StringSliceVar(&rules, "rules", nil, "rule files")
	c.Flags().StringVarP(&configuration, "config", "c", "", "configuration file that names them")
	return c
}

// patienceOfDrill is how long a receiver may take to answer a drill.
const patienceOfDrill = 45 * time.Second

func drill(ctx context.Context, std streams, at place, w *workshop, described []rulebook.Receiver, name string) error {
	made, err := w.receivers(described)
	if err != nil {
		return &usageError{err}
	}
	i := slices.IndexFunc(made, func(r courier.Receiver) bool { return r.Name() == name })
	if i < 0 {
		return usagef("no receiver is named %q: there are %s", name, strings.Join(append(w.names(), rulebook.TerminalReceiver), ", "))
	}
	if slices.ContainsFunc(described, func(d rulebook.Receiver) bool { return d.Name == name && d.NATS != nil }) {
		hub, done, err := at.attach(ctx, std)
		if err != nil {
			return err
		}
		defer done()
		w.tell = hub.Tell
	}
	now := time.Now()
	a := notify.Drill(now)
	a.To = []string{name}
	ctx, cancel := context.WithTimeout(ctx, patienceOfDrill)
	defer cancel()
	if err := made[i].Send(ctx, notify.Notice{Alert: a, Key: a.Key(), Receiver: name, Queued: now}); err != nil {
		return fmt.Errorf("the drill did not arrive: %w", err)
	}
	fmt.Fprintf(std.out, "the drill %s arrived at %s within %v\n", a.Key(), name, time.Since(now).Round(time.Millisecond))
	return nil
}

func newReceiversOpen(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "open NAME",
		Short: "Send to a receiver again that said it was gone for good (410)",
		Long: `A receiver that answers 410 says that it is gone for good: nothing is sent to it any more until
its description changes or it is opened again. What was dead by then stays dead:
'quidnunc dead redrive' sends it.`,
		Args: cobra.ExactArgs(1),
	}
	c.RunE = at.asking(std, func(ctx context.Context, hub *stream.Hub, args []string) error {
		found, err := courier.Reopen(ctx, ledger{hub}, args[0])
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("no receiver named %q is closed", args[0])
		}
		fmt.Fprintf(std.out, "%s is open\n", args[0])
		return nil
	})
	at.flags(c.Flags())
	return c
}

// redrive gives dead letters another life: a delivery goes to its receiver again, a message of the log to the log's end.
// What it cannot drive again it says so of, with the reason, and goes on.
func redrive(ctx context.Context, w io.Writer, hub *stream.Hub, wanted func(stream.DeadLetter) bool) error {
	driven, left := 0, 0
	err := hub.DeadLetters(ctx, 1, func(d stream.DeadLetter) error {
		if !wanted(d) {
			return nil
		}
		if err := redriveOne(ctx, hub, d); err != nil {
			if ctx.Err() != nil {
				return err
			}
			left++
			fmt.Fprintf(w, "%d: %v\n", d.Seq, err)
			return nil
		}
		driven++
		return hub.Unbury(ctx, d.Seq)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d driven again, %d not\n", driven, left)
	if left > 0 {
		return errors.New("some dead letters were not driven again: see above")
	}
	return nil
}

func redriveOne(ctx context.Context, hub *stream.Hub, d stream.DeadLetter) error {
	switch d.Origin.Stream {
	case stream.Deliveries:
		return redriveDelivery(ctx, hub, d)
	case stream.Reports:
		m := stream.Message{Subject: d.Origin.Subject, Header: d.Origin.Header, Data: d.Origin.Data}
		_, err := hub.PublishBatch(ctx, [][]stream.Message{{m}})
		return err
	}
	return fmt.Errorf("%s of %s: only deliveries and messages of the log can be driven again", d.Origin.Subject, nameOr(string(d.Origin.Stream), d.Room))
}

func redriveDelivery(ctx context.Context, hub *stream.Hub, d stream.DeadLetter) error {
	var a news.Alert
	if err := decoded(func(found news.Alert) error { a = found; return nil })(d.Origin.Data); err != nil || a.ID == "" {
		return errors.New("it is no alert that this program can read")
	}
	rows, _, err := findRows(ctx, hub, rowQuery{alert: string(a.ID)})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Alert == a.Key() && (queue{}).subject(row.Receiver) == d.Origin.Subject {
			if row.State == courier.Delivered {
				return fmt.Errorf("%s was delivered to %s since", a.Key(), row.Receiver)
			}
			return courier.Redrive(ctx, queue{hub: hub}, ledger{hub}, row.Receiver, a, d.Origin.Data, fmt.Sprint("redrive.", d.Seq), time.Now())
		}
	}
	return fmt.Errorf("the ledger knows no delivery of %s by %s", a.Key(), d.Origin.Subject)
}
