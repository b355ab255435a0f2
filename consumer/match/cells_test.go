package match_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func TestPlacesWithinADistance(t *testing.T) {
	at := func(name string, lat, lon float64) news.Event {
		return news.Event{Realis: news.Actual, Where: &news.Place{Name: name, Lat: lat, Lon: lon}}
	}
	r := news.Report{Events: []news.Event{
		at("Paris", 48.8534, 2.3488), at("Versailles", 48.8036, 2.1347), at("Suva", -18.1416, 178.4415), at("Apia", -13.8333, -171.7667),
		{Realis: news.Actual, Where: &news.Place{Name: "France"}},
		{Realis: news.Actual},
	}}
	names := []string{"Paris", "Versailles", "Suva", "Apia", "France"}
	for name, c := range map[string]struct{ query, want string }{
		"in town":                             {"geo:(48.85, 2.35, 5km)", "Paris"},
		"in metres":                           {"geo:(48.8534, 2.3488, 10m)", "Paris"},
		"round about":                         {"geo:(48.85, 2.35, 25km)", "Paris Versailles"},
		"but not in town":                     {"geo:(48.85, 2.35, 25km) NOT geo:(48.85, 2.35, 5km)", "Versailles"},
		"across the date line":                {"geo:(-16, -178, 800km)", "Suva Apia"},
		"half of the way round holds all":     {"geo:(0, 0, 20038km)", "Paris Versailles Suva Apia"},
		"a country has no point":              {"geo:(0, 0, 1km)", ""},
		"around a pole":                       {"geo:(90, 0, 5000km)", "Paris Versailles"},
		"in a group of its own, of one event": {"event(geo:(48.85, 2.35, 5km)) AND event(geo:(-18, 178, 100km))", "-"},
	} {
		t.Run(name, func(t *testing.T) {
			hits := index(t, c.query).Match(r, news.Story{}, nil)
			got := []string{}
			for _, h := range hits {
				for _, e := range h.Events {
					got = append(got, names[e])
				}
				if len(h.Events) == 0 {
					got = append(got, "-")
				}
			}
			if d := cmp.Diff(strings.Fields(c.want), got); d != "" {
				t.Error(d)
			}
		})
	}
}
