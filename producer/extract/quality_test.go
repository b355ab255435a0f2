package extract_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/quidnunc-news/quidnunc/producer/extract"
)

var quality = flag.String("quality", "", "write what is measured into this file")

// report puts a section into the file of -quality, in the place of an older one of that name.
func report(t *testing.T, name, body string) {
	t.Helper()
	if *quality == "" {
		return
	}
	file, err := os.ReadFile(*quality)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->\n"
	before, rest, found := strings.Cut(string(file), begin)
	if _, behind, ok := strings.Cut(rest, end); found && ok {
		rest = behind
	} else if before != "" {
		before += "\n"
	}
	if err := os.WriteFile(*quality, []byte(before+begin+body+end+rest), 0o600); err != nil {
		t.Fatal(err)
	}
}

// corpus is where pages with their gold lie, beside the checkout.
const corpus = "../../../shared/corpora/html"

type gold struct{ File, Title, Published, Text string }

func readGold(t testing.TB) []gold {
	t.Helper()
	f, err := os.Open(filepath.Join(corpus, "gold.jsonl"))
	if err != nil {
		t.Skipf("NOT MEASURED, the corpus is absent: %v", err)
	}
	defer func() { _ = f.Close() }()
	var out []gold
	scan := bufio.NewScanner(f)
	scan.Buffer(nil, 4<<20)
	for scan.Scan() {
		var g gold
		if err := json.Unmarshal(scan.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		out = append(out, g)
	}
	return out
}

func readPage(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join(corpus, name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bag is a text's words; each character of a script without spaces is one.
func bag(s string) map[string]int {
	out := map[string]int{}
	word := ""
	flush := func() {
		if word != "" {
			out[word]++
		}
		word = ""
	}
	for _, r := range strings.ToLower(s) {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
			flush()
			out[string(r)]++
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			word += string(r)
		default:
			flush()
		}
	}
	flush()
	return out
}

// overlap is precision, recall and F1 of got by the words of want.
func overlap(want, got string) (p, r, f float64) {
	a, b := bag(want), bag(got)
	var both, na, nb int
	for w, n := range a {
		na += n
		both += min(n, b[w])
	}
	for _, n := range b {
		nb += n
	}
	if both == 0 {
		return 0, 0, 0
	}
	p, r = float64(both)/float64(nb), float64(both)/float64(na)
	return p, r, 2 * p * r / (p + r)
}

// same tells whether two titles are equal but for white space, quotes and case.
func same(a, b string) bool {
	norm := func(s string) string {
		return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
	}
	return norm(a) == norm(b)
}

// TestQuality measures on pages of many publishers, with their gold: go test -run Quality -v.
func TestQuality(t *testing.T) {
	var p, r, f float64
	var days, moments, titles, weak int
	methods := map[extract.Method]int{}
	score := map[extract.Method]float64{}
	var poor []string
	all := readGold(t)
	for _, g := range all {
		page, err := extract.Read(readPage(t, g.File), extract.Hint{})
		if err != nil {
			t.Logf("%s: %v", g.File, err)
		}
		methods[page.TextBy]++
		a, b, c := overlap(g.Text, page.Text)
		p, r, f = p+a, r+b, f+c
		score[page.TextBy] += c
		want, err := extract.Date(g.Published)
		if err != nil {
			t.Fatal(err)
		}
		day := dayTold(page, g.Published)
		if day {
			days++
		}
		if want.Start.Unix() == page.Published.Start.Unix() {
			moments++
		}
		title := same(g.Title, page.Title)
		if title {
			titles++
		}
		if c < 0.8 {
			weak++
			poor = append(poor, fmt.Sprintf("%s %.2f", strings.TrimSuffix(g.File, ".html.gz"), c))
		}
		if c < 0.8 || !day || !title {
			t.Logf("%-42s P %.2f R %.2f F1 %.2f by %-7s date %v (%s by %s, gold %s) title %v %q / %q", g.File, a, b, c, page.TextBy,
				day, page.Published, page.DateBy, g.Published, title, page.Title, g.Title)
		}
	}
	n := float64(len(all))
	line := fmt.Sprintf("%d pages: precision %.3f, recall %.3f, F1 %.3f, below 0.8: %d; dates to the day %d (to the second %d); titles %d; text by %v",
		len(all), p/n, r/n, f/n, weak, days, moments, titles, methods)
	t.Log(line)
	report(t, "extraction", fmt.Sprintf(`## Extraction

Pages of %d publishers in sixteen languages (the tests of flairNLP/fundus, not part of this repository), each read by
%s without its address or date. Text: words in common with the gold, counted by page, then averaged. Titles: equal
but for case, white space and punctuation. Made by %s.

| | |
| --- | --- |
| text: precision, recall, F1 | %.3f, %.3f, **%.3f** |
| by JSON-LD | %d pages, F1 %.3f |
| by trafilatura | %d pages, F1 %.3f |
| dates right to the day | **%d of %d** (to the second %d) |
| titles | %d of %d |
| F1 below 0.8 | %s |
`, len(all), "`extract.Read`", "`make quality-extract`", p/n, r/n, f/n, methods[extract.JSONLD], score[extract.JSONLD]/float64(methods[extract.JSONLD]),
		methods[extract.Layout], score[extract.Layout]/float64(methods[extract.Layout]), days, len(all), moments, titles, len(all), strings.Join(poor, ", ")))
	if f/n < 0.88 || days*100 < 90*len(all) {
		t.Error("below the floor of F1 0.88 and dates 90 %: " + line)
	}
}

// dayTold tells whether the date is right to the day, in UTC or in the gold's own zone.
func dayTold(p extract.Page, told string) bool {
	want, err := extract.Date(told)
	if err != nil {
		return false
	}
	got := p.Published.Start.Format("2006-01-02")
	return got == want.Start.Format("2006-01-02") || got == told[:10]
}
