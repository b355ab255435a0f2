package gazetteer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func ExampleGazetteer_Longest() {
	g := gazetteer.Default()
	words := strings.Fields("le Kremlin expulse huit diplomates britanniques")
	for i := range words {
		for _, m := range g.Longest(words, i, "fr") {
			fmt.Println(words[i], m.Name.Kind, m.Entry.Name, m.Role(day("2021-10-18")).Sectors)
		}
	}
	// Output:
	// Kremlin metonym Russia [GOV]
	// britanniques demonym United Kingdom []
}

func ExampleGazetteer_Find() {
	g := gazetteer.Default()
	for _, name := range []string{"Russie", "RUS", "russes", "OTAN", "sergei lavrov"} {
		for _, e := range g.Find(name) {
			fmt.Println(name, "→", e.Key, e.Country)
		}
	}
	fmt.Println("did you mean", g.Suggest("Rusie"))
	// Output:
	// Russie → russia RUS
	// RUS → russia RUS
	// russes → russia RUS
	// OTAN → nato NATO
	// sergei lavrov → sergei-lavrov RUS
	// did you mean Russie
}

func ExampleEntry_At() {
	e := gazetteer.Default().Find("Donald Tusk")[0]
	for _, at := range []string{"2012-01-01", "2016-06-23", "2022-01-01", "2025-01-01"} {
		r := e.At(day(at))
		fmt.Println(at, r.Country, r.Sectors, r.Title)
	}
	// Output:
	// 2012-01-01 POL [GOV] prime minister
	// 2016-06-23 EUR [GOV] president of the European Council
	// 2022-01-01 POL [ELI] former president of the European Council
	// 2025-01-01 POL [GOV] prime minister
}

// said lists what the name at the first token names: keys, then ? where the name is ambiguous, and how many tokens.
func said(text, lang string) string {
	words := strings.Fields(text)
	var out []string
	for _, m := range gazetteer.Default().Longest(words, 0, lang) {
		s := m.Entry.Key
		if m.Name.Ambiguous {
			s += "?"
		}
		out = append(out, fmt.Sprint(s, "/", m.Last-m.First))
	}
	return strings.Join(out, " ")
}

func TestLongest(t *testing.T) {
	tests := map[string]struct{ text, lang, want string }{
		"a country in French":                            {"Russie annonce", "fr", "russia/1"},
		"accents may be missing":                         {"Etats-Unis ont", "fr", "united-states/1"},
		"a name cut at its hyphens":                      {"Guinée - Bissau", "fr", "guinea-bissau/3"},
		"a name cut at its apostrophe":                   {"Côte d’ Ivoire", "fr", "ivory-coast/3"},
		"a typographic apostrophe inside the token":      {"Côte d’Ivoire", "fr", "ivory-coast/2"},
		"a country needs its capital":                    {"turkey for dinner", "en", ""},
		"Turkey the country":                             {"Turkey said", "en", "turkey/1"},
		"China":                                          {"China said", "en", "china/1"},
		"china, the porcelain":                           {"china cups", "en", ""},
		"a French people in small letters":               {"russes expulsés", "fr", "russia/1"},
		"an English people needs its capital":            {"polish the floor", "en", ""},
		"French of one language is no English":           {"russes", "en", ""},
		"no language accepts every language":             {"russes", "", "russia/1"},
		"US is the United States":                        {"US officials", "en", "united-states/1"},
		"U.S. too":                                       {"U.S. officials", "en", "united-states/1"},
		"us is a pronoun":                                {"us officials", "en", ""},
		"Us at the start of a sentence is a pronoun":     {"Us two", "en", ""},
		"IS is the Islamic State":                        {"IS claimed the attack", "en", "islamic-state?/1"},
		"is is a verb":                                   {"is here", "en", ""},
		"IS in a shouted headline is a verb":             {"IS READY FOR WAR", "en", ""},
		"WHO is a body":                                  {"WHO says masks help", "en", "who?/1"},
		"an Islamic state is not the Islamic State":      {"Islamic state of Iran", "en", ""},
		"Georgia is a country or a state":                {"Georgia said", "en", "georgia?/1 georgia-state?/1"},
		"South Georgia is neither":                       {"South Georgia island", "en", "south-georgia-and-the-south-sandwich-islands/2"},
		"Chad may be a man":                              {"Chad Smith", "en", "chad?/1"},
		"Tchad may not":                                  {"Tchad annonce", "fr", "chad/1"},
		"Jordan may be a man":                            {"Jordan said", "en", "jordan?/1"},
		"the Jordan River is no country":                 {"Jordan River banks", "en", "jordan-river/2"},
		"Guinea":                                         {"Guinea said", "en", "guinea/1"},
		"Equatorial Guinea":                              {"Equatorial Guinea said", "en", "equatorial-guinea/2"},
		"Papua New Guinea":                               {"Papua New Guinea said", "en", "papua-new-guinea/3"},
		"Guinea-Bissau":                                  {"Guinea-Bissau said", "en", "guinea-bissau/1"},
		"the Gulf of Guinea":                             {"Gulf of Guinea pirates", "en", "gulf-of-guinea/3"},
		"one Congo or the other":                         {"Congo said", "en", "dr-congo?/1 republic-of-the-congo?/1"},
		"the Democratic Republic":                        {"République démocratique du Congo", "fr", "dr-congo/4"},
		"RDC":                                            {"RDC accuse", "fr", "dr-congo/1"},
		"Niger":                                          {"Niger junta", "en", "niger/1"},
		"Nigeria":                                        {"Nigeria army", "en", "nigeria/1"},
		"nigérien is of Niger":                           {"nigérien", "fr", "niger/1"},
		"nigérian is of Nigeria":                         {"nigérian", "fr", "nigeria/1"},
		"Mali":                                           {"Mali annonce", "fr", "mali/1"},
		"Niger Delta":                                    {"Niger Delta militants", "en", "niger-delta/2"},
		"New Mexico is not Mexico":                       {"New Mexico governor", "en", "new-mexico/2"},
		"a South Korean is not a Korean":                 {"South Korean troops", "en", "south-korea/2"},
		"a Latin American is no American":                {"Latin American leaders", "en", "latin-americans/2"},
		"the Bosnian Serbs":                              {"Bosnian Serb forces", "en", "bosnian-serbs/2"},
		"the Washington Post is a paper":                 {"Washington Post reported", "en", "washington-post/2"},
		"Washington is a government and a city":          {"Washington said", "en", "united-states/1 washington/1"},
		"Brussels may be the Union":                      {"Bruxelles a", "fr", "belgium?/1 eur?/1 brussels?/1"},
		"the transatlantic bloc":                         {"bloc transatlantique a", "fr", "nato/2"},
		"NATO as a word":                                 {"Otan a", "fr", "nato/1"},
		"the White House":                                {"White House said", "en", "united-states/2"},
		"a white house":                                  {"white house on a hill", "en", ""},
		"the Pentagon":                                   {"Pentagone a", "fr", "united-states/1"},
		"a person by full name":                          {"Sergei Lavrov said", "en", "sergei-lavrov/2"},
		"a person by another spelling":                   {"Sergueï Lavrov a", "fr", "sergei-lavrov/2"},
		"a person by surname":                            {"Lavrov a", "fr", "sergei-lavrov/1"},
		"two persons of one surname":                     {"Clinton said", "en", "bill-clinton?/1 hillary-clinton?/1"},
		"a full name beats a shared surname":             {"Hillary Clinton said", "en", "hillary-clinton/2"},
		"a name in capitals":                             {"VLADIMIR PUTIN THREATENS", "en", "vladimir-putin/2"},
		"a place":                                        {"péninsule de Crimée", "fr", "crimea/3"},
		"a treaty is not the city it is called after":    {"Paris Agreement targets", "en", "paris-agreement/2"},
		"a club is not its city":                         {"Paris Saint-Germain", "fr", "paris-saint-germain/2"},
		"nothing":                                        {"hello world", "en", ""},
		"an apostrophe alone":                            {"’", "fr", ""},
		"the empty word":                                 {" ", "fr", ""},
		"a name with an apostrophe cut off":              {"Workers ' Party of Korea", "en", "workers-party-korea/5"},
		"a name of two with a stroke":                    {"AFC / M23 rebels", "fr", "m23/3"},
		"a first name that is also a country":            {"Dominique annonce", "fr", ""},
		"a name does not run across a comma":             {"Guinea , Bissau", "en", "guinea/1"},
		"a name does not run across a full stop":         {"North . Korea", "en", ""},
		"an abbreviated saint does":                      {"St . Petersburg", "en", "saint-petersburg/3"},
		"the former Soviet Union":                        {"Soviet Union collapse", "en", "soviet-union/2"},
		"Al-Qaïda in the Islamic Maghreb is one group":   {"Al-Qaïda au Maghreb islamique", "fr", "aqim/4"},
		"the Security Council is known without its UN":   {"Security Council voted", "en", "un-security-council?/2"},
		"the longest name wins over the body it is of":   {"UN Security Council voted", "en", "un-security-council/3"},
		"the European Union in French":                   {"Union européenne a", "fr", "eur/2"},
		"the Taliban in French":                          {"talibans ont", "fr", "taliban/1"},
		"the Palestinian Authority is no mere Palestine": {"Autorité palestinienne a", "fr", "palestinian-authority/2"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, said(test.text, test.lang)); diff != "" {
				t.Errorf("Longest(%q) (-want +got):\n%s", test.text, diff)
			}
		})
	}
}

func TestLongestOutsideTheText(t *testing.T) {
	g := gazetteer.Default()
	for _, i := range []int{-1, 1, 7} {
		if got := g.Longest([]string{"Russia"}, i, "en"); got != nil {
			t.Errorf("Longest at %d = %v, want nil", i, got)
		}
	}
}

func TestMetonymsMeanTheirSector(t *testing.T) {
	g := gazetteer.Default()
	for text, want := range map[string]gazetteer.Role{
		"Kremlin":  {Country: "RUS", Sectors: []plover.Sector{"GOV"}},
		"Pentagon": {Country: "USA", Sectors: []plover.Sector{"MIL"}},
		"Pékin":    {Country: "CHN", Sectors: []plover.Sector{"GOV"}},
		"Russia":   {Country: "RUS"},
		"Moscow":   {Country: "RUS", Sectors: []plover.Sector{"GOV"}},
	} {
		ms := g.Longest([]string{text}, 0, "")
		if len(ms) == 0 {
			t.Errorf("%s: not found", text)
			continue
		}
		if diff := cmp.Diff(want, ms[0].Role(day("2021-10-18"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestFind(t *testing.T) {
	tests := map[string]struct{ name, want string }{
		"a code":                              {"RUS", "russia"},
		"a code is that code alone":           {"GEO", "georgia"},
		"Kosovo by our code":                  {"KOS", "kosovo"},
		"Kosovo by the other":                 {"XKX", "kosovo"},
		"a code in small letters":             {"fra", "france"},
		"a key":                               {"sergei-lavrov", "sergei-lavrov"},
		"a French name without its accents":   {"etats-unis", "united-states"},
		"a people":                            {"britanniques", "united-kingdom"},
		"a body in French":                    {"union africaine", "african-union"},
		"a body's acronym":                    {"UA", "african-union"},
		"case set aside":                      {"us", "united-states"},
		"a generic code":                      {"IGO", "igo"},
		"a city is its state and itself":      {"Moscou", "russia moscow"},
		"a name of two things":                {"Georgia", "georgia georgia-state"},
		"a surname":                           {"Poutine", "vladimir-putin"},
		"a group":                             {"Daech", "islamic-state"},
		"the Red Cross":                       {"Croix-Rouge", "icrc"},
		"unknown":                             {"Atlantis", ""},
		"nothing":                             {"", ""},
		"punctuation":                         {"…", ""},
		"the United Nations by the code":      {"UNO", "uno"},
		"the European Union by the code":      {"EUR", "eur"},
		"the European Union in French":        {"Union européenne", "eur"},
		"the Central African Republic by RCA": {"RCA", "central-african-republic"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, e := range gazetteer.Default().Find(test.name) {
				got = append(got, e.Key)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("Find(%q) (-want +got):\n%s", test.name, diff)
			}
		})
	}
}

func TestName(t *testing.T) {
	g := gazetteer.Default()
	for code, want := range map[string]string{
		"RUS": "Russia", "NATO": "NATO", "IGO": "an international body", "UNO": "UN", "EUR": "European Union",
		"KOS": "Kosovo", "CIV": "Ivory Coast", "XYZ": "", "": "",
	} {
		if got := g.Name(code); got != want {
			t.Errorf("Name(%q) = %q, want %q", code, got, want)
		}
	}
}

func TestSuggest(t *testing.T) {
	g := gazetteer.Default()
	for name, want := range map[string]string{
		"Rusia": "Russia", "Vladimir Putn": "Vladimir Putin", "NATOO": "NATO", "Ukranie": "Ukraine", "Lavorv": "Lavrov",
		"qwertyuiopasdfgh": "", "": "", "…": "",
	} {
		if got := g.Suggest(name); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestAt(t *testing.T) {
	tests := map[string]struct {
		key, at string
		want    gazetteer.Role
	}{
		"a minister in office": {"sergei-lavrov", "2021-10-18", gazetteer.Role{Country: "RUS", Sectors: []plover.Sector{"GOV"}, Title: "foreign minister", From: day("2004-03-09")}},
		"the last day of an office still counts": {"jens-stoltenberg", "2024-10-01", gazetteer.Role{
			Country: "NATO", Title: "secretary-general", From: day("2014-10-01"), Until: day("2024-10-02"),
		}},
		"after the last office": {"angela-merkel", "2023-01-01", gazetteer.Role{
			Country: "DEU", Sectors: []plover.Sector{"ELI"}, Title: "former chancellor", From: day("2021-12-09"),
		}},
		"before the first office": {"volodymyr-zelensky", "2012-01-01", gazetteer.Role{Country: "UKR"}},
		"a group that came to rule": {"taliban", "2022-01-01", gazetteer.Role{
			Country: "AFG", Sectors: []plover.Sector{"GOV"}, Title: "rulers", From: day("2021-08-15"),
		}},
		"a group before it ruled": {"taliban", "2015-01-01", gazetteer.Role{
			Country: "AFG", Sectors: []plover.Sector{"REB"}, Title: "insurgents", From: day("2001-11-13"), Until: day("2021-08-15"),
		}},
		"a body has no roles": {"iaea", "2015-01-01", gazetteer.Role{Country: "UNO"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			found := gazetteer.Default().Find(test.key)
			if len(found) != 1 {
				t.Fatalf("Find(%q) = %d entries", test.key, len(found))
			}
			if diff := cmp.Diff(test.want, found[0].At(day(test.at))); diff != "" {
				t.Errorf("At (-want +got):\n%s", diff)
			}
		})
	}
	if got := gazetteer.Default().Find("sergei-lavrov")[0].At(time.Time{}).Title; got != "foreign minister" {
		t.Errorf("At(zero) = %q, want the present role", got)
	}
}

func TestMembers(t *testing.T) {
	tests := map[string]struct {
		list, at string
		has, not string
		count    int
	}{
		"NATO of the seed article":          {"nato", "2021-10-18", "FRA USA TUR MKD", "FIN SWE RUS", 30},
		"Finland joined":                    {"nato", "2023-04-04", "FIN", "SWE", 31},
		"Sweden joined":                     {"nato", "2024-03-07", "FIN SWE", "UKR", 32},
		"Europe of 28":                      {"eu", "2015-06-01", "GBR HRV", "NOR", 28},
		"Europe before Croatia":             {"eu", "2013-06-30", "GBR", "HRV", 27},
		"the last day of Britain":           {"eu", "2020-01-31", "GBR HRV", "", 28},
		"Europe of 27":                      {"eu", "2020-02-01", "HRV", "GBR", 27},
		"the Seven":                         {"g7", "2021-10-18", "CAN DEU FRA GBR ITA JPN USA", "RUS", 7},
		"the Council of 2021":               {"un-sc", "2021-10-18", "CHN FRA GBR RUS USA EST IND IRL KEN MEX NER NOR TUN VCT VNM", "DEU", 15},
		"Italy's half of a shared seat":     {"un-sc", "2017-05-01", "ITA", "NLD", 15},
		"the Netherlands' half of the seat": {"un-sc", "2018-05-01", "NLD", "ITA", 15},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := gazetteer.Default().Members(test.list, day(test.at))
			if !ok || len(got) != test.count {
				t.Fatalf("Members = %d %v, want %d: %v", len(got), ok, test.count, got)
			}
			in := " " + strings.Join(got, " ") + " "
			for c := range strings.FieldsSeq(test.has) {
				if !strings.Contains(in, " "+c+" ") {
					t.Errorf("%s is missing in %v", c, got)
				}
			}
			for c := range strings.FieldsSeq(test.not) {
				if strings.Contains(in, " "+c+" ") {
					t.Errorf("%s is in %v", c, got)
				}
			}
		})
	}
	if _, ok := gazetteer.Default().Members("g5000", day("2020-01-01")); ok {
		t.Error("an unknown list is known")
	}
	if got, _ := gazetteer.Default().Members("nato", time.Time{}); len(got) != 32 {
		t.Errorf("nato at the zero time has %d members, want the latest 32", len(got))
	}
}

func FuzzLongest(f *testing.F) {
	f.Add("le Kremlin et l’ OTAN", 1, "fr")
	f.Add("U.S. . - \x00 \xff\xfe Guinea - - Bissau", 0, "en")
	g := gazetteer.Default()
	f.Fuzz(func(t *testing.T, text string, i int, lang string) {
		words := strings.Split(text, " ")
		for _, m := range g.Longest(words, i, lang) {
			if m.Entry == nil || m.First != i || m.Last <= i || m.Last > len(words) {
				t.Errorf("Longest(%q, %d) = %+v", words, i, m)
			}
			if lang != "" && m.Name.Lang != "" && m.Name.Lang != lang {
				t.Errorf("Longest(%q, %d, %q) found a name of %q", words, i, lang, m.Name.Lang)
			}
		}
	})
}

func FuzzFind(f *testing.F) {
	f.Add("Russie")
	f.Add("\xff-’")
	g := gazetteer.Default()
	f.Fuzz(func(t *testing.T, name string) {
		for _, e := range g.Find(name) {
			if e == nil {
				t.Errorf("Find(%q) holds nil", name)
			}
		}
		if s := g.Suggest(name); s != "" && len(g.Find(s)) == 0 {
			t.Errorf("Suggest(%q) = %q, which nothing is called", name, s)
		}
	})
}

const sample = `Sergei Lavrov , 71 ans , a annoncé que le Kremlin avait décidé de suspendre sa mission permanente au sein
de l’ OTAN à la suite d’ une détérioration des relations entre le bloc et la Russie . Quatre ans plus tard , l’ OTAN a choisi
d’ expulser sept diplomates russes à la suite de l’ attaque fatale à l’ agent neurotoxique contre Salisbury . Les tensions
sont montées entre Moscou et d’ autres capitales européennes en raison de la crise actuelle des prix du gaz .`

func BenchmarkLongest(b *testing.B) {
	g := gazetteer.Default()
	words := strings.Fields(sample)
	b.ReportAllocs()
	for b.Loop() {
		for i := range words {
			g.Longest(words, i, "fr")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(words)), "ns/token")
}

func BenchmarkSuggest(b *testing.B) {
	g := gazetteer.Default()
	for b.Loop() {
		g.Suggest("Vladimir Putn")
	}
}
