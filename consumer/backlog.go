package consumer

import (
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

const whole = -1 // all outputs of an entry

// backlog is what was stepped and is not committed, in the order of the log.
type backlog struct {
	entries []stepped
	outputs int // of all entries, those that are written left out
	bytes   int
}

// stepped is an entry of the log with what follows from it.
type stepped struct {
	seq        uint64
	stored     time.Time // when the log stored it
	fate       machine.Fate
	suppressed []machine.Suppression
	dead       []deadEntry // to be filed when it is committed
	outputs    []said
	written    int // of outputs, how many a checkpoint covers already
}

// deadEntry is what was lost or cannot be read.
type deadEntry struct {
	origin stream.Stored
	why    error
}

// said is one output, ready to be stored, with what the metrics want of it.
type said struct {
	message stream.Message
	alert   *news.Alert // nil: an event
	event   toldEvent
}

// toldEvent is what the metrics want of an event: not the event itself, which would hold its article's text in memory.
type toldEvent struct {
	what      plover.Type
	standing  news.Standing
	who, whom string
	part      string // of its article in the story
}

func toldOf(t *news.Told) toldEvent {
	return toldEvent{t.Event.What.Type, t.Standing, news.Coded(t.Event.Who), news.Coded(t.Event.Whom), storyPart(t.Story)}
}

func (o said) size() int { return len(o.message.Subject) + len(o.message.Data) }

func (b *backlog) add(e stepped) {
	b.entries = append(b.entries, e)
	b.weigh(e.outputs[e.written:], 1)
}

func (b *backlog) weigh(outputs []said, sign int) {
	b.outputs += sign * len(outputs)
	for _, o := range outputs {
		b.bytes += sign * o.size()
	}
}

// trim forgets what a checkpoint covers, and says how many entries that were.
func (b *backlog) trim(c wire.Checkpoint) int {
	n := 0
	for n < len(b.entries) && (b.entries[n].seq < c.Sequence || b.entries[n].seq == c.Sequence && c.Written == whole) {
		b.weigh(b.entries[n].outputs[b.entries[n].written:], -1)
		n++
	}
	clear(b.entries[:n])
	b.entries = b.entries[n:]
	if len(b.entries) == 0 {
		b.entries = nil
		return n
	}
	if first := &b.entries[0]; first.seq == c.Sequence {
		written := min(max(c.Written, first.written), len(first.outputs))
		b.weigh(first.outputs[first.written:written], -1)
		first.written = written
	}
	return n
}

// limits bound one commit.
type limits struct{ outputs, bytes int }

func (l limits) hold(outputs, bytes int) bool { return outputs <= l.outputs && bytes <= l.bytes }

// batch is what one commit stores.
type batch struct {
	messages []stream.Message
	said     []said
	complete []stepped // entries that are committed in whole with this batch
	oldest   time.Time // when the log stored the first of them
	bytes    int
	next     wire.Checkpoint
}

// batch gathers from the front what fits into one commit behind checkpoint c. It ends between two entries, unless one
// alone exceeds the limits: that one is committed in parts.
func (b *backlog) batch(c wire.Checkpoint, most limits) batch {
	out := batch{next: c}
	for i := range b.entries {
		e := &b.entries[i]
		rest := e.outputs[e.written:]
		if i > 0 && !most.hold(out.with(rest)) {
			break
		}
		if i == 0 {
			out.oldest = e.stored
		}
		for n, o := range rest {
			if len(out.messages) > 0 && !most.hold(out.with(rest[n:n+1])) {
				out.next.Sequence, out.next.Written = e.seq, e.written+n
				return out
			}
			out.put(o)
		}
		out.next.Sequence, out.next.Written = e.seq, whole
		out.complete = append(out.complete, *e)
	}
	return out
}

// with is how large the batch would be with more outputs.
func (b *batch) with(more []said) (outputs, bytes int) {
	bytes = b.bytes
	for _, o := range more {
		bytes += o.size()
	}
	return len(b.messages) + len(more), bytes
}

func (b *batch) put(o said) {
	b.messages = append(b.messages, o.message)
	b.said = append(b.said, o)
	b.bytes += o.size()
	b.next.Hash = wire.Chain(b.next.Hash, o.message.Subject, o.message.Data)
	if o.alert != nil {
		b.next.Alerts++
	} else {
		b.next.Events++
	}
}
