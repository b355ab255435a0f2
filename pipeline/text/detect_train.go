package text

import (
	"fmt"
	"math"
	"strings"
)

// Sample is text in one language, from which TrainDetector learns.
type Sample struct {
	Language  string // ISO 639
	Script    string // latin or cyrillic
	Named     bool   // by Detect; else it is only told from those that are
	Sentences []string
	Words     []string // the most frequent first; may be empty
}

// How the model learns: softmax regression over the mean weight of an example's n-grams, by AdaGrad.
const (
	perEpoch = 8000 // examples a language
	epochs   = 5
	scale    = 24   // of a mean weight in the softmax
	rate     = 0.25 // of learning
	trifle   = 0.002
	loudest  = 3.0 // weights beyond it are cut in the table
)

// Random is chance: a *rand.Rand of math/rand/v2.
type Random interface {
	IntN(n int) int
	Float64() float64
	Shuffle(n int, swap func(i, j int))
}

// TrainDetector makes the file of the model that Detect uses. The same samples and the same chance give the same file.
func TrainDetector(samples []Sample, random Random) ([]byte, error) {
	t := &trainer{
		random: random,
		weight: make([][lanes]float32, buckets), square: make([][lanes]float32, buckets),
	}
	var head strings.Builder
	n := 0
	for _, script := range scriptNames {
		head.WriteString(script)
		for _, s := range samples {
			if s.Script != script {
				continue
			}
			mark := " "
			if !s.Named {
				mark = " -"
			}
			head.WriteString(mark + s.Language)
			if n++; n > lanes {
				return nil, fmt.Errorf("text: over %d languages", lanes)
			}
			t.classes = append(t.classes, class{s, n - 1})
		}
		head.WriteByte('\n')
	}
	for epoch := range epochs {
		t.epoch(rate / float32(epoch+1))
	}
	return append([]byte(head.String()+"\n"), t.table()...), nil
}

type class struct {
	Sample
	at int
}

type trainer struct {
	random         Random
	classes        []class
	weight, square [][lanes]float32
	found          []uint64 // buckets of the example
}

// epoch goes once through perEpoch examples of each class, in random order.
func (t *trainer) epoch(rate float32) {
	order := make([]int, 0, perEpoch*len(t.classes))
	for c := range t.classes {
		for range perEpoch {
			order = append(order, c)
		}
	}
	t.random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for _, c := range order {
		own := t.classes[c]
		t.read(t.example(own.Sample))
		t.learn(own, rate)
	}
}

// example is a stretch of a sentence or, as often, frequent words in no order, now and then as careless people type
// them. The n-grams end at the words' borders: order is nothing to them.
func (t *trainer) example(s Sample) string {
	var words []string
	if len(s.Words) > 0 && t.random.IntN(2) == 0 {
		for range 4 + t.random.IntN(20) {
			words = append(words, s.Words[t.rank(len(s.Words))])
		}
	} else {
		words = strings.Fields(s.Sentences[t.random.IntN(len(s.Sentences))])
		if n := len(words); n > 6 && t.random.IntN(2) == 0 {
			from := t.random.IntN(n - 5)
			words = words[from : from+5+t.random.IntN(n-from-4)]
		}
	}
	out := strings.Join(words, " ")
	if t.random.IntN(20) == 0 {
		out = Fold(out)
	}
	return out
}

// rank is below n, by Zipf's law.
func (t *trainer) rank(n int) int {
	return int(math.Exp(t.random.Float64()*math.Log(float64(n+1)))) - 1
}

// read finds the buckets of s as Detect does.
func (t *trainer) read(s string) {
	t.found = t.found[:0]
	var w ngrams
	for _, r := range s + " " {
		f := w.next(lower(r))
		t.found = append(t.found, f.buckets[:f.n]...)
	}
}

// learn makes the example's own language more likely, and those it is taken for less.
func (t *trainer) learn(own class, rate float32) {
	if len(t.found) == 0 {
		return
	}
	each := scale / float32(len(t.found))
	wrong := t.errors(own, each)
	for _, b := range t.found {
		weight, square := &t.weight[b], &t.square[b]
		for at, e := range wrong {
			if e < trifle && e > -trifle {
				continue
			}
			g := e * each
			square[at] += g * g
			weight[at] -= rate * g / float32(math.Sqrt(float64(square[at])+1e-6))
		}
	}
}

// errors is how much more likely than it should be each language seems.
func (t *trainer) errors(own class, each float32) (wrong [lanes]float32) {
	var sums [lanes]float32
	for _, b := range t.found {
		for at, w := range &t.weight[b] {
			sums[at] += w
		}
	}
	most := math.Inf(-1)
	for _, c := range t.classes {
		if c.Script == own.Script {
			most = max(most, float64(sums[c.at]*each))
		}
	}
	total := 0.0
	for _, c := range t.classes {
		if c.Script == own.Script {
			p := math.Exp(float64(sums[c.at]*each) - most)
			wrong[c.at] = float32(p)
			total += p
		}
	}
	for at := range wrong {
		wrong[at] /= float32(total)
	}
	wrong[own.at]--
	return wrong
}

// table is the weights as bytes.
func (t *trainer) table() []byte {
	out := make([]byte, 0, buckets*lanes)
	for _, row := range t.weight {
		for _, w := range row {
			w = min(max(w, -loudest), loudest)
			out = append(out, byte(neutral+math.Round(float64(w)*127/loudest)))
		}
	}
	return out
}
