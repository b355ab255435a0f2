// Package atlas knows the towns and regions of the world: names, countries, coordinates, inhabitants.
package atlas

import (
	"slices"
	"strings"
	"sync"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

// Place is a town of 15,000 inhabitants or more, a capital, a smaller town that the gazetteer lists, or a region: what
// a country is divided into first.
type Place struct {
	ID       int64   // geonames.org's number; 0 of a region
	Name     string  // English
	Country  string  // ISO 3166-1 alpha-3
	Region   string  // the region that a town lies in, English; of a region its own name
	Lat, Lon float64 // degrees, WGS 84; of a town only
	People   int64   // inhabitants; of a town only
	Word     bool    // the name is a common word too: Nice, Reading
	Person   bool    // the name is a person's too: Charlotte, Jackson
}

// IsRegion tells a region from a town.
func (p Place) IsRegion() bool { return p.ID == 0 }

// Atlas is the whole of it. It never changes; safe for concurrent use. Its tables are kept as the text they are, some
// 3 MB, and searched by halving: no row is read before it is asked for.
type Atlas struct {
	towns, regions, names sheet
}

// Default is the atlas of the embedded tables, unpacked on first use.
func Default() *Atlas { return standard() }

var standard = sync.OnceValue(func() *Atlas {
	a, err := unpack(packed)
	if err != nil {
		panic(err) // the embedded tables are tested
	}
	return a
})

// maxWords is how many words the longest name is looked up with.
const maxWords = 6

// Longest finds the longest name that begins at word i and lists the places that bear it in that language, the largest
// first and regions last, and how many words it takes.
func (a *Atlas) Longest(words []string, i int, lang string) ([]Place, int) {
	if i < len(words) && !a.begins(gazetteer.FoldName(words[i])) {
		return nil, 0
	}
	for n := min(maxWords, len(words)-i); n > 0; n-- {
		if gazetteer.FoldName(words[i+n-1]) == "" {
			continue
		}
		if found := a.Named(strings.Join(words[i:i+n], " "), lang); len(found) > 0 {
			return found, n
		}
	}
	return nil, 0
}

// begins tells whether a name begins with the folded words.
func (a *Atlas) begins(words string) bool {
	i := a.names.search(words)
	return i < a.names.len() && strings.HasPrefix(a.names.line(i), words)
}

// Named lists the places that bear a name in a language, as Longest does.
func (a *Atlas) Named(name, lang string) []Place {
	var out []Place
	a.each(name, func(row []string) {
		if row[1] == "" || row[1] == lang {
			for ref := range strings.FieldsSeq(row[2]) {
				if p := a.place(ref); !slices.Contains(out, p) {
					out = append(out, p)
				}
			}
		}
	})
	slices.SortStableFunc(out, func(p, q Place) int { return int(q.People - p.People) })
	return out
}

// In is the largest place of a country that bears a name in any language.
func (a *Atlas) In(country, name string) (out Place, ok bool) {
	a.each(name, func(row []string) {
		for ref := range strings.FieldsSeq(row[2]) {
			if p := a.place(ref); p.Country == country && (!ok || p.People > out.People) {
				out, ok = p, true
			}
		}
	})
	return out, ok
}

// Region is the region with one of GeoNames' codes: "US.TX".
func (a *Atlas) Region(code string) (Place, bool) {
	if a.regions.row(code) == nil {
		return Place{}, false
	}
	return a.place(code), true
}

// each gives the rows of names with a name, one a language.
func (a *Atlas) each(name string, row func([]string)) {
	key := gazetteer.FoldName(name)
	if key == "" {
		return
	}
	key += "\t"
	for i := a.names.search(key); i < a.names.len() && strings.HasPrefix(a.names.line(i), key); i++ {
		row(strings.Split(a.names.line(i), "\t"))
	}
}
