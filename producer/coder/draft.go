package coder

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// draft is an event as one sentence tells it.
type draft struct {
	news.Event
	sense    *lexicon.Sense
	at       int // the trigger's token
	object   string
	sentence int
	dated    bool        // a date of its own
	definite bool        // "the attack": one that was told before
	echo     bool        // an act told before, named again without anybody: "the tariffs"
	about    plover.Type // the kind of act that this one speaks of: "condemned the deportations"
}

// draft codes sentence number k.
func (r *reading) draft(k int) []draft {
	s := r.Sentences[k]
	r.dates = r.datesOf(s, r.lastDate())
	defer r.keepDates()
	if !r.eager && (!r.tells(s) || !r.peopled(k)) {
		return nil
	}
	if r.holds(s, lexicon.Meanwhile) {
		if r.trace != nil {
			r.trace.WriteString("  dropped whole: a figure of speech or a ceremony\n")
		}
		return nil
	}
	ts := r.triggers(s)
	if !slices.ContainsFunc(ts, func(t trigger) bool { return t.sense.Type != "" }) && !r.holds(s, lexicon.Must|lexicon.Blame) {
		return nil
	}
	r.link(ts, s)
	voices := r.voices(s)
	ts = r.blames(r.demands(ts, voices, s), voices, s)
	discard := r.holds(s, lexicon.Discard)
	var out []draft
	for i := range ts {
		r.arguments(ts, i, s)
		o := r.compose(ts, i, s)
		if o.drop != "" {
			r.note(&ts[i], "dropped: %s", o.drop)
			continue
		}
		d, ok := r.event(ts, i, o, k, voices)
		switch {
		case !ok:
			r.note(&ts[i], "dropped: names nobody it needs")
		case discard && d.What.Type != plover.Aid && !twoStates(d.Event):
			r.note(&ts[i], "dropped: the sentence is of sport, weather, culture or markets")
		default:
			r.note(&ts[i], "%s %s, %s > %s", d.What.Type, d.What.CAMEO, strings.Join(names(d.Who), ", "), strings.Join(names(d.Whom), ", "))
			out = append(out, d)
		}
	}
	return r.tops(r.joinSentence(out), s)
}

// event makes trigger i an event; not where it names nobody.
func (r *reading) event(ts []trigger, i int, o outcome, k int, voices []voice) (draft, bool) {
	t, s := &ts[i], r.Sentences[k]
	e := news.Event{What: o.action, Realis: o.realis}
	e.What.Trigger = r.Text[r.Tokens[t.at].Start:r.Tokens[t.last-1].End]
	if !t.noun() {
		e.What.Trigger = r.surface[t.at]
	}
	e.What.Span = news.Span{Start: r.Tokens[t.at].Start, End: r.Tokens[t.at].Start + len(e.What.Trigger)}
	e.What.Lemma, e.What.Contexts = t.sense.Lemma, r.contexts(t, s)
	e.Who, e.Whom = r.actors(t.who), r.actors(r.whom(ts, i))
	for _, m := range t.whom {
		if home := r.mentions[m].home; home != nil && r.means(t, m) && len(t.whom) == 1 { // "deployed troops in Libya"
			e.Whom = []news.Actor{home.actor}
			e.Whom[0].Sectors = nil
		}
	}
	if (t.sense.Both || t.sense.Recip) && len(e.Who) == 2 && within(e.Whom, e.Who) { // "the US-Philippine exercises"
		e.Who, e.Whom = e.Who[:1], e.Who[1:]
	}
	if t.sense.Recip && !t.noun() && len(e.Whom) == 0 && len(t.who) == 1 && r.mentions[t.who[0]].agent != nil && r.mentions[t.who[0]].plural {
		e.Whom = slices.Clone(e.Who) // "the leaders of seven parties met"
	}
	definite := t.noun() && r.definite(t.at-1)
	core := r.core(t, s)
	echo := len(e.Who)+len(e.Whom) == 0 && !t.sense.Solo && definite && core
	if !echo && (len(e.Who) == 0 && t.sense.NeedsWho || len(e.Whom) == 0 && t.sense.NeedsWhom || len(e.Who)+len(e.Whom) == 0 && !t.sense.Solo) {
		return draft{}, false
	}
	e.Where = r.where(t, s)
	r.understood(&e, t)
	r.specify(&e, t, s)
	e.Count = r.count(t)
	r.casualties(&e, t, s)
	e.By = r.by(voices, t.at, e.Who, s)
	d := draft{sense: t.sense, at: t.at, object: t.object, sentence: k, definite: definite, echo: echo}
	if t.sense.Act == lexicon.Accuse && t.child >= 0 && ts[t.child].noun() {
		d.about = ts[t.child].sense.Type
	}
	var dated date
	if dated, d.dated = r.dateFor(t, s); d.dated && r.coming(dated.when) {
		e.Effective, d.dated = dated.when, false // what is told now will be done then
	}
	if d.dated {
		e.When = dated.when
	} else if !r.afterThat(t, s) {
		e.When = r.published
		e.When.Resolved = news.ByDocument
	}
	e.Cites = []news.Citation{{
		Sentence: k + 1, Span: s.Span, Trigger: e.What.Span, Quote: quote(r.Text[s.Start:s.End]), Pattern: t.pattern,
	}}
	d.Event = e
	return d, true
}

// everyday tells whether an act that may be anybody's is only what goes on in every country: within the one that a whole
// article is about, and not towards those who govern or oppose there. One sentence alone does not tell what it is about.
func (r *reading) everyday(d draft) bool {
	if !d.sense.Everyday || !r.memory.whole {
		return false
	}
	scene := r.memory.scene()
	return scene != "" && (len(d.Who) == 0 || of(d.Who, scene)) && (len(d.Whom) == 0 || of(d.Whom, scene)) &&
		!slices.ContainsFunc(d.Whom, func(a news.Actor) bool { return !a.Inferred && political(a) })
}

// political tells whether a party is one of those between whom politics happens.
func political(a news.Actor) bool {
	if len(a.Sectors) == 0 && (state(a.Country) || international(a.Country)) {
		return true
	}
	return slices.ContainsFunc(a.Sectors, func(s plover.Sector) bool {
		switch s {
		case "GOV", "LEG", "MIL", "JUD", "OPP", "PTY", "REB", "UAF", "PRE", "REF", "COP", "SPY", "PRM":
			return true
		}
		return false
	})
}

// within tells whether every party of a side is of a country of the other.
func within(side, other []news.Actor) bool {
	return !slices.ContainsFunc(side, func(a news.Actor) bool {
		return !slices.ContainsFunc(other, func(b news.Actor) bool { return a.Country == b.Country })
	})
}

// core tells whether the trigger is what its sentence is about: a verb, or a noun that does or bears what a verb says.
func (r *reading) core(t *trigger, s text.Sentence) bool {
	tr := r.parse(s)
	if !t.noun() || tr == nil || tr.at(t.last-1) < 0 {
		return true
	}
	switch tr.rel(tr.at(t.last - 1)) {
	case "nsubj", "obj", "root":
		return true
	}
	return false
}

// definite tells whether the noun phrase that ends at token i speaks of what was told before: "the attack", "the
// intense aerial assault".
func (r *reading) definite(i int) bool {
	for n := 0; n < 3 && r.words[max(i, 0)] == unknown && i > 0; n++ {
		i--
	}
	switch r.key(i) {
	case "the", "this", "that", "these", "those", "le", "la", "les", "l'", "cette", "ces", "ce", "cet", "du":
		return true
	}
	return false
}

// quote is at most MaxQuote bytes of a sentence, whole letters.
func quote(s string) string {
	if len(s) <= news.MaxQuote {
		return s
	}
	n := news.MaxQuote
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// whom is the trigger's own, or where it has none the one of the act it takes: "refused to meet Putin".
func (r *reading) whom(ts []trigger, i int) []int {
	t := &ts[i]
	named := len(t.whom) > 0 && r.mentions[t.whom[0]].last <= ts[max(t.child, 0)].at   // "accused Colombia of preparing an attack"
	if t.child >= 0 && t.sense.Act == lexicon.Accuse && ts[t.child].noun() && !named { // "condemned the attack by Turkey"
		r.arguments(ts, t.child, r.Sentences[r.sentenceOf(t.at)])
		if len(ts[t.child].who) > 0 {
			return slices.DeleteFunc(slices.Clone(ts[t.child].who), func(m int) bool { return slices.Contains(t.who, m) })
		}
	}
	if t.child >= 0 && t.absorbs() && !t.group.passive && !ts[t.child].noun() && len(t.whom) > 0 && r.mentions[t.whom[0]].first > ts[t.child].at {
		r.arguments(ts, t.child, r.Sentences[r.sentenceOf(t.at)])
		if w := ts[t.child].whom; len(w) > 0 { // of "agreed to withdraw its troops from X" the whom is the act's
			return slices.DeleteFunc(slices.Clone(w), func(m int) bool { return slices.Contains(t.who, m) })
		}
	}
	if len(t.whom) > 0 || t.child < 0 || !t.absorbs() && t.sense.Act != lexicon.Plan {
		return t.whom
	}
	c := t.child
	for range 4 {
		r.arguments(ts, c, r.Sentences[r.sentenceOf(ts[c].at)])
		if len(ts[c].whom) > 0 || ts[c].child < 0 {
			break
		}
		c = ts[c].child
	}
	if len(ts[c].whom) > 0 {
		return slices.DeleteFunc(slices.Clone(ts[c].whom), func(m int) bool { return slices.Contains(t.who, m) })
	}
	return slices.DeleteFunc(slices.Clone(ts[c].who), func(m int) bool { return slices.Contains(t.who, m) })
}

func (r *reading) sentenceOf(token int) int {
	k, _ := slices.BinarySearchFunc(r.Sentences, token, func(s text.Sentence, token int) int {
		if s.Last <= token {
			return -1
		}
		if s.First > token {
			return 1
		}
		return 0
	})
	return min(k, len(r.Sentences)-1)
}

// actors turns mentions into parties, each once.
func (r *reading) actors(mentions []int) []news.Actor {
	var out []news.Actor
	for _, i := range mentions {
		m := &r.mentions[i]
		if m.actor.Name == "" {
			continue
		}
		a := m.actor
		a.Sectors = slices.Clone(a.Sectors)
		if m.place && m.prep != "" {
			a.Sectors = nil // a city acted upon is a place, not a government
		}
		if !slices.ContainsFunc(out, func(b news.Actor) bool { return same(a, b) && a.Country == b.Country }) {
			out = append(out, a)
		}
		if m.second != nil {
			out = append(out, *m.second)
		}
	}
	return out
}

// understood names the parties that go without saying: those attacked, arrested or held up in a country are its own.
func (r *reading) understood(e *news.Event, t *trigger) {
	if e.Where == nil {
		return
	}
	if slices.ContainsFunc(t.who, func(m int) bool { h := r.mentions[m].home; return h != nil && h.actor.Span == e.Where.Span }) {
		return // "a tank in Israel fired": at whom is open
	}
	struck := slices.ContainsFunc(t.whom, func(m int) bool { return r.mentions[m].actor.Span == e.Where.Span })
	for k := range e.Who {
		if struck { // who bombs a town is hardly of it
			break
		}
		m := r.mentionOf(t.who, e.Who[k])
		if e.What.Type == plover.Assault && m != nil && m.home == nil && (faceless(m.actor) || m.agent != nil && m.agent.Sector == "REB") {
			continue // armed men may be anybody's
		}
		e.Who[k] = lendPlace(e.Who[k], e.Where, m)
	}
	for k := range e.Whom {
		e.Whom[k] = lendPlace(e.Whom[k], e.Where, r.mentionOf(t.whom, e.Whom[k]))
	}
	if len(e.Whom) == 0 && (e.What.Type == plover.Assault || e.What.Type == plover.Coerce && len(e.Who) > 0 && e.Who[0].Country != e.Where.Country) {
		e.Whom = []news.Actor{{
			Name: r.gazetteer.Name(sovereign(e.Where.Country)), Country: sovereign(e.Where.Country), Text: e.Where.Text, Span: e.Where.Span, Inferred: true,
		}}
	}
}

// faceless tells words for people of whom nothing is said but that they attack: "armed men", "les agresseurs".
func faceless(a news.Actor) bool {
	for word := range strings.FieldsSeq(strings.ToLower(a.Text)) {
		switch word {
		case "man", "men", "gunman", "gunmen", "attacker", "attackers", "assailant", "assailants", "homme", "hommes", "individu", "individus",
			"agresseur", "agresseurs", "assaillant", "assaillants", "tireur", "tireurs":
			return true
		}
	}
	return false
}

func (r *reading) mentionOf(ms []int, a news.Actor) *mention {
	for _, m := range ms {
		if r.mentions[m].actor.Span == a.Span {
			return &r.mentions[m]
		}
	}
	return nil
}

// lendPlace gives people without a country that of the place.
func lendPlace(a news.Actor, p *news.Place, m *mention) news.Actor {
	if m != nil && m.agent != nil && !m.known && m.entry == nil && (a.Country == "" || a.Inferred && m.reference == "") {
		a.Country, a.Inferred = sovereign(p.Country), true
	}
	return a
}

// contexts are those of the trigger's own sense and those that the sentence's words speak of.
func (r *reading) contexts(t *trigger, s text.Sentence) []plover.Context {
	out := slices.Clone(t.sense.Contexts)
	for _, c := range r.language.Contexts(r.keys[s.First:s.Last]) {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// specify gives accusations of spying their own code.
func (r *reading) specify(e *news.Event, t *trigger, s text.Sentence) {
	if e.What.Type != plover.Accuse || e.What.Mode != "allege" {
		return
	}
	for i := t.last; i < s.Last && !r.stop(i); i++ {
		if r.has(i, lexicon.Espionage) {
			e.What.CAMEO = "1125"
			e.What.Goldstein = plover.Goldstein("1125")
			if !slices.Contains(e.What.Contexts, "intelligence") {
				e.What.Contexts = append(slices.Clone(e.What.Contexts), "intelligence")
			}
			return
		}
	}
}

// holds tells whether an entry of the lists stands in the sentence: words of sport, weather, culture or markets.
func (r *reading) holds(s text.Sentence, lists lexicon.Mark) bool {
	for i := s.First; i < s.Last; i++ {
		if _, n := r.phrase(i, s.Last, lists); n > 0 {
			return true
		}
	}
	return false
}

// twoStates tells whether an event is between two different countries or bodies.
func twoStates(e news.Event) bool {
	for _, a := range e.Who {
		for _, b := range e.Whom {
			if a.Country != "" && b.Country != "" && a.Country != b.Country {
				return true
			}
		}
	}
	return false
}
