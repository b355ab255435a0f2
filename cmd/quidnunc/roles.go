package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
	"github.com/quidnunc-news/quidnunc/producer"
)

// newProducer wires sources, coder and log. The end of the archives is told by the returned endTime.
func newProducer(h *house, p *plan) (*producer.Producer, *endTime, error) {
	end := &endTime{Publisher: producer.NewPublisher(h.hub, int(h.hub.MaxPayload()))}
	made, err := producer.New(p.inputs, newCoder(), end, producer.NewDeadLetters(h.hub), producer.Config{Registerer: h.registry, Log: h.log})
	return made, end, err
}

func newConsumer(h *house) (*consumer.Consumer, error) {
	return consumer.New(h.hub, library{h.hub}, aside{h.hub}, gazetteer.Default(), consumer.Config{Registerer: h.registry, Log: h.log})
}

func newCourier(h *house, p *plan) (*courier.Courier, error) {
	return courier.New(courier.Config{
		Queue: queue{hub: h.hub}, Ledger: ledger{h.hub}, Decode: wire.DecodeAlert, Receivers: p.receivers, Metrics: h.registry, Log: h.log,
	})
}

// retell is how often the rules in force are told again, so that a log that loses its head to age still names them.
const retell = 24 * time.Hour

// lastRules is the rules message that the log told last; zero when it told none.
func lastRules(ctx context.Context, hub *stream.Hub) (news.Rules, error) {
	var last news.Rules
	err := hub.Scan(ctx, stream.Reports, wire.RulesKind+".>", 1, func(m stream.Stored) error {
		e, err := wire.DecodeEntry(m.Subject, m.Data)
		if r, ok := e.(news.Rules); ok && err == nil {
			last = r
		}
		return nil
	})
	if err != nil {
		return last, fmt.Errorf("rules in force: %w", err)
	}
	return last, nil
}

// tellRules puts the rules in force, unless the log says already that they are, and has said so today.
func tellRules(ctx context.Context, hub *stream.Hub, rules []rule.Rule, now time.Time) (told bool, err error) {
	body, _ := rulebook.Encode(rules)
	last, err := lastRules(ctx, hub)
	if err != nil {
		return false, err
	}
	hash, err := hub.PutObject(ctx, stream.Rules, body)
	if err != nil {
		return false, fmt.Errorf("rules: %w", err)
	}
	if last.Hash == hash && now.Sub(last.At) < retell {
		return false, nil
	}
	m, err := wire.Rules(news.Rules{Version: now.UTC().Format("20060102t150405z"), Hash: hash, At: now.UTC()})
	if err != nil {
		return false, err
	}
	if _, err := hub.PublishBatch(ctx, [][]stream.Message{{stream.Message(m)}}); err != nil {
		return false, fmt.Errorf("rules: %w", err)
	}
	return last.Hash != hash, nil
}

// keepRules tells the rules again when their files change, and once a day. A broken file is said so of, and the last
// good version stays in force.
func keepRules(ctx context.Context, h *house, p *plan) error {
	rules := p.book.Rules
	changes := make(chan []rule.Rule)
	watching := make(chan error, 1)
	go func() { watching <- watchRules(ctx, h, p, changes) }()
	daily := time.NewTicker(retell)
	defer daily.Stop()
	for {
		select {
		case rules = <-changes:
		case <-daily.C:
		case err := <-watching:
			return err
		}
		told, err := tellRules(ctx, h.hub, rules, time.Now())
		switch {
		case ctx.Err() != nil:
		case err != nil:
			h.log.Error("rules not told; the last version stays in force", "error", err)
		case told:
			h.log.Info("rules told", "rules", len(rules))
		}
	}
}

func watchRules(ctx context.Context, h *house, p *plan, changes chan<- []rule.Rule) error {
	if len(p.ruleFiles) == 0 {
		<-ctx.Done()
		return nil
	}
	failed := reloadMetric(h.registry)
	return rulebook.Watch(ctx, rulebook.WatchConfig{Files: p.ruleFiles}, func(b rulebook.Book, err error) {
		if err != nil {
			failed.Inc()
			h.log.Error("rules not reloaded; the last good version stays in force", "error", err)
			return
		}
		select {
		case changes <- b.Rules:
		case <-ctx.Done():
		}
	})
}

// machineRole holds the lease of the shard and runs its machine, again and again until ctx ends: a lease that is lost
// or a machine that is fenced makes it wait for its turn.
func machineRole(ctx context.Context, h *house, c *consumer.Consumer) error {
	for {
		lease, err := h.hub.Lease(ctx, "shard-0", holder(h), 0)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		err = holding(ctx, lease, c.Run)
		releasing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stream.LeaseTTL)
		releaseErr := lease.Release(releasing)
		cancel()
		if releaseErr != nil {
			h.log.Warn("lease not released; it ends by itself", "error", releaseErr)
		}
		switch {
		case ctx.Err() != nil && err == nil:
			return nil
		case errors.Is(err, stream.ErrFenced), err == nil:
			h.log.Warn("another machine commits this shard; waiting for the lease", "error", err)
		default:
			return err
		}
	}
}

// holding runs f until it ends or the lease is lost.
func holding(ctx context.Context, lease *stream.Lease, f func(context.Context) error) error {
	held, cancel := context.WithCancel(ctx)
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		select {
		case <-lease.Lost():
			cancel()
		case <-held.Done():
		}
	}()
	defer func() { cancel(); <-watching }()
	return f(held)
}

// settle waits until everything in the log is committed and every delivery is delivered or dead, or ctx ends: then it
// says what is open.
func settle(ctx context.Context, h *house, c *consumer.Consumer, deliveries *courier.Courier) (courier.Open, error) {
	last, err := h.hub.Last(ctx, stream.Reports)
	if err != nil {
		return courier.Open{}, err
	}
	if err := c.Await(ctx, last); err != nil {
		return courier.Open{}, fmt.Errorf("the machine has read up to %d of %d: %w", c.Counts().Sequence, last, err)
	}
	var open courier.Open
	for {
		now, err := deliveries.Open(ctx)
		switch {
		case ctx.Err() != nil: // what was asked last was cut short
			return open, fmt.Errorf("not delivered: %s", describeOpen(open))
		case err != nil && !errors.Is(err, stream.ErrNotFound): // the courier has not begun
			return open, err
		case err == nil && now.None():
			return now, nil
		case err == nil:
			open = now
		}
		select {
		case <-ctx.Done():
			return open, fmt.Errorf("not delivered: %s", describeOpen(open))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func describeOpen(o courier.Open) string {
	text := fmt.Sprintf("%d alerts not yet distributed", o.Alerts)
	var names []string
	for name := range o.Receivers {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		text += fmt.Sprintf("; %d deliveries to %s", o.Receivers[name], name)
	}
	return text
}
