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
// whole source; what does not fit into memory waits in temporary files in dir ("" means the system's), which Close removes.
func Sort(s Source, dir string) *Sorted { return &Sorted{source: s, dir: dir, memory: sortMemory} }

// Sorted is a Source in the order of publication. It is for one goroutine.
type Sorted struct {
	source Source
	dir    string
	memory int

	bad   []*BadEntry // told first
	runs  runs
	read  bool
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

// gather reads the source into sorted runs.
func (s *Sorted) gather(ctx context.Context) error {
	var some []sortable
	size := 0
	for n := uint64(0); ; n++ {
		e, err := s.source.Next(ctx)
		bad := new(BadEntry)
		switch {
		case errors.Is(err, io.EOF):
			s.all.Store(n - uint64(len(s.bad)))
			return s.keep(some)
		case errors.As(err, &bad):
			s.bad = append(s.bad, bad)
			continue
		case err != nil:
			return err
		}
		at, err := publishedAt(&e)
		if err != nil {
			s.bad = append(s.bad, &BadEntry{Where: fmt.Sprintf("sequence %d", e.Seq), Err: err})
			continue
		}
		some = append(some, sortable{At: at, N: n, Entry: e})
		if size += weight(e); size < s.memory {
			continue
		}
		if err := s.spill(some); err != nil {
			return err
		}
		some, size = nil, 0
	}
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
	var noun news.Entry
	if e.Report != nil {
		noun = *e.Report
	} else {
		var err error
		if noun, err = wire.DecodeEntry(e.Subject, e.Data); err != nil {
			return time.Time{}, err
		}
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
