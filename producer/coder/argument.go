package coder

import (
	"slices"

	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// arguments finds who and whom of trigger k.
func (r *reading) arguments(ts []trigger, k int, s text.Sentence) {
	t := &ts[k]
	if t.seen {
		return
	}
	t.seen = true
	r.rejoin(t, s)
	switch {
	case t.noun():
		r.nounArguments(ts, k, s)
	case t.group.passive:
		r.passiveArguments(ts, k, s)
	default:
		r.activeArguments(ts, k, s)
	}
	if t.noun() {
		who, whom := r.treeNoun(ts, k, s)
		if len(t.who) == 0 {
			t.who = who
		}
		if len(t.whom) == 0 {
			t.whom = whom
		}
	} else {
		r.fromTree(ts, k, s)
	}
	if t.group.passive && len(t.whom) == 1 && r.means(t, t.whom[0]) { // "troops were deployed in Libya"
		if len(t.who) == 0 && r.mentions[t.whom[0]].actor.Country != "" {
			t.who = t.whom // whose troops they are
		}
		t.whom = nil
		if tr := r.parse(s); tr != nil && tr.at(t.at) >= 0 {
			t.whom = r.behind(tr, tr.at(t.at), t)
		}
	}
	if t.sense.Bears && !t.group.passive {
		t.who, t.whom = r.agent(t.last, s, 14), t.who
	}
	if len(t.whom) == 0 && t.objectAt >= s.First && !t.sense.Recip {
		t.whom = r.people(t.objectAt)
	}
	t.whom = slices.DeleteFunc(t.whom, func(m int) bool { return slices.Contains(t.who, m) })
	if t.sense.Recip || t.sense.Both || t.sense.Type == plover.Agree && len(t.who) == 2 && r.foreign(t.who[0], t.who[1]) {
		t.reciprocate()
	}
}

// people is the mention at a token, where it is of people rather than of a body or an office: "released four hostages".
func (r *reading) people(token int) []int {
	m := r.at[token] - 1
	if m < 0 || r.mentions[m].agent == nil || r.mentions[m].agent.State && !r.mentions[m].agent.Person {
		return nil
	}
	return []int{m}
}

// rejoin makes an active verb of a bare participle that is joined to one: "a arrêté et expulsé".
func (r *reading) rejoin(t *trigger, s text.Sentence) {
	if !t.group.adjectival {
		return
	}
	tr := r.parse(s)
	if tr == nil {
		return
	}
	v := tr.at(t.at)
	if v < 0 || tr.rel(v) != "conj" {
		return
	}
	h := tr.Words[v].Head
	if tr.Words[h].Tag == syntax.VERB && tr.child(h, "aux:pass", "nsubj:pass") < 0 && tr.child(h, "aux") >= 0 && tr.Words[v].Feats.Voice() != "Pass" {
		t.group.adjectival, t.group.passive, t.group.perfect = false, false, true
	}
}

// fromTree lets the tree correct what the order of the words suggested.
func (r *reading) fromTree(ts []trigger, k int, s text.Sentence) {
	t := &ts[k]
	who, whom, ok := r.treeVerb(ts, k, s)
	if !ok {
		return
	}
	if t.pattern == "inverted" && (len(who) == 0 || r.quoted(t.group.start, s)) && meets(whom, t.who) {
		return
	}
	if t.pattern == "inverted" && len(who) > 0 && !meets(who, t.who) {
		t.pattern = "active"
	}
	if len(who) > 0 {
		t.who = who
	}
	if len(whom) > 0 {
		t.whom = whom
	}
}

// quoted tells whether a quotation ends right before token i: who stands behind the verb there speaks.
func (r *reading) quoted(i int, s text.Sentence) bool {
	if r.key(i-1) == "," {
		i--
	}
	switch r.key(i - 1) {
	case "»", "”":
		return true
	case "\"": // opens and closes alike
		marks := 0
		for j := s.First; j < i; j++ {
			if r.keys[j] == "\"" {
				marks++
			}
		}
		return marks%2 == 0
	}
	return false
}

// foreign tells whether two mentions are of different countries.
func (r *reading) foreign(a, b int) bool {
	x, y := r.mentions[a].actor.Country, r.mentions[b].actor.Country
	return x != "" && y != "" && x != y
}

// reciprocate divides a plural doer: "X and Y met".
func (t *trigger) reciprocate() {
	switch {
	case len(t.whom) == 0 && len(t.who) > 1:
		t.who, t.whom = t.who[:1], t.who[1:]
	case len(t.who) == 0 && len(t.whom) > 1:
		t.who, t.whom = t.whom[:1], t.whom[1:]
	}
}

func (r *reading) activeArguments(ts []trigger, k int, s text.Sentence) {
	t := &ts[k]
	t.pattern = "active"
	t.who = r.doer(ts, k, s)
	t.whom = r.objects(t, s, t.sense.Preps)
	if len(t.who) == 0 && !t.group.dependent() { // « … », dénonce Amnesty
		if m := r.inverted(t, s); m >= 0 {
			t.pattern, t.who = "inverted", []int{m}
			t.whom = slices.DeleteFunc(t.whom, func(x int) bool { return x == m })
		}
	}
}

// doer is the subject of verb k: its own, its governor's, or that of the verb it is joined to.
func (r *reading) doer(ts []trigger, k int, s text.Sentence) []int {
	t := &ts[k]
	if t.group.dependent() && t.parent >= 0 {
		p := &ts[t.parent]
		r.arguments(ts, t.parent, s)
		if (p.sense.Act == lexicon.Request || p.sense.Act == lexicon.Force || p.sense.Act == lexicon.Accuse) && len(p.whom) > 0 {
			return p.whom
		}
		if len(p.who) > 0 {
			return p.who
		}
	}
	if r.has(t.group.start-1, lexicon.And) || r.keys[max(t.group.start-1, 0)] == "," && t.group.tense&lexicon.Gerund != 0 {
		for p := k - 1; p >= 0; p-- {
			if ts[p].noun() || ts[p].at < s.First {
				continue
			}
			r.arguments(ts, p, s)
			if !ts[p].group.passive && len(ts[p].who) > 0 && !ts[p].group.dependent() {
				return ts[p].who
			}
			break
		}
	}
	if m := r.subjectOf(t.group, s); m >= 0 {
		return r.coordinated(m)
	}
	return nil
}

// subjectOf is the mention that stands as the subject of g: the nearest bare one before it, else the owner of the noun
// that is ("la décision de l'OTAN a réduit"); -1 where there is none.
func (r *reading) subjectOf(g group, s text.Sentence) int {
	relative := r.has(g.start-1, lexicon.Whose) && r.keys[g.start-1] != "que" && r.keys[g.start-1] != "qu'"
	fallback, crossed := -1, false
	for i := g.start - 1; i >= s.First; i-- {
		if m := r.at[i] - 1; m >= 0 {
			n := &r.mentions[m]
			i = n.first
			switch {
			case n.reference == "owner" || n.actor.Name == "":
			case relative:
				return m
			case n.prep == "" && !n.place, n.prep == "" && fallback < 0 && !crossed:
				return m
			case (n.prep == "de" || n.prep == "of" || n.owned) && fallback < 0:
				fallback = m
			}
			continue
		}
		if r.stop(i) && r.keys[i] != ")" && r.keys[i] != "(" {
			break
		}
		if r.keys[i] == "," {
			crossed = true
		}
		if r.has(i, lexicon.Clause|lexicon.Whose) && fallback >= 0 && i < g.start-1 {
			break
		}
	}
	return fallback
}

// inverted is the subject after its verb: "…», a dénoncé Amnesty".
func (r *reading) inverted(t *trigger, s text.Sentence) int {
	if t.group.start == s.First || t.last >= s.Last {
		return -1
	}
	switch r.keys[t.group.start-1] {
	case ",", "»", "”", "\"":
	default:
		return -1
	}
	return r.directly(t.last, s)
}

// coordinated is m and those joined to it: "la France, l'Allemagne et l'Italie"; in text order.
func (r *reading) coordinated(m int) []int {
	out := []int{m}
	for k := m; k > 0 && len(out) < 12 && r.joined(k-1, k); k-- {
		out = append(out, k-1)
	}
	slices.Reverse(out)
	return out
}

// joined tells whether only "and", a comma and articles stand between two mentions. A comma alone joins only where
// the list goes on to an "and", which the caller came from.
func (r *reading) joined(a, b int) bool {
	from, to := r.mentions[a].last, r.mentions[b].first
	if to-from > 4 || to <= from || r.mentions[a].reference != "" || r.mentions[b].reference != "" {
		return false
	}
	and := false
	for i := from; i < to; i++ {
		if _, n := r.phrase(i, to, lexicon.And); n > 1 { // "ainsi que", "as well as"
			and = true
			i += n - 1
			continue
		}
		switch {
		case r.has(i, lexicon.And) && r.keys[i] != "with" && r.keys[i] != "avec":
			and = true
		case r.keys[i] == ",":
			and = and || r.enumerates(b)
		case r.has(i, lexicon.Determiner|lexicon.Modifier):
		default:
			return false
		}
	}
	return and
}

// enumerates tells whether mention b is followed by "and" or a comma and another mention.
func (r *reading) enumerates(b int) bool {
	if b+1 >= len(r.mentions) {
		return false
	}
	from, to := r.mentions[b].last, r.mentions[b+1].first
	if to-from > 3 {
		return false
	}
	for i := from; i < to; i++ {
		if r.has(i, lexicon.And) {
			return true
		}
	}
	return false
}

// following is m and those joined to it after it.
func (r *reading) following(m int) []int {
	out := []int{m}
	for k := m; k+1 < len(r.mentions) && len(out) < 12 && r.joined(k, k+1); k++ {
		out = append(out, k+1)
	}
	return out
}

// objects are the mentions that verb t acts upon: the first bare one after it or one behind a fitting preposition,
// else the owner of the object.
func (r *reading) objects(t *trigger, s text.Sentence, preps []string) []int {
	fallback, means, later := -1, false, false
	to := r.reach(t.last, s, 18)
	for i := t.last; i < to; i++ {
		if m := r.at[i] - 1; m >= 0 {
			n := &r.mentions[m]
			i = n.last - 1
			switch {
			case n.reference == "owner" || n.reference == "speaker" || n.actor.Name == "":
			case r.means(t, m): // what the verb's clause names bare after it is another's
				means = true
			case !n.known && t.objectAt >= n.first && t.objectAt < n.last: // "suspended its mission to NATO"
			case slices.Contains(preps, n.prep):
				if t.sense.Recip && place[n.prep] && n.place { // "met in Geneva"
					continue
				}
				return r.following(m)
			case n.prep == "" && (means || later && !r.governs(t.at, n.first, s)):
			case n.prep == "":
				if !r.doerOfNext(n, s) {
					return r.following(m)
				}
				return nil
			case (n.prep == "de" || n.prep == "of") && fallback < 0 && i-t.last < 12:
				fallback = m
			case n.owned && fallback < 0 && !place[n.prep]:
				fallback = m
			}
			continue
		}
		later = later || slices.Contains(timeWords, r.keys[i])
		if i > t.last+1 && r.finite(i, s) || t.sense.Act == "" && r.purpose(i, s) {
			break
		}
	}
	if fallback >= 0 {
		return r.following(fallback)
	}
	return nil
}

// purpose tells whether an infinitive of purpose begins at i: "pour discuter", "to discuss".
func (r *reading) purpose(i int, s text.Sentence) bool {
	if i+1 >= s.Last {
		return false
	}
	switch r.keys[i] {
	case "pour", "afin", "to":
		return infinitive(r.words[i+1]) && r.at[i+1] == 0
	}
	return false
}

var place = map[string]bool{"in": true, "at": true, "near": true, "en": true, "dans": true, "à": true, "inside": true, "outside": true, "across": true, "by": true, "par": true}

// doerOfNext tells whether a bare mention is the subject of a verb that follows it rather than an object: "said
// Russia attacked" has no object.
func (r *reading) doerOfNext(n *mention, s text.Sentence) bool {
	i := n.last
	return i < s.Last && r.has(i, lexicon.Be|lexicon.Have|lexicon.Will|lexicon.Could) && !r.possessive(i)
}

// finite tells whether token i is a finite form that opens another predicate.
func (r *reading) finite(i int, s text.Sentence) bool {
	w := r.words[i]
	if w.Marks.Has(lexicon.Be|lexicon.Have) && !r.possessive(i) && !(r.french && r.keys[i] == "a") {
		return true
	}
	if len(w.Verbs) == 0 || r.at[i] > 0 {
		return false
	}
	t := w.Verbs[0].Tense
	return t&lexicon.Finite != 0 && t&(lexicon.Infinitive|lexicon.Participle) == 0 && r.isVerb(i, s)
}

func (r *reading) passiveArguments(ts []trigger, k int, s text.Sentence) {
	t := &ts[k]
	t.pattern = "passive"
	if t.group.dependent() && t.parent >= 0 && !t.group.adjectival {
		r.arguments(ts, t.parent, s)
		t.whom = ts[t.parent].who
	} else if m := r.patient(t, s); m >= 0 {
		t.whom = r.coordinated(m)
	}
	t.who = r.agent(t.last, s, 14)
	if t.group.adjectival && len(t.who) == 0 {
		t.pattern = "participle"
	}
}

// patient is the subject of a passive; of a bare participle it stands directly before.
func (r *reading) patient(t *trigger, s text.Sentence) int {
	if !t.group.adjectival {
		return r.subjectOf(t.group, s)
	}
	for i := t.group.start - 1; i >= s.First && i >= t.group.start-3; i-- {
		if m := r.at[i] - 1; m >= 0 {
			return m
		}
		if r.clause(i) || r.has(i, lexicon.Preposition) {
			break
		}
	}
	return -1
}

// agent finds the doer of a passive or an event noun: "par X", "by X".
func (r *reading) agent(i int, s text.Sentence, n int) []int {
	to := r.reach(i, s, n)
	for ; i < to; i++ {
		if m := r.at[i] - 1; m >= 0 {
			if p := r.mentions[m].prep; p == "par" || p == "by" {
				return r.following(m)
			}
			i = r.mentions[m].last - 1
		}
	}
	return nil
}
