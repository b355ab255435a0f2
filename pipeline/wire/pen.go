package wire

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// pen writes reports, events and alerts as encoding/json writes the wire structs, byte for byte and several times as fast:
// every event passes here. What it is not sure of it leaves to encoding/json. The wire structs are what the form means;
// tests hold the pen to them.
type pen struct {
	b   []byte
	odd bool // something that encoding/json must write, or refuse
}

var pens = sync.Pool{New: func() any { return &pen{} }}

// key begins a field of the object that is open.
func (p *pen) key(name string) {
	if p.b[len(p.b)-1] != '{' {
		p.b = append(p.b, ',')
	}
	p.b = append(p.b, '"')
	p.b = append(p.b, name...)
	p.b = append(p.b, '"', ':')
}

func (p *pen) open()  { p.b = append(p.b, '{') }
func (p *pen) close() { p.b = append(p.b, '}') }

// version opens a message.
func (p *pen) version() {
	p.open()
	p.integer("v", version)
}

// text writes a field that is always there.
func (p *pen) text(name, s string) {
	p.key(name)
	p.string(s)
}

// word writes a field that is left out where it is empty.
func (p *pen) word(name, s string) {
	if s != "" {
		p.text(name, s)
	}
}

func (p *pen) integer(name string, n int64) {
	p.key(name)
	p.b = strconv.AppendInt(p.b, n, 10)
}

func (p *pen) count(name string, n int64) {
	if n != 0 {
		p.integer(name, n)
	}
}

func (p *pen) yes(name string, is bool) {
	if is {
		p.key(name)
		p.b = append(p.b, "true"...)
	}
}

func (p *pen) time(name string, t time.Time) {
	p.key(name)
	t = t.UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		p.odd = true
	}
	p.b = append(p.b, '"')
	p.b = t.AppendFormat(p.b, time.RFC3339Nano)
	p.b = append(p.b, '"')
}

// number writes a number as encoding/json does where that writes no exponent.
func (p *pen) number(name string, f float64) {
	p.key(name)
	if a := math.Abs(f); a != 0 && a < 1e-6 || !(a < 1e21) {
		p.odd = true
	}
	p.b = strconv.AppendFloat(p.b, f, 'f', -1, 64)
}

func (p *pen) span(name string, s news.Span) {
	p.key(name)
	p.pair(s)
}

func (p *pen) pair(s news.Span) {
	p.b = append(p.b, '[')
	p.b = strconv.AppendInt(p.b, int64(s.Start), 10)
	p.b = append(p.b, ',')
	p.b = strconv.AppendInt(p.b, int64(s.End), 10)
	p.b = append(p.b, ']')
}

const hexDigits = "0123456789abcdef"

// asIs are the ASCII bytes that stand for themselves in a string of JSON that may lie in HTML.
var asIs = func() (is [utf8.RuneSelf]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		is[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return is
}()

func (p *pen) string(s string) {
	b := p.b
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if asIs[c] {
				i++
				continue
			}
			b = append(b, s[from:i]...)
			b = appendEscaped(b, c)
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[from:i]...), `\ufffd`...)
			from = i + size
		case r == '\u2028' || r == '\u2029': // they end a line in JavaScript
			b = append(append(b, s[from:i]...), `\u202`...)
			b = append(b, hexDigits[r&15])
			from = i + size
		}
		i += size
	}
	p.b = append(append(b, s[from:]...), '"')
}

func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// list writes a field of several things; none are left out.
func list[T any](p *pen, name string, of []T, write func(*pen, *T)) {
	if len(of) > 0 {
		p.key(name)
		elements(p, of, write)
	}
}

func elements[T any](p *pen, of []T, write func(*pen, *T)) {
	p.b = append(p.b, '[')
	for i := range of {
		if i > 0 {
			p.b = append(p.b, ',')
		}
		write(p, &of[i])
	}
	p.b = append(p.b, ']')
}

func writeString[S ~string](p *pen, s *S) { p.string(string(*s)) }

// part writes a field that may be missing.
func part[T any](p *pen, name string, of *T, write func(*pen, *T)) {
	if of != nil {
		p.key(name)
		write(p, of)
	}
}

func writeReport(p *pen, r *news.Report) {
	p.version()
	p.key("article")
	writeArticle(p, &r.Article)
	p.key("events")
	elements(p, r.Events, writeEvent)
	p.time("at", r.At)
	p.text("origin", string(r.Origin))
	p.word("coder", r.Coder)
	p.yes("cut", r.Cut)
	if s := &r.Sketch; s.Shingles != 0 || len(s.Minima) > 0 || len(s.Terms) > 0 {
		p.key("sketch")
		writeSketch(p, s)
	}
	p.close()
}

func writeTold(p *pen, t *news.Told) {
	p.version()
	p.key("event")
	writeEvent(p, &t.Event)
	p.key("article")
	writeReference(p, &t.Article)
	p.word("coder", t.Coder)
	p.word("standing", string(t.Standing))
	part(p, "story", t.Story, writeStory)
	p.close()
}

func writeAlert(p *pen, a *news.Alert) {
	p.version()
	p.text("id", string(a.ID))
	p.integer("revision", int64(a.Revision))
	p.text("change", string(a.Change))
	p.text("rule", a.Rule)
	p.word("title", a.Title)
	p.word("owner", a.Owner)
	p.text("severity", string(a.Severity))
	list(p, "to", a.To, writeString)
	p.word("summary", a.Summary)
	p.time("at", a.At)
	p.key("article")
	writeReference(p, &a.Article)
	p.text("origin", string(a.Origin))
	p.key("story")
	writeStory(p, &a.Story)
	list(p, "events", a.Events, writeEvent)
	list(p, "why", a.Why, writeClause)
	part(p, "window", a.Window, writeWindow)
	p.count("held", int64(a.Held))
	p.close()
}

func writeArticle(p *pen, a *news.Article) {
	p.open()
	p.text("id", string(a.ID))
	p.text("revision", string(a.Revision))
	p.word("url", a.URL)
	p.text("publisher", a.Publisher)
	p.word("lang", a.Language)
	p.word("title", a.Title)
	p.word("text", a.Text)
	p.interval("published", a.Published)
	p.time("seen", a.Seen)
	p.word("source", a.Source)
	p.yes("cut", a.Cut)
	p.close()
}

func writeReference(p *pen, r *news.Reference) {
	writeArticle(p, &news.Article{
		ID: r.ID, Revision: r.Revision, URL: r.URL, Publisher: r.Publisher, Language: r.Language, Title: r.Title,
		Published: r.Published, Seen: r.Seen, Source: r.Source,
	})
}

func (p *pen) interval(name string, i news.Interval) {
	if i.IsZero() {
		return
	}
	p.key(name)
	p.open()
	p.time("start", i.Start)
	p.time("end", i.End)
	p.text("grain", string(i.Grain))
	p.word("resolved", string(i.Resolved))
	p.close()
}

func writeEvent(p *pen, e *news.Event) {
	p.open()
	p.text("id", string(e.ID))
	list(p, "who", e.Who, writeActor)
	p.key("what")
	writeAction(p, &e.What)
	list(p, "whom", e.Whom, writeActor)
	part(p, "where", e.Where, writePlace)
	p.interval("when", e.When)
	p.interval("effective", e.Effective)
	p.text("realis", string(e.Realis))
	p.yes("historical", e.Historical)
	list(p, "by", e.By, writeAttribution)
	part(p, "count", e.Count, writeQuantity)
	part(p, "dead", e.Dead, writeQuantity)
	part(p, "injured", e.Injured, writeQuantity)
	part(p, "arrested", e.Arrested, writeQuantity)
	p.yes("lead", e.Lead)
	p.key("cites")
	if len(e.Cites) == 0 {
		p.b = append(p.b, "null"...)
	} else {
		elements(p, e.Cites, writeCitation)
	}
	p.close()
}

func writeActor(p *pen, a *news.Actor) {
	p.open()
	p.word("key", a.Key)
	p.word("name", a.Name)
	p.word("country", a.Country)
	list(p, "sectors", a.Sectors, writeString)
	p.word("text", a.Text)
	p.span("span", a.Span)
	p.yes("inferred", a.Inferred)
	p.close()
}

func writeAction(p *pen, a *news.Action) {
	p.open()
	p.text("type", string(a.Type))
	p.word("mode", string(a.Mode))
	list(p, "contexts", a.Contexts, writeString)
	p.word("cameo", a.CAMEO)
	p.integer("quad", int64(a.Quad))
	p.number("score", a.Score)
	p.number("goldstein", a.Goldstein)
	p.text("trigger", a.Trigger)
	p.word("lemma", a.Lemma)
	p.span("span", a.Span)
	p.close()
}

func writePlace(p *pen, x *news.Place) {
	p.open()
	p.text("name", x.Name)
	p.word("country", x.Country)
	p.word("text", x.Text)
	p.span("span", x.Span)
	p.word("region", x.Region)
	p.degrees("lat", x.Lat)
	p.degrees("lon", x.Lon)
	p.count("geonames", x.GeoNames)
	p.close()
}

func (p *pen) degrees(name string, f float64) {
	switch {
	case f != 0:
		p.number(name, f)
	case math.Signbit(f):
		p.odd = true
	}
}

func writeAttribution(p *pen, a *news.Attribution) {
	p.open()
	p.key("actor")
	writeActor(p, &a.Actor)
	p.word("via", a.Via)
	p.close()
}

func writeQuantity(p *pen, q *news.Quantity) {
	p.open()
	p.integer("value", q.Value)
	p.integer("min", q.Min)
	p.count("max", q.Max)
	p.word("text", q.Text)
	p.span("span", q.Span)
	p.close()
}

func writeCitation(p *pen, c *news.Citation) {
	p.open()
	p.integer("sentence", int64(c.Sentence))
	p.span("span", c.Span)
	p.span("trigger", c.Trigger)
	p.text("quote", c.Quote)
	p.word("pattern", c.Pattern)
	p.number("confidence", c.Confidence)
	p.close()
}

func writeStory(p *pen, s *news.Story) {
	p.open()
	p.text("id", string(s.ID))
	p.integer("articles", int64(s.Articles))
	p.integer("publishers", int64(s.Publishers))
	p.word("copy_of", string(s.CopyOf))
	p.count("growth", int64(s.Growth))
	list(p, "firsts", s.Firsts, writeFirst)
	list(p, "former", s.Former, writeString)
	p.close()
}

func writeFirst(p *pen, f *news.First) {
	p.open()
	p.text("event", string(f.Event))
	p.text("what", string(f.What))
	p.word("who", f.Who)
	p.word("whom", f.Whom)
	p.yes("pair", f.Pair)
	if !f.Since.IsZero() {
		p.time("since", f.Since)
	}
	p.close()
}

func writeSketch(p *pen, s *news.Sketch) {
	p.open()
	p.count("shingles", int64(s.Shingles))
	if len(s.Minima) > 0 {
		p.key("minima")
		bytes := make([]byte, 0, 4*news.SketchSize)
		for _, m := range s.Minima {
			bytes = binary.BigEndian.AppendUint32(bytes, m)
		}
		p.b = append(p.b, '"')
		p.b = base64.StdEncoding.AppendEncode(p.b, bytes)
		p.b = append(p.b, '"')
	}
	list(p, "terms", s.Terms, writeTerm)
	p.close()
}

func writeTerm(p *pen, t *news.Term) {
	p.open()
	p.text("k", t.Key)
	p.integer("w", int64(t.Weight))
	p.close()
}

func writeClause(p *pen, c *news.Clause) {
	p.open()
	p.text("text", c.Text)
	list(p, "spans", c.Spans, func(p *pen, s *news.Span) { p.pair(*s) })
	list(p, "events", c.Events, writeString)
	p.close()
}

func writeWindow(p *pen, w *news.Window) {
	p.open()
	p.text("kind", w.Kind)
	p.word("group", w.Group)
	p.time("start", w.Start)
	p.time("end", w.End)
	p.count("count", int64(w.Count))
	p.word("distinct", w.Distinct)
	p.word("expected", w.Expected)
	list(p, "entries", w.Entries, writeEntered)
	p.count("late", int64(w.Late))
	p.count("dropped", int64(w.Dropped))
	p.close()
}

func writeEntered(p *pen, e *news.Entered) {
	p.open()
	p.text("article", string(e.Article))
	p.word("publisher", e.Publisher)
	p.time("at", e.At)
	p.count("step", int64(e.Step))
	p.close()
}

// written is what a noun is stored as: as the pen writes it, or else as encoding/json writes its wire struct.
func written[T any](what string, noun *T, write func(*pen, *T), wire func(*T) any) ([]byte, error) {
	return appended(nil, what, noun, write, wire)
}

// appended appends to b what written writes.
func appended[T any](b []byte, what string, noun *T, write func(*pen, *T), wire func(*T) any) ([]byte, error) {
	p := pens.Get().(*pen) //nolint:forcetypeassert // nothing else is in it
	defer pens.Put(p)
	p.b, p.odd = p.b[:0], false
	write(p, noun)
	if p.odd {
		data, err := encode(what, wire(noun))
		return append(b, data...), err
	}
	if b == nil {
		b = make([]byte, 0, len(p.b))
	}
	return append(b, p.b...), nil
}
