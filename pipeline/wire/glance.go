package wire

import (
	"encoding/base64"
	"encoding/binary"
	"sync"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// glance reads a report in the form that the pen writes: its fields in the pen's order, without blanks. It is several times
// as fast as encoding/json, which reads whatever is written in another way: at the first byte that it does not expect a
// glance gives up. What it reads it reads as encoding/json does.
type glance struct {
	rest  []byte
	lost  bool              // something unexpected: what was read is void
	known map[string]string // words that come again and again: a code, a publisher, a term
	bytes []byte            // of a string with escapes
}

// mostKnown bounds the words that a glance knows.
const mostKnown = 1 << 14

// longestKnown bounds them in bytes: longer ones seldom come again.
const longestKnown = 48

var glances = sync.Pool{New: func() any { return &glance{known: map[string]string{}} }}

// readReport reads a report; false: it is left to encoding/json.
func readReport(data []byte) (r news.Report, ok bool) {
	g := glances.Get().(*glance) //nolint:forcetypeassert // nothing else is in it
	defer glances.Put(g)
	g.rest, g.lost = data, false
	g.report(&r)
	ok = !g.lost && len(g.rest) == 0
	g.rest = nil
	if !ok {
		return news.Report{}, false
	}
	return r, true
}

// skip passes over what must come next.
func (g *glance) skip(s string) {
	if len(g.rest) < len(s) || string(g.rest[:len(s)]) != s {
		g.lost = true
		return
	}
	g.rest = g.rest[len(s):]
}

// is passes over s if that comes next, and tells whether it did.
func (g *glance) is(s string) bool {
	if g.lost || len(g.rest) < len(s) || string(g.rest[:len(s)]) != s {
		return false
	}
	g.rest = g.rest[len(s):]
	return true
}

func (g *glance) report(r *news.Report) {
	g.skip(`{"v":1,"article":`)
	g.article(&r.Article)
	g.skip(`,"events":`)
	if !g.is(`[]`) {
		r.Events = several(g, r.Events, (*glance).event)
	}
	g.skip(`,"at":`)
	r.At = g.time()
	g.skip(`,"origin":`)
	r.Origin = news.Origin(g.word())
	if g.is(`,"coder":`) {
		r.Coder = g.word()
	}
	r.Cut = g.is(`,"cut":true`)
	if g.is(`,"sketch":`) {
		g.sketch(&r.Sketch)
	}
	g.skip(`}`)
}

// several reads a list that is not empty.
func several[T any](g *glance, out []T, read func(*glance, *T)) []T {
	g.skip(`[`)
	for !g.lost {
		var zero T
		out = append(out, zero)
		read(g, &out[len(out)-1])
		if !g.is(`,`) {
			break
		}
	}
	g.skip(`]`)
	return out
}

func (g *glance) article(a *news.Article) {
	g.skip(`{"id":`)
	a.ID = news.ID(g.string())
	g.skip(`,"revision":`)
	a.Revision = news.ID(g.string())
	if g.is(`,"url":`) {
		a.URL = g.string()
	}
	g.skip(`,"publisher":`)
	a.Publisher = g.word()
	if g.is(`,"lang":`) {
		a.Language = g.word()
	}
	if g.is(`,"title":`) {
		a.Title = g.string()
	}
	if g.is(`,"text":`) {
		a.Text = g.string()
	}
	if g.is(`,"published":`) {
		a.Published = g.interval()
	}
	g.skip(`,"seen":`)
	a.Seen = g.time()
	if g.is(`,"source":`) {
		a.Source = g.word()
	}
	a.Cut = g.is(`,"cut":true`)
	g.skip(`}`)
}

func (g *glance) interval() (i news.Interval) {
	g.skip(`{"start":`)
	i.Start = g.time()
	g.skip(`,"end":`)
	i.End = g.time()
	g.skip(`,"grain":`)
	i.Grain = news.Grain(g.word())
	if g.is(`,"resolved":`) {
		i.Resolved = news.Resolution(g.word())
	}
	g.skip(`}`)
	return i
}

func (g *glance) event(e *news.Event) {
	g.skip(`{"id":`)
	e.ID = news.ID(g.string())
	if g.is(`,"who":`) {
		e.Who = several(g, nil, (*glance).actor)
	}
	g.skip(`,"what":`)
	g.action(&e.What)
	if g.is(`,"whom":`) {
		e.Whom = several(g, nil, (*glance).actor)
	}
	if g.is(`,"where":`) {
		e.Where = &news.Place{}
		g.place(e.Where)
	}
	if g.is(`,"when":`) {
		e.When = g.interval()
	}
	if g.is(`,"effective":`) {
		e.Effective = g.interval()
	}
	g.skip(`,"realis":`)
	e.Realis = news.Realis(g.word())
	e.Historical = g.is(`,"historical":true`)
	if g.is(`,"by":`) {
		e.By = several(g, nil, (*glance).attribution)
	}
	e.Count = g.quantity(`,"count":`)
	e.Dead = g.quantity(`,"dead":`)
	e.Injured = g.quantity(`,"injured":`)
	e.Arrested = g.quantity(`,"arrested":`)
	e.Lead = g.is(`,"lead":true`)
	g.skip(`,"cites":`)
	if !g.is(`null`) {
		e.Cites = several(g, nil, (*glance).citation)
	}
	g.skip(`}`)
}

// fields are those of an object whose first one may be any.
type fields struct {
	*glance
	begun bool
}

func (g *glance) fields() fields {
	g.skip(`{`)
	return fields{glance: g}
}

// has passes over the beginning of a field, `,"name":`, if that comes next, and tells whether it did.
func (f *fields) has(name string) bool {
	if f.begun {
		return f.is(name)
	}
	f.begun = f.is(name[1:])
	return f.begun
}

func (g *glance) actor(a *news.Actor) {
	f := g.fields()
	if f.has(`,"key":`) {
		a.Key = g.word()
	}
	if f.has(`,"name":`) {
		a.Name = g.word()
	}
	if f.has(`,"country":`) {
		a.Country = g.word()
	}
	if f.has(`,"sectors":`) {
		a.Sectors = several(g, nil, readWord[plover.Sector])
	}
	if f.has(`,"text":`) {
		a.Text = g.word()
	}
	if !f.has(`,"span":`) {
		g.lost = true
	}
	a.Span = g.span()
	a.Inferred = g.is(`,"inferred":true`)
	g.skip(`}`)
}

func readWord[S ~string](g *glance, s *S) { *s = S(g.word()) }

func (g *glance) action(a *news.Action) {
	g.skip(`{"type":`)
	readWord(g, &a.Type)
	if g.is(`,"mode":`) {
		readWord(g, &a.Mode)
	}
	if g.is(`,"contexts":`) {
		a.Contexts = several(g, nil, readWord[plover.Context])
	}
	if g.is(`,"cameo":`) {
		a.CAMEO = g.word()
	}
	g.skip(`,"quad":`)
	a.Quad = int(g.integer())
	g.skip(`,"score":`)
	a.Score = g.number()
	g.skip(`,"goldstein":`)
	a.Goldstein = g.number()
	g.skip(`,"trigger":`)
	a.Trigger = g.word()
	if g.is(`,"lemma":`) {
		a.Lemma = g.word()
	}
	g.skip(`,"span":`)
	a.Span = g.span()
	g.skip(`}`)
}

func (g *glance) place(p *news.Place) {
	g.skip(`{"name":`)
	p.Name = g.word()
	if g.is(`,"country":`) {
		p.Country = g.word()
	}
	if g.is(`,"text":`) {
		p.Text = g.word()
	}
	g.skip(`,"span":`)
	p.Span = g.span()
	if g.is(`,"region":`) {
		p.Region = g.word()
	}
	if g.is(`,"lat":`) {
		p.Lat = g.number()
	}
	if g.is(`,"lon":`) {
		p.Lon = g.number()
	}
	if g.is(`,"geonames":`) {
		p.GeoNames = g.integer()
	}
	g.skip(`}`)
}

func (g *glance) attribution(a *news.Attribution) {
	g.skip(`{"actor":`)
	g.actor(&a.Actor)
	if g.is(`,"via":`) {
		a.Via = g.word()
	}
	g.skip(`}`)
}

func (g *glance) quantity(name string) *news.Quantity {
	if !g.is(name) {
		return nil
	}
	q := &news.Quantity{}
	g.skip(`{"value":`)
	q.Value = g.integer()
	g.skip(`,"min":`)
	q.Min = g.integer()
	if g.is(`,"max":`) {
		q.Max = g.integer()
	}
	if g.is(`,"text":`) {
		q.Text = g.word()
	}
	g.skip(`,"span":`)
	q.Span = g.span()
	g.skip(`}`)
	return q
}

func (g *glance) citation(c *news.Citation) {
	g.skip(`{"sentence":`)
	c.Sentence = int(g.integer())
	g.skip(`,"span":`)
	c.Span = g.span()
	g.skip(`,"trigger":`)
	c.Trigger = g.span()
	g.skip(`,"quote":`)
	c.Quote = g.string()
	if g.is(`,"pattern":`) {
		c.Pattern = g.word()
	}
	g.skip(`,"confidence":`)
	c.Confidence = g.number()
	g.skip(`}`)
}

func (g *glance) sketch(s *news.Sketch) {
	const size = 4 * news.SketchSize
	f := g.fields()
	if f.has(`,"shingles":`) {
		s.Shingles = int(g.integer())
	}
	if f.has(`,"minima":`) {
		raw := g.raw()
		var bytes [(size + 2) / 3 * 3]byte // room for a whole text without padding, which is too long
		if len(raw) != base64.StdEncoding.EncodedLen(size) {
			g.lost = true
			return
		}
		if n, err := base64.StdEncoding.Decode(bytes[:], raw); err != nil || n != size {
			g.lost = true
			return
		}
		s.Minima = make([]uint32, news.SketchSize)
		for i := range s.Minima {
			s.Minima[i] = binary.BigEndian.Uint32(bytes[4*i:])
		}
	}
	if f.has(`,"terms":`) {
		s.Terms = several(g, make([]news.Term, 0, 72), (*glance).term)
	}
	g.skip(`}`)
}

func (g *glance) term(t *news.Term) {
	g.skip(`{"k":`)
	t.Key = g.word()
	g.skip(`,"w":`)
	t.Weight = int(g.integer())
	g.skip(`}`)
}

func (g *glance) span() (s news.Span) {
	g.skip(`[`)
	s.Start = int(g.integer())
	g.skip(`,`)
	s.End = int(g.integer())
	g.skip(`]`)
	return s
}
