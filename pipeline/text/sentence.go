package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// sentences groups the tokens of s.
func sentences(s string, tokens []Token, l language) []Sentence {
	if len(tokens) == 0 {
		return nil
	}
	b := splitter{text: s, tokens: tokens, language: l, term: -1}
	b.done = make([]Sentence, 0, len(tokens)/20+1)
	for i := 1; i < len(tokens); i++ {
		b.step(i)
	}
	b.close(len(tokens))
	return b.done
}

// splitter walks over the tokens once and looks back only to the mark that may have ended the sentence.
type splitter struct {
	text     string
	tokens   []Token
	language language
	first    int // of the sentence at hand
	term     int // the mark that may have ended it, with only closing marks after it; else -1
	line     int // where the line at hand began
	before   int // the width of the line before it
	done     []Sentence
}

// step decides whether a sentence ends between the tokens i-1 and i.
func (b *splitter) step(i int) {
	if b.term < 0 && b.ends(i-1) {
		b.term = i - 1
	}
	gap := b.text[b.tokens[i-1].End:b.tokens[i].Start]
	if gap != "" {
		if n := strings.IndexByte(gap, '\n'); n >= 0 {
			if b.newline(i, gap, n) {
				b.close(i)
			}
			b.before = b.tokens[i-1].End - b.line
			b.line = b.tokens[i-1].End + strings.LastIndexByte(gap, '\n') + 1
			b.term = -1
			return
		}
	}
	if b.term < 0 || b.closes(i, gap) {
		return
	}
	switch {
	case b.tokens[i].Kind == Punct && b.ends(i): // "».", "R.E.M. ?"
		b.term = i
	case b.breaks(i, gap != ""):
		b.close(i)
		fallthrough
	default:
		b.term = -1
	}
}

func (b *splitter) close(i int) {
	span := news.Span{Start: b.tokens[b.first].Start, End: b.tokens[i-1].End}
	b.done = append(b.done, Sentence{Span: span, First: b.first, Last: i})
	b.first, b.term = i, -1
}

func (b *splitter) word(i int) string { return b.text[b.tokens[i].Start:b.tokens[i].End] }

// ends is true when token i may end a sentence.
func (b *splitter) ends(i int) bool {
	t := b.tokens[i]
	switch t.Kind {
	case Punct:
		r, _ := utf8.DecodeRuneInString(b.text[t.Start:])
		return strings.ContainsRune(".!?…。！？．।؟۔", r) && !b.omits(i)
	case Word:
		return b.text[t.End-1] == '.'
	}
	return false
}

// omits is true when token i is the dots of "[...]".
func (b *splitter) omits(i int) bool {
	return i > b.first && (b.word(i-1) == "[" || b.word(i-1) == "(")
}

// closes is true when token i is a mark that belongs to the sentence before it.
func (b *splitter) closes(i int, gap string) bool {
	switch b.word(i) {
	case "»", "”", ")", "]", "」", "』":
		return true
	case "’", "'":
		return gap == ""
	case `"`:
		end := b.tokens[i].End
		return gap == "" || end == len(b.text) || space(b.text[end:]) > 0
	}
	return false
}

// breaks is true when the sentence that b.term may end does end before token i.
func (b *splitter) breaks(i int, spaced bool) bool {
	mark, _ := utf8.DecodeRuneInString(b.text[b.tokens[b.term].Start:])
	if b.tokens[b.term].Kind == Punct && mark > 0x2FF && mark != '…' { // these are not ambiguous, nor does a space follow them
		return true
	}
	next := b.opens(i)
	r, _ := utf8.DecodeRuneInString(b.text[b.tokens[next].Start:])
	switch {
	case !spaced:
		return unicode.IsUpper(r) && b.tokens[i].Kind == Word
	case b.tokens[next].Kind == Punct:
		return false
	case unicode.IsLower(r):
		return false
	case b.tokens[b.term].Kind == Word:
		return b.abbreviationEnds(next)
	case mark == '.' && b.numbers():
		return false
	}
	return true
}

// opens is the first token from i that is no opening mark, within four.
func (b *splitter) opens(i int) int {
	for range 4 {
		if i+1 == len(b.tokens) || b.tokens[i].Kind != Punct {
			break
		}
		i++
	}
	return i
}

// numbers is true when the sentence so far is but the number of a list: "1.", "B.".
func (b *splitter) numbers() bool {
	return b.term == b.first+1 && (b.tokens[b.first].Kind == Number && b.tokens[b.first].Len() < 4 || isInitial(b.word(b.first)))
}

// abbreviationEnds is true when the abbreviation at b.term ends the sentence before the word next.
func (b *splitter) abbreviationEnds(next int) bool {
	word := strings.TrimSuffix(b.word(b.term), ".")
	class, _ := b.language.lookup(word)
	starts := b.language.starters[strings.TrimRight(b.word(next), "'’")]
	switch class {
	case oftenLast:
		return true
	case maybeLast:
		return starts
	case beforeNum:
		return starts
	case never: // an initial
		return starts && !particles[b.word(next)]
	}
	return false
}

// particles begin sentences, and the second half of names: "J. Le Goff".
var particles = set("Le La De Du Des")

// newline is true when the line break in the gap before token i ends the sentence. A blank line always does. One line
// break does after a mark that may end a sentence, after a line too short or too long to have been wrapped, and
// before an indented line or one that begins like a list; never before a lower-case word.
func (b *splitter) newline(i int, gap string, n int) bool {
	rest := gap[n+1:]
	if strings.IndexByte(rest, '\n') >= 0 {
		return true
	}
	r, _ := utf8.DecodeRuneInString(b.text[b.tokens[b.opens(i)].Start:])
	if unicode.IsLower(r) {
		return false
	}
	if b.term >= 0 {
		return b.tokens[b.term].Kind != Word || b.abbreviationEnds(b.opens(i)) || !b.wrapped(i)
	}
	if last := b.word(i - 1); last == "," || last == "-" || strings.HasSuffix(last, "’") {
		return false
	}
	return len(rest) > 1 || !b.wrapped(i) || isBullet(b.word(i))
}

// The widths, in bytes, that text is wrapped at.
const narrow, wide = 50, 120

// wrapped is true when the line before token i looks wrapped: it and its neighbours are as wide as wrapped lines, and the
// word after it would not have fitted on it.
func (b *splitter) wrapped(i int) bool {
	width := b.tokens[i-1].End - b.line
	from := b.tokens[i].Start
	after := strings.IndexByte(b.text[from:min(len(b.text), from+wide+1)], '\n')
	if after < 0 {
		after = len(b.text) - from
	}
	if width < narrow || max(width, after, b.before) > wide {
		return false
	}
	return width+1+b.tokens[i].Len() > max(after, b.before)-4
}

func isBullet(s string) bool {
	switch s {
	case "-", "–", "—", "•", "*", "·", "▪", "◦":
		return true
	}
	return false
}
