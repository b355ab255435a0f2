package coder

import (
	"slices"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// trigger is a word that may tell an event, or decide what becomes of one.
type trigger struct {
	at, last int // tokens [at, last): the word and its tail
	sense    *lexicon.Sense
	object   string // the word of the object that chose the sense
	objectAt int    // where it stands; -1: nowhere
	group    group  // of a verb
	parent   int    // the trigger whose complement this one is; -1: none
	child    int    // the first of its own complements; -1: none
	who      []int  // mentions
	whom     []int
	seen     bool // arguments found
	pattern  string
}

func (t *trigger) noun() bool { return t.sense.Noun }

// absorbs tells whether the trigger takes its complement's event into its own: "refuse to meet" is a refusal only.
func (t *trigger) absorbs() bool {
	switch t.sense.Act {
	case lexicon.Agree, lexicon.Request, lexicon.Accuse, lexicon.Refuse, lexicon.Threaten:
		return true
	}
	return false
}

// triggers finds those of sentence s in text order.
func (r *reading) triggers(s text.Sentence) []trigger {
	var out []trigger
	for i := s.First; i < s.Last; i++ {
		w := r.words[i]
		if w == unknown || len(w.Verbs) == 0 && len(w.Nouns) == 0 && !w.Marks.Has(lexicon.Decision) {
			continue
		}
		if k := r.at[i] - 1; k >= 0 && (r.mentions[k].last-r.mentions[k].first > 1 || r.mentions[k].entry != nil) {
			continue
		}
		if t, ok := r.triggerAt(i, s); ok {
			if t.noun() && len(out) > 0 && out[len(out)-1].objectAt >= t.at && out[len(out)-1].objectAt < t.last {
				continue // "imposed sanctions" is told by the verb
			}
			t.parent, t.child = -1, -1
			out = append(out, t)
			i = max(i, min(t.last, s.Last)-1)
			if !t.noun() && t.last > t.at+1 {
				i = t.at // the tail of a verb may hold a noun that is its object
			}
		}
	}
	return out
}

func (r *reading) triggerAt(i int, s text.Sentence) (trigger, bool) {
	w := r.words[i]
	if len(w.Verbs) > 0 && r.at[i] == 0 && !w.Marks.Has(lexicon.Be|lexicon.Have|lexicon.Preposition) && r.looksVerb(i, s) {
		t, ok := r.verbTrigger(i, s)
		if !ok && len(w.Nouns) == 0 {
			r.misfit(i)
			return t, false
		}
		if !r.taggedNoun(i, s) {
			if !ok {
				r.misfit(i)
			}
			return t, ok
		}
	}
	for _, sense := range w.Nouns {
		if last, object, ok := r.fitsNoun(sense, i, s); ok {
			return trigger{at: i, last: last, sense: sense, object: object, objectAt: -1}, true
		}
	}
	if w.Marks.Has(lexicon.Decision) {
		return trigger{at: i, last: i + 1, sense: decision, objectAt: -1}, true
	}
	r.misfit(i)
	return trigger{}, false
}

// decision is what nouns such as "decision" and "attempt" do with an act: nothing.
var decision = &lexicon.Sense{Lemma: "decision", Noun: true, Act: lexicon.Transparent}

func (r *reading) verbTrigger(i int, s text.Sentence) (trigger, bool) {
	g := r.group(i, s)
	for _, f := range r.words[i].Verbs {
		for _, sense := range f.Verb.Senses {
			if r.french && sense.Reflexive != g.reflexive && (sense.Reflexive || len(sense.Any) == 0 && len(sense.Tail) == 0) {
				continue
			}
			last, ok := r.tail(sense.Tail, i+1, s)
			if !ok {
				continue
			}
			object, at, ok := r.objectFits(sense, i, last, g, s)
			if ok {
				return trigger{at: i, last: last, sense: sense, object: object, objectAt: at, group: g}, true
			}
		}
	}
	return trigger{}, false
}

// tail finds the words of a sense after its verb, with a few others between: "call on Monday for", "blow the bridge up".
func (r *reading) tail(words []string, i int, s text.Sentence) (int, bool) {
	for _, w := range words {
		found := false
		for gap := 0; gap < 4 && i < s.Last && !found; gap++ {
			if r.stop(i) || r.keys[i] == "," {
				return i, false
			}
			found = r.keys[i] == w && !(r.has(i, lexicon.Preposition) && r.has(i+1, lexicon.Weekdays|lexicon.Months))
			i++
		}
		if !found {
			return i, false
		}
	}
	return i, true
}

// objectFits tests the words that a sense asks for or forbids, in the verb's object: after it, or before a passive. It
// returns the word and where it stands.
func (r *reading) objectFits(sense *lexicon.Sense, i, last int, g group, s text.Sentence) (string, int, bool) {
	if len(sense.Any) == 0 && len(sense.None) == 0 {
		return "", -1, true
	}
	to := r.reach(last, s, reachOfVerb)
	if r.forbidden(sense.None, i+1, to) {
		return "", -1, false
	}
	if len(sense.Any) == 0 {
		return "", -1, true
	}
	if sense.Subject {
		w, at := r.oneOf(sense.Any, max(s.First, g.start-10), g.start)
		return w, -1, at >= 0
	}
	w, at := r.oneOf(sense.Any, i+1, to)
	for at >= 0 && !r.governs(i, at, s) {
		w, at = r.oneOf(sense.Any, at+1, to)
	}
	if at < 0 && g.passive {
		if w, at = r.oneOf(sense.Any, max(s.First, g.start-8), g.start); at < 0 {
			w, at = r.borneBy(sense.Any, i, s)
		}
	}
	return w, at, at >= 0
}

// forbidden tells whether one of the words stands in [from, to); those that bind only what follows them, directly:
// "arrêter de fumer", "agree that".
func (r *reading) forbidden(words []string, from, to int) bool {
	for _, w := range words {
		end, de := to, w == "de"
		if de || w == "that" || w == "with" {
			end = min(to, from+1)
		}
		for i := from; i < end; i++ {
			if de && (r.keys[i] == "de" || r.keys[i] == "d'") || !de && lexicon.Near(r.keys[i], w) {
				return true
			}
		}
	}
	return false
}

// governs tells whether the word at token at belongs to what the verb at token i says, not to a clause of its own below
// it; true where there is no tree.
func (r *reading) governs(i, at int, s text.Sentence) bool {
	tr := r.parse(s)
	if tr == nil || tr.at(i) < 0 || tr.at(at) < 0 {
		return true
	}
	return tr.within(tr.at(at), tr.at(i))
}

// borneBy finds one of the words as the subject of the passive at token i, however far before it.
func (r *reading) borneBy(words []string, i int, s text.Sentence) (string, int) {
	if _, at := r.oneOf(words, s.First, i); at < 0 {
		return "", -1
	}
	tr := r.parse(s)
	if tr == nil || tr.at(i) < 0 {
		return "", -1
	}
	c, _ := tr.subject(tr.at(i))
	if c < 0 {
		return "", -1
	}
	return r.oneOf(words, tr.token[c], tr.token[c]+1)
}

// reachOfVerb is how many tokens behind a verb what its sense asks for may stand.
const reachOfVerb = 10

// reach is the end of what a verb that ends at i may govern: at most n tokens, to the next clause.
func (r *reading) reach(i int, s text.Sentence, n int) int {
	to := min(s.Last, i+n)
	for j := i; j < to; j++ {
		if r.stop(j) || j > i && r.has(j, lexicon.Clause|lexicon.Whose) {
			return j
		}
	}
	return to
}

// oneOf finds one of the words among the tokens [from, to), and where; -1 where none is.
func (r *reading) oneOf(words []string, from, to int) (string, int) {
	for i := from; i < to; i++ {
		for _, w := range words {
			if lexicon.Near(r.keys[i], w) {
				return w, i
			}
		}
	}
	return "", -1
}

func (r *reading) fitsNoun(sense *lexicon.Sense, i int, s text.Sentence) (int, string, bool) {
	if !r.follows(sense.Tail, i+1, s.Last) {
		return 0, "", false
	}
	last := i + 1 + len(sense.Tail)
	from, to := max(s.First, i-4), r.reach(last, s, 6)
	if _, at := r.oneOf(sense.None, from, to); at >= 0 {
		return 0, "", false
	}
	if len(sense.Any) == 0 {
		return last, "", true
	}
	w, at := r.oneOf(sense.Any, last, to)
	if at < 0 {
		w, at = r.oneOf(sense.Any, from, i)
	}
	return last, w, at >= 0
}

// link finds whose complement each trigger is.
func (r *reading) link(ts []trigger, s text.Sentence) {
	for k := range ts {
		t := &ts[k]
		var p int
		if t.noun() {
			p = r.verbOver(ts, k)
		} else {
			p = r.governor(ts, k, s)
		}
		if p < 0 {
			p = r.above(ts, k, s)
		}
		if p >= 0 {
			t.parent = p
			if ts[p].child < 0 {
				ts[p].child = k
			}
		}
	}
}

// above is the trigger whose complement, or part of it, trigger k is in the tree: "rejected accusations that its army
// killed", "appeal for the lifting of the blockade".
func (r *reading) above(ts []trigger, k int, s text.Sentence) int {
	tr := r.parse(s)
	if tr == nil {
		return -1
	}
	w, part := tr.at(ts[k].at), false
	for n := 0; n < 6 && w >= 0; n++ {
		part = part || tr.rel(w) != "conj"
		switch tr.rel(w) {
		case "obj", "ccomp", "xcomp", "acl", "nmod", "obl":
			if tr.Words[w].Rel == "acl:relcl" {
				return -1
			}
			if m := tr.marker(w); tr.rel(w) != "obj" && slices.Contains(timeWords, m) {
				return -1
			}
		case "conj":
			if n > 0 && tr.verbal(w) {
				return -1
			}
		case "compound", "amod":
		default:
			return -1
		}
		w = tr.Words[w].Head
		if w < 0 {
			return -1
		}
		for p := range ts {
			if p != k && !part && ts[k].noun() && ts[p].noun() && tr.at(ts[p].at) == w { // "condemned the shooting and the attack"
				return ts[p].parent
			}
			if p != k && part && tr.at(ts[p].at) == w {
				if ts[p].sense.Act == "" || ts[p].parent == k {
					return -1
				}
				return p
			}
		}
	}
	return -1
}

// governor is the trigger that an infinitive or gerund hangs on: "décider de suspendre", "accused of bombing".
func (r *reading) governor(ts []trigger, k int, s text.Sentence) int {
	t := &ts[k]
	if p := r.denial(ts, k); p >= 0 {
		return p
	}
	if !t.group.dependent() && !(r.french && t.group.tense&lexicon.Subjunctive != 0) && !r.bareThat(t, s) {
		return -1
	}
	if r.ownSubject(t, s) || r.manner(t) {
		return -1
	}
	for p := k - 1; p >= 0 && p >= k-3; p-- {
		g := &ts[p]
		if t.group.start-g.last > 12 || r.crosses(g.last, t.group.start) {
			return -1
		}
		if g.sense.Act == "" {
			if g.noun() {
				continue
			}
			if r.has(t.group.start-1, lexicon.And) && g.parent >= 0 { // "to arrest and deport"
				return g.parent
			}
			continue
		}
		return p
	}
	return -1
}

// manner tells a gerund that says how something is done, not what: "en refusant", "by refusing".
func (r *reading) manner(t *trigger) bool {
	if !t.group.gerund {
		return false
	}
	before := r.key(t.group.start - 1)
	return r.keys[t.group.start] == "en" || before == "en" || before == "by"
}

// denial is the denial that verb k stands in: "denied charges it suspended"; -1 where there is none.
func (r *reading) denial(ts []trigger, k int) int {
	for p := k - 1; p >= 0 && ts[k].at-ts[p].last < 25; p-- {
		if ts[p].sense.Act != lexicon.Deny {
			continue
		}
		for i := ts[p].last; i < ts[k].at; i++ {
			if r.stop(i) || r.keys[i] == "," || r.has(i, lexicon.And) && r.keys[i] != "with" && r.keys[i] != "avec" {
				return -1
			}
		}
		return p
	}
	return -1
}

// ownSubject tells an infinitive with its subject before it: "verra la Russie retirer".
func (r *reading) ownSubject(t *trigger, s text.Sentence) bool {
	if !r.french || !t.group.infinitive || t.group.start <= s.First {
		return false
	}
	m := r.at[t.group.start-1] - 1
	return m >= 0 && r.mentions[m].prep == "" && r.mentions[m].reference == ""
}

// bareThat tells an act in a clause that a demand, a threat or a denial opens: "demanded that Israel withdraw".
func (r *reading) bareThat(t *trigger, s text.Sentence) bool {
	for j := t.group.start - 1; j >= s.First && j > t.group.start-10; j-- {
		switch r.keys[j] {
		case "that", "que", "qu'":
			return true
		}
		if r.stop(j) || r.has(j, lexicon.Whose|lexicon.Clause) {
			return false
		}
	}
	return false
}

// crosses tells whether a strong border lies in [from, to).
func (r *reading) crosses(from, to int) bool {
	for i := from; i < to; i++ {
		if r.stop(i) {
			return true
		}
	}
	return false
}

// verbOver is the trigger whose object the event noun k is: "condemned the attack", "announced sanctions".
func (r *reading) verbOver(ts []trigger, k int) int {
	p := k - 1
	if p < 0 {
		return -1
	}
	g := &ts[p]
	switch {
	case g.noun() && g.sense.Act == "" && g.parent >= 0 && ts[g.parent].absorbs() && ts[k].at-g.last < 6:
		return g.parent
	case g.sense.Act == "", g.group.passive && !g.noun(), ts[k].at-g.last > 7, r.breaks(g.last, ts[k].at):
		return -1
	case g.noun() && r.predicated(g, ts[k].at):
		return -1
	}
	return p
}

// predicated tells whether a verb of its own stands between the noun g and token i: "the request came after the attack".
func (r *reading) predicated(g *trigger, i int) bool {
	for j := g.last; j < i; j++ {
		for _, f := range r.words[j].Verbs {
			if f.Tense&lexicon.Past != 0 && len(r.words[j].Nouns) == 0 && r.at[j] == 0 {
				return true
			}
		}
	}
	return false
}

// breaks tells whether a comma, a clause or a preposition of time stands in [from, to).
func (r *reading) breaks(from, to int) bool {
	for i := from; i < to; i++ {
		if r.clause(i) || r.keys[i] == "," || slices.Contains(timeWords, r.keys[i]) {
			return true
		}
	}
	return false
}

var timeWords = []string{"after", "before", "since", "during", "amid", "following", "until", "après", "avant", "depuis", "pendant", "lors", "suite"}
