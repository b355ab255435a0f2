package cow_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/cow"
)

func Example() {
	var s cow.Slice[string]
	s.Append("what now?")
	before := s.Picture()
	*s.Own(0) = "nothing new"
	fmt.Println(*before.At(0), *s.At(0))
	// Output: what now? nothing new
}

func seen[T any](v cow.View[T]) []T {
	out := make([]T, 0, v.Len())
	for _, e := range v.All() {
		out = append(out, *e)
	}
	return out
}

// A slice is a slice, and each picture of it stays what the slice was.
func TestPicturesOfASliceStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s cow.Slice[int]
		var twin []int
		var pictures []cow.View[int]
		var want [][]int
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				n := len(twin) + rapid.IntRange(0, 600).Draw(t, "more")
				s.Grow(n)
				twin = append(twin, make([]int, n-len(twin))...)
			case 1:
				s.Append(len(twin))
				twin = append(twin, len(twin))
			case 2:
				pictures, want = append(pictures, s.Picture()), append(want, slices.Clone(twin))
			default:
				if len(twin) > 0 {
					i := rapid.IntRange(0, len(twin)-1).Draw(t, "at")
					*s.Own(i) += 7
					twin[i] += 7
				}
			}
		}
		pictures, want = append(pictures, s.Picture()), append(want, twin)
		for i, p := range pictures {
			if diff := cmp.Diff(want[i], seen(p), cmp.Transformer("len", func(s []int) []int { return append([]int{len(s)}, s...) })); diff != "" {
				t.Fatalf("picture %d of %d (-want +got):\n%s", i, len(pictures), diff)
			}
		}
	})
}

// A table is a map, and each picture of it stays what the table was. Keys lie close together, so that they meet.
func TestPicturesOfATableStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table cow.Table[int]
		twin := map[uint64]int{}
		var pictures []cow.Entries[int]
		var want []map[uint64]int
		for step := range rapid.IntRange(1, 200).Draw(t, "steps") {
			key := rapid.Uint64Range(1, 40).Draw(t, "low") | rapid.SampledFrom([]uint64{0, 1 << 20, 1 << 63}).Draw(t, "high")
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				odd := func(v int) (int, bool) { return v + 1, v%2 == 1 }
				table.Keep(odd)
				for k, v := range twin {
					if now, ok := odd(v); ok {
						twin[k] = now
					} else {
						delete(twin, k)
					}
				}
			case 1:
				pictures, want = append(pictures, table.Picture()), append(want, maps.Clone(twin))
			case 2:
				for n := range uint64(300) {
					v, _ := table.Own(n << 8)
					*v = step
					twin[max(n<<8, 1)] = step
				}
			default:
				v, isNew := table.Own(key)
				if _, there := twin[key]; there == isNew {
					t.Fatalf("key %d: new %t, there %t", key, isNew, there)
				}
				*v += step
				twin[key] += step
			}
			if got := table.Find(key); (got != nil) != hasKey(twin, key) || got != nil && *got != twin[key] {
				t.Fatalf("key %d: %v, want %v", key, got, twin[key])
			}
		}
		pictures, want = append(pictures, table.Picture()), append(want, twin)
		for i, p := range pictures {
			if diff := cmp.Diff(want[i], maps.Collect(p.All())); diff != "" || p.Len() != len(want[i]) {
				t.Fatalf("picture %d of %d, %d entries (-want +got):\n%s", i, len(pictures), p.Len(), diff)
			}
		}
	})
}

func hasKey(m map[uint64]int, key uint64) bool {
	_, ok := m[key]
	return ok
}

func TestTheKeyZeroIsAKey(t *testing.T) {
	var table cow.Table[string]
	if table.Find(0) != nil {
		t.Error("an empty table knows it")
	}
	v, isNew := table.Own(0)
	*v = "zero"
	if got := table.Find(0); !isNew || got == nil || *got != "zero" || table.Len() != 1 {
		t.Errorf("new %t, found %v, %d entries", isNew, got, table.Len())
	}
}

// Read while the table is written to, a picture stays (the race detector watches).
func TestAPictureIsReadBesideTheWriter(t *testing.T) {
	var table cow.Table[int]
	for k := range uint64(5000) {
		v, _ := table.Own(k * 0x9e3779b97f4a7c15)
		*v = int(k)
	}
	p := table.Picture()
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			sum := 0
			for _, v := range p.All() {
				sum += v
			}
			if sum != 4999*5000/2 {
				t.Errorf("the values add up to %d", sum)
			}
		})
	}
	for k := range uint64(10000) {
		v, _ := table.Own(k * 0x9e3779b97f4a7c15)
		*v = -1
	}
	readers.Wait()
}
