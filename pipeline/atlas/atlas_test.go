package atlas_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/atlas"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

func ExampleAtlas_Longest() {
	words := strings.Fields("à La Rochelle lundi")
	found, n := atlas.Default().Longest(words, 1, "fr")
	fmt.Println(n, found[0].Name, found[0].Region, found[0].Country, found[0].Lat, found[0].Lon)
	// Output: 2 La Rochelle Nouvelle-Aquitaine FRA 46.1631 -1.1522
}

func TestNamed(t *testing.T) {
	for name, test := range map[string]struct{ text, lang, want string }{
		"the largest first":                   {"Paris", "en", "FRA USA"},
		"a French name in French":             {"Londres", "fr", "GBR"},
		"a French name in English":            {"Londres", "en", ""},
		"a French city in French":             {"Le Caire", "fr", "EGY EGY"},
		"accents and case set aside":          {"medellin", "en", "COL"},
		"hyphens set aside":                   {"Clermont Ferrand", "fr", "FRA"},
		"an alias":                            {"Raqqa", "en", "SYR"},
		"a region":                            {"Texas", "en", "USA"},
		"a region in French":                  {"Bavière", "fr", "DEU"},
		"nothing":                             {"", "en", ""},
		"a part of a name":                    {"Rochelle", "en", ""},
		"a name that another one begins with": {"New", "en", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range atlas.Default().Named(test.text, test.lang) {
				got = append(got, p.Country)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInACountry(t *testing.T) {
	for _, test := range []struct{ country, name, want string }{
		{"LBN", "Tripoli", "Tripoli Liban-Nord"},
		{"LBY", "Tripoli", "Tripoli Tripoli"},
		{"CAN", "London", "London Ontario"},
		{"GBR", "Londres", "London England"},
		{"GEO", "Atlanta", " "},
	} {
		p, ok := atlas.Default().In(test.country, test.name)
		if got := p.Name + " " + p.Region; got != test.want || ok != (p.Name != "") {
			t.Errorf("%s in %s: %q, want %q", test.name, test.country, got, test.want)
		}
	}
}

// Every row is read, and is what the room promises.
func TestEveryPlaceIsWellFormed(t *testing.T) {
	a, g := atlas.Default(), gazetteer.Default()
	towns, regions, countries := 0, 0, map[string]bool{}
	for p := range a.Places() {
		countries[p.Country] = true
		if p.Name == "" || g.Name(p.Country) == "" {
			t.Errorf("%+v", p)
		}
		if !slices.Contains(a.Named(p.Name, ""), p) {
			t.Errorf("%+v does not bear its own name", p)
		}
		if p.IsRegion() {
			regions++
			if p.Lat != 0 || p.Lon != 0 || p.Region != p.Name {
				t.Errorf("region %+v", p)
			}
			continue
		}
		towns++
		if p.Lat < -90 || p.Lat > 90 || p.Lon < -180 || p.Lon > 180 || p.Lat == 0 && p.Lon == 0 || p.ID <= 0 || p.People < 0 {
			t.Errorf("town %+v", p)
		}
	}
	if towns < 23_000 || regions < 3_500 || len(countries) < 240 {
		t.Errorf("%d towns and %d regions of %d countries", towns, regions, len(countries))
	}
	if a.Loose() > 0 {
		t.Errorf("%d names are borne by no place", a.Loose())
	}
}

// The gazetteer's towns should be points. Those that are none are regions, sites and waters, and towns that GeoNames
// writes otherwise: aliases.txt is the place for these.
func TestMostPlacesOfTheGazetteerArePoints(t *testing.T) {
	all, found := 0, 0
	for _, e := range gazetteer.Default().Entries() {
		if e.Kind != gazetteer.Place || e.Country == "" {
			continue
		}
		all++
		if slices.ContainsFunc(e.Names, func(n gazetteer.Name) bool { _, ok := atlas.Default().In(e.Country, n.Text); return ok }) {
			found++
		}
	}
	if 100*found < 75*all {
		t.Errorf("%d of %d", found, all)
	}
}

func BenchmarkUnpack(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := atlas.Unpack(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLongest(b *testing.B) {
	a, words := atlas.Default(), strings.Fields("in Bunia on Monday , the army said")
	b.ReportAllocs()
	for b.Loop() {
		if found, _ := a.Longest(words, 1, "en"); len(found) == 0 {
			b.Fatal("no Bunia")
		}
	}
}
