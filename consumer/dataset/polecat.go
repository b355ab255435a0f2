package dataset

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// untold is what POLECAT writes where there is nothing.
const untold = "None"

// listed joins several values of one column as POLECAT does.
func listed(values []string) string {
	values = slices.DeleteFunc(values, func(s string) bool { return s == "" })
	if len(values) == 0 {
		return untold
	}
	return strings.Join(values, "; ")
}

func polecatColumns() []column {
	return slices.Concat(
		[]column{
			{"Event ID", func(r row) string { return string(r.event.ID) }},
			{"Event Date", func(r row) string { return day(r).Format("2006-01-02") }},
			{"Event Type", func(r row) string { return string(r.event.What.Type) }},
			{"Event Mode", func(r row) string { return cmp.Or(string(r.event.What.Mode), untold) }},
			{"Intensity", func(r row) string { return decimal(r.event.What.Score) }},
			{"Quad Code", func(r row) string { return quadName(r.event.What.Quad) }},
			{"Contexts", func(r row) string { return listed(strs(r.event.What.Contexts)) }},
		},
		polecatActor("Actor", func(r row) []news.Actor { return r.event.Who }),
		polecatActor("Recipient", func(r row) []news.Actor { return r.event.Whom }),
		[]column{
			{"Placename", func(r row) string { return cmp.Or(place(r).Name, untold) }},
			{"City", func(r row) string { return cmp.Or(city(r), untold) }},
			{"District", nothing},
			{"Province", func(r row) string { return cmp.Or(place(r).Region, untold) }},
			{"Country", func(r row) string { return cmp.Or(place(r).Country, untold) }},
			{"Latitude", func(r row) string { return cmp.Or(coordinate(place(r), place(r).Lat), untold) }},
			{"Longitude", func(r row) string { return cmp.Or(coordinate(place(r), place(r).Lon), untold) }},
			{"GeoNames ID", func(r row) string {
				if id := place(r).GeoNames; id != 0 {
					return strconv.FormatInt(id, 10)
				}
				return untold
			}},
			{"Raw Placename", func(r row) string { return cmp.Or(place(r).Text, untold) }},
			{"Feature Type", nothing},
			{"Source", func(r row) string { return r.report.Article.Publisher }},
			{"Publication Date", func(r row) string {
				if t := r.report.Article.Published.Start; !t.IsZero() {
					return t.UTC().Format("2006-01-02")
				}
				return untold
			}},
			{"Story People", nothing},
			{"Story Organizations", nothing},
			{"Story Locations", nothing},
			{"Language", func(r row) string { return cmp.Or(r.report.Article.Language, untold) }},
			{"Version", func(r row) string { return cmp.Or(r.report.Coder, untold) }},
		},
	)
}

func nothing(row) string { return untold }

func polecatActor(side string, actors func(row) []news.Actor) []column {
	every := func(of func(news.Actor) string) func(row) string {
		return func(r row) string {
			var out []string
			for _, a := range actors(r) {
				out = append(out, of(a))
			}
			return listed(out)
		}
	}
	sectors := func(r row) []string {
		var out []string
		for _, a := range actors(r) {
			for _, s := range a.Sectors {
				if !slices.Contains(out, string(s)) {
					out = append(out, string(s))
				}
			}
		}
		return out
	}
	return []column{
		{side + " Name", every(func(a news.Actor) string { return a.Name })},
		{side + " Country", every(func(a news.Actor) string { return a.Country })},
		{side + " COW", nothing},
		{"Primary " + side + " Sector", func(r row) string { return listed(sectors(r)[:min(1, len(sectors(r)))]) }},
		{side + " Sectors", func(r row) string { return listed(sectors(r)) }},
		{side + " Title", nothing},
		{side + " Name Raw", every(func(a news.Actor) string { return a.Text })},
		{"Wikipedia " + side + " ID", nothing},
	}
}

func quadName(quad int) string {
	switch quad {
	case plover.VerbalCooperation:
		return "VERBAL COOPERATION"
	case plover.MaterialCooperation:
		return "MATERIAL COOPERATION"
	case plover.VerbalConflict:
		return "VERBAL CONFLICT"
	case plover.MaterialConflict:
		return "MATERIAL CONFLICT"
	}
	return untold
}

func strs[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
