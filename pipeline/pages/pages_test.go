package pages_test

import (
	"fmt"
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline/pages"
)

func ExampleSpread() {
	table := pages.Spread[uint32](1 << 20)
	table[123_456] = 7
	fmt.Println(len(table), table[0], table[123_456])
	// Output: 1048576 0 7
}

func TestSpreadGivesWhatMakeGives(t *testing.T) {
	for _, n := range []int{0, 1, 1000, 1 << 15, 1<<15 + 1, 1 << 18, 1<<18 - 3} { // of 16 bytes: below, at and above a large page
		s := pages.Spread[[2]uint64](n)
		if len(s) != n || cap(s) != n {
			t.Fatalf("length %d, capacity %d, want %d", len(s), cap(s), n)
		}
		for i := range s {
			if s[i] != [2]uint64{} {
				t.Fatalf("element %d of %d is not zero", i, n)
			}
			s[i] = [2]uint64{uint64(i), 1}
		}
		for i := range s {
			if s[i][0] != uint64(i) {
				t.Fatalf("element %d of %d shares its place", i, n)
			}
		}
	}
}
