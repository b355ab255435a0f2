// Package sketch boils an article down to what tells stories apart: a signature of its words and the terms it is about.
package sketch

import (
	"cmp"
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

const (
	maxTokens = 20_000 // read of one article
	maxWords  = 40     // stems kept
	maxNames  = 32     // names, actors and numbers kept
	opening   = 60     // tokens of the text that weigh more
	maxCount  = 9      // of one term: more often says no more
)

// Of is the sketch of an article. It depends on the article and the gazetteer's data alone.
func Of(a news.Article, g *gazetteer.Gazetteer) news.Sketch {
	body := a.Text
	if body == "" {
		body = a.Title
	}
	doc := text.Segment(body, a.Language)
	doc.Tokens = doc.Tokens[:min(len(doc.Tokens), maxTokens)]
	t := tallies.Get().(*tally) //nolint:forcetypeassert // New makes no other
	defer t.rest()
	var s news.Sketch
	s.Minima, s.Shingles = t.signature(doc)
	t.lang, t.gazetteer = a.Language, g
	if a.Title != "" && a.Text != "" {
		t.read(text.Segment(a.Title, a.Language), true)
	}
	t.read(doc, a.Text == "")
	s.Terms = t.strongest()
	return s
}

// tally counts the terms of an article.
type tally struct {
	lang      string
	gazetteer *gazetteer.Gazetteer
	terms     []term          // in the order in which they are first seen
	places    map[string]int  // in terms, by key
	lower     map[string]bool // folded words that stand in small letters somewhere

	names, words []weighed // scratch, as are those that follow
	surface      []string
	found        []gazetteer.Match
	hashes       []uint64
}

type term struct {
	key          string
	count, bonus int
	name         bool
	folded       string // of a name
}

// weighed is a term with its place among the terms.
type weighed struct {
	news.Term
	first int
}

// tallies are at rest between two articles: their room is used again.
var tallies = sync.Pool{New: func() any { return &tally{places: map[string]int{}, lower: map[string]bool{}} }}

// rest forgets the article.
func (t *tally) rest() {
	clear(t.terms)
	clear(t.names)
	clear(t.words)
	t.terms, t.names, t.words = t.terms[:0], t.names[:0], t.words[:0]
	if len(t.places) > 1024 || len(t.lower) > 1024 {
		return // clearing a map takes as long as it was ever large
	}
	clear(t.places)
	clear(t.lower)
	tallies.Put(t)
}

// read counts the terms of the title or the text.
func (t *tally) read(doc text.Document, title bool) {
	words := t.surface[:0]
	for i := range doc.Tokens {
		words = append(words, doc.Word(i))
	}
	t.surface = words
	capitals := headline(doc, words)
	initial := true // a capital here says nothing
	for i := 0; i < len(words); {
		n := 1
		switch kind := doc.Tokens[i].Kind; kind {
		case text.Punct:
			initial = words[i] != "," && words[i] != "-"
		case text.Word, text.Number:
			bonus := bonusAt(i, title)
			if n = t.actor(words, i, bonus); n == 0 {
				t.word(words[i], kind, bonus, initial || capitals)
				n = 1
			}
			initial = false
		}
		i += n
	}
	clear(words) // they are pieces of the article
}

// bonusAt is what a term weighs more for where it stands.
func bonusAt(i int, title bool) int {
	switch {
	case title:
		return 3
	case i < opening:
		return 1
	}
	return 0
}

// headline tells whether nearly every word has a capital: then capitals name nobody.
func headline(doc text.Document, words []string) bool {
	capitals, all := 0, 0
	for i, w := range words {
		if doc.Tokens[i].Kind == text.Word && utf8.RuneCountInString(w) > 3 {
			all++
			if isCapital(w) {
				capitals++
			}
		}
	}
	return all > 3 && capitals*3 >= all*2
}

func isCapital(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return unicode.IsUpper(r)
}

// actor counts the entry of the gazetteer whose name stands at i, and tells how many tokens it takes.
func (t *tally) actor(words []string, i, bonus int) int {
	found := t.gazetteer.AppendLongest(t.found[:0], words, i, t.lang)
	t.found = found
	if len(found) == 0 || len(found) > 2 || found[0].Name.Silent || found[0].Name.Ambiguous {
		return 0
	}
	t.add("@"+found[0].Entry.Key, "", true, bonus)
	return max(1, found[0].Last-found[0].First)
}

func (t *tally) word(w string, kind text.Kind, bonus int, initial bool) {
	folded := text.Fold(w)
	if kind == text.Number {
		if len(folded) > 1 {
			t.add("#"+folded, "", true, bonus)
		}
		return
	}
	if utf8.RuneCountInString(folded) < 3 || stop()[folded] || isAbbreviated(folded) {
		return
	}
	stem := text.Stem(t.lang, folded)
	switch {
	case !isCapital(w):
		t.lower[folded] = true
		t.add(stem, "", false, bonus)
	case initial: // it may be a name or not: it counts as a word, and as a name where it is one elsewhere
		t.add(stem, "", false, bonus)
		if n, ok := t.places["^"+folded]; ok {
			t.terms[n].count++
		}
	default:
		t.add("^"+folded, folded, true, bonus)
	}
}

// isAbbreviated tells whether a folded word is a piece of one: "l'", "n't".
func isAbbreviated(w string) bool { return w[len(w)-1] == '\'' || w == "n't" || w[0] == '\'' }

func (t *tally) add(key, folded string, name bool, bonus int) {
	n, ok := t.places[key]
	if !ok {
		n = len(t.terms)
		t.places[key] = n
		t.terms = append(t.terms, term{key: key, name: name, folded: folded})
	}
	e := &t.terms[n]
	e.count++
	e.bonus = max(e.bonus, bonus)
}

// strongest are the terms with the greatest weight, names and words apart, then by where they stand first.
func (t *tally) strongest() []news.Term {
	names, words := t.names, t.words
	for first := range t.terms {
		e := &t.terms[first]
		w := weighed{news.Term{Key: e.key, Weight: min(e.count, maxCount) + e.bonus}, first}
		switch {
		case e.folded != "" && t.lower[e.folded]: // in capitals by accident
			w.Key = text.Stem(t.lang, e.folded)
			if _, ok := t.places[w.Key]; !ok {
				words = append(words, w)
			}
		case e.name:
			names = append(names, w)
		default:
			words = append(words, w)
		}
	}
	t.names, t.words = names, words
	order := func(a, b weighed) int { return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.first, b.first)) }
	slices.SortFunc(names, order)
	slices.SortFunc(words, order)
	all := slices.Concat(names[:min(len(names), maxNames)], words[:min(len(words), maxWords)])
	slices.SortFunc(all, order)
	out := make([]news.Term, 0, len(all))
	for _, w := range all {
		out = append(out, w.Term)
	}
	return out
}
