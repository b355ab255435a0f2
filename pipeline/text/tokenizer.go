package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// tokenizer walks a text from white space to white space. Most chunks are a word, perhaps with one mark behind it, and
// are tokens as they stand; for the others UAX #29 gives pieces, and the passes below join and split them.
type tokenizer struct {
	text     string
	language language
	simply   func(t *tokenizer, start, end int) bool // simple, see there
	tokens   []Token
	iter     *words.Iterator[string]
	pieces   []piece // of the chunk at hand
}

// piece is a word of UAX #29, before the passes.
type piece struct {
	start, end int
	kind       Kind
}

func (t *tokenizer) run() {
	for i := 0; i < len(t.text); {
		size := space(t.text[i:])
		if size > 0 {
			i += size
			continue
		}
		end := chunkEnd(t.text, i)
		if !t.simply(t, i, end) {
			t.mixed(i, end)
		}
		i = end
	}
}

// space is the size of the white-space character s begins with, or 0.
func space(s string) int {
	if c := s[0]; c < utf8.RuneSelf {
		if c == ' ' || c >= '\t' && c <= '\r' {
			return 1
		}
		return 0
	}
	if c := s[0]; c != 0xC2 && (c < 0xE1 || c > 0xE3) { // no other byte begins a space
		return 0
	}
	if r, size := utf8.DecodeRuneInString(s); unicode.IsSpace(r) {
		return size
	}
	return 0
}

func chunkEnd(s string, i int) int {
	for i < len(s) {
		c := s[i]
		if c <= ' ' && space(s[i:]) > 0 || c >= utf8.RuneSelf && space(s[i:]) > 0 {
			return i
		}
		i++
	}
	return i
}

// simple adds the chunk's tokens if it is Latin letters, with at most one mark after them that cannot belong to them.
func (t *tokenizer) simple(start, end int) bool {
	i := start
	for i < end {
		c := t.text[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			i++
			continue
		case c >= 0xC3 && c <= 0xC5 && i+1 < end && latin(c, t.text[i+1]):
			i += 2
			continue
		}
		break
	}
	if i == start || i < end-1 || i-start == len("cannot") && strings.EqualFold(t.text[start:i], "cannot") {
		return false
	}
	if i == end {
		t.add(start, end, Word)
		return true
	}
	switch t.text[i] {
	case ',', ';', ':', '!', '?', ')', '"':
		t.add(start, i, Word)
		t.add(i, end, Punct)
		return true
	}
	return false
}

// latin is true when the two bytes encode a letter between U+00C0 and U+017F.
func latin(c, d byte) bool {
	return d >= 0x80 && d <= 0xBF && (c != 0xC3 || d != 0x97 && d != 0xB7) // multiplication and division signs
}

// mixed adds the tokens of a chunk that is not simple: addresses whole, the rest through the passes.
func (t *tokenizer) mixed(start, end int) {
	for start < end {
		from, to := address(t.text, start, end)
		t.cut(start, from)
		if from < to {
			t.add(from, to, Symbol)
		}
		start = to
	}
}

// cut fills t.pieces with the words of [start, end) and joins them into tokens.
func (t *tokenizer) cut(start, end int) {
	if start == end {
		return
	}
	t.pieces = t.pieces[:0]
	t.iter.SetText(t.text[start:end])
	for t.iter.Next() {
		t.pieces = append(t.pieces, piece{start + t.iter.Start(), start + t.iter.End(), kindOf(t.iter.Value())})
	}
	for i := 0; i < len(t.pieces); {
		i = t.join(i)
	}
}

// join adds the token or tokens that begin with piece i and returns the first piece after them.
func (t *tokenizer) join(i int) int {
	p := t.pieces[i]
	switch p.kind {
	case Word, Number:
		return t.joinWord(i)
	}
	for i++; i < len(t.pieces) && t.runsOn(p, t.pieces[i]); i++ {
		p.end = t.pieces[i].end
	}
	t.add(p.start, p.end, p.kind)
	return i
}

// runsOn is true when q goes on with the run of marks p began: dots, question and exclamation marks, dashes.
func (t *tokenizer) runsOn(p, q piece) bool {
	a, b := t.text[p.start], t.text[q.start]
	return a == b && (a == '.' || strings.IndexByte("-*=_~+#", a) >= 0) || (a == '!' || a == '?') && (b == '!' || b == '?')
}

// joinWord joins a word with what hyphens tie to it, with the dot of an abbreviation, or with its apostrophe.
func (t *tokenizer) joinWord(i int) int {
	p, n := t.pieces[i], 1
	for i+n+1 < len(t.pieces) && t.isHyphen(i+n) && t.tied(p, t.pieces[i+n+1]) {
		p.end = t.pieces[i+n+1].end
		p.kind = Word
		n += 2
	}
	if t.isDate(i) {
		t.add(t.pieces[i].start, t.pieces[i+4].end, Number)
		return i + 5
	}
	if i+n < len(t.pieces) {
		word, mark := t.text[p.start:p.end], t.pieces[i+n]
		switch {
		case t.text[mark.start] == '.':
			if k := t.dotted(p, i+n); k > 0 {
				return i + n + k
			}
		case isApostrophe(t.text[mark.start:mark.end]) && t.language.elides(word), word == "n" && t.text[mark.start:mark.end] == "°":
			t.add(p.start, mark.end, Word)
			return i + n + 1
		}
	}
	t.addSplit(p)
	return i + n
}

// tied is true when a hyphen between p and q makes one word of them: "Nord-Est", "F-16", not "2014-2018".
func (t *tokenizer) tied(p, q piece) bool {
	return (q.kind == Word || q.kind == Number) && (p.kind == Word || q.kind == Word)
}

func (t *tokenizer) isHyphen(i int) bool {
	switch s := t.text[t.pieces[i].start:t.pieces[i].end]; s {
	case "-", "‐", "‑":
		return true
	}
	return false
}

// isDate is true when the pieces at i are an ISO date.
func (t *tokenizer) isDate(i int) bool {
	if i+4 >= len(t.pieces) || !t.isHyphen(i+1) || !t.isHyphen(i+3) {
		return false
	}
	for j, size := range [...]int{4, 0, 2, 0, 2} {
		if p := t.pieces[i+j]; size > 0 && (p.kind != Number || p.end-p.start != size) {
			return false
		}
	}
	return true
}

// dotted adds the word p with the dot in piece i if they are an abbreviation, and returns how many pieces it took after
// the word; 0 means that the dot ends something.
func (t *tokenizer) dotted(p piece, i int) int {
	if i+1 < len(t.pieces) && t.text[t.pieces[i+1].start] == '.' || p.kind != Word {
		return 0
	}
	end, n := t.pieces[i].end, 1
	if isInitial(t.text[p.start:p.end]) { // J.-C., J.-L.
		for i+n+2 < len(t.pieces) && t.isHyphen(i+n) && t.text[t.pieces[i+n+2].start] == '.' &&
			isInitial(t.text[t.pieces[i+n+1].start:t.pieces[i+n+1].end]) {
			end = t.pieces[i+n+2].end
			n += 3
		}
	}
	if n == 1 && !t.abbreviates(p, end) {
		return 0
	}
	t.addSplitAt(p.start, end)
	return n
}

// addSplitAt adds an abbreviation, less an elided article before it: "l’U.R.S.S.".
func (t *tokenizer) addSplitAt(start, end int) {
	before := len(t.tokens)
	t.language.split(t, start, end)
	if last := len(t.tokens) - 1; last >= before {
		t.tokens[last].Kind = Word
	}
}

// addSplit adds the word p; a full stop with no space after it ("sanctions.Le") ends the word before it.
func (t *tokenizer) addSplit(p piece) {
	word := t.text[p.start:p.end]
	if i := t.missingSpace(word); i > 0 {
		t.language.split(t, p.start, p.start+i)
		t.add(p.start+i, p.start+i+1, Punct)
		t.language.split(t, p.start+i+1, p.end)
		return
	}
	t.language.split(t, p.start, p.end)
}

// missingSpace is the place of a dot between a lower-case word and a capitalised one, or between any word and one that
// begins sentences; else 0.
func (t *tokenizer) missingSpace(word string) int {
	i := strings.IndexByte(word, '.')
	if i < 2 || strings.IndexByte(word[i+1:], '.') >= 0 {
		return 0
	}
	after := word[i+1:]
	if j := strings.IndexAny(after, "'’-"); j >= 0 {
		after = after[:j]
	}
	if word[:i] != strings.ToLower(word[:i]) && (i < 4 || !t.language.starters[after]) {
		return 0
	}
	r, size := utf8.DecodeRuneInString(word[i+1:])
	if !unicode.IsUpper(r) || i+1+size == len(word) {
		return 0
	}
	if next, _ := utf8.DecodeRuneInString(word[i+1+size:]); !unicode.IsLower(next) && !isApostrophe(string(next)) {
		return 0
	}
	return i
}

func isApostrophe(s string) bool { return s == "'" || s == "’" || s == "ʼ" }

// isInitial is true for one capital letter.
func isInitial(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return size == len(s) && unicode.IsUpper(r)
}

// kindOf is the kind of a word by its first letter or digit, else by its first character.
func kindOf(s string) Kind {
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			return Word
		case unicode.IsDigit(r):
			return Number
		}
	}
	if r, _ := utf8.DecodeRuneInString(s); unicode.IsPunct(r) && !strings.ContainsRune("%‰@#&§", r) {
		return Punct
	}
	return Symbol
}
