package text_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// spoken is the language of a page of the corpus: its country's, but for those that write another.
func spoken(file string) string {
	for prefix, lang := range map[string]string{
		"es-Mallorca": "de", "it-Tages": "de", "lb-": "ar", "mx-": "en", "pt-": "en", "tw-": "en", "za-Durban": "en", "za-Isolezwe": "xh",
		"be-": "en", "ind-": "hi",
	} {
		if strings.HasPrefix(file, prefix) {
			return lang
		}
	}
	country, _, _ := strings.Cut(file, "-")
	return map[string]string{
		"at": "de", "au": "en", "ca": "en", "de": "de", "dk": "da", "es": "es", "fr": "fr", "id": "id", "isl": "is", "it": "it", "jp": "ja",
		"no": "no", "ru": "ru", "se": "sv", "tr": "tr", "tz": "sw", "uk": "en", "us": "en",
	}[country]
}

// TestDetectQuality measures by language, on whole articles and on their sentences: go test -run DetectQuality -v.
// A language that Detect does not name is right when it is "".
func TestDetectQuality(t *testing.T) {
	type score struct{ articles, right, sentences, rightSentences, wrongSentences int }
	scores := map[string]*score{}
	none := map[string]bool{"is": true, "sw": true, "xh": true}
	for scan := lines(open(t, "corpora", "html", "gold.jsonl")); scan.Scan(); {
		var a struct{ File, Text string }
		if err := json.Unmarshal(scan.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		want := spoken(a.File)
		if scores[want] == nil {
			scores[want] = &score{}
		}
		s := scores[want]
		answer := want
		if none[want] {
			answer = ""
		}
		s.articles++
		if got := text.Detect(a.Text); got == answer {
			s.right++
		} else {
			t.Logf("%s is %q, not %q", a.File, got, answer)
			if got != "" {
				t.Errorf("%s is %q, not %q", a.File, got, answer)
			}
		}
		for _, sentence := range strings.FieldsFunc(a.Text, func(r rune) bool { return strings.ContainsRune(".!?。\n।؟", r) }) {
			if n := len([]rune(strings.TrimSpace(sentence))); n < 40 && !strings.Contains("ja zh", want) || n < 12 {
				continue
			}
			s.sentences++
			switch got := text.Detect(sentence); got {
			case answer:
				s.rightSentences++
			case "":
			default:
				s.wrongSentences++
			}
		}
	}
	var sum score
	var names []string
	for name := range scores {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s := scores[name]
		t.Log(name, fmt.Sprintf("%+v", *s))
		sum.articles += s.articles
		sum.right += s.right
		sum.sentences += s.sentences
		sum.rightSentences += s.rightSentences
		sum.wrongSentences += s.wrongSentences
	}
	t.Logf("all %+v", sum)
}
