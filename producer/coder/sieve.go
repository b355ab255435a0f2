package coder

import (
	"slices"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// Parsing is most of what an article costs, and most sentences tell nothing. What is asked here looks at the words
// alone and never says no of a sentence that holds an event, so that those it refuses need no tree.

// tells tells whether the words of a sentence may tell an event: one that does, with what its sense asks for somewhere
// in the sentence.
func (r *reading) tells(s text.Sentence) bool {
	if r.judged == s.First+1 {
		return r.telling
	}
	r.judged, r.telling = s.First+1, false
	for i := s.First; i < s.Last && !r.telling; i++ {
		r.telling = r.mayTell(i, s)
	}
	return r.telling
}

func (r *reading) mayTell(i int, s text.Sentence) bool {
	w := r.words[i]
	if w == unknown {
		return false
	}
	if _, n := r.phrase(i, s.Last, lexicon.Must|lexicon.Blame); n > 0 {
		return true
	}
	if !w.Marks.Has(lexicon.Be | lexicon.Have | lexicon.Preposition) {
		var tense lexicon.Tense
		for _, f := range w.Verbs {
			tense |= f.Tense
		}
		for _, f := range w.Verbs {
			if slices.ContainsFunc(f.Verb.Senses, func(sense *lexicon.Sense) bool { return sense.Type != "" && r.mayFit(sense, tense, i, s) }) {
				return true
			}
		}
	}
	return slices.ContainsFunc(w.Nouns, func(sense *lexicon.Sense) bool {
		_, _, ok := r.fitsNoun(sense, i, s)
		return ok && sense.Type != ""
	})
}

// mayFit tells whether what a sense asks for stands somewhere around the verb at token i.
func (r *reading) mayFit(sense *lexicon.Sense, tense lexicon.Tense, i int, s text.Sentence) bool {
	last, ok := r.tail(sense.Tail, i+1, s)
	if !ok {
		return false
	}
	to := r.reach(last, s, reachOfVerb)
	if r.forbidden(sense.None, i+1, to) {
		return false
	}
	if len(sense.Any) == 0 {
		return true
	}
	if sense.Subject || tense&lexicon.Participle != 0 {
		_, at := r.oneOf(sense.Any, s.First, to)
		return at >= 0
	}
	_, at := r.oneOf(sense.Any, i+1, to)
	return at >= 0
}

// peopled tells whether a sentence names anybody who may be a party to what it tells, or has a word that tells an event
// without any.
func (r *reading) peopled(k int) bool {
	if slices.ContainsFunc(r.mentions[r.first[k]:], func(m mention) bool { return m.actor.Name != "" }) {
		return true
	}
	s := r.Sentences[k]
	return slices.ContainsFunc(r.words[s.First:s.Last], func(w *lexicon.Word) bool {
		return len(w.Nouns) > 0 || slices.ContainsFunc(w.Verbs, func(f lexicon.Form) bool {
			return slices.ContainsFunc(f.Verb.Senses, func(sense *lexicon.Sense) bool { return sense.Solo })
		})
	})
}
