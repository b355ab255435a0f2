package sample_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/quidnunc-news/quidnunc/cmd/quidnunc/sample"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/archive"
)

func articles(t *testing.T) []news.Article {
	t.Helper()
	s, err := archive.OpenFS(archive.Config{Now: func() time.Time { return time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC) }}, sample.Articles())
	if err != nil {
		t.Fatal(err)
	}
	var out []news.Article
	for {
		a, err := s.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Mended()) > 0 {
			t.Errorf("%s, %s: mended: %v", a.Source, a.Published, s.Mended())
		}
		out = append(out, a)
	}
}

func TestArticlesAreDatedAndDistinctInTwoLanguages(t *testing.T) {
	ids, languages, forms := map[news.ID]bool{}, map[string]int{}, map[string]bool{}
	for _, a := range articles(t) {
		if a.Published.IsZero() || a.Published.Start.Year() < 2021 {
			t.Errorf("%s: published %q", a.Source, a.Published)
		}
		if ids[a.ID] {
			t.Errorf("%s: twice: %.60s", a.Source, a.Text)
		}
		ids[a.ID] = true
		languages[a.Language]++
		forms[a.Source[strings.Index(a.Source, "."):]] = true
		if n := len(strings.Fields(a.Text)); a.Source != "seed-article.txt" && (n < 40 || n > 150) {
			t.Errorf("%s: %d words: %.60s", a.Source, n, a.Text)
		}
	}
	if len(ids) < 45 || languages["fr"] < 20 || languages["en"] < 20 || languages["fr"]+languages["en"] != len(ids) {
		t.Errorf("%d articles, by language %v", len(ids), languages)
	}
	if len(forms) != 3 {
		t.Errorf("forms %v, want .txt, .jsonl and .jsonl.gz", forms)
	}
}

func TestSeedArticleIsVerbatim(t *testing.T) {
	want, err := os.ReadFile("../../../../shared/seed-article.txt")
	if errors.Is(err, fs.ErrNotExist) {
		t.Log("../shared is absent: the seed article is compared with nothing but its size")
		want = nil
	} else if err != nil {
		t.Fatal(err)
	}
	got, err := fs.ReadFile(sample.Articles(), "seed-article.txt")
	if err != nil {
		t.Fatal(err)
	}
	if want != nil && string(got) != string(want) || len(got) != 2220 {
		t.Errorf("the seed article differs: %d bytes", len(got))
	}
}

func TestSeedIsOneArticleOfItsMonth(t *testing.T) {
	for _, a := range articles(t) {
		if a.Source != "seed-article.txt" {
			continue
		}
		if a.Published.String() != "2021-10" || a.Language != "fr" || a.Publisher != news.NoPublisher || a.Title != "" ||
			!strings.HasPrefix(a.Text, "Sergei Lavrov, 71 ans") || !strings.HasSuffix(a.Text, "Nord Stream 2.") {
			t.Errorf("read as %+v", a)
		}
		return
	}
	t.Error("no seed article")
}

func TestRulesHaveNamesOwnersAndTheRupture(t *testing.T) {
	var file struct {
		Rules []struct {
			Name, Title, Owner, Query, Severity string
			When                                map[string]string
		}
	}
	if err := yaml.Unmarshal(sample.Rules(), &file); err != nil {
		t.Fatal(err)
	}
	names, severities := map[string]string{}, map[string]int{}
	for _, r := range file.Rules {
		if r.Name == "" || r.Title == "" || r.Owner == "" || r.Query == "" || strings.ToLower(r.Name) != r.Name || names[r.Name] != "" {
			t.Errorf("rule %+v", r)
		}
		names[r.Name] = r.Query
		severities[r.Severity]++
	}
	if len(names) < 12 || len(severities) != len(news.Severities()) {
		t.Errorf("%d rules of severities %v", len(names), severities)
	}
	if got, want := names["russia-nato-rupture"], "what:SANCTION who:Russie whom:OTAN"; got != want {
		t.Errorf("russia-nato-rupture asks %q, want %q", got, want)
	}
}

func ExampleArticles() {
	s, err := archive.OpenFS(archive.Config{}, sample.Articles())
	if err != nil {
		panic(err)
	}
	if _, err := s.Next(context.Background()); err != nil {
		panic(err)
	}
	// Output:
}
