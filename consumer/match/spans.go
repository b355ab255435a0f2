package match

import (
	"sort"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// chunkAt is a chunk of the text, as the lexer cuts it, and the position of the first word in it or behind it.
type chunkAt struct {
	start, end uint32
	first      int32
}

// place is where the word at a position of the text stands in Article.Text. To cut a text into words is dear, so it is done
// for the one chunk that the word is in. Which word a dot belongs to depends on the chunk behind it and on the one before,
// and so on as far back as these have dots.
func (t *teller) place(at int32) news.Span {
	s := t.doc.report.Article.Text
	if t.chunks == nil {
		t.chunks = chunksOf(t.doc)
	}
	n := sort.Search(len(t.chunks), func(i int) bool { return t.chunks[i].first > at }) - 1
	c := t.chunks[n]
	dotted := func(c chunkAt) bool { return strings.IndexByte(s[c.start:c.end], '.') >= 0 }
	from, to := n, n
	if dotted(c) {
		to = min(n+1, len(t.chunks)-1)
	}
	for from > 0 && dotted(t.chunks[from]) {
		from--
	}
	switch w := t.doc.places[t.doc.words[at]].word; {
	case from < n-farDots:
		if t.spans == nil {
			t.spans = wordSpans(s, t.doc.lang)
		}
		return t.spans[at-t.chunks[0].first]
	case !dotted(c) && len(t.doc.lexer.words[w].raw) == int(c.end-c.start):
		return news.Span{Start: int(c.start), End: int(c.end)}
	}
	start := t.chunks[from].start
	span := wordSpans(s[start:t.chunks[to].end], t.doc.lang)[at-t.chunks[from].first]
	return news.Span{Start: int(start) + span.Start, End: int(start) + span.End}
}

// farDots is how many chunks with dots before another are looked at: where there are more, the whole text is cut, once.
const farDots = 8

// chunksOf goes over the text of a document that was read with its words.
func chunksOf(d *document) []chunkAt {
	at := int32(0)
	if d.report.Article.Title != "" {
		at = d.title + gap
	}
	l, s := &d.lexer, d.report.Article.Text
	l.split(s)
	out := make([]chunkAt, len(l.pieces))
	for i := range l.pieces {
		p := &l.pieces[i]
		out[i] = chunkAt{p.start, p.end, at}
		at += int32(l.count(s[p.start:p.end], p, d.lang))
	}
	return out
}

// count is how many words a chunk has.
func (l *lexer) count(s string, p *piece, lang int) int {
	if len(s) > maxShort {
		if at, ok := l.long[lang][s]; ok {
			return int(at.n)
		}
		return len(wordSpans(s, lang))
	}
	if c := l.find(p.low, p.high, len(s), lang); c.size != 0 {
		return int(c.n)
	}
	return len(wordSpans(s, lang))
}

// wordSpans are the places of the words in s.
func wordSpans(s string, lang int) (out []news.Span) {
	seg := text.Segment(s, langs[lang])
	for i, t := range seg.Tokens {
		if isWord(t.Kind, seg.Word(i)) {
			out = append(out, t.Span)
		}
	}
	return out
}
