package segment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// A Writer adds entries to a directory, in the log's order. What it was given is in the files once Flush or Close returned; a writer that
// was killed before leaves a directory that the next one goes on from.
type Writer struct {
	dir     string
	index   Index
	packer  *zstd.Encoder
	limit   int // bytes of a batch
	last    uint64
	hours   map[string]*hour // of the batch under way
	rules   []Named          // of the batch under way
	bytes   int
	entries int
}

// hour is a segment under way.
type hour struct {
	segment Segment
	lines   []byte
}

// Create begins a directory for a stretch of At, or goes on with one that was begun for the same.
func Create(dir string, span Span) (*Writer, error) {
	if err := os.MkdirAll(filepath.Join(dir, rulesDir), 0o755); err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	w := &Writer{dir: dir, packer: packer, limit: batchBytes, hours: map[string]*hour{}}
	w.index, err = readIndex(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.index = Index{Form: form, Span: span.utc(), Next: 1, Segments: []Segment{}, Rules: []Named{}}
	case err != nil:
		return nil, err
	case !w.index.Span.From.Equal(span.From) || !w.index.Span.To.Equal(span.To):
		return nil, fmt.Errorf("segment: %s holds %s, not %s: name another directory", dir, w.index.Span, span)
	}
	if err := w.sweep(); err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	w.last = w.index.Next - 1
	return w, w.Flush(w.index.Next)
}

// sweep removes what an interrupted writer left and the index does not know.
func (w *Writer) sweep() error {
	known := map[string]bool{}
	for _, s := range w.index.Segments {
		known[s.File] = true
	}
	files, err := os.ReadDir(w.dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		stray := strings.HasSuffix(f.Name(), suffix) && !known[f.Name()]
		if stray || strings.HasSuffix(f.Name(), suffix+temporary) || f.Name() == indexName+temporary {
			if err := os.Remove(filepath.Join(w.dir, f.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// Next is the log's sequence to go on from: everything before it is in the files, or not in the stretch.
func (w *Writer) Next() uint64 { return w.index.Next }

// Index is what the files hold so far.
func (w *Writer) Index() Index { return w.index }

// Add takes an entry. Entries come in ascending sequence; where they lie outside of the stretch is the caller's choice.
func (w *Writer) Add(e Entry) error {
	if e.Seq <= w.last {
		return fmt.Errorf("segment: sequence %d after %d", e.Seq, w.last)
	}
	w.last = e.Seq
	name := hourOf(e.At)
	h := w.hours[name]
	if h == nil {
		h = &hour{segment: Segment{Hour: name, First: e.Seq, From: e.At.UTC(), To: e.At.UTC()}}
		w.hours[name] = h
	}
	before := len(h.lines)
	h.lines = appendLine(h.lines, e)
	h.segment.take(e)
	if isRules(e.Subject) {
		w.rules = append(w.rules, naming(e))
	}
	w.entries++
	if w.bytes += len(h.lines) - before; w.bytes >= w.limit {
		return w.Flush(e.Seq + 1)
	}
	return nil
}

func (s *Segment) take(e Entry) {
	s.Entries++
	s.Last = e.Seq
	if e.At.Before(s.From) {
		s.From = e.At.UTC()
	}
	if e.At.After(s.To) {
		s.To = e.At.UTC()
	}
}

func naming(e Entry) Named {
	n := Named{Seq: e.Seq, At: e.At.UTC(), Subject: e.Subject, Data: bytes.Clone(e.Data)}
	if entry, err := wire.DecodeEntry(e.Subject, e.Data); err == nil {
		n.Rules = entry.(news.Rules).Hash
	}
	return n
}

// Lost notes messages that the log had lost inside the stretch.
func (w *Writer) Lost(n uint64) { w.index.Missing += n }

// HasRules tells whether the body of a rules object is here already.
func (w *Writer) HasRules(hash string) bool {
	_, err := os.Stat(rulesFile(w.dir, hash))
	return err == nil
}

// PutRules keeps the body of a rules object under its hash.
func (w *Writer) PutRules(hash string, body []byte) error {
	if got := hashOf(body); got != hash {
		return fmt.Errorf("segment: rules %.12s: %w: their body has the hash %.12s", hash, ErrCorrupt, got)
	}
	if err := replace(rulesFile(w.dir, hash), w.packer.EncodeAll(body, nil)); err != nil {
		return fmt.Errorf("segment: rules: %w", err)
	}
	return nil
}

// Flush writes what was added as one batch; the log is done up to the sequence before next. Where it fails, it may be called again.
func (w *Writer) Flush(next uint64) error { return w.flush(next, false) }

func (w *Writer) flush(next uint64, complete bool) error {
	x := w.index
	batch := 1
	if n := len(x.Segments); n > 0 {
		batch = x.Segments[n-1].Batch + 1
	}
	for _, name := range slices.Sorted(maps.Keys(w.hours)) {
		s, err := w.write(w.hours[name], batch, x.Chain)
		if err != nil {
			return fmt.Errorf("segment: %w", err)
		}
		x.Segments = append(x.Segments, s)
		x.Chain = carry(x.Chain, s.SHA256)
	}
	x.Rules = append(x.Rules, w.rules...)
	x.Entries += w.entries
	x.Next = max(x.Next, next, w.last+1)
	x.Complete = complete
	if err := w.save(x); err != nil {
		return err
	}
	w.index = x
	w.hours, w.rules, w.bytes, w.entries = map[string]*hour{}, nil, 0, 0
	return nil
}

func (w *Writer) write(h *hour, batch int, chain string) (Segment, error) {
	s := h.segment
	s.Batch, s.File, s.Previous = batch, fileOf(s.Hour, batch), chain
	first, err := json.Marshal(head{form, s.Hour, s.Previous})
	if err != nil {
		return s, err
	}
	lines := append(append(first, '\n'), h.lines...)
	packed := w.packer.EncodeAll(lines, nil)
	s.Bytes, s.Size, s.SHA256 = int64(len(lines)), int64(len(packed)), hashOf(packed)
	return s, replace(filepath.Join(w.dir, s.File), packed)
}

func (w *Writer) save(x Index) error {
	data, err := x.bytes()
	if err == nil {
		err = replace(filepath.Join(w.dir, indexName), data)
	}
	if err != nil {
		return fmt.Errorf("segment: index: %w", err)
	}
	return nil
}

// Close writes what was added and says that the stretch is whole up to the sequence before next.
func (w *Writer) Close(next uint64) error {
	if err := w.flush(next, true); err != nil {
		return err
	}
	return w.packer.Close()
}

// timeOf is the At of stored bytes; of what cannot be read, that of the entry before it.
func timeOf(data []byte, before time.Time) time.Time {
	at, err := wire.At(data)
	if err != nil {
		return before
	}
	return at
}
