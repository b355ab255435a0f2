package cameo_test

import (
	"fmt"
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline/cameo"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

func Example() {
	fmt.Println(cameo.Title("161"), cameo.Root("161"), cameo.Quad("161"))
	nato, _ := cameo.BodyOf("NATO")
	fmt.Println(nato.Code, cameo.FromGroup(nato.Group), cameo.Country("ROU"), cameo.FIPS("RUS"))
	// Output:
	// Reduce or break diplomatic relations 16 4
	// IGOWSTNAT NATO ROM RS
}

func TestEventCodes(t *testing.T) {
	for code, want := range map[string]struct {
		title, base, root string
		quad              int
	}{
		"1125": {"Accuse of espionage, treason", "112", "11", 3},
		"1129": {"Accuse, not specified below", "112", "11", 3}, // CAMEO has no such code: the one above it
		"05":   {"Engage in diplomatic cooperation", "05", "05", 1},
		"090":  {"Investigate, not specified below", "090", "09", 2},
		"145":  {"Protest violently, riot", "145", "14", 3},
		"154":  {"Mobilize or increase armed forces", "154", "15", 4},
		"99":   {"", "99", "99", 0},
		"":     {"", "", "", 0},
	} {
		if got := cameo.Title(code); got != want.title {
			t.Errorf("%q means %q, want %q", code, got, want.title)
		}
		if cameo.Base(code) != want.base || cameo.Root(code) != want.root || cameo.Quad(code) != want.quad {
			t.Errorf("%q: base %q, root %q, quad %d", code, cameo.Base(code), cameo.Root(code), cameo.Quad(code))
		}
	}
}

// A country's codes lead back to it.
func TestCountriesComeBack(t *testing.T) {
	known := 0
	for _, e := range gazetteer.Default().Entries() {
		if e.Kind != gazetteer.Country || e.Country == "YUG" { // which is no more: CAMEO's rows of it count as Serbia's
			continue
		}
		if back := cameo.FromCountry(cameo.Country(e.Country)); back != e.Country {
			t.Errorf("%s is %s to CAMEO, which is %s", e.Country, cameo.Country(e.Country), back)
		}
		code := cameo.FIPS(e.Country)
		if code == "" {
			t.Logf("%s has no FIPS code", e.Country)
			continue
		}
		known++
		if back, ok := cameo.FromFIPS(code); !ok || back != e.Country {
			t.Errorf("%s is %s to FIPS, which is %q", e.Country, code, back)
		}
	}
	if known < 190 {
		t.Errorf("only %d countries have a FIPS code", known)
	}
}

// Where several FIPS codes lie in one country, which one is its own is said and not left to chance.
func TestFIPSCodesAreNotLeftToChance(t *testing.T) {
	for _, iso := range []string{"AUS", "PSE", "SRB", "SJM"} {
		if got, want := cameo.FIPS(iso), map[string]string{"AUS": "AS", "PSE": "WE", "SRB": "RI", "SJM": "SV"}[iso]; got != want {
			t.Errorf("%s: %s, want %s", iso, got, want)
		}
	}
	first := map[string]string{}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			iso, ok := cameo.FromFIPS(code)
			if !ok || iso == "" {
				continue
			}
			if former := first[iso]; former != "" && iso != "AUS" && iso != "PSE" && iso != "SRB" && iso != "SJM" {
				t.Errorf("%s has the FIPS codes %s and %s", iso, former, code)
			}
			first[iso] = code
		}
	}
}

func TestBodiesComeBack(t *testing.T) {
	for _, code := range []string{"NATO", "UNO", "EUR"} {
		body, ok := cameo.BodyOf(code)
		if !ok || cameo.FromGroup(body.Group) != code {
			t.Errorf("%s is %+v", code, body)
		}
	}
	if _, ok := cameo.BodyOf("RUS"); ok {
		t.Error("Russia is a body")
	}
}
