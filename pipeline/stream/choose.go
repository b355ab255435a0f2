package stream

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// A server that filters compares the filters with all subjects of a block of the store for each message it sends, which takes it ten times
// as long as sending what lies between. A cursor that has much to read therefore reads everything and chooses on its own, unless
// little of it is wanted. At the end of a stream the server has few messages to look at and chooses.

const (
	many   = 512      // messages wanted from which on a cursor chooses
	behind = 8 * many // and from which on it does so in the middle of a reading
	scarce = 8        // the server chooses where less than one of so many messages is wanted
)

// errTurn asks for another pass, by which what lies ahead is better read.
var errTurn = errors.New("the other way to choose")

// ahead is what lay before a cursor when it began to read everything.
type ahead struct {
	wanted uint64 // messages that its filters take
	all    uint64 // messages
	passed uint64 // of all
	chosen uint64 // of those wanted
}

// begin makes the consumer of a pass, and decides who chooses.
func (c *cursor) begin(ctx context.Context) (jetstream.Consumer, error) {
	c.whole = nil
	filtering, err := c.consumer(ctx, c.filters)
	if err != nil || len(c.filters) == 0 {
		return filtering, err
	}
	wanted := filtering.CachedInfo().NumPending
	if !c.stalled && (c.rare || wanted < many) {
		return filtering, nil
	}
	everything, err := c.consumer(ctx, nil)
	if err != nil {
		c.forget(filtering)
		return nil, err
	}
	all := everything.CachedInfo().NumPending
	if !c.stalled && wanted < all/scarce {
		c.rare = true
		c.forget(everything)
		return filtering, nil
	}
	c.forget(filtering)
	c.whole = &ahead{wanted: wanted, all: all}
	return everything, nil
}

// wants notes a message of this pass, and tells whether the filters take it.
func (c *cursor) wants(subject string) bool {
	if c.whole == nil {
		return true
	}
	c.whole.passed++
	if !slices.ContainsFunc(c.filters, func(filter string) bool { return covers(filter, subject) }) {
		return false
	}
	c.whole.chosen++
	return true
}

// pending is how many messages wanted lie beyond this one, where the server counts so many. Of those that came after the pass had begun
// as large a share is taken to be wanted as of those before.
func (c *cursor) pending(counted uint64) uint64 {
	w := c.whole
	if w == nil || counted == 0 || w.all == 0 {
		return counted
	}
	left := w.wanted - min(w.wanted, w.chosen)
	later := counted - min(counted, w.all-min(w.all, w.passed))
	return min(counted, left+(later*w.wanted+w.all-1)/w.all)
}

// turn ends a pass where the other way to choose is the better one for what lies ahead.
func (c *cursor) turn(counted uint64) error {
	switch {
	case len(c.filters) == 0:
	case c.whole == nil && !c.rare && counted >= behind:
		return errTurn
	case c.whole != nil && counted == 0:
		c.stalled = false
		return errTurn
	}
	return nil
}

// covers tells whether one of the server's filters takes a subject: "*" stands for a token, ">" for those that are left, at least one.
func covers(filter, subject string) bool {
	for {
		want, filterRest, filterMore := strings.Cut(filter, ".")
		token, subjectRest, subjectMore := strings.Cut(subject, ".")
		switch {
		case want == ">":
			return true
		case want != "*" && want != token, filterMore != subjectMore:
			return false
		case !filterMore:
			return true
		}
		filter, subject = filterRest, subjectRest
	}
}
