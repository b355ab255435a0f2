package producer

import (
	"context"
	"fmt"

	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// Batcher stores bundles of messages in order, each bundle whole. *stream.Hub is one.
type Batcher interface {
	PublishBatch(ctx context.Context, bundles [][]stream.Message) (stream.Receipt, error)
}

// room is kept free in the largest message, for headers and for what the server adds.
const room = 8 << 10

// NewPublisher returns a Publisher that writes reports as messages of at most maxPayload bytes; 0 means 4 MiB, the
// embedded server's limit. A report that is larger loses its last events, then the end of its text, and says so by its
// Cut flags; one that cannot be made to fit is refused for good.
func NewPublisher(b Batcher, maxPayload int) Publisher {
	if maxPayload == 0 {
		maxPayload = 4 << 20
	}
	return &bundler{b, maxPayload - room}
}

type bundler struct {
	batcher Batcher
	limit   int
}

func (p *bundler) Publish(ctx context.Context, reports []news.Report) (Receipt, error) {
	bundles := make([][]stream.Message, 0, len(reports))
	for _, r := range reports {
		b, err := p.bundle(r)
		if err != nil {
			return Receipt{}, pipeline.Permanent(fmt.Errorf("article %s: %w", r.Article.ID, err))
		}
		bundles = append(bundles, b)
	}
	r, err := p.batcher.PublishBatch(ctx, bundles)
	return Receipt{Stored: r.Stored, Duplicate: r.Duplicate}, err
}

func (p *bundler) bundle(r news.Report) ([]stream.Message, error) {
	for {
		b, err := wire.Bundle(r)
		if err != nil {
			return nil, err
		}
		messages := make([]stream.Message, len(b))
		largest := 0
		for i, m := range b {
			messages[i] = stream.Message(m)
			largest = max(largest, len(m.Data))
		}
		if largest <= p.limit {
			return messages, nil
		}
		smaller, ok := shrink(r)
		if !ok {
			return nil, fmt.Errorf("a message of %d bytes, and the log takes %d", largest, p.limit)
		}
		r = smaller
	}
}

// minText is where shrinking a text ends.
const minText = 1 << 10

// shrink halves the larger part of a report: its events from the end, or its text with the events told there. The same
// report always shrinks the same way.
func shrink(r news.Report) (news.Report, bool) {
	size := len(r.Article.Text)
	switch n := len(r.Events); {
	case n > 1 && bytesOf(r)-size > size:
		r.Events, r.Cut = r.Events[:n/2:n/2], true
	case size > minText:
		r.Article.Text, _ = text.Cut(r.Article.Text, size/2)
		r.Article.Cut = true
		r = within(r, len(r.Article.Text))
	case n > 0:
		r.Events, r.Cut = nil, true
	default:
		return r, false
	}
	return r, true
}

// within keeps the events whose sentences lie in the first n bytes of the text.
func within(r news.Report, n int) news.Report {
	var kept []news.Event
	for _, e := range r.Events {
		if inside(e, n) {
			kept = append(kept, e)
		}
	}
	r.Cut = r.Cut || len(kept) < len(r.Events)
	r.Events = kept
	return r
}

func inside(e news.Event, n int) bool {
	for _, c := range e.Cites {
		if c.Span.End > n {
			return false
		}
	}
	for _, side := range [][]news.Actor{e.Who, e.Whom} {
		for _, a := range side {
			if a.Span.End > n {
				return false
			}
		}
	}
	return e.What.Span.End <= n && (e.Where == nil || e.Where.Span.End <= n)
}

// Graveyard stores dead letters. *stream.Hub is one.
type Graveyard interface {
	Bury(ctx context.Context, d stream.DeadLetter) error
}

// NewDeadLetters returns DeadLetters that lie in the stream for them: origin as the subject, sample as the body. The
// same one within the server's dedup window lies there once.
func NewDeadLetters(g Graveyard) DeadLetters { return undertaker{g} }

type undertaker struct{ graveyard Graveyard }

func (u undertaker) Bury(ctx context.Context, reason, origin string, sample []byte) error {
	return u.graveyard.Bury(ctx, stream.DeadLetter{
		Room: "producer", Reason: reason, Origin: stream.Stored{Message: stream.Message{
			Subject: origin, Data: sample, MsgID: stream.Hash([]byte(reason + "\x00" + origin + "\x00" + string(sample))),
		}},
	})
}
