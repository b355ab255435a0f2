package fetch

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// body reads a body, unpacked, within the limits.
func (c *Client) body(res *http.Response) ([]byte, int64, error) {
	at := res.Request.URL.String()
	if res.ContentLength > c.cfg.MaxBody {
		return nil, 0, &Refused{TooLarge, at, fmt.Errorf("%d bytes, the limit is %d", res.ContentLength, c.cfg.MaxBody)}
	}
	sent := &counted{r: res.Body}
	in := bufio.NewReaderSize(sent, 4<<10)
	start, _ := in.Peek(2)
	packed := bytes.Equal(start, []byte{0x1f, 0x8b})
	if e := strings.ToLower(res.Header.Get("Content-Encoding")); !packed && e != "" && e != "identity" && e != "gzip" && e != "x-gzip" {
		return nil, 0, &Refused{BadBody, at, fmt.Errorf("packed with %.20q, which was not asked for", e)}
	}
	var r io.Reader = in
	if packed {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, 0, &Refused{BadBody, at, err}
		}
		defer func() { _ = z.Close() }()
		r = z
	}
	out, err := c.read(r, sent, at)
	if packed && err != nil && (errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader)) {
		return nil, 0, &Refused{BadBody, at, err}
	}
	return out, sent.n, err
}

// read stops where the body grows beyond its limit or too much out of too little. A body that ends early is given as
// far as it came, once it is packed: a feed gives its whole items.
func (c *Client) read(r io.Reader, sent *counted, at string) ([]byte, error) {
	var out bytes.Buffer
	for {
		n, err := io.CopyN(&out, r, 64<<10)
		size := int64(out.Len())
		switch {
		case size > c.cfg.MaxBody:
			return nil, &Refused{TooLarge, at, fmt.Errorf("more than %d bytes", c.cfg.MaxBody)}
		case size > ratioAfter && size > c.cfg.Ratio*sent.n:
			return nil, &Refused{Bomb, at, fmt.Errorf("%d bytes out of %d", size, sent.n)}
		case errors.Is(err, io.EOF):
			return out.Bytes(), nil
		case errors.Is(err, io.ErrUnexpectedEOF) && (n > 0 || size > 0):
			return out.Bytes(), nil
		case err != nil:
			return nil, err
		}
	}
}

func isTLS(err error) bool {
	var record tls.RecordHeaderError
	var verify *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var alert tls.AlertError
	return errors.As(err, &record) || errors.As(err, &verify) || errors.As(err, &unknown) || errors.As(err, &alert)
}
