package coder_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/coder"
	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

const (
	corpora      = "../../../shared/corpora"
	benchWords   = 400 // of one article that the benchmark speaks of
	maxWorkAWord = 200
)

// corpus is the real texts of a language in the shared folder: newswire of 1987 in English; in French headlines of one
// day, thirty of them an article.
func corpus(tb testing.TB, lang string) []news.Article {
	tb.Helper()
	if lang == "fr" {
		return headlines(tb)
	}
	data, err := os.ReadFile(corpora + "/en/reuters-1000.jsonl")
	if err != nil {
		tb.Skipf("no newswire to read: %v", err)
	}
	var out []news.Article
	for line := range strings.Lines(string(data)) {
		var row struct{ Text, Body string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			tb.Fatal(err)
		}
		if body := row.Text + row.Body; body != "" {
			out = append(out, article("en", "1987-03", body))
		}
	}
	return out
}

func headlines(tb testing.TB) []news.Article {
	f, err := os.Open(corpora + "/fr/headlines-2020-01-10.csv")
	if err != nil {
		tb.Skipf("no headlines to read: %v", err)
	}
	defer func() { _ = f.Close() }()
	rows := csv.NewReader(f)
	rows.FieldsPerRecord, rows.LazyQuotes = -1, true
	var out []news.Article
	var body strings.Builder
	for n := 1; ; n++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return append(out, article("fr", "2020-01-10", body.String()))
		}
		if err != nil {
			tb.Fatal(err)
		}
		body.WriteString(strings.TrimRight(row[0], ". ") + ".\n")
		if n%30 == 0 {
			out = append(out, article("fr", "2020-01-10", body.String()))
			body.Reset()
		}
	}
}

// TestArticlesKeepTheirBudget codes the corpora: nothing panics, and no article costs more than its words allow.
func TestArticlesKeepTheirBudget(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED in short mode: thousands of articles")
	}
	c := newCoder()
	for _, lang := range []string{"en", "fr"} {
		most := 0
		for _, a := range corpus(t, lang) {
			work, events := c.Work(a)
			sound(t, a, events)
			words := len(strings.Fields(a.Text)) + 1
			most = max(most, work/words)
			if work > maxWorkAWord*words {
				t.Errorf("%s: %d units of work for %d words: %.80q", lang, work, words, a.Text)
			}
		}
		t.Logf("%s: at most %d units of work a word", lang, most)
	}
}

// TestParsingWhatMayTellIsEnough compares the coder with one that parses every sentence.
func TestParsingWhatMayTellIsEnough(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED in short mode: hundreds of articles, twice")
	}
	c := newCoder()
	eager := c.Eager()
	for _, lang := range []string{"en", "fr"} {
		as := corpus(t, lang)
		for _, a := range as[:min(len(as), 100)] {
			if diff := cmp.Diff(eager.Code(a), c.Code(a)); diff != "" {
				t.Fatalf("%.80q (-every sentence +those that may tell):\n%s", a.Text, diff)
			}
		}
	}
}

// BenchmarkArticles codes raw text on one core and prints articles (of 400 words) and sentences for each second of the
// processor's time, which other programs on the machine do not disturb, and the share of the steps: text (sentences,
// tokens), syntax (trees), and the coder's own. "every" parses all sentences, "may tell" as the program does it.
func BenchmarkArticles(b *testing.B) {
	c := newCoder()
	for _, lang := range []string{"en", "fr"} {
		b.Run(lang+"/every", func(b *testing.B) { benchmark(b, c.Eager(), corpus(b, lang)) })
		b.Run(lang+"/may tell", func(b *testing.B) { benchmark(b, c, corpus(b, lang)) })
	}
	b.Run("seed", func(b *testing.B) { benchmark(b, c, []news.Article{seed(b)}) })
}

func benchmark(b *testing.B, c *coder.Coder, as []news.Article) {
	words, sentences, i := 0, 0, 0
	for _, a := range as[:min(len(as), 20)] {
		c.Code(a) // reads the models
	}
	b.ReportAllocs()
	began := cpu(b)
	for b.Loop() {
		c.Code(as[i%len(as)])
		i++
	}
	seconds := (cpu(b) - began).Seconds()
	for k := range i {
		a := as[k%len(as)]
		words += len(strings.Fields(a.Text))
		sentences += len(text.Segment(a.Text, a.Language).Sentences)
	}
	b.ReportMetric(float64(words)/benchWords/seconds, "articles/s")
	b.ReportMetric(float64(sentences)/seconds, "sentences/s")
	b.ReportMetric(float64(words)/float64(i), "words/op")
	segment, parse, all := steps(b, c, as[:min(len(as), 200)])
	b.ReportMetric(100*segment/all, "text-%")
	b.ReportMetric(100*parse/all, "syntax-%")
	b.ReportMetric(100*(all-segment-parse)/all, "coder-%")
}

// steps is the seconds that the articles take: to cut into sentences and tokens, to parse what the coder parses of them,
// and to code.
func steps(b *testing.B, c *coder.Coder, as []news.Article) (segment, parse, all float64) {
	b.Helper()
	var documents []text.Document
	start := cpu(b)
	for _, a := range as {
		documents = append(documents, text.Segment(a.Text, a.Language))
	}
	segment, start = (cpu(b) - start).Seconds(), cpu(b)
	for _, a := range as {
		c.Code(a)
	}
	all = (cpu(b) - start).Seconds()
	for i, a := range as {
		documents[i].Sentences = c.Parsed(a)
	}
	start = cpu(b)
	for i, a := range as {
		model, d := syntax.For(a.Language), documents[i]
		for s := range documents[i].Sentences {
			d.Sentences = documents[i].Sentences[s : s+1]
			model.Parse(d, 0)
		}
	}
	return segment, (cpu(b) - start).Seconds(), all
}

// cpu is the processor time that the program has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
