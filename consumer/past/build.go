package past

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Builder gathers entries for a Segment.
type Builder struct {
	Begins machine.Time // where the machine stood that read the log before the first of them

	entries []Entry
	traits  map[string][]uint32 // the entries that have it, ascending
}

// Add appends an entry with its traits, each once. Seq ascends.
func (b *Builder) Add(e Entry, traits []string) {
	if b.traits == nil {
		b.traits = map[string][]uint32{}
	}
	n := uint32(len(b.entries))
	b.entries = append(b.entries, e)
	for _, t := range traits {
		if of, ok := b.traits[t]; ok {
			b.traits[t] = append(of, n)
		} else {
			b.traits[string([]byte(t))] = []uint32{n} // not the article it was cut from
		}
	}
}

// Len is how many entries were added.
func (b *Builder) Len() int { return len(b.entries) }

// The form of a segment:
//
//	magic, head, columns (compressed), keys of articles, table of stories, table of traits, stories, traits
//
// The head stands behind its length in four bytes, and has of each table its length and its SHA-256. Those of stories and
// traits have the same of each piece: so many stories, compressed, or traits in ascending order, each cut by what it
// shares with the one before, and the entries that have it. Whoever knows the hash of the magic and the head can read
// any piece and knows that it is what it was.
const (
	magic        = "quidnunc past 2\n"
	pieceStories = 512
	pieceTraits  = 128
	pieceBytes   = 16 << 10 // of traits: a piece is not made longer when it has as much
)

// The tables, in their order.
const (
	columnsTable = iota
	keysTable
	storiesTable
	traitsTable
	tables
)

// Bytes is the segment that was built. The same entries give the same bytes.
func (b *Builder) Bytes() ([]byte, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer z.Close() //nolint:errcheck // it writes nowhere
	var parts [tables][]byte
	parts[columnsTable] = z.EncodeAll(b.columns(), nil)
	parts[keysTable] = b.keys()
	var stories, traits []byte
	parts[storiesTable], stories = b.stories(z)
	parts[traitsTable], traits = b.pieces()

	out := append([]byte(magic), 0, 0, 0, 0)
	out = append(out, b.head(parts, len(stories))...)
	binary.LittleEndian.PutUint32(out[len(magic):], uint32(len(out)-headAt))
	for _, p := range parts {
		out = append(out, p...)
	}
	return append(append(out, stories...), traits...), nil
}

func (b *Builder) head(parts [tables][]byte, stories int) []byte {
	var w snapshot.Writer
	w.Len(len(b.entries))
	if len(b.entries) > 0 {
		w.Uint(b.entries[0].Seq)
		w.Uint(b.entries[len(b.entries)-1].Seq)
	} else {
		w.Uint(0)
		w.Uint(0)
	}
	w.Time(b.Begins.Highest)
	w.Time(b.Begins.Clock)
	w.Time(b.Begins.Swept)
	w.Bool(b.Begins.Live)
	for _, p := range parts {
		writePiece(&w, p)
	}
	w.Uint(uint64(stories))
	return w.Bytes()
}

func writePiece(w *snapshot.Writer, p []byte) {
	sum := sha256.Sum256(p)
	w.Uint(uint64(len(p)))
	w.String(string(sum[:]))
}

// columns are the entries, a column after the other.
func (b *Builder) columns() []byte {
	var w snapshot.Writer
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
	for _, e := range b.entries {
		if e.Before == 0 {
			w.Uint(0)
		} else {
			w.Uint(e.Seq - e.Before)
		}
	}
	return w.Bytes()
}

// origins by their numbers.
var origins = []news.Origin{"", liveOrigin: news.Live, news.Baseline, news.Archive, pushOrigin: news.Push}

const (
	liveOrigin = 1
	pushOrigin = 4
)

func (b *Builder) keys() []byte {
	var out []byte
	for _, e := range b.entries {
		out = binary.LittleEndian.AppendUint64(out, e.Article)
	}
	return out
}

// stories are each behind its length, so that those not asked for are passed over.
func (b *Builder) stories(z *zstd.Encoder) (table, pieces []byte) {
	var index snapshot.Writer
	for some := range slices.Chunk(b.entries, pieceStories) {
		var all snapshot.Writer
		for _, e := range some {
			var w snapshot.Writer
			if e.Story != nil {
				writeStory(&w, e.Story)
			}
			all.String(string(w.Bytes()))
		}
		began := len(pieces)
		pieces = z.EncodeAll(all.Bytes(), pieces)
		writePiece(&index, pieces[began:])
	}
	return index.Bytes(), pieces
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

// pieces are the traits; the table names the first of each piece.
func (b *Builder) pieces() (table, pieces []byte) {
	var index snapshot.Writer
	names := slices.Sorted(maps.Keys(b.traits))
	var piece []byte
	n, before := 0, ""
	end := func() {
		writePiece(&index, piece)
		pieces = append(pieces, piece...)
		piece, n, before = piece[:0], 0, ""
	}
	for _, name := range names {
		if n == 0 {
			index.String(name)
		}
		shared := sharedPrefix(before, name)
		piece = binary.AppendUvarint(piece, uint64(shared))
		piece = binary.AppendUvarint(piece, uint64(len(name)-shared))
		piece = append(piece, name[shared:]...)
		piece = appendList(piece, b.traits[name], len(b.entries))
		before = name
		if n++; n == pieceTraits || len(piece) >= pieceBytes {
			end()
		}
	}
	if n > 0 {
		end()
	}
	return index.Bytes(), pieces
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
