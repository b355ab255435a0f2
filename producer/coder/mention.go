package coder

import (
	"slices"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/atlas"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// mention is a stretch of tokens that names an actor or a place.
type mention struct {
	first, last int // tokens [first, last)
	actor       news.Actor
	place       bool   // a city or region, or a capital: it acts only where it cannot be a place
	prep        string // the preposition before it; "" where it stands bare
	start       int    // the first token of its noun phrase: determiner, number
	owned       bool   // followed by 's
	adjective   bool   // a demonym before or after a noun that is no agent
	agent       *lexicon.Agent
	plural      bool
	reference   string // kind of reference; "" for one that names
	count       *news.Quantity
	entry       *gazetteer.Entry
	medium      bool         // a newspaper or the like
	known       bool         // country known from the words themselves
	second      *news.Actor  // the other of two states named by one word: "US-Philippine"
	spot        *atlas.Place // where it lies, of a place that the atlas knows and the gazetteer does not, or not so
	frame       frame        // of a place: what the words before it say
	home        *mention     // the place that the agent's words end with: "the troops in Mali"
}

// find finds the mentions of sentence s.
func (r *reading) find(s int) {
	r.first = append(r.first, len(r.mentions))
	sentence := r.Sentences[s]
	r.titleCase = r.headline(sentence)
	for i := sentence.First; i < sentence.Last; {
		m, ok := r.mentionAt(i, sentence)
		if !ok {
			i++
			continue
		}
		m.actor.Span = news.Span{Start: r.Tokens[m.first].Start, End: r.Tokens[m.last-1].End}
		m.actor.Text = r.Text[m.actor.Span.Start:m.actor.Span.End]
		if m.actor.Name == "" {
			m.actor.Name = m.actor.Text
		}
		slices.Sort(m.actor.Sectors)
		m.actor.Sectors = slices.Compact(m.actor.Sectors)
		r.govern(&m, sentence)
		r.mentions = append(r.mentions, m)
		for j := m.first; j < m.last; j++ {
			r.at[j] = len(r.mentions)
		}
		i = m.last
	}
}

// headline tells whether nearly every word of the sentence has a capital: capitals then show no names.
func (r *reading) headline(s text.Sentence) bool {
	capitals, words := 0, 0
	for i := s.First; i < s.Last; i++ {
		if r.Tokens[i].Kind != text.Word || r.has(i, lexicon.Preposition|lexicon.Determiner|lexicon.And) {
			continue
		}
		words++
		if r.capital(i) {
			capitals++
		}
	}
	return words > 4 && 4*capitals > 3*words
}

func (r *reading) mentionAt(i int, s text.Sentence) (mention, bool) {
	if r.Tokens[i].Kind != text.Word && r.Tokens[i].Kind != text.Number {
		return mention{}, false
	}
	if m, ok := r.two(i); ok {
		return m, true
	}
	m, ok := r.named(i, s)
	if t, better := r.town(i, m.last-m.first, s); better {
		return t, true
	}
	if ok && m.place {
		m = r.relocate(m, s)
	}
	if ok {
		return r.extend(m, s), true
	}
	if p, n := r.phrase(i, s.Last, lexicon.MarkAgent); n > 0 && r.nounHere(i, n) {
		return r.agentPhrase(i, i+n, p, s), true
	}
	if p, n := r.phrase(i, s.Last, lexicon.Reference); n > 0 && !r.nameOver(i, n, s) {
		if r.french && p.Value == "any" && (r.has(i, lexicon.Clitic) && n == 1) {
			return mention{}, false // an object pronoun stands before its verb
		}
		return mention{first: i, last: i + n, reference: p.Value}, true
	}
	if r.Tokens[i].Kind == text.Word && r.capital(i) {
		if r.has(i, lexicon.Title) && i+1 < s.Last && r.capital(i+1) {
			return mention{}, false // the name itself follows
		}
		return r.properName(i, s)
	}
	return mention{}, false
}

// nameOver tells whether a longer name begins within the n words at i: "l'Union européenne" is no mere "l'Union".
func (r *reading) nameOver(i, n int, s text.Sentence) bool {
	if n < 2 || i+1 >= s.Last {
		return false
	}
	if m, ok := r.named(i+1, s); ok {
		return m.last > i+n
	}
	p, k := r.phrase(i+1, s.Last, lexicon.MarkAgent) // "le ministre russe des Affaires étrangères"
	return k > 0 && i+1+k == i+n && r.agentPhrase(i+1, i+1+k, p, s).last > i+n
}

// named is a mention that the gazetteer knows.
func (r *reading) named(i int, s text.Sentence) (mention, bool) {
	for _, m := range r.longest(i, s) {
		if m.Last <= i || m.Last > s.Last || r.doubtful(m, s) {
			continue
		}
		role := m.Role(r.published.Start)
		out := mention{
			first: i, last: m.Last, entry: m.Entry, known: role.Country != "",
			place:     m.Entry.Kind == gazetteer.Place || m.Name.Kind == gazetteer.Metonym && r.city(m),
			adjective: m.Name.Kind == gazetteer.Demonym && !r.standsAlone(i, m.Last, s),
			plural:    m.Name.Kind == gazetteer.Demonym,
			actor: news.Actor{
				Key: m.Entry.Key, Name: m.Entry.Name, Country: sovereign(role.Country), Sectors: slices.Clone(role.Sectors),
			},
		}
		out.medium = slices.Contains(out.actor.Sectors, "MED") || slices.Contains(out.actor.Sectors, "JRN")
		if m.Name.Kind == gazetteer.Demonym {
			out.actor.Sectors = nil
		}
		return out, true
	}
	return mention{}, false
}

// lookup is what the gazetteer knows of the longest name at a token.
type lookup struct {
	done  bool
	found []gazetteer.Match
}

// longest looks the name at a token of sentence s up, once.
func (r *reading) longest(i int, s text.Sentence) []gazetteer.Match {
	if n := &r.names[i]; !n.done {
		n.found, n.done = r.lookUp(i, s), true
	}
	return r.names[i].found
}

// lookUp looks a name up in the article's language; names of several words are also written as English has them:
// "Sergei Lavrov".
func (r *reading) lookUp(i int, s text.Sentence) []gazetteer.Match {
	found := r.gazetteer.Longest(r.surface[:s.Last], i, r.Lang)
	if len(found) > 0 || !r.french || !r.capital(i) {
		return found
	}
	foreign := r.gazetteer.Longest(r.surface[:s.Last], i, "en")
	return slices.DeleteFunc(foreign, func(m gazetteer.Match) bool {
		return m.Name.Kind != gazetteer.Proper || m.Last-m.First < 2
	})
}

// city tells whether a seat of power is written like a city: without an article.
func (r *reading) city(m gazetteer.Match) bool {
	return !r.has(m.First-1, lexicon.Determiner) || r.has(m.First-1, lexicon.Preposition)
}

// standsAlone tells whether a demonym is the head of its phrase: "les Russes", not "le contingent russe".
func (r *reading) standsAlone(i, last int, s text.Sentence) bool {
	if r.french {
		return r.capital(i)
	}
	if last >= s.Last || r.Tokens[last].Kind != text.Word {
		return true
	}
	return r.has(last, lexicon.Preposition|lexicon.Be|lexicon.Have|lexicon.And|lexicon.Will|lexicon.Could|lexicon.Adverb|lexicon.Whose) ||
		len(r.words[last].Verbs) > 0 && r.words[last].Verbs[0].Tense&lexicon.Past != 0
}

// doubtful tells whether a match is more likely another word: a surname that belongs to an unknown first name, or a
// common word at the beginning of a sentence.
func (r *reading) doubtful(m gazetteer.Match, s text.Sentence) bool {
	if m.Last-m.First > 1 {
		return false
	}
	i := m.First
	if m.Name.Kind == gazetteer.Surname && i > s.First && r.Tokens[i-1].Kind == text.Word && r.capital(i-1) && r.at[i-1] == 0 &&
		!r.has(i-1, lexicon.Title|lexicon.MarkAgent|lexicon.Preposition|lexicon.Determiner|lexicon.Modifier) {
		return true
	}
	if !m.Name.Ambiguous {
		return false
	}
	if r.memory.knows(m.Entry.Key) {
		return false
	}
	return m.Name.Kind == gazetteer.Surname && !r.has(i-1, lexicon.Title|lexicon.MarkAgent) || i == s.First || !r.capital(i)
}

// nounHere tells whether the agent word at i may be a noun: many are verb forms too.
func (r *reading) nounHere(i, n int) bool {
	if r.french && n == 1 && adjectival[r.keys[i]] && i > 0 && len(r.words[i-1].Nouns) > 0 { // "un pacte militaire"
		return false
	}
	if !r.french && n == 1 && r.keys[i] == "military" && i+1 < len(r.words) && len(r.words[i+1].Nouns) > 0 && len(r.words[i+1].Verbs) == 0 {
		return false // "a military pact"
	}
	if n > 1 || !verbLike(r.words[i]) {
		return true
	}
	return r.has(i-1, lexicon.Determiner|lexicon.Modifier|lexicon.Preposition|lexicon.Numbers|lexicon.Vague) || r.at[max(i-1, 0)] > 0 ||
		i > 0 && r.Tokens[i-1].Kind == text.Number
}

// adjectival are French agents that are adjectives behind a noun.
var adjectival = map[string]bool{
	"militaire": true, "militaires": true, "civil": true, "civils": true, "policier": true, "policiers": true, "étudiant": true,
}

func verbLike(w *lexicon.Word) bool {
	return slices.ContainsFunc(w.Verbs, func(f lexicon.Form) bool { return len(f.Verb.Senses) > 0 })
}

// extend makes "Russian Foreign Minister Sergei Lavrov" of "Russian", and "Kremlin spokesman" of "Kremlin".
func (r *reading) extend(m mention, s text.Sentence) mention {
	next := m.last
	if next < s.Last && r.possessive(next) {
		m.owned = true
		next++
	}
	if m.entry.Kind == gazetteer.Person {
		return r.apposition(m, s)
	}
	if r.french {
		return m
	}
	for n := 0; n < 4 && next < s.Last; n++ {
		if p, k := r.phrase(next, s.Last, lexicon.MarkAgent); k > 0 && r.agentAfterName(next, k, s) {
			out := r.agentPhrase(m.first, next+k, p, s)
			return belong(out, m)
		}
		if !r.has(next, lexicon.Modifier|lexicon.MarkAgent) {
			break
		}
		next++
	}
	return m
}

// agentAfterName tells whether the agent word after a name is a noun: in "Russia forces Ukraine" it is not.
func (r *reading) agentAfterName(i, n int, s text.Sentence) bool {
	return n > 1 || !verbLike(r.words[i]) || i+1 >= s.Last || !r.has(i+1, lexicon.Determiner) && !r.capital(i+1)
}

// possessive tells whether token i is the English 's.
func (r *reading) possessive(i int) bool {
	switch r.keys[i] {
	case "'s", "'":
		return !r.french
	}
	return false
}

// belong gives agent phrase m the country of owner.
func belong(m, owner mention) mention {
	if owner.medium { // a newspaper's reporter is not of its country
		m.start, m.medium = owner.start, true
		return m
	}
	if m.actor.Country == "" || !m.known {
		m.actor.Country, m.known = owner.actor.Country, owner.known
	}
	m.start = owner.start
	if m.entry == nil && owner.entry != nil && !owner.adjective && owner.entry.Kind != gazetteer.Country {
		m.actor.Sectors = append(m.actor.Sectors, owner.actor.Sectors...)
	}
	return m
}

// agentPhrase reads what follows an agent word at [first, last): adjectives of nationality, portfolio, country, name.
func (r *reading) agentPhrase(first, last int, p lexicon.Phrase, s text.Sentence) mention {
	m := mention{first: first, last: last, agent: p.Agent, plural: p.Plural}
	m.medium = p.Agent.Sector == "MED"
	if k := slices.Index(plover.Sectors(), p.Agent.Sector); k >= 0 {
		m.actor.Sectors = []plover.Sector{p.Agent.Sector}
	} else if p.Agent.Sector == "NGO" || p.Agent.Sector == "IGO" {
		m.actor.Country = string(p.Agent.Sector)
	}
	for m.last < s.Last {
		before := m.last
		if r.french {
			m = r.growFrench(m, s)
		} else {
			m = r.growEnglish(m, s)
		}
		if m.last == before {
			break
		}
	}
	if m.last < s.Last && r.possessive(m.last) {
		m.owned = true
	}
	return m
}

func (r *reading) growFrench(m mention, s text.Sentence) mention {
	i := m.last
	if d, ok := r.named(i, s); ok {
		switch {
		case d.entry.Kind == gazetteer.Person:
			return r.person(m, d)
		case d.adjective || d.plural:
			m.last = d.last
			return belong(m, d)
		}
		return m
	}
	if i+1 < s.Last && r.Tokens[i].Kind == text.Word && r.words[i] == unknown && !r.capital(i) {
		if d, ok := r.named(i+1, s); ok && d.adjective { // "forces gouvernementales syriennes"
			m.last = d.last
			return belong(m, d)
		}
	}
	if m.agent.Person && r.capital(i) {
		if name, ok := r.properName(i, s); ok {
			return r.person(m, name)
		}
	}
	return r.complementFrench(m, s)
}

// complementFrench reads "des Affaires étrangères", "de la Défense", "du Kremlin", "de l'OTAN" after an agent.
func (r *reading) complementFrench(m mention, s text.Sentence) mention {
	i := m.last
	switch r.keys[i] {
	case "de", "d'", "du", "des":
		i++
	default:
		return m
	}
	for i < s.Last && (r.keys[i] == "la" || r.keys[i] == "l'" || r.keys[i] == "les") {
		i++
	}
	if i >= s.Last {
		return m
	}
	if _, n := r.phrase(i, s.Last, lexicon.Portfolio); n > 0 {
		m.last = i + n
		if m.last+1 < s.Last && r.keys[m.last] == "et" { // "des Affaires étrangères et européennes"
			if r.words[m.last+1] == unknown {
				m.last += 2
			}
		}
		return m
	}
	if d, ok := r.named(i, s); ok && d.entry.Kind != gazetteer.Person && !d.adjective && !m.known && !r.possessed(m) {
		m.last = d.last
		return belong(m, d)
	}
	return m
}

func (r *reading) growEnglish(m mention, s text.Sentence) mention {
	i := m.last
	if p, n := r.phrase(i, s.Last, lexicon.MarkAgent); n > 0 && r.agentAfterName(i, n, s) { // "army soldiers", "police chief"
		m.last, m.plural = i+n, p.Plural
		if p.Agent.Person {
			m.agent = p.Agent
		}
		return m
	}
	if m.agent.Person {
		if d, ok := r.named(i, s); ok && d.entry.Kind == gazetteer.Person {
			return r.person(m, d)
		}
		if r.capital(i) {
			if name, ok := r.properName(i, s); ok {
				return r.person(m, name)
			}
		}
	}
	switch r.keys[i] {
	case "of", "from", "for", "in":
	default:
		return m
	}
	j := i + 1
	if _, n := r.phrase(min(j, s.Last-1), s.Last, lexicon.Portfolio); n > 0 && j < s.Last {
		m.last = j + n
		return m
	}
	for j < s.Last && r.has(j, lexicon.Determiner) {
		j++
	}
	if j >= s.Last || m.known || r.possessed(m) || r.keys[i] == "in" && !m.agent.State || r.keys[i] == "for" && !m.agent.Person {
		return m
	}
	d, ok := r.named(j, s)
	if t, better := r.town(j, d.last-d.first, s); better && r.keys[i] == "in" {
		d, ok = t, true
	} else if ok && d.place {
		d = r.relocate(d, s)
	}
	if ok && d.entry.Kind != gazetteer.Person && !d.adjective {
		m.last = d.last
		if r.keys[i] == "in" { // "the troops in Mali": Mali is where they are
			d.actor.Span = news.Span{Start: r.Tokens[d.first].Start, End: r.Tokens[d.last-1].End}
			d.actor.Text = r.Text[d.actor.Span.Start:d.actor.Span.End]
			d.prep, d.home = "in", nil
			m.home = &d
		}
		return belong(m, d)
	}
	return m
}

// possessed tells "ses troupes": what follows "de" is not whose they are.
func (r *reading) possessed(m mention) bool {
	k := r.at[max(m.first-1, 0)] - 1
	return k >= 0 && r.mentions[k].reference == "owner"
}

// person joins a title and a name: the name says who, the title what he is unless the name is known.
func (r *reading) person(m, name mention) mention {
	m.last = name.last
	if name.entry != nil {
		m.entry, m.actor.Key, m.actor.Name = name.entry, name.actor.Key, name.actor.Name
		if name.actor.Country != "" {
			m.actor.Country, m.known = name.actor.Country, true
		}
		if len(name.actor.Sectors) > 0 && name.actor.Sectors[0] != "ELI" {
			m.actor.Sectors = name.actor.Sectors
		}
		return m
	}
	m.actor.Name = name.actor.Name
	return m
}

// apposition reads the office that follows a name: "Victorin Lurel, ministre des Outre-mer".
func (r *reading) apposition(m mention, s text.Sentence) mention {
	i := m.last
	if i+1 >= s.Last || r.keys[i] != "," || m.known {
		return m
	}
	j := i + 1
	for j < s.Last && j < i+4 && r.has(j, lexicon.Determiner|lexicon.Modifier) {
		j++
	}
	if j >= s.Last {
		return m
	}
	office, ok := r.mentionAt(j, s)
	if !ok || office.agent == nil || !office.agent.Person || office.plural {
		return m
	}
	m.actor.Country, m.actor.Sectors, m.known = office.actor.Country, office.actor.Sectors, office.known
	m.agent, m.last = office.agent, office.last
	return m
}

// startsName tells whether a state, a body or an agent's name begins at i: the run of capitals before it is another.
func (r *reading) startsName(i int, s text.Sentence) bool {
	m, ok := r.named(i, s)
	return ok && m.entry.Kind != gazetteer.Person && m.entry.Kind != gazetteer.Place
}

// properName is a run of capitalised words that nobody knows.
func (r *reading) properName(i int, s text.Sentence) (mention, bool) {
	last := i
	for last < s.Last && last < i+6 && r.Tokens[last].Kind == text.Word && r.capital(last) && !r.possessive(last) {
		if last > i && r.startsName(last, s) {
			break
		}
		last++
	}
	if month, short := strings.CutSuffix(r.keys[i], "."); short && last-i == 1 && abbreviations[month] > 0 { // "on Oct. 12"
		return mention{}, false
	}
	if r.titleCase || i == s.First && last-i < 2 && !r.opens(i, s) || r.words[i].Marks.Has(lexicon.Determiner|lexicon.Preposition|lexicon.Clause|lexicon.Subject|lexicon.Adverb|lexicon.Months|lexicon.Weekdays|lexicon.Be|lexicon.Have|lexicon.If|lexicon.Whose|lexicon.Negation|lexicon.Numbers|lexicon.Magnitudes|lexicon.Vague) {
		return mention{}, false
	}
	m := mention{first: i, last: last}
	for m.first < last-1 && r.has(m.first, lexicon.Title) {
		m.first++
	}
	m.actor.Name = r.Text[r.Tokens[m.first].Start:r.Tokens[last-1].End]
	m.first = i
	if last-i == 1 && !r.memory.heard(m.actor.Name) && !strings.HasSuffix(r.key(i-1), ".") && len(r.words[i].Phrases) > 0 {
		return mention{}, false
	}
	if known, ok := r.memory.name(m.actor.Name); ok {
		m.actor.Country, m.actor.Sectors, m.known = known.actor.Country, slices.Clone(known.actor.Sectors), known.known
		m.actor.Name, m.agent = known.actor.Name, known.agent
	}
	if m.last < s.Last && r.possessive(m.last) {
		m.owned = true
	}
	return r.apposition(m, s), true
}

// opens tells whether the one word that begins a sentence is a name: it was heard before, or nobody knows it and the
// tree has it for the name of who does what the sentence says.
func (r *reading) opens(i int, s text.Sentence) bool {
	if r.words[i] != unknown {
		return false
	}
	if r.memory.heard(r.surface[i]) {
		return true
	}
	if !r.tells(s) {
		return false
	}
	tr := r.parse(s)
	if tr == nil || tr.at(i) < 0 {
		return false
	}
	w := tr.Words[tr.at(i)]
	return w.Tag == syntax.PROPN && (w.Rel == "nsubj" || w.Rel == "nsubj:pass")
}
