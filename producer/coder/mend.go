package coder

import (
	"strings"

	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// remedy mends what the parser often gets wrong in long sentences of the press.
func (t *tree) remedy() {
	t.front()
	for w := range t.Words {
		t.teller(w)
		t.pair(w)
		t.gloss(w)
		t.postpone(w)
		t.whose(w)
	}
	for w := range t.Words {
		if t.Words[w].Head < 0 && !t.verbal(w) || !t.verbal(w) && t.Words[w].Tag != syntax.ADJ {
			continue
		}
		t.attend(w)
		t.reason(w)
		t.moment(w)
		t.second(w)
		t.relate(w)
	}
}

// front hangs a participle that opens the sentence on its main verb, where the parser has it the other way round:
// "Condemned by Canada, Myanmar has not answered".
func (t *tree) front() {
	w := 0
	for w < len(t.Words) && w < 3 && t.Words[w].Tag == syntax.AUX {
		w++
	}
	if w == len(t.Words) || t.Words[w].Head >= 0 || t.Words[w].Tag != syntax.VERB {
		return
	}
	if form := t.Words[w].Feats.VerbForm(); form != "Part" && form != "Ger" || t.child(w, "nsubj", "nsubj:pass") >= 0 {
		return
	}
	for c := w + 1; c < len(t.Words); c++ {
		if t.Words[c].Head != w || t.rel(c) != "conj" && t.rel(c) != "parataxis" && t.rel(c) != "ccomp" || !t.verbal(c) || t.child(c, "cc") >= 0 {
			continue
		}
		if t.child(c, "nsubj", "nsubj:pass") > w {
			t.Words[c].Head, t.Words[c].Rel = -1, "root"
			t.Words[w].Head, t.Words[w].Rel = c, "advcl"
			return
		}
	}
}

// teller keeps who is named behind "according to" from doing what he tells: "According to the UN, Eritrea deported".
func (t *tree) teller(w int) {
	v := t.Words[w].Head
	if v < 0 || t.rel(w) != "nsubj" {
		return
	}
	switch t.marker(w) {
	case "according", "selon":
	default:
		return
	}
	t.Words[w].Rel = "obl"
	if a := t.child(w, "appos"); a > w && t.child(v, "nsubj", "nsubj:pass") < 0 {
		t.Words[a].Head, t.Words[a].Rel = v, "nsubj"
	}
}

// pair joins the second of two subjects to the first where "and" stands between them: "The French president and the
// German chancellor urged".
func (t *tree) pair(w int) {
	v := t.Words[w].Head
	if v < w || t.Words[w].Rel != "nsubj" {
		return
	}
	for c := range w {
		if t.Words[c].Head != v || t.rel(c) != "nsubj" {
			continue
		}
		for cc := c + 1; cc < w; cc++ {
			if t.Words[cc].Rel == "cc" && (t.Words[cc].Head == v || t.Words[cc].Head == w) {
				t.Words[cc].Head = w
				t.Words[w].Head, t.Words[w].Rel = c, "conj"
				return
			}
		}
	}
}

// gloss makes a subject of the name behind a colon, and an apposition of a noun that the parser gives the name before it as its subject: "La Suède, pays neutre,
// a livré".
func (t *tree) gloss(w int) {
	h := t.Words[w].Head
	if h >= 0 && h < w && t.Words[w].Rel == "appos" && t.Words[h].Rel == "nsubj" && t.Words[h].Head > w { // "No surprise: Estonia expelled"
		for c := h + 1; c < w; c++ {
			if t.Words[c].Form == ":" {
				t.Words[w].Head, t.Words[w].Rel = t.Words[h].Head, "nsubj"
				t.Words[h].Rel = "dislocated"
				return
			}
		}
	}
	if h < w || t.Words[w].Rel != "nsubj" || t.Words[h].Tag != syntax.NOUN || t.rel(h) != "nsubj" || t.child(h, "cop") >= 0 || t.Words[h].Head < h {
		return
	}
	t.Words[w].Head, t.Words[w].Rel = t.Words[h].Head, t.Words[h].Rel
	t.Words[h].Head, t.Words[h].Rel = w, "appos"
}

// postpone gives a verb the object that the parser hangs on the day before it: "a attaqué lundi des soldats".
func (t *tree) postpone(w int) {
	h := t.Words[w].Head
	if h < 0 || h > w || t.rel(w) != "nmod" || !days[strings.ToLower(t.Words[h].Form)] || t.Words[h].Head < 0 {
		return
	}
	v := t.Words[h].Head
	if v > h || !t.verbal(v) || t.rel(h) != "obl" || t.child(v, "obj") >= 0 || t.child(v, "nsubj") < 0 {
		return
	}
	switch t.marker(w) {
	case "":
	case "de": // "des", where no second word follows it but the noun's own
		if c := t.child(w, "case"); c+2 > w || t.Words[c+1].Rel != "case" && t.Words[c+1].Rel != "det" {
			return
		}
		for c := range w {
			if t.Words[c].Head == w && t.Words[c].Rel == "case" {
				t.Words[c].Rel = "det"
			}
		}
	default:
		return
	}
	t.Words[w].Head, t.Words[w].Rel = v, "obj"
}

// days are the words between a French verb and its object that take the object for theirs.
var days = map[string]bool{
	"lundi": true, "mardi": true, "mercredi": true, "jeudi": true, "vendredi": true, "samedi": true, "dimanche": true, "jour": true,
	"hier": true, "matin": true, "soir": true, "midi": true, "semaine": true, "mois": true, "monday": true, "tuesday": true,
	"wednesday": true, "thursday": true, "friday": true, "saturday": true, "sunday": true, "yesterday": true,
}

// whose makes a clause of what follows "dont" and its noun, where the parser joins both to what stands before: "le
// Venezuela, dont les opposants réclamaient un geste".
func (t *tree) whose(w int) {
	n := t.Words[w].Head
	if strings.ToLower(t.Words[w].Form) != "dont" || n < w || t.rel(n) != "conj" || t.verbal(n) || t.Words[n].Head < 0 || t.Words[n].Head > w {
		return
	}
	for v := n + 1; v < len(t.Words); v++ {
		if !t.verbal(v) || t.Words[v].Feats.VerbForm() != "Fin" && t.child(v, "aux") < 0 {
			continue
		}
		if t.rel(v) != "conj" && t.rel(v) != "parataxis" || t.child(v, "nsubj", "nsubj:pass") >= 0 {
			return
		}
		t.Words[v].Head, t.Words[v].Rel = t.Words[n].Head, "acl:relcl"
		t.Words[n].Head, t.Words[n].Rel = v, "nsubj"
		return
	}
}

// above is the nearest verb that word w hangs on, before it; -1 where there is none.
func (t *tree) above(w int) int {
	v := t.Words[w].Head
	for n := 0; n < 8 && v >= 0 && !t.verbal(v); n++ {
		v = t.Words[v].Head
	}
	if v > w || v >= 0 && !t.verbal(v) {
		return -1
	}
	return v
}

// attend gives a present participle behind a comma to the verb instead of the noun before the comma: in "Qatar offered
// its good offices, praising Riyadh" the offices praise nobody.
func (t *tree) attend(w int) {
	f := t.Words[w].Feats
	present := f.VerbForm() == "Ger" || f.VerbForm() == "Part" && f.Tense() == "Pres"
	if !present || t.rel(w) != "acl" || w == 0 || t.Words[w-1].Form != "," || t.child(w, "aux") >= 0 {
		return
	}
	h := t.Words[w].Head
	if v := t.above(w); v >= 0 && h > v && t.rel(h) != "nsubj" && t.rel(h) != "appos" {
		t.Words[w].Head, t.Words[w].Rel = v, "advcl"
	}
}

// reason makes a clause of its own of a verb behind "after an explosion" that the parser joins to the verb before: in
// "put its troops on alert after an explosion killed two farmers" it is the explosion that killed.
func (t *tree) reason(w int) {
	h, n := t.Words[w].Head, w-1
	if h < 0 || h > w || t.child(w, "cc", "mark", "nsubj:pass") >= 0 {
		return
	}
	switch form := t.Words[w].Feats.VerbForm(); t.rel(w) {
	case "conj", "parataxis", "ccomp":
		if form != "Fin" {
			return
		}
	case "acl": // a participle that has an object does what it says
		if h != n || form != "Part" || t.child(w, "obj") < w {
			return
		}
		if h = t.Words[n].Head; h < 0 || !t.verbal(h) {
			return
		}
	default:
		return
	}
	c := t.child(n, "case")
	if t.Words[n].Tag != syntax.NOUN && t.Words[n].Tag != syntax.PROPN || n <= h || c < 0 || c > n {
		return
	}
	before := t.child(w, "nsubj") // "hours after a rocket killed"
	if before >= 0 && before != c-1 {
		return
	}
	switch strings.ToLower(t.Words[c].Form) {
	case "after", "before", "since", "until":
	default:
		return
	}
	if before >= 0 {
		t.Words[before].Head, t.Words[before].Rel = h, "obl"
	}
	t.Words[w].Head, t.Words[w].Rel = h, "advcl"
	t.Words[n].Head, t.Words[n].Rel = w, "nsubj"
	t.Words[c].Head, t.Words[c].Rel = w, "mark"
}

// moment gives a verb without subject the noun right before it that "when" or the like opens: "found itself alone when
// Saudi Arabia expelled".
func (t *tree) moment(w int) {
	h, n := t.Words[w].Head, w-1
	if h < 0 || h > w || t.rel(w) != "ccomp" && t.rel(w) != "conj" && t.rel(w) != "parataxis" || t.child(w, "nsubj", "nsubj:pass", "cc") >= 0 {
		return
	}
	if n > h && t.Words[n].Tag == syntax.PRON && t.Words[n].Head < n { // "itself"
		n--
	}
	if n <= h || t.Words[n].Tag != syntax.NOUN && t.Words[n].Tag != syntax.PROPN {
		return
	}
	for c := h + 1; c < n; c++ {
		switch strings.ToLower(t.Words[c].Form) {
		case "when", "while", "because", "although", "quand", "lorsque", "lorsqu'", "tandis":
		default:
			continue
		}
		for up, steps := t.Words[c].Head, 0; up >= 0 && steps < 3; up, steps = t.Words[up].Head, steps+1 {
			if up == n {
				t.Words[w].Rel = "advcl"
				t.Words[n].Head, t.Words[n].Rel = w, "nsubj"
				t.Words[c].Head, t.Words[c].Rel = w, "mark"
				return
			}
		}
	}
}

// second makes of a participle behind "and", joined to a word of the first verb's object, that verb's second: "a saisi
// deux navires grecs et arrêté dix marins". What stands behind it as a second object of the first is its own.
func (t *tree) second(w int) {
	h, cc := t.Words[w].Head, t.child(w, "cc")
	if h < 0 || t.Words[w].Rel != "conj" || cc != w-1 || t.verbal(h) || t.Words[w].Tag != syntax.VERB {
		return
	}
	if f := t.Words[w].Feats; f.VerbForm() != "Part" || f.Tense() == "Pres" {
		return
	}
	v := t.above(w)
	if v < 0 || t.child(v, "aux") < 0 || t.child(v, "aux:pass", "nsubj:pass") >= 0 || !t.followed(w) {
		return
	}
	t.Words[w].Head, t.Words[w].Rel = v, "conj"
	for x := w + 1; x < len(t.Words); x++ {
		if y := t.Words[x].Head; y >= 0 && y < w && y > v && t.Words[x].Rel == "conj" && t.child(x, "cc") < 0 {
			t.Words[x].Head, t.Words[x].Rel = w, "obj"
			return
		}
	}
}

// followed tells whether a bare noun phrase opens behind word w: a determiner or a number.
func (t *tree) followed(w int) bool {
	return w+1 < len(t.Words) && (t.Words[w+1].Tag == syntax.DET || t.Words[w+1].Tag == syntax.NUM)
}

// relate mends a main clause cut by a relative one that the parser takes for the main one: "Canada, on which China
// imposed sanctions, seeks", where the verb has two subjects with the relative pronoun between them.
func (t *tree) relate(v int) {
	first, between, second := -1, -1, -1
	for w := range v {
		switch {
		case t.Words[w].Head == v && (t.Words[w].Rel == "nsubj" || t.Words[w].Rel == "nsubj:pass") && first < 0:
			first = w
		case t.Words[w].Head == v && t.Words[w].Rel == "nsubj":
			second = w
		case t.Words[w].Head == v && (t.Words[w].Feats.PronType() == "Rel" || t.thatClause(w)):
			between = w
		case t.Words[w].Form == "dont" && first >= 0 && second < 0 && t.Words[w].Head > w && t.Words[t.Words[w].Head].Head == v:
			between = w
			t.Words[w].Head, t.Words[w].Rel = v, "obl:arg"
		}
	}
	if first < 0 || between < first || second < between || t.verbal(first) {
		return
	}
	head, rel := t.Words[v].Head, t.Words[v].Rel
	t.Words[v].Head, t.Words[v].Rel = first, "acl:relcl"
	for c := v + 1; c < len(t.Words); c++ {
		if t.Words[c].Head == v && (t.Words[c].Rel == "conj" || t.Words[c].Rel == "parataxis") && t.verbal(c) && t.child(c, "nsubj", "nsubj:pass") < 0 {
			t.Words[c].Head, t.Words[c].Rel = head, rel
			t.Words[first].Head, t.Words[first].Rel = c, "nsubj"
			return
		}
	}
	t.Words[first].Head, t.Words[first].Rel = head, rel
}

// thatClause tells a "que" or "that" which may stand for the noun before it.
func (t *tree) thatClause(w int) bool {
	switch strings.ToLower(t.Words[w].Form) {
	case "que", "qu'", "that":
		return true
	}
	return false
}

// bearer is the noun before the relative clause of verb v that bears what the verb says, where the parser has no object
// for it: "le pétrolier que l'Iran avait saisi"; -1 where there is none.
func (t *tree) bearer(v int) int {
	if t.rel(v) != "acl" || t.Words[v].Head < 0 || t.Words[v].Head > v {
		return -1
	}
	subject := t.child(v, "nsubj")
	for w := t.Words[v].Head + 1; w < v; w++ {
		if t.Words[w].Head == v && w < subject && t.thatClause(w) {
			return t.Words[v].Head
		}
	}
	return -1
}
