package match

import (
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// scene is one report as the tests of fields look at it.
type scene struct {
	report     *news.Report
	lang       int
	at         time.Time // the article's date: for lists of members
	publishers int
	articles   int
	novel      bool
	copied     bool
	event      *news.Event // the event bound; nil for a test of the article
}

func newScene(r *news.Report, s news.Story) scene {
	sc := scene{report: r, lang: langOf(r.Article.Language), at: r.Article.Published.Start}
	if r.Article.Published.IsZero() {
		sc.at = r.At
	}
	sc.publishers, sc.articles = max(1, s.Publishers), max(1, s.Articles)
	sc.novel, sc.copied = s.Novel(), s.CopyOf != ""
	return sc
}

// document is an article's words on one axis: the title's, a gap that no NEAR and no phrase crosses, the text's. Words
// that occur have numbers of their own here, in the order in which they first occur.
type document struct {
	scene
	lexer  lexer
	title  int32    // words of the title
	words  []uint32 // by position
	next   []int32  // by position, the next position of the same word; -1: none
	places []place  // by word
	locals []local  // by the lexer's number
	number uint32   // of the document, to tell its words from an earlier one's
	traces []trace  // by word, once somebody asks
}

// trace is the hashes of a word, to pass over those that a small segment does not know.
type trace struct{ fold, stem, start uint32 }

// trace hashes the words of the article, once.
func (d *document) trace() []trace {
	if len(d.traces) == len(d.places) {
		return d.traces
	}
	for i := range d.places {
		d.traces = append(d.traces, d.lexer.traces[d.places[i].word])
	}
	return d.traces
}

// startOf hashes the first bytes of a word or a prefix.
func startOf(s string) uint32 { return uint32(hash(s[:min(len(s), startSize)]) >> 32) }

const startSize = 3

// place is a word of the lexer's, and where it occurs.
type place struct {
	word        uint32
	first, last int32
}

// local is the number of a word in one document.
type local struct{ number, word uint32 }

const inGap = ^uint32(0)

func (d *document) read(r *news.Report, s news.Story, words bool) {
	d.scene = newScene(r, s)
	d.words, d.next, d.places, d.traces, d.title = d.words[:0], d.next[:0], d.places[:0], d.traces[:0], 0
	d.lexer.start()
	if d.number++; d.number == 0 { // after four billion articles, old numbers come again
		clear(d.locals)
		d.lexer.forget()
		d.number = 1
	}
	if !words {
		return
	}
	if r.Article.Title != "" {
		d.lexer.read(r.Article.Title, d)
		d.title = int32(len(d.words))
		for range gap {
			d.words, d.next = append(d.words, inGap), append(d.next, -1)
		}
	}
	d.lexer.read(r.Article.Text, d)
}

// first appends a word that did not occur yet, and returns its number.
func (d *document) first(word uint32) uint32 {
	n, at := uint32(len(d.places)), int32(len(d.words))
	d.places = append(d.places, place{word, at, at})
	d.words, d.next = append(d.words, n), append(d.next, -1)
	return n
}

// again appends a word that occurred.
func (d *document) again(n uint32) {
	p, at := &d.places[n], int32(len(d.words))
	d.next[p.last] = at
	p.last = at
	d.words, d.next = append(d.words, n), append(d.next, -1)
}

// add appends a word that may have occurred.
func (d *document) add(word uint32) {
	for int(word) >= len(d.locals) {
		d.locals = append(d.locals, local{})
	}
	l := &d.locals[word]
	if l.number == d.number {
		d.again(l.word)
		return
	}
	*l = local{d.number, d.first(word)}
}
