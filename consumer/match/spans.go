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
// for the one chunk that the word is in: what stands around that decides only which words a dot belongs to.
func (t *teller) place(at int32) news.Span {
	if t.chunks == nil {
		t.chunks = chunksOf(t.doc)
	}
	c := t.chunks[sort.Search(len(t.chunks), func(i int) bool { return t.chunks[i].first > at })-1]
	s := t.doc.report.Article.Text[c.start:c.end]
	if strings.IndexByte(s, '.') >= 0 {
		if t.spans == nil {
			t.spans = wordSpans(t.doc.report.Article.Text, t.doc.lang)
		}
		return t.spans[at-t.chunks[0].first]
	}
	if w := t.doc.places[t.doc.words[at]].word; len(t.doc.lexer.words[w].raw) == len(s) {
		return news.Span{Start: int(c.start), End: int(c.end)}
	}
	span := wordSpans(s, t.doc.lang)[at-c.first]
	return news.Span{Start: int(c.start) + span.Start, End: int(c.start) + span.End}
}

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
