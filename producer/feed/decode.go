package feed

import (
	"bytes"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

var declared = regexp.MustCompile(`^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']`)

// decode makes UTF-8 of the feed: by its byte order mark, by the zeros of UTF-16 and UTF-32, by its XML declaration, by
// the HTTP header; without all of them it is UTF-8 if it can be, else windows-1252.
func (r *reader) decode(b []byte, contentType string) []byte {
	if rest, ok := bytes.CutPrefix(b, []byte("\xef\xbb\xbf")); ok {
		return r.mend(rest)
	}
	if e := wide(b); e != nil {
		return r.convert(b, e)
	}
	label := ""
	if m := declared.FindSubmatch(b[:min(len(b), 512)]); m != nil {
		label = string(m[1])
	} else if _, params, err := mime.ParseMediaType(contentType); err == nil {
		label = params["charset"]
	}
	if label == "" {
		if utf8.Valid(b) || cutRune(b) {
			return r.mend(b)
		}
		r.warn(GuessedEncoding, "windows-1252")
		return r.convert(b, charmap.Windows1252)
	}
	e, standard := charset.Lookup(label)
	switch {
	case e == nil:
		r.warn(WrongEncoding, "%s is not known", label)
		return r.mend(b)
	case standard == "utf-8" || strings.HasPrefix(standard, "utf-16") || standard == "replacement":
		return r.mend(b) // UTF-16 would have had its zeros
	case utf8.Valid(b) && !ascii(b):
		r.warn(WrongEncoding, "%s is declared, and it is in utf-8", label)
		return b
	}
	return r.convert(b, e)
}

// wide is the encoding of a feed whose first characters take two or four bytes each.
func wide(b []byte) encoding.Encoding {
	if len(b) < 4 {
		return nil
	}
	zero := [4]bool{b[0] == 0, b[1] == 0, b[2] == 0, b[3] == 0}
	switch {
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE, 0, 0}), zero == [4]bool{false, true, true, true}:
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	case bytes.HasPrefix(b, []byte{0, 0, 0xFE, 0xFF}), zero == [4]bool{true, true, true, false}:
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	case b[0] == 0xFF && b[1] == 0xFE, zero == [4]bool{false, true, false, true}:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case b[0] == 0xFE && b[1] == 0xFF, zero == [4]bool{true, false, true, false}:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	}
	return nil
}

func (r *reader) convert(b []byte, e encoding.Encoding) []byte {
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		r.warn(BadEncoding, "%v", err)
	}
	if len(out) > maxBytes {
		r.warn(TooLong, "%d bytes as utf-8: read up to %d", len(out), maxBytes)
		out = out[:maxBytes]
	}
	if n := bytes.Count(out, []byte("\uFFFD")); n > 0 {
		r.warn(BadEncoding, "%d bytes that the encoding does not have", n)
	}
	return bytes.TrimPrefix(out, []byte("\uFEFF"))
}

// mend takes the bytes that are not UTF-8 for windows-1252: that is what they are in feeds put together from parts.
func (r *reader) mend(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	if cutRune(b) {
		return b[:lastRune(b)]
	}
	out := make([]byte, 0, len(b)+len(b)/8)
	for i := 0; i < len(b); {
		c, n := utf8.DecodeRune(b[i:])
		if c == utf8.RuneError && n == 1 {
			r.warn(BadEncoding, "byte %#x at %d", b[i], i)
			c = charmap.Windows1252.DecodeByte(b[i])
		}
		out = utf8.AppendRune(out, c)
		i += n
	}
	return out
}

// cutRune tells whether b is UTF-8 but for the last character, which is cut.
func cutRune(b []byte) bool {
	n := lastRune(b)
	return n < len(b) && !utf8.FullRune(b[n:]) && utf8.Valid(b[:n])
}

func lastRune(b []byte) int {
	for n := len(b) - 1; n >= 0 && n > len(b)-utf8.UTFMax; n-- {
		if utf8.RuneStart(b[n]) {
			return n
		}
	}
	return len(b)
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
