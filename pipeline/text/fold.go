package text

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns s as it is compared with other words: lower case, without accents, typographic apostrophes and hyphens
// as their ASCII kin, œ as oe, æ as ae, ß as ss, a bad byte as U+FFFD. Folding twice changes nothing more. A word that is folded already comes
// back as it is, without allocating; any other costs one allocation.
func Fold(s string) string {
	i := 0
	for i < len(s) && s[i] < utf8.RuneSelf && !('A' <= s[i] && s[i] <= 'Z') {
		i++
	}
	if i == len(s) {
		return s
	}
	var buffer [64]byte
	return string(appendFold(append(buffer[:0], s[:i]...), s[i:]))
}

func appendFold(b []byte, s string) []byte {
	table := latinFolds()
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c |= 0x20
			}
			b = append(b, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case int(r) < len(table):
			b = append(b, table[r]...)
		case r == '’':
			b = append(b, '\'')
		default:
			b = foldRune(b, r)
		}
		i += size
	}
	return b
}

// latinFolds holds the folds of the Latin letters in common use, and of the combining accents behind them.
var latinFolds = sync.OnceValue(func() *[0x370]string {
	var t [0x370]string
	for r := range rune(len(t)) {
		t[r] = string(foldRune(nil, r))
	}
	return &t
})

// foldRune appends the fold of one rune: decomposed, without accents, lower-cased.
func foldRune(b []byte, r rune) []byte {
	var in, out [16]byte
	for _, r := range string(norm.NFD.Append(out[:0], utf8.AppendRune(in[:0], r)...)) {
		switch r = unicode.ToLower(r); {
		case r >= 0x300 && r <= 0x36F: // accents
		case r == '’', r == '‘', r == 'ʼ', r == 'ʹ', r == '′':
			b = append(b, '\'')
		case r == '‐', r == '‑':
			b = append(b, '-')
		default:
			if f, ok := ligatures[r]; ok {
				b = append(b, f...)
			} else {
				b = utf8.AppendRune(b, r)
			}
		}
	}
	return b
}

// ligatures are the letters that Unicode does not decompose and readers do.
var ligatures = map[rune]string{
	'œ': "oe", 'æ': "ae", 'ß': "ss", 'ø': "o", 'đ': "d", 'ð': "d", 'þ': "th", 'ł': "l", 'ħ': "h", 'ı': "i", 'ĳ': "ij",
	'ŉ': "'n", 'ŋ': "n", 'ſ': "s", 'ƒ': "f", 'ﬁ': "fi", 'ﬂ': "fl", 'ﬀ': "ff", 'ﬃ': "ffi", 'ﬄ': "ffl",
}
