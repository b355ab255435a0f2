package syntax_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// sample is news text in each language.
func sample(tb testing.TB, lang string) string {
	tb.Helper()
	if lang == "en" {
		return "Russia will suspend its permanent mission to NATO from the first of November, Foreign Minister Sergei Lavrov said on Monday. " +
			"The decision follows the expulsion of eight Russian diplomats, whom the alliance accused of working secretly as intelligence officers. " +
			"Relations between Moscow and the West have not been this bad since the annexation of Crimea in 2014, analysts said. " +
			"NATO's spokeswoman didn't comment on the announcement, but she said that the organisation had taken note of it."
	}
	b, err := os.ReadFile("../../cmd/quidnunc/sample/articles/seed-article.txt")
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
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

func TestGrowthIsLinear(t *testing.T) {
	m := syntax.For("fr")
	cost := func(words int) float64 {
		s := strings.Repeat("le ministre rencontre son homologue à Paris et ", words/8)
		d := text.Segment(s, "fr")
		best := 1e9
		for range 5 {
			start := time.Now()
			n := 0
			for i := range d.Sentences {
				n += len(m.Parse(d, i).Words)
			}
			best = min(best, time.Since(start).Seconds()/float64(n))
		}
		return best
	}
	short, long := cost(1_000), cost(10_000)
	if long > 3*short {
		t.Errorf("a word of 10,000 costs %.1f times one of 1,000", long/short)
	}
}
