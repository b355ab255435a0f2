package story_test

import (
	"cmp"
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/story"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/sketch"
)

// headlines is a day of French headlines, in the order of time, as reports; none where the corpus is not at hand.
func headlines(t testing.TB) []news.Report {
	f, err := os.Open("../../../shared/corpora/fr/headlines-2020-01-10.csv")
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") == "" {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []news.Report
	for _, row := range rows {
		at, err := time.Parse("2006-01-02 15:04:05", row[1])
		if err != nil {
			t.Fatal(err)
		}
		a := news.Article{Title: row[0], Publisher: news.NoPublisher, Language: "fr", Published: news.Interval{Start: at, End: at.Add(time.Second), Grain: news.Instant}}.Identify(row[1] + row[0])
		out = append(out, news.Report{Article: a, At: at, Origin: news.Archive})
	}
	slices.SortStableFunc(out, func(a, b news.Report) int { return a.At.Compare(b.At) })
	return out
}

func sketched(reports []news.Report) []news.Report {
	for i := range reports {
		reports[i].Sketch = sketch.Of(reports[i].Article, gazetteer.Default())
	}
	return reports
}

func tell(reports []news.Report) []news.Story {
	var s story.Stories
	out := make([]news.Story, len(reports))
	for i := range reports {
		s.Advance(reports[i].At)
		out[i] = s.Add(story.GistOf(&reports[i]))
	}
	return out
}

// forms are how the corpus heads its weather pages.
var forms = []*regexp.Regexp{
	regexp.MustCompile(`^Météo (.+?) ?: Prévisions`),
	regexp.MustCompile(`^(.+?) : la météo du vendredi 10 janvier 2020$`),
	regexp.MustCompile(`^(?:La météo|Les prévisions météorologiques) du vendredi 10 janvier 2020 (?:à|au) (.+)$`),
}

// town is the town of a weather page; "" for other headlines.
func town(title string) string {
	for _, f := range forms {
		if m := f.FindStringSubmatch(title); m != nil {
			return strings.TrimPrefix(text.Fold(m[1]), "le ") // "du Mans"
		}
	}
	return ""
}

func TestWeatherPagesOfDifferentTownsAreApart(t *testing.T) {
	reports := sketched(headlines(t))
	if reports == nil {
		if os.Getenv("QUIDNUNC_REQUIRE_SHARED") != "" {
			t.Fatal("QUIDNUNC_REQUIRE_SHARED is set, but ../shared/corpora is not here")
		}
		t.Skip("NOT TESTED: ../shared/corpora is not here")
	}
	got := tell(reports)
	towns := map[news.ID]string{}
	pages := 0
	for i, r := range reports {
		name := town(r.Article.Title)
		if name == "" {
			continue
		}
		pages++
		if other, ok := towns[got[i].ID]; ok && other != name {
			t.Errorf("the weather of %s and of %s is one story", other, name)
		}
		towns[got[i].ID] = name
	}
	if pages < 200 {
		t.Fatalf("%d weather pages: not the corpus that was meant", pages)
	}
	if testing.Verbose() {
		showLargest(t, reports, got)
	}
}

func showLargest(t *testing.T, reports []news.Report, got []news.Story) {
	by := map[news.ID][]string{}
	for i, r := range reports {
		by[got[i].ID] = append(by[got[i].ID], r.Article.Title)
	}
	ids := make([]news.ID, 0, len(by))
	for id := range by {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b news.ID) int { return cmp.Or(cmp.Compare(len(by[b]), len(by[a])), cmp.Compare(a, b)) })
	t.Logf("%d headlines, %d stories", len(reports), len(ids))
	for _, id := range ids[:25] {
		titles := by[id]
		t.Logf("%d:", len(titles))
		for i := 0; i < len(titles); i += max(1, len(titles)/6) {
			t.Logf("      %s", titles[i])
		}
	}
}

func BenchmarkHeadlines(b *testing.B) {
	plain := headlines(b)
	if plain == nil {
		b.Skip("../shared/corpora is not here")
	}
	for b.Loop() {
		tell(sketched(plain))
	}
	b.ReportMetric(float64(len(plain)*b.N)/b.Elapsed().Seconds(), "headlines/s")
}
