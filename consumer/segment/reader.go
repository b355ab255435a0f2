package segment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// Archive is a directory of segments, read. Safe for concurrent use.
type Archive struct {
	dir      string
	index    Index
	unpacker *zstd.Decoder
}

// Open reads the index of a directory and checks its chain. The error wraps fs.ErrNotExist where there is none, ErrCorrupt where it was
// changed.
func Open(dir string) (*Archive, error) {
	index, err := readIndex(dir)
	if err != nil {
		return nil, err
	}
	unpacker, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxBytes)) // without a stream it has no goroutine to end
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	return &Archive{dir, index, unpacker}, nil
}

// Index is what the directory holds.
func (a *Archive) Index() Index { return a.index }

// Rules is the body of a rules object that an entry names.
func (a *Archive) Rules(hash string) ([]byte, error) {
	name := rulesFile(a.dir, hash)
	if !filepath.IsLocal(hash) {
		return nil, fmt.Errorf("segment: rules %q: no hash", hash)
	}
	packed, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("segment: rules: %w", err)
	}
	body, err := a.unpacker.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("segment: %s: %w: %w", name, ErrCorrupt, err)
	}
	if got := hashOf(body); got != hash {
		return nil, fmt.Errorf("segment: %s: %w: its body has the hash %.12s", name, ErrCorrupt, got)
	}
	return body, nil
}

// Entries yields, in the log's order, the entries of a stretch of At whose sequence is greater than after. Before the first of them, and
// wherever they changed, come the rules in force, whatever their At. Files with nothing of the stretch are not opened; each file is checked
// against its hash before any of its entries is told. An error ends the sequence.
func (a *Archive) Entries(span Span, after uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		rules := rulesInForce{span: span, after: after, named: a.index.Rules}
		for _, batch := range a.index.batches() {
			entries, err := a.batch(batch, span, after)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, e := range entries {
				for _, r := range rules.before(e.Seq) {
					if !yield(r, nil) {
						return
					}
				}
				if !yield(e, nil) {
					return
				}
			}
		}
		for _, r := range rules.rest() {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// batch are the entries of a batch that lie in the stretch, but for rules.
func (a *Archive) batch(segments []Segment, span Span, after uint64) ([]Entry, error) {
	var out []Entry
	for _, s := range segments {
		if s.Last <= after || !span.meets(s) {
			continue
		}
		err := a.segment(s, func(e Entry) {
			if e.Seq > after && span.Contains(e.At) && !isRules(e.Subject) {
				out = append(out, e)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	inOrder(out)
	return out, nil
}

// segment reads and checks one file, and gives each of its entries to take.
func (a *Archive) segment(s Segment, take func(Entry)) error {
	name := filepath.Join(a.dir, s.File)
	packed, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("segment: %w: %w", ErrCorrupt, err)
	}
	if err := a.read(s, packed, take); err != nil {
		return fmt.Errorf("segment: %s: %w: %w", name, ErrCorrupt, err)
	}
	return nil
}

func (a *Archive) read(s Segment, packed []byte, take func(Entry)) error {
	if int64(len(packed)) != s.Size {
		return fmt.Errorf("it has %d bytes, the index says %d", len(packed), s.Size)
	}
	if got := hashOf(packed); got != s.SHA256 {
		return fmt.Errorf("its hash is %.12s, the index says %.12s", got, s.SHA256)
	}
	lines, err := a.unpacker.DecodeAll(packed, nil)
	if err != nil {
		return err
	}
	first, lines, _ := bytes.Cut(lines, []byte{'\n'})
	var h head
	if err := json.Unmarshal(first, &h); err != nil {
		return fmt.Errorf("first line: %w", err)
	}
	if h.Previous != s.Previous || h.Hour != s.Hour {
		return fmt.Errorf("it does not follow the file before it")
	}
	n := 0
	for len(lines) > 0 {
		line, rest, _ := bytes.Cut(lines, []byte{'\n'})
		e, err := parseLine(line)
		if err != nil {
			return fmt.Errorf("line %d: %w", n+2, err)
		}
		take(e)
		n++
		lines = rest
	}
	if n != s.Entries {
		return fmt.Errorf("it has %d entries, the index says %d", n, s.Entries)
	}
	return nil
}

// Verify reads every file and checks it against the index, and that the body of every rules object is there. The error names the first
// file that is not as it should be. tell, if not nil, hears of each file that is good.
func (a *Archive) Verify(tell func(Segment)) error {
	for _, s := range a.index.Segments {
		checked := Segment{First: s.First, From: s.To, To: s.From}
		before := uint64(0)
		ordered := true
		err := a.segment(s, func(e Entry) {
			ordered = ordered && e.Seq > before && hourOf(e.At) == s.Hour
			before = e.Seq
			checked.take(e)
		})
		if err != nil {
			return err
		}
		if !ordered || checked.Last != s.Last || !checked.From.Equal(s.From) || !checked.To.Equal(s.To) {
			return fmt.Errorf("segment: %s: %w: its entries are not those of which the index speaks", filepath.Join(a.dir, s.File), ErrCorrupt)
		}
		if tell != nil {
			tell(s)
		}
	}
	for _, n := range a.index.Rules {
		if n.Rules == "" {
			continue
		}
		if _, err := a.Rules(n.Rules); err != nil {
			return err
		}
	}
	return nil
}

// rulesInForce tells which rules messages go before an entry: those of the stretch, and the last one before it.
type rulesInForce struct {
	span  Span
	after uint64
	named []Named // those not passed yet
}

func (r *rulesInForce) before(seq uint64) []Entry {
	n := 0
	for n < len(r.named) && r.named[n].Seq < seq {
		n++
	}
	out := r.chosen(r.named[:n], true)
	r.named = r.named[n:]
	return out
}

// rest are those behind the last entry: only what lies in the stretch itself matters.
func (r *rulesInForce) rest() []Entry { return r.chosen(r.named, false) }

func (r *rulesInForce) chosen(named []Named, last bool) []Entry {
	var out []Entry
	for i, n := range named {
		if last && i == len(named)-1 || n.Seq > r.after && r.span.Contains(n.At) {
			out = append(out, n.entry())
		}
	}
	return out
}
