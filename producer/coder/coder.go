// Package coder reads an article and tells its events: who did what to whom, where and when.
package coder

import (
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// The work that one article may cost, counted in units that do not depend on the machine, so that the same article
// always gives the same events.
const (
	maxTokens   = 200_000 // read of one article; text is cut far below at the producer
	maxSentence = 400     // tokens of one sentence that are looked at for events
	maxEvents   = 400     // told of one article
	maxCites    = 32      // of one event
	maxBefore   = 64      // drafts before one that may complete it

	wholeArticle = 5 // sentences that a text needs to be about something
)

// Coder codes articles. It keeps nothing between two of them and may be used by many goroutines at once.
type Coder struct {
	gazetteer *gazetteer.Gazetteer
	lexicon   *lexicon.Lexicon
	eager     bool // sentences that cannot tell an event are parsed too: to measure and to compare with
}

// New makes a coder that knows these actors and words.
func New(g *gazetteer.Gazetteer, l *lexicon.Lexicon) *Coder {
	return &Coder{gazetteer: g, lexicon: l}
}

// Name is the coder's name and version with the first digits of its lexicon's and gazetteer's hashes: two reports of
// one name were coded alike.
func (c *Coder) Name() string {
	return "quidnunc-1+" + c.lexicon.Hash()[:8] + "." + c.gazetteer.Hash()[:8]
}

// Code tells the events of a in text order, each once, with their IDs. An article in a language that the lexicon does
// not hold has none.
func (c *Coder) Code(a news.Article) []news.Event {
	language := c.lexicon.Language(a.Language)
	if language == nil || a.Text == "" {
		return nil
	}
	events, _ := c.code(a, language)
	return events
}

// code also tells the work that it took, in units that do not depend on the machine: tokens read, words parsed, and things compared.
func (c *Coder) code(a news.Article, language *lexicon.Language) ([]news.Event, int) {
	r := c.read(a, language)
	var told []draft
	for s := range r.Sentences {
		r.resolve(s)
		if c.eager {
			r.parse(r.Sentences[s])
		}
		told = append(told, r.draft(s)...)
	}
	return news.Identify(a.ID, r.finish(told)), r.work
}

// reading is an article as it is being read.
type reading struct {
	text.Document
	gazetteer *gazetteer.Gazetteer
	french    bool
	published news.Interval
	keys      []string        // tokens as the lexicon looks them up
	surface   []string        // tokens as written
	words     []*lexicon.Word // what the lexicon knows of them; never nil
	mentions  []mention
	at        []int    // the mention that holds a token, plus one
	names     []lookup // what the gazetteer knows at a token
	first     []int    // the first mention of each sentence; one more than there are sentences
	dates     []date
	titleCase bool // the sentence is a headline in capitals
	memory    memory
	language  *lexicon.Language
	lands     map[string]int // the countries that the article names; see abroad
	speech    speech
	tree      *tree // of the sentence that begins at token parsed-1; see parse
	parsed    int
	eager     bool // no sentence is passed over
	judged    int  // the sentence that begins at token judged-1 was asked whether it may tell an event
	telling   bool
	work      int              // done so far
	trace     *strings.Builder // what Explain tells; nil: nothing is told
}

var unknown = new(lexicon.Word)

func (c *Coder) read(a news.Article, language *lexicon.Language) *reading {
	r := &reading{
		Document: text.Segment(a.Text, a.Language), gazetteer: c.gazetteer, french: a.Language == "fr", published: a.Published,
		eager: c.eager,
	}
	r.language = language
	r.budget()
	r.memory.whole = len(r.Sentences) >= wholeArticle
	n := len(r.Tokens)
	r.work = n
	r.surface, r.keys, r.words = make([]string, n), make([]string, n), make([]*lexicon.Word, n)
	for i := range r.Tokens {
		r.surface[i] = r.Word(i)
		r.keys[i] = lexicon.Key(r.surface[i])
		if r.words[i] = language.Word(r.keys[i]); r.words[i] == nil {
			r.words[i] = unknown
		}
	}
	r.at, r.names = make([]int, n), make([]lookup, n)
	r.first = make([]int, 0, len(r.Sentences)+1)
	return r
}

// budget cuts what no article of the news has: tokens without end, sentences of thousands of words.
func (r *reading) budget() {
	r.Tokens = r.Tokens[:min(len(r.Tokens), maxTokens)]
	for i, s := range r.Sentences {
		if s.First >= len(r.Tokens) {
			r.Sentences = r.Sentences[:i]
			return
		}
		r.Sentences[i].Last = min(s.Last, s.First+maxSentence, len(r.Tokens))
		r.Sentences[i].End = r.Tokens[r.Sentences[i].Last-1].End
	}
}

func (r *reading) has(i int, m lexicon.Mark) bool {
	return i >= 0 && i < len(r.words) && r.words[i].Marks.Has(m)
}

// key is the token's key; "" outside the text.
func (r *reading) key(i int) string {
	if i < 0 || i >= len(r.keys) {
		return ""
	}
	return r.keys[i]
}

// phrase is the longest entry of the lists that begins at i and ends before last, and the number of its words.
func (r *reading) phrase(i, last int, lists lexicon.Mark) (lexicon.Phrase, int) {
	r.work += len(r.words[i].Phrases)
	for _, p := range r.words[i].Phrases {
		if p.Mark&lists != 0 && r.follows(p.Rest, i+1, last) {
			return p, 1 + len(p.Rest)
		}
	}
	return lexicon.Phrase{}, 0
}

// follows tells whether the words stand at i.
func (r *reading) follows(words []string, i, last int) bool {
	if i+len(words) > last {
		return false
	}
	for j, w := range words {
		if r.keys[i+j] != w {
			return false
		}
	}
	return true
}

// capital tells whether token i begins with a capital letter.
func (r *reading) capital(i int) bool {
	w := r.surface[i]
	return r.Tokens[i].Kind == text.Word && w[0] != r.keys[i][0] || w != r.keys[i] && w[0] >= 0x80
}

// stop tells whether token i ends what a clause says.
func (r *reading) stop(i int) bool {
	switch r.keys[i] {
	case ";", ":", ".", "!", "?", "«", "»", "“", "”", "\"", "(", ")", "—", "–", "...", "…":
		return true
	}
	return false
}

// clause tells whether a new clause begins at token i.
func (r *reading) clause(i int) bool {
	return r.stop(i) || r.has(i, lexicon.Clause|lexicon.Whose)
}
