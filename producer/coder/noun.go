package coder

import (
	"slices"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// nounArguments reads the complements of an event noun, its owner, and the verb that it is the object of.
func (r *reading) nounArguments(ts []trigger, k int, s text.Sentence) {
	t := &ts[k]
	t.pattern = "noun"
	r.complements(t, s)
	r.owner(t, s)
	if len(t.who) == 0 {
		t.who = r.agent(t.last, s, 14)
	}
	r.lightVerb(ts, k, s)
	if len(t.who) == 0 && t.sense.Act != "" && r.has(t.at-1, lexicon.Be|lexicon.Adverb) { // "is ready to", "se dit prêt à"
		if m := r.subjectOf(group{verb: t.at, start: t.at - 1}, s); m >= 0 {
			t.who = r.coordinated(m)
		}
	}
}

// complements reads "de X", "contre Y", "entre X et Y", "by X", "on Y" after the noun.
func (r *reading) complements(t *trigger, s text.Sentence) {
	to := r.reach(t.last, s, 14)
	for i := t.last; i < to; i++ {
		m := r.at[i] - 1
		if m < 0 {
			if i > t.last && (r.keys[i] == "," || r.finite(i, s) || r.otherNoun(i)) {
				return
			}
			continue
		}
		n := &r.mentions[m]
		i = n.last - 1
		r.complement(t, m, n)
	}
}

// otherNoun tells whether another event noun begins at i: what follows belongs to it.
func (r *reading) otherNoun(i int) bool {
	return len(r.words[i].Nouns) > 0 && len(r.words[i].Nouns[0].Any) == 0
}

func (r *reading) complement(t *trigger, m int, n *mention) {
	if n.actor.Name == "" || n.reference == "owner" {
		return
	}
	switch {
	case n.prep == "par" || n.prep == "by":
		if len(t.whom) == 0 { // "the bombing of Serbia by NATO"
			t.whom = t.who
		}
		t.who = r.following(m)
	case n.prep == "between" || n.prep == "entre":
		if both := r.following(m); len(both) > 1 {
			t.who, t.whom = both[:1], both[1:]
		}
	case (n.prep == "de" || n.prep == "of") && !(slices.Contains(t.sense.Preps, n.prep) && len(t.who) > 0):
		if t.sense.OfWhom {
			if len(t.whom) == 0 {
				t.whom = r.following(m)
			}
		} else if len(t.who) == 0 && n.first-t.last < 4 {
			t.who = r.following(m)
		}
	case slices.Contains(t.sense.Preps, n.prep):
		if len(t.whom) == 0 {
			t.whom = r.following(m)
		}
	case n.adjective && n.prep == "" && n.first-t.last < 2 && len(t.who) == 0:
		t.who = []int{m}
	}
}

// owner reads what stands before the noun: "Israel's attack", "Russian airstrikes", "son refus".
func (r *reading) owner(t *trigger, s text.Sentence) {
	for i := t.at - 1; i >= s.First && i >= t.at-4; i-- {
		m := r.at[i] - 1
		if m < 0 {
			if r.possessive(i) {
				continue
			}
			if r.has(i, lexicon.Preposition|lexicon.Clause|lexicon.And|lexicon.Be|lexicon.Have|lexicon.Whose) || r.Tokens[i].Kind == text.Punct || len(r.words[i].Verbs) > 0 && !r.possessive(i) {
				return
			}
			continue
		}
		n := &r.mentions[m]
		if n.actor.Name == "" || r.french && n.reference != "owner" {
			return
		}
		switch {
		case n.owned || n.reference == "owner":
			if t.sense.OfWhom && len(t.whom) == 0 {
				t.whom = []int{m}
				return
			}
			if len(t.who) > 0 && len(t.whom) == 0 && r.mentions[t.who[0]].prep == "of" { // "Poland's condemnation of Belarus"
				t.who, t.whom = nil, t.who
			}
			if len(t.who) == 0 {
				t.who = []int{m}
			}
		case n.adjective || n.known && n.agent == nil:
			if len(t.who) == 0 {
				t.who = []int{m}
			}
		}
		return
	}
}

// lightVerb lends the noun the arguments of the verb that it is the object or the subject of: "launch an attack",
// "sanctions were imposed by", "subir une attaque".
func (r *reading) lightVerb(ts []trigger, k int, s text.Sentence) {
	t := &ts[k]
	if t.parent >= 0 && !ts[t.parent].noun() {
		p := &ts[t.parent]
		if p.sense.Act == lexicon.Transparent || p.sense.Act == lexicon.Announce || p.sense.Act == lexicon.Plan {
			r.arguments(ts, t.parent, s)
			if len(t.who) == 0 {
				t.who = p.who
			}
		}
	}
	for i := t.at - 1; i >= s.First && i >= t.at-7; i-- {
		if r.clause(i) || r.keys[i] == "," {
			break
		}
		v, ok := r.light(i, s)
		if !ok {
			continue
		}
		r.lendArguments(ts, t, i, v, s)
		return
	}
	r.lightAfter(t, s)
}

func (r *reading) lendArguments(ts []trigger, t *trigger, i int, v lexicon.Mark, s text.Sentence) {
	g := r.group(i, s)
	if g.passive {
		return
	}
	t.group.negated, t.group.modal, t.group.conditional = g.negated, g.modal, g.conditional
	t.group.future = g.future
	var subject []int
	if m := r.subjectOf(g, s); m >= 0 && r.mentions[m].last <= i {
		subject = r.coordinated(m)
	}
	t.pattern = "light verb"
	if v.Has(lexicon.Suffer) && !v.Has(lexicon.Support) || r.borne(i+1, t.at) {
		if len(t.whom) == 0 {
			t.whom = subject
		}
		return
	}
	if len(t.who) == 0 {
		t.who = subject
	}
}

// borne tells "was the victim of an attack": the subject suffers what the noun says.
func (r *reading) borne(from, to int) bool {
	for i := from; i < to; i++ {
		switch r.keys[i] {
		case "victime", "victimes", "victim", "victims", "cible", "cibles", "target", "targets":
			return true
		}
	}
	return false
}

// light tells whether a verb that lends its arguments stands at i.
func (r *reading) light(i int, s text.Sentence) (lexicon.Mark, bool) {
	if r.at[i] > 0 {
		return 0, false
	}
	for _, f := range r.words[i].Verbs {
		if f.Verb.Marks.Has(lexicon.Support | lexicon.Suffer) {
			if r.words[i].Marks.Has(lexicon.Have) && r.group(i, s).start != i {
				continue
			}
			return f.Verb.Marks, true
		}
	}
	return 0, false
}

// lightAfter reads a passive light verb after the noun: "sanctions were imposed on X by Y".
func (r *reading) lightAfter(t *trigger, s text.Sentence) {
	to := r.reach(t.last, s, 10)
	for i := t.last; i < to; i++ {
		if _, ok := r.light(i, s); !ok || r.words[i].Verbs[0].Tense&lexicon.Participle == 0 {
			continue
		}
		g := r.group(i, s)
		if !g.passive {
			return
		}
		t.group.negated, t.group.modal, t.group.future, t.group.conditional = g.negated, g.modal, g.future, g.conditional
		if len(t.who) == 0 {
			t.who = r.agent(i+1, s, 12)
		}
		if len(t.whom) == 0 {
			probe := trigger{at: i, last: i + 1, sense: t.sense, objectAt: -1}
			for _, m := range r.objects(&probe, s, t.sense.Preps) {
				if slices.Contains(t.sense.Preps, r.mentions[m].prep) {
					t.whom = append(t.whom, m)
				}
			}
		}
		return
	}
}
