package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Cut returns at most limit bytes of s, and whether it left something out. It ends where a sentence ends, if one does
// in the last half (at most 16 KiB) of what fits; else between words; else between runes. A limit below 1 gives "".
func Cut(s string, limit int) (string, bool) {
	if len(s) <= limit {
		return s, false
	}
	if limit < 1 {
		return "", true
	}
	from := runeStart(s, max(limit/2, limit-16<<10))
	if end := lastSentence(s, from, limit); end > from {
		return s[:end], true
	}
	end := runeStart(s, limit)
	for i := end; i > from; i-- {
		if utf8.RuneStart(s[i]) && space(s[i:]) > 0 {
			return strings.TrimRightFunc(s[:i], unicode.IsSpace), true
		}
	}
	return s[:end], true
}

// lastSentence is the end of the last sentence of s that begins after from and ends at limit or before; it reads a little
// beyond to know that it does end there.
func lastSentence(s string, from, limit int) int {
	window := s[from:runeStart(s, min(len(s), limit+256))]
	d := Segment(window, Detect(window))
	end := 0
	for i := 0; i < len(d.Sentences)-1 && d.Sentences[i].End <= limit-from; i++ {
		if s := d.Sentences[i]; i > 0 || s.Last-s.First > 1 { // the first may be the dot of an abbreviation
			end = s.End
		}
	}
	return from + end
}

// runeStart is i, or the start of the rune that i falls into.
func runeStart(s string, i int) int {
	for n := 0; i > 0 && i < len(s) && n < utf8.UTFMax-1 && !utf8.RuneStart(s[i]); n++ {
		i--
	}
	return i
}
