package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/desk"
	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
	"github.com/quidnunc-news/quidnunc/producer"
)

// The rooms declare what they need of the log in their own words; these are the few lines between those words and the
// hub's.

const machineVersion = machine.Version

// library finds the rules that the log names.
type library struct{ hub *stream.Hub }

func (l library) Rules(ctx context.Context, hash string) ([]rule.Rule, error) {
	return rulebook.Version(ctx, hash, l.body)
}

// Between is what makes the version of a hash out of an earlier one, where it was made by changes.
func (l library) Between(ctx context.Context, earlier, hash string) (put []rule.Rule, drop []string, ok bool, err error) {
	c, ok, err := rulebook.Between(ctx, earlier, hash, l.body)
	return c.Put, c.Drop, ok, err
}

func (l library) body(ctx context.Context, hash string) ([]byte, error) {
	return l.hub.Object(ctx, stream.Rules, hash)
}

// aside buries what the machine cannot read and writes the time.
type aside struct{ hub *stream.Hub }

func (a aside) Bury(ctx context.Context, entry stream.Stored, why error) error {
	return a.hub.Bury(ctx, stream.DeadLetter{Room: "consumer", Reason: why.Error(), Origin: entry})
}

func (a aside) Tick(ctx context.Context, at time.Time) error {
	m, err := wire.Tick(news.Tick{At: at})
	if err != nil {
		return err
	}
	_, err = a.hub.PublishBatch(ctx, [][]stream.Message{{stream.Message(m)}})
	return err
}

// queue is where the courier finds alerts and keeps deliveries.
type queue struct {
	hub     *stream.Hub
	backOff []time.Duration // nil: the stream's own
}

// The courier counts attempts itself and gives up by its own rules; the queue must not give up before.
const attemptsOfQueue = 1 << 20

// ackWait is after how long the alert of a courier that died goes to the next one.
const ackWait = 5 * time.Second

const courierName = "courier"

func (q queue) Alerts(ctx context.Context, handle func(context.Context, []byte) error) error {
	return q.hub.Consume(ctx, stream.ConsumeConfig{
		Stream: stream.Events, Durable: courierName, Filter: wire.AlertKind + ".>", MaxDeliver: attemptsOfQueue, AckWait: ackWait, Room: courierName, BackOff: q.backOff,
	}, body(handle))
}

// subject is where a receiver's deliveries wait.
func (q queue) subject(receiver string) string { return wire.DeliverySubject(receiver) }

func (q queue) Enqueue(ctx context.Context, receiver, id string, alert []byte) error {
	return q.hub.Enqueue(ctx, stream.Message{Subject: q.subject(receiver), Data: alert, MsgID: id})
}

// mayWait is how many deliveries of one receiver may wait for another attempt before those behind them wait too.
const mayWait = 1000

func (q queue) Waiting(ctx context.Context, receiver string, handle func([]byte) error) error {
	return q.hub.Scan(ctx, stream.Deliveries, q.subject(receiver), 1, func(m stream.Stored) error { return handle(m.Data) })
}

func (q queue) History(ctx context.Context, since time.Time, handle func([]byte) error) error {
	from, err := q.hub.SequenceAt(ctx, stream.Events, since)
	if err != nil {
		return err
	}
	return q.hub.Scan(ctx, stream.Events, wire.AlertKind+".>", from, func(m stream.Stored) error { return handle(m.Data) })
}

func (q queue) Deliveries(ctx context.Context, receiver string, handle func(context.Context, []byte) error) error {
	return q.hub.Consume(ctx, stream.ConsumeConfig{
		Stream: stream.Deliveries, Durable: courierName + "-" + wire.Token(receiver), Filter: q.subject(receiver),
		MaxDeliver: attemptsOfQueue, AckWait: ackWait, Waiting: mayWait, Room: courierName, BackOff: q.backOff,
	}, body(handle))
}

func (q queue) Pending(ctx context.Context) (int, error) {
	return q.hub.Unfinished(ctx, stream.Events, courierName)
}

func body(handle func(context.Context, []byte) error) func(context.Context, stream.Stored) error {
	return func(ctx context.Context, m stream.Stored) error { return handle(ctx, m.Data) }
}

// ledger is the courier's, in a bucket.
type ledger struct{ hub *stream.Hub }

func (l ledger) Value(ctx context.Context, key string) ([]byte, uint64, error) {
	row, revision, err := l.hub.Value(ctx, stream.Ledger, key)
	if errors.Is(err, stream.ErrNotFound) {
		return nil, 0, nil
	}
	return row, revision, err
}

func (l ledger) Update(ctx context.Context, key string, row []byte, revision uint64) (uint64, error) {
	return l.hub.Update(ctx, stream.Ledger, key, row, revision)
}

// Withheld shows an alert that the machine held back. Who gets what nobody is named for is the courier's to know, maybe in
// another process: here it goes by the name that the rules have for it.
func (l ledger) Withheld(ctx context.Context, of machine.Suppression) error {
	return courier.Withhold(ctx, l, of, rulebook.DefaultReceiver, time.Now())
}

func (l ledger) Keys(ctx context.Context) ([]string, error) {
	return l.hub.Keys(ctx, stream.Ledger, courier.RowKeys)
}

// notes are a bucket's, for the desk.
type notes struct {
	hub *stream.Hub
	in  stream.Bucket
}

func (n notes) Value(ctx context.Context, key string) ([]byte, uint64, error) {
	note, revision, err := n.hub.Value(ctx, n.in, key)
	if errors.Is(err, stream.ErrNotFound) {
		return nil, 0, nil
	}
	return note, revision, err
}

func (n notes) Update(ctx context.Context, key string, note []byte, revision uint64) (uint64, error) {
	return n.hub.Update(ctx, n.in, key, note, revision)
}

func (n notes) Delete(ctx context.Context, key string) error { return n.hub.Delete(ctx, n.in, key) }

func (n notes) Keys(ctx context.Context, filter string) ([]string, error) {
	return n.hub.Keys(ctx, n.in, filter)
}

// raised are the alerts of EVENTS.
type raised struct{ hub *stream.Hub }

func (r raised) Since(ctx context.Context, at time.Time, handle func(news.Alert) error) error {
	return queue{hub: r.hub}.History(ctx, at, decoded(handle))
}

func (r raised) Of(ctx context.Context, rule string, handle func(news.Alert) error) error {
	return r.hub.Scan(ctx, stream.Events, wire.AlertKind+".*."+wire.Token(rule)+".*", 1, func(m stream.Stored) error {
		return decoded(handle)(m.Data)
	})
}

// decoded passes over what cannot be read: it was buried when it was distributed.
func decoded(handle func(news.Alert) error) func([]byte) error {
	return func(data []byte) error {
		a, err := wire.DecodeAlert(data)
		if err != nil {
			return nil //nolint:nilerr // see above
		}
		return handle(a)
	}
}

func newDesk(hub *stream.Hub) *desk.Desk {
	return &desk.Desk{Ledger: notes{hub, stream.Ledger}, Silences: notes{hub, stream.Silences}, Alerts: raised{hub}}
}

// endTime is a Publisher that remembers the highest log time of what it published: the time an archive ends at.
type endTime struct {
	producer.Publisher
	archives bool // some of the reports come from archives
	mu       sync.Mutex
	highest  time.Time
}

func (p *endTime) Publish(ctx context.Context, reports []news.Report) (producer.Receipt, error) {
	receipt, err := p.Publisher.Publish(ctx, reports)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range reports {
		if r.At.After(p.highest) {
			p.highest = r.At
		}
	}
	return receipt, err
}

// tell writes the tick that ends a log of archives, unless the log ends with one: then nothing new was published. Where
// this run published nothing and the last one was killed before it could tell, the log's last report says the time.
func (p *endTime) tell(ctx context.Context, hub *stream.Hub) error {
	p.mu.Lock()
	highest := p.highest
	p.mu.Unlock()
	if highest.IsZero() && !p.archives {
		return nil
	}
	last, ok, err := lastReport(ctx, hub)
	if err != nil || !ok {
		return err
	}
	if last.At.After(highest) {
		highest = last.At
	}
	if err := (aside{hub}).Tick(ctx, highest); err != nil {
		return fmt.Errorf("tick at the end of the archive: %w", err)
	}
	return nil
}

// lastReport is what the log ends with; false if that is no report.
func lastReport(ctx context.Context, hub *stream.Hub) (r news.Report, ok bool, err error) {
	last, err := hub.Last(ctx, stream.Reports)
	if err != nil {
		return r, false, err
	}
	err = hub.Scan(ctx, stream.Reports, "", last, func(m stream.Stored) error {
		if wire.Kind(m.Subject) != wire.ReportKind {
			return nil
		}
		e, err := wire.DecodeEntry(m.Subject, m.Data)
		if err != nil {
			return err
		}
		r, ok = e.(news.Report)
		return nil
	})
	return r, ok, err
}
