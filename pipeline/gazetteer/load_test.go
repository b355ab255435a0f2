package gazetteer_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

func TestBadDataSayWhereTheyAre(t *testing.T) {
	const country = "FRA | France | France | French | français/e | Paris\n"
	tests := map[string]struct{ file, body, want string }{
		"a column is missing":            {"countries", country + "# note\nRUS | Russia\n", "data/countries.txt:3: 2 columns, want 6"},
		"a code of two letters":          {"countries", "FR | France | France | | |\n", `code "FR"`},
		"a country twice":                {"countries", country + country, `data/countries.txt:2: key "france" a second time`},
		"a sector nobody knows":          {"bodies", "nato | NATO | XYZ | NATO | OTAN |\n", `unknown sector "XYZ"`},
		"a group of no country":          {"groups", "g | XXX | REB | G | G |\n", `unknown country "XXX"`},
		"a person of no country":         {"persons", "XXX | A B | B | GOV president\n", `unknown country "XXX"`},
		"a person without a name":        {"persons", " | | | GOV president\n", "no name"},
		"a role that is no role":         {"persons", " | A B | B | president 2012..\n", `role "president 2012.."`},
		"a role that ends first":         {"persons", " | A B | B | GOV president 2012..2010\n", "ends before it begins"},
		"a date that is none":            {"persons", " | A B | B | GOV president 2012-13..\n", "2012-13"},
		"a member that is no country":    {"members", "nato | XXX\n", `unknown country "XXX"`},
		"a seat of nobody":               {"seats", "XXX | GOV | Palace\n", `unknown code or key "XXX"`},
		"a place in no country":          {"places", "XXX | Somewhere\n", `unknown country "XXX"`},
		"a firm with an unknown sector":  {"firms", " | XYZ | Firm\n", `unknown sector "XYZ"`},
		"a people in no country":         {"peoples", "kurds | XXX | Kurd+ | kurde\n", `unknown country "XXX"`},
		"a role for an unknown employer": {"persons", " | A B | B | XXX GOV envoy 2012..\n", `unknown country "XXX"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := gazetteer.Load(fstest.MapFS{"data/" + test.file + ".txt": {Data: []byte(test.body)}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestOtherDataHaveAnotherHash(t *testing.T) {
	small, err := gazetteer.Load(fstest.MapFS{"data/codes.txt": {Data: []byte("IGO | an international body\n")}})
	if err != nil {
		t.Fatal(err)
	}
	if small.Hash() == gazetteer.Default().Hash() {
		t.Error("two sets of data share a hash")
	}
	if got := small.Name("IGO"); got != "an international body" {
		t.Errorf("Name = %q", got)
	}
}
