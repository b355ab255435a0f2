package coder

import (
	"slices"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// outcome is what becomes of a trigger's act after all that governs it.
type outcome struct {
	action news.Action
	realis news.Realis
	drop   string // why it is no event; empty: it is one
}

// compose decides what trigger k tells.
func (r *reading) compose(ts []trigger, k int, s text.Sentence) outcome {
	t := &ts[k]
	if t.sense.Type == "" {
		return outcome{drop: "no event"}
	}
	o := outcome{action: news.NewAction(t.sense.Type, t.sense.Mode, t.sense.CAMEO), realis: news.Actual}
	if t.sense.Act == lexicon.Plan {
		if t.child < 0 || r.complement0(ts, t.child).Type == "" {
			return outcome{drop: "a plan of nothing"}
		}
		c := r.complement0(ts, t.child)
		o.action = announced(news.NewAction(c.Type, c.Mode, c.CAMEO))
	}
	if t.absorbs() && t.child >= 0 {
		c := r.complement0(ts, t.child)
		if t.sense.Act == lexicon.Agree && c.Type.Quad() == plover.MaterialConflict && !consents(t.sense.Lemma) {
			o.action = withComplement(news.NewAction(plover.Threaten, "", "130"), lexicon.Threaten, c) // "vowed to attack"
		} else {
			o.action = withComplement(o.action, t.sense.Act, c)
		}
	}
	plan, sealed := t.sense.Act == lexicon.Plan, false
	modal, future, negated := t.group.modal, t.group.future, t.group.negated
	negated = negated || r.none(t)
	alleged := t.group.conditional
	for p, n := t.parent, 0; p >= 0 && n < 6; p, n = ts[p].parent, n+1 {
		g := &ts[p]
		switch g.sense.Act {
		case lexicon.Deny, lexicon.Prevent, lexicon.Force:
			return outcome{drop: string(g.sense.Act)}
		case lexicon.Imagine:
			modal = true
		case lexicon.Plan:
			if g.sense.Type == "" {
				future = true
			} else {
				sealed = true
			}
		}
		if g.absorbs() || sealed {
			return outcome{drop: "part of " + g.sense.Lemma}
		}
		negated = negated || g.group.negated
		modal, future = modal || g.group.modal, future || g.group.future
		alleged = alleged || g.group.conditional
	}
	if t.sense.Type == plover.Assault && r.natural(t, s) {
		return outcome{drop: "done by nature"}
	}
	d, headline := r.loose(t, s)
	if d != "" {
		return outcome{drop: d}
	}
	future = future || headline
	if future && t.group.passive && len(t.who) == 0 && o.action.Quad == plover.MaterialConflict {
		return outcome{drop: "to be done by nobody that is named"}
	}
	return settle(o, plan, modal, future, negated, alleged || r.alleged(t, s), r.supposed(t, s))
}

// natural tells whether what strikes or kills is no actor but a storm or a disease.
func (r *reading) natural(t *trigger, s text.Sentence) bool {
	tr := r.parse(s)
	if t.noun() || tr == nil || tr.at(t.at) < 0 {
		return false
	}
	if c, bears := tr.subject(tr.at(t.at)); c >= 0 && !bears {
		return r.has(tr.token[c], lexicon.Nature)
	}
	a := r.agentOf(tr, tr.at(t.at))
	return a >= 0 && r.has(tr.token[a], lexicon.Nature)
}

// none tells whether a party is "no" soldier, "neither" country: nobody.
func (r *reading) none(t *trigger) bool {
	if t.noun() {
		for i := t.at - 1; i >= t.at-3 && i >= 0; i-- { // "no further attack", "aucune accusation"
			switch r.key(i) {
			case "no", "aucun", "aucune":
				return true
			}
			if !r.has(i, lexicon.Modifier|lexicon.Adverb) && r.words[i] != unknown {
				break
			}
		}
	}
	for _, m := range slices.Concat(t.who, t.whom) {
		switch r.key(r.mentions[m].start) {
		case "no", "neither", "aucun", "aucune":
			return true
		}
		switch r.key(r.mentions[m].start - 1) {
		case "no", "neither":
			return true
		}
	}
	return false
}

// consents tells the words that agree with others from those that promise by themselves.
func consents(lemma string) bool {
	return strings.HasPrefix(lemma, "agree") || strings.HasPrefix(lemma, "accept") || strings.HasPrefix(lemma, "consent") || strings.HasPrefix(lemma, "convenir")
}

// complement0 is the act at the end of a chain of transparent words: of "accept to begin to withdraw", withdraw.
func (r *reading) complement0(ts []trigger, k int) *lexicon.Sense {
	for n := 0; n < 4 && ts[k].sense.Type == "" && ts[k].child >= 0; n++ {
		k = ts[k].child
	}
	return ts[k].sense
}

// settle applies the realis table of the ontology.
func settle(o outcome, plan, modal, future, negated, alleged, supposed bool) outcome {
	a := o.action
	switch {
	case negated && (future || a.Type == plover.Agree || a.Type == plover.Concede && modal):
		if a.Quad <= plover.MaterialCooperation && a.Type != plover.Support {
			o.action = refusal(a, a.Type)
			return o
		}
		return outcome{drop: "negated"}
	case negated:
		return outcome{drop: "negated"}
	case modal || supposed:
		o.realis = news.Hypothetical
	case alleged:
		o.realis = news.Alleged
	case future && !plan:
		o.action = announced(a)
	}
	return o
}

// announced is what a future act is now: cooperation a promise, conflict a threat.
func announced(a news.Action) news.Action {
	switch {
	case a.Type == plover.Consult || a.Quad == plover.MaterialCooperation || a.Type == plover.Concede:
		return withComplement(news.NewAction(plover.Agree, "", "030"), lexicon.Agree, &lexicon.Sense{Type: a.Type, Mode: a.Mode})
	case a.Quad == plover.MaterialConflict:
		return withComplement(news.NewAction(plover.Threaten, "", "130"), lexicon.Threaten, &lexicon.Sense{Type: a.Type, Mode: a.Mode})
	}
	return a
}

func refusal(a news.Action, t plover.Type) news.Action {
	return withComplement(news.NewAction(plover.Reject, "", "120"), lexicon.Refuse, &lexicon.Sense{Type: t, Mode: a.Mode})
}

// withComplement gives an action the mode and code that its complement's act means.
func withComplement(a news.Action, act lexicon.Act, c *lexicon.Sense) news.Action {
	mode, code := a.Mode, a.CAMEO
	switch act {
	case lexicon.Refuse:
		mode, code = refuseMode(c)
	case lexicon.Threaten:
		mode, code = threatMode(c)
	case lexicon.Agree:
		code = agreeCode(c.Type)
	case lexicon.Request:
		mode, code = requestMode(c.Type)
	}
	return news.NewAction(a.Type, mode, code)
}

func refuseMode(c *lexicon.Sense) (plover.Mode, string) {
	switch c.Type {
	case plover.Consult:
		return "meet", "125"
	case plover.Aid, plover.Cooperate:
		return "assist", "121"
	case plover.Retreat, plover.Concede:
		return "yield", "124"
	}
	return "", "120"
}

func threatMode(c *lexicon.Sense) (plover.Mode, string) {
	switch {
	case c.Type == plover.Sanction && c.Mode == "expel":
		return "expel", "132"
	case c.Type == plover.Sanction && c.Mode == "withdraw":
		return "relations", "1313"
	case c.Type == plover.Sanction:
		return "restrict", "1312"
	case c.Type == plover.Coerce && c.Mode == "arrest":
		return "arrest", "132"
	case c.Type == plover.Coerce && c.Mode == "seize":
		return "territory", "138"
	case c.Type == plover.Coerce:
		return "restrict", "132"
	case c.Type == plover.Protest:
		return "", "133"
	case c.Type == plover.Assault, c.Type == plover.Mobilize:
		return "violence", "138"
	}
	return "", "130"
}

func agreeCode(t plover.Type) string {
	switch t {
	case plover.Cooperate:
		return "031"
	case plover.Support:
		return "032"
	case plover.Aid:
		return "033"
	case plover.Retreat, plover.Concede:
		return "035"
	case plover.Consult:
		return "036"
	}
	return "030"
}

func requestMode(t plover.Type) (plover.Mode, string) {
	switch t {
	case plover.Aid, plover.Cooperate:
		return "assist", "103"
	case plover.Retreat, plover.Concede:
		return "yield", "105"
	case plover.Consult:
		return "meet", "106"
	}
	return "change", "104"
}

// loose tells why an infinitive that hangs on nothing we know is no event: a purpose has not happened. In a headline
// ("Russia to expel diplomats") it is the future.
func (r *reading) loose(t *trigger, s text.Sentence) (drop string, headline bool) {
	if r.without(t, s) {
		return "without", false
	}
	if t.noun() || t.parent >= 0 {
		return "", false
	}
	before := r.key(t.group.start - 1)
	if t.group.gerund && slices.Contains(aims, before) {
		return "purpose", false
	}
	if !t.group.infinitive || !r.french && t.group.perfect { // "is said to have seized"
		return "", false
	}
	if r.french {
		switch before {
		case "pour", "afin", "sans":
			return "purpose", false
		case "de", "d'":
			switch r.key(t.group.start - 2) {
			case "afin", "lieu", "avant", "plutôt":
				return "purpose", false
			}
		}
		return "", false
	}
	if m := r.at[max(t.group.start-1, s.First)] - 1; m >= 0 && r.mentions[m].start == s.First {
		return "", true
	}
	if t.sense.Type == plover.Protest { // those who gather to protest do
		return "", false
	}
	return "purpose", false
}

// aims are the prepositions before what somebody is only about to do: "aimed at helping".
var aims = []string{"at", "on", "toward", "towards", "about"}

// without tells an act that was not done: "without attacking".
func (r *reading) without(t *trigger, s text.Sentence) bool {
	for i := t.at - 1; i >= s.First && i > t.at-5; i-- {
		if r.stop(i) || r.keys[i] == "," {
			return false
		}
		if r.at[i] > 0 {
			continue // "Doctors Without Borders"
		}
		if _, n := r.phrase(i, s.Last, lexicon.Without); n > 0 {
			return true
		}
	}
	return false
}

// alleged tells whether a word near the trigger says that others say so.
func (r *reading) alleged(t *trigger, s text.Sentence) bool {
	from, to := max(s.First, t.at-5), min(s.Last, t.last+2)
	for i := from; i < to; i++ {
		if _, n := r.phrase(i, s.Last, lexicon.Alleged); n > 0 {
			return true
		}
	}
	return false
}

// supposed tells whether the trigger stands in a clause that "if" opens.
func (r *reading) supposed(t *trigger, s text.Sentence) bool {
	for i := t.at - 1; i >= s.First && i > t.at-20; i-- {
		if r.stop(i) || r.keys[i] == "," {
			return false
		}
		if _, n := r.phrase(i, s.Last, lexicon.If); n > 0 {
			return true
		}
	}
	return false
}
