package coder

import (
	"cmp"
	"slices"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// joinSentence makes one event of the words of one sentence that tell the same: "the attack killed", "carried out an
// attack". The more particular word leads.
func (r *reading) joinSentence(told []draft) []draft {
	var out []draft
	for _, d := range told {
		k := slices.IndexFunc(out, func(o draft) bool {
			return sameAct(o, d) && (alike(o, d) || o.What.Type == plover.Assault && unnamed(o, d))
		})
		if k < 0 {
			out = append(out, d)
			continue
		}
		r.joins(out[k], d)
		out[k] = fuse(out[k], d)
	}
	return out
}

// sameAct tells whether two words of one sentence may mean one act.
func sameAct(a, b draft) bool {
	if a.What.Type != b.What.Type || a.Realis != b.Realis || a.dated && b.dated && a.When.String() != b.When.String() {
		return false
	}
	return a.What.Mode == b.What.Mode || a.What.Mode == "" || b.What.Mode == "" || a.What.Type == plover.Assault ||
		a.What.Type == plover.Protest
}

// alike tells whether the parties agree: equal countries, or one side does not tell.
func alike(a, b draft) bool {
	return agree(a.Who, b.Who) && agree(a.Whom, b.Whom)
}

// unnamed tells whether the doers agree and one side's victims are people of no told country: "airstrikes on Kyiv
// killed 12 people".
func unnamed(a, b draft) bool {
	people := func(as []news.Actor) bool {
		return !slices.ContainsFunc(as, func(x news.Actor) bool { return x.Country != "" })
	}
	return agree(a.Who, b.Who) && (people(a.Whom) || people(b.Whom))
}

func agree(a, b []news.Actor) bool {
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	return slices.ContainsFunc(a, func(x news.Actor) bool {
		return slices.ContainsFunc(b, func(y news.Actor) bool {
			return x.Country != "" && x.Country == y.Country || same(x, y) || x.Country == "" && y.Country == "" && slices.Equal(x.Sectors, y.Sectors)
		})
	})
}

// fuse joins b into a: parties, date, place and numbers that a lacks.
func fuse(a, b draft) draft {
	if len(a.Who) == 0 {
		a.Who = b.Who
	}
	if len(a.Whom) == 0 {
		a.Whom = b.Whom
	}
	if a.What.Mode == "" && b.What.Mode != "" {
		a.What.Mode, a.What.CAMEO, a.What.Score, a.What.Goldstein = b.What.Mode, b.What.CAMEO, b.What.Score, b.What.Goldstein
	}
	for _, c := range b.What.Contexts {
		if !slices.Contains(a.What.Contexts, c) {
			a.What.Contexts = append(slices.Clone(a.What.Contexts), c)
		}
	}
	if b.dated && !a.dated {
		a.When, a.dated = b.When, true
	}
	if a.Where == nil {
		a.Where = b.Where
	}
	a.Count = cmp.Or(a.Count, b.Count)
	a.Dead, a.Injured, a.Arrested = cmp.Or(a.Dead, b.Dead), cmp.Or(a.Injured, b.Injured), cmp.Or(a.Arrested, b.Arrested)
	for _, by := range b.By {
		if !slices.ContainsFunc(a.By, func(x news.Attribution) bool { return same(x.Actor, by.Actor) }) {
			a.By = append(slices.Clone(a.By), by)
		}
	}
	a.Who, a.Whom = enrich(a.Who, b.Who), enrich(a.Whom, b.Whom)
	return a
}

// enrich adds what b knows of the same parties: sectors.
func enrich(a, b []news.Actor) []news.Actor {
	for i := range a {
		for _, y := range b {
			if a[i].Country != "" && a[i].Country == y.Country && len(a[i].Sectors) == 0 && len(y.Sectors) > 0 {
				a = slices.Clone(a)
				a[i].Sectors = y.Sectors
			}
		}
	}
	return a
}

// finish tells each event once, marks the lead and what is history, and puts them in text order.
func (r *reading) finish(told []draft) []news.Event {
	r.localise(told)
	for i := range told {
		c := &told[i].Cites[0]
		c.Confidence = confidence(c.Pattern, told[i].Event)
	}
	told = slices.DeleteFunc(told, func(d draft) bool {
		everyday := r.everyday(d)
		if everyday {
			r.remark(d, "dropped: the ordinary business of one country")
		}
		return everyday
	})
	merged := r.merge(told)
	r.effects(merged)
	out := make([]news.Event, 0, len(merged))
	lead := -1
	for _, d := range merged {
		e := d.Event
		e.Historical = r.historical(e)
		if lead < 0 && e.Realis != news.Hypothetical && !e.Historical {
			lead = len(out)
		}
		out = append(out, e)
	}
	if lead >= 0 {
		out[lead].Lead = true
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// localise completes what the article says elsewhere or takes for granted: the other side of a conflict that it tells of,
// the country of those without one ("protesters", "the unions", a name nobody knows), and of an act within the country
// that the article is about, the party that goes without saying.
func (r *reading) localise(told []draft) {
	scene := r.memory.scene()
	for i := range told {
		d := &told[i]
		if d.echo {
			continue
		}
		before := told[max(0, i-maxBefore):i]
		r.work += len(before)
		r.blamed(before, d)
		r.opponent(before, d)
		if scene == "" {
			continue
		}
		for n, side := range [][]news.Actor{d.Who, d.Whom} {
			for k := range side {
				if side[k].Country == "" && !(n == 0 && d.What.Type == plover.Assault && faceless(side[k])) {
					side[k].Country, side[k].Inferred = scene, true
				}
			}
		}
		r.domestic(d, scene)
	}
}

// blamed finds whose act is condemned where the sentence says only which act: "condemned the deportations" of those who
// were told of before.
func (r *reading) blamed(before []draft, d *draft) {
	if d.about == "" || len(d.Whom) > 0 && countries(d.Whom) != "" {
		return
	}
	for i := len(before) - 1; i >= 0; i-- {
		b := &before[i]
		if b.What.Type != d.about || countries(b.Who) == "" || countries(b.Who) == countries(d.Who) {
			continue
		}
		d.Whom = slices.Clone(b.Who)
		for k := range d.Whom {
			d.Whom[k].Inferred = true
		}
		return
	}
}

// opponent completes a conflict of which one side is told by the other side of the last one, and an attack that names
// nobody by the last attack.
func (r *reading) opponent(before []draft, d *draft) {
	mine, theirs := countries(d.Who), countries(d.Whom)
	attack := d.What.Type == plover.Assault
	if attack && mine == theirs && presumed(d.Whom) { // "Ukrainian air defences destroyed drones"
		theirs = ""
	}
	if d.What.Quad < plover.VerbalConflict || mine != "" && theirs != "" || mine+theirs == "" && !d.definite && !attack {
		return
	}
	for i := len(before) - 1; i >= 0; i-- {
		b := &before[i]
		who, whom := countries(b.Who), countries(b.Whom)
		if b.What.Quad < plover.VerbalConflict || who == "" || whom == "" || who == whom {
			continue
		}
		same := b.What.Type == d.What.Type
		switch {
		case mine == who:
			d.Whom = take(d.Whom, b.Whom)
		case mine != "" && mine == whom:
			d.Whom = take(d.Whom, b.Who)
		case mine == "" && theirs == whom && same:
			d.Who = take(d.Who, b.Who)
		case mine+theirs == "" && same && !others(before, d.sentence, who+" "+whom):
			d.Who, d.Whom = take(d.Who, b.Who), take(d.Whom, b.Whom)
		default:
			continue
		}
		return
	}
}

// others tells whether sentence k tells an act of a country that is none of these: what it then tells of nobody is hardly
// theirs.
func others(before []draft, k int, pair string) bool {
	for i := len(before) - 1; i >= 0 && before[i].sentence == k; i-- {
		if of := countries(before[i].Who); of != "" && !strings.Contains(pair, of) {
			return true
		}
	}
	return false
}

// presumed tells whether none of the parties is named with its country by the sentence.
func presumed(side []news.Actor) bool {
	return len(side) > 0 && !slices.ContainsFunc(side, func(a news.Actor) bool { return !a.Inferred })
}

// take gives a side that tells no country those of another telling.
func take(side, from []news.Actor) []news.Actor {
	out := slices.Clone(side)
	if len(side) == 0 {
		out = slices.Clone(from)
	}
	for i := range out {
		out[i].Country, out[i].Inferred = from[min(i, len(from)-1)].Country, true
	}
	return out
}

// countries is the countries of a side, "" where none is told.
func countries(side []news.Actor) string {
	out := ""
	for _, a := range side {
		if !strings.Contains(out, a.Country) {
			out += a.Country + " "
		}
	}
	return strings.TrimSpace(out)
}

// domestic completes an act of which the article tells one side by the scene's own people: those who are acted upon where
// nobody is named, and of all but violence those who act.
func (r *reading) domestic(d *draft, scene string) {
	understood := []news.Actor{{Name: r.gazetteer.Name(scene), Country: scene, Text: d.What.Trigger, Span: d.What.Span, Inferred: true}}
	if len(d.Whom) == 0 {
		d.Whom = understood
	}
	power := d.What.Type != plover.Assault || d.What.Mode == "torture" // whoever tortures has those he tortures in his hands
	if len(d.Who) == 0 && power && of(d.Whom, scene) {
		d.Who = understood
	}
}

// of tells whether all parties are of one country.
func of(side []news.Actor, country string) bool {
	return len(side) > 0 && !slices.ContainsFunc(side, func(a news.Actor) bool { return a.Country != country })
}

// merge joins what several sentences tell of one event: the first proves it, the others corroborate.
func (r *reading) merge(told []draft) []draft {
	var out []draft
	byType := make(map[plover.Type][]int)
	for _, d := range told {
		k := r.retold(out, byType[d.What.Type], d)
		if k < 0 {
			if len(out) == maxEvents || d.echo {
				r.remark(d, "dropped: names nobody, and nothing before it")
				continue
			}
			byType[d.What.Type] = append(byType[d.What.Type], len(out))
			out = append(out, d)
			continue
		}
		r.remark(d, "tells again what sentence %d told by %q", out[k].sentence+1, out[k].What.Trigger)
		out[k] = fuse(out[k], d)
		if len(out[k].Cites) < maxCites {
			out[k].Cites = append(out[k].Cites, d.Cites...)
		}
	}
	return out
}

// retold finds the event among out that d tells again; -1 where it is new. "The attack", without any party, is the last
// one told.
func (r *reading) retold(out []draft, candidates []int, d draft) int {
	if len(d.Who)+len(d.Whom) == 0 {
		if !d.definite || d.dated && !d.echo {
			return -1
		}
		best := -1
		for _, i := range candidates {
			if best < 0 || parties(out[i]) >= parties(out[best]) {
				best = i
			}
		}
		return best
	}
	r.work += len(candidates)
	for _, i := range candidates {
		if r.repeats(out[i], d) {
			return i
		}
	}
	return -1
}

// parties is how many sides an event tells.
func parties(d draft) int { return min(len(d.Who), 1) + min(len(d.Whom), 1) }

// repeats tells whether d tells event e again. Two acts on different objects are two: to suspend a mission is not to
// withdraw an accreditation.
func (r *reading) repeats(e, d draft) bool {
	if e.Realis != d.Realis || e.What.Mode != d.What.Mode && e.What.Mode != "" && d.What.Mode != "" {
		return false
	}
	if e.sense != d.sense && e.object != "" && d.object != "" && e.object != d.object {
		return false
	}
	if !agree(e.Who, d.Who) || !agree(e.Whom, d.Whom) || len(e.Who)+len(e.Whom) == 0 || len(d.Who)+len(d.Whom) == 0 {
		return false
	}
	if turned(e.Who, d.Who, e.Whom) || turned(d.Who, e.Who, d.Whom) {
		return false
	}
	if e.When.IsZero() || d.When.IsZero() || e.When.String() == d.When.String() {
		return true
	}
	return overlap(e.When, d.When) && r.historical(e.Event) == r.historical(d.Event)
}

// turned tells whether b would bring to a missing side the very party that the other side has.
func turned(a, b, other []news.Actor) bool {
	return len(a) == 0 && len(b) > 0 && len(other) > 0 && agree(b, other)
}

func overlap(a, b news.Interval) bool { return a.Start.Before(b.End) && b.Start.Before(a.End) }
