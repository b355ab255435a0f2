package window_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/consumer/window"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// The law: what a Window knows beside its bytes only spares it work. One that goes on does, at every step, all that one
// does that was just read from its bytes; and its pictures stay as they were.
func TestAWindowThatGoesOnDoesWhatOneDoesThatWasJustRead(t *testing.T) {
	for name, spec := range specs {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				spec.Lateness = time.Duration(rapid.SampledFrom([]int{0, 5, 20}).Draw(t, "lateness")) * time.Minute
				w := window.New(spec)
				w.Advance(start)
				high := start
				pictures := map[*window.Window]string{}
				for i, e := range entries(t, spec) {
					if e.At.After(high) {
						high = e.At
					}
					read := reread(t, w)
					w.Advance(high)
					read.Advance(high)
					fate, got := w.Enter(e)
					wantFate, want := read.Enter(e)
					if fate != wantFate {
						t.Fatalf("entry %d: %s, want %s", i, fate, wantFate)
					}
					if rapid.IntRange(0, 9).Draw(t, "remove") == 0 {
						article := news.ID(fmt.Sprintf("%c%d", rapid.RuneFrom([]rune("abcdef")).Draw(t, "of"), rapid.IntRange(0, 2).Draw(t, "removed")))
						got, want = append(got, w.Remove(article, groups)...), append(want, read.Remove(article, groups)...)
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Fatalf("entry %d at %s (-read +gone on):\n%s", i, e.At.Format("15:04"), diff)
					}
					if written(w) != written(read) {
						t.Fatalf("entry %d at %s: the window holds something else than the one read", i, e.At.Format("15:04"))
					}
					if rapid.IntRange(0, 9).Draw(t, "picture") == 0 {
						pictures[w.Picture()] = written(w)
					}
				}
				for p, was := range pictures {
					if written(p) != was {
						t.Fatal("a picture is not as it was")
					}
				}
			})
		})
	}
}

func written(w *window.Window) string {
	var b snapshot.Writer
	w.Write(&b)
	return string(b.Bytes())
}
