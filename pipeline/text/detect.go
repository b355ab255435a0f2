package text

import (
	"unicode"
)

// Detect names the language of s by its ISO 639-1 code, or "" when it is none we know, too short to tell, or not clear.
// It reads at most 1 KiB from the head of s and 1 KiB from its middle.
//
// The script is the gate. Most scripts tell their language by themselves, or by the letters that only one language has:
// el he hi bn th ka hy ko ja zh ar fa ur. In Latin and Cyrillic letters a linear model over hashed letter n-grams and
// words decides: fr en de es it pt nl ca ro sv da no fi et lv lt pl cs sk sl hr hu tr id vi, and ru uk bg sr. It knows
// languages that Detect does not name, too, so as not to take them for their neighbours.
func Detect(s string) string {
	m := model()
	if len(s) > 2*glance {
		if l := m.detect(s, glance, plain); l != "" {
			return l
		}
	}
	return m.detect(s, sampled, distinct)
}

// Of a long text a glance at two places, of so many bytes each, is most often enough; sampled is how many are read at
// most.
const glance, sampled = 256, 1 << 10

// detect reads up to size bytes at each of two places.
func (m *detector) detect(s string, size, margin int) string {
	var e evidence
	e.read(m, s, size)
	if e.foreign*4 > e.letters && e.scripts.cyrillic*2 <= e.foreign {
		return e.scripts.language()
	}
	if e.letters < fewestLetters || e.words < fewestWords {
		return ""
	}
	script := latinScript
	if e.foreign*4 > e.letters {
		script = cyrillicScript
	}
	return m.decide(&e.sum, script, margin)
}

// Below fewestWords words nothing is told, and below fewestLetters letters: names and titles look like any language.
const fewestWords = 3

// evidence is what is known of a text.
type evidence struct {
	letters int // of any script
	foreign int // those not Latin
	words   int
	scripts scripts // letters that are not Latin
	sum     sum     // of the model's weights
}

func (e *evidence) read(m *detector, s string, size int) {
	var w ngrams
	if len(s) <= 2*size {
		e.part(m, &w, s)
		return
	}
	e.part(m, &w, s[:size])
	middle := len(s) / 2
	e.part(m, &w, s[middle:middle+size])
}

// part reads a stretch of text; a rune cut at either end costs one word.
func (e *evidence) part(m *detector, w *ngrams, s string) {
	for _, r := range s {
		r = lower(r)
		if r != border {
			e.letters++
			if r > 0x24F && !unicode.Is(unicode.Latin, r) {
				e.foreign++
				e.scripts.count(r)
			}
		} else if w.length > 0 {
			e.words++
		}
		e.weigh(m, w.next(r))
	}
	if w.length > 0 {
		e.words++
	}
	e.weigh(m, w.next(border))
}

func (e *evidence) weigh(m *detector, f found) {
	for _, b := range f.buckets[:f.n] {
		e.sum.add(&m.weight[b])
	}
}

// border is what stands between words.
const border rune = 0

// lower is a letter in lower case, or border.
func lower(r rune) rune {
	switch {
	case r < 0x80:
		if r|0x20 >= 'a' && r|0x20 <= 'z' {
			return r | 0x20
		}
		return border
	case unicode.IsLetter(r) || unicode.Is(unicode.Mn, r):
		return unicode.ToLower(r)
	}
	return border
}
