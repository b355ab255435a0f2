package coder

import (
	"cmp"
	"slices"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// reach is how many mentions a pronoun or a description looks back.
const reach = 40

// memory is what the article has named so far.
type memory struct {
	keys    map[string]bool
	names   map[string]mention // unknown names, whole and by their last word
	owners  map[string]owner   // the country of an agent: "diplomates" are those named Russian before
	country string             // the state named last
	date    news.Interval      // the date told last
	states  map[string]int     // how often each state or body was named
	whole   bool               // the text is an article rather than a sentence or two
}

type owner struct {
	country string
	sectors []plover.Sector
}

func (m *memory) knows(key string) bool { return m.keys[key] }

func (m *memory) heard(name string) bool {
	_, ok := m.names[name]
	return ok
}

func (m *memory) name(name string) (mention, bool) {
	known, ok := m.names[name]
	return known, ok
}

// keep remembers a mention that names.
func (m *memory) keep(n mention) {
	if m.keys == nil {
		m.keys, m.names, m.owners = make(map[string]bool), make(map[string]mention), make(map[string]owner)
		m.states = make(map[string]int)
	}
	if n.reference != "" || n.actor.Inferred {
		return
	}
	if n.actor.Key != "" {
		m.keys[n.actor.Key] = true
	} else if n.agent == nil || n.actor.Name != n.actor.Text {
		m.names[n.actor.Name] = n
		if k := strings.LastIndexByte(n.actor.Name, ' '); k > 0 {
			m.names[n.actor.Name[k+1:]] = n
		}
	}
	if n.known && (state(n.actor.Country) || international(n.actor.Country)) {
		m.states[n.actor.Country]++
	}
	if state(n.actor.Country) && n.known {
		m.country = n.actor.Country
		if n.agent != nil {
			m.owners[n.agent.Name] = owner{n.actor.Country, n.actor.Sectors}
		}
	}
}

// state tells whether a code is a country's rather than a body's.
func state(country string) bool {
	switch country {
	case "", "UNO", "EUR", "IGO", "NGO", "MNC", "ISM", "IMG", "NATO":
		return false
	}
	return len(country) == 3
}

// international tells whether a code is a body's that states act through.
func international(country string) bool {
	return country == "UNO" || country == "EUR" || country == "NATO"
}

// sovereign is the state that answers for a territory with a code of its own.
func sovereign(country string) string {
	switch country {
	case "GUF", "GLP", "MTQ", "REU", "MYT", "NCL", "PYF", "SPM", "BLM", "MAF", "WLF":
		return "FRA"
	case "PRI", "GUM", "VIR", "ASM", "MNP":
		return "USA"
	case "GIB", "BMU", "CYM", "FLK", "IMN", "JEY", "GGY", "VGB", "TCA", "AIA", "MSR", "SHN":
		return "GBR"
	case "GRL", "FRO":
		return "DNK"
	}
	return country
}

// scene is the state that the article's names belong to: most of them, or far more of them than to any other; "" where
// there is no such state. A sentence or two must name it three times.
func (m *memory) scene() string {
	all, most, second, scene := 0, 0, 0, ""
	for country, n := range m.states {
		all += n
		if !state(country) {
			second = max(second, n)
			continue
		}
		if n > most || n == most && country < scene {
			most, second, scene = n, max(second, most), country
		} else {
			second = max(second, n)
		}
	}
	if most < 3 && !m.whole {
		return ""
	}
	if 10*most >= 6*all || 10*most >= 4*all && most >= 2*second {
		return scene
	}
	return ""
}

// resolve finds the mentions of sentence s and says who the pronouns and descriptions among them are.
func (r *reading) resolve(s int) {
	r.find(s)
	for i := r.first[s]; i < len(r.mentions); i++ {
		m := &r.mentions[i]
		if m.reference != "" {
			r.refer(i, s)
		} else if m.agent != nil && !m.known && m.entry == nil && m.actor.Country == "" {
			r.lend(m)
		}
		r.memory.keep(*m)
	}
	r.hear(s)
}

// lend gives an agent that names no country the one it was told of before: the same agents', or for servants of a
// state the state that the article is about, else the one that was named last.
func (r *reading) lend(m *mention) {
	if o, ok := r.memory.owners[m.agent.Name]; ok {
		m.actor.Country, m.actor.Inferred = o.country, true
		return
	}
	if c := cmp.Or(r.memory.scene(), r.memory.country); m.agent.State && c != "" {
		m.actor.Country, m.actor.Inferred = c, true
	}
}

// refer resolves the reference at mention i.
func (r *reading) refer(i, s int) {
	m := &r.mentions[i]
	if m.reference == "speaker" {
		if a := r.speech.actor; r.speech.quoted && a != nil {
			r.adopt(m, *a)
		}
		return
	}
	from := max(i-reach, 0)
	best := -1
	for j := i - 1; j >= from; j-- {
		r.work++
		c := &r.mentions[j]
		if !fits(m.reference, c) || c.adjective && best >= 0 {
			continue
		}
		sameSentence := j >= r.first[s]
		if c.prep == "" || best < 0 {
			best = j
		}
		if r.mentions[best].prep == "" && (!sameSentence || best == j) {
			break
		}
		if best >= 0 && j < r.first[s] {
			break
		}
	}
	if best < 0 {
		return
	}
	if c := r.subjectBefore(i, s); c >= 0 && (m.reference == "any" || m.reference == "owner") {
		best = c
	}
	if t := r.topic(i, s); t >= 0 && (m.reference == "any" || m.reference == "person" || m.reference == "owner") && best < r.first[s] {
		if fits(m.reference, &r.mentions[t]) {
			best = t
		}
	}
	r.adopt(m, r.mentions[best])
}

// subjectBefore is the subject in the tree that stands nearest before reference i in its sentence: of "Beijing considers
// Taiwan part of its territory" Beijing. -1 where there is none, or where the sentence tells nothing.
func (r *reading) subjectBefore(i, s int) int {
	sentence := r.Sentences[s]
	for j := i - 1; j >= r.first[s]; j-- {
		c := &r.mentions[j]
		if !fits(r.mentions[i].reference, c) || c.adjective || c.prep != "" {
			continue
		}
		if !r.tells(sentence) {
			return -1
		}
		tr := r.parse(sentence)
		if tr == nil {
			return -1
		}
		for token := c.first; token < c.last; token++ {
			if w := tr.at(token); w >= 0 && tr.rel(w) == "nsubj" {
				return j
			}
		}
	}
	return -1
}

// topic is the first bare mention of the sentence before: whom the talk is about.
func (r *reading) topic(i, s int) int {
	for back := s - 1; back >= 0 && back >= s-2; back-- {
		for j := r.first[back]; j < r.first[back+1] && j < i; j++ {
			if r.mentions[j].prep == "" && !r.mentions[j].where() {
				return j
			}
		}
	}
	return -1
}

func (r *reading) adopt(m *mention, from mention) {
	span, words := m.actor.Span, m.actor.Text
	m.actor = from.actor
	m.actor.Span, m.actor.Text, m.actor.Inferred = span, words, true
	m.actor.Sectors = slices.Clone(from.actor.Sectors)
	m.entry, m.agent, m.known, m.medium = from.entry, from.agent, from.known, from.medium
	if m.agent == nil && from.entry == nil && from.actor.Country == "" {
		m.known = false
	}
}

// fits tells whether candidate c may be what a reference of this kind means.
func fits(kind string, c *mention) bool {
	if c.actor.Name == "" || c.reference != "" && !c.actor.Inferred || c.medium {
		return false
	}
	switch kind {
	case "person":
		return c.entry != nil && c.entry.Kind == gazetteer.Person || c.agent != nil && c.agent.Person && !c.plural ||
			c.agent == nil && c.entry == nil
	case "body":
		return c.entry != nil && c.entry.Kind == gazetteer.Body
	case "state":
		return c.entry != nil && c.entry.Kind == gazetteer.Country
	}
	return !c.where()
}

// where tells whether a mention is a place rather than one who acts: a capital without preposition is its state.
func (m *mention) where() bool {
	return m.entry != nil && m.entry.Kind == gazetteer.Place || m.place && (m.prep != "" || m.entry == nil)
}

// speech is who is speaking.
type speech struct {
	actor  *mention // of the words in quotation marks
	quoted bool     // the text is within quotation marks
}

// hear follows quotation marks and who opened them through sentence s, and resolves "we" to the speaker.
func (r *reading) hear(s int) {
	sentence := r.Sentences[s]
	straight := 0 // marks that open and close alike
	for i := sentence.First; i < sentence.Last; i++ {
		if r.keys[i] == "\"" {
			if straight++; straight%2 == 0 {
				r.answer(s, i)
			}
		}
		switch r.keys[i] {
		case "«", "“":
			r.speech.quoted = true
			if a := r.announcer(sentence, i); a >= 0 {
				r.speech.actor = &r.mentions[a]
				speaker := r.mentions[a]
				r.speech.actor = &speaker
			}
		case "»", "”":
			r.speech.quoted = false
			r.answer(s, i)
		}
		if k := r.at[i] - 1; k >= 0 && r.mentions[k].first == i && r.mentions[k].reference == "speaker" && r.speech.actor != nil && r.speech.quoted {
			r.adopt(&r.mentions[k], *r.speech.actor)
		}
	}
}

// answer resolves the "we" of a quotation that ends at token i, and began in sentence s, to who is named as its speaker
// after it: « … », a déclaré X.
func (r *reading) answer(s, i int) {
	sentence := r.Sentences[s]
	speaker := -1
	for j := i + 1; j < min(sentence.Last, i+6) && speaker < 0; j++ {
		if r.saying(j) {
			speaker = r.directly(j+1, sentence)
		}
		if m := r.at[j] - 1; m >= 0 && r.mentions[m].last < sentence.Last && r.saying(r.mentions[m].last) { // "…", X said
			speaker = m
		}
	}
	if speaker < 0 {
		return
	}
	for m := r.first[s]; m < len(r.mentions) && r.mentions[m].first < i; m++ {
		if n := &r.mentions[m]; n.reference == "speaker" && !n.actor.Inferred {
			r.adopt(n, r.mentions[speaker])
		}
	}
}

// announcer is the mention that speaks before the quotation mark at i: "L'homme a ajouté : «".
func (r *reading) announcer(s text.Sentence, i int) int {
	for j := i - 1; j >= s.First && j > i-12; j-- {
		if r.saying(j) {
			return r.subjectOf(r.group(j, s), s)
		}
	}
	if r.key(i-1) == ":" { // "Le négociateur a appelé à une enquête : «"
		for m := r.first[r.sentenceOf(i)]; m < len(r.mentions) && r.mentions[m].last < i; m++ {
			if n := &r.mentions[m]; n.prep == "" && n.actor.Name != "" && !n.where() {
				return m
			}
		}
	}
	return -1
}

// saying tells whether token i is a form of a verb of saying.
func (r *reading) saying(i int) bool {
	if r.at[i] > 0 {
		return false
	}
	for _, f := range r.words[i].Verbs {
		if f.Verb.Marks.Has(lexicon.Says) && (f.Tense&(lexicon.Past|lexicon.Present|lexicon.Participle|lexicon.Gerund) != 0) {
			return true
		}
	}
	return false
}
