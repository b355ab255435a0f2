package story

import (
	"slices"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Gist is what Stories look at of a report. It depends on the report alone, so it can be found before the report's turn.
// It never changes.
type Gist struct {
	doc    doc // without its time and its story
	hashes [chains]uint32
	title  title
	tongue uint64 // the language, as words' keys have it
	terms  []stem // sorted by key, none twice
	told   bool   // it is about something
	by     uint64 // the article, as deeds name it
	acts   []act
	events []news.Event
}

// stem is a term of a report, and what its rarity is multiplied with.
type stem struct {
	key    uint64
	factor uint32
}

// act is what is remembered of an event: between two of its actors.
type act struct {
	event      int // which one of the report's
	deed, pair uint64
	who, whom  string
}

// GistOf is the gist of a report. The report must not be changed after that.
func GistOf(r *news.Report) *Gist {
	a := &r.Article
	g := &Gist{doc: newDoc(r), tongue: word | languageOf(a.Language), told: len(r.Sketch.Terms) > 0, by: hash(string(a.ID)), events: r.Events}
	g.hashes = g.doc.hashes()
	g.title = newTitle(a.Title, g.doc.publisher)
	g.terms = make([]stem, 0, len(r.Sketch.Terms)+3*len(r.Events))
	g.addTerms(r.Sketch.Terms)
	for i := range r.Events {
		g.addEvent(i, &r.Events[i])
	}
	g.tidy()
	return g
}

func (g *Gist) addTerms(terms []news.Term) {
	for _, t := range terms {
		if t.Key == "" {
			continue
		}
		switch h := hash(t.Key); t.Key[0] {
		case '@', '^':
			g.add(name|h>>2, t.Weight, nameFactor)
		case '#':
			g.add(number|h>>2, t.Weight, numberFactor)
		default:
			g.add(wordKey(g.tongue, h), t.Weight, wordFactor)
		}
	}
}

func (g *Gist) add(key uint64, weight int, factor uint32) {
	g.terms = append(g.terms, stem{key, roots[min(max(weight, 1), len(roots)-1)] * factor})
}

// addEvent adds what two tellings of one event have in common in any language: who, what and whom; what, whom and where.
func (g *Gist) addEvent(n int, e *news.Event) {
	if e.Historical || e.Realis == news.Hypothetical {
		return
	}
	var lefts, rights [maxSides]string
	what, whoms := string(e.What.Type), sides(e.Whom, &rights)
	for _, who := range sides(e.Who, &lefts) {
		for _, whom := range whoms {
			if who == "" && whom == "" {
				continue
			}
			a := act{event: n, deed: hashAll(who, what, whom), pair: hashAll(who, whom), who: who, whom: whom}
			g.acts = append(g.acts, a)
			g.add(event|a.deed>>2, 1, eventFactor)
		}
	}
	if e.Where != nil {
		for _, whom := range whoms {
			g.add(event|hashAll(what, whom, e.Where.Country, e.Where.Name)>>2, 1, eventFactor)
		}
	}
}

// maxSides bounds the actors on one side of an event that are looked at.
const maxSides = 3

// sides are the codes of the actors, in out; one empty code where none is told.
func sides(actors []news.Actor, out *[maxSides]string) []string {
	if len(actors) == 0 {
		return out[:1]
	}
	codes := out[:0]
	for i := range actors[:min(len(actors), maxSides)] {
		if c := code(&actors[i]); !slices.Contains(codes, c) {
			codes = append(codes, c)
		}
	}
	return codes
}

// code names an actor for comparing: its country or body, else its entry, else its name.
func code(a *news.Actor) string {
	switch {
	case a.Country != "":
		return a.Country
	case a.Key != "":
		return a.Key
	}
	return a.Name
}

// tidy sorts the terms and keeps each once, with the greatest factor.
func (g *Gist) tidy() {
	slices.SortFunc(g.terms, func(a, b stem) int {
		if c := compare(a.key, b.key); c != 0 {
			return c
		}
		return int(b.factor) - int(a.factor)
	})
	g.terms = slices.CompactFunc(g.terms, func(a, b stem) bool { return a.key == b.key })
}
