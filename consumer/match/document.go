package match

import (
	"strings"
	"time"
	"unicode"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// langs are the languages whose words are stemmed in their own way; the first stands for every other.
var langs = [...]string{"", "en", "fr"}

func langOf(code string) int {
	for i, l := range langs {
		if l == code {
			return i
		}
	}
	return 0
}

// lexis numbers the words that rules ask for in one language, from 1. A folded word and a stem have different numbers.
type lexis struct {
	lang         string
	folds, stems map[string]uint32
	next         uint32
}

func newLexis(lang string) *lexis {
	return &lexis{lang: lang, folds: map[string]uint32{}, stems: map[string]uint32{}, next: 1}
}

func (l *lexis) number(m map[string]uint32, word string) uint32 {
	id, ok := m[word]
	if !ok {
		id = l.next
		l.next++
		m[word] = id
	}
	return id
}

// scene is one report as the rules look at it.
type scene struct {
	report     *news.Report
	doc        *document
	at         time.Time // the article's date: for lists of members
	publishers int
	articles   int
	event      *news.Event // the event bound; nil for a rule that asks none
}

func newScene(x *Index, r *news.Report, s news.Story) *scene {
	sc := &scene{report: r, doc: newDocument(x, r.Article), at: r.Article.Published.Start}
	if r.Article.Published.IsZero() {
		sc.at = r.At
	}
	sc.publishers, sc.articles = max(1, s.Publishers), max(1, s.Articles)
	return sc
}

// document is an article's words on one axis: the title's, a gap that no NEAR and no phrase crosses, the text's.
type document struct {
	lang   int
	title  int      // words of the title
	raw    []string // as written; empty in the gap
	folded []string
	spans  []news.Span        // in Article.Text; zero in title and gap
	at     map[uint32][]int32 // positions of the words that rules ask for, by the lexis's number
}

const gap = rule.MaxNear + 1

func newDocument(x *Index, a news.Article) *document {
	d := &document{lang: langOf(a.Language), at: map[uint32][]int32{}}
	if !x.worded {
		return d
	}
	if a.Title != "" {
		d.add(a.Title, a.Language, false)
		d.title = len(d.raw)
		d.raw = append(d.raw, make([]string, gap)...)
		d.spans = append(d.spans, make([]news.Span, gap)...)
	}
	d.add(a.Text, a.Language, true)
	d.folded = make([]string, len(d.raw))
	lex := x.lexes[d.lang]
	stems := map[string]uint32{} // of this article's words: each is stemmed once
	for i, w := range d.raw {
		if w == "" {
			continue
		}
		f := text.Fold(w)
		d.folded[i] = f
		if id, ok := lex.folds[f]; ok {
			d.at[id] = append(d.at[id], int32(i))
		}
		id, ok := stems[f]
		if !ok {
			id = lex.stems[text.Stem(lex.lang, f)]
			stems[f] = id
		}
		if id != 0 {
			d.at[id] = append(d.at[id], int32(i))
		}
	}
	return d
}

func (d *document) add(s, lang string, body bool) {
	seg := text.Segment(s, lang)
	for i, t := range seg.Tokens {
		w := seg.Word(i)
		if !isWord(t.Kind, w) {
			continue
		}
		d.raw = append(d.raw, w)
		if body {
			d.spans = append(d.spans, t.Span)
		} else {
			d.spans = append(d.spans, news.Span{})
		}
	}
}

// isWord tells whether a token counts as a word: it has a letter or a digit.
func isWord(k text.Kind, w string) bool {
	return k == text.Word || k == text.Number ||
		k == text.Symbol && strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

// wordsOf cuts a rule's words as the article's are cut.
func wordsOf(s, lang string) []string {
	seg := text.Segment(text.Normalize(s), lang)
	var out []string
	for i, t := range seg.Tokens {
		if w := seg.Word(i); isWord(t.Kind, w) {
			out = append(out, w)
		}
	}
	return out
}
