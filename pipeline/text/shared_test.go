package text_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

const shared = "../../../shared"

// open opens a file of the shared folder, or says loudly that it is not measured with.
func open(t *testing.T, path ...string) *os.File {
	t.Helper()
	name := filepath.Join(append([]string{shared}, path...)...)
	f, err := os.Open(name)
	if err != nil {
		absent(t, err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// absent skips a test that lacks the shared folder, or fails it where the folder must be there.
func absent(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("QUIDNUNC_REQUIRE_SHARED") != "" {
		t.Fatalf("QUIDNUNC_REQUIRE_SHARED is set: %v", err)
	}
	t.Skipf("NOT MEASURED: %v", err)
}

// lines scans a file of long lines.
func lines(f *os.File) *bufio.Scanner {
	s := bufio.NewScanner(f)
	s.Buffer(nil, 64<<20)
	return s
}

// tally counts borders found against borders wanted.
type tally struct{ hit, found, want int }

func (c tally) f1() float64 { return 2 * float64(c.hit) / float64(c.found+c.want) }

func (c *tally) add(found, want map[[2]int]bool) {
	c.found += len(found)
	c.want += len(want)
	for span := range found {
		if want[span] {
			c.hit++
		}
	}
}

// treebank is one conllu file: a text of whole sentences with blanks between, and the spans of sentences and tokens.
type treebank struct {
	text              string
	sentences, tokens map[[2]int]bool
}

// treebankOf joins the sentences of a file with blanks; paragraphs and documents end with a blank line. A multiword
// token counts as one token if joined is true, else as its words where these can be found in the text.
func treebankOf(t *testing.T, joined bool, path ...string) treebank {
	tb := treebank{sentences: map[[2]int]bool{}, tokens: map[[2]int]bool{}}
	var b strings.Builder
	var sentence string
	var start, at int
	upTo := 0
	scan := lines(open(t, path...))
	place := func(form string) bool {
		i := strings.Index(sentence[at:], form)
		if i < 0 || strings.TrimSpace(sentence[at:at+i]) != "" {
			return false
		}
		tb.tokens[[2]int{start + at + i, start + at + i + len(form)}] = true
		at += i + len(form)
		return true
	}
	for scan.Scan() {
		line := scan.Text()
		switch {
		case strings.HasPrefix(line, "# newpar"), strings.HasPrefix(line, "# newdoc"):
			b.WriteString("\n\n")
		case strings.HasPrefix(line, "# text = "):
			sentence = strings.TrimSpace(strings.TrimPrefix(line, "# text = "))
			start, at, upTo = b.Len(), 0, 0
			b.WriteString(sentence + " ")
			tb.sentences[[2]int{start, start + len(sentence)}] = true
		case line == "" || line[0] == '#':
		default:
			f := strings.Split(line, "\t")
			id, form := f[0], f[1]
			if i := strings.IndexByte(id, '-'); i > 0 {
				if joined {
					upTo = atoi(id[i+1:])
					place(form)
				}
				continue
			}
			if strings.Contains(id, ".") || atoi(id) <= upTo {
				continue
			}
			place(form)
		}
	}
	tb.text = b.String()
	return tb
}

func atoi(s string) int {
	n := 0
	for _, c := range []byte(s) {
		n = 10*n + int(c-'0')
	}
	return n
}

func spans(d text.Document) (sentences, tokens map[[2]int]bool) {
	sentences, tokens = map[[2]int]bool{}, map[[2]int]bool{}
	for _, s := range d.Sentences {
		sentences[[2]int{s.Start, s.End}] = true
	}
	for _, t := range d.Tokens {
		tokens[[2]int{t.Start, t.End}] = true
	}
	return sentences, tokens
}

// TestTreebanks measures sentences and tokens against people's; the floors only catch a pass gone
// wrong (the sentences of Sequoia are fragments, those of EWT often lack their dots).
func TestTreebanks(t *testing.T) {
	for _, c := range []struct {
		lang, file        string
		sentences, tokens float64
	}{
		{"fr", "sequoia-dev", 0.72, 0.985},
		{"fr", "gsd-dev", 0.93, 0.99},
		{"en", "ewt-dev", 0.78, 0.96},
	} {
		tb := treebankOf(t, c.lang == "fr", "treebanks", c.lang, c.file+".conllu")
		s, k := spans(text.Segment(tb.text, c.lang))
		var sents, toks tally
		sents.add(s, tb.sentences)
		toks.add(k, tb.tokens)
		t.Logf("%s: sentences %.3f F1 (%d found, %d wanted), tokens %.4f F1", c.file, sents.f1(), sents.found, sents.want, toks.f1())
		if sents.f1() < c.sentences || toks.f1() < c.tokens {
			t.Errorf("%s: below %.3f and %.3f", c.file, c.sentences, c.tokens)
		}
	}
}

// TestSentencesOfNews measures the sentences of news articles against those that the coders of the gold marked.
func TestSentencesOfNews(t *testing.T) {
	for _, file := range []string{"wikinews_dev_fr", "fundus_dev_en"} {
		var c tally
		for scan := lines(open(t, "gold", file+".docs.jsonl")); scan.Scan(); {
			var doc struct {
				Lang, Text string
				Sentences  []struct{ Start, End int }
			}
			if err := json.Unmarshal(scan.Bytes(), &doc); err != nil {
				t.Fatal(err)
			}
			want, limit := map[[2]int]bool{}, 0
			for _, s := range doc.Sentences {
				want[[2]int{s.Start, s.End}] = true
				limit = max(limit, s.End)
			}
			found, _ := spans(text.Segment(doc.Text, doc.Lang))
			for k := range found {
				if k[0] >= limit {
					delete(found, k)
				}
			}
			c.add(found, want)
		}
		if c.f1() < 0.92 {
			t.Errorf("%s: below 0.92", file)
		}
		t.Logf("%s: sentences %.3f F1 (%d found, %d wanted)", file, c.f1(), c.found, c.want)
	}
}
