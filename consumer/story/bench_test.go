package story_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/replay/invent"
	"github.com/quidnunc-news/quidnunc/consumer/story"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// rows are reports as rows of GDELT make them: a sentence of the actors, the deed and the place, and no headline.
func rows(n int) []news.Report {
	names := []string{"United States", "Russia", "Ukraine", "France", "China", "Britain", "Israel", "Iran", "Turkey", "Germany"}
	deeds := []string{"speaks of", "consults", "supports", "accuses", "rejects", "threatens", "sanctions", "coerces", "assaults", "fights"}
	out := make([]news.Report, n)
	for i := range out {
		body := fmt.Sprintf("%s %s %s, Moscow, Moskva, Russia.", names[i%10], deeds[(i*3+i/10)%10], names[(i*7+3)%10])
		publisher := fmt.Sprintf("p%d.example", i%997)
		out[i] = reported(fmt.Sprintf("%s/%d", publisher, i), publisher, "en", "", body)
		out[i].At = start.Add(time.Duration(i) * time.Second / 2)
	}
	return out
}

func BenchmarkAdd(b *testing.B) {
	for name, reports := range map[string][]news.Report{
		"rows":    rows(10_000),
		"reports": slices.Collect(invent.Plan{Seed: 1, Reports: 50_000, Days: 4}.All()),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var s story.Stories
				for i := range reports {
					s.Advance(reports[i].At)
					s.Add(story.GistOf(&reports[i]))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(reports)), "µs/report")
		})
	}
}
