package text

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Detect names the language of s by its ISO 639-1 code, or "" when it is none we know, too short to tell, or not clear.
// It reads at most 4 KiB from the head of s and 4 KiB from its middle.
//
// French and English are told most surely: two judges must agree, the words that hold sentences together, counted for
// some thirty languages, and the cost of the letters after the two before them. Of the other languages in Latin letters
// the words alone decide, with a margin: de es it nl pt ca ro sv da no fi pl cs hr hu tr id. Another script, and the
// letters that only one of its languages has, tells ru uk bg sr el he ar fa ur hi bn th ka hy zh ja ko.
func Detect(s string) string {
	e := gather(s)
	if e.foreign*4 > e.letters {
		return e.scripts.language()
	}
	if e.letters < 12 || e.words < 3 {
		return ""
	}
	french, english := e.cost(0), e.cost(1)
	switch {
	case french <= dear && english-french >= apart:
		return "fr"
	case english <= dear && french-english >= apart:
		return "en"
	}
	return e.byWords()
}

// least and ahead are the shares of a text's words, in hundredths, that a language's function words must have, and must
// have more than the next language's.
const least, ahead = 16, 4

// fewest is the number of words below which they tell only French and English apart.
const fewest = 6

// byWords is the language whose function words are clearly the most; never French or English, which ask for more.
func (e *evidence) byWords() string {
	if e.words < fewest {
		return ""
	}
	m := model()
	most, second, best := 0, 0, 0
	for i, name := range m.names {
		n := e.known[i]
		for j, own := range marks {
			if strings.Contains(own.languages, name) {
				n += e.marks[j]
			}
		}
		switch {
		case n > most:
			most, second, best = n, most, i
		case n > second:
			second = n
		}
	}
	name := m.names[best]
	if best < 2 || !named[name] || most*100 < least*e.words || (most-second)*100 < ahead*e.words {
		return ""
	}
	return name
}

// marks are letters that few languages have; each counts as a word of theirs.
var marks = [...]struct{ letters, languages string }{
	{"ß", "de"},
	{"ığ", "tr"},
	{"ş", "tr"},
	{"ñ", "es"},
	{"ãõ", "pt"},
	{"łąęńśźż", "pl"},
	{"őű", "hu"},
	{"ěřů", "cs"},
	{"țșă", "ro"},
	{"đ", "hr vi"},
	{"øæ", "da no"},
	{"å", "da no sv"},
	{"äö", "de sv fi et"},
	{"ðþ", "is"},
}

func (e *evidence) mark(r rune) {
	for i, m := range marks {
		if strings.ContainsRune(m.letters, r) {
			e.marks[i]++
			return
		}
	}
}

// named are the languages in Latin letters that byWords names. The others of function_words.txt are there to be told
// from these.
var named = map[string]bool{
	"de": true, "es": true, "it": true, "nl": true, "pt": true, "ca": true, "ro": true, "sv": true, "da": true, "no": true, "fi": true,
	"pl": true, "cs": true, "hr": true, "hu": true, "tr": true, "id": true,
}

// The most a text may cost to be in a language, and how much less than in the other, in thousandths of a nat a letter:
// chosen on headlines, articles and paragraphs in twenty languages.
const dear, apart = 2725, 300

// cost is the mean cost of a letter in language l, less two nats times the share of the words that are its function
// words, over the share of the next best language.
func (e *evidence) cost(l int) int {
	other := 0
	for i, n := range e.known {
		if i != l {
			other = max(other, n)
		}
	}
	return e.costs[l]*1000/(8*e.steps) - 2000*(e.known[l]-other)/e.words
}

// sampled is how many bytes Detect reads at each of two places.
const sampled = 4 << 10

// evidence is what the judges know of a text.
type evidence struct {
	letters int          // of any script
	foreign int          // those not Latin
	words   int          // runs of Latin letters
	known   [tongues]int // function words by language, in the order of function_words.txt: French, English, others
	steps   int          // letters and borders counted by the model
	costs   [2]int       // of all steps, French and English, in eighths of a nat
	scripts scripts      // letters that are not Latin
	marks   [len(marks)]int
}

func gather(s string) *evidence {
	e := &evidence{}
	if len(s) <= 2*sampled {
		e.read(s)
		return e
	}
	e.read(s[:sampled])
	middle := len(s) / 2
	e.read(s[middle : middle+sampled])
	return e
}

// read counts the words of s; a rune cut at either end costs one letter.
func (e *evidence) read(s string) {
	m := model()
	a, b := 0, 0
	var buffer [64]byte
	word, before := buffer[:0], ' '
	for i, r := range s {
		if r < 0x80 {
			if r|0x20 >= 'a' && r|0x20 <= 'z' {
				r |= 0x20
			} else {
				r = 0
			}
		} else {
			r = unicode.ToLower(r)
		}
		if r == 0 || !unicode.IsLetter(r) {
			mark, _ := utf8.DecodeRuneInString(s[i:])
			if b != 0 {
				e.step(m, a, b, 0)
				e.word(m, word, before, mark)
			}
			a, b, word, before = 0, 0, buffer[:0], mark
			continue
		}
		e.letters++
		if r >= 0x80 && r <= 0x24F {
			e.mark(r)
		}
		if r > 0x24F && !unicode.Is(unicode.Latin, r) {
			e.foreign++
			e.scripts.count(r)
		}
		c := symbol(r)
		e.step(m, a, b, c)
		a, b = b, c
		if len(word) < len(buffer)-4 {
			word = utf8.AppendRune(word, r)
		}
	}
	if b != 0 {
		e.step(m, a, b, 0)
		e.word(m, word, before, ' ')
	}
}

func (e *evidence) step(m *tables, a, b, c int) {
	t := m.costs[(a*symbols+b)*symbols+c]
	e.costs[0] += int(t[0])
	e.costs[1] += int(t[1])
	e.steps++
}

// word counts w, which stands between the characters before and after. An elided word is known by its apostrophe ("l'"),
// the English clitics too ("'s"); other single letters before a dot or an apostrophe are initials.
func (e *evidence) word(m *tables, w []byte, before, after rune) {
	e.words++
	short := len(w) == 1
	var set uint64
	switch {
	case after == '\'' || after == '’':
		set = m.words[string(append(w, '\''))]
	case short && (before == '\'' || before == '’'):
		set = m.words["'"+string(w)]
	case short && after == '.':
	default:
		set = m.words[string(w)]
	}
	for i := 0; set != 0; i, set = i+1, set>>1 {
		if set&1 != 0 {
			e.known[i]++
		}
	}
}

//go:embed trigrams.txt
var trigramsFile string

//go:embed function_words.txt
var wordsFile string

// symbols is the size of the model's alphabet; tongues is the most languages function_words.txt may have.
const symbols, tongues = 40, 64

const alphabet = "_abcdefghijklmnopqrstuvwxyzàâçèéêîïôùûœ*"

type tables struct {
	costs [symbols * symbols * symbols][2]uint8
	words map[string]uint64 // a bit for each language
	names []string
}

var model = sync.OnceValue(func() *tables {
	m := &tables{words: map[string]uint64{}}
	for i := range m.costs {
		m.costs[i] = [2]uint8{80, 80}
	}
	for line := range strings.Lines(trigramsFile) {
		if f := strings.Fields(line); len(f) == 3 && f[0] != "#" {
			var at int
			for _, r := range f[0] {
				at = at*symbols + symbol(r)
			}
			m.costs[at] = [2]uint8{number(f[1]), number(f[2])}
		}
	}
	for line := range strings.Lines(wordsFile) {
		if f := strings.Fields(line); len(f) > 1 && f[0] != "#" {
			for _, w := range f[1:] {
				m.words[w] |= 1 << len(m.names)
			}
			m.names = append(m.names, f[0])
		}
	}
	return m
})

func number(s string) uint8 {
	n := 0
	for _, c := range []byte(s) {
		n = 10*n + int(c-'0')
	}
	return uint8(n)
}

// symbol is the place of a lower-case letter, or _ for a border, in the model's alphabet.
func symbol(r rune) int {
	switch {
	case r >= 'a' && r <= 'z':
		return int(r-'a') + 1
	case r == '_':
		return 0
	}
	n := 27
	for _, c := range alphabet[27:] {
		if c == r || c == '*' {
			break
		}
		n++
	}
	return n
}
