package invent

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// page is an article being written: what stands where is known as it is put down.
type page struct {
	lang     string
	text     strings.Builder
	sentence int
	events   []news.Event
}

// write tells a story in a publisher's own words.
func (w *press) write(s *story, at time.Time) news.Report {
	p := &page{lang: "en"}
	if w.draw.chance(0.4) {
		p.lang = "fr"
	}
	for i, of := range s.plot {
		w.tell(p, of, at, i == 0)
		w.fill(p, s)
	}
	for range 1 + w.draw.below(2) {
		w.fill(p, s)
	}
	text := p.text.String()
	a := w.publish(news.Article{Language: p.lang, Title: w.title(p, s), Text: text}, at)
	return news.Report{
		Article: a, Events: news.Identify(a.ID, p.events), At: news.LogTime(a, w.origin), Origin: w.origin,
		Sketch: sketched(text, w.terms(s, p.lang)), Coder: Coder,
	}
}

// title is the lead's words and the story's topic.
func (w *press) title(p *page, s *story) string {
	lead := p.events[0]
	return lead.Who[0].Text + ", " + lead.Whom[0].Text + ": " + topics[p.lang][s.topics[0]] + ", " + s.names[0]
}

func (p *page) put(s string) news.Span {
	start := p.text.Len()
	p.text.WriteString(s)
	return news.Span{Start: start, End: p.text.Len()}
}

// begin starts a sentence and tells where.
func (p *page) begin() int {
	if p.text.Len() > 0 {
		p.put(" ")
	}
	p.sentence++
	return p.text.Len()
}

// tell writes the sentence of an event, and the event.
func (w *press) tell(p *page, of scene, at time.Time, lead bool) {
	d := deeds[of.deed]
	verb, link := d.verb, d.link
	if p.lang == "fr" {
		verb, link = d.verbe, d.liaison
	}
	start := p.begin()
	e := news.Event{Realis: of.realis, Historical: of.old, Lead: lead}
	if of.said >= 0 {
		e.By = []news.Attribution{{Actor: w.put(p, of.said, true)}}
		p.put(map[string]string{"en": " said that ", "fr": " l’affirme : "}[p.lang])
	}
	e.Who = []news.Actor{w.put(p, of.who, of.said < 0)}
	p.put(" ")
	trigger := p.put(verb)
	p.put(link)
	e.Whom = []news.Actor{w.put(p, of.whom, false)}
	p.put(".")
	e.What = news.NewAction(d.what, d.mode, d.cameo)
	e.What.Contexts, e.What.Trigger, e.What.Lemma, e.What.Span = []plover.Context{d.about}, verb, d.lemma, trigger
	if whom := w.cast[of.whom]; whom.entry.Kind == "country" {
		e.Where = &news.Place{Name: whom.entry.Name, Country: whom.country, Text: e.Whom[0].Text, Span: e.Whom[0].Span}
	}
	e.When = day(at)
	if of.old {
		e.When = day(at.AddDate(-1, 0, 0))
	}
	sentence := news.Span{Start: start, End: p.text.Len()}
	e.Cites = []news.Citation{{
		Sentence: p.sentence, Span: sentence, Trigger: trigger, Quote: p.text.String()[start:], Pattern: "invented", Confidence: 1,
	}}
	p.events = append(p.events, e)
}

func day(at time.Time) news.Interval {
	start := at.Truncate(24 * time.Hour)
	return news.Interval{Start: start, End: start.AddDate(0, 0, 1), Grain: news.Day, Resolved: news.ByDocument}
}

// put writes an actor's name.
func (w *press) put(p *page, n int, capital bool) news.Actor {
	of := w.cast[n]
	text := of.entry.Name
	if p.lang == "fr" {
		text = of.french
	}
	if r, size := utf8.DecodeRuneInString(text); capital {
		text = string(unicode.ToUpper(r)) + text[size:]
	}
	return news.Actor{Key: of.entry.Key, Name: of.entry.Name, Country: of.country, Text: text, Span: p.put(text)}
}

// fill writes a sentence that tells no event.
func (w *press) fill(p *page, s *story) {
	p.begin()
	for _, r := range pick(&w.draw, fillers[p.lang]) {
		switch r {
		case 'N':
			name := pick(&w.draw, s.names[:])
			if w.draw.chance(0.2) {
				name = w.stranger()
			}
			p.put(name)
		case 'T':
			p.put(topics[p.lang][s.topics[0]])
		case 'C':
			p.put(topics[p.lang][s.topics[1]])
		case 'D':
			p.put(strconv.Itoa(2 + w.draw.below(90)))
		default:
			p.text.WriteRune(r)
		}
	}
}

// stranger is a name that belongs to no story.
func (w *press) stranger() string { return name(w.names.rank(&w.draw)) }

// terms are what the story is about, with an accident or two.
func (w *press) terms(s *story, lang string) []news.Term {
	out := make([]news.Term, 0, 12)
	for _, n := range s.names {
		out = append(out, news.Term{Key: "^" + strings.ToLower(n), Weight: 3 + w.draw.below(4)})
	}
	for _, of := range s.plot {
		out = append(out, news.Term{Key: "@" + w.cast[of.who].entry.Key, Weight: 3}, news.Term{Key: "@" + w.cast[of.whom].entry.Key, Weight: 2})
	}
	for _, n := range s.topics {
		out = append(out, news.Term{Key: topics[lang][n], Weight: 2 + w.draw.below(2)})
	}
	return append(out, news.Term{Key: "^" + strings.ToLower(w.stranger()), Weight: 1})
}
