package replay

import (
	"bufio"
	"cmp"
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// sortMemory bounds, in bytes of text, what Sort holds in memory; what is more is sorted in files.
const sortMemory = 64 << 20

// Sort puts a source into the order of publication: reports by the start of Published, which becomes their At, undated ones
// and all other entries by the At they have. What has the same time stays in the source's order. The first Next reads the
// whole source. What does not fit into memory and lies in order already, as large archives mostly do, is read once more,
// from what again opens; what does not waits in temporary files in dir ("" means the system's), which Close removes. A
// source that cannot be opened again has no again.
func Sort(s Source, dir string, again func() (Source, error)) *Sorted {
	return &Sorted{source: s, again: again, dir: dir, memory: sortMemory}
}

// Sorted is a Source in the order of publication. It is for one goroutine.
type Sorted struct {
	source Source
	again  func() (Source, error)
	dir    string
	memory int

	bad   []*BadEntry // told first
	read  bool
	plain bool      // source, opened again, is in order
	last  time.Time // of it
	runs  runs      // else
	files []*os.File

	given, all atomic.Uint64 // entries; all is 0 until the source is read
}

// sortable is an entry with its place in the order.
type sortable struct {
	At    time.Time `json:"at"`
	N     uint64    `json:"n"` // its number in the source
	Entry Entry     `json:"entry"`
	Body  []byte    `json:"body,omitempty"` // of Entry.Report, while it waits in a file
}

func compareSortable(a, b sortable) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.N, b.N)) }

// Next gives the next entry in order.
func (s *Sorted) Next(ctx context.Context) (Entry, error) {
	if !s.read {
		if err := s.gather(ctx); err != nil {
			return Entry{}, err
		}
		s.read = true
	}
	if len(s.bad) > 0 {
		bad := s.bad[0]
		s.bad = s.bad[1:]
		return Entry{}, bad
	}
	if s.plain {
		return s.pass(ctx)
	}
	if len(s.runs) == 0 {
		return Entry{}, io.EOF
	}
	first := s.runs[0]
	out := first.head
	more, err := first.advance()
	if err != nil {
		return Entry{}, err
	}
	if more {
		heap.Fix(&s.runs, 0)
	} else {
		heap.Pop(&s.runs)
	}
	s.given.Add(1)
	return out.Entry, nil
}

var errChanged = errors.New("replay: sort: the archive changed while it was read: replay it again")

// pass gives the next entry of a source that is in order.
func (s *Sorted) pass(ctx context.Context) (Entry, error) {
	for {
		e, at, err := s.next(ctx)
		switch {
		case errors.As(err, new(*BadEntry)):
			continue // it was told
		case errors.Is(err, io.EOF) && s.given.Load() != s.all.Load(), err == nil && at.Before(s.last):
			return Entry{}, errChanged
		case err != nil:
			return Entry{}, err
		}
		s.last = at
		s.given.Add(1)
		return e, nil
	}
}

// next gives the next entry as it lies in the source, and its place in the order; a *BadEntry for one that has none.
func (s *Sorted) next(ctx context.Context) (Entry, time.Time, error) {
	e, err := s.source.Next(ctx)
	if err != nil {
		return e, time.Time{}, err
	}
	at, err := publishedAt(&e)
	if err != nil {
		return e, at, &BadEntry{Where: fmt.Sprintf("sequence %d", e.Seq), Err: err}
	}
	return e, at, nil
}

// gather reads the source into sorted runs, or finds that it is in order and too large to be held.
func (s *Sorted) gather(ctx context.Context) error {
	var some []sortable
	var last time.Time
	size, ordered, let := 0, s.again != nil, false // let: entries are only looked at
	for n := uint64(0); ; n++ {
		e, at, err := s.next(ctx)
		bad := new(BadEntry)
		switch {
		case errors.Is(err, io.EOF):
			s.all.Store(n - uint64(len(s.bad)))
			if s.plain = let; let {
				return s.reopen()
			}
			return s.keep(some)
		case errors.As(err, &bad):
			s.bad = append(s.bad, bad)
			continue
		case err != nil:
			return err
		}
		ordered, last = ordered && !at.Before(last), at
		if let && !ordered { // all of it is to be sorted after all
			s.bad = nil
			if err := s.reopen(); err != nil {
				return err
			}
			return s.gather(ctx)
		}
		if let {
			continue
		}
		some = append(some, sortable{At: at, N: n, Entry: e})
		if size += weight(e); size < s.memory {
			continue
		}
		if let = ordered; !let {
			if err := s.spill(some); err != nil {
				return err
			}
		}
		some, size = nil, 0
	}
}

// reopen begins at the source's beginning again, once.
func (s *Sorted) reopen() (err error) {
	s.source, err = s.again()
	s.again = nil
	return err
}

func weight(e Entry) int {
	const each = 2 << 10 // what an entry takes besides its text
	if e.Report == nil {
		return each + len(e.Data)
	}
	return each + len(e.Report.Article.Text) + each*len(e.Report.Events)
}

// publishedAt is an entry's place in the order of publication.
func publishedAt(e *Entry) (time.Time, error) {
	if r := e.Report; r != nil {
		if !r.Article.Published.IsZero() {
			return r.Article.Published.Start, nil
		}
		return r.At, nil
	}
	noun, err := wire.DecodeEntry(e.Subject, e.Data)
	if err != nil {
		return time.Time{}, err
	}
	if r, ok := noun.(news.Report); ok && !r.Article.Published.IsZero() {
		return r.Article.Published.Start, nil
	}
	return timeOf(noun), nil
}

// keep makes the last run, which stays in memory.
func (s *Sorted) keep(some []sortable) error {
	slices.SortFunc(some, compareSortable)
	s.runs = append(s.runs, &run{rest: some})
	for i := len(s.runs) - 1; i >= 0; i-- {
		more, err := s.runs[i].advance()
		if err != nil {
			return err
		}
		if !more {
			s.runs = slices.Delete(s.runs, i, i+1)
		}
	}
	heap.Init(&s.runs)
	return nil
}

// spill writes a sorted run to a file.
func (s *Sorted) spill(some []sortable) error {
	slices.SortFunc(some, compareSortable)
	f, err := os.CreateTemp(s.dir, "quidnunc-replay-*")
	if err != nil {
		return fmt.Errorf("replay: sort: %w", err)
	}
	s.files = append(s.files, f)
	out := bufio.NewWriterSize(f, 256<<10)
	lines := json.NewEncoder(out)
	for _, x := range some {
		if x.Entry.Report != nil {
			if x.Body, err = wire.EncodeReport(*x.Entry.Report); err != nil {
				return err
			}
			x.Entry.Report = nil
		}
		if err := lines.Encode(x); err != nil {
			return fmt.Errorf("replay: sort: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("replay: sort: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("replay: sort: %w", err)
	}
	s.runs = append(s.runs, &run{file: json.NewDecoder(bufio.NewReaderSize(f, 256<<10))})
	return nil
}

// Share is how much was given in order: nothing before the whole source is read.
func (s *Sorted) Share() float64 {
	all := s.all.Load()
	if all == 0 {
		return 0
	}
	return float64(s.given.Load()) / float64(all)
}

// Close removes the temporary files.
func (s *Sorted) Close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close(), os.Remove(f.Name()))
	}
	s.files = nil
	return errors.Join(errs...)
}

// run is entries in order, in memory or in a file.
type run struct {
	head sortable
	rest []sortable
	file *json.Decoder
}

// advance moves head on; false: there is no more.
func (r *run) advance() (bool, error) {
	if r.file == nil {
		if len(r.rest) == 0 {
			return false, nil
		}
		r.head, r.rest = r.rest[0], r.rest[1:]
		return true, nil
	}
	r.head = sortable{}
	if err := r.file.Decode(&r.head); err != nil {
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		return false, fmt.Errorf("replay: sort: %w", err)
	}
	if r.head.Body != nil {
		report, err := wire.DecodeReport(r.head.Body)
		if err != nil {
			return false, err
		}
		r.head.Entry.Report, r.head.Body = &report, nil
	}
	return true, nil
}

// runs is a heap of runs by their heads.
type runs []*run

func (r runs) Len() int           { return len(r) }
func (r runs) Less(i, j int) bool { return compareSortable(r[i].head, r[j].head) < 0 }
func (r runs) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }

// Push is of heap.Interface.
func (r *runs) Push(x any) { *r = append(*r, x.(*run)) }

// Pop is of heap.Interface.
func (r *runs) Pop() any {
	last := (*r)[len(*r)-1]
	*r = (*r)[:len(*r)-1]
	return last
}
