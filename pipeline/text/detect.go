package text

import "strings"

// Detect names the language of s, "fr" or "en", or "" when it is another one, too short, or not clear.
func Detect(s string) string {
	fr, en := 0, 0
	for w := range strings.FieldsSeq(Fold(s)) {
		switch w {
		case "le", "la", "les", "des", "du", "et", "un", "une", "dans", "par", "pour", "sur", "au", "aux", "que", "qui":
			fr++
		case "the", "of", "and", "to", "in", "a", "is", "was", "for", "on", "with", "by", "that", "has", "its":
			en++
		}
	}
	switch {
	case fr > 2*en:
		return "fr"
	case en > 2*fr:
		return "en"
	}
	return ""
}
