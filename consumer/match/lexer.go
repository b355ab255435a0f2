package match

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// Segmentation never looks across white space, so a text is read chunk by chunk, from one space to the next, and what a
// chunk gives is remembered. Nothing here depends on the rules.

// word is one word of an article as it can be asked for.
type word struct {
	raw, fold, stem    string
	foldHash, stemHash uint64
}

// chunk is what stands between two spaces: words [first, first+n) of the lexer.
type chunk struct {
	hash  uint64
	text  string
	first uint32
	n     uint16
	lang  uint8
}

// A lexer that has seen so many words forgets them all before the next article.
const maxMemory = 1 << 18

// maxChunk bounds the chunks worth remembering, in bytes.
const maxChunk = 64

// lexer cuts articles into words and remembers them. It is not safe for concurrent use.
type lexer struct {
	words  []word
	chunks []chunk
	table  []uint32 // open addressing: chunk number + 1
	known  int      // words that chunks name; those behind it belong to the article at hand
	round  int      // rises when everything is forgotten
}

func (l *lexer) start() {
	l.words = l.words[:l.known]
	if l.table == nil || l.known > maxMemory {
		*l = lexer{table: make([]uint32, 1<<12), round: l.round + 1}
	}
}

// read appends the numbers of the words of s.
func (l *lexer) read(s string, lang int, out []uint32) []uint32 {
	seed := uint64(lang+1) * 0x9E3779B97F4A7C15
	for i := 0; i < len(s); {
		start, h := i, seed
		for i < len(s) {
			c := s[i]
			if c <= ' ' || c >= utf8.RuneSelf {
				if n := space(s[i:]); n > 0 {
					break
				}
			}
			h = (h ^ uint64(c)) * 0x100000001B3
			i++
		}
		if i > start {
			out = l.chunk(s[start:i], h^h>>29, lang, out)
			continue
		}
		i += space(s[i:])
	}
	return out
}

func (l *lexer) chunk(s string, h uint64, lang int, out []uint32) []uint32 {
	mask := uint64(len(l.table) - 1)
	i := h & mask
	for ; l.table[i] != 0; i = (i + 1) & mask {
		c := &l.chunks[l.table[i]-1]
		if c.hash == h && c.lang == uint8(lang) && c.text == s {
			for k := range uint32(c.n) {
				out = append(out, c.first+k)
			}
			return out
		}
	}
	return l.learn(s, h, lang, i, out)
}

// learn reads a chunk for the first time; its place in the table is slot.
func (l *lexer) learn(s string, h uint64, lang int, slot uint64, out []uint32) []uint32 {
	first := len(l.words)
	keep := len(s) <= maxChunk && first == l.known
	if keep {
		s = strings.Clone(s)
	}
	l.cut(s, lang)
	n := len(l.words) - first
	for k := range n {
		out = append(out, uint32(first+k))
	}
	if !keep {
		return out
	}
	l.chunks = append(l.chunks, chunk{hash: h, text: s, first: uint32(first), n: uint16(n), lang: uint8(lang)})
	l.known = len(l.words)
	l.table[slot] = uint32(len(l.chunks))
	if len(l.chunks)*2 > len(l.table) {
		l.grow()
	}
	return out
}

func (l *lexer) grow() {
	l.table = make([]uint32, 4*len(l.table))
	mask := uint64(len(l.table) - 1)
	for n := range l.chunks {
		i := l.chunks[n].hash & mask
		for l.table[i] != 0 {
			i = (i + 1) & mask
		}
		l.table[i] = uint32(n + 1)
	}
}

func (l *lexer) cut(s string, lang int) {
	code := langs[lang]
	seg := text.Segment(s, code)
	for i, t := range seg.Tokens {
		w := seg.Word(i)
		if !isWord(t.Kind, w) {
			continue
		}
		f := text.Fold(w)
		stem := text.Stem(code, f)
		l.words = append(l.words, word{raw: w, fold: f, stem: stem, foldHash: hash(f), stemHash: hash(stem)})
	}
}

// space is the size of the white space that s begins with, or 0.
func space(s string) int {
	if c := s[0]; c < utf8.RuneSelf {
		if c == ' ' || c >= '\t' && c <= '\r' {
			return 1
		}
		return 0
	} else if c != 0xC2 && (c < 0xE1 || c > 0xE3) {
		return 0
	}
	if r, n := utf8.DecodeRuneInString(s); unicode.IsSpace(r) {
		return n
	}
	return 0
}

func hash(s string) uint64 {
	h := uint64(0xCBF29CE484222325)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001B3
	}
	h = (h ^ h>>32) * 0xD6E8FEB86659FD93
	return h ^ h>>32
}
