package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/consumer/dataset"
	"github.com/quidnunc-news/quidnunc/pipeline/cameo"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/archive/gdelt"
)

// reasons say why a column of a row of GDELT is another one once the row was imported and exported. docs/codebook.md lists them in these
// words. The first whose columns and condition fit a difference explains it.
var reasons = []struct {
	why     string
	columns []string
	holds   func(was, is []string, at int) bool // nil: always
}{
	{"the number is our own: GDELT's is part of the article's identity and is not kept", []string{"GLOBALEVENTID"}, nil},
	{"a row is one article, mentioned once", []string{"NumMentions", "NumSources", "NumArticles"}, nil},
	{"tone is not measured", []string{"AvgTone"}, nil},
	{"where the actors are is not kept", []string{
		"ActorGeo_Type", "ActorGeo_FullName", "ActorGeo_CountryCode", "ActorGeo_ADM1Code", "ActorGeo_ADM2Code", "ActorGeo_Lat",
		"ActorGeo_Long", "ActorGeo_FeatureID",
	}, nil},
	{"a row's one event is what its article leads with", []string{"IsRootEvent"}, nil},
	{"peoples and religions are not coded", []string{"ActorEthnicCode", "ActorReligion1Code", "ActorReligion2Code"}, nil},
	{"a part of the world is no country", []string{"ActorCountryCode"}, func(was, _ []string, at int) bool { return cameo.Region(was[at]) }},
	{"a country that is no more, or has another code today", []string{"ActorCountryCode"}, func(was, _ []string, at int) bool {
		return cameo.FromCountry(was[at]) != was[at]
	}},
	{"a body that the gazetteer has no code for", []string{"ActorKnownGroupCode"}, func(was, _ []string, at int) bool {
		return cameo.FromGroup(was[at]) == ""
	}},
	{"a body's own region stands in the country's place", []string{"ActorCountryCode"}, func(_, is []string, at int) bool { return is[at+1] != "" }},
	{"types are sorted, and those are left out that are no sector of PLOVER or stand beside a country", []string{
		"ActorType1Code", "ActorType2Code", "ActorType3Code",
	}, typesFit},
	{"names are the gazetteer's where it knows the actor by its code", []string{"ActorName"}, nil},
	{"the whole code follows its parts", []string{"ActorCode"}, func(was, is []string, at int) bool {
		return !slices.Equal(was[at+2:at+10], is[at+2:at+10])
	}},
	{"the parts of the code stand in GDELT's own order", []string{"ActorCode"}, nil},
	{"a region of a country is kept by its name alone, and exported as the country", []string{"ActionGeo_Type", "ActionGeo_ADM1Code", "ActionGeo_FeatureID"}, func(was, _ []string, _ int) bool {
		return was[51] == "2" || was[51] == "5"
	}},
	{"numbers of regions and features are not kept", []string{"ActionGeo_ADM1Code", "ActionGeo_ADM2Code", "ActionGeo_FeatureID"}, nil},
	{"only towns have coordinates", []string{"ActionGeo_Lat", "ActionGeo_Long"}, func(was, _ []string, _ int) bool {
		return was[51] != "3" && was[51] != "4"
	}},
}

// typesFit tells whether every type of an actor that was exported is one it had.
func typesFit(was, is []string, at int) bool {
	first := 12
	if at >= 22 {
		first = 22
	}
	for _, t := range is[first : first+3] {
		if t != "" && !slices.Contains(was[first:first+3], t) {
			return false
		}
	}
	return true
}

// general is a column's name with Actor1 and Actor2 as one.
func general(column string) string {
	if rest, ok := strings.CutPrefix(column, "Actor1"); ok {
		return "Actor" + rest
	}
	if rest, ok := strings.CutPrefix(column, "Actor2"); ok {
		return "Actor" + rest
	}
	return column
}

func why(column string, was, is []string, at int) string {
	for _, r := range reasons {
		if slices.Contains(r.columns, general(column)) && (r.holds == nil || r.holds(was, is, at)) {
			return r.why
		}
	}
	return ""
}

const noEvent = "statements and appeals (CAMEO 01 and 02) are no events"

// roundTrip imports a row and exports it again; nil where it tells no event.
func roundTrip(t *testing.T, reader *gdelt.Reader, line string) []string {
	t.Helper()
	row, err := reader.Row(line)
	if err != nil {
		t.Fatal(err)
	}
	article := news.Article{ID: row.ID, URL: row.URL, Publisher: row.Publisher, Text: row.Text, Seen: row.Seen}
	var b bytes.Buffer
	w, err := dataset.New(&b, dataset.GDELT, true, gazetteer.Default())
	if err != nil {
		t.Fatal(err)
	}
	report := news.Report{Article: article, Events: row.Events(article.ID), At: news.LogTime(article, news.Archive), Coder: gdelt.Coder}
	if err := w.Add(report); err != nil {
		t.Fatal(err)
	}
	if b.Len() == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\t")
}

// A row of GDELT that is imported and exported has the same codes, or a reason that the codebook lists.
func TestRowsOfGDELTComeBack(t *testing.T) {
	names, err := filepath.Glob("../../../shared/corpora/gdelt/*export*")
	if err != nil || len(names) == 0 {
		if os.Getenv("QUIDNUNC_REQUIRE_SHARED") != "" {
			t.Fatal("QUIDNUNC_REQUIRE_SHARED is set, but the rows of GDELT are absent")
		}
		t.Skip("NOT TESTED: the rows of GDELT are absent")
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	var reader gdelt.Reader
	columns := dataset.Columns(dataset.GDELT)
	counts, same, rows := map[string]int{}, 0, 0
	for line := range strings.Lines(string(data)) {
		rows++
		was := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		is := roundTrip(t, &reader, strings.Join(was, "\t"))
		if is == nil {
			if root := cameo.Root(was[26]); root != "01" && root != "02" {
				t.Errorf("row %d: CAMEO %s gives no event", rows, was[26])
			}
			counts[noEvent+" [rows]"]++
			continue
		}
		if len(is) != len(was) {
			t.Fatalf("row %d has %d columns, had %d", rows, len(is), len(was))
		}
		for i := range was {
			if was[i] == is[i] {
				same++
				continue
			}
			reason := why(columns[i], was, is, i)
			if reason == "" {
				t.Errorf("row %d: %s was %q, is %q", rows, columns[i], was[i], is[i])
				continue
			}
			counts[reason+" ["+general(columns[i])+"]"]++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d rows of %d columns; %d columns are the same\n", rows, len(columns)-3, same)
	for _, reason := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) }) {
		fmt.Fprintf(&b, "%6d  %s\n", counts[reason], reason)
	}
	golden(t, "gdelt-round-trip.golden", b.String())
}

// What the codebook must explain.
func TestTheCodebookExplainsEveryColumnAndReason(t *testing.T) {
	data, err := os.ReadFile("../../docs/codebook.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, f := range dataset.Formats() {
		for _, column := range dataset.Columns(f) {
			if !strings.Contains(text, "`"+general(column)+"`") && !strings.Contains(text, "`"+column+"`") {
				t.Errorf("docs/codebook.md does not explain %s of %s", column, f)
			}
		}
	}
	for _, r := range reasons {
		if !strings.Contains(strings.ReplaceAll(text, "\n", " "), r.why) {
			t.Errorf("docs/codebook.md does not list the reason %q", r.why)
		}
	}
	if !strings.Contains(text, noEvent) {
		t.Errorf("docs/codebook.md does not list the reason %q", noEvent)
	}
}
