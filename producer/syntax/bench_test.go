package syntax_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// sample is the paragraphs of the sample's articles that are in a language: varied enough that no table fits the nearest cache.
func sample(tb testing.TB, lang string) string {
	tb.Helper()
	files, err := filepath.Glob("../../cmd/quidnunc/sample/articles/*.txt")
	if err != nil || len(files) == 0 {
		tb.Fatalf("%d articles: %v", len(files), err)
	}
	var all strings.Builder
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		for paragraph := range strings.SplitSeq(string(b), "\n\n") {
			if text.Detect(paragraph) == lang {
				all.WriteString(strings.TrimSpace(paragraph) + "\n\n")
			}
		}
	}
	return all.String()
}

// BenchmarkParse prints words a second of processor time, the cost beside a loop that only tokenises, and the size of the tables.
func BenchmarkParse(b *testing.B) {
	for _, lang := range []string{"fr", "en"} {
		s := sample(b, lang)
		m := syntax.For(lang)
		b.Run(lang, func(b *testing.B) {
			b.ReportAllocs()
			words := 0
			d := text.Segment(s, lang)
			start := cpu(b)
			for b.Loop() {
				for i := range d.Sentences {
					words += len(m.Parse(d, i).Words)
				}
			}
			perWord := (cpu(b) - start).Seconds() / float64(words)
			b.ReportMetric(1/perWord, "words/cpu-s")
			b.ReportMetric(perWord/tokenising(b, s, lang), "x-tokenising")
			b.ReportMetric(float64(m.Footprint())/(1<<20), "MiB-tables")
		})
		b.Run(lang+"/tokenise", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				text.Segment(s, lang)
			}
		})
	}
}

// cpu is the processor time that this process has used, which a busy machine disturbs less than the clock.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// tokenising is the processor time in seconds of cutting the text into tokens, for each token.
func tokenising(tb testing.TB, s, lang string) float64 {
	const rounds = 200
	start, n := cpu(tb), 0
	for range rounds {
		n += len(text.Segment(s, lang).Tokens)
	}
	return (cpu(tb) - start).Seconds() / float64(n)
}

// endless is a text of so many words without a full stop.
func endless(words int) text.Document {
	return text.Segment(strings.Repeat("le ministre rencontre son homologue à Paris et ", words/8), "fr")
}

// BenchmarkGrowth shows that a word of a long text costs no more than one of a short text.
func BenchmarkGrowth(b *testing.B) {
	m := syntax.For("fr")
	for _, size := range []int{1_000, 10_000} {
		d := endless(size)
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			words, start := 0, cpu(b)
			for b.Loop() {
				for i := range d.Sentences {
					words += len(m.Parse(d, i).Words)
				}
			}
			b.ReportMetric(float64((cpu(b)-start).Nanoseconds())/float64(words), "cpu-ns/word")
		})
	}
}

// What is longer than a parser's sentence may be is chunked, in one pass: so the cost of a word has a bound.
func TestNoTextIsParsedAsOneLongSentence(t *testing.T) {
	d, words := endless(10_000), 0
	for i := range d.Sentences {
		tree := syntax.For("fr").Parse(d, i)
		words += len(tree.Words)
		if len(tree.Words) > 120 && !tree.Shallow {
			t.Errorf("a sentence of %d words was parsed", len(tree.Words))
		}
	}
	if words < 10_000 {
		t.Errorf("%d words, at least 10,000", words)
	}
}
