package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// abbreviation says when a dot belongs to the word before it, and whether a sentence may end there.
type abbreviation uint8

const (
	never     abbreviation = iota // not an abbreviation
	title                         // before a name: the sentence goes on ("M.", "Gen.")
	inside                        // the sentence goes on, whatever follows ("cf.", "vs.")
	beforeNum                     // only before a number, or a month after one ("No. 5", "Oct. 3")
	maybeLast                     // may end a sentence: it does before a word that begins one ("Inc.", "U.S.")
	oftenLast                     // ends a sentence before any capital ("etc.")
)

func abbreviations(lists ...list) map[string]abbreviation {
	m := map[string]abbreviation{}
	for _, l := range lists {
		for w := range strings.FieldsSeq(l.words) {
			m[w] = l.class
		}
	}
	return m
}

type list struct {
	class abbreviation
	words string
}

// everywhere are the abbreviations of any language here.
var everywhere = []list{
	{title, "Dr Drs Prof Gen St Col Capt Mgr Ph"},
	{inside, "cf Cf vs e.g i.e op ibid"},
	{beforeNum, "No no ext Nos nos Art art p pp Fig fig vol Vol chap Chap"},
	{maybeLast, "Inc Corp Ltd Co Pvt INC CORP LTD CO PVT Bros Jr Sr a.m p.m A.M P.M"},
	{oftenLast, "etc Etc al"},
}

// abbreviates is true when the dot that ends at end belongs to the word p.
func (t *tokenizer) abbreviates(p piece, end int) bool {
	word := t.text[p.start:p.end]
	next, _ := nextRune(t.text, end)
	switch class, known := t.language.lookup(word); {
	case class == title:
		return unicode.IsUpper(next) || isInitial(word)
	case class == beforeNum:
		return unicode.IsDigit(next) || next == '°' || t.afterNumber() && unicode.IsLower(rune(word[0])) && !unicode.IsUpper(next)
	case known:
		return true
	}
	if isInitial(word) {
		return t.initial(p, end, next)
	}
	return false
}

// initial is true when the capital p and its dot stand for a name: before another capital, and not where a lower-case
// word stands before it and a word that begins sentences after: "George W. Bush", not "la vitamine C. Elle".
func (t *tokenizer) initial(p piece, end int, next rune) bool {
	if !unicode.IsUpper(next) && next != '.' {
		return false
	}
	return t.afterCapital(p.start) || !t.language.starters[t.nextWord(end)]
}

// afterCapital is true when the last token, on the same line, is a capitalised word.
func (t *tokenizer) afterCapital(start int) bool {
	if len(t.tokens) == 0 {
		return false
	}
	last := t.tokens[len(t.tokens)-1]
	r, _ := utf8.DecodeRuneInString(t.text[last.Start:])
	return unicode.IsUpper(r) && start-last.End == 1
}

func (t *tokenizer) afterNumber() bool {
	return len(t.tokens) > 0 && t.tokens[len(t.tokens)-1].Kind == Number
}

// nextWord is the letters after the white space at i, at most 16 bytes of them.
func (t *tokenizer) nextWord(i int) string {
	_, i = nextRune(t.text, i)
	s := t.text[i:min(len(t.text), i+16)]
	for j, r := range s {
		if !unicode.IsLetter(r) {
			return s[:j]
		}
	}
	return s
}

// nextRune is the first character after the blanks and opening marks at i, and where it stands; 0 at the end of the
// text or of the line.
func nextRune(s string, i int) (rune, int) {
	for n := 0; i < len(s) && n < 8; n++ {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r != '\n' && (unicode.IsSpace(r) || strings.ContainsRune("«“‘\"'(", r)) {
			i += size
			continue
		}
		if r == '\n' && i+1 < len(s) && s[i+1] != '\n' && n == 0 { // a wrapped line
			i++
			continue
		}
		if r == '\n' {
			return 0, i
		}
		return r, i
	}
	return 0, i
}

// lookup is the class of a word, without its last dot. Dotted capitals ("U.S", "O.N.U") need no entry.
func (l language) lookup(word string) (abbreviation, bool) {
	if i := strings.IndexAny(word, "'’"); i >= 0 && l.elides(word[:i]) {
		_, size := utf8.DecodeRuneInString(word[i:])
		word = word[i+size:]
	}
	if class, ok := l.abbreviations[word]; ok {
		return class, true
	}
	if isAcronym(word) {
		return maybeLast, true
	}
	if i := strings.LastIndexByte(word, '-'); i >= 0 { // "Japan-U.S", "30-Aug"
		return l.lookup(word[i+1:])
	}
	return never, false
}

// isAcronym is true for single letters between dots: "U.S", "O.N.U", "J.-C".
func isAcronym(word string) bool {
	dots, letters := 0, 0
	for _, r := range word {
		switch {
		case unicode.IsUpper(r) && letters == 0:
			letters++
		case r == '.' && letters > 0:
			dots++
			letters = 0
		case r == '-' && letters == 0:
		default:
			return false
		}
	}
	return dots > 0 && letters > 0
}
