package coder

import (
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// group is a verb with its auxiliaries: "n'a pas été expulsé", "would not have met".
type group struct {
	verb, start int // tokens
	tense       lexicon.Tense
	passive     bool
	perfect     bool
	negated     bool
	future      bool
	conditional bool // French: told by others; never of a modal
	modal       bool // could, might, devrait
	infinitive  bool // after "to", or a bare French infinitive
	gerund      bool
	reflexive   bool
	adjectival  bool // a participle without auxiliary
}

// bare forms depend on another verb or noun.
func (g group) dependent() bool { return g.infinitive || g.gerund }

// group reads the auxiliaries before the verb form at i.
func (r *reading) group(i int, s text.Sentence) group {
	g := group{verb: i, start: i}
	for _, f := range r.words[i].Verbs {
		g.tense |= f.Tense
	}
	var be, have, to bool
	for j := i - 1; j >= s.First && j >= i-9; j-- {
		w := r.words[j]
		if r.at[j] > 0 {
			break
		}
		g.aspect(r.keys[j])
		switch m := w.Marks; {
		case m.Has(lexicon.Negation):
			g.negated = true
		case m.Has(lexicon.Have):
			have = true
			g.auxiliary(w, r.french)
		case m.Has(lexicon.Be):
			be = true
			g.auxiliary(w, r.french)
		case !r.french && r.keys[j] == "would": // "said it would", "would have"
			g.modal, g.future = g.modal || have, g.future || !have
		case !r.french && r.keys[j] == "to":
			to = true
		case !r.french && (r.keys[j] == "did" || r.keys[j] == "does" || r.keys[j] == "do"):
			// says nothing that the verb's own form does not
		case m.Has(lexicon.Could):
			g.modal = true
		case !r.french && m.Has(lexicon.Will):
			g.future = true
		case r.french && m.Has(lexicon.Clitic):
			g.reflexive = g.reflexive || r.keys[j] == "se" || r.keys[j] == "s'"
		case m.Has(lexicon.Adverb):
		default:
			goto done
		}
		g.start = j
	}
done:
	g.start = r.trimAdverbs(g.start, i)
	if be && r.moves(i) {
		be, have = false, true
	}
	g.settle(be, have, to, r.french)
	if !r.french && !be && !have && r.bareParticiple(i, s) {
		g.adjectival, g.passive = true, true
	}
	return g
}

// bareParticiple tells an English participle that looks like a past tense by the doer behind it: "the diplomats expelled
// on Tuesday by Romania".
func (r *reading) bareParticiple(i int, s text.Sentence) bool {
	for _, f := range r.words[i].Verbs {
		if f.Tense&lexicon.Participle == 0 {
			return false
		}
	}
	for j := i + 1; j < min(s.Last, i+5); j++ {
		m := r.at[j] - 1
		switch {
		case m >= 0:
			return r.mentions[m].prep == "by"
		case r.has(j, lexicon.Be|lexicon.Have|lexicon.And|lexicon.Subject|lexicon.Clause|lexicon.Whose) || r.stop(j):
			return false
		case r.has(j, lexicon.Determiner) && r.keys[j-1] != "by" && !r.has(j-1, lexicon.Determiner):
			return false
		}
	}
	return false
}

// moves tells whether the form at i makes its perfect with "être": "est arrivé".
func (r *reading) moves(i int) bool {
	for _, f := range r.words[i].Verbs {
		if !f.Verb.Marks.Has(lexicon.Moves) {
			return false
		}
	}
	return r.french
}

// trimAdverbs gives back what the group swallowed before its first real word: object pronouns and adverbs that may
// belong to what stands before.
func (r *reading) trimAdverbs(start, verb int) int {
	for start < verb && r.has(start, lexicon.Adverb) && !r.has(start, lexicon.Negation|lexicon.Have|lexicon.Be|lexicon.Could|lexicon.Will|lexicon.Clitic) {
		start++
	}
	return start
}

// aspect reads the auxiliaries that make the whole group depend on another word: "d'avoir bombardé", "having bombed".
func (g *group) aspect(key string) {
	switch key {
	case "avoir", "être":
		g.infinitive = true
	case "having", "ayant", "étant":
		g.gerund = true
	}
}

// auxiliary takes the tense of a French auxiliary; English says it with words of its own.
func (g *group) auxiliary(w *lexicon.Word, french bool) {
	if !french {
		return
	}
	for _, f := range w.Verbs {
		g.future = g.future || f.Tense&lexicon.Future != 0
		g.conditional = g.conditional || f.Tense&lexicon.Conditional != 0
	}
}

func (g *group) settle(be, have, to, french bool) {
	switch {
	case g.tense&lexicon.Participle != 0 && be && !g.reflexive:
		g.passive = true
	case g.tense&lexicon.Participle != 0 && (have || be):
		g.perfect = true
	case french && g.tense&(lexicon.Participle|lexicon.Finite) == lexicon.Participle:
		g.adjectival, g.passive = true, true
	case !french && g.tense&lexicon.Participle != 0 && g.tense&lexicon.Past == 0:
		g.adjectival, g.passive = true, true
	}
	if french {
		g.infinitive = g.infinitive || g.tense&lexicon.Infinitive != 0
		g.future = g.future || g.tense&lexicon.Future != 0 && !g.passive && !g.perfect
		g.conditional = g.conditional || g.tense&lexicon.Conditional != 0 && !g.passive && !g.perfect
	} else {
		g.infinitive = to && !g.future && !g.modal
		if g.tense&lexicon.Gerund != 0 && !be {
			g.gerund = true
		}
	}
	if french && g.tense&lexicon.Gerund != 0 && g.tense&lexicon.Finite == 0 {
		g.gerund = true
	}
}

// isVerb tells whether the form at i acts as a verb here, where the word may be a noun as well.
func (r *reading) isVerb(i int, s text.Sentence) bool {
	return r.looksVerb(i, s) && !r.taggedNoun(i, s)
}

// looksVerb tells whether the form at i acts as a verb as far as the words around it tell; the tree, which costs far
// more, may know better.
func (r *reading) looksVerb(i int, s text.Sentence) bool {
	if r.french {
		return r.isVerbFrench(i, s)
	}
	return r.isVerbEnglish(i, s)
}

func (r *reading) isVerbFrench(i int, s text.Sentence) bool {
	if i == s.First {
		return r.words[i].Verbs[0].Tense&(lexicon.Participle|lexicon.Gerund|lexicon.Infinitive) != 0 && len(r.words[i].Nouns) == 0
	}
	before := r.keys[i-1]
	switch before {
	case "le", "la", "les", "l'":
		if i-2 >= s.First && (r.has(i-2, lexicon.Subject|lexicon.Negation) || r.has(i-2, lexicon.Preposition) && infinitive(r.words[i])) {
			return true
		}
		return infinitive(r.words[i]) && r.has(i-2, lexicon.Preposition)
	case "de", "d'", "à", "pour", "sans":
		return infinitive(r.words[i])
	case "leur", "nous", "vous", "en":
		return len(r.words[i].Nouns) == 0 || r.has(i-2, lexicon.Subject|lexicon.Negation)
	}
	if r.has(i-1, lexicon.Determiner) || r.Tokens[i-1].Kind == text.Number {
		return false
	}
	if r.has(i-1, lexicon.Preposition) && !infinitive(r.words[i]) && r.words[i].Verbs[0].Tense&lexicon.Gerund == 0 {
		return false
	}
	if len(r.words[i].Nouns) > 0 || r.has(i, lexicon.Homograph) { // "une nouvelle attaque" is a noun, "la Russie attaque" a verb
		return r.at[i-1] > 0 || r.has(i-1, lexicon.Subject|lexicon.Clitic|lexicon.Whose|lexicon.Negation|lexicon.Have|lexicon.Be|lexicon.Adverb)
	}
	return true
}

func infinitive(w *lexicon.Word) bool {
	for _, f := range w.Verbs {
		if f.Tense&lexicon.Infinitive != 0 {
			return true
		}
	}
	return false
}

func (r *reading) isVerbEnglish(i int, s text.Sentence) bool {
	tense := lexicon.Tense(0)
	for _, f := range r.words[i].Verbs {
		tense |= f.Tense
	}
	if i == s.First {
		return len(r.words[i].Nouns) == 0 && (tense&lexicon.Gerund != 0 || r.bareParticiple(i, s))
	}
	if r.possessive(i - 1) {
		return false
	}
	plain := tense&(lexicon.Past|lexicon.Participle|lexicon.Gerund) == 0
	switch {
	case r.keys[i-1] == "to", r.has(i-1, lexicon.Could|lexicon.Will|lexicon.Subject|lexicon.Negation):
		return true
	case r.has(i-1, lexicon.Have|lexicon.Be):
		return !plain
	case r.has(i-1, lexicon.Determiner) || r.Tokens[i-1].Kind == text.Number:
		return false
	case tense&lexicon.Gerund != 0:
		return len(r.words[i].Nouns) == 0 || r.has(i-1, lexicon.Preposition|lexicon.And) && i+1 < s.Last && !r.has(i+1, lexicon.Preposition)
	case !plain:
		return !r.has(i-1, lexicon.Preposition) || len(r.words[i].Verbs) == 0 || r.has(i-1, lexicon.Adverb)
	case r.has(i-1, lexicon.Preposition|lexicon.And) && !r.has(i-1, lexicon.Adverb):
		return r.has(i-1, lexicon.And) && r.at[i-2+boolInt(i < 2)] == 0 && len(r.words[i].Nouns) == 0
	}
	return r.plainVerb(i, s)
}

// taggedNoun tells whether the tree takes the word at i for a noun: an English form that may be one, "attacks".
func (r *reading) taggedNoun(i int, s text.Sentence) bool {
	if r.french || i == s.First || r.keys[i-1] == "to" && !r.has(i+1, lexicon.Preposition) {
		return false
	}
	for _, f := range r.words[i].Verbs {
		if f.Tense&(lexicon.Past|lexicon.Participle|lexicon.Gerund) != 0 {
			return false
		}
	}
	tr := r.parse(s)
	if tr == nil || tr.at(i) < 0 {
		return false
	}
	tag := tr.Words[tr.at(i)].Tag
	return tag == syntax.NOUN || tag == syntax.PROPN
}

// plainVerb decides "attack", "attacks" after a name or another noun: a verb where an object follows, a noun where a
// preposition, a verb or nothing does.
func (r *reading) plainVerb(i int, s text.Sentence) bool {
	if r.has(i-1, lexicon.Adverb|lexicon.Whose) {
		return true
	}
	if before := r.words[i-1].Verbs; len(before) > 0 && r.at[i-1] == 0 && before[0].Tense&lexicon.Past != 0 {
		return false // "denied charges"
	}
	if i+1 >= s.Last || r.Tokens[i+1].Kind == text.Punct {
		return false
	}
	next := i + 1
	if r.at[next] > 0 && !(r.at[i-1] > 0 && r.mentions[r.at[i-1]-1].adjective) {
		return true
	}
	if r.has(next, lexicon.Determiner) {
		return true
	}
	if r.keys[next] == "to" {
		return len(r.words[i].Nouns) == 0 && r.purpose(next, s)
	}
	if len(r.words[i].Nouns) > 0 {
		return false
	}
	return r.at[i-1] > 0 && !r.mentions[r.at[i-1]-1].adjective && !r.has(next, lexicon.Be|lexicon.Have|lexicon.Could|lexicon.Will)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
