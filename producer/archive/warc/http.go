package warc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Response is an HTTP response.
type Response struct {
	Status      int
	ContentType string
	Body        []byte // unpacked
}

// MaxBody bounds an unpacked body.
const MaxBody = 15 << 20

// ErrBody says that a body cannot be unpacked. The Response still tells status and type.
var ErrBody = errors.New("bad body")

// HTTP reads a record's block as an HTTP response. Archives hold bodies as they were sent, or already unpacked under
// headers that tell otherwise; both are understood.
func (r Record) HTTP() (Response, error) {
	head, body, ok := bytes.Cut(r.Block, []byte("\r\n\r\n"))
	if at := bytes.Index(r.Block, []byte("\n\n")); at >= 0 && (!ok || at < len(head)) {
		head, body, ok = r.Block[:at], r.Block[at+2:], true
	}
	if !ok {
		head = r.Block
	}
	status, rest, _ := bytes.Cut(head, []byte("\n"))
	f := strings.Fields(string(status[:min(len(status), 1024)]))
	if len(f) < 2 || !strings.HasPrefix(f[0], "HTTP/") {
		return Response{}, fmt.Errorf("%w: no HTTP response", ErrBody)
	}
	var out Response
	out.Status, _ = strconv.Atoi(f[1]) // 0 is no status that we read
	var encoding, transfer string
	for l := range bytes.Lines(rest) {
		key, value, _ := strings.Cut(string(l[:min(len(l), maxLine)]), ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "content-type":
			out.ContentType = value
		case "content-encoding":
			encoding = strings.ToLower(value)
		case "transfer-encoding":
			transfer = strings.ToLower(value)
		}
	}
	if strings.Contains(transfer, "chunked") {
		body = dechunk(body)
	}
	var err error
	out.Body, err = decode(body, encoding)
	return out, err
}

// dechunk joins the chunks of a body. One that is not chunked at all stays as it is; one that breaks off, or goes on
// without being chunked, is kept as far as it goes.
func dechunk(body []byte) []byte {
	var out []byte
	for rest := body; len(rest) > 0; {
		line, behind, ok := bytes.Cut(rest, []byte("\n"))
		size, _, _ := strings.Cut(string(line[:min(len(line), 64)]), ";")
		n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 32)
		switch {
		case !ok || err != nil:
			if out == nil {
				return body
			}
			return out
		case n == 0:
			if out == nil {
				out = []byte{}
			}
			return out
		case n > uint64(len(behind)):
			return append(out, behind...)
		}
		out = append(out, behind[:n]...)
		rest = bytes.TrimPrefix(bytes.TrimPrefix(behind[n:], []byte("\r")), []byte("\n"))
	}
	return out
}

// decode unpacks a body that is packed as its header says, or leaves it where it plainly is not.
func decode(body []byte, encoding string) ([]byte, error) {
	encodings := strings.Split(encoding, ",")
	for i := len(encodings) - 1; i >= 0; i-- {
		r, err := decoder(strings.TrimSpace(encodings[i]), body)
		if r == nil && err == nil {
			continue
		}
		if err == nil {
			var out []byte
			out, err = inflate(r, len(body))
			// A body that breaks off is read as far as it goes.
			if err == nil || len(out) > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
				body = out
				continue
			}
		}
		if looksPlain(body) {
			return body, nil
		}
		return nil, fmt.Errorf("%w: %s: %w", ErrBody, encodings[i], err)
	}
	return body, nil
}

func decoder(encoding string, body []byte) (io.Reader, error) {
	in := bytes.NewReader(body)
	switch encoding {
	case "gzip", "x-gzip":
		return gzip.NewReader(in)
	case "deflate": // zlib by the standard, bare deflate by custom
		if z, err := zlib.NewReader(in); err == nil {
			return z, nil
		}
		return flate.NewReader(bytes.NewReader(body)), nil
	case "br":
		if looksPlain(body) {
			return nil, nil
		}
		return brotli.NewReader(in), nil
	case "zstd":
		return zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
	}
	return nil, nil
}

// inflate reads all, but no more than a body may hold, and than its packed size makes believable.
func inflate(r io.Reader, packed int) ([]byte, error) {
	limit := min(MaxBody, max(trifle, 100*packed))
	out, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if len(out) > limit {
		return nil, fmt.Errorf("%d bytes unpack to over %d", packed, limit)
	}
	return out, err
}

// looksPlain tells whether a body begins like markup or JSON and not like packed bytes.
func looksPlain(body []byte) bool {
	head := bytes.TrimSpace(bytes.TrimPrefix(body[:min(len(body), 512)], []byte("\ufeff")))
	return len(head) > 0 && (head[0] == '<' || head[0] == '{')
}
