package dataset

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/cameo"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func csvColumns() []column {
	return slices.Concat(
		[]column{
			{"event", func(r row) string { return string(r.event.ID) }},
			{"article", func(r row) string { return string(r.report.Article.ID) }},
			{"at", func(r row) string { return moment(r.report.At) }},
			{"origin", func(r row) string { return string(r.report.Origin) }},
			{"published", func(r row) string { return r.report.Article.Published.String() }},
			{"seen", func(r row) string { return moment(r.report.Article.Seen) }},
			{"publisher", func(r row) string { return r.report.Article.Publisher }},
			{"url", func(r row) string { return r.report.Article.URL }},
			{"source", func(r row) string { return r.report.Article.Source }},
			{"lang", func(r row) string { return r.report.Article.Language }},
			{"title", func(r row) string { return r.report.Article.Title }},
			{"sentence", func(r row) string { return strconv.Itoa(proof(r).Sentence) }},
			{"quote", func(r row) string { return proof(r).Quote }},
			{"trigger", func(r row) string { return r.event.What.Trigger }},
			{"pattern", func(r row) string { return proof(r).Pattern }},
			{"confidence", func(r row) string { return decimal(proof(r).Confidence) }},
			{"type", func(r row) string { return string(r.event.What.Type) }},
			{"mode", func(r row) string { return string(r.event.What.Mode) }},
			{"contexts", func(r row) string { return strings.Join(strs(r.event.What.Contexts), ";") }},
			{"cameo", func(r row) string { return r.event.What.CAMEO }},
			{"quad", func(r row) string { return strconv.Itoa(r.event.What.Quad) }},
			{"quad_cameo", func(r row) string { return strconv.Itoa(cameo.Quad(r.event.What.CAMEO)) }},
			{"score", func(r row) string { return decimal(r.event.What.Score) }},
			{"goldstein", func(r row) string { return decimal(r.event.What.Goldstein) }},
		},
		side("who", func(r row) []news.Actor { return r.event.Who }),
		side("whom", func(r row) []news.Actor { return r.event.Whom }),
		[]column{
			{"when", func(r row) string { return r.event.When.String() }},
			{"when_grain", func(r row) string { return string(r.event.When.Grain) }},
			{"when_resolved", func(r row) string { return string(r.event.When.Resolved) }},
			{"effective", func(r row) string { return r.event.Effective.String() }},
			{"realis", func(r row) string { return string(r.event.Realis) }},
			{"historical", func(r row) string { return flag(r.event.Historical) }},
			{"lead", func(r row) string { return flag(r.event.Lead) }},
			{"where", func(r row) string { return place(r).Name }},
			{"where_country", func(r row) string { return place(r).Country }},
			{"where_region", func(r row) string { return place(r).Region }},
			{"lat", func(r row) string { return coordinate(place(r), place(r).Lat) }},
			{"lon", func(r row) string { return coordinate(place(r), place(r).Lon) }},
			{"geonames", func(r row) string {
				if id := place(r).GeoNames; id != 0 {
					return strconv.FormatInt(id, 10)
				}
				return ""
			}},
			{"count", func(r row) string { return quantity(r.event.Count) }},
			{"dead", func(r row) string { return quantity(r.event.Dead) }},
			{"injured", func(r row) string { return quantity(r.event.Injured) }},
			{"arrested", func(r row) string { return quantity(r.event.Arrested) }},
			{"by", func(r row) string {
				return joined(r.event.By, func(a news.Attribution) string { return a.Actor.Name })
			}},
			{"via", func(r row) string {
				return joined(r.event.By, func(a news.Attribution) string { return a.Via })
			}},
		},
	)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func side(name string, actors func(row) []news.Actor) []column {
	field := func(suffix string, of func(news.Actor) string) column {
		return column{name + suffix, func(r row) string { return joined(actors(r), of) }}
	}
	return []column{
		field("", func(a news.Actor) string { return a.Name }),
		field("_key", func(a news.Actor) string { return a.Key }),
		field("_country", func(a news.Actor) string { return a.Country }),
		field("_sectors", func(a news.Actor) string { return strings.Join(strs(a.Sectors), "+") }),
		field("_cameo", func(a news.Actor) string { return partyOf(&a).code }),
		field("_text", func(a news.Actor) string { return a.Text }),
	}
}

// joined are the values of several, in order and one for each, so that columns of one side stay in step.
func joined[T any](list []T, of func(T) string) string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = of(x)
	}
	return strings.Join(out, ";")
}

// quantity is a number as told: "8", "12+" at least, "0-30" at most, "10-20" between.
func quantity(q *news.Quantity) string {
	switch {
	case q == nil:
		return ""
	case q.Max == 0:
		return strconv.FormatInt(q.Min, 10) + "+"
	case q.Min == q.Max:
		return strconv.FormatInt(q.Value, 10)
	}
	return strconv.FormatInt(q.Min, 10) + "-" + strconv.FormatInt(q.Max, 10)
}
