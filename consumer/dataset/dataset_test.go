package dataset_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/dataset"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

var update = flag.Bool("update", false, "write the golden files")

func interval(s string) news.Interval {
	i, err := news.ParseInterval(s)
	if err != nil {
		panic(err)
	}
	return i
}

// report tells of one event with two actors on one side, and of one with nothing that need not be there.
func report() news.Report {
	what := news.NewAction(plover.Sanction, "withdraw", "161")
	what.Trigger, what.Contexts = "suspendre", []plover.Context{"diplomatic", "military"}
	article := news.Article{
		URL: "https://example.org/a", Publisher: "example.org", Language: "fr", Title: "Un titre,\tavec \"signes\"", Text: "Moscou suspend sa mission.",
		Published: interval("2021-10"), Seen: time.Date(2021, 10, 19, 8, 0, 0, 0, time.UTC), Source: "a.txt",
	}.Identify("")
	events := []news.Event{
		{
			Who:  []news.Actor{{Key: "rus", Name: "Russia", Country: "RUS", Sectors: []plover.Sector{"GOV"}, Text: "Moscou"}},
			Whom: []news.Actor{{Key: "nato", Name: "NATO", Country: "NATO", Text: "l’OTAN"}, {Name: "a journalist", Sectors: []plover.Sector{"JRN", "REL"}, Text: "un journaliste"}},
			What: what, When: interval("2021-10-18"), Effective: interval("2021-11-01"), Realis: news.Actual, Lead: true,
			Where: &news.Place{Name: "Moscow", Country: "RUS", Region: "Moscow", Lat: 55.75222, Lon: 37.61556, GeoNames: 524901, Text: "Moscou"},
			Count: &news.Quantity{Value: 8, Min: 8, Max: 8}, Dead: &news.Quantity{Value: 12, Min: 12}, Injured: &news.Quantity{Value: 15, Min: 10, Max: 20},
			By:    []news.Attribution{{Actor: news.Actor{Name: "Sergei Lavrov"}, Via: "Financial Times"}},
			Cites: []news.Citation{{Sentence: 3, Quote: "Moscou suspend\nsa mission.", Pattern: "obj", Confidence: 0.75}},
		},
		{What: news.NewAction(plover.Assault, "", "190"), Realis: news.Alleged, Historical: true, Cites: []news.Citation{{Sentence: 4}}},
	}
	return news.Report{
		Article: article, Events: news.Identify(article.ID, events), At: article.Published.Start, Origin: news.Archive, Coder: "quidnunc-1+0123abcd.4567cdef",
	}
}

func TestRowsAreAsTheyWere(t *testing.T) {
	for _, f := range dataset.Formats() {
		t.Run(string(f), func(t *testing.T) {
			var b bytes.Buffer
			w, err := dataset.New(&b, f, false, gazetteer.Default())
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the header comes once
				if err := w.Add(report()); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join("testdata", string(f)+".golden")
			if *update {
				if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The columns of the data sets themselves: 61 of GDELT's, 20 of ICEWS's, 40 of POLECAT's.
func TestADataSetsOwnColumns(t *testing.T) {
	for f, want := range map[dataset.Format]int{dataset.GDELT: 61, dataset.ICEWS: 20, dataset.POLECAT: 40} {
		for bare, more := range map[bool]int{true: 0, false: 3} {
			var b bytes.Buffer
			w, err := dataset.New(&b, f, bare, gazetteer.Default())
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Add(report()); err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
				if got := strings.Count(line, "\t") + 1; got != want+more {
					t.Errorf("%s, line %d: %d columns, want %d", f, i+1, got, want+more)
				}
			}
		}
	}
}

func TestPairsHaveNumbersOfTheirOwn(t *testing.T) {
	var b bytes.Buffer
	w, err := dataset.New(&b, dataset.GDELT, true, gazetteer.Default())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Add(report()); err != nil || w.Rows() != 3 {
		t.Fatalf("%d rows, %v", w.Rows(), err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(b.String()) {
		id, _, _ := strings.Cut(line, "\t")
		seen[id] = true
	}
	if len(seen) != 3 {
		t.Errorf("the numbers are %v", seen)
	}
}

func TestAnUnknownFormatIsRefused(t *testing.T) {
	if _, err := dataset.New(&bytes.Buffer{}, "xml", false, gazetteer.Default()); err == nil {
		t.Error("xml is written")
	}
}

func Example() {
	fmt.Println(dataset.Columns(dataset.ICEWS)[:4])
	w, err := dataset.New(os.Stdout, dataset.POLECAT, true, gazetteer.Default())
	if err != nil {
		panic(err)
	}
	fmt.Println(w.Rows())
	// Output:
	// [Event ID Event Date Source Name Source Sectors]
	// 0
}
