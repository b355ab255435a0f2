package sample_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/cmd/quidnunc/sample"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/archive"
	"github.com/quidnunc-news/quidnunc/producer/coder"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
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
		forms[strings.TrimLeft(a.Source, "abcdefghijklmnopqrstuvwxyz0123456789-")] = true
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
	got, err := fs.ReadFile(sample.Articles(), "seed-article.txt")
	if err != nil {
		t.Fatal(err)
	}
	const want = "e927b5ceaf83c7c70d352691eef0c63db2ba5c87b34b1af2a2b69b36eb3010f2"
	if sum := fmt.Sprintf("%x", sha256.Sum256(got)); sum != want {
		t.Errorf("%d bytes, SHA-256 %s, want %s", len(got), sum, want)
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

func TestRulesAreReadable(t *testing.T) {
	book, err := rulebook.Parse("rules.yaml", sample.Rules())
	if err != nil {
		t.Fatal(err)
	}
	severities, whens := map[news.Severity]int{}, map[string]int{}
	for _, r := range book.Rules {
		severities[r.Severity]++
		whens[fmt.Sprint(r.When)]++
		if r.Name == "russia-nato-rupture" && (r.Title != "Russia and NATO break relations" || r.Owner != "europe-desk" ||
			r.Query != "what:SANCTION who:Russie whom:OTAN" || r.Severity != news.High) {
			t.Errorf("%+v", r)
		}
	}
	if len(book.Rules) < 12 || len(severities) != len(news.Severities()) || len(whens) != 3 {
		t.Errorf("%d rules, severities %v, whens %v", len(book.Rules), severities, whens)
	}
}

func TestEachRuleFiresAndTheRuptureOnce(t *testing.T) {
	book, err := rulebook.Parse("rules.yaml", sample.Rules())
	if err != nil {
		t.Fatal(err)
	}
	index, err := match.New(book.Rules, gazetteer.Default())
	if err != nil {
		t.Fatal(err)
	}
	c := coder.New(gazetteer.Default(), lexicon.Default())
	fired := map[string][]string{}
	for _, a := range articles(t) {
		r := news.Report{Article: a, Events: c.Code(a), At: a.Published.Start, Origin: news.Archive}
		for _, hit := range index.Match(r, news.Story{ID: a.ID, Articles: 1, Publishers: 1}, nil) {
			name := book.Rules[hit.Rule].Name
			fired[name] = append(fired[name], a.Source+" "+a.Published.String())
		}
	}
	for _, r := range book.Rules {
		if len(fired[r.Name]) == 0 {
			t.Errorf("%s never fires", r.Name)
		}
		t.Log(r.Name, fired[r.Name])
	}
	if d := cmp.Diff([]string{"seed-article.txt 2021-10"}, fired["russia-nato-rupture"]); d != "" {
		t.Error(d)
	}
}

func ExampleArticles() {
	s, err := archive.OpenFS(archive.Config{}, sample.Articles())
	if err != nil {
		panic(err)
	}
	a, err := s.Next(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println(a.Source, a.Published, a.Language)
	// Output: 2021-09-17-ambassadeurs.txt 2021-09-17 fr
}
