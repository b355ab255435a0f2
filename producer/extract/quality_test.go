package extract_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/quidnunc-news/quidnunc/producer/extract"
)

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
	all := readGold(t)
	for _, g := range all {
		page, err := extract.Read(readPage(t, g.File), extract.Hint{})
		if err != nil {
			t.Logf("%s: %v", g.File, err)
		}
		methods[page.TextBy]++
		a, b, c := overlap(g.Text, page.Text)
		p, r, f = p+a, r+b, f+c
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
