package coder

import (
	"slices"

	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// treeVerb finds who and whom of verb k in the tree; ok where the tree knows the verb as one.
func (r *reading) treeVerb(ts []trigger, k int, s text.Sentence) (who, whom []int, ok bool) {
	t := &ts[k]
	tr := r.parse(s)
	if tr == nil {
		return nil, nil, false
	}
	v := tr.at(t.at)
	if v < 0 {
		return nil, nil, false
	}
	w := tr.Words[v]
	if who, whom, ok := r.causative(tr, v); ok {
		return who, whom, true
	}
	if t.group.passive || w.Feats.Voice() == "Pass" && !t.group.reflexive {
		who, whom = r.treePassive(tr, v, t)
		return who, whom, true
	}
	if !tr.verbal(v) {
		return nil, nil, false
	}
	if c, o := tr.displaced(v); c >= 0 {
		return r.party(tr, c), r.party(tr, o), true
	}
	if c, _ := tr.subject(v); c >= 0 {
		if who = r.party(tr, c); len(who) == 0 && tr.Words[c].Tag == syntax.NOUN && t.pattern != "inverted" && !r.has(tr.token[c], lexicon.Units) {
			t.who = nil // a thing: the nearest actor did not do it
		}
	}
	return who, r.treeObject(tr, v, t), true
}

// causative reads "X had Y expelled".
func (r *reading) causative(tr *tree, v int) (who, whom []int, ok bool) {
	h := tr.Words[v].Head
	if r.french || h < 0 || tr.child(v, "mark", "aux", "obj") >= 0 {
		return nil, nil, false
	}
	switch tr.rel(v) {
	case "xcomp":
	case "acl":
		if h = tr.Words[h].Head; h < 0 || tr.child(h, "obj") != tr.Words[v].Head {
			return nil, nil, false
		}
	case "conj":
		if c := tr.child(v, "cc", "nsubj"); c >= 0 && c < v {
			return nil, nil, false
		}
	default:
		return nil, nil, false
	}
	if tr.Words[h].Lemma != "have" && tr.Words[h].Lemma != "get" || !tr.verbal(h) {
		return nil, nil, false
	}
	o := tr.child(h, "obj")
	c, _ := tr.subject(h)
	if o < 0 || o > v || c < 0 {
		return nil, nil, false
	}
	return r.party(tr, c), r.party(tr, o), true
}

// treePassive reads "Y was expelled by X" and "Y, expelled by X".
func (r *reading) treePassive(tr *tree, v int, t *trigger) (who, whom []int) {
	if a := r.agentOf(tr, v); a >= 0 {
		who = r.party(tr, a)
	}
	if c, _ := tr.subject(v); c >= 0 {
		whom = r.party(tr, c)
	} else if h := tr.Words[v].Head; h >= 0 && (tr.rel(v) == "amod" || tr.rel(v) == "acl") {
		whom = r.party(tr, h)
	}
	if len(whom) == 0 {
		whom = r.behind(tr, v, t)
	}
	return who, whom
}

// agentOf is the doer of a passive: "par X", "by X".
func (r *reading) agentOf(tr *tree, v int) int {
	for w := range tr.Words {
		if tr.Words[w].Head != v || tr.rel(w) != "obl" && tr.rel(w) != "nmod" {
			continue
		}
		if m := tr.marker(w); tr.Words[w].Rel == "obl:agent" || m == "by" || m == "par" {
			return w
		}
	}
	return -1
}

// treeObject is whom verb v acts upon: its object, or what stands behind a preposition of its frame; where the object
// is a thing, whose it is.
func (r *reading) treeObject(tr *tree, v int, t *trigger) []int {
	o := tr.child(v, "obj")
	switch bearer := tr.bearer(v); {
	case bearer >= 0 && (o < 0 || o < v):
		o = bearer
	case o >= 0:
		o = tr.antecedent(o)
	}
	thing := o >= 0 && (t.objectAt >= 0 && r.inPhrase(tr, o, t.objectAt) || r.means(t, r.at[tr.token[o]]-1))
	if o >= 0 && !thing {
		if own := r.own(tr, o); len(own) > 0 {
			return own
		}
	}
	found := r.behind(tr, v, t)
	if len(found) == 0 && o >= 0 {
		found = r.behind(tr, o, t)
	}
	if len(found) == 0 && o >= 0 { // "un contrat de sous-marins avec la France"
		if c := tr.child(o, "nmod"); c > o && r.at[tr.token[c]] == 0 {
			found = r.behind(tr, c, t)
		}
	}
	if len(found) > 0 && o >= 0 && r.mentions[found[0]].where() { // "two Vietnamese trawlers off Natuna": whose they are, not where
		if own := r.foreigners(tr, o); len(own) > 0 {
			return own
		}
	}
	if len(found) > 0 {
		return found
	}
	if o >= 0 {
		if found := r.owners(tr, o); len(found) > 0 && !r.means(t, r.at[tr.token[o]]-1) {
			return found
		}
	}
	if c := tr.child(v, "iobj"); c >= 0 {
		return r.party(tr, c)
	}
	return nil
}

// foreigners is the state that the words of a thing name as its own: "the Bulgarian consulate", "deux chalutiers
// vietnamiens".
func (r *reading) foreigners(tr *tree, o int) []int {
	if m := r.at[tr.token[o]] - 1; m >= 0 && r.mentions[m].agent != nil && r.mentions[m].known && state(r.mentions[m].actor.Country) {
		return []int{m}
	}
	for c := range tr.Words {
		if tr.Words[c].Head != o || tr.rel(c) != "amod" && tr.rel(c) != "compound" {
			continue
		}
		if m := r.at[tr.token[c]] - 1; m >= 0 && r.mentions[m].adjective && state(r.mentions[m].actor.Country) {
			return []int{m}
		}
	}
	return nil
}

// means tells whether mention m is what trigger t is done with rather than to: the troops that are massed.
func (r *reading) means(t *trigger, m int) bool {
	if m < 0 || t.sense.Type != plover.Mobilize {
		return false
	}
	a := r.mentions[m].agent
	return a != nil && (a.Sector == "MIL" || a.Sector == "COP")
}

// inPhrase tells whether the word that chose the sense is the head of the object, or its name.
func (r *reading) inPhrase(tr *tree, o, token int) bool {
	m := r.at[tr.token[o]] - 1
	return tr.at(token) == o || m >= 0 && r.mentions[m].first <= token && token < r.mentions[m].last && !r.mentions[m].known
}

// behind is the party behind one of the prepositions that hangs on h.
func (r *reading) behind(tr *tree, h int, t *trigger) []int {
	for w := range tr.Words {
		if tr.Words[w].Head != h || tr.rel(w) != "obl" && tr.rel(w) != "nmod" && tr.rel(w) != "iobj" {
			continue
		}
		m := tr.marker(w)
		if m == "" && tr.Words[w].Form == "dont" {
			m = "de"
		}
		if m != "" && slices.Contains(t.sense.Preps, m) {
			if found := r.party(tr, tr.antecedent(w)); len(found) > 0 && !(t.sense.Recip && place[m] && r.mentions[found[0]].place) {
				return found
			}
		}
	}
	return nil
}

// party is who word w names, with those joined to it; where it is a thing, whose it is.
func (r *reading) party(tr *tree, w int) []int {
	if own := r.own(tr, w); len(own) > 0 {
		return own
	}
	return r.owners(tr, w)
}

// own is the mention that word w is the head of, with those joined to it.
func (r *reading) own(tr *tree, w int) []int {
	m := r.at[tr.token[w]] - 1
	if m < 0 || r.mentions[m].reference == "owner" || r.mentions[m].actor.Name == "" {
		return r.quantified(tr, w)
	}
	n := &r.mentions[m]
	if n.adjective && n.agent == nil { // "the Russian" of "the Russian decision"
		return nil
	}
	r.nationality(tr, w, n)
	out := []int{m}
	if p := m - 1; n.agent != nil && p >= 0 && r.mentions[p].agent == nil && r.mentions[p].known && r.joined(p, m) { // "US and Filipino troops"
		out = []int{p, m}
	}
	for p := m - 1; p >= 0 && len(out) < 12 && n.prep == "" && r.listed(p); p-- { // "Washington, London and Canberra"
		out = slices.Insert(out, 0, p)
	}
	for p := out[len(out)-1] + 1; p < len(r.mentions) && len(out) < 12 && r.alongside(p-1, p); p++ { // "Saudi Arabia as well as Qatar"
		out = append(out, p)
	}
	for c := range tr.Words {
		if tr.rel(c) != "conj" || tr.Words[c].Head < 0 || len(out) == 12 {
			continue
		}
		x, h := r.at[tr.token[c]]-1, r.at[tr.token[tr.Words[c].Head]]-1
		if x >= 0 && r.mentions[x].actor.Name != "" && slices.Contains(out, h) && !slices.Contains(out, x) && !r.tellsIt(tr, x, c) {
			out = append(out, x)
		}
	}
	for p := out[0] + 1; p < out[len(out)-1] && len(out) < 12; p++ { // the middle of "Washington, London and Canberra"
		if k, found := slices.BinarySearch(out, p); !found && r.listed(p) {
			out = slices.Insert(out, k, p)
		}
	}
	return out
}

// tellsIt tells a name behind a comma that is no party but who says so: "Russia attacked Ukraine, Joe Biden said."
func (r *reading) tellsIt(tr *tree, x, word int) bool {
	n := &r.mentions[x]
	return n.last < len(r.keys) && r.saying(n.last) && tr.child(word, "cc") < 0
}

// listed tells whether the bare name at mention p goes on, by a comma or "and", to the mention behind it as its equal.
func (r *reading) listed(p int) bool {
	n := &r.mentions[p]
	return n.entry != nil && n.known && n.prep == "" && !n.adjective && !n.owned && r.mentions[p+1].entry != nil && r.joined(p, p+1)
}

// alongside tells whether words that only ever join parties stand between two bare names: "as well as", "but also".
func (r *reading) alongside(a, b int) bool {
	from, to := r.mentions[a].last, r.mentions[b].first
	if to-from < 2 || to-from > 5 || r.mentions[a].entry == nil || r.mentions[b].entry == nil {
		return false
	}
	found := false
	for i := from; i < to; i++ {
		if _, n := r.phrase(i, to, lexicon.And); n > 1 {
			found = true
			i += n - 1
		} else if r.keys[i] != "," && !r.has(i, lexicon.Determiner) {
			return false
		}
	}
	return found
}

// quantified reads "dozens of soldiers": the head counts, its complement names.
func (r *reading) quantified(tr *tree, w int) []int {
	if !r.has(tr.token[w], lexicon.Vague|lexicon.Magnitudes|lexicon.Numbers) {
		return nil
	}
	c := tr.child(w, "nmod")
	if c < 0 || r.at[tr.token[c]] == 0 {
		return nil
	}
	out := slices.Clone(r.own(tr, c))
	if x := tr.child(w, "conj"); x > c && r.at[tr.token[x]] > 0 { // "thousands of US and Filipino troops"
		for _, m := range r.own(tr, x) {
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

// owners is whose the thing at word w is: "the decision of the court", "Russia's army", "le contingent russe".
func (r *reading) owners(tr *tree, w int) []int {
	for c := range tr.Words {
		if tr.Words[c].Head != w {
			continue
		}
		m := r.at[tr.token[c]] - 1
		if m < 0 && tr.rel(c) == "appos" && c > w { // "the captain, a Filipino sailor"
			if found := r.owners(tr, c); len(found) > 0 {
				return found
			}
		}
		if m < 0 || r.mentions[m].actor.Name == "" {
			continue
		}
		switch tr.rel(c) {
		case "amod", "compound", "flat", "appos":
			return []int{m}
		case "nmod":
			if p := tr.marker(c); p == "" || p == "of" || p == "de" || p == "d'" || p == "'s" || tr.Words[c].Rel == "nmod:poss" {
				return r.own(tr, c)
			}
		}
	}
	return nil
}

// nationality gives people without a country that of whose they are: "Beijing's maritime militia".
func (r *reading) nationality(tr *tree, w int, n *mention) {
	if n.known || n.agent == nil || n.entry != nil || n.reference != "" || n.actor.Country != "" && !n.actor.Inferred {
		return
	}
	for _, o := range r.owners(tr, w) {
		if a := &r.mentions[o]; a.actor.Country != "" && a != n && (a.known || a.reference != "") {
			n.actor.Country, n.actor.Inferred, n.known = a.actor.Country, a.actor.Inferred, !a.actor.Inferred
			return
		}
	}
}

// treeNoun finds who and whom of event noun k in the tree: its complements, its owner, and the subject of the verb that
// it stands under.
func (r *reading) treeNoun(ts []trigger, k int, s text.Sentence) (who, whom []int) {
	t := &ts[k]
	tr := r.parse(s)
	if tr == nil {
		return nil, nil
	}
	v := tr.at(t.last - 1)
	if v < 0 || tr.verbal(v) {
		return nil, nil
	}
	if a := r.agentOf(tr, v); a >= 0 {
		who = r.party(tr, a)
	}
	whom = r.behind(tr, v, t)
	owners := r.owners(tr, v)
	if t.sense.OfWhom {
		if len(whom) == 0 {
			whom = owners
		}
	} else if len(who) == 0 && !meets(owners, whom) {
		who = owners
	}
	if len(who) == 0 {
		who = r.overNoun(tr, v, whom)
	}
	return who, whom
}

// overNoun is who does what the noun's verb says: "Russia used a missile during an attack on Kyiv".
func (r *reading) overNoun(tr *tree, v int, whom []int) []int {
	h := v
	for n := 0; n < 3 && (tr.rel(h) == "conj" || tr.rel(h) == "compound") && tr.Words[h].Head >= 0; n++ {
		h = tr.Words[h].Head
	}
	over := tr.Words[h].Head
	if over < 0 || !tr.verbal(over) || tr.rel(h) != "obj" && (tr.rel(h) != "obl" || tr.child(over, "obj") < 0) {
		return nil
	}
	switch tr.marker(h) {
	case "", "in", "during", "with", "lors", "dans", "par", "by", "pendant", "avec":
	default:
		return nil
	}
	c, passive := tr.subject(over)
	if c < 0 || passive {
		return nil
	}
	if who := r.party(tr, c); !meets(who, whom) {
		return who
	}
	return nil
}

func meets(a, b []int) bool {
	return slices.ContainsFunc(a, func(m int) bool { return slices.Contains(b, m) })
}
