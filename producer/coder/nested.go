package coder

import (
	"fmt"
	"slices"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// tops leaves out what a sentence only mentions while it tells another event: an act that hangs on another in the tree,
// unless words of its own say when, or between whom.
func (r *reading) tops(told []draft, s text.Sentence) []draft {
	if len(told) < 2 {
		return told
	}
	tr := r.parse(s)
	if tr == nil {
		return told
	}
	var out []draft
	for i := range told {
		if p := over(tr, told, i); p < 0 || ownWords(told[i], told[p]) || clause(tr, told[i]) {
			out = append(out, told[i])
		} else if r.trace != nil {
			fmt.Fprintf(r.trace, "  %q: dropped: only mentioned while %q is told\n", told[i].What.Trigger, told[p].What.Trigger)
		}
	}
	return out
}

// over is the event told by the nearest word that event i hangs on; -1 where there is none. Acts joined by "and" do not
// hang on each other.
func over(tr *tree, told []draft, i int) int {
	w := tr.at(told[i].at)
	joined := true
	for n := 0; n < len(tr.Words) && w >= 0; n++ {
		joined = joined && (tr.rel(w) == "conj" || tr.rel(w) == "parataxis")
		w = tr.Words[w].Head
		if w < 0 || joined {
			continue
		}
		for p := range told {
			if p != i && tr.at(told[p].at) == w {
				return p
			}
		}
	}
	return -1
}

// ownWords tells whether an event under another is told for its own sake.
func ownWords(d, parent draft) bool {
	return d.What.Type == plover.Protest && parent.What.Type != plover.Protest || d.dated || told(d.Who) && told(d.Whom) && !alike(d, parent)
}

// told tells whether the sentence itself names a party.
func told(side []news.Actor) bool {
	return slices.ContainsFunc(side, func(a news.Actor) bool { return !a.Inferred })
}

// clause tells whether an event is the verb of a clause with a subject of its own: "after diplomats were accused".
func clause(tr *tree, d draft) bool {
	w := tr.at(d.at)
	if w < 0 || d.sense.Noun || tr.rel(w) != "advcl" && tr.rel(w) != "ccomp" && tr.rel(w) != "acl" {
		return false
	}
	c := tr.child(w, "nsubj", "nsubj:pass")
	return c >= 0 && (tr.rel(w) != "acl" || tr.Words[c].Feats.PronType() != "Rel") // "dont les opposants réclamaient"
}
