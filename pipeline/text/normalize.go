package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Normalize returns s as every other room expects text: valid UTF-8 in NFC (each run of bad bytes becomes one U+FFFD),
// lines ended by LF alone, and without control characters (but tab and LF) or marks that no reader sees:
// byte-order marks, soft hyphens, zero-width spaces, directional marks.
// Normalizing twice changes nothing more. Clean text is returned as it came, without allocating.
func Normalize(s string) string {
	if i := dirty(s); i < len(s) {
		s = clean(s, i)
	}
	return norm.NFC.String(s)
}

// dirty is the first byte that clean would change, or len(s).
func dirty(s string) int {
	for i, r := range s {
		if r < ' ' && r != '\n' && r != '\t' || r == unicode.ReplacementChar || r >= 0x7F && unseen(r) {
			return i
		}
	}
	return len(s)
}

func clean(s string, from int) string {
	s = s[:from] + strings.ToValidUTF8(s[from:], string(unicode.ReplacementChar))
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:from])
	for i, r := range s[from:] {
		switch {
		case r == '\n' && i > 0 && s[from+i-1] == '\r': // CR LF: the CR already ended the line
		case r == '\r', r == 0x85, r == 0x2028, r == '\v', r == '\f':
			b.WriteByte('\n')
		case r == 0x2029: // paragraph separator
			b.WriteString("\n\n")
		case r < ' ' && r != '\n' && r != '\t', r >= 0x7F && unseen(r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unseen is true for DEL, C1 controls, the separators that become LF, and format characters that only lay text out.
func unseen(r rune) bool {
	switch {
	case r < 0xA0:
		return true
	case r < 0x2000:
		return r == 0xAD || r == 0x61C || r == 0x180E
	case r < 0x2070:
		return r == 0x200B || r == 0x200E || r == 0x200F || r >= 0x2028 && r <= 0x202E || r >= 0x2060 && r != 0x2065
	}
	return r == 0xFEFF || r >= 0xFFF9 && r <= 0xFFFB
}
