package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold returns s as it is compared with other words: lower case, without accents, typographic apostrophes and hyphens
// as their ASCII kin, œ as oe, æ as ae, ß as ss. Folding twice changes nothing more.
func Fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch r = unicode.ToLower(r); {
		case r >= 0x300 && r <= 0x36F:
		case r == '’', r == 'ʼ', r == '‘':
			b.WriteByte('\'')
		case r == '‐', r == '‑':
			b.WriteByte('-')
		case r == 'œ':
			b.WriteString("oe")
		case r == 'æ':
			b.WriteString("ae")
		case r == 'ß':
			b.WriteString("ss")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
