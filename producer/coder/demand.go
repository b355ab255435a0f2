package coder

import (
	"slices"

	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// must is what one who says that another must do something tells: a demand.
var must = &lexicon.Sense{
	Lemma: "must", Type: plover.Request, Mode: "change", CAMEO: "104", Act: lexicon.Request, NeedsWho: true, NeedsWhom: true,
}

// demands adds to ts a demand for each "X said that Y must …", and puts the acts that Y must do below it.
func (r *reading) demands(ts []trigger, voices []voice, s text.Sentence) []trigger {
	if len(voices) == 0 {
		return ts
	}
	for i := s.First; i < s.Last; i++ {
		if !r.has(i, lexicon.Must) || r.has(i+1, lexicon.Negation) {
			continue
		}
		if t, v, ok := r.demandAt(i, voices, s); ok {
			ts = append(ts, t)
			r.subordinate(ts, v, s)
		}
	}
	return ts
}

// blame is what one who calls an act by a bad name tells.
var blame = &lexicon.Sense{Lemma: "blame", Type: plover.Accuse, Mode: "disapprove", CAMEO: "111", NeedsWho: true}

// blames adds to ts an accusation for each "X said that this was unacceptable".
func (r *reading) blames(ts []trigger, voices []voice, s text.Sentence) []trigger {
	if len(voices) == 0 || slices.ContainsFunc(ts, func(t trigger) bool { return t.sense.Type == plover.Accuse }) {
		return ts
	}
	for i := s.First; i < s.Last; i++ {
		p, n := r.phrase(i, s.Last, lexicon.Blame)
		if n == 0 || p.Mark&lexicon.Blame == 0 || r.at[i] > 0 {
			continue
		}
		if t, ok := r.blameAt(i, i+n, voices, s); ok {
			return append(ts, t)
		}
	}
	return ts
}

// blameAt is the accusation that the word of blame at [i, last) tells. It is that of who says it; whom it blames is whose
// deed it is said of, where the sentence tells.
func (r *reading) blameAt(i, last int, voices []voice, s text.Sentence) (trigger, bool) {
	tr := r.parse(s)
	if tr == nil || tr.at(i) < 0 {
		return trigger{}, false
	}
	w := tr.at(i)
	for n := 0; n < 3 && tr.child(w, "nsubj") < 0 && tr.Words[w].Head >= 0 && !tr.verbal(w); n++ {
		w = tr.Words[w].Head
	}
	for c := range tr.Words {
		if (tr.Words[c].Head == w || tr.Words[c].Head == tr.at(i)) && r.has(tr.token[c], lexicon.Negation|lexicon.Could|lexicon.If) {
			return trigger{}, false
		}
	}
	var whom []int
	if c := tr.child(w, "nsubj", "nsubj:pass"); c >= 0 {
		whom = r.party(tr, c)
	}
	for _, said := range voices {
		m := &r.mentions[said.mention]
		if i < said.from || i >= said.to || m.medium || m.actor.Name == "" || !m.known && m.agent == nil || slices.Contains(whom, said.mention) {
			continue
		}
		return trigger{
			at: i, last: last, sense: blame, objectAt: -1, group: group{verb: i, start: i}, parent: -1, child: -1,
			who: []int{said.mention}, whom: whom, seen: true, pattern: "blame",
		}, true
	}
	return trigger{}, false
}

// demandAt is the demand that the modal at token i tells, and the word of the verb it governs.
func (r *reading) demandAt(i int, voices []voice, s text.Sentence) (trigger, int, bool) {
	tr := r.parse(s)
	if tr == nil || tr.at(i) < 0 {
		return trigger{}, -1, false
	}
	v := tr.at(i)
	if tr.rel(v) == "aux" {
		v = tr.Words[v].Head
	}
	c := tr.child(v, "nsubj", "nsubj:pass")
	if c < 0 || tr.Words[c].Feats.PronType() == "Rel" {
		return trigger{}, -1, false
	}
	whom := r.party(tr, c)
	if len(whom) == 0 || r.mentions[whom[0]].reference == "speaker" {
		return trigger{}, -1, false
	}
	for _, said := range voices {
		m := &r.mentions[said.mention]
		if i < said.from || i >= said.to || m.medium || m.actor.Name == "" || slices.Contains(whom, said.mention) || same(m.actor, r.mentions[whom[0]].actor) {
			continue
		}
		return trigger{
			at: i, last: i + 1, sense: must, objectAt: -1, group: group{verb: i, start: i}, parent: -1, child: -1,
			who: []int{said.mention}, whom: whom, seen: true, pattern: "demand",
		}, v, true
	}
	return trigger{}, -1, false
}

// subordinate puts the triggers that hang on verb v below the demand that ts ends with.
func (r *reading) subordinate(ts []trigger, v int, s text.Sentence) {
	tr, last := r.parse(s), len(ts)-1
	for k := range ts[:last] {
		if w := tr.at(ts[k].at); w >= 0 && (ts[k].parent < 0 || ts[ts[k].parent].at == ts[last].at) && tr.within(w, v) {
			if ts[k].at == ts[last].at {
				continue // the modal itself
			}
			ts[k].parent = last
			if ts[last].child < 0 {
				ts[last].child = k
			}
		}
	}
}
