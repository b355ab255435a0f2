package dataset

import (
	"strconv"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/cameo"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

func icewsColumns() []column {
	source := func(r row) *news.Actor { return r.who }
	target := func(r row) *news.Actor { return r.whom }
	return []column{
		{"Event ID", number},
		{"Event Date", func(r row) string { return day(r).Format("2006-01-02") }},
		{"Source Name", nameOf(source)},
		{"Source Sectors", sectorsOf(source)},
		{"Source Country", countryOf(source)},
		{"Event Text", func(r row) string {
			return strings.TrimSuffix(cameo.Title(r.event.What.CAMEO), ", not specified below")
		}},
		{"CAMEO Code", func(r row) string { return r.event.What.CAMEO }},
		{"Intensity", func(r row) string { return decimal(r.event.What.Goldstein) }},
		{"Target Name", nameOf(target)},
		{"Target Sectors", sectorsOf(target)},
		{"Target Country", countryOf(target)},
		{"Story ID", func(r row) string { return strconv.FormatUint(bits(r.report.Article.ID), 10) }},
		{"Sentence Number", func(r row) string { return strconv.Itoa(proof(r).Sentence) }},
		{"Publisher", func(r row) string { return r.report.Article.Publisher }},
		{"City", city},
		{"District", none},
		{"Province", func(r row) string { return place(r).Region }},
		{"Country", func(r row) string { return icewsCountry(r, place(r).Country) }},
		{"Latitude", func(r row) string { return coordinate(place(r), place(r).Lat) }},
		{"Longitude", func(r row) string { return coordinate(place(r), place(r).Lon) }},
	}
}

func nameOf(side func(row) *news.Actor) func(row) string {
	return func(r row) string {
		if a := side(r); a != nil {
			return a.Name
		}
		return ""
	}
}

// icewsSectors are ICEWS's names for sectors, where its own files show them; the others stand as PLOVER's codes.
var icewsSectors = map[plover.Sector]string{
	"GOV": "Government", "MIL": "Military", "COP": "Police", "JUD": "Judicial", "LEG": "Legislative / Parliamentary",
	"PTY": "Parties", "REB": "Rebel", "OPP": "Dissident", "ELI": "Elite", "CVL": "General Population / Civilian / Social",
	"SOC": "Social", "CRM": "Criminals / Gangs", "UAF": "Unidentified Forces",
}

func sectorsOf(side func(row) *news.Actor) func(row) string {
	return func(r row) string {
		a := side(r)
		if a == nil {
			return ""
		}
		var out []string
		if a.Country == "IGO" || a.Country == "NATO" || a.Country == "UNO" || a.Country == "EUR" {
			out = append(out, "International Government Organization")
		}
		for _, s := range a.Sectors {
			name, ok := icewsSectors[s]
			if !ok {
				name = string(s)
			}
			out = append(out, name)
		}
		return strings.Join(out, ",")
	}
}

func countryOf(side func(row) *news.Actor) func(row) string {
	return func(r row) string {
		if a := side(r); a != nil {
			return icewsCountry(r, a.Country)
		}
		return ""
	}
}

// icewsCountry is a country's name; "" for bodies, which have none.
func icewsCountry(r row, code string) string {
	switch code {
	case "RUS":
		return "Russian Federation"
	case "PSE":
		return "Occupied Palestinian Territory"
	}
	if cameo.FIPS(code) == "" {
		return ""
	}
	return r.names.Name(code)
}

// place is where the event was; the zero Place where that is not told.
func place(r row) news.Place {
	if r.event.Where == nil {
		return news.Place{}
	}
	return *r.event.Where
}

// city is the place's name where it is a town.
func city(r row) string {
	if p := place(r); p.Located() {
		return p.Name
	}
	return ""
}

// proof is the sentence that tells the event.
func proof(r row) news.Citation {
	if len(r.event.Cites) == 0 {
		return news.Citation{}
	}
	return r.event.Cites[0]
}
