package match_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// draw writes articles a second against rules, both by powers of ten, as an SVG.
func draw(path string, all []figures) error {
	const width, height, left, top = 640, 400, 80, 30
	x := func(n int) float64 { return left + (math.Log10(float64(n))-4)/2*(width-left-40) }
	y := func(rate float64) float64 { return top + (5-math.Log10(rate))/3*(height-top-60) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", width, height)
	for _, rate := range []int{100, 1_000, 10_000, 100_000} {
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%d</text>`+"\n",
			left, width-40, y(float64(rate)), y(float64(rate)), left-8, y(float64(rate))+4, rate)
	}
	var line []string
	for _, f := range all {
		line = append(line, fmt.Sprintf("%.1f,%.1f", x(f.rules), y(f.rate)))
		fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="4" fill="#2060a0"/><text x="%.1f" y="%.1f" text-anchor="middle">%d</text>`+"\n",
			x(f.rules), y(f.rate), x(f.rules), y(f.rate)-10, int(f.rate))
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x(f.rules), height-30, f.rules)
	}
	fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="#2060a0" stroke-width="2"/>`+"\n", strings.Join(line, " "))
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">rules</text><text x="%d" y="18">articles a second, one core, workload RM2</text>`+"\n</svg>\n", (width+left)/2, height-8, left)
	return os.WriteFile(path, []byte(b.String()), 0o644)
}

// The workload RM2: real English and French text, stemmed, with events; rules with prefixes, ranges, event clauses, ORs of
// 50 to 500 words and lists of 5,000 values. The words of the rules are those of the texts, rare ones as often as
// common ones.

// curve is where the growth of RM2 is drawn.
var curve = flag.String("curve", "", "the SVG that BenchmarkRM2 draws")

const corpora = "../../../shared/corpora"

// rm2 draws the workload from the corpora.
type rm2 struct {
	rng     *rand.Rand
	words   [2][]string // distinct, English and French, in the order in which they first occur
	pairs   []string
	types   []plover.Type
	codes   []string
	lists   map[string][]string
	reports []news.Report
}

func newRM2(tb testing.TB) *rm2 {
	tb.Helper()
	w := &rm2{rng: rand.New(rand.NewSource(3)), types: plover.Types(), lists: map[string][]string{}}
	for _, e := range gazetteer.Default().Entries() {
		if e.Kind == gazetteer.Country {
			w.codes = append(w.codes, e.Country)
		}
	}
	w.english(tb)
	w.french(tb)
	for k := range 8 {
		values := make([]string, 5000)
		for i := range values {
			values[i] = fmt.Sprintf("host%d.example", k*4000+i)
		}
		w.lists[fmt.Sprint("hosts-", k)] = values
	}
	return w
}

func (w *rm2) english(tb testing.TB) {
	f, err := os.Open(filepath.Join(corpora, "en", "reuters-1000.jsonl"))
	if err != nil {
		tb.Skipf("RM2 NOT MEASURED: %v", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var a map[string]any
		if json.Unmarshal(lines.Bytes(), &a) != nil {
			continue
		}
		body, _ := a["text"].(string)
		if body == "" {
			body, _ = a["body"].(string)
		}
		title, _ := a["title"].(string)
		w.report("en", title, body)
	}
}

// french makes articles of twenty headlines.
func (w *rm2) french(tb testing.TB) {
	f, err := os.Open(filepath.Join(corpora, "fr", "headlines-2020-01-10.csv"))
	if err != nil {
		tb.Skipf("RM2 NOT MEASURED: %v", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	var body []string
	for {
		row, err := r.Read()
		if err == io.EOF {
			return
		}
		if err != nil {
			continue
		}
		if body = append(body, row[0]); len(body) == 20 {
			w.report("fr", body[0], strings.Join(body, ". "))
			body = body[:0]
		}
	}
}

func (w *rm2) report(lang, title, body string) {
	r := news.Report{Article: news.Article{Language: lang, Title: text.Normalize(title), Text: text.Normalize(body)}}
	r.Article.Publisher = fmt.Sprintf("host%d.example", w.rng.Intn(40_000))
	for range w.rng.Intn(5) {
		e := news.Event{
			Who: []news.Actor{{Country: w.code()}}, Whom: []news.Actor{{Country: w.code()}}, Realis: news.Actual,
			What: news.NewAction(w.types[w.rng.Intn(len(w.types))], "", "16"), Count: &news.Quantity{Value: int64(w.rng.Intn(100))},
		}
		r.Events = append(r.Events, e)
	}
	w.reports = append(w.reports, r)
	n := 0
	if lang == "fr" {
		n = 1
	}
	before := ""
	for s := range strings.FieldsSeq(r.Article.Text) {
		if s = strings.Trim(s, ".,;:!?()\"'«»<>"); len(s) < 4 || strings.ContainsFunc(s, func(r rune) bool { return r < 'A' || r > 'z' && r < 0xC0 || r > 'Z' && r < 'a' || r > 0x17F }) {
			before = ""
			continue
		}
		w.words[n] = append(w.words[n], s)
		if before != "" {
			w.pairs = append(w.pairs, before+" "+s)
		}
		before = s
	}
}

// code is a country; the first are the most frequent.
func (w *rm2) code() string {
	n := int(float64(len(w.codes)) * w.rng.Float64() * w.rng.Float64())
	return w.codes[n]
}

func (w *rm2) rules(tb testing.TB, n int) []rule.Rule {
	tb.Helper()
	for i := range w.words { // each word once: people name rare words
		slices.Sort(w.words[i])
		w.words[i] = slices.Compact(w.words[i])
	}
	w.rng = rand.New(rand.NewSource(4))
	out := make([]rule.Rule, n)
	for i := range out {
		q := w.query()
		x, err := rule.Parse(q)
		if err != nil {
			tb.Fatal(rule.Caret(q, err))
		}
		out[i] = rule.Rule{Name: fmt.Sprint(i), Query: q, Expr: rule.Bind(x, w.lists), State: rule.Live}
	}
	return out
}

func (w *rm2) query() string {
	lang := w.rng.Intn(2)
	word := func() string { return w.words[lang][w.rng.Intn(len(w.words[lang]))] }
	either := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = word()
		}
		return "(" + strings.Join(list, " OR ") + ")"
	}
	var q string
	switch p := w.rng.Float64(); {
	case p < 0.05:
		s := []rune(word())
		q = string(s[:min(4, len(s))]) + "* " + word() + " " + word()
	case p < 0.10:
		q = fmt.Sprintf("count:[%d TO %d] what:%s %s", w.rng.Intn(50), 50+w.rng.Intn(50), w.types[w.rng.Intn(len(w.types))], word())
	case p < 0.25:
		q = fmt.Sprintf("what:%s who:%s whom:%s", w.types[w.rng.Intn(len(w.types))], w.code(), w.code())
	case p < 0.252:
		q = either(50+w.rng.Intn(451)) + " " + word() + " " + word()
	case p < 0.30:
		q = fmt.Sprintf("publisher:@hosts-%d %s %s", w.rng.Intn(8), word(), word())
	case p < 0.50:
		q = `"` + w.pairs[w.rng.Intn(len(w.pairs))] + `" ` + word()
	case p < 0.65:
		q = fmt.Sprintf("%s NEAR/5 %s %s", word(), either(2), word())
	default:
		q = word() + " " + either(1+w.rng.Intn(4)) + " " + word()
	}
	if w.rng.Float64() < 0.1 {
		q += " -" + word()
	}
	return q
}

// BenchmarkRM2 prints the table of the workload RM2.
func BenchmarkRM2(b *testing.B) {
	w, largest := newRM2(b), most(b)
	var all []figures
	for _, n := range []int{10_000, 30_000, 100_000, 300_000, 1_000_000} {
		if n > largest {
			continue
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f, err := measure("rm2", w.rules(b, n), w.reports, 2*time.Second)
			if err != nil {
				b.Fatal(err)
			}
			fmt.Fprintln(os.Stderr, f)
			all = append(all, f)
			b.ReportMetric(f.rate, "docs/s")
		})
	}
	if *curve != "" {
		if err := draw(*curve, all); err != nil {
			b.Error(err)
		}
	}
}
