package text_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// Words of which thousands take the place of another, asked by several goroutines at once, of two languages, some too long to
// be remembered: each has the stem that it has without memory.
func TestStemsAreRememberedRight(t *testing.T) {
	const words = 30_000
	var asking sync.WaitGroup
	for g := range 4 {
		asking.Go(func() {
			for i := range words {
				n := (i*7919 + g) % words // two goroutines ask for one word at about the same time
				word := "d" + strconv.FormatInt(int64(n/2), 26) + []string{"ions", "ations-en-un-mot-sans-aucune-fin"}[n%500/499]
				for _, lang := range []string{"fr", "en"} {
					if got, want := text.Stem(lang, word), text.SlowStem(lang, word); got != want {
						t.Errorf("%s: the stem of %q is %q, want %q", lang, word, got, want)
						return
					}
				}
			}
		})
	}
	asking.Wait()
}
