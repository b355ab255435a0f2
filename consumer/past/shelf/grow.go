package shelf

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/past"
	"github.com/quidnunc-news/quidnunc/consumer/past/copies"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// Log is the log of which the shelf has columns and copies. Scan gives its messages from a place on, up to its present end,
// in their order; they are not changed afterwards. First is the place of the first that it still holds.
type Log interface {
	past.Log
	Scan(ctx context.Context, from uint64, handle func(copies.Message) error) error
	First(ctx context.Context) (uint64, error)
}

// Grow takes in what the log has gained, telling how far it is: how many entries were taken in, and the place in the log of
// the last. What was gained is on the shelf only when all of it is, or every saved entries: a Grow that is interrupted
// goes on from there.
//
// Entries are read on all cores, and those that cannot be read left out, as the machine leaves them out; the machine steps
// them in their order, and beside it segments are made of what it said, and copies of them. Copies of what the log does not
// hold any more are dropped, a segment at a time.
func (s *Shelf) Grow(ctx context.Context, log Log, progress func(entries int, seq uint64)) error {
	held, err := log.First(ctx)
	if err != nil {
		return err
	}
	g := grower{shelf: s, progress: progress, newest: s.list.Newest, next: s.list.Next, held: held}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	lots, stepped := make(chan *lot, 4*runtime.GOMAXPROCS(0)), make(chan page, 4)
	var work sync.WaitGroup
	work.Go(func() {
		defer close(stepped)
		if err := g.step(lots, stepped); err != nil {
			cancel(err)
			for range lots { //nolint:revive // as below
			}
		}
	})
	work.Go(func() {
		if err := g.write(stepped); err != nil {
			cancel(err)
			for range stepped { //nolint:revive // what comes behind an error is of no use, and nobody is to wait
			}
		}
	})
	err = g.scan(ctx, log, lots)
	g.interrupted = err != nil
	close(lots)
	work.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// begin takes up the machine's memory, and the last segment where it has room. That takes a while where there is much of
// it, and is done when the log has gained something.
func (g *grower) begin() error {
	g.state, g.builder, g.copies = &machine.State{}, &past.Builder{}, &copies.Builder{}
	g.segments = g.shelf.list.Segments
	if g.shelf.list.Machine.Hash == "" {
		return nil
	}
	memory, err := g.shelf.read(g.shelf.list.Machine.Hash)
	if err != nil {
		return err
	}
	g.state, err = machine.Restore(memory, func(hash string) (*machine.Ruleset, error) { return nil, fmt.Errorf("shelf: rules %s", hash) })
	if err != nil {
		return fmt.Errorf("shelf: %w: %w", past.ErrDamaged, err)
	}
	last := len(g.segments) - 1
	if last < 0 || g.segments[last].Entries >= past.Full {
		return nil
	}
	s, err := g.shelf.Segment(last)
	if err != nil {
		return err
	}
	g.builder, err = s.Builder()
	if err = errors.Join(err, s.Close()); err != nil {
		return err
	}
	return g.beginCopies(last)
}

// beginCopies takes up the last segment's copies.
func (g *grower) beginCopies(last int) (err error) {
	f := g.segments[last]
	g.segments = g.segments[:last:last]
	if f.Copies == "" {
		return nil
	}
	pack, err := g.shelf.pack(f.Copies)
	if err != nil {
		return err
	}
	g.copies, err = pack.Builder()
	return errors.Join(err, pack.Close())
}

// saved is after how many entries what was taken in is kept, should the process end.
const saved = 8 * past.Full

// lotSize is how many entries are read together.
const lotSize = 32

type grower struct {
	shelf       *Shelf
	progress    func(int, uint64)
	state       *machine.State
	builder     *past.Builder
	copies      *copies.Builder
	last        uint64    // place of the builder's last entry
	held        uint64    // place of the first message that the log holds
	segments    []segment // complete ones
	newest      time.Time
	next        uint64
	taken       int
	interrupted bool // nothing may be saved of what is not complete
}

// lot is some entries on their way to the machine.
type lot struct {
	items []item
	read  chan struct{} // closed when all are
}

type item struct {
	message  copies.Message
	noun     news.Entry        // nil: left out
	prepared *machine.Prepared // of a report
	traits   []string
	entry    past.Entry
}

// page is what the machine has stepped: entries of one segment.
type page struct {
	begins machine.Time // where it stood before the first
	items  []item
	end    bool  // of the segment
	save   *mark // what was taken in is to be kept now
}

// mark is where the machine stands.
type mark struct {
	memory *machine.Picture
	next   uint64
	newest time.Time
}

// scan hands the log to those who read its entries, and in the same order to the machine.
func (g *grower) scan(ctx context.Context, log Log, lots chan<- *lot) error {
	var work sync.WaitGroup
	unread := make(chan *lot)
	for range runtime.GOMAXPROCS(0) {
		work.Go(func() {
			var traits match.Traits
			for l := range unread {
				l.prepare(&traits)
			}
		})
	}
	defer work.Wait()
	defer close(unread)
	l := &lot{read: make(chan struct{})}
	send := func() error {
		for _, to := range []chan<- *lot{unread, lots} {
			select {
			case to <- l:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		l = &lot{read: make(chan struct{})}
		return nil
	}
	err := log.Scan(ctx, g.shelf.list.Next, func(m copies.Message) error {
		l.items = append(l.items, item{message: m})
		if len(l.items) < lotSize {
			return nil
		}
		return send()
	})
	if err != nil {
		return err
	}
	return send()
}

// prepare reads the entries, and finds their traits and what stories look at.
func (l *lot) prepare(traits *match.Traits) {
	defer close(l.read)
	var noRules *machine.Ruleset
	for i := range l.items {
		it := &l.items[i]
		noun, err := wire.DecodeEntry(it.message.Subject, it.message.Data)
		if err != nil {
			continue
		}
		it.noun = noun
		if r, ok := noun.(news.Report); ok {
			it.traits = append(it.traits, traits.Of(&r)...)
			it.prepared = noRules.Prepare(&r)
		}
	}
}

// step lets the machine step what was read, and hands on what columns keep of it.
func (g *grower) step(lots <-chan *lot, pages chan<- page) error {
	first := <-lots
	if first == nil || len(first.items) == 0 {
		return nil
	}
	if err := g.begin(); err != nil {
		return err
	}
	full, fresh, taken := past.Full-g.builder.Len(), 0, false
	p := page{begins: g.state.Time()}
	send := func(end, save bool) {
		if p.end = end; save {
			p.save = &mark{g.state.Picture(), g.next, g.newest}
			fresh = 0
		}
		pages <- p
		p = page{begins: g.state.Time()}
	}
	for l := first; l != nil; l = <-lots { // nil: there are no more
		<-l.read
		for _, it := range l.items {
			g.next = it.message.Seq + 1
			var ok bool
			if it.entry, ok = past.Step(g.state, it.message.Seq, it.noun, it.prepared); !ok {
				continue
			}
			if it.noun, it.prepared = nil, nil; it.entry.At.After(g.newest) {
				g.newest = it.entry.At
			}
			p.items, taken = append(p.items, it), true
			full, fresh = full-1, fresh+1
			if full == 0 {
				full = past.Full
				send(true, fresh >= saved)
			}
		}
		send(false, false)
	}
	if taken && !g.interrupted {
		send(true, true)
	}
	return nil
}

// write makes segments of what was stepped.
func (g *grower) write(pages <-chan page) error {
	for p := range pages {
		if g.builder.Len() == 0 {
			g.builder.Begins = p.begins
		}
		for i := range p.items {
			g.builder.Add(p.items[i].entry, p.items[i].traits)
			if err := g.copies.Add(p.items[i].message); err != nil {
				return err
			}
			g.last = p.items[i].message.Seq
		}
		if g.taken += len(p.items); g.progress != nil && len(p.items) > 0 {
			g.progress(g.taken, g.last)
		}
		if p.end {
			if err := g.close(); err != nil {
				return err
			}
		}
		if p.save != nil {
			if err := g.save(p.save); err != nil {
				return err
			}
		}
	}
	return nil
}

// close makes a segment of what the builder has, and a pack of its copies.
func (g *grower) close() error {
	if g.builder.Len() == 0 {
		return nil
	}
	data, err := g.builder.Bytes()
	if err != nil {
		return err
	}
	pack, err := g.copies.Bytes()
	if err != nil {
		return err
	}
	s := segment{Hash: past.Name(data), Entries: g.builder.Len(), Last: g.last, Copies: copies.Name(pack)}
	if err := g.shelf.replace(s.Hash, data); err != nil {
		return err
	}
	if err := g.shelf.replace(s.Copies, pack); err != nil {
		return err
	}
	g.segments = append(g.segments, s)
	g.builder, g.copies = &past.Builder{}, &copies.Builder{}
	return nil
}

// save puts what was taken in on the list.
func (g *grower) save(m *mark) error {
	memory, err := m.memory.Append(nil)
	if err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	sum := sha256.Sum256(memory)
	hash := hex.EncodeToString(sum[:])
	if err := g.shelf.replace(hash, memory); err != nil {
		return err
	}
	l := empty()
	l.Segments, l.Machine, l.Next, l.Newest = slices.Clone(g.segments), file{Hash: hash}, m.next, m.newest
	for i, f := range l.Segments {
		if l.Entries += f.Entries; f.Last < g.held {
			l.Segments[i].Copies = ""
		}
	}
	return g.shelf.publish(l)
}
