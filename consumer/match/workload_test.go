package match_test

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"sort"
	"strings"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// The workload RM1: rules and articles drawn with fixed seeds, of which other engines have told the matches. Its words
// are plain, without inflection; its countries are our publishers, its event types the contexts of one event an article
// tells, its languages are ones we do not stem. What it calls near, a difference of at most 5, is our NEAR/4.

const (
	rm1Words    = 100_000
	rm1Bigrams  = 50_000
	rm1Articles = 2_000
	rm1Low      = 400 // the most frequent rank that a rule may name
)

// rm1Sums are the checksums by the number of rules: the sum of (article+1)·rule over all matches.
var rm1Sums = map[int]uint64{10_000: 20287048837, 100_000: 2051346278838, 1_000_000: 202112424693475}

// zipf draws ranks from 0 with p(r) ~ 1/(r+1+q)^s.
type zipf []float64

func newZipf(n int, q, s float64) zipf {
	z, total := make(zipf, n), 0.0
	for i := range z {
		total += 1 / math.Pow(float64(i)+1+q, s)
		z[i] = total
	}
	for i := range z {
		z[i] /= total
	}
	return z
}

func (z zipf) next(r *rand.Rand) int { return sort.SearchFloat64s(z, r.Float64()) }

var syllables = strings.Fields("ba be bi bo bu da de di do du fa fe fi fo fu ga ge gi go gu ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu pa pe pi po pu ra re ri ro ru sa se si so su ta te ti to tu va ve vi vo vu za ze zi zo zu")

func rm1Word(rank int) string {
	var b strings.Builder
	for i, n := 0, rank; i < 2 || n > 0; i++ {
		b.WriteString(syllables[n%len(syllables)])
		n /= len(syllables)
	}
	b.WriteByte("bcdfghklmnprst"[rank%14])
	return b.String()
}

// rm1Term is log-uniform over the ranks: people name mid-frequency words and rare names.
func rm1Term(r *rand.Rand) int {
	low, high := math.Log(rm1Low), math.Log(rm1Words)
	return int(math.Exp(low + r.Float64()*(high-low)))
}

// rm1 draws the workload.
type rm1 struct {
	bigrams                               [][2]int
	words, pairs, publishers, types, lang zipf
}

func newRM1() *rm1 {
	w := &rm1{
		words: newZipf(rm1Words, 2.7, 1.05), pairs: newZipf(rm1Bigrams, 50, 0.7),
		publishers: newZipf(200, 1, 1), types: newZipf(20, 1, 0.8), lang: newZipf(30, 0, 1.3),
	}
	r := rand.New(rand.NewSource(7))
	for range rm1Bigrams {
		w.bigrams = append(w.bigrams, [2]int{rm1Term(r), rm1Term(r)})
	}
	return w
}

func (w *rm1) publisher(r *rand.Rand) string { return fmt.Sprintf("c%03d", w.publishers.next(r)) }

func (w *rm1) context(r *rand.Rand) string { return string(plover.Contexts()[w.types.next(r)]) }

func (w *rm1) language(r *rand.Rand) string {
	n := w.lang.next(r)
	return string([]byte{"qx"[n/26], byte('a' + n%26)})
}

// queries draws n rules.
func (w *rm1) queries(n int) []string {
	r := rand.New(rand.NewSource(1))
	out := make([]string, n)
	for i := range out {
		out[i] = w.query(r)
	}
	return out
}

func (w *rm1) query(r *rand.Rand) string {
	var b strings.Builder
	n := 2 + r.Intn(2)
	for k := range n {
		if k > 0 {
			b.WriteByte(' ')
		}
		switch p := r.Float64(); {
		case k > 0 && p < 0.35, k == 0 && p < 0.45:
			b.WriteString(rm1Word(rm1Term(r)))
		case p < 0.70:
			alternatives := make([]string, 2+r.Intn(4))
			for j := range alternatives {
				alternatives[j] = rm1Word(rm1Term(r))
			}
			fmt.Fprintf(&b, "(%s)", strings.Join(alternatives, " OR "))
		case p < 0.90:
			g := w.bigrams[w.pairs.next(r)]
			fmt.Fprintf(&b, `"%s %s"`, rm1Word(g[0]), rm1Word(g[1]))
		default:
			g := w.bigrams[w.pairs.next(r)]
			fmt.Fprintf(&b, "%s NEAR/4 %s", rm1Word(g[1]), rm1Word(g[0]))
		}
	}
	if r.Float64() < 0.10 {
		b.WriteString(" -" + rm1Word(rm1Term(r)))
	}
	if r.Float64() < 0.25 {
		m := 1 + r.Intn(5)
		var set []string
		for len(set) < m {
			if p := w.publisher(r); !slices.Contains(set, p) {
				set = append(set, p)
			}
		}
		fmt.Fprintf(&b, " publisher:(%s)", strings.Join(set, " OR "))
	}
	if r.Float64() < 0.15 {
		b.WriteString(" context:" + w.context(r))
	}
	if r.Float64() < 0.15 {
		b.WriteString(" lang:" + w.language(r))
	}
	return b.String()
}

// reports draws the articles.
func (w *rm1) reports() []news.Report {
	r := rand.New(rand.NewSource(2))
	out := make([]news.Report, rm1Articles)
	for i := range out {
		size := 300 + r.Intn(201)
		words := make([]string, 0, size+1)
		for len(words) < size {
			if r.Float64() < 0.05 {
				g := w.bigrams[w.pairs.next(r)]
				words = append(words, rm1Word(g[0]), rm1Word(g[1]))
			} else {
				words = append(words, rm1Word(w.words.next(r)))
			}
		}
		a := &out[i].Article
		a.Text = strings.Join(words, " ")
		a.Publisher = w.publisher(r)
		e := news.Event{Realis: news.Actual, Lead: true}
		e.What.Contexts = []plover.Context{plover.Context(w.context(r))}
		out[i].Events = []news.Event{e}
		a.Language = w.language(r)
		r.Intn(200) // the tone, of which no rule asks
	}
	return out
}

// parsed makes rules of queries; their names are their numbers.
func parsed(queries []string) ([]rule.Rule, error) {
	rules := make([]rule.Rule, len(queries))
	for i, q := range queries {
		x, err := rule.Parse(q)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q, err)
		}
		rules[i] = rule.Rule{Query: q, Expr: x, State: rule.Live}
	}
	return rules, nil
}
