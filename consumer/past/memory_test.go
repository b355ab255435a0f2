package past_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/past"
	"github.com/quidnunc-news/quidnunc/consumer/past/copies"
	"github.com/quidnunc-news/quidnunc/consumer/past/shelf"
	"github.com/quidnunc-news/quidnunc/consumer/replay/invent"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// memory is a log and its segments.
type memory struct {
	log      []news.Entry // place - 1
	segments [][]byte
	gone     uint64 // entries up to here the log does not hold any more

	mu    sync.Mutex
	read  int
	bytes map[int]int64 // of a segment, that were read
}

// counted counts the bytes that are read of a segment.
type counted struct {
	io.ReaderAt
	of *memory
	n  int
}

func (c counted) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(b, at)
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.of.bytes[c.n] += int64(n)
	return n, err
}

func (m *memory) Len() int { return len(m.segments) }
func (m *memory) Segment(n int) (*past.Segment, error) {
	return past.Open(counted{bytes.NewReader(m.segments[n]), m, n}, past.Name(m.segments[n]))
}

func open(b []byte) (*past.Segment, error) { return past.Open(bytes.NewReader(b), past.Name(b)) }

func (m *memory) Entries(_ context.Context, seqs []uint64, handle func(uint64, news.Entry) error) error {
	for _, seq := range seqs {
		m.mu.Lock()
		m.read++
		m.mu.Unlock()
		if seq > m.gone {
			if err := handle(seq, m.log[seq-1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// shelved is the log in the form it is stored in, for a shelf that has copies of it.
type shelved struct {
	*memory
	messages []copies.Message
	there    int // how many of them there are so far
}

func (l *shelved) Scan(_ context.Context, from uint64, handle func(copies.Message) error) error {
	for _, m := range l.messages[from-1 : l.there] {
		if err := handle(m); err != nil {
			return err
		}
	}
	return nil
}

func (l *shelved) First(context.Context) (uint64, error) { return l.gone + 1, nil }

func stored(t testing.TB, seq int, e news.Entry) copies.Message {
	var m wire.Message
	var err error
	switch e := e.(type) {
	case news.Report:
		m.Subject = wire.ReportKind
		m.Data, err = wire.EncodeReport(e)
	case news.Tick:
		m, err = wire.Tick(e)
	case news.Correction:
		m, err = wire.Correction(e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return copies.Message{Seq: uint64(seq), Subject: m.Subject, Data: m.Data}
}

// shelve fills a shelf in two steps.
func (m *memory) shelve(t testing.TB, dir string) (*shelf.Shelf, *shelved) {
	l := &shelved{memory: m}
	for i, e := range m.log {
		l.messages = append(l.messages, stored(t, i+1, e))
	}
	s, _, err := shelf.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, l.there = range []int{len(m.log) / 3, len(m.log)} {
		if err := s.Grow(t.Context(), l, nil); err != nil {
			t.Fatal(err)
		}
	}
	return s, l
}

// index makes segments of size entries each.
func (m *memory) index(t testing.TB, size int) {
	var state machine.State
	var traits match.Traits
	m.bytes = map[int]int64{}
	b := &past.Builder{}
	closed := func() {
		data, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		m.segments = append(m.segments, data)
		b = &past.Builder{Begins: state.Time()}
	}
	for i, entry := range m.log {
		var of []string
		if r, ok := entry.(news.Report); ok {
			of = traits.Of(&r)
		}
		e, ok := past.Step(&state, uint64(i+1), entry, nil)
		if !ok {
			t.Fatalf("entry %d is a %T", i, entry)
		}
		if b.Add(e, of); b.Len() == size {
			closed()
		}
	}
	closed()
}

// eventful is an invented log in which articles are revised, withdrawn, told twice and come late, and time is told.
func eventful(seed uint64, n int) []news.Entry {
	var out []news.Entry
	var told []news.Report
	random := rand.New(rand.NewPCG(seed, 0))
	i := 0
	for r := range (invent.Plan{Seed: seed, Reports: n, Days: 3}).All() {
		i++
		if i%400 == 50 {
			r.Origin = news.Archive
			r.At = r.At.AddDate(0, 0, -20)
		}
		if i%90 == 7 {
			r.At = r.At.Add(-3 * time.Hour)
		}
		if i%150 == 20 { // from where clocks are ahead: it moves no window
			r.Origin = news.Archive
			r.At = r.At.Add(4 * time.Hour)
		}
		out, told = append(out, r), append(told, r)
		old := told[random.IntN(len(told))]
		switch {
		case i%37 == 3:
			out = append(out, old) // again
		case i%23 == 5:
			old.Article.Text += " Correction."
			old.Article.Revision, old.At = news.ID(fmt.Sprint("revision", i)), r.At
			if i%2 == 0 {
				old.Events = nil
			}
			out = append(out, old)
		case i%61 == 11:
			out = append(out, news.Correction{Article: old.Article.ID, At: r.At})
		case i%101 == 13:
			out = append(out, news.Tick{At: r.At.Add(time.Duration(i%4) * 47 * time.Minute)})
		}
	}
	return out
}
