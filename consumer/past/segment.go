package past

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// ErrDamaged says that bytes are no segment, or not any more the one they were.
var ErrDamaged = errors.New("damaged")

// The form of a segment:
//
//	magic, columns (compressed), stories (compressed), first traits of blocks, blocks of traits, SHA-256 of all before
//
// each part behind its length. A block has blockTraits traits in ascending order, each cut by what it shares with the one
// before, and the entries that have it.
const (
	magic       = "quidnunc past 1\n"
	blockTraits = 64
)

// Bytes is the segment that was built. The same entries give the same bytes.
func (b *Builder) Bytes() ([]byte, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("past: %w", err)
	}
	defer z.Close() //nolint:errcheck // it writes nowhere
	out := []byte(magic)
	part := func(p []byte) {
		out = append(binary.AppendUvarint(out, uint64(len(p))), p...)
	}
	part(z.EncodeAll(b.columns(), nil))
	part(z.EncodeAll(b.stories(), nil))
	firsts, blocks := b.blocks()
	part(firsts)
	part(blocks)
	sum := sha256.Sum256(out)
	return append(out, sum[:]...), nil
}

// columns are the entries, a column after the other.
func (b *Builder) columns() []byte {
	var w snapshot.Writer
	w.Len(len(b.entries))
	var seq uint64
	for _, e := range b.entries {
		w.Uint(e.Seq - seq)
		seq = e.Seq
	}
	var at int64
	for _, e := range b.entries {
		w.Int(e.At.UnixNano() - at)
		at = e.At.UnixNano()
	}
	for _, e := range b.entries {
		w.Uint(uint64(e.Kind)<<4 | uint64(slices.Index(origins, e.Origin)))
	}
	out := w.Bytes()
	for _, e := range b.entries {
		out = binary.LittleEndian.AppendUint64(out, e.Article)
	}
	return out
}

var origins = []news.Origin{"", news.Live, news.Baseline, news.Archive, news.Push}

// stories are each behind its length, so that those not asked for are passed over.
func (b *Builder) stories() []byte {
	var all snapshot.Writer
	for _, e := range b.entries {
		var w snapshot.Writer
		if e.Story != nil {
			writeStory(&w, e.Story)
		}
		all.String(string(w.Bytes()))
	}
	return all.Bytes()
}

func writeStory(w *snapshot.Writer, s *news.Story) {
	w.String(string(s.ID))
	w.Uint(uint64(s.Articles))
	w.Uint(uint64(s.Publishers))
	w.String(string(s.CopyOf))
	w.Uint(uint64(s.Growth))
	w.Len(len(s.Firsts))
	for _, f := range s.Firsts {
		w.String(string(f.Event))
		w.String(string(f.What))
		w.String(f.Who)
		w.String(f.Whom)
		w.Bool(f.Pair)
		w.Time(f.Since)
	}
	w.Len(len(s.Former))
	for _, id := range s.Former {
		w.String(string(id))
	}
}

func readStory(b []byte) (*news.Story, error) {
	r := snapshot.NewReader(b)
	s := &news.Story{ID: news.ID(r.String()), Articles: int(r.Uint()), Publishers: int(r.Uint()), CopyOf: news.ID(r.String()), Growth: int(r.Uint())}
	for range r.Len(6) {
		s.Firsts = append(s.Firsts, news.First{
			Event: news.ID(r.String()), What: plover.Type(r.String()), Who: r.String(), Whom: r.String(), Pair: r.Bool(), Since: r.Time(),
		})
	}
	for range r.Len(1) {
		s.Former = append(s.Former, news.ID(r.String()))
	}
	return s, r.End()
}

func (b *Builder) blocks() (firsts, blocks []byte) {
	var index snapshot.Writer
	names := slices.Sorted(maps.Keys(b.traits))
	index.Len((len(names) + blockTraits - 1) / blockTraits)
	for i, name := range names {
		shared := 0
		if i%blockTraits == 0 {
			index.String(name)
			index.Uint(uint64(len(blocks)))
		} else {
			shared = sharedPrefix(names[i-1], name)
		}
		blocks = binary.AppendUvarint(blocks, uint64(shared))
		blocks = binary.AppendUvarint(blocks, uint64(len(name)-shared))
		blocks = append(blocks, name[shared:]...)
		blocks = appendList(blocks, b.traits[name], len(b.entries))
	}
	return index.Bytes(), blocks
}

func sharedPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// appendList writes an ascending list of numbers below n behind its size in bytes: their distances, or a bit for each where that is shorter.
func appendList(b []byte, of []uint32, n int) []byte {
	var list []byte
	if len(of) > n/8 {
		list = make([]byte, 1+(n+7)/8)
		list[0] = 1
		for _, x := range of {
			list[1+x/8] |= 1 << (x % 8)
		}
	} else {
		list = append(list, 0)
		last := uint32(0)
		for _, x := range of {
			list = binary.AppendUvarint(list, uint64(x-last))
			last = x
		}
	}
	return append(binary.AppendUvarint(b, uint64(len(list))), list...)
}

func readList(list []byte) ([]uint32, error) {
	if len(list) == 0 {
		return nil, ErrDamaged
	}
	var out []uint32
	if list[0] == 1 {
		for i, bits := range list[1:] {
			for k := range 8 {
				if bits&(1<<k) != 0 {
					out = append(out, uint32(8*i+k))
				}
			}
		}
		return out, nil
	}
	last := uint32(0)
	for b := list[1:]; len(b) > 0; {
		d, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, ErrDamaged
		}
		last += uint32(d)
		out, b = append(out, last), b[n:]
	}
	return out, nil
}

// Name is the hash that a segment's bytes end with: who knows it knows the segment, once Open has checked it.
func Name(b []byte) string { return hex.EncodeToString(b[max(0, len(b)-sha256.Size):]) }

// Segment is what a Builder made, opened.
type Segment struct {
	entries []Entry // without stories
	stories []byte
	firsts  []string // of each block
	starts  []uint64
	blocks  []byte
}

// Open checks the bytes against their hash and reads the columns. It keeps b.
func Open(b []byte) (*Segment, error) {
	body, ok := bytes.CutPrefix(b, []byte(magic))
	if !ok || len(body) < sha256.Size {
		return nil, fmt.Errorf("past: no segment: %w", ErrDamaged)
	}
	body = body[:len(body)-sha256.Size]
	if sum := sha256.Sum256(b[:len(b)-sha256.Size]); !bytes.Equal(sum[:], b[len(b)-sha256.Size:]) {
		return nil, fmt.Errorf("past: the hash is not that of the bytes: %w", ErrDamaged)
	}
	r := snapshot.NewReader(body)
	columns, stories, firsts := r.String(), r.String(), r.String()
	blocks := []byte(r.String())
	if err := r.End(); err != nil {
		return nil, fmt.Errorf("past: %w: %w", ErrDamaged, err)
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("past: %w", err)
	}
	defer z.Close()
	s := &Segment{blocks: blocks}
	plain, err := z.DecodeAll([]byte(columns), nil)
	if err == nil {
		s.stories, err = z.DecodeAll([]byte(stories), nil)
	}
	if err == nil {
		err = errors.Join(s.readColumns(plain), s.readFirsts(firsts))
	}
	if err != nil {
		return nil, fmt.Errorf("past: %w: %w", ErrDamaged, err)
	}
	return s, nil
}

func (s *Segment) readColumns(b []byte) error {
	r := snapshot.NewReader(b)
	s.entries = make([]Entry, r.Len(11))
	var seq uint64
	for i := range s.entries {
		seq += r.Uint()
		s.entries[i].Seq = seq
	}
	var at int64
	for i := range s.entries {
		at += r.Int()
		s.entries[i].At = time.Unix(0, at).UTC()
	}
	for i := range s.entries {
		k := r.Uint()
		if k&15 >= uint64(len(origins)) {
			return fmt.Errorf("no origin has the number %d", k&15)
		}
		s.entries[i].Kind, s.entries[i].Origin = Kind(k>>4), origins[k&15]
	}
	if err := r.Err(); err != nil {
		return err
	}
	keys := r.Rest()
	if len(keys) != 8*len(s.entries) {
		return fmt.Errorf("%d bytes of keys for %d articles", len(keys), len(s.entries))
	}
	for i := range s.entries {
		s.entries[i].Article = binary.LittleEndian.Uint64(keys[8*i:])
	}
	return nil
}

func (s *Segment) readFirsts(b string) error {
	r := snapshot.NewReader([]byte(b))
	for range r.Len(2) {
		s.firsts = append(s.firsts, r.String())
		s.starts = append(s.starts, r.Uint())
	}
	return r.End()
}

// Entries are the segment's, in the order of the log, without their stories.
func (s *Segment) Entries() []Entry { return s.entries }

// Stories calls give for each of the entries, ascending, that has a story.
func (s *Segment) Stories(of []uint32, give func(n uint32, s *news.Story)) error {
	r := s.stories
	at := uint32(0)
	for _, n := range of {
		for ; at <= n; at++ {
			size, k := binary.Uvarint(r)
			if k <= 0 || size > uint64(len(r)-k) {
				return fmt.Errorf("past: stories: %w", ErrDamaged)
			}
			one := r[k : k+int(size)]
			r = r[k+int(size):]
			if at < n || size == 0 {
				continue
			}
			story, err := readStory(one)
			if err != nil {
				return fmt.Errorf("past: %w: %w", ErrDamaged, err)
			}
			give(n, story)
		}
	}
	return nil
}

// Builder is a Builder to which the segment's entries were added.
func (s *Segment) Builder() (*Builder, error) {
	b := &Builder{entries: slices.Clone(s.entries), traits: map[string][]uint32{}}
	every := make([]uint32, len(s.entries))
	for i := range every {
		every[i] = uint32(i)
	}
	if err := s.Stories(every, func(n uint32, story *news.Story) { b.entries[n].Story = story }); err != nil {
		return nil, err
	}
	err := s.walk(0, func(name string, list []byte) (bool, error) {
		of, err := readList(list)
		b.traits[name] = of
		return true, err
	})
	return b, err
}

// having lists the entries that have a trait.
func (s *Segment) having(trait string) (of []uint32, err error) {
	err = s.walk(s.block(trait), func(name string, list []byte) (bool, error) {
		if name == trait {
			of, err = readList(list)
		}
		return name < trait, err
	})
	return of, err
}

// beginning lists the entries that have a trait that begins so.
func (s *Segment) beginning(prefix string) (of []uint32, err error) {
	err = s.walk(s.block(prefix), func(name string, list []byte) (bool, error) {
		if !strings.HasPrefix(name, prefix) {
			return name < prefix, nil
		}
		more, err := readList(list)
		of = append(of, more...)
		return true, err
	})
	slices.Sort(of)
	return slices.Compact(of), err
}

// block is the one in which a trait stands, if it does.
func (s *Segment) block(trait string) int {
	return max(0, sort.Search(len(s.firsts), func(i int) bool { return s.firsts[i] > trait })-1)
}

// walk gives the traits from a block on, until it is told no more.
func (s *Segment) walk(block int, give func(name string, list []byte) (more bool, err error)) error {
	if block >= len(s.starts) {
		return nil
	}
	if s.starts[block] > uint64(len(s.blocks)) {
		return fmt.Errorf("past: traits: %w", ErrDamaged)
	}
	name := ""
	for b := s.blocks[s.starts[block]:]; len(b) > 0; {
		shared, n := binary.Uvarint(b)
		if n <= 0 || shared > uint64(len(name)) {
			return fmt.Errorf("past: traits: %w", ErrDamaged)
		}
		rest, b2, ok := cut(b[n:])
		list, b3, ok2 := cut(b2)
		if !ok || !ok2 {
			return fmt.Errorf("past: traits: %w", ErrDamaged)
		}
		name, b = name[:shared]+string(rest), b3
		if more, err := give(name, list); err != nil || !more {
			return err
		}
	}
	return nil
}

// cut takes bytes behind their length.
func cut(b []byte) (head, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, false
	}
	return b[n : n+int(size)], b[n+int(size):], true
}
