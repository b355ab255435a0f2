package syntax

import (
	"bytes"
	"errors"
	"fmt"
)

// Model is one language's tagger, lemmatiser and parser. It does not change: any number of goroutines may use it.
type Model struct {
	Lang    string
	Seed    uint64
	Sources []Source // the treebanks it was trained on

	words    *lexicon
	tags     []tagKind // 0 is the edge of the sentence
	labels   []string
	plainest []string // each label without its subtype
	roles    uint64   // labels whose word tells the role of its head: case, mark
	root     int
	punct    int
	certain  map[uint32]uint8 // words that have but one tag
	usual    map[uint32]uint8 // of the frequent words, a number for the set of their tags
	tagger   table
	scout    parser // reads from the end of the sentence, and guides the other
	parser   parser
	splitter table // is a French "des" an article, or "de" and "les"?
	morphs   []morph
	exact    dafsa // form, 1, tag → morph
	endings  dafsa // ending, 1, tag → morph
}

// Source is a treebank a model was trained on.
type Source struct{ Name, SHA256 string }

// tagKind is one of the tagger's composite tags.
type tagKind struct {
	tag   UPOS
	feats Feats
}

// morph is what a form and its tag imply: how its lemma is made, what features it has beyond the tag's.
type morph struct {
	rule  lemmaRule
	feats Feats
}

const modelMagic = "quidnunc syntax model 2\n"

// Read makes a model from what Train wrote and its word list, as Compile wrote it.
func Read(packed, words []byte) (*Model, error) {
	lexicon, err := readLexicon(words)
	if err != nil {
		return nil, err
	}
	raw, err := unpack(packed)
	if err != nil {
		return nil, err
	}
	body, ok := bytes.CutPrefix(raw, []byte(modelMagic))
	if !ok {
		return nil, errors.New("syntax: not a model of this version")
	}
	m := &Model{words: lexicon}
	r := &reader{b: body}
	m.readHead(r)
	m.readMorphs(r)
	m.tagger, m.splitter = readTable(r), readTable(r)
	m.scout = parser{readFlat(r), readTable(r)}
	m.parser = parser{readFlat(r), readTable(r)}
	if r.err != nil {
		return nil, fmt.Errorf("syntax: model: %w", r.err)
	}
	if len(m.tags) < 2 || m.tagger.classes != len(m.tags)-1 || len(m.labels) == 0 ||
		m.scout.labeller.classes != len(m.labels) || m.parser.labeller.classes != len(m.labels) {
		return nil, errors.New("syntax: model: tables do not fit the tags and labels")
	}
	return m, nil
}

func (m *Model) readHead(r *reader) {
	m.Lang, m.Seed = r.string(), r.uint()
	m.Sources = make([]Source, r.count(1))
	for i := range m.Sources {
		m.Sources[i] = Source{r.string(), r.string()}
	}
	m.tags = make([]tagKind, r.count(1))
	for i := range m.tags {
		m.tags[i] = tagKind{UPOS(r.uint()), Feats(r.uint())}
	}
	labels := make([]string, r.count(1))
	for i := range labels {
		labels[i] = r.string()
	}
	m.setLabels(labels)
	m.certain = map[uint32]uint8{}
	for range r.count(1) {
		word, tag := uint32(r.uint()), uint8(r.uint())
		if int(tag) < len(m.tags) {
			m.certain[word] = tag
		}
	}
	m.usual = map[uint32]uint8{}
	for range r.count(1) {
		word, tags := uint32(r.uint()), uint8(r.uint())
		m.usual[word] = tags
	}
}

func (m *Model) appendHead(b []byte) []byte {
	b = appendUint(appendString(b, m.Lang), m.Seed)
	b = appendUint(b, len(m.Sources))
	for _, s := range m.Sources {
		b = appendString(appendString(b, s.Name), s.SHA256)
	}
	b = appendUint(b, len(m.tags))
	for _, t := range m.tags {
		b = appendUint(appendUint(b, uint8(t.tag)), uint32(t.feats))
	}
	b = appendUint(b, len(m.labels))
	for _, l := range m.labels {
		b = appendString(b, l)
	}
	b = appendUint(b, len(m.certain))
	for _, w := range sortedKeys(m.certain) {
		b = appendUint(appendUint(b, w), m.certain[w])
	}
	b = appendUint(b, len(m.usual))
	for _, w := range sortedKeys(m.usual) {
		b = appendUint(appendUint(b, w), m.usual[w])
	}
	return b
}

func (m *Model) setLabels(labels []string) {
	m.labels, m.punct = labels, -1
	m.plainest = make([]string, len(labels))
	for i, l := range labels {
		m.plainest[i] = universal(l)
		switch m.plainest[i] {
		case "case", "mark":
			m.roles |= 1 << (i & 63)
		case "root":
			m.root = i
		case "punct":
			m.punct = i
		}
	}
}

// universal cuts a relation's subtype off.
func universal(rel string) string {
	for i := range len(rel) {
		if rel[i] == ':' {
			return rel[:i]
		}
	}
	return rel
}

// Footprint is the size in bytes of the tables that parsing looks into.
func (m *Model) Footprint() int {
	words := 2 * (len(m.scout.mover.buckets) + len(m.parser.mover.buckets))
	for _, t := range []*table{&m.tagger, &m.scout.labeller, &m.parser.labeller} {
		words += 2*len(t.buckets) + stride*len(t.rows)
	}
	return 8*words + 4*(len(m.words.forms.arcs)+len(m.exact.arcs)+len(m.endings.arcs))
}
