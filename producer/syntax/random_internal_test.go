package syntax

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestThinLeavesOutInOrderAndTheSameForTheSameSeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.Uint32(), 0, 200, rapid.ID[uint32]).Draw(t, "keys")
		seed, percent := rapid.Uint64().Draw(t, "seed"), rapid.IntRange(-1, 100).Draw(t, "percent")
		left := newRandom(seed, 7).thin(slices.Clone(keys), percent)
		if again := newRandom(seed, 7).thin(slices.Clone(keys), percent); !slices.Equal(left, again) {
			t.Fatalf("%v, and of the same seed %v", left, again)
		}
		at := 0
		for _, key := range left {
			i := slices.Index(keys[at:], key)
			if i < 0 {
				t.Fatalf("%v is not in the order of %v", left, keys)
			}
			at += i + 1
		}
		if percent <= 0 && len(left) < len(keys) || percent == 100 && len(left) > 0 {
			t.Fatalf("%d of %d keys left at %d percent", len(left), len(keys), percent)
		}
	})
}

func TestThinLeavesOutTheShareAskedFor(t *testing.T) {
	const rounds = 2_000
	r := newRandom(1, 1)
	for _, percent := range []int{1, 15, 20, 50, 99} {
		keys, counts, left := make([]uint32, moveFeatures), [moveFeatures]int{}, 0
		for range rounds {
			for i := range keys {
				keys[i] = uint32(i)
			}
			for _, key := range r.thin(keys, percent) {
				counts[key]++
				left++
			}
		}
		share := 1 - float64(left)/(rounds*moveFeatures)
		if want := float64(percent) / 100; math.Abs(share-want) > 0.005 {
			t.Errorf("%d percent: %.4f left out", percent, share)
		}
		for i, n := range counts { // no place in the slice is favoured
			if share := 1 - float64(n)/rounds; math.Abs(share-float64(percent)/100) > 0.06 {
				t.Errorf("%d percent: key %d left out with %.4f", percent, i, share)
			}
		}
	}
}
