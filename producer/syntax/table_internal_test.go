package syntax

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawTable learns some rows at random and freezes them; the second result is the same as a reader finds it.
func drawTable(t *rapid.T, classes int, bits uint) (quantised, *reader) {
	l := newLearner(classes)
	crowded := rapid.IntRange(1, 30).Draw(t, "keys a bucket")
	for _, key := range rapid.SliceOfN(rapid.Uint32Range(0, 1<<keyBits-1), 0, 200).Draw(t, "keys") {
		key &^= uint32(crowded&1) * 0xff00 // half of the time, many keys fall into one bucket
		l.add([]uint32{key}, int(key)%classes, int32(key%13)-6)
		l.add([]uint32{key}, int(key/7)%classes, -(int32(key%13) - 6))
	}
	l.now = 10 // the updates have been in force for a while
	l.finish()
	q := l.quantise(150, bits)
	return q, &reader{b: q.append(nil)}
}

// naive sums the weights of keys with nothing but a search.
func (q quantised) naive(keys []uint32) []int32 {
	sums := make([]int32, q.k)
	for _, key := range keys {
		if i, ok := slices.BinarySearch(q.keys, key); ok {
			for c := range sums {
				sums[c] += int32(q.w[i*q.k+c])
			}
		}
	}
	return sums
}

func drawKeys(t *rapid.T, q quantised, most int) []uint32 {
	known := rapid.Uint32Range(0, 1<<keyBits-1)
	if len(q.keys) > 0 {
		known = rapid.OneOf(known, rapid.SampledFrom(q.keys))
	}
	return rapid.SliceOfN(known, 0, most).Draw(t, "asked")
}

func TestTableFindsTheBestClassAsASearchDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, r := drawTable(t, rapid.IntRange(2, 64).Draw(t, "classes"), 15)
		table := readTable(r)
		if r.err != nil {
			t.Fatal(r.err)
		}
		keys := drawKeys(t, q, 128)
		sums := q.naive(keys)
		if got, want := table.best(keys), slices.Index(sums, slices.Max(sums)); got != want && len(keys) > 0 {
			t.Fatalf("best class %d, want %d of %v", got, want, sums)
		}
	})
}

func TestFlatSumsAsASearchDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, r := drawTable(t, moves, keyBits-tagBits)
		flat := readFlat(r)
		if r.err != nil {
			t.Fatal(r.err)
		}
		keys := drawKeys(t, q, moveFeatures)
		sums, want := flat.score(keys), q.naive(keys)
		for c := range want {
			if sums[c]-sums[0] != want[c]-want[0] {
				t.Fatalf("sums %v, want differences of %v", sums, want)
			}
		}
	})
}

func TestBucketsKeepTheGreatestWeights(t *testing.T) {
	l := newLearner(2)
	for key := range uint32(10) {
		l.add([]uint32{key}, 0, int32(key)+1)
		l.add([]uint32{key}, 1, -int32(key)-1)
	}
	l.now = 10 // the updates have been in force for a while
	l.finish()
	if got, want := l.quantise(100, 15).keys, []uint32{6, 7, 8, 9}; !slices.Equal(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
}
