package coder_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sentencesEach is how many sentences a construction must have in each language.
const sentencesEach = 15

// constructions are the ways of telling an event that the coder must read.
var constructions = []string{
	"active", "passive", "reflexive", "causative", "control", "relative", "participle", "apposition", "nominal", "actors", "acts",
	"reciprocal", "agentless", "possessive", "quotation", "pronoun", "description", "surname", "acronym", "negation", "attribution",
	"conditional",
}

// shown is a sentence of testdata/constructions.*.txt, with the events it tells.
type shown struct {
	construction, text string
	want               []string
	hard               bool // the coder is known to miss it
}

// The sentences of testdata/constructions.*.txt show one construction each; below each stand the events it tells. Those
// behind "? " are known to be missed: they count for nothing and only their number is told.
func TestConstructionsOfBothLanguages(t *testing.T) {
	c := newCoder()
	for _, lang := range []string{"fr", "en"} {
		count, hard, solved := make(map[string]int), 0, 0
		for _, row := range readConstructions(t, lang) {
			var got []string
			for i, e := range c.Code(article(lang, "2021-10-18", row.text)) {
				l := line(e)
				if i < len(row.want) && tells(l, row.want[i]) {
					l = row.want[i]
				}
				got = append(got, l)
			}
			diff := cmp.Diff(row.want, got)
			if row.hard {
				hard++
				if diff == "" {
					solved++
				}
				continue
			}
			count[row.construction]++
			if diff != "" {
				t.Errorf("%s, %s: %s\n(-want +got):\n%s", lang, row.construction, row.text, diff)
			}
		}
		t.Logf("%s: of %d sentences known to be hard %d are read", lang, hard, solved)
		for _, name := range constructions {
			if count[name] < sentencesEach {
				t.Errorf("%s, %s: %d sentences, want %d", lang, name, count[name], sentencesEach)
			}
		}
	}
}

func readConstructions(t *testing.T, lang string) []shown {
	t.Helper()
	data, err := os.ReadFile("testdata/constructions." + lang + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	var rows []shown
	construction := ""
	for l := range strings.SplitSeq(string(data), "\n") {
		switch {
		case strings.HasPrefix(l, "\t"):
			last := &rows[len(rows)-1]
			last.want = append(last.want, l[1:])
		case strings.HasPrefix(l, "== "):
			if construction = l[3:]; !slices.Contains(constructions, construction) {
				t.Fatalf("%s: unknown construction %q", lang, construction)
			}
		case l != "" && l[0] != '#':
			text, hard := strings.CutPrefix(l, "? ")
			rows = append(rows, shown{construction: construction, text: text, hard: hard})
		}
	}
	return rows
}

var extra = regexp.MustCompile(` ([a-z]+)=`)

// tells whether the event line got is what a row wants: who, whom and what exactly, and whether it is real and new;
// of dates, places, numbers and tellers what the row names, "by=*" being anybody.
func tells(got, want string) bool {
	gotWhat, gotExtras := parts(got)
	wantWhat, wantExtras := parts(want)
	for name, value := range wantExtras {
		if v, ok := gotExtras[name]; !ok || value != "*" && v != value {
			return false
		}
	}
	return gotWhat == wantWhat && gotExtras["realis"] == wantExtras["realis"] && gotExtras["historical"] == wantExtras["historical"]
}

// parts cuts a line into who, whom and what, and the rest by name.
func parts(line string) (string, map[string]string) {
	at := extra.FindAllStringSubmatchIndex(line, -1)
	if len(at) == 0 {
		return line, nil
	}
	extras := make(map[string]string)
	for i, m := range at {
		end := len(line)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		extras[line[m[2]:m[3]]] = line[m[1]:end]
	}
	return line[:at[0][0]], extras
}

func TestTells(t *testing.T) {
	for _, c := range []struct {
		name, got, want string
		same            bool
	}{
		{"extras that the row leaves out are free", "RUS > USA SANCTION 163 where=Moscow count=2", "RUS > USA SANCTION 163", true},
		{"realis is not", "RUS > USA SANCTION 163 realis=alleged", "RUS > USA SANCTION 163", false},
		{"history neither", "RUS > USA SANCTION 163", "RUS > USA SANCTION 163 historical=true", false},
		{"what the row names must be so", "RUS > USA SANCTION 163 count=2", "RUS > USA SANCTION 163 count=3", false},
		{"anybody may tell it", "RUS > USA SANCTION 163 by=Le Monde count=2", "RUS > USA SANCTION 163 by=*", true},
		{"somebody must", "RUS > USA SANCTION 163", "RUS > USA SANCTION 163 by=*", false},
		{"a name may hold spaces", "RUS > USA SANCTION 163 by=Joe Biden", "RUS > USA SANCTION 163 by=Joe Biden", true},
	} {
		if got := tells(c.got, c.want); got != c.same {
			t.Error(fmt.Sprintf("%s: %q for %q:", c.name, c.got, c.want), got)
		}
	}
}
