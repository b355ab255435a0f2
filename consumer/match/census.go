package match

import (
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Census is how many reports have each word and each value of a field: what a rule is looked up by is chosen with it.
// It changes how fast rules are matched, never which, nor which exceed the Budget: so it need not be in the log. The zero Census has seen nothing.
type Census struct {
	Reports int
	first   time.Time // of the reports, by the log's time
	last    time.Time
	counts  map[string]uint32
	doc     *document
}

// Add counts one report.
func (c *Census) Add(r news.Report) {
	if c.counts == nil {
		c.counts = map[string]uint32{}
		c.doc = &document{}
	}
	if c.Reports == 0 || r.At.Before(c.first) {
		c.first = r.At
	}
	if r.At.After(c.last) {
		c.last = r.At
	}
	c.Reports++
	c.doc.read(&r, news.Story{}, true)
	seen := map[string]bool{}
	for _, p := range c.doc.places {
		seen[c.doc.lexer.words[p.word].fold] = true
	}
	for _, e := range r.Events {
		countEvent(e, seen)
	}
	seen[":"+string(keyLang)+r.Article.Language] = true
	seen[":"+string(keyHost)+r.Article.Publisher] = true
	for k := range seen {
		c.counts[k]++
	}
}

func countEvent(e news.Event, seen map[string]bool) {
	give := func(letter byte, value string) { seen[":"+string(letter)+value] = true }
	give(keyWhat, string(e.What.Type))
	give(keyMode, string(e.What.Mode))
	give(keyRealis, string(e.Realis))
	for _, x := range e.What.Contexts {
		give(keyContext, string(x))
	}
	for n := 2; n <= len(e.What.CAMEO); n++ {
		give(keyCAMEO, e.What.CAMEO[:n])
	}
	for _, side := range []struct {
		letter byte
		actors []news.Actor
	}{{keyWho, e.Who}, {keyWhom, e.Whom}} {
		for _, a := range side.actors {
			for _, l := range []byte{side.letter, keyActor} {
				give(l, a.Country)
				give(l, "#"+a.Key)
				for _, s := range a.Sectors {
					give(l, "/"+string(s))
				}
			}
		}
	}
	if e.Where != nil {
		give(keyCountry, e.Where.Country)
	}
}

// perDay is how many reports come a day; 0 when too few were counted to tell. What came within an hour came within one.
func (c *Census) perDay() float64 {
	if c == nil || c.Reports < enough {
		return 0
	}
	return float64(c.Reports) / (max(c.last.Sub(c.first), time.Hour).Hours() / 24)
}

// enough reports are counted for their shares to be worth more than a guess.
const enough = 100

// weakCost is the share of reports that have to be tried for a rule before its anchor is called weak.
const weakCost = 0.5

// pairShare is how much rarer a pair of words is thought than the rarer of the two.
const pairShare = 0.25

// cost is the share of reports expected to have the mark.
func (b *builder) cost(m mark) float64 {
	if int(m) <= b.from && b.base != nil {
		return b.share(b.lent[m])
	}
	m -= mark(b.from)
	for len(b.costs) <= int(m) {
		b.costs = append(b.costs, float32(b.share(b.names[len(b.costs)])))
	}
	return float64(b.costs[m])
}

func (b *builder) share(name string) float64 {
	if first, second, ok := strings.Cut(name, " "); ok && name[0] != ':' {
		return pairShare * min(b.share(first), b.share(second))
	}
	if b.census == nil || b.census.Reports < enough {
		return guess(name)
	}
	n := float64(b.census.Reports)
	if count, ok := b.census.counts[name]; ok {
		return (float64(count) + 0.3) / n
	}
	if name == "?" || strings.HasPrefix(name, ":@") || name != "" && name[len(name)-1] == '*' {
		return guess(name)
	}
	return 0.3 / n
}

// chance is how likely a plan is to hold for a report, as if its parts had nothing to do with each other.
func (b *builder) chance(p *plan) float64 {
	switch p.form {
	case askAll:
		out := 1.0
		for _, part := range p.parts {
			out *= b.chance(part)
		}
		return out
	case askAny:
		out := 1.0
		for _, part := range p.parts {
			out *= 1 - b.chance(part)
		}
		return 1 - out
	case askNot:
		return 1 - b.chance(p.parts[0])
	case askExists:
		return b.chance(p.parts[0])
	case askMark, askEvent:
		return min(1, b.cost(p.mark))
	case askNear:
		return pairShare * min(1, b.cost(p.mark), b.cost(p.other))
	}
	out := unknownShare // of a test, unless words tell more
	if p.form == askFind {
		for _, g := range b.finds[p.n].groups(nil) {
			out = min(out, b.grouped(g, p).cost)
		}
	}
	return out
}

// unknownShare is the share of reports for which a test is thought to hold.
const unknownShare = 0.5

// guess is a share for a name when no report was counted: long words are rarer than short ones, fields than words.
func guess(name string) float64 {
	switch {
	case name == "" || name == "?":
		return 1
	case name[0] == ':':
		return guessField(name[1])
	case name[len(name)-1] == '*':
		return min(0.3, 1/float64(len(name)))
	case common[name]:
		return 0.9
	}
	return 0.2 / float64(len(name))
}

func guessField(letter byte) float64 {
	switch letter {
	case keyHistory, keyRealis:
		return 0.9
	case keyLang:
		return 0.5
	case keyWhat, keyContext, keyCAMEO:
		return 0.2
	case keyPublisher, keyHost:
		return 0.01
	}
	return 0.05
}
