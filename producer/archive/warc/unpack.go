package warc

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// source gives what was put back, then the stream.
type source struct {
	pending []byte
	r       io.Reader
}

func (s *source) Read(p []byte) (int, error) {
	if len(s.pending) > 0 {
		n := copy(p, s.pending)
		s.pending = s.pending[n:]
		return n, nil
	}
	return s.r.Read(p)
}

// errPacked says that a stretch of packed bytes is damaged. Reading on gives what comes behind it.
var errPacked = errors.New("damaged gzip")

// errInside is the errPacked of a member of which some bytes were read: they are damaged as well.
var errInside = fmt.Errorf("%w inside", errPacked)

// Bounds of unpacking: how much a member may grow once it is no trifle, and how much is remembered of one in case it
// turns out to be damaged.
const (
	maxRatio  = 200
	trifle    = 1 << 20
	lookback  = 1 << 20
	chunk     = 64 << 10
	maxWindow = 128 << 20 // of Zstandard
	maxDict   = 16 << 20
)

var (
	gzipMagic = []byte{0x1f, 0x8b, 8}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
	dictMagic = []byte{0x5d, 0x2a, 0x4d, 0x18} // the skippable frame of a .warc.zst's dictionary
)

func unpack(r io.Reader) (io.Reader, error) {
	br := bufio.NewReaderSize(r, chunk)
	head, err := br.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, gzipMagic[:2]):
		return newMembers(br), nil
	case bytes.Equal(head, zstdMagic):
		return zstandard(br, nil)
	case bytes.Equal(head, dictMagic):
		dict, err := dictionary(br)
		if err != nil {
			return nil, fmt.Errorf("dictionary: %w", err)
		}
		return zstandard(br, dict)
	}
	return br, nil
}

func zstandard(r io.Reader, dict []byte) (io.Reader, error) {
	options := []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true)}
	if dict != nil {
		options = append(options, zstd.WithDecoderDicts(dict))
	}
	return zstd.NewReader(r, options...)
}

// dictionary reads the frame that a .warc.zst begins with; the dictionary in it may be packed itself.
func dictionary(r io.Reader) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(head[4:])
	if n > maxDict {
		return nil, fmt.Errorf("%d bytes", n)
	}
	dict, err := io.ReadAll(io.LimitReader(r, int64(n)))
	if err != nil || !bytes.HasPrefix(dict, zstdMagic) {
		return dict, err
	}
	z, err := zstandard(bytes.NewReader(dict), nil)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, maxDict))
}

// members unpacks one gzip member after the other, and goes on behind a damaged one. Between it and the window stands
// a bufio.Reader, since from one of these gzip unpacks fastest; it asks for more only when it is empty.
type members struct {
	in   *window
	br   *bufio.Reader
	z    *gzip.Reader
	open bool
	out  int64 // bytes of this member
}

func newMembers(r io.Reader) *members {
	in := &window{r: r}
	return &members{in: in, br: bufio.NewReaderSize(in, chunk)}
}

func (m *members) Read(p []byte) (int, error) {
	for {
		if !m.open {
			if err := m.start(); err != nil {
				return 0, err
			}
		}
		n, err := m.z.Read(p)
		m.out += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			m.open = false
		case err == nil && m.out > trifle && m.out > maxRatio*m.in.taken(m.br.Buffered()):
			return n, m.skip(errInside, fmt.Errorf("grows over %d times", maxRatio))
		case err != nil:
			return n, m.skip(errInside, err)
		}
		if n > 0 || err == nil {
			return n, nil
		}
	}
}

// start begins the next member; io.EOF when there is none.
func (m *members) start() error {
	m.in.mark(m.br.Buffered())
	m.out = 0
	if _, err := m.br.Peek(1); err != nil {
		return err
	}
	if m.z == nil {
		m.z = new(gzip.Reader)
	}
	if err := m.z.Reset(m.br); err != nil {
		return m.skip(errPacked, err)
	}
	m.z.Multistream(false)
	m.open = true
	return nil
}

// skip goes to the next place that looks like the head of a member.
func (m *members) skip(what, why error) error {
	m.open = false
	if err := m.in.err; err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	err := m.in.seek()
	m.br.Reset(m.in)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("%w: %w", what, noEOF(why))
}

// noEOF keeps an end that comes too early from being taken for the end.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("unexpected end")
	}
	return err
}

// window remembers what was read since the mark, up to lookback, and can go back there.
type window struct {
	r       io.Reader
	buf     []byte
	keep    int // where the mark stands, or what is left of it
	pos     int
	begun   int64 // bytes before the mark
	dropped int64 // bytes before buf
	err     error
}

// mark sets the mark where the reader is, which has ahead bytes still to read of those it took.
func (w *window) mark(ahead int) {
	w.keep = w.pos - ahead
	w.begun = w.dropped + int64(w.keep)
}

// taken is the number of bytes read since the mark.
func (w *window) taken(ahead int) int64 { return w.dropped + int64(w.pos-ahead) - w.begun }

func (w *window) fill() error {
	if w.err != nil {
		return w.err
	}
	if w.pos-w.keep > lookback {
		w.keep = w.pos
	}
	if w.keep > 0 {
		n := copy(w.buf, w.buf[w.keep:])
		w.buf = w.buf[:n]
		w.pos -= w.keep
		w.dropped += int64(w.keep)
		w.keep = 0
	}
	have := len(w.buf)
	if cap(w.buf)-have < chunk {
		grown := make([]byte, have, 2*cap(w.buf)+chunk)
		copy(grown, w.buf)
		w.buf = grown
	}
	for range 100 {
		n, err := w.r.Read(w.buf[have : have+chunk])
		w.buf = w.buf[:have+n]
		w.err = err
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	w.err = io.ErrNoProgress
	return w.err
}

func (w *window) Read(p []byte) (int, error) {
	if w.pos == len(w.buf) {
		if err := w.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, w.buf[w.pos:])
	w.pos += n
	return n, nil
}

// seek goes to the next head of a member behind the mark.
func (w *window) seek() error {
	w.pos = min(w.keep+1, len(w.buf))
	for {
		if at := head(w.buf[w.pos:]); at >= 0 {
			w.pos += at
			w.mark(0)
			return nil
		}
		w.pos = max(w.pos, len(w.buf)-memberHead)
		w.mark(0)
		if err := w.fill(); err != nil {
			w.pos = len(w.buf)
			w.mark(0)
			return err
		}
	}
}

const memberHead = 10

// head finds the head of a gzip member: magic, deflate, lawful flags, a known system.
func head(b []byte) int {
	for from := 0; ; {
		at := bytes.Index(b[from:], gzipMagic)
		if at < 0 || from+at+memberHead > len(b) {
			return -1
		}
		at += from
		if h := b[at:]; h[3]&0xe0 == 0 && (h[9] <= 13 || h[9] == 255) {
			return at
		}
		from = at + 1
	}
}
