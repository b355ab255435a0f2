// Package syntax finds the words of a sentence, their parts of speech, lemmas and dependency tree, as Universal Dependencies draw it.
package syntax

import (
	"slices"
	"sync"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Tree is a sentence: its words in text order and what depends on what. Exactly one word is the root.
type Tree struct {
	Words   []Word
	Shallow bool // too long to be parsed: heads and relations are a chunker's, good for near neighbours only
}

// Word is one syntactic word. Two words may share one surface span: French "au" is "à" and "le".
type Word struct {
	news.Span // of the surface token, in bytes of the article's text
	Form      string
	Lemma     string
	Tag       UPOS
	Feats     Feats
	Head      int    // index of the head in Tree.Words; -1 is the root
	Rel       string // relation to the head, with its subtype: "nsubj:pass"
}

// longest is the number of words above which a sentence is only chunked.
const longest = 120

// workspace is what one parse needs; a Model keeps some for reuse.
type workspace struct {
	nodes     []node
	backwards []node
	guides    []guide
	lows      []byte
	ends      []int
	rules     []lemmaRule
	state     state
	tagKeys   [tagFeatures]uint32
	moveKeys  moveKeys
	labelKeys [labelFeatures]uint32
	lemmas    []byte
	scratch   []byte
}

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// Words parses a sentence that is already divided into syntactic words. The words' spans are left empty.
func (m *Model) Words(forms []string) Tree {
	words := make([]Word, len(forms))
	for i, f := range forms {
		words[i].Form = f
	}
	return m.complete(words)
}

// complete tags, lemmatises and parses words whose forms and spans are set.
func (m *Model) complete(words []Word) Tree {
	t := Tree{Words: words}
	if len(words) == 0 {
		return t
	}
	ws := workspaces.Get().(*workspace)
	defer workspaces.Put(ws)
	m.tagWords(ws, words)
	if len(words) > longest {
		t.Shallow = true
		m.chunk(words)
	} else {
		m.parseWords(ws, words)
	}
	m.lemmatise(ws, words)
	m.voice(words)
	return t
}

func (m *Model) tagWords(ws *workspace, words []Word) {
	n := len(words)
	if cap(ws.nodes) < n+4 {
		ws.nodes = make([]node, n+4, 2*n+4)
	}
	ws.nodes = ws.nodes[:n+4]
	ws.nodes[0], ws.nodes[1], ws.nodes[n+2], ws.nodes[n+3] = node{}, node{}, node{}, node{}
	ws.lows, ws.ends, ws.rules = ws.lows[:0], ws.ends[:0], ws.rules[:0]
	first := true
	for i := range words {
		node := &ws.nodes[i+2]
		ws.scratch = m.look(node, words[i].Form, first, ws.scratch)
		first = first && node.shape&(shapeLetters|shapeDigit) == 0
		ws.lows = append(ws.lows, ws.scratch...)
		ws.ends = append(ws.ends, len(ws.lows))
	}
	titleLine(ws.nodes[2 : n+2])
	m.tag(ws.nodes, &ws.tagKeys)
	ws.rules = append(ws.rules, make([]lemmaRule, n)...) // set below
	for i := range words {
		m.inflectWord(ws, words, i)
	}
}

// inflectWord sets tag, features and lemma rule of a tagged word.
func (m *Model) inflectWord(ws *workspace, words []Word, i int) {
	from := 0
	if i > 0 {
		from = ws.ends[i-1]
	}
	ws.scratch = append(ws.scratch[:0], ws.lows[from:ws.ends[i]]...)
	node := &ws.nodes[i+2]
	ws.rules[i], words[i].Feats = m.inflect(node, ws.scratch)
	words[i].Tag = m.tags[node.tag].tag
}

// lemmatise writes all lemmas of a sentence into one string.
func (m *Model) lemmatise(ws *workspace, words []Word) {
	b, ends := ws.lemmas[:0], make([]int, 0, 64)
	from := 0
	for i := range words {
		low := ws.lows[from:ws.ends[i]]
		from = ws.ends[i]
		if r := ws.rules[i]; !keepsForm(words[i].Tag, ws.nodes[i+2].shape) {
			b = append(append(b, r.stem(low)...), r.add...)
		}
		ends = append(ends, len(b))
	}
	ws.lemmas = b
	all := string(b)
	from = 0
	for i, end := range ends {
		words[i].Lemma = all[from:end]
		if from == end {
			words[i].Lemma = words[i].Form
		}
		from = end
	}
}

func (m *Model) parseWords(ws *workspace, words []Word) {
	n := len(words)
	ws.backwards = append(ws.backwards[:0], ws.nodes[2:n+2]...)
	slices.Reverse(ws.backwards)
	m.parse(&m.scout, &ws.state, ws.backwards, nil, &ws.moveKeys, &ws.labelKeys)
	ws.guides = ws.state.guides(ws.guides, true)
	m.parse(&m.parser, &ws.state, ws.nodes[2:n+2], ws.guides, &ws.moveKeys, &ws.labelKeys)
	for i := range words {
		it := &ws.state.items[i]
		words[i].Head, words[i].Rel = int(it.head), m.labels[it.label]
		if it.head == int32(n) {
			words[i].Head = -1
		}
	}
}

// voice marks the participles of passives.
func (m *Model) voice(words []Word) {
	for i := range words {
		w := &words[i]
		if w.Rel == "aux:pass" && w.Head >= 0 {
			words[w.Head].Feats = words[w.Head].Feats.with(fVoice, "Pass")
		}
	}
}
