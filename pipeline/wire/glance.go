package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"
	"unicode/utf8"

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

// mostDigits of a whole number surely fit; 15 of a broken one are exact in a float64.
const (
	mostDigits  = 18
	exactDigits = 15
)

// digits reads a whole number without a sign.
func (g *glance) digits() (n int64, size int) {
	for size < len(g.rest) && g.rest[size]-'0' < 10 {
		if size == mostDigits {
			g.lost = true
			return 0, 0
		}
		n = n*10 + int64(g.rest[size]-'0')
		size++
	}
	if size == 0 || g.rest[0] == '0' && size > 1 {
		g.lost = true
	}
	g.rest = g.rest[size:]
	return n, size
}

func (g *glance) integer() int64 {
	minus := g.is(`-`)
	n, _ := g.digits()
	if minus {
		return -n
	}
	return n
}

var powers = [exactDigits + 1]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// number reads a number without an exponent. Of at most 15 digits it is their whole number by a power of ten, both exact,
// so that the quotient is the nearest float64 as it should be.
func (g *glance) number() float64 {
	minus := g.is(`-`)
	n, size := g.digits()
	f := float64(n)
	if g.is(`.`) {
		broken := 0
		for broken < len(g.rest) && g.rest[broken]-'0' < 10 && size+broken <= exactDigits {
			n = n*10 + int64(g.rest[broken]-'0')
			broken++
		}
		g.rest = g.rest[broken:]
		if size += broken; broken == 0 || size > exactDigits {
			g.lost = true
			return 0
		}
		f = float64(n) / powers[broken]
	} else if size > exactDigits {
		g.lost = true
	}
	if minus {
		return -f
	}
	return f
}

// time reads a time in UTC as RFC 3339 has it.
func (g *glance) time() time.Time {
	b := g.rest
	if len(b) < len(`"2006-01-02T15:04:05Z"`) || b[0] != '"' || b[5] != '-' || b[8] != '-' || b[11] != 'T' || b[14] != ':' || b[17] != ':' {
		g.lost = true
		return time.Time{}
	}
	two := func(at int) int {
		x, y := b[at]-'0', b[at+1]-'0'
		if x > 9 || y > 9 {
			g.lost = true
		}
		return int(x)*10 + int(y)
	}
	year, month, day := two(1)*100+two(3), two(6), two(9)
	hour, minute, second := two(12), two(15), two(18)
	b = b[20:]
	nano, scale := 0, 100_000_000
	if b[0] == '.' {
		n := 1
		for ; n < len(b) && b[n]-'0' < 10 && scale > 0; n++ {
			nano += int(b[n]-'0') * scale
			scale /= 10
		}
		if n == 1 {
			g.lost = true
		}
		b = b[n:]
	}
	g.rest = b
	g.skip(`Z"`)
	if month < 1 || month > 12 || day < 1 || day > 28 && day > lastOf(year, month) || hour > 23 || minute > 59 || second > 59 {
		g.lost = true
	}
	if g.lost {
		return time.Time{}
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, nano, time.UTC)
}

// lastOf is the last day of a month.
func lastOf(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// string reads a string.
func (g *glance) string() string { return string(g.raw()) }

// word reads a string that may come again.
func (g *glance) word() string {
	b := g.raw()
	if len(b) > longestKnown {
		return string(b)
	}
	s, ok := g.known[string(b)]
	if !ok {
		if len(g.known) == mostKnown {
			clear(g.known)
		}
		s = string(b)
		g.known[s] = s
	}
	return s
}

// raw reads the bytes of a string; they hold until the next one is read.
func (g *glance) raw() []byte {
	if len(g.rest) == 0 || g.rest[0] != '"' {
		g.lost = true
		return nil
	}
	b := g.rest[1:]
	end := bytes.IndexByte(b, '"')
	if end < 0 {
		g.lost = true
		return nil
	}
	ascii := true
	for i, c := range b[:end] {
		switch {
		case c >= utf8.RuneSelf:
			ascii = false
		case c == '\\':
			return g.escaped(b, i)
		case c < ' ':
			g.lost = true
			return nil
		}
	}
	g.rest = b[end+1:]
	if !ascii && !utf8.Valid(b[:end]) {
		g.lost = true
	}
	return b[:end]
}

// escaped reads a string whose first escape is at i.
func (g *glance) escaped(b []byte, i int) []byte {
	out := g.bytes[:0]
	out = append(out, b[:i]...)
	for i < len(b) {
		from := i
		for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
			i++
		}
		out = append(out, b[from:i]...)
		if i+1 >= len(b) {
			break
		}
		switch b[i] {
		case '"':
			g.bytes, g.rest = out, b[i+1:]
			if !utf8.Valid(out) {
				g.lost = true
			}
			return out
		case '\\':
			i++
		default: // a control
			g.lost = true
			return nil
		}
		switch c := b[i]; c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, ok := fourDigits(b[i+1:])
			if !ok || r >= 0xD800 && r < 0xE000 { // half a character
				g.lost = true
				return nil
			}
			out = utf8.AppendRune(out, r)
			i += 4
		default:
			g.lost = true
			return nil
		}
		i++
	}
	g.lost = true
	return nil
}

func fourDigits(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case c-'0' < 10:
			c -= '0'
		case (c|0x20)-'a' < 6:
			c = (c | 0x20) - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
