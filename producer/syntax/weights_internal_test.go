package syntax

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestASettledLearnerForgetsAndLearnsOnlyOfWhatTheTableKeeps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLearner(3)
		keys := rapid.SliceOfN(rapid.Uint32Range(0, 1<<keyBits-1), 1, 200).Draw(t, "keys")
		learn := func() {
			for i, key := range keys {
				l.add([]uint32{key}, i%3, int32(i%5)+1)
				l.add([]uint32{key}, (i+1)%3, -int32(i%5)-1)
			}
			l.now = 10
			l.finish()
		}
		learn()
		limit := rapid.IntRange(0, 100).Draw(t, "rows")
		kept := l.quantise(limit, 15)
		l.settle(limit, 15)
		if !slices.Equal(l.keys, kept.keys) {
			t.Fatalf("settled on %v, the table keeps %v", l.keys, kept.keys)
		}
		var scores [3]int32
		if l.score(keys, scores[:]); scores != [3]int32{} {
			t.Fatalf("scores %v, nothing learnt yet", scores)
		}
		learn()
		if !slices.Equal(l.keys, kept.keys) {
			t.Fatalf("learnt of %v, settled on %v", l.keys, kept.keys)
		}
		if again := l.quantise(limit, 15); !slices.Equal(again.keys, kept.keys) || !slices.Equal(again.w, kept.w) {
			t.Fatalf("the same lessons gave %v, %v before", again, kept)
		}
	})
}
