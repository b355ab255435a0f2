package match_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// Each word is said to stand where it stands when the whole text is cut, whatever stands around it.
func TestSpansAreThoseOfTheWholeTextCut(t *testing.T) {
	pieces := []string{
		"embargo", "embargo,", "(embargo", "«embargo»", "l’embargo", "l'embargo.", "can't", "don’t.", "U.S.", "M.", "www.nato.int", "3,5", "%", "18h30", "…", "-", "_", "😀",
		"peace-keeping", "sanctions.Le", "...", "\xff", "embargo\xffembargo", "’", strings.Repeat("a", 15), strings.Repeat("b", 17) + ",", strings.Repeat("c,", 40), "½", "№", "東京", "J.", "W.", "Bush", "vitamine", "C.", "Elle", "The", "p.", "12", "No.", "Mr.", "art.", "l’U.R.S.S.", "J.-C.",
	}
	spaces := []string{" ", "  ", "\n", "\u00a0", "\u2009", ""}
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(1, 40).Draw(t, "pieces") {
			b.WriteString(rapid.SampledFrom(pieces).Draw(t, "piece") + rapid.SampledFrom(spaces).Draw(t, "space"))
		}
		r := news.Report{Article: news.Article{
			Language: rapid.SampledFrom([]string{"", "en", "fr"}).Draw(t, "lang"), Title: rapid.SampledFrom([]string{"", "Un embargo, 3,5 %"}).Draw(t, "title"), Text: b.String(),
		}}
		lang := r.Article.Language
		whole := text.Segment(r.Article.Text, lang)
		want, dotted := map[string][]news.Span{}, map[string]bool{}
		for i := range whole.Tokens {
			if w := whole.Word(i); len(tokens(w, lang)) == 1 {
				bare := strings.TrimRight(strings.ReplaceAll(w, "’", "'"), ".") // as a query means it
				want[bare] = append(want[bare], whole.Tokens[i].Span)
				dotted[bare] = dotted[bare] || strings.HasSuffix(w, ".")
			}
		}
		for w, spans := range want {
			for _, asked := range []string{w, w + "."} {
				if len(tokens(asked, lang)) != 1 {
					continue // a phrase
				}
				x, err := match.New([]rule.Rule{{Name: "r", Expr: rule.Exact{Text: asked}, State: rule.Live}}, gazetteer.Default())
				if err != nil {
					t.Fatal(err)
				}
				for _, h := range x.Match(r, news.Story{}, nil) {
					if got := h.Why[0].Spans; !dotted[w] {
						if d := cmp.Diff(spans[:min(len(spans), match.MaxSpans)], got); d != "" {
							t.Fatalf("%q in %q (-whole +chunks):\n%s", asked, r.Article.Text, d)
						}
					} else if slices.ContainsFunc(got, func(sp news.Span) bool { return !slices.Contains(spans, sp) }) {
						t.Fatalf("%q in %q: at %v, want some of %v", asked, r.Article.Text, got, spans)
					}
					found++
				}
			}
		}
	})
	if found == 0 {
		t.Error("no word was found")
	}
}
