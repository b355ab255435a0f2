package coder_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The sentences of testdata/constructions.*.txt show one construction each; below each stand the events it tells.
func TestConstructionsOfBothLanguages(t *testing.T) {
	c := newCoder()
	for _, lang := range []string{"fr", "en"} {
		data, err := os.ReadFile("testdata/constructions." + lang + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		construction, sentence, rows := "", "", 0
		var want []string
		check := func() {
			if sentence == "" {
				return
			}
			var got []string
			for _, e := range c.Code(article(lang, "2021-10-18", sentence)) {
				got = append(got, line(e))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s: %s\n(-want +got):\n%s", lang, construction, sentence, diff)
			}
			sentence, want = "", nil
			rows++
		}
		for _, l := range strings.Split(string(data), "\n") {
			switch {
			case strings.HasPrefix(l, "\t"):
				want = append(want, l[1:])
			case strings.HasPrefix(l, "== "):
				check()
				construction = l[3:]
			case l != "" && l[0] != '#':
				check()
				sentence = l
			}
		}
		check()
		if rows < 75 {
			t.Errorf("%s: only %d sentences", lang, rows)
		}
	}
}
