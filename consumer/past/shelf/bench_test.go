package shelf_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/past"
	"github.com/quidnunc-news/quidnunc/consumer/past/copies"
	"github.com/quidnunc-news/quidnunc/consumer/past/shelf"
	"github.com/quidnunc-news/quidnunc/consumer/replay/invent"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

var reports = flag.Int("reports", 900_000, "of BenchmarkPreview, over 90 days")

// disk is a log of encoded reports in a file.
type disk struct {
	file    *os.File
	offsets []int64
	there   int // how many of them there are so far
}

func (d *disk) at(seq uint64) (copies.Message, error) {
	data := make([]byte, d.offsets[seq]-d.offsets[seq-1])
	_, err := d.file.ReadAt(data, d.offsets[seq-1])
	return copies.Message{Seq: seq, Subject: wire.ReportKind, Data: data}, err
}

func (d *disk) Scan(ctx context.Context, from uint64, handle func(copies.Message) error) error {
	for seq := from; seq <= uint64(d.there); seq++ {
		m, err := d.at(seq)
		if err == nil {
			err = handle(m)
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (d *disk) First(context.Context) (uint64, error) { return 1, nil }

func (d *disk) Entries(_ context.Context, seqs []uint64, handle func(uint64, news.Entry) error) error {
	for _, seq := range seqs {
		m, err := d.at(seq)
		if err != nil {
			return err
		}
		e, err := wire.DecodeReport(m.Data)
		if err == nil {
			err = handle(seq, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func invented(b testing.TB, n int) *disk {
	f, err := os.CreateTemp(b.TempDir(), "log")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	d := &disk{file: f, offsets: []int64{0}}
	var buffer []byte
	flush := func() {
		if _, err := f.Write(buffer); err != nil {
			b.Fatal(err)
		}
		buffer = buffer[:0]
	}
	for r := range (invent.Plan{Seed: 1, Reports: n}).All() {
		data, err := wire.EncodeReport(r)
		if err != nil {
			b.Fatal(err)
		}
		if buffer = append(buffer, data...); len(buffer) > 1<<22 {
			flush()
		}
		d.offsets = append(d.offsets, d.offsets[len(d.offsets)-1]+int64(len(data)))
	}
	flush()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		b.Fatal(err)
	}
	return d
}

// late is how many of the reports the log gains when the columns of the others are made.
const late = 10

// BenchmarkPreview is 90 days of 10,000 articles: how large their columns are, how long they take to be made, and how
// long rules take that few, thousands and a window of reports satisfy, beside reading the same files without looking at
// them: go test -bench Preview -benchtime 5x.
func BenchmarkPreview(b *testing.B) {
	count := *reports
	if testing.Short() { // shows that it runs
		count /= 100
		b.Logf("short: %d reports of %d", count, *reports)
	}
	log, dir := invented(b, count), b.TempDir()
	s, _, err := shelf.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	log.there = len(log.offsets) - 1 - late
	began, used := time.Now(), cpu()
	if err := s.Grow(b.Context(), log, nil); err != nil {
		b.Fatal(err)
	}
	built := time.Since(began)
	used = cpu() - used
	size, err := s.Size()
	if err != nil {
		b.Fatal(err)
	}
	n := float64(s.Entries())
	b.Logf("%d reports of %.0f bytes: columns %.1f bytes a report, copies %.0f bytes a report, memory of stories %.0f MiB, built in %s, %.0f reports/s, %.1f µs of processor time each",
		s.Entries(), float64(log.offsets[len(log.offsets)-1])/n, float64(size.Segments)/n, float64(size.Copies)/n, float64(size.Memory)/(1<<20), built.Round(time.Millisecond), n/built.Seconds(),
		float64(used.Microseconds())/n)
	log.there += late
	began = time.Now()
	if err := s.Grow(b.Context(), log, nil); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d more reports were taken in in %s", late, time.Since(began).Round(time.Millisecond))
	hour := rule.When{Kind: rule.Count, Over: 6 * time.Hour, AtLeast: 3, Distinct: rule.ByPublisher}
	for _, r := range []rule.Rule{
		{Name: "few", Query: "what:SANCTION mode:expel who:FRA whom:MLI"},
		{Name: "words", Query: "uranium AND glacier AND tunnel"},
		{Name: "thousands", Query: "what:AID who:CHN lang:fr"},
		{Name: "window", Query: "what:ASSAULT who:USA whom:RUS", When: hour},
		{Name: "many", Query: "what:AID who:CHN"},
	} {
		r, err := r.Complete()
		if err != nil {
			b.Fatal(err)
		}
		b.Run(r.Name, func(b *testing.B) { preview(b, s, log, r) })
	}
	b.Run("raw", func(b *testing.B) {
		for b.Loop() {
			readAll(b, dir)
		}
		b.SetBytes(size.Segments)
	})
}

func preview(b *testing.B, s *shelf.Shelf, log *disk, r rule.Rule) {
	used := cpu()
	var candidates, told int
	for b.Loop() {
		told = 0
		copied, err := s.Copied(b.Context(), log, func(err error) { b.Error(err) })
		if err != nil {
			b.Fatal(err)
		}
		a, err := past.Ask(b.Context(), s, copied, past.Question{Rule: r, Gazetteer: gazetteer.Default(), Told: func(news.Alert) error {
			told++
			return nil
		}})
		if err = errors.Join(err, copied.Close()); err != nil {
			b.Fatal(err)
		}
		candidates = a.Candidates
	}
	b.ReportMetric(float64(candidates), "candidates")
	b.ReportMetric(float64(told), "revisions")
	b.ReportMetric(float64((cpu()-used).Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

// readAll reads the segments; the machine's memory is no part of a preview.
func readAll(b *testing.B, dir string) {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		var begin [13]byte
		if _, err := f.Read(begin[:]); err != nil {
			b.Fatal(err)
		}
		if string(begin[:]) == "quidnunc past" {
			if _, err := io.Copy(io.Discard, f); err != nil {
				b.Fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
