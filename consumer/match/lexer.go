package match

import (
	"math/bits"
	"slices"
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

// chunk is what stands between two spaces: words [first, first+n) of the lexer. Its bytes, at most 16, are the key.
type chunk struct {
	low, high uint64
	first     uint32
	n         uint16
	lang      uint8
	size      uint8  // in bytes; 0: an empty place in the table
	number    uint32 // of the article that had it last
	local     uint32 // the number that article gave its one word
}

// stretch is words [first, first+n) of the lexer.
type stretch struct{ first, n uint32 }

// piece is a chunk of the article at hand, before it is looked up.
type piece struct {
	low, high  uint64
	start, end uint32
	at         uint64 // in the table
}

const (
	maxMemory = 1 << 18 // a lexer that knows so many words forgets them all before the next article
	maxShort  = 16      // bytes of a chunk that fit its key
	maxChunk  = 64      // bytes of a chunk worth remembering
)

// lexer cuts articles into words and remembers them. It is not safe for concurrent use.
type lexer struct {
	words  []word
	traces []trace // of the words
	table  []chunk // open addressing
	used   int
	pieces []piece
	warm   uint32                         // see seek
	long   [len(langs)]map[string]stretch // chunks of more than 16 bytes
	known  int                            // words that chunks name; those behind it belong to the article at hand
	round  int                            // rises when everything is forgotten
	heads  []uint32                       // of index: by hash, 1 more than the number of the first of three traces a word
	nexts  []uint32                       // by the number of the trace, the next
}

func (l *lexer) start() {
	l.words, l.traces = l.words[:l.known], l.traces[:l.known]
	if l.table == nil || l.known > maxMemory {
		*l = lexer{table: make([]chunk, 1<<12), round: l.round + 1}
		for i := range l.long {
			l.long[i] = map[string]stretch{}
		}
	}
}

// forget makes the table empty of the numbers of articles.
func (l *lexer) forget() {
	for i := range l.table {
		l.table[i].number = 0
	}
}

// read gives the document the words of s. It goes over the text once, and over what it cut once more: so the processor
// can look up many chunks at a time.
func (l *lexer) read(s string, d *document) {
	l.split(s)
	l.warm += l.seek(d.lang)
	lang, last := uint8(d.lang), uint64(len(l.table)-1)
	for i := range l.pieces {
		p := &l.pieces[i]
		size := uint8(min(p.end-p.start, maxShort+1))
		c := &l.table[p.at&last]
		for c.size != 0 && (c.low != p.low || c.high != p.high || c.size != size || c.lang != lang) {
			p.at++
			c = &l.table[p.at&last]
		}
		if c.n != 1 {
			if l.readOther(s, p, d); int(last) != len(l.table)-1 { // it grew
				l.seek(d.lang)
				last = uint64(len(l.table) - 1)
			}
			continue
		}
		if c.number == d.number {
			d.again(c.local)
			continue
		}
		c.number, c.local = d.number, d.first(c.first)
	}
}

// split cuts s into pieces. Most are short, of ASCII letters, and end with a space: they are cut and keyed eight bytes at
// a time.
func (l *lexer) split(s string) {
	l.pieces = slices.Grow(l.pieces[:0], len(s)/2+1)[:len(s)/2+1]
	n := 0
	for i := 0; i < len(s); {
		p := &l.pieces[n]
		if i+maxShort <= len(s) {
			low, high := load(s[i:]), load(s[i+8:])
			if odd := oddBytes(low); odd != 0 {
				if k := bits.TrailingZeros64(odd) >> 3; k > 0 && s[i+k] == ' ' {
					*p = piece{low: low & (1<<(8*k) - 1), start: uint32(i), end: uint32(i + k)}
					n++
					i += k + 1
					continue
				}
			} else if odd = oddBytes(high); odd != 0 {
				if k := bits.TrailingZeros64(odd) >> 3; s[i+8+k] == ' ' {
					*p = piece{low: low, high: high & (1<<(8*k) - 1), start: uint32(i), end: uint32(i + 8 + k)}
					n++
					i += k + 9
					continue
				}
			}
		}
		end := chunkEnd(s, i)
		if end == i {
			i += space(s[i:])
			continue
		}
		*p = piece{start: uint32(i), end: uint32(end)}
		if end-i <= maxShort {
			p.low, p.high = key(s[i:end], s[i:])
		}
		n++
		i = end
	}
	l.pieces = l.pieces[:n]
}

// oddBytes has the highest bit set of each byte of x that is white space, a control character or no ASCII: of the lowest
// such byte at least.
func oddBytes(x uint64) uint64 { return ((x-0x2121212121212121)&^x | x) & 0x8080808080808080 }

// seek finds the places of all pieces in the table, and touches them: nothing hangs on what stands there yet, so the
// processor waits for many at a time. What it returns is of no use.
func (l *lexer) seek(lang int) (touched uint32) {
	for i := range l.pieces {
		p := &l.pieces[i]
		p.at = l.place(p.low, p.high, lang)
		touched += l.table[p.at].first
	}
	return touched
}

// readOther reads a chunk that is not in the table, or is not one word.
func (l *lexer) readOther(s string, p *piece, d *document) {
	text := s[p.start:p.end]
	var at stretch
	if len(text) <= maxShort {
		at = l.short(text, p, d.lang)
	} else {
		at = l.longer(text, d.lang)
	}
	for k := range at.n {
		d.add(at.first + k)
	}
}

// chunkEnd is where the chunk at i ends.
func chunkEnd(s string, i int) int {
	for i+8 <= len(s) {
		x := load(s[i:])
		odd := oddBytes(x)
		if odd == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(odd) >> 3
		if space(s[i:]) > 0 {
			return i
		}
		i++
	}
	for i < len(s) && space(s[i:]) == 0 {
		i++
	}
	return i
}

// load reads the first eight bytes of s.
func load(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// key is the bytes of s, of which there are at most 16, as numbers. What follows s in the text stands in rest, with s.
func key(s, rest string) (low, high uint64) {
	n := uint(len(s))
	if len(rest) >= maxShort {
		low, high = load(rest), load(rest[8:])
		if n <= 8 {
			return low & (1<<(8*n) - 1), 0
		}
		return low, high & (1<<(8*(n-8)) - 1)
	}
	for i := range s {
		if i < 8 {
			low |= uint64(s[i]) << (8 * i)
		} else {
			high |= uint64(s[i]) << (8 * (i - 8))
		}
	}
	return low, high
}

func (l *lexer) short(s string, p *piece, lang int) stretch {
	c := l.find(p.low, p.high, len(s), lang)
	if c.size != 0 {
		return stretch{c.first, uint32(c.n)}
	}
	at, known := l.learn(s, lang)
	if known {
		*c = chunk{low: p.low, high: p.high, first: at.first, n: uint16(at.n), lang: uint8(lang), size: uint8(len(s))}
		if l.used++; 3*l.used > 2*len(l.table) {
			l.grow()
		}
	}
	return at
}

// find is where a chunk of the key and so many bytes stands in the table, or the empty place where it belongs.
func (l *lexer) find(low, high uint64, size, lang int) *chunk {
	i := l.place(low, high, lang)
	for ; l.table[i].size != 0; i = (i + 1) & uint64(len(l.table)-1) {
		c := &l.table[i]
		if c.low == low && c.high == high && c.lang == uint8(lang) && int(c.size) == size {
			return c
		}
	}
	return &l.table[i]
}

func (l *lexer) longer(s string, lang int) stretch {
	at, ok := l.long[lang][s]
	if !ok {
		if at, ok = l.learn(s, lang); ok {
			l.long[lang][strings.Clone(s)] = at
		}
	}
	return at
}

func (l *lexer) place(low, high uint64, lang int) uint64 {
	a, b := bits.Mul64(low^0x9E3779B97F4A7C15+uint64(lang), high^0xD6E8FEB86659FD93)
	return (a ^ b ^ b>>32) & uint64(len(l.table)-1)
}

func (l *lexer) grow() {
	old := l.table
	l.table = make([]chunk, 2*len(old))
	for _, c := range old {
		if c.size == 0 {
			continue
		}
		i := l.place(c.low, c.high, int(c.lang))
		for l.table[i].size != 0 {
			i = (i + 1) & uint64(len(l.table)-1)
		}
		l.table[i] = c
	}
}

// learn reads a chunk for the first time; known tells whether its words keep their numbers.
func (l *lexer) learn(s string, lang int) (at stretch, known bool) {
	first := len(l.words)
	known = len(s) <= maxChunk && first == l.known
	if known {
		s = strings.Clone(s) // not the whole article
	}
	l.cut(s, lang)
	if known {
		l.known = len(l.words)
	}
	return stretch{uint32(first), uint32(len(l.words) - first)}, known
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
		found := word{raw: w, fold: f, stem: stem, foldHash: hash(f), stemHash: hash(stem)}
		l.words = append(l.words, found)
		l.traces = append(l.traces, trace{uint32(found.foldHash >> 32), uint32(found.stemHash >> 32), startOf(f)})
	}
}

// index makes the words that chunks name ready to be found by their traces.
func (l *lexer) index() {
	if l.heads == nil || 3*l.known > len(l.heads) {
		size := max(1<<12, len(l.heads))
		for size < 3*l.known {
			size *= 2
		}
		l.heads, l.nexts = make([]uint32, size), l.nexts[:0]
	}
	last := uint32(len(l.heads) - 1)
	for w := len(l.nexts) / 3; w < l.known; w++ {
		t := l.traces[w]
		for _, h := range [...]uint32{t.fold, t.stem, t.start} {
			l.nexts = append(l.nexts, l.heads[h&last])
			l.heads[h&last] = uint32(len(l.nexts))
		}
	}
}

// eachWith finds the words that have a hash among their traces; some of them twice.
func (l *lexer) eachWith(h uint32, found func(word uint32)) {
	for n := l.heads[h&uint32(len(l.heads)-1)]; n != 0; n = l.nexts[n-1] {
		w := (n - 1) / 3
		if t := l.traces[w]; t.fold == h || t.stem == h || t.start == h {
			found(w)
		}
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
