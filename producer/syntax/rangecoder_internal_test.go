package syntax

import "testing"

func TestWeightsComeBack(t *testing.T) {
	r := newRandom(1, 1)
	var want []int8
	for range 50_000 {
		w := int8(0)
		if r.below(5) == 0 {
			w = int8(r.below(255) - 127)
		}
		want = append(want, w)
	}
	e, m := newRangeEncoder(nil), newWeightModel(7)
	for i, w := range want {
		m.encode(e, i%7, i%5, w)
	}
	d, m := newRangeDecoder(e.finish()), newWeightModel(7)
	for i, w := range want {
		if got := m.decode(d, i%7, i%5); got != w {
			t.Fatalf("weight %d is %d, want %d", i, got, w)
		}
	}
}
