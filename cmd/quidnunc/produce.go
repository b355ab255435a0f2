package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func newProduce(std streams) *cobra.Command {
	var s settings
	c := &cobra.Command{
		Use:   "produce",
		Short: "Only read, code and publish: articles become events in the log",
		Long: `Read the sources, code their articles and publish the events, each as it is told
(told.<what>.<who>.<whom>) and each article with all of its events (report.<lang>.<publisher>).

Without --nats it embeds the server and goes on serving until interrupted, so that others
can listen; 'quidnunc consume --data DIR' on the same directory joins it.
With --nats it ends when the sources are exhausted.`,
		Example: `  quidnunc produce
  quidnunc produce --config quidnunc.yaml --nats nats://broker:4222 --creds producer.creds`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return produce(c.Context(), std, &s) },
	}
	s.flags(c.Flags())
	return c
}

// enter is how a process with a part of the work begins: with its plan, and in the house that runs on its data directory or
// its servers, or one of its own. leave is for its end.
func (s *settings) enter(ctx context.Context, std streams, n need) (p *plan, h *house, leave func(), err error) {
	if p, err = s.plan(std, n); err != nil {
		return nil, nil, nil, err
	}
	p.house.join = true
	if h, err = open(ctx, p.house, std, p.log); err != nil {
		p.end()
		return nil, nil, nil, err
	}
	h.announce(std.out)
	return p, h, func() { h.close(); p.end() }, nil
}

func produce(ctx context.Context, std streams, s *settings) error {
	p, h, leave, err := s.enter(ctx, std, need{sources: true})
	if err != nil {
		return err
	}
	defer leave()
	if err := addFeeds(ctx, h, p, false); err != nil {
		return err
	}
	if err := addPush(h, p, false); err != nil {
		return err
	}
	made, end, err := newProducer(ctx, h, p)
	if err != nil {
		return err
	}
	if err := produceWatched(ctx, made, p, std.err); err != nil {
		return interrupted(ctx, err)
	}
	if err := end.tell(ctx, h.hub); err != nil {
		return interrupted(ctx, err)
	}
	n := made.Counts()
	fmt.Fprintf(std.out, "%d articles, %d events, %d new, %d known before, %d dead\n", n.Articles, n.Events, n.Stored, n.Duplicate, n.BadInputs+n.Failed)
	if h.server == nil {
		return nil
	}
	fmt.Fprintln(std.out, "the sources are exhausted; serving until interrupted (Ctrl-C)")
	<-ctx.Done()
	return nil
}

func newConsume(std streams) *cobra.Command {
	var s settings
	var part shard
	deliver := true
	c := &cobra.Command{
		Use:   "consume",
		Short: "Only match and deliver: events become alerts",
		Long: `Read the log that producers write, match it against the rules and deliver the alerts.

Without --nats it joins the instance that runs on the data directory, or embeds the server
itself when none runs. Of several consumers one commits at a time; the others read and match
along, and one of them takes over within seconds when it dies.

With --shard the rules are divided: 'consume --shard 0/2' holds one half, 'consume --shard
1/2' the other. Each part needs a consumer, and may have several.

With --deliver=false it only matches: alerts wait in the log's queue for processes of
'quidnunc deliver', which may run elsewhere and know the receivers' secrets.

Without --config the rules in force stay as the log names them, or are the sample's where
it names none, and alerts go to the terminal. Rules hold for the articles that come behind
them in the log: start a consumer before the producers.`,
		Example: `  quidnunc consume --data /var/lib/quidnunc --config quidnunc.yaml
  quidnunc consume --nats nats://broker:4222 --creds consumer.creds --config quidnunc.yaml
  quidnunc consume --nats nats://broker:4222 --creds consumer.creds --shard 0/2`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return consume(c.Context(), std, &s, part, deliver) },
	}
	s.flags(c.Flags())
	c.Flags().BoolVar(&deliver, "deliver", true, "deliver the alerts, too")
	c.Flags().Var(&part, "shard", "which part of the rules to hold, of how many; each part needs a consumer of its own")
	return c
}

func consume(ctx context.Context, std streams, s *settings, part shard, deliver bool) error {
	p, h, leave, err := s.enter(ctx, std, need{rules: true})
	if err != nil {
		return err
	}
	defer leave()
	if err := addAPI(h, p); err != nil {
		return err
	}
	if err := adoptRules(ctx, h, p); err != nil {
		return err
	}
	machine, err := newConsumer(h, part, p.ward)
	if err != nil {
		return err
	}
	var deliveries *delivery
	if deliver {
		if deliveries, err = newCourier(ctx, h, p); err != nil {
			return err
		}
	}
	fmt.Fprintf(std.out, "rules    %d\n\n", len(p.book.Rules))
	g, working := errgroup.WithContext(ctx)
	g.Go(func() error { return machineRole(working, h, machine) })
	if deliver {
		g.Go(func() error { return deliveries.Run(working) })
	}
	g.Go(func() error { return keepRules(working, h, p, deliveries) })
	return interrupted(ctx, g.Wait())
}

func newDeliver(std streams) *cobra.Command {
	var s settings
	c := &cobra.Command{
		Use:   "deliver",
		Short: "Only deliver: alerts reach their receivers",
		Long: `Bring the alerts that consumers raise to the receivers of the rule files, and keep the
ledger. Any number of these may run side by side: each delivery is made by one of them.

Without --nats it joins the instance that runs on the data directory. Receivers of changed
rule files are taken up while it runs; rules are the consumers' business.`,
		Example: `  quidnunc consume --nats tls://broker:4222 --creds consumer.creds --config quidnunc.yaml --deliver=false
  quidnunc deliver --nats tls://broker:4222 --creds courier.creds --config quidnunc.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return deliver(c.Context(), std, &s) },
	}
	s.flags(c.Flags())
	return c
}

func deliver(ctx context.Context, std streams, s *settings) error {
	p, h, leave, err := s.enter(ctx, std, need{rules: true})
	if err != nil {
		return err
	}
	defer leave()
	if err := addAPI(h, p); err != nil {
		return err
	}
	deliveries, err := newCourier(ctx, h, p)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "to       %s\n\n", nameOr(strings.Join(p.workshop.names(), ", "), "the terminal"))
	g, working := errgroup.WithContext(ctx)
	g.Go(func() error { return deliveries.Run(working) })
	g.Go(func() error { return watchRules(working, h, p, deliveries, nil) })
	return interrupted(ctx, g.Wait())
}

// adoptRules tells the configured rules; without a configuration those the log names stay in force.
func adoptRules(ctx context.Context, h *house, p *plan) error {
	last, err := lastRules(ctx, h.hub)
	if err != nil {
		return err
	}
	if p.sample && last.Hash != "" {
		rules, err := (library{h.hub}).Rules(ctx, last.Hash)
		if err != nil {
			return err
		}
		p.book = rulebook.Book{Rules: rules}
	}
	before, err := h.hub.Last(ctx, stream.Reports)
	if err != nil {
		return err
	}
	if last.Hash == "" && before > 0 {
		fmt.Fprintln(h.std.out, "note     the log holds articles from before its first rules: they raise no alerts")
	}
	_, err = tellRules(ctx, h.hub, p.book.Rules, time.Now())
	return err
}
