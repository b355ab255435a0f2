package text_test

import (
	"os"
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

const frenchText = `L’annonce de M. Lavrov, qui devrait entrer en vigueur dès le 1er novembre, verra également la Russie retirer toute
accréditation au bureau de l’OTAN à Moscou. Selon le Financial Times, le ministre des Affaires étrangères a déclaré : « Nous n’avons pas les
conditions pour une activité diplomatique même de base. » Les tensions sont-elles montées ? Peut-être, a-t-il répondu.

`

const englishText = `The annual meeting of NATO's foreign ministers didn't end, as Gen. Mark Smith of the U.S. had hoped, with a pledge. "We
will send 3,500 troops on Oct. 3," said Jean-Yves Dupont, a 71-year-old envoy. Russia cut its mission to ten members.

`

func BenchmarkSegment(b *testing.B) {
	for lang, s := range map[string]string{"fr": frenchText, "en": englishText} {
		b.Run(lang, func(b *testing.B) {
			s := strings.Repeat(s, 8) // about an article
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				text.Segment(s, lang)
			}
		})
	}
}

func BenchmarkDetect(b *testing.B) {
	s := strings.Repeat(frenchText, 8)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		text.Detect(s)
	}
}

func BenchmarkNormalize(b *testing.B) {
	s := strings.Repeat(frenchText, 8)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		text.Normalize(s)
	}
}

func BenchmarkFold(b *testing.B) {
	for name, words := range map[string][]string{
		"lower-case": strings.Fields("sanctions president ministre mission annonce"),
		"mixed":      strings.Fields("Élysée L’OTAN décidé Moscou suspendre"),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, w := range words {
					text.Fold(w)
				}
			}
		})
	}
}

func BenchmarkStem(b *testing.B) {
	for lang, words := range map[string][]string{
		"fr": strings.Fields("sanctions président détérioration annoncé expulser"),
		"en": strings.Fields("sanctions president deterioration announced expelling"),
	} {
		b.Run(lang, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, w := range words {
					text.Stem(lang, w)
				}
			}
		})
	}
}

func BenchmarkCut(b *testing.B) {
	s := strings.Repeat(frenchText, 4000)
	b.ReportAllocs()
	for b.Loop() {
		text.Cut(s, 256<<10)
	}
}

func BenchmarkSeed(b *testing.B) {
	data, err := os.ReadFile(shared + "/seed-article.txt")
	if err != nil {
		b.Skipf("NOT MEASURED: %v", err)
	}
	s := string(data)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		s := text.Normalize(s)
		text.Segment(s, text.Detect(s))
	}
}
