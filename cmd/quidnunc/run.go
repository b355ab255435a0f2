package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/producer"
)

func newRun(std streams) *cobra.Command {
	var s settings
	var once bool
	var grace time.Duration
	c := &cobra.Command{
		Use:   "run",
		Short: "Run everything in one process: news in, alerts out",
		Long: `Run producer, consumer and courier in one process, with NATS JetStream inside.

Without --config it uses the sample in this program: short articles and a dozen rules,
with a data directory of its own. It prints where others can listen, where metrics and
data are, then each alert, and stays up until interrupted.

With --once it ends when the sources are exhausted and each delivery is delivered or
dead, or after --grace, and prints one line of counts. Run again over the same data it
says that nothing is new: no alert is told twice.`,
		Example: `  quidnunc run --once
  quidnunc run --config quidnunc.yaml
  nats sub 'quidnunc.alert.>'        # in another terminal, with any NATS client`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return run(c.Context(), std, &s, once, grace)
		},
	}
	s.flags(c.Flags())
	c.Flags().BoolVar(&once, "once", false, "end when the sources are exhausted")
	c.Flags().DurationVar(&grace, "grace", 30*time.Second, "with --once: how long deliveries may take after the last article")
	return c
}

func run(ctx context.Context, std streams, s *settings, once bool, grace time.Duration) error {
	p, err := s.plan(std, need{sources: true, rules: true})
	if err != nil {
		return err
	}
	defer p.end()
	if grace < 0 {
		return usagef("--grace %v: not negative", grace)
	}
	h, err := open(ctx, p.house, std, p.log)
	if err != nil {
		return err
	}
	defer h.close()
	h.announce(std.out)
	r := &running{house: h, plan: p}
	if err := addFeeds(ctx, h, p, once); err != nil {
		return err
	}
	if err := addPush(h, p, true); err != nil {
		return err
	}
	if err := addAPI(h, p); err != nil {
		return err
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if once {
		if r.deadBefore, err = deadDeliveries(ctx, h.hub); err != nil {
			return err
		}
	}
	fmt.Fprintf(std.out, "rules    %d%s\n\n", len(p.book.Rules), ofSample(p))
	return r.run(ctx, once, grace)
}

func ofSample(p *plan) string {
	if p.sample {
		return " (the sample's; name your own with --config)"
	}
	return ""
}

// running is all roles in one process.
type running struct {
	*house
	plan     *plan
	producer *producer.Producer
	end      *endTime
	consumer *consumer.Consumer
	courier  *delivery

	deadBefore int // deliveries that were dead before this run
}

func (r *running) prepare(ctx context.Context) (err error) {
	if r.producer, r.end, err = newProducer(ctx, r.house, r.plan); err != nil {
		return err
	}
	if r.consumer, err = newConsumer(r.house, shard{}, r.plan.ward); err != nil {
		return err
	}
	if r.courier, err = newCourier(ctx, r.house, r.plan); err != nil {
		return err
	}
	_, err = tellRules(ctx, r.hub, r.plan.book.Rules, time.Now())
	return err
}

var errOnce = errors.New("done")

func (r *running) run(ctx context.Context, once bool, grace time.Duration) error {
	g, working := errgroup.WithContext(ctx)
	g.Go(func() error { return machineRole(working, r.house, r.consumer) })
	g.Go(func() error { return r.courier.Run(working) })
	g.Go(func() error { return keepRules(working, r.house, r.plan, r.courier) })
	g.Go(func() error {
		if err := produceWatched(working, r.producer, r.plan, r.std.err); err != nil {
			return interrupted(working, err)
		}
		if err := r.end.tell(working, r.hub); err != nil {
			return interrupted(working, err)
		}
		if !once {
			return nil
		}
		if err := r.finish(working, grace); err != nil {
			return err
		}
		return errOnce
	})
	err := g.Wait()
	switch {
	case errors.Is(err, errOnce):
		return nil
	case once && ctx.Err() != nil:
		return ctx.Err()
	}
	return interrupted(ctx, err)
}

// interrupted is nil where err only says that ctx has ended.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// finish waits for the last delivery and says what was done.
func (r *running) finish(ctx context.Context, grace time.Duration) error {
	waiting, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	open, err := settle(waiting, r.house, r.consumer, r.courier)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.summarise(r.std.out, open)
	if err != nil {
		return fmt.Errorf("open after %v: %w", grace, err)
	}
	return nil
}

// summarise is the last line of --once.
func (r *running) summarise(w io.Writer, open courier.Open) {
	read, told := r.producer.Counts(), r.consumer.Counts()
	dead := read.BadInputs + read.Failed + told.Fates[consumer.Unreadable] + open.Dead - r.deadBefore
	if told.Fates[machine.Stepped]+told.Fates[machine.Revised] == 0 {
		switch known := r.plan.notes.behindEnd(); {
		case read.Stored+read.Duplicate > 0:
			fmt.Fprintf(w, "nothing new: %d articles, all known; %d alerts were told before; %d dead\n", read.Articles, told.Before, dead)
			return
		case read.Articles == 0 && known > 0:
			fmt.Fprintf(w, "nothing new: %d archives read to their end before; %d alerts were told before; %d dead\n", known, told.Before, dead)
			return
		}
	}
	fmt.Fprintf(w, "%d articles, %d events (%d history), %d alerts, %d dead, 0 late\n", read.Articles, told.Events, told.History, told.Alerts, dead)
}
