package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/desk"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/sketch"
)

// newProducer wires sources, coder and log, and lets archives go on where they were. Their end is told by the returned
// endTime.
func newProducer(ctx context.Context, h *house, p *plan) (*producer.Producer, *endTime, error) {
	made := newCoder()
	var err error
	if p.notes, err = resume(ctx, h, p, made.Name()); err != nil {
		return nil, nil, err
	}
	end := &endTime{Publisher: producer.NewPublisher(h.hub, int(h.hub.MaxPayload())), archives: len(p.archives) > 0}
	run, err := producer.New(p.inputs, made, end, producer.NewDeadLetters(h.hub), producer.Config{Sketch: sketched, Registerer: h.registry, Log: h.log})
	return run, end, err
}

// sketched is what the machine needs of an article's words to tell stories apart.
func sketched(a news.Article) news.Sketch { return sketch.Of(a, gazetteer.Default()) }

// delivery is the courier and what people tell it.
type delivery struct {
	*courier.Courier
	house *house
	ear   *desk.Ear
}

func newCourier(ctx context.Context, h *house, p *plan) (*delivery, error) {
	p.workshop.tell = h.hub.Tell
	ear := &desk.Ear{Desk: newDesk(h.hub)}
	if err := ear.Look(ctx); err != nil {
		return nil, err
	}
	c, err := courier.New(courier.Config{
		Queue: queue{hub: h.hub}, Ledger: ledger{h.hub}, Decode: wire.DecodeAlert, Receivers: p.receivers, Desk: ear, Metrics: h.registry, Log: h.log,
	})
	return &delivery{c, h, ear}, err
}

// listening is how often the silences are read anew.
const listening = 2 * time.Second

// Run delivers, and hears of silences, until ctx ends.
func (d *delivery) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		tick := time.NewTicker(listening)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := d.ear.Look(ctx); err != nil && ctx.Err() == nil {
				d.house.log.Warn("silences not read; those known before stay in force", "error", err)
			}
		}
	}()
	err := d.Courier.Run(ctx)
	stop()
	<-heard
	return err
}

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

func publishRules(ctx context.Context, hub *stream.Hub, hash string, now time.Time) error {
	m, err := wire.Rules(news.Rules{Version: now.UTC().Format("20060102t150405z"), Hash: hash, At: now.UTC()})
	if err != nil {
		return err
	}
	if _, err := hub.PublishBatch(ctx, [][]stream.Message{{stream.Message(m)}}); err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	return nil
}

// retell is how often the rules in force are told again, whoever put them there, so that a log that loses its head to
// age still names them.
const retell = 24 * time.Hour

// retellRules tells the rules in force again where the log told them too long ago.
func retellRules(ctx context.Context, hub *stream.Hub, now time.Time) error {
	last, err := lastRules(ctx, hub)
	if err != nil || last.Hash == "" || now.Sub(last.At) < retell {
		return err
	}
	return publishRules(ctx, hub, last.Hash, now)
}

// keepRules puts the rules in force when their files change, and tells those in force again once a day.
func keepRules(ctx context.Context, h *house, p *plan, d *delivery) error {
	changes := make(chan []rule.Rule)
	watching := make(chan error, 1)
	go func() { watching <- watchRules(ctx, h, p, d, changes) }()
	look := time.NewTicker(time.Minute)
	defer look.Stop()
	var waiting []rule.Rule // that could not be told yet
	for {
		select {
		case waiting = <-changes:
		case <-look.C:
		case err := <-watching:
			return err
		}
		var err error
		if waiting != nil {
			if _, err = tellRules(ctx, h.hub, waiting, time.Now()); err == nil {
				h.log.Info("rules told", "rules", len(waiting))
				waiting = nil
			}
		} else {
			err = retellRules(ctx, h.hub, time.Now())
		}
		if err != nil && ctx.Err() == nil {
			h.log.Error("rules not told; the last version stays in force, trying again", "error", err)
		}
	}
}

// watchRules hands over the rules of changed files, and puts changed receivers in force: a nil d has none, nil changes hear of
// no rules. A broken file is said so of, and the last good version stays.
func watchRules(ctx context.Context, h *house, p *plan, d *delivery, changes chan<- []rule.Rule) error {
	if len(p.ruleFiles) == 0 {
		<-ctx.Done()
		return nil
	}
	told := newReloads(h.registry)
	return rulebook.Watch(ctx, rulebook.WatchConfig{Files: p.ruleFiles}, func(b rulebook.Book, err error) {
		var receivers []courier.Receiver
		if err == nil {
			receivers, err = p.workshop.receivers(b.Receivers)
		}
		if err == nil && d != nil {
			err = d.Apply(receivers)
		}
		if err != nil {
			told.failed()
			h.log.Error("rules not reloaded; the last good version stays in force", "error", err)
			return
		}
		told.succeeded()
		if changes == nil {
			return
		}
		select {
		case changes <- b.Rules:
		case <-ctx.Done():
		}
	})
}

// settle waits until everything in the log is committed and every delivery is delivered or dead, or ctx ends: then it
// says what is open.
func settle(ctx context.Context, h *house, c *consumer.Consumer, deliveries *delivery) (courier.Open, error) {
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

// deadDeliveries counts the deliveries that were given up so far.
func deadDeliveries(ctx context.Context, hub *stream.Hub) (n int, err error) {
	keys, err := hub.Keys(ctx, stream.Ledger, courier.RowKeys)
	if err != nil {
		return 0, err
	}
	for _, key := range keys {
		data, _, err := hub.Value(ctx, stream.Ledger, key)
		if err != nil {
			return 0, err
		}
		if row, err := courier.ParseRow(data); err == nil && row.State == courier.Dead {
			n++
		}
	}
	return n, nil
}
