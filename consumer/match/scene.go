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
	event      *news.Event // the event bound; nil for a test of the article
}

func newScene(r *news.Report, s news.Story) scene {
	sc := scene{report: r, lang: langOf(r.Article.Language), at: r.Article.Published.Start}
	if r.Article.Published.IsZero() {
		sc.at = r.At
	}
	sc.publishers, sc.articles = max(1, s.Publishers), max(1, s.Articles)
	return sc
}

// document is an article's words on one axis: the title's, a gap that no NEAR and no phrase crosses, the text's.
type document struct {
	scene
	lexer    lexer
	title    int32    // words of the title
	words    []uint32 // by position, the lexer's number
	next     []int32  // by position, the next position of the same word; -1: none
	places   []places // by the lexer's number
	distinct []uint32 // the words that occur
	number   uint32   // of the document, to tell its places from an earlier one's
}

// places is where one word occurs.
type places struct {
	number      uint32
	first, last int32
}

const inGap = ^uint32(0)

func (d *document) read(r *news.Report, s news.Story, words bool) {
	d.scene = newScene(r, s)
	d.words, d.distinct, d.title = d.words[:0], d.distinct[:0], 0
	d.number++
	if d.number == 0 {
		clear(d.places)
		d.number = 1
	}
	d.lexer.start()
	if !words {
		return
	}
	if r.Article.Title != "" {
		d.words = d.lexer.read(r.Article.Title, d.lang, d.words)
		d.title = int32(len(d.words))
		for range gap {
			d.words = append(d.words, inGap)
		}
	}
	d.words = d.lexer.read(r.Article.Text, d.lang, d.words)
	d.place()
}

// place chains the positions of each word.
func (d *document) place() {
	for len(d.places) < len(d.lexer.words) {
		d.places = append(d.places, places{})
	}
	for len(d.next) < len(d.words) {
		d.next = append(d.next, -1)
	}
	for i, w := range d.words {
		if w == inGap {
			continue
		}
		p := &d.places[w]
		d.next[i] = -1
		if p.number != d.number {
			*p = places{d.number, int32(i), int32(i)}
			d.distinct = append(d.distinct, w)
			continue
		}
		d.next[p.last] = int32(i)
		p.last = int32(i)
	}
}
