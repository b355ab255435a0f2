package gazetteer_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// iso lists the codes of ISO 3166-1 alpha-3.
const iso = `ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS
BIH BLM BLR BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB CUW CXR
CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP
GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN
KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL MKD MLI
MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN PCN PER
PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD
STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB
VAT VCT VEN VGB VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE`

func TestEveryCountryIsNamed(t *testing.T) {
	g := gazetteer.Default()
	codes := strings.Fields(iso)
	if len(codes) != 249 {
		t.Fatalf("the list has %d codes, ISO has 249", len(codes))
	}
	for _, code := range append(codes, "KOS") {
		found := g.Find(code)
		if len(found) != 1 || found[0].Kind != gazetteer.Country || found[0].Country != code || g.Name(code) == "" {
			t.Errorf("%s: %v", code, found)
		}
	}
}

// The names that other programs use for a country must lead to it.
func TestCountriesUnderTheNamesOfCLDR(t *testing.T) {
	g := gazetteer.Default()
	english, french := display.English.Regions(), display.French.Regions()
	short := regexp.MustCompile(`\(.*\)`)
	for code := range strings.FieldsSeq(iso) {
		region := language.MustParseRegion(code)
		for _, name := range []string{english.Name(region), french.Name(region)} {
			name = strings.NewReplacer("SAR China", "", "R.A.S. chinoise de ", "", "&", "and").Replace(short.ReplaceAllString(name, ""))
			if !slices.ContainsFunc(g.Find(name), func(e *gazetteer.Entry) bool { return e.Country == code }) {
				t.Errorf("%s: %q is not known", code, name)
			}
		}
	}
}

func TestEntriesAreWellFormed(t *testing.T) {
	g := gazetteer.Default()
	keys := map[string]bool{}
	counts := map[gazetteer.Kind]int{}
	key := regexp.MustCompile(`^[\p{Ll}0-9]+(-[\p{Ll}0-9]+)*$`)
	for _, e := range g.Entries() {
		counts[e.Kind]++
		if !key.MatchString(e.Key) || keys[e.Key] {
			t.Errorf("key %q is malformed or not unique", e.Key)
		}
		keys[e.Key] = true
		if e.Name == "" || strings.ContainsAny(e.Name, "*?!|=;/+") && e.Key != "e3" {
			t.Errorf("%s: display name %q", e.Key, e.Name)
		}
		if e.Country != "" && g.Name(e.Country) == "" {
			t.Errorf("%s: unknown country %q", e.Key, e.Country)
		}
		for _, s := range e.Sectors {
			if !slices.Contains(plover.Sectors(), s) {
				t.Errorf("%s: unknown sector %q", e.Key, s)
			}
		}
		for _, n := range e.Names {
			if n.Text != strings.TrimSpace(n.Text) || strings.ContainsAny(n.Text, "*?!|=;+") && !strings.Contains(n.Text, "+") {
				t.Errorf("%s: name %q", e.Key, n.Text)
			}
			if strings.IndexFunc(n.Text, unicode.IsLetter) < 0 && n.Text != "5+1" {
				t.Errorf("%s: name %q has no letter", e.Key, n.Text)
			}
		}
	}
	for kind, least := range map[gazetteer.Kind]int{
		gazetteer.Country: 250, gazetteer.Body: 120, gazetteer.Group: 200, gazetteer.Organisation: 750,
		gazetteer.Person: 7500, gazetteer.People: 80, gazetteer.Place: 1500,
	} {
		if counts[kind] < least {
			t.Errorf("%d entries of kind %s, want at least %d", counts[kind], kind, least)
		}
	}
}

// Roles say when somebody spoke for whom: most persons must have one that began or ended on a known date, and enough of
// them must be of our time.
func TestPersonsHaveDatedRoles(t *testing.T) {
	dated, recent, bilingual := 0, 0, 0
	for _, e := range gazetteer.Default().Entries() {
		if e.Kind != gazetteer.Person && e.Kind != gazetteer.Organisation && e.Kind != gazetteer.Group {
			continue
		}
		if slices.ContainsFunc(e.Roles, func(r gazetteer.Role) bool { return !r.From.IsZero() || !r.Until.IsZero() }) {
			dated++
		}
		if slices.ContainsFunc(e.Roles, func(r gazetteer.Role) bool { return r.From.After(day("2017-12-31")) }) {
			recent++
		}
		if e.Kind != gazetteer.Person && slices.ContainsFunc(e.Names, func(n gazetteer.Name) bool { return n.Lang != "en" }) || len(e.Names) > 1 {
			bilingual++
		}
	}
	for what, least := range map[string]struct{ got, want int }{
		"with a dated role": {dated, 7000}, "in a role since 2018": {recent, 800}, "known by several names": {bilingual, 3000},
	} {
		if least.got < least.want {
			t.Errorf("%d persons and organisations %s, want %d", least.got, what, least.want)
		}
	}
}

func TestRolesAreInOrder(t *testing.T) {
	begin, end := day("1940-01-01"), day("2029-01-01")
	for _, e := range gazetteer.Default().Entries() {
		for i, r := range e.Roles {
			if r.Title == "" {
				t.Errorf("%s: a role without a title", e.Key)
			}
			for _, at := range []time.Time{r.From, r.Until} {
				if !at.IsZero() && (at.Before(begin) || at.After(end)) {
					t.Errorf("%s, %s: %v", e.Key, r.Title, at)
				}
			}
			if i == 0 {
				continue
			}
			later := e.Roles[i-1]
			if !r.From.IsZero() && !later.From.IsZero() && r.From.After(later.From) {
				t.Errorf("%s: %q stands after %q, which began before it", e.Key, r.Title, later.Title)
			}
			if r.Until.IsZero() && !later.From.IsZero() && !r.From.IsZero() && r.Country == later.Country {
				t.Errorf("%s: %q has no end though %q followed", e.Key, r.Title, later.Title)
			}
		}
	}
}

func TestEveryNameFindsItsEntry(t *testing.T) {
	g := gazetteer.Default()
	for _, e := range g.Entries() {
		for _, n := range e.Names {
			if g.Name(n.Text) != "" && n.Text != e.Country {
				continue // a code means that code alone: BLM is Saint Barthélemy
			}
			if !slices.Contains(g.Find(n.Text), e) {
				t.Errorf("Find(%q) is not %s", n.Text, e.Key)
			}
		}
		if !slices.Contains(g.Find(e.Key), e) {
			t.Errorf("Find(%q) does not find its own entry", e.Key)
		}
	}
}

// Every name must be found in a sentence as pipeline/text cuts it.
func TestEveryNameIsFoundInItsText(t *testing.T) {
	g := gazetteer.Default()
	for _, e := range g.Entries() {
		for _, n := range e.Names {
			if n.Silent {
				continue
			}
			lang := n.Lang
			if lang == "" {
				lang = "en"
			}
			d := text.Segment(n.Text+" and others", lang)
			words := make([]string, len(d.Tokens))
			for i := range words {
				words[i] = d.Word(i)
			}
			if !slices.ContainsFunc(g.Longest(words, 0, lang), func(m gazetteer.Match) bool { return m.Entry == e }) {
				t.Errorf("%s: %q is not found in %q", e.Key, n.Text, words)
			}
		}
	}
}

func TestTheHashNamesTheData(t *testing.T) {
	if got := gazetteer.Default().Hash(); len(got) != 64 {
		t.Errorf("Hash() = %q", got)
	}
}
