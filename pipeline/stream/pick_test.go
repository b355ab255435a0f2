package stream_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func TestPickGivesWhatIsAskedForInItsOrder(t *testing.T) {
	h := hub(t)
	var articles []string
	for i := range 400 {
		articles = append(articles, fmt.Sprint("a", i))
	}
	publish(t, h, articles) // told 1, report 2, …
	for name, c := range map[string]struct{ seqs, want []uint64 }{
		"none":                    {nil, nil},
		"some":                    {[]uint64{2, 4, 700}, []uint64{2, 4, 700}},
		"what is not there":       {[]uint64{6, 801, 9000, 8}, []uint64{6, 8}},
		"more than are held":      {evens(800), evens(800)},
		"in another order, twice": {[]uint64{8, 2, 8}, []uint64{8, 2, 8}},
	} {
		var got []uint64
		err := h.Pick(t.Context(), stream.Reports, c.seqs, func(m stream.Stored) error {
			if want := fmt.Sprintf("report a%d", m.Seq/2-1); string(m.Data) != want {
				t.Errorf("%d: %s, want %s", m.Seq, m.Data, want)
			}
			got = append(got, m.Seq)
			return nil
		})
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	n := 0
	if err := h.Pick(t.Context(), stream.Reports, evens(800), func(stream.Stored) error { n++; return stream.ErrStop }); err != nil || n != 1 {
		t.Errorf("ErrStop: %d were given, %v", n, err)
	}
}

func evens(last uint64) (out []uint64) {
	for n := uint64(2); n <= last; n += 2 {
		out = append(out, n)
	}
	return out
}
