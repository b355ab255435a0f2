package sketch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/sketch"
)

func of(lang, title, text string) news.Sketch {
	return sketch.Of(news.Article{Language: lang, Title: title, Text: text}, gazetteer.Default())
}

func terms(s news.Sketch) string {
	var out []string
	for _, t := range s.Terms {
		out = append(out, t.Key)
	}
	return strings.Join(out, " ")
}

func TestTermsAreWhatAnArticleIsAbout(t *testing.T) {
	for name, c := range map[string]struct{ lang, title, text, want string }{
		"names, actors and words, without those about nothing": {"en", "", "The mayor of Hintertupf met farmers from Hintertupf and 39 others on Monday.", "^hintertupf mayor meet farmer other #39"},
		"the same actor in two languages":                      {"fr", "", "La Russie et l’OTAN.", "@russia @nato"},
		"a headline in capitals names nobody":                  {"en", "Storm Batters Coastal Village Overnight", "", "storm batter coastal villag overnight"},
		"a name at the beginning is one where it is one later": {"en", "", "Zorbo left. Nobody saw Zorbo leave.", "zorbo ^zorbo leav see nobodi"},
		"without words there is nothing":                       {"en", "", "", ""},
	} {
		got := strings.Fields(terms(of(c.lang, c.title, c.text)))
		want := strings.Fields(c.want)
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// agree is how many of two signatures' minima are equal.
func agree(a, b news.Sketch) (n int) {
	for i := range a.Minima {
		if a.Minima[i] == b.Minima[i] {
			n++
		}
	}
	return n
}

func TestSignaturesAgreeAsTextsDo(t *testing.T) {
	words := strings.Fields(strings.Repeat("a b c d e f g h i j k l m n o p q r s t u v w x y z ", 1))
	var text []string
	for i := range 200 {
		text = append(text, fmt.Sprintf("%s%d", words[i%26], i/3))
	}
	whole := of("en", "", strings.Join(text, " "))
	if whole.Shingles != 198 || len(whole.Minima) != news.SketchSize {
		t.Fatalf("%d shingles, %d minima", whole.Shingles, len(whole.Minima))
	}
	for from, share := range map[int][2]int{0: {64, 64}, 50: {38, 58}, 100: {20, 44}} { // of 64, around 64, 48, 32
		if n := agree(whole, of("en", "", strings.Join(text[from:], " "))); n < share[0] || n > share[1] {
			t.Errorf("without the first %d words %d minima agree", from, n)
		}
	}
	if n := agree(whole, of("en", "", "Nothing of this stands in the other text at all, not three words of it.")); n > 2 {
		t.Errorf("%d minima of another text agree", n)
	}
	if a, b := of("fr", "", "L’ÉTÉ à Évry fut long"), of("fr", "", "l'ete a evry fut LONG"); agree(a, b) != news.SketchSize {
		t.Error("case and accents change the signature")
	}
}

// Signatures are stored: the same text must have the same one for ever.
func TestSignaturesStayWhatTheyWere(t *testing.T) {
	s := of("en", "", "Russia suspends its permanent mission to NATO.")
	if got, want := s.Minima[:4], []uint32{430237617, 1156395906, 924285660, 579419889}; !slices.Equal(got, want) {
		t.Errorf("the first minima are %v, want %v", got, want)
	}
}

func Example() {
	s := sketch.Of(news.Article{Language: "en", Text: "Russia suspends its permanent mission to NATO in Brussels."}, gazetteer.Default())
	for _, t := range s.Terms {
		fmt.Print(t.Key, " ")
	}
	fmt.Println(s.Shingles)
	// Output: @russia suspend perman mission @nato ^brussels 7
}

func BenchmarkOf(b *testing.B) {
	text := strings.Repeat("Russia suspends its permanent mission to NATO in Brussels, and the foreign minister said why. ", 25)
	a := news.Article{Language: "en", Title: "Russia suspends mission", Text: text}
	b.ReportAllocs()
	for b.Loop() {
		sketch.Of(a, gazetteer.Default())
	}
}
