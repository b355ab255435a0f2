package gazetteer_test

import (
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

// BenchmarkLoad reads the embedded files, as every start of the program does.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gazetteer.Load(gazetteer.Data); err != nil {
			b.Fatal(err)
		}
	}
}
