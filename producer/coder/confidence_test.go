package coder

import (
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func TestConfidenceIsTheMeasuredPrecision(t *testing.T) {
	table, err := readTrust("# of twenty, ten\nactive | 2 | 90 | 100\nnoun | 1 | 0 | 80\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what, pattern string
		sides         int
		want          float64
	}{
		{"often right", "active", 2, 0.86}, // (90 + 10/2) / (100 + 10)
		{"never right", "noun", 1, 0.06},
		{"never seen with so many sides", "active", 0, 0.5},
		{"never seen", "demand", 1, 0.5},
	} {
		if got := table.in(c.pattern, c.sides); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

func TestConfidenceTablesThatAreRefused(t *testing.T) {
	for what, text := range map[string]string{
		"nothing measured":     "# pattern | sides | right | told\n",
		"a field too few":      "active | 2 | 90\n",
		"not a number":         "active | 2 | many | 100\n",
		"more right than told": "active | 2 | 101 | 100\n",
		"three sides":          "active | 3 | 1 | 2\n",
	} {
		if _, err := readTrust(text); err == nil || !strings.HasPrefix(err.Error(), "confidence: ") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestTheMeasuredTableKnowsThePatterns reads the committed table: a pattern that it lacks would be trusted blindly.
func TestTheMeasuredTableKnowsThePatterns(t *testing.T) {
	table := trusted()
	for _, pattern := range []string{"active", "passive", "noun", "light verb", "participle", "demand"} {
		seen := 0
		for _, m := range table.patterns[pattern] {
			seen += m.told
		}
		if seen == 0 {
			t.Errorf("%s: never measured (make confidence)", pattern)
		}
	}
	if table.all.told < 1000 {
		t.Errorf("measured on %d events only", table.all.told)
	}
	both := news.Event{Who: []news.Actor{{Country: "RUS"}}, Whom: []news.Actor{{Country: "UKR"}}}
	if confidence("active", both) <= confidence("noun", news.Event{}) {
		t.Error("a verb with both sides told is trusted less than a noun with none")
	}
}
