package syntax_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/quidnunc-news/quidnunc/producer/syntax"
	"github.com/quidnunc-news/quidnunc/producer/syntax/conllu"
)

// treebank reads a file of the shared folder, or says loudly that it is not measured with.
func treebank(t *testing.T, lang, name string) []conllu.Sentence {
	t.Helper()
	f, err := os.Open(filepath.Join("../../../shared/treebanks", lang, name+".conllu"))
	if err != nil {
		t.Skipf("NOT MEASURED: %v", err)
	}
	defer func() { _ = f.Close() }()
	all, err := conllu.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Recorded figures of the embedded models, on the treebanks' own words and from raw text. A change that loses a point fails.
var recorded = []struct {
	lang, treebank    string
	upos, uas, las    float64
	rawLoss           float64 // at most this much LAS lost from raw text
	subjects, objects float64 // F1 of the arguments of verbs
	lemmas            float64
}{
	{"fr", "sequoia-dev", 98.3, 89.3, 86.9, 1.5, 90.5, 88.9, 99.1},
	{"en", "ewt-dev", 95.5, 85.2, 82.0, 2, 91.5, 85.7, 98.5},
}

func TestAccuracyStaysWithinAPointOfWhatIsRecorded(t *testing.T) {
	for _, r := range recorded {
		t.Run(r.treebank, func(t *testing.T) {
			gold := treebank(t, r.lang, r.treebank)
			m := syntax.For(r.lang)
			score, raw := syntax.NewScore(), syntax.NewScore()
			m.Measure(gold, score)
			m.MeasureRaw(gold, raw)
			t.Logf("gold words: %sraw text: %s", score, raw)
			for name, pair := range map[string][2]float64{
				"UPOS": {score.Percent(score.UPOS), r.upos}, "UAS": {score.Percent(score.Head), r.uas}, "LAS": {score.Percent(score.Arc), r.las},
				"lemmas": {score.Percent(score.Lemmas), r.lemmas}, "subjects": {score.Arguments["nsubj"].Percent(), r.subjects},
				"objects": {score.Arguments["obj"].Percent(), r.objects},
			} {
				if pair[0] < pair[1]-1 {
					t.Errorf("%s is %.2f, recorded %.2f", name, pair[0], pair[1])
				}
			}
			if loss := score.Percent(score.Arc) - raw.Percent(raw.Arc); loss > r.rawLoss {
				t.Errorf("raw text costs %.2f LAS, at most %.2f", loss, r.rawLoss)
			}
		})
	}
}

// What training on every twentieth sentence gives, by SHA-256. A change of the features, of the word list or of
// the file format changes it: then train the embedded models anew and record the new hash.
var hashes = map[string]string{
	"fr": "b4fa6701d0974e2d3bc575705fc8227a482c5acc2d8dd6340015ce5cff10b0fd",
	"en": "3c23d2496bc3d2faca0a74aee38b06a73621807da47de43f884bc1678f109a81",
}

func TestTrainingIsDeterministic(t *testing.T) {
	for lang, want := range hashes {
		t.Run(lang, func(t *testing.T) {
			var written, spoken []conllu.Sentence
			for _, file := range syntax.Treebanks(lang) {
				some := every(20, treebank(t, lang, file.Name))
				if file.Spoken {
					spoken = append(spoken, some...)
				} else {
					written = append(written, some...)
				}
			}
			words, err := os.ReadFile("embedded/" + lang + ".lexicon")
			if err != nil {
				t.Fatal(err)
			}
			packed, err := syntax.Train(written, syntax.Config{Lang: lang, Words: words, Spoken: spoken, Runs: 2, Epochs: 2, Scouting: 1})
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprintf("%x", sha256.Sum256(packed)); got != want {
				t.Errorf("hash %s, recorded %s", got, want)
			}
			if _, err := syntax.Read(packed, words); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEmbeddedModelsAreSmallAndSayWhatTheyAre(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		size := 0
		for _, kind := range []string{"model", "lexicon"} {
			b, err := os.ReadFile("embedded/" + lang + "." + kind)
			if err != nil {
				t.Fatal(err)
			}
			size += len(b)
		}
		m := syntax.For(lang)
		t.Logf("%s: %d bytes, seed %d, %d treebanks", lang, size, m.Seed, len(m.Sources))
		if size > 5_000_000 {
			t.Errorf("%s: %d bytes, at most 5,000,000", lang, size)
		}
		if m.Lang != lang || len(m.Sources) != len(syntax.Treebanks(lang)) {
			t.Errorf("%s: the model says %q, %d treebanks", lang, m.Lang, len(m.Sources))
		}
	}
}

func TestBrokenModelsAreErrors(t *testing.T) {
	model, err := os.ReadFile("embedded/en.model")
	if err != nil {
		t.Fatal(err)
	}
	words, err := os.ReadFile("embedded/en.lexicon")
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2][]byte{
		"nothing":        {nil, nil},
		"no word list":   {model, nil},
		"no model":       {nil, words},
		"the wrong way":  {words, model},
		"half a model":   {model[:len(model)/2], words},
		"half the words": {model, words[:len(words)/2]},
	} {
		if _, err := syntax.Read(pair[0], pair[1]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// every gives each n-th sentence.
func every(n int, all []conllu.Sentence) []conllu.Sentence {
	var some []conllu.Sentence
	for i := 0; i < len(all); i += n {
		some = append(some, all[i])
	}
	return some
}
