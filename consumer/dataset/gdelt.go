package dataset

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/cameo"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

func gdeltColumns() []column {
	return slices.Concat(
		[]column{{"GLOBALEVENTID", number}},
		[]column{
			{"SQLDATE", func(r row) string { return day(r).Format("20060102") }},
			{"MonthYear", func(r row) string { return day(r).Format("200601") }},
			{"Year", func(r row) string { return day(r).Format("2006") }},
			{"FractionDate", fraction},
		},
		actorColumns("Actor1", func(r row) *news.Actor { return r.who }),
		actorColumns("Actor2", func(r row) *news.Actor { return r.whom }),
		[]column{
			{"IsRootEvent", func(r row) string { return flag(r.event.Lead) }},
			{"EventCode", func(r row) string { return r.event.What.CAMEO }},
			{"EventBaseCode", func(r row) string { return cameo.Base(r.event.What.CAMEO) }},
			{"EventRootCode", func(r row) string { return cameo.Root(r.event.What.CAMEO) }},
			{"QuadClass", func(r row) string { return strconv.Itoa(cameo.Quad(r.event.What.CAMEO)) }},
			{"GoldsteinScale", func(r row) string { return point(r.event.What.Goldstein) }},
			{"NumMentions", func(r row) string { return strconv.Itoa(len(r.event.Cites)) }},
			{"NumSources", one},
			{"NumArticles", one},
			{"AvgTone", none},
		},
		nowhere("Actor1Geo"), nowhere("Actor2Geo"), action(),
		[]column{
			{"DATEADDED", func(r row) string { return r.report.At.UTC().Format("20060102150405") }},
			{"SOURCEURL", address},
		},
	)
}

func none(row) string { return "" }
func one(row) string  { return "1" }

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// number names an event, or a pair of its actors, by a whole number below 2^60: the first 60 bits of its ID.
func number(r row) string {
	id := r.event.ID
	if r.pair > 0 {
		id = news.MakeID("pair", string(id), strconv.Itoa(r.pair))
	}
	return strconv.FormatUint(bits(id), 10)
}

func bits(id news.ID) uint64 {
	if len(id) < 16 {
		id = news.MakeID(string(id))
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(string(id[:16])))
	if err != nil {
		return bits(news.MakeID(string(id)))
	}
	return binary.BigEndian.Uint64(raw) >> 4
}

// day is when the event happened: its first day as told, else the article's, else that of the log.
func day(r row) time.Time {
	for _, t := range []time.Time{r.event.When.Start, r.report.Article.Published.Start} {
		if !t.IsZero() {
			return t.UTC()
		}
	}
	return r.report.At.UTC()
}

// fraction is the year and how much of it has passed, counted as GDELT does: months of 30 days, years of 365.
func fraction(r row) string {
	d := day(r)
	return fmt.Sprintf("%.4f", float64(d.Year())+float64((int(d.Month())-1)*30+d.Day())/365)
}

func address(r row) string {
	if r.report.Article.URL != "" {
		return r.report.Article.URL
	}
	return r.report.Article.Source
}

// party is an actor in CAMEO's codes.
type party struct {
	code, name, country, group string
	types                      [3]string
}

func actorColumns(prefix string, side func(row) *news.Actor) []column {
	field := func(name string, of func(party) string) column {
		return column{prefix + name, func(r row) string { return of(partyOf(side(r))) }}
	}
	return []column{
		field("Code", func(p party) string { return p.code }),
		field("Name", func(p party) string { return p.name }),
		field("CountryCode", func(p party) string { return p.country }),
		field("KnownGroupCode", func(p party) string { return p.group }),
		{prefix + "EthnicCode", none},
		{prefix + "Religion1Code", none},
		{prefix + "Religion2Code", none},
		field("Type1Code", func(p party) string { return p.types[0] }),
		field("Type2Code", func(p party) string { return p.types[1] }),
		field("Type3Code", func(p party) string { return p.types[2] }),
	}
}

func partyOf(a *news.Actor) party {
	if a == nil {
		return party{}
	}
	p := party{name: strings.ToUpper(a.Name)}
	var types []string
	if body, ok := cameo.BodyOf(a.Country); ok {
		p.code, p.country, p.group = body.Code, body.Region, body.Group
		types = []string{body.Type}
	} else {
		p.country = cameo.Country(a.Country)
		p.code = p.country
	}
	for _, s := range a.Sectors {
		if t := actorType(s); t != "" && !slices.Contains(types, t) {
			types = append(types, t)
			p.code += t
		}
	}
	copy(p.types[:], types)
	return p
}

// actorType is CAMEO's type for a sector; "" where it has none.
func actorType(s plover.Sector) string {
	switch {
	case s == "JRN":
		return "MED"
	case s == "SOC":
		return "CVL"
	case cameo.ActorType(string(s)):
		return string(s)
	}
	return ""
}

// nowhere are the columns of a place that we do not know: where an actor is, beside where the event was.
func nowhere(prefix string) []column {
	return placeColumns(prefix, func(row) *news.Place { return nil })
}

func action() []column {
	return placeColumns("ActionGeo", func(r row) *news.Place { return r.event.Where })
}

func placeColumns(prefix string, where func(row) *news.Place) []column {
	field := func(name string, of func(news.Place) string) column {
		return column{prefix + "_" + name, func(r row) string {
			if p := where(r); p != nil {
				return of(*p)
			}
			return ""
		}}
	}
	country := func(p news.Place) string {
		if placeType(p) == 1 {
			return cameo.FIPS(p.Country)
		}
		return ""
	}
	return []column{
		{prefix + "_Type", func(r row) string {
			if p := where(r); p != nil {
				return strconv.Itoa(placeType(*p))
			}
			return "0"
		}},
		field("FullName", func(p news.Place) string { return p.Name }),
		field("CountryCode", func(p news.Place) string { return cameo.FIPS(p.Country) }),
		field("ADM1Code", country),
		{prefix + "_ADM2Code", none},
		field("Lat", func(p news.Place) string { return coordinate(p, p.Lat) }),
		field("Long", func(p news.Place) string { return coordinate(p, p.Lon) }),
		field("FeatureID", country),
	}
}

func coordinate(p news.Place, x float64) string {
	if !p.Located() {
		return ""
	}
	return decimal(x)
}

// placeType is GDELT's: 1 a country, 2 a state of the United States, 3 a town there, 4 a town elsewhere, 5 a region elsewhere.
func placeType(p news.Place) int {
	american := p.Country == "USA"
	switch {
	case p.Located() && american:
		return 3
	case p.Located():
		return 4
	case p.Region != "" && american:
		return 2
	case p.Region != "":
		return 5
	}
	return 1
}
