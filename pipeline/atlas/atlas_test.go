package atlas_test

import (
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline/atlas"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

func TestMissing(t *testing.T) {
	a := atlas.Default()
	n, m := 0, 0
	for _, e := range gazetteer.Default().Entries() {
		if e.Kind != gazetteer.Place || e.Country == "" {
			continue
		}
		n++
		ok := false
		for _, x := range e.Names {
			if _, y := a.In(e.Country, x.Text); y {
				ok = true
			}
		}
		if !ok {
			m++
			print(e.Country, " ", e.Name, "; ")
		}
	}
	t.Log(n, m)
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		atlas.Unpack()
	}
}
