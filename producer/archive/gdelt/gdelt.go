// Package gdelt reads the rows of GDELT 2.0 as reports.
//
// A row of Events (61 columns) is an article that tells one event; a row of Mentions (16) is one that tells an event of
// a row of Events shortly before; a row of the Global Knowledge Graph (27) is an article without events. The text of an
// article is what the row tells of it, in English. Format: GDELT Event Codebook V2.0, GKG Codebook V2.1.
package gdelt

import (
	"errors"
	"fmt"
	"html"
	"math"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/quidnunc-news/quidnunc/pipeline/cameo"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// Coder is the coder's name in reports.
const Coder = "gdelt-2.0"

// The columns of each kind of row.
const (
	eventColumns   = 61
	mentionColumns = 16
	graphColumns   = 27
)

// ErrRow says that a row is not one of GDELT's.
var ErrRow = errors.New("no row of GDELT")

// Report is what a row tells.
type Report struct {
	ID        news.ID // of the article; "" where its address is its identity
	URL       string
	Publisher string
	Language  string
	Title     string
	Text      string
	Published news.Interval // zero: not told
	Seen      time.Time
	Unknown   []string // codes that we do not know and left out: "country XYZ"

	events []news.Event
}

// Events are the report's events, identified as those of article. They are the report's own: a second call identifies the
// same ones anew.
func (r *Report) Events(article news.ID) []news.Event {
	news.IdentifyInPlace(article, r.events)
	return r.events
}

// Looks tells whether a line has the columns of one of GDELT's rows.
func Looks(line []byte) bool {
	n := 1
	for _, c := range line {
		if c == '\t' {
			n++
		}
	}
	if n != eventColumns && n != mentionColumns && n != graphColumns || len(line) == 0 {
		return false
	}
	return line[0] >= '0' && line[0] <= '9'
}

// maxRecent bounds the events remembered for the mentions that follow.
const maxRecent = 1 << 14

// Reader reads rows. The zero Reader is ready; it is for one goroutine.
type Reader struct {
	recent map[uint64]int // where in ring, by event number
	ring   []known
	oldest int // in a full ring
	column []string
}

// known is what the mentions of an event that follow it need to know of it.
type known struct {
	number uint64
	text   string
	events []news.Event
}

const (
	usual     = 4 << 10 // bytes that rows of Events seldom reach
	maxDigits = 20      // of an event's number
)

// Row reads a line.
func (r *Reader) Row(line string) (Report, error) {
	length := len(line)
	r.column = r.column[:0]
	for more := true; more; {
		if len(r.column) == eventColumns {
			return Report{}, fmt.Errorf("%w: over %d columns", ErrRow, eventColumns)
		}
		var f string
		f, line, more = strings.Cut(line, "\t")
		r.column = append(r.column, strings.TrimSpace(f))
	}
	switch len(r.column) {
	case eventColumns:
		if length > usual { // what is remembered of it must not keep all of it alive
			for i := range r.column {
				r.column[i] = strings.Clone(r.column[i])
			}
		}
		return r.event(r.column)
	case mentionColumns:
		return r.mention(r.column)
	case graphColumns:
		return graph(r.column)
	}
	return Report{}, fmt.Errorf("%w: %d columns, want %d, %d or %d", ErrRow, len(r.column), eventColumns, mentionColumns, graphColumns)
}

// event reads a row of Events.
func (r *Reader) event(c []string) (Report, error) {
	id, added := c[0], stamp(c[59])
	number, err := strconv.ParseUint(id, 10, 64)
	if err != nil || len(id) > maxDigits {
		return Report{}, fmt.Errorf("%w: event number %.40q", ErrRow, id)
	}
	if added.IsZero() {
		return Report{}, fmt.Errorf("%w: added %.40q", ErrRow, c[59])
	}
	out := Report{
		ID: news.MakeID("article", "gdelt-event", id), URL: c[60], Language: "en", Seen: added,
	}
	out.Publisher, out.Title = address(c[60])
	out.tell(c, added)
	r.remember(known{number, out.Text, out.events})
	return out, nil
}

// remember keeps an event in the place of the oldest where there are enough. Of two with one number the later counts.
func (r *Reader) remember(k known) {
	if r.recent == nil {
		r.recent = make(map[uint64]int, maxRecent)
	}
	at := len(r.ring)
	if at < maxRecent {
		r.ring = append(r.ring, k)
	} else {
		at = r.oldest
		if gone := r.ring[at].number; r.recent[gone] == at {
			delete(r.recent, gone)
		}
		r.ring[at], r.oldest = k, (at+1)%maxRecent
	}
	r.recent[k.number] = at
}

// mention reads a row of Mentions.
func (r *Reader) mention(c []string) (Report, error) {
	at := stamp(c[2])
	if at.IsZero() || c[0] == "" {
		return Report{}, fmt.Errorf("%w: mentioned %.40q", ErrRow, c[2])
	}
	out := Report{
		ID: news.MakeID("article", "gdelt-mention", c[0], c[5], c[6]), URL: c[5], Publisher: c[4], Language: "en", Seen: at,
	}
	_, out.Title = address(c[5])
	number, err := strconv.ParseUint(c[0], 10, 64)
	n, ok := r.recent[number]
	if !ok || err != nil {
		out.Text = "GDELT event " + c[0]
		return out, nil
	}
	out.Text = r.ring[n].text
	for _, e := range r.ring[n].events {
		e.Cites = append([]news.Citation(nil), e.Cites...)
		if percent, err := strconv.Atoi(c[11]); err == nil && percent >= 0 && percent <= 100 {
			e.Cites[0].Confidence = float64(percent) / 100
		}
		out.events = append(out.events, e)
	}
	return out, nil
}

// graph reads a row of the Global Knowledge Graph.
func graph(c []string) (Report, error) {
	at := stamp(c[1])
	if at.IsZero() {
		return Report{}, fmt.Errorf("%w: date %.40q", ErrRow, c[1])
	}
	out := Report{URL: c[4], Publisher: c[3], Language: "en", Seen: at}
	if !strings.HasPrefix(c[4], "http") {
		out.ID = news.MakeID("article", "gdelt-graph", c[0])
	}
	if source, ok := strings.CutPrefix(c[25], "srclc:"); ok {
		source, _, _ = strings.Cut(source, ";")
		out.Language = languages[source]
	}
	out.Title = html.UnescapeString(element(c[26], "PAGE_TITLE"))
	if out.Title == "" {
		_, out.Title = address(c[4])
	}
	if t := stamp(element(c[26], "PAGE_PRECISEPUBTIMESTAMP")); !t.IsZero() && !t.After(at) {
		out.Published = news.Interval{Start: t, End: t.Add(time.Second), Grain: news.Instant, Resolved: news.Explicit}
	}
	var b strings.Builder
	b.WriteString(out.Title)
	for q := range strings.SplitSeq(c[22], "#") {
		if f := strings.SplitN(q, "|", 4); len(f) == 4 {
			fmt.Fprintf(&b, "\n« %s »", strings.TrimSpace(f[3]))
		}
	}
	for _, list := range []struct{ name, items string }{{"Persons", c[11]}, {"Organisations", c[13]}} {
		if items := strings.Trim(list.items, "; "); items != "" {
			fmt.Fprintf(&b, "\n%s: %s.", list.name, titled(strings.ReplaceAll(items, ";", ", ")))
		}
	}
	out.Text = b.String()
	return out, nil
}

// element is the text of an element of the row's last column.
func element(xml, name string) string {
	_, rest, ok := strings.Cut(xml, "<"+name+">")
	if !ok {
		return ""
	}
	inside, _, ok := strings.Cut(rest, "</"+name+">")
	if !ok {
		return ""
	}
	return strings.TrimSpace(inside)
}

// tell writes the text of an event's row and codes it.
func (out *Report) tell(c []string, added time.Time) {
	who, whom := out.actor(c[5:15]), out.actor(c[15:25])
	code := c[26]
	kind := plover.ByCAMEO(code)
	verb := plover.Gloss(kind, "")
	switch {
	case kind != "":
	case strings.HasPrefix(code, "01"):
		verb = "speaks of"
	case strings.HasPrefix(code, "02"):
		verb = "appeals to"
	default:
		out.Unknown = append(out.Unknown, "event "+code)
		verb = "CAMEO " + clip(code)
	}
	var b strings.Builder
	b.Grow(128)
	place := func(side []news.Actor) {
		if len(side) == 0 {
			b.WriteString("Somebody")
			return
		}
		a := &side[0]
		a.Span.Start = b.Len()
		b.WriteString(a.Text)
		a.Span.End = b.Len()
	}
	place(who)
	b.WriteByte(' ')
	trigger := news.Span{Start: b.Len(), End: b.Len() + len(verb)}
	b.WriteString(verb)
	if len(whom) > 0 {
		b.WriteByte(' ')
		place(whom)
	}
	where := out.place(c[51:59])
	if where != nil {
		b.WriteString(", ")
		where.Span.Start = b.Len()
		b.WriteString(where.Text)
		where.Span.End = b.Len()
	}
	b.WriteByte('.')
	out.Text = b.String()
	if kind == "" {
		return
	}
	e := news.Event{
		What: news.NewAction(kind, "", code), Where: where, When: happened(c[1], added), Realis: news.Actual, Lead: true,
	}
	e.What.Trigger, e.What.Span, e.What.Lemma = verb, trigger, code
	if g, err := strconv.ParseFloat(c[30], 64); err == nil && g >= -10 && g <= 10 {
		e.What.Goldstein = g
	}
	e.Historical = !e.When.IsZero() && e.When.Start.Before(added.AddDate(0, -3, 0))
	e.Who, e.Whom = who, whom
	e.Cites = []news.Citation{{
		Sentence: 1, Span: news.Span{End: len(out.Text)}, Trigger: trigger, Quote: out.Text[:min(len(out.Text), news.MaxQuote)],
		Pattern: "gdelt:" + code, Confidence: 0.5,
	}}
	out.events = []news.Event{e}
}

// actor reads the ten columns of an actor: code, name, country, group, ethnic, religions, types; nil for none.
func (out *Report) actor(c []string) []news.Actor {
	if c[0] == "" {
		return nil
	}
	one := []news.Actor{{Text: titled(clip(c[1]))}}
	a := &one[0]
	if a.Text == "" {
		a.Text = clip(c[0])
	}
	a.Name = a.Text
	switch country, group := c[2], cameo.FromGroup(c[3]); {
	case group != "":
		a.Country = group
	case country == "" || cameo.Region(country):
	default:
		a.Country = out.country(country)
	}
	for _, t := range c[7:10] {
		switch sector, known := cameo.Sector(t); {
		case t == "":
		case t == "IGO" || t == "NGO" || t == "MNC":
			if a.Country == "" {
				a.Country = t
			}
		case known:
			a.Sectors = insert(a.Sectors, sector)
		case !cameo.ActorType(t):
			out.Unknown = append(out.Unknown, "actor "+t)
		}
	}
	if full := gazetteer.Default().Name(a.Country); full != "" && len(a.Sectors) == 0 && c[3] == "" {
		a.Name = full
	}
	return one
}

func insert(list []plover.Sector, s plover.Sector) []plover.Sector {
	for i, have := range list {
		switch {
		case have == s:
			return list
		case s < have:
			return append(list[:i:i], append([]plover.Sector{s}, list[i:]...)...)
		}
	}
	return append(list, s)
}

// country is the ISO 3166 code of CAMEO's.
func (out *Report) country(code string) string {
	iso := cameo.FromCountry(code)
	if iso == code && gazetteer.Default().Name(code) == "" {
		out.Unknown = append(out.Unknown, "country "+code)
		return ""
	}
	return iso
}

// place reads the eight columns of a place: type (1 and 2, 5 are countries and their parts, 3 and 4 cities), name,
// country by FIPS 10-4, two regions, latitude, longitude, ...
func (out *Report) place(c []string) *news.Place {
	if c[1] == "" || c[0] == "0" {
		return nil
	}
	p := news.Place{Name: clip(c[1]), Text: clip(c[1])}
	iso, ok := cameo.FromFIPS(c[2])
	if !ok && c[2] != "" {
		out.Unknown = append(out.Unknown, "place "+c[2])
	}
	p.Country = iso
	if c[0] == "3" || c[0] == "4" {
		p.Lat, p.Lon = point(c[5], c[6])
	}
	return &p
}

// point reads a latitude and a longitude; both are 0 where one is none.
func point(latitude, longitude string) (lat, lon float64) {
	if latitude == "" || longitude == "" {
		return 0, 0
	}
	lat, err1 := strconv.ParseFloat(latitude, 64)
	lon, err2 := strconv.ParseFloat(longitude, 64)
	if err1 != nil || err2 != nil || !(math.Abs(lat) <= 90 && math.Abs(lon) <= 180) {
		return 0, 0
	}
	return lat, lon
}

// happened is the day of an event. GDELT counts it from the article's date or takes it for that.
func happened(day string, added time.Time) news.Interval {
	t, err := time.Parse("20060102", day)
	if err != nil {
		return news.Interval{}
	}
	how := news.Relative
	if t.Equal(added.Truncate(24 * time.Hour)) {
		how = news.ByDocument
	}
	return news.Interval{Start: t, End: t.AddDate(0, 0, 1), Grain: news.Day, Resolved: how}
}

func stamp(s string) time.Time {
	t, err := time.Parse("20060102150405", s)
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return time.Time{}
	}
	return t
}

// address gives the publisher and the title that an address carries: "https://www.example.org/news/
// russia-suspends-nato-mission-123.html"; no title if it carries none.
func address(s string) (publisher, title string) {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return clip(s), ""
	}
	publisher = strings.TrimPrefix(u.Hostname(), "www.")
	best := ""
	for part := range strings.SplitSeq(u.Path, "/") {
		if len(part) <= len(best) || strings.IndexFunc(part, between) < 0 {
			continue // one word is no title
		}
		var kept []string
		for w := range strings.FieldsFuncSeq(strings.TrimSuffix(part, path.Ext(part)), between) {
			if len(w) < 5 || strings.IndexFunc(w, unicode.IsDigit) < 0 {
				kept = append(kept, w)
			}
		}
		if s := strings.Join(kept, " "); len(kept) >= 3 && len(s) > len(best) {
			best = s
		}
	}
	return publisher, clip(best)
}

// between tells what stands between the words of an address.
func between(r rune) bool { return r == '-' || r == '_' || r == ' ' || r == '+' }

// clip bounds what a column may be and makes it text as articles have it, so that spans hold.
func clip(s string) string {
	if len(s) > 300 {
		s = strings.Clone(s[:300]) // not the row it was cut from
	}
	return strings.TrimSpace(text.Normalize(strings.ToValidUTF8(s, "")))
}

// titled writes RUSSIA and russia as Russia.
func titled(s string) string {
	b := []byte(s)
	begin := 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && (b[i] >= 'A' && b[i] <= 'Z' || b[i] >= 'a' && b[i] <= 'z' || b[i] >= 0x80 || b[i] == '\'') {
			continue
		}
		if i > begin {
			if c := b[begin]; c >= 'a' && c <= 'z' {
				b[begin] = c - 32
			}
			for j := begin + 1; j < i; j++ {
				if b[j] >= 'A' && b[j] <= 'Z' {
					b[j] += 32
				}
			}
		}
		begin = i + 1
	}
	return string(b)
}
