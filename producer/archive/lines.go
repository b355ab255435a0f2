package archive

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
)

// lines cuts a stream into lines, of which it holds at most limit bytes.
type lines struct {
	r     *bufio.Reader
	limit int
	n     int // number of the line read last, from 1
	buf   []byte
}

// errLong says that a line is over the limit. What next returns with it is how the line begins.
var errLong = errors.New("too long")

// keep is the size of a buffer worth keeping for the next line.
const keep = 1 << 20

// next returns a line without its LF, valid until the next call; io.EOF behind the last.
func (l *lines) next(ctx context.Context) ([]byte, error) {
	if cap(l.buf) > keep {
		l.buf = nil
	}
	l.buf = l.buf[:0]
	l.n++
	long, read := false, 0
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part, err := l.r.ReadSlice('\n')
		read += len(part)
		if !long && len(l.buf)+len(part) > l.limit+1 {
			long = true
			l.buf = append([]byte(nil), l.buf[:min(len(l.buf), maxSample)]...)
		}
		if !long {
			l.buf = append(l.buf, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == nil, errors.Is(err, io.EOF) && read > 0:
		default:
			return nil, err
		}
		if long {
			return l.buf, fmt.Errorf("a line of %d bytes: %w, the limit is %d", read, errLong, l.limit)
		}
		if err == nil {
			return l.buf[:len(l.buf)-1], nil
		}
		return l.buf, nil
	}
}
