// Package copies keeps messages of a log in small pieces, each of which is read without the others.
//
// What a log keeps in blocks of thousands is dear to read one by one. Here a message costs a read of some kilobytes, which
// are checked against their hash: it is the message byte for byte, or ErrDamaged.
package copies

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
)

// ErrDamaged says that bytes are no pack of copies, or not any more the one they were.
var ErrDamaged = errors.New("damaged")

// Message is a message of the log.
type Message struct {
	Seq     uint64 // its place
	Subject string
	Data    []byte
}

// The form of a pack:
//
//	magic, length of the table in four bytes, table, pieces
//
// The table has of each piece the place of its first message (behind that of the piece before), its length and its SHA-256.
// Whoever knows the hash of all that stands before the pieces can read any of them and knows that it is what it was.
//
// A piece is some messages, compressed: each its place behind that of the one before, its subject and its data, these two
// behind their lengths. The first piece is the lead: a longer one, which is the dictionary of all others.
const (
	magic     = "quidnunc copies 1\n"
	tableAt   = len(magic) + 4
	tableMost = 1 << 26 // bytes
)

// How long pieces are: they end with so many messages, or so many bytes before these are compressed. Of invented reports of 3 kB, eight
// take 700 bytes each and are unpacked in 50 µs; twice as many take 660 bytes each, and twice the time; without a lead, 870 bytes.
const (
	leadCount  = 32
	leadBytes  = 256 << 10
	pieceCount = 8
	pieceBytes = 64 << 10
)

// The dictionary's number in each piece; one is all there is.
const lead = 1

// Builder gathers messages for a pack. The zero value is an empty one.
type Builder struct {
	dictionary []byte
	packer     *zstd.Encoder
	pieces     []piece
	packed     []byte

	plain []byte // of the piece that is being made
	count int
	first uint64
	last  uint64 // place of the last message; of the piece before where there is none
}

type piece struct {
	first    uint64
	at, size int64
	sum      [sha256.Size]byte
}

// Add appends a message. Places ascend.
func (b *Builder) Add(m Message) error {
	if b.count == 0 {
		b.first, b.last = m.Seq, 0
	}
	b.plain = binary.AppendUvarint(b.plain, m.Seq-b.last)
	b.plain = append(binary.AppendUvarint(b.plain, uint64(len(m.Subject))), m.Subject...)
	b.plain = append(binary.AppendUvarint(b.plain, uint64(len(m.Data))), m.Data...)
	b.last = m.Seq
	if b.count++; full(len(b.pieces), b.count, len(b.plain)) {
		return b.end()
	}
	return nil
}

// full tells whether the piece n, of so many messages, is not made longer.
func full(n, messages, bytes int) bool {
	if n == 0 {
		return messages >= leadCount || bytes >= leadBytes
	}
	return messages >= pieceCount || bytes >= pieceBytes
}

// end packs the piece that is being made.
func (b *Builder) end() (err error) {
	if b.packer == nil {
		if b.packer, err = packer(b.dictionary); err != nil {
			return err
		}
	}
	at := len(b.packed)
	b.packed = b.packer.EncodeAll(b.plain, b.packed)
	p := b.packed[at:]
	b.pieces = append(b.pieces, piece{first: b.first, at: int64(at), size: int64(len(p)), sum: sha256.Sum256(p)})
	if len(b.pieces) == 1 {
		b.dictionary, b.packer = slices.Clone(b.plain), nil
	}
	b.plain, b.count = b.plain[:0], 0
	return nil
}

func packer(dictionary []byte) (*zstd.Encoder, error) {
	options := []zstd.EOption{zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false)}
	if dictionary != nil {
		options = append(options, zstd.WithEncoderDictRaw(lead, dictionary))
	}
	z, err := zstd.NewWriter(nil, options...)
	if err != nil {
		return nil, fmt.Errorf("copies: %w", err)
	}
	return z, nil
}

// Bytes is the pack that was built, and ends the building. The same messages give the same bytes.
func (b *Builder) Bytes() ([]byte, error) {
	if b.count > 0 {
		if err := b.end(); err != nil {
			return nil, err
		}
	}
	var table snapshot.Writer
	first := uint64(0)
	for _, p := range b.pieces {
		table.Uint(p.first - first)
		table.Uint(uint64(p.size))
		table.String(string(p.sum[:]))
		first = p.first
	}
	out := make([]byte, 0, tableAt+len(table.Bytes())+len(b.packed))
	out = binary.LittleEndian.AppendUint32(append(out, magic...), uint32(len(table.Bytes())))
	return append(append(out, table.Bytes()...), b.packed...), nil
}

// Name is the hash of what stands before the pieces, which has those of all of them; "" where the bytes are no pack.
func Name(b []byte) string {
	if len(b) < tableAt || string(b[:len(magic)]) != magic {
		return ""
	}
	end := tableAt + int(binary.LittleEndian.Uint32(b[len(magic):]))
	if end > len(b) {
		return ""
	}
	sum := sha256.Sum256(b[:end])
	return hex.EncodeToString(sum[:])
}

// Pack is what a Builder made, opened. It is safe for concurrent use.
type Pack struct {
	source   io.ReaderAt
	pieces   []piece
	leading  func() ([]byte, error)        // the lead, unpacked
	unpacker func() (*zstd.Decoder, error) // of the other pieces
}

// Open reads what stands before the pieces. Close closes the source where it is to be closed.
func Open(source io.ReaderAt, name string) (*Pack, error) {
	b, err := readAt(source, 0, int64(tableAt))
	if err != nil {
		return nil, err
	}
	size := int64(binary.LittleEndian.Uint32(b[len(magic):]))
	if size > tableMost {
		return nil, fmt.Errorf("copies: a table of %d bytes: %w", size, ErrDamaged)
	}
	table, err := readAt(source, int64(tableAt), size)
	if err != nil {
		return nil, err
	}
	if got := Name(append(b, table...)); got != name || name == "" {
		return nil, fmt.Errorf("copies: no pack of the name %s: %w", name, ErrDamaged)
	}
	p := &Pack{source: source}
	p.leading = sync.OnceValues(func() ([]byte, error) { return p.unpack(0) })
	p.unpacker = sync.OnceValues(func() (*zstd.Decoder, error) {
		dictionary, err := p.leading()
		if err != nil {
			return nil, err
		}
		return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderDictRaw(lead, dictionary))
	})
	r, at, first := snapshot.NewReader(table), int64(tableAt)+size, uint64(0)
	for r.More() {
		first += r.Uint()
		one := piece{first: first, at: at, size: int64(r.Uint())}
		if copy(one.sum[:], r.String()) < len(one.sum) {
			r.Fail("no hash")
		}
		at += one.size
		p.pieces = append(p.pieces, one)
	}
	if err := r.End(); err != nil {
		return nil, fmt.Errorf("copies: table: %w: %w", ErrDamaged, err)
	}
	return p, nil
}

// Close ends the reading.
func (p *Pack) Close() error {
	if c, ok := p.source.(io.Closer); ok {
		if err := c.Close(); err != nil {
			return fmt.Errorf("copies: %w", err)
		}
	}
	return nil
}

func readAt(source io.ReaderAt, at, size int64) ([]byte, error) {
	if size < 0 || size > 1<<31 {
		return nil, fmt.Errorf("copies: a piece of %d bytes: %w", size, ErrDamaged)
	}
	b := make([]byte, size)
	n, err := source.ReadAt(b, at)
	switch {
	case n == len(b):
		return b, nil
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("copies: it ends within a piece: %w", ErrDamaged)
	}
	return nil, fmt.Errorf("copies: %w", err)
}

// Some are the messages of the piece in which the place seq is, if it is in one: all that the pack has before behind and not before
// those of another piece. behind is told with an error, too.
func (p *Pack) Some(seq uint64) (some []Message, behind uint64, err error) {
	n := sort.Search(len(p.pieces), func(i int) bool { return p.pieces[i].first > seq })
	behind = math.MaxUint64
	if n < len(p.pieces) {
		behind = p.pieces[n].first
	}
	if n == 0 {
		return nil, behind, nil
	}
	plain, err := p.plain(n - 1)
	if err == nil {
		some, err = messages(plain)
	}
	return some, behind, err
}

// plain is a piece, unpacked.
func (p *Pack) plain(n int) ([]byte, error) {
	if n == 0 {
		return p.leading()
	}
	return p.unpack(n)
}

// leadUnpacker is one for all: its DecodeAll is safe for concurrent use.
var leadUnpacker = sync.OnceValues(func() (*zstd.Decoder, error) { return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0)) })

func (p *Pack) unpack(n int) ([]byte, error) {
	b, err := p.read(n)
	if err != nil {
		return nil, err
	}
	unpacker := p.unpacker
	if n == 0 {
		unpacker = leadUnpacker
	}
	z, err := unpacker()
	if err != nil {
		return nil, err
	}
	plain, err := z.DecodeAll(b, nil)
	if err != nil {
		return nil, fmt.Errorf("copies: %w: %w", ErrDamaged, err)
	}
	return plain, nil
}

// read is a piece that is what it was.
func (p *Pack) read(n int) ([]byte, error) {
	b, err := readAt(p.source, p.pieces[n].at, p.pieces[n].size)
	if err == nil {
		err = p.pieces[n].check(b)
	}
	return b, err
}

func (p piece) check(b []byte) error {
	if sha256.Sum256(b) != p.sum {
		return fmt.Errorf("copies: the hash is not that of the bytes: %w", ErrDamaged)
	}
	return nil
}

func messages(b []byte) (out []Message, err error) {
	seq := uint64(0)
	for len(b) > 0 {
		d, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, fmt.Errorf("copies: a message: %w", ErrDamaged)
		}
		subject, rest, ok := cut(b[n:])
		data, rest, ok2 := cut(rest)
		if !ok || !ok2 {
			return nil, fmt.Errorf("copies: a message: %w", ErrDamaged)
		}
		seq, b = seq+d, rest
		out = append(out, Message{seq, string(subject), data})
	}
	return out, nil
}

// cut takes bytes behind their length.
func cut(b []byte) (head, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, false
	}
	end := n + int(size)
	return b[n:end:end], b[end:], true
}

// all are the first n pieces as they are, one behind the other; at counts from the first.
func (p *Pack) all(n int) (of []piece, packed []byte, err error) {
	begin, size := p.pieces[0].at, p.pieces[n].at-p.pieces[0].at
	if packed, err = readAt(p.source, begin, size); err != nil {
		return nil, nil, err
	}
	of = slices.Clone(p.pieces[:n])
	for i := range of {
		of[i].at -= begin
		if err := of[i].check(packed[of[i].at : of[i].at+of[i].size]); err != nil {
			return nil, nil, err
		}
	}
	return of, packed, nil
}

// Builder is a Builder to which the pack's messages were added.
func (p *Pack) Builder() (*Builder, error) {
	b := &Builder{}
	if len(p.pieces) == 0 {
		return b, nil
	}
	end := len(p.pieces) - 1
	plain, err := p.plain(end)
	if err != nil {
		return nil, err
	}
	last, err := messages(plain)
	if err != nil {
		return nil, err
	}
	if end > 0 {
		if b.dictionary, err = p.leading(); err != nil {
			return nil, err
		}
	}
	if b.pieces, b.packed, err = p.all(end); err != nil {
		return nil, err
	}
	for _, m := range last {
		if err := b.Add(m); err != nil {
			return nil, err
		}
	}
	return b, nil
}
