package shelf

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"sort"
	"sync"

	"github.com/quidnunc-news/quidnunc/consumer/past/copies"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// Copied is the log as a past.Log that reads the copies on the shelf where there are any, and the log itself where not, or
// where they are damaged. What the log does not hold any more it leaves out, copied or not.
type Copied struct {
	log      Log
	held     uint64 // place of the first message that the log holds
	segments []segment
	packs    []func() (*copies.Pack, error)

	mu      sync.Mutex
	opened  []*copies.Pack
	damaged func(error) // nil: it was told
}

// Copied begins to read what is on the shelf now. damaged is told once, of the first copies that are not what they were; the
// log is read in their place.
func (s *Shelf) Copied(ctx context.Context, log Log, damaged func(error)) (*Copied, error) {
	held, err := log.First(ctx)
	if err != nil {
		return nil, err
	}
	c := &Copied{log: log, held: held, segments: slices.Clone(s.list.Segments), damaged: damaged}
	for _, f := range c.segments {
		c.packs = append(c.packs, sync.OnceValues(func() (*copies.Pack, error) { return c.open(s, f.Copies) }))
	}
	return c, nil
}

// open opens a pack; nil where there is none, or another process has put a longer one in its place.
func (c *Copied) open(s *Shelf, name string) (*copies.Pack, error) {
	if name == "" {
		return nil, nil
	}
	p, err := s.pack(name)
	if err != nil {
		if replaced(s, name) {
			return nil, nil
		}
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened = append(c.opened, p)
	return p, nil
}

// replaced tells whether a pack is not on the list any more.
func replaced(s *Shelf, name string) bool {
	data, err := os.ReadFile(s.path(listName))
	var l list
	return err == nil && json.Unmarshal(data, &l) == nil && !l.files()[name]
}

// pack opens a pack.
func (s *Shelf) pack(name string) (*copies.Pack, error) {
	f, err := os.Open(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("shelf: copies %s are not there: %w", name, copies.ErrDamaged)
	}
	if err != nil {
		return nil, fmt.Errorf("shelf: %w", err)
	}
	p, err := copies.Open(f, name)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return p, nil
}

// Close ends the reading.
func (c *Copied) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, p := range c.opened {
		errs = append(errs, p.Close())
	}
	c.opened = nil
	return errors.Join(errs...)
}

// Entries gives the entries that have these places, ascending, in their order.
func (c *Copied) Entries(ctx context.Context, seqs []uint64, handle func(seq uint64, e news.Entry) error) error {
	gone, _ := slices.BinarySearch(seqs, c.held)
	seqs = seqs[gone:]
	found := make(map[uint64]news.Entry, len(seqs))
	for rest := seqs; len(rest) > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := c.piece(rest, found)
		if err != nil {
			c.tell(err)
		}
		rest = rest[n:]
	}
	var missing []uint64
	for _, seq := range seqs {
		if found[seq] == nil {
			missing = append(missing, seq)
		}
	}
	if len(missing) > 0 {
		if err := c.log.Entries(ctx, missing, func(seq uint64, e news.Entry) error { found[seq] = e; return nil }); err != nil {
			return err
		}
	}
	for _, seq := range seqs {
		if e := found[seq]; e != nil {
			if err := handle(seq, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// piece finds the entries that are in the same piece as the first one, and says how many these are.
func (c *Copied) piece(seqs []uint64, found map[uint64]news.Entry) (n int, err error) {
	i := sort.Search(len(c.segments), func(i int) bool { return c.segments[i].Last >= seqs[0] })
	if i == len(c.segments) {
		return len(seqs), nil
	}
	end := c.segments[i].Last
	n = sort.Search(len(seqs), func(i int) bool { return seqs[i] > end })
	pack, err := c.packs[i]()
	if pack == nil || err != nil {
		return n, err
	}
	some, behind, err := pack.Some(seqs[0])
	n = min(n, sort.Search(len(seqs), func(i int) bool { return seqs[i] >= behind }))
	if err != nil {
		return n, err
	}
	for _, m := range some {
		if _, wanted := slices.BinarySearch(seqs[:n], m.Seq); !wanted {
			continue
		}
		if found[m.Seq], err = wire.DecodeEntry(m.Subject, m.Data); err != nil {
			return n, err
		}
	}
	return n, nil
}

// tell tells of damage, once.
func (c *Copied) tell(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.damaged != nil {
		c.damaged(err)
		c.damaged = nil
	}
}

// Of tells whether the shelf is of this log: whether the last entry that was copied is there what it is here. What the log does
// not hold any more, and what is damaged here, tells nothing.
func (s *Shelf) Of(ctx context.Context, log Log) (bool, error) {
	if s.Len() == 0 {
		return true, nil
	}
	last := s.list.Segments[s.Len()-1]
	copied, err := s.copyOf(last)
	if err != nil || copied == nil {
		return true, nil //nolint:nilerr // who reads it will tell
	}
	held, err := log.First(ctx)
	if err != nil {
		return false, err
	}
	same := last.Last < held
	err = log.Entries(ctx, []uint64{last.Last}, func(_ uint64, e news.Entry) error {
		same = reflect.DeepEqual(e, copied)
		return nil
	})
	return same, err
}

// copyOf is the last entry of a segment; nil where it was not copied.
func (s *Shelf) copyOf(last segment) (e news.Entry, err error) {
	if last.Copies == "" {
		return nil, nil
	}
	pack, err := s.pack(last.Copies)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pack.Close()) }()
	some, _, err := pack.Some(last.Last)
	if err != nil || len(some) == 0 {
		return nil, err
	}
	m := some[len(some)-1]
	return wire.DecodeEntry(m.Subject, m.Data)
}
