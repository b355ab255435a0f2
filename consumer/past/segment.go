package past

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// ErrDamaged says that bytes are no segment, or not any more the one they were.
var ErrDamaged = errors.New("damaged")

const (
	headAt   = len(magic) + 4
	headRead = 512 // holds every head
)

// Name is the hash of a segment's head, which has those of all the rest; "" where the bytes are no segment.
func Name(b []byte) string {
	if len(b) < headAt || string(b[:len(magic)]) != magic {
		return ""
	}
	end := headAt + int(binary.LittleEndian.Uint32(b[len(magic):]))
	if end > min(len(b), headRead) {
		return ""
	}
	sum := sha256.Sum256(b[:end])
	return hex.EncodeToString(sum[:])
}

// Segment is what a Builder made, opened. It reads what it is asked for, and checks that against its hash: ErrDamaged is
// inside the error where it is not what it was. It is not safe for concurrent use.
type Segment struct {
	source  io.ReaderAt
	len     int
	first   uint64
	last    uint64
	begins  machine.Time
	tables  [tables]piece
	stories []piece
	traits  []piece
	end     int64          // of the tables; stories begin
	room    int64          // of the stories
	held    map[int][]byte // pieces of traits that were read
}

// piece is a part of a segment that is read whole.
type piece struct {
	first    string // of traits, the first
	at, size int64
	sum      [sha256.Size]byte
}

// Open reads the head of a segment. Close closes the source where it is to be closed.
func Open(source io.ReaderAt, name string) (*Segment, error) {
	b := make([]byte, headRead)
	n, err := source.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("past: %w", err)
	}
	b = b[:n]
	if Name(b) != name || name == "" {
		return nil, fmt.Errorf("past: no segment of the name %s: %w", name, ErrDamaged)
	}
	s := &Segment{source: source, held: map[int][]byte{}}
	s.end = int64(headAt) + int64(binary.LittleEndian.Uint32(b[len(magic):]))
	r := snapshot.NewReader(b[headAt:s.end])
	s.len, s.first, s.last = int(r.Uint()), r.Uint(), r.Uint()
	s.begins = machine.Time{Highest: r.Time(), Clock: r.Time(), Swept: r.Time(), Live: r.Bool()}
	for i := range s.tables {
		s.tables[i] = readPiece(r, s.end)
		s.end += s.tables[i].size
	}
	s.room = int64(r.Uint())
	if err := r.End(); err != nil || s.len > Full {
		return nil, fmt.Errorf("past: head of %d entries: %w: %w", s.len, ErrDamaged, err)
	}
	return s, nil
}

// Close ends the reading.
func (s *Segment) Close() error {
	if c, ok := s.source.(io.Closer); ok {
		if err := c.Close(); err != nil {
			return fmt.Errorf("past: %w", err)
		}
	}
	return nil
}

func readPiece(r *snapshot.Reader, at int64) piece {
	p := piece{at: at, size: int64(r.Uint())}
	if copy(p.sum[:], r.String()) < len(p.sum) {
		r.Fail("no hash")
	}
	return p
}

// read is a piece that is what it was.
func (s *Segment) read(p piece) ([]byte, error) {
	if p.size < 0 || p.size > 1<<31 {
		return nil, fmt.Errorf("past: a piece of %d bytes: %w", p.size, ErrDamaged)
	}
	b := make([]byte, p.size)
	n, err := s.source.ReadAt(b, p.at)
	switch {
	case n == len(b):
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("past: it ends within a piece: %w", ErrDamaged)
	default:
		return nil, fmt.Errorf("past: %w", err)
	}
	if sha256.Sum256(b) != p.sum {
		return nil, fmt.Errorf("past: the hash is not that of the bytes: %w", ErrDamaged)
	}
	return b, nil
}

// unpacker is one for all: its DecodeAll is safe for concurrent use.
var unpacker = sync.OnceValues(func() (*zstd.Decoder, error) { return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0)) })

func (s *Segment) unpack(p piece, room int) ([]byte, error) {
	b, err := s.read(p)
	if err != nil {
		return nil, err
	}
	z, err := unpacker()
	if err != nil {
		return nil, fmt.Errorf("past: %w", err)
	}
	plain, err := z.DecodeAll(b, make([]byte, 0, room))
	if err != nil {
		return nil, fmt.Errorf("past: %w: %w", ErrDamaged, err)
	}
	return plain, nil
}

// Len is how many entries it has.
func (s *Segment) Len() int { return s.len }

// First is the place in the log of its first entry.
func (s *Segment) First() uint64 { return s.first }

// Begins is where the machine stood that read the log before it.
func (s *Segment) Begins() machine.Time { return s.begins }

// columns are the entries of a segment but for their stories and articles.
type columns struct {
	seq, before []uint64
	at          []int64
	kind        []byte // Kind<<4 and the origin
}

func (s *Segment) columns() (columns, error) {
	b, err := s.unpack(s.tables[columnsTable], 12*s.len)
	if err != nil {
		return columns{}, err
	}
	c := columns{make([]uint64, s.len), make([]uint64, s.len), make([]int64, s.len), make([]byte, s.len)}
	r := snapshot.NewReader(b)
	var seq uint64
	for i := range c.seq {
		seq += r.Uint()
		c.seq[i] = seq
	}
	var at int64
	for i := range c.at {
		at += r.Int()
		c.at[i] = at
	}
	for i := range c.kind {
		k := r.Uint()
		if k&15 >= uint64(len(origins)) || Kind(k>>4) > Correction {
			r.Fail("no kind and origin have the number %d", k)
		}
		c.kind[i] = byte(k)
	}
	for i := range c.before {
		if d := r.Uint(); d > 0 {
			c.before[i] = c.seq[i] - d
		}
	}
	if err := r.End(); err != nil {
		return columns{}, fmt.Errorf("past: columns: %w: %w", ErrDamaged, err)
	}
	return c, nil
}

// keys are the articles, eight bytes each.
func (s *Segment) keys() ([]byte, error) {
	b, err := s.read(s.tables[keysTable])
	if err == nil && len(b) != 8*s.len {
		err = fmt.Errorf("past: %d bytes of keys for %d entries: %w", len(b), s.len, ErrDamaged)
	}
	return b, err
}

// table reads what pieces there are.
func (s *Segment) table(n int, at int64, named bool) (out []piece, err error) {
	b, err := s.read(s.tables[n])
	if err != nil {
		return nil, err
	}
	r := snapshot.NewReader(b)
	for r.More() {
		name := ""
		if named {
			name = r.String()
		}
		p := readPiece(r, at)
		p.first = name
		at += p.size
		out = append(out, p)
	}
	if err := r.End(); err != nil {
		return nil, fmt.Errorf("past: pieces: %w: %w", ErrDamaged, err)
	}
	return out, nil
}

// Stories calls give for each of the entries, ascending, that has a story.
func (s *Segment) Stories(of []uint32, give func(n uint32, s *news.Story)) (err error) {
	if s.stories == nil && len(of) > 0 {
		if s.stories, err = s.table(storiesTable, s.end, false); err != nil {
			return err
		}
	}
	for len(of) > 0 {
		piece := int(of[0] / pieceStories)
		n := sort.Search(len(of), func(i int) bool { return int(of[i]/pieceStories) > piece })
		if piece >= len(s.stories) {
			return fmt.Errorf("past: stories: %w", ErrDamaged)
		}
		b, err := s.unpack(s.stories[piece], 64*pieceStories)
		if err == nil {
			err = readStories(b, uint32(piece)*pieceStories, of[:n], give)
		}
		if err != nil {
			return err
		}
		of = of[n:]
	}
	return nil
}

// readStories gives those asked for of a piece whose first story is that of the entry at.
func readStories(b []byte, at uint32, of []uint32, give func(n uint32, s *news.Story)) error {
	for _, n := range of {
		for ; at <= n; at++ {
			one, rest, ok := cut(b)
			if !ok {
				return fmt.Errorf("past: stories: %w", ErrDamaged)
			}
			if b = rest; at < n || len(one) == 0 {
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

// Builder is a Builder to which the segment's entries were added.
func (s *Segment) Builder() (*Builder, error) {
	c, err := s.columns()
	if err != nil {
		return nil, err
	}
	keys, err := s.keys()
	if err != nil {
		return nil, err
	}
	b := &Builder{Begins: s.begins, traits: map[string][]uint32{}}
	every := make([]uint32, s.len)
	for i := range every {
		every[i] = uint32(i)
		b.entries = append(b.entries, Entry{
			Seq: c.seq[i], Before: c.before[i], At: time.Unix(0, c.at[i]).UTC(), Kind: Kind(c.kind[i] >> 4), Origin: origins[c.kind[i]&15],
			Article: binary.LittleEndian.Uint64(keys[8*i:]),
		})
	}
	if err := s.Stories(every, func(n uint32, story *news.Story) { b.entries[n].Story = story }); err != nil {
		return nil, err
	}
	err = s.walk("", func(name string, list []byte) (bool, error) {
		of, err := readList(list)
		b.traits[name] = of
		return true, err
	})
	return b, err
}

// having lists the entries that have a trait.
func (s *Segment) having(trait string) (of []uint32, err error) {
	err = s.walk(trait, func(name string, list []byte) (bool, error) {
		if name == trait {
			of, err = readList(list)
		}
		return name < trait, err
	})
	return of, err
}

// beginning lists the entries that have a trait that begins so.
func (s *Segment) beginning(prefix string) (of []uint32, err error) {
	err = s.walk(prefix, func(name string, list []byte) (bool, error) {
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

// walk gives the traits from the piece on in which a trait stands, if it does, until it is told no more.
func (s *Segment) walk(trait string, give func(name string, list []byte) (more bool, err error)) (err error) {
	if s.traits == nil {
		if s.traits, err = s.table(traitsTable, s.end+s.room, true); err != nil {
			return err
		}
	}
	first := max(0, sort.Search(len(s.traits), func(i int) bool { return s.traits[i].first > trait })-1)
	for i := first; i < len(s.traits); i++ {
		b, ok := s.held[i]
		if !ok {
			if b, err = s.read(s.traits[i]); err != nil {
				return err
			}
			s.held[i] = b
		}
		if more, err := walkPiece(b, give); err != nil || !more {
			return err
		}
	}
	return nil
}

func walkPiece(b []byte, give func(name string, list []byte) (more bool, err error)) (more bool, err error) {
	var name []byte
	for len(b) > 0 {
		shared, n := binary.Uvarint(b)
		if n <= 0 || shared > uint64(len(name)) {
			return false, fmt.Errorf("past: traits: %w", ErrDamaged)
		}
		rest, b2, ok := cut(b[n:])
		list, b3, ok2 := cut(b2)
		if !ok || !ok2 {
			return false, fmt.Errorf("past: traits: %w", ErrDamaged)
		}
		name, b = append(name[:shared], rest...), b3
		if more, err := give(string(name), list); err != nil || !more {
			return more, err
		}
	}
	return true, nil
}

// cut takes bytes behind their length.
func cut(b []byte) (head, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, false
	}
	return b[n : n+int(size)], b[n+int(size):], true
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
