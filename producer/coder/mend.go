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
	}
	for w := range t.Words {
		if t.Words[w].Head < 0 && !t.verbal(w) || !t.verbal(w) && t.Words[w].Tag != syntax.ADJ {
			continue
		}
		t.attend(w)
		t.reason(w)
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
	h := t.Words[w].Head
	if h < 0 || h > w || t.rel(w) != "conj" && t.rel(w) != "parataxis" && t.rel(w) != "ccomp" || t.Words[w].Feats.VerbForm() != "Fin" ||
		t.child(w, "cc", "mark", "nsubj:pass") >= 0 {
		return
	}
	n := w - 1
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
	t.Words[w].Rel = "advcl"
	t.Words[n].Head, t.Words[n].Rel = w, "nsubj"
	t.Words[c].Head, t.Words[c].Rel = w, "mark"
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
		case t.Words[w].Head == v && t.Words[w].Rel == "nsubj" && first < 0:
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
