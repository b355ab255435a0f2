package gazetteer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// A name's pieces are what stands between all that is neither letter nor digit; full stops vanish: "U.S." is one piece, "us".

// nextPiece cuts the first piece off; it may be empty.
func nextPiece(s string) (raw, rest string) {
	for i, r := range s {
		if separates(r) {
			return trimDots(s[:i]), s[i+utf8.RuneLen(r):]
		}
	}
	return trimDots(s), ""
}

func trimDots(s string) string {
	if strings.Trim(s, ".") == "" {
		return ""
	}
	return s
}

func separates(r rune) bool {
	if r < utf8.RuneSelf {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '.')
	}
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && r != utf8.RuneError
}

func foldPiece(raw string) string { return strings.ReplaceAll(text.Fold(raw), ".", "") }

// appendFolded appends a folded piece, without allocating but for one with accents.
func appendFolded(b []byte, raw string) []byte {
	n := len(b)
	for j := range len(raw) {
		c := raw[j]
		if c >= utf8.RuneSelf {
			return append(b[:n], foldPiece(raw)...)
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != '.' {
			b = append(b, c)
		}
	}
	return b
}

// FoldName is the form under which names are compared: their folded pieces, a space between them.
func FoldName(name string) string {
	b := make([]byte, 0, 64)
	for n := 0; name != ""; {
		var raw string
		if raw, name = nextPiece(name); raw == "" {
			continue
		}
		if n++; n > 1 {
			b = append(b, ' ')
		}
		b = appendFolded(b, raw)
	}
	return string(b)
}

func isCapital(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}

// isUpper tells whether s has at least two signs, a capital among them and no small letter.
func isUpper(s string) bool {
	signs, capitals := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsLower(r):
			return false
		case unicode.IsUpper(r):
			capitals++
			signs++
		case r != '.':
			signs++
		}
	}
	return capitals > 0 && signs > 1
}
