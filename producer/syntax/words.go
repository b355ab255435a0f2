package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// contractions are the surface tokens that stand for two words. Both words keep the token's span.
var contractions = map[string]map[string][2]string{
	"fr": {
		"au": {"à", "le"}, "aux": {"à", "les"}, "du": {"de", "le"}, "des": {"de", "les"},
		"auquel": {"à", "lequel"}, "auxquels": {"à", "lesquels"}, "auxquelles": {"à", "lesquelles"},
		"duquel": {"de", "lequel"}, "desquels": {"de", "lesquels"}, "desquelles": {"de", "lesquelles"},
		"dudit": {"de", "ledit"}, "audit": {"à", "ledit"}, "desdits": {"de", "lesdits"}, "desdites": {"de", "lesdites"},
		"auxdits": {"à", "lesdits"}, "auxdites": {"à", "lesdites"},
	},
}

// cuts are the surface tokens that the treebanks cut in two, with the place of the cut. Each word has its own part of the span.
var cuts = map[string]map[string]int{
	"en": {
		"cannot": 3, "gonna": 3, "wanna": 3, "gotta": 3, "dont": 2, "didnt": 3, "doesnt": 4, "cant": 2, "wont": 2,
		"isnt": 2, "wasnt": 3, "arent": 3, "couldnt": 5, "wouldnt": 5, "shouldnt": 6, "havent": 4, "hasnt": 3, "im": 1, "ive": 1,
		"thats": 4, "theres": 5, "whats": 4, "gimme": 3, "lemme": 3,
	},
}

// Parse draws the tree of sentence i of the document: its surface tokens become words as the language's treebanks have
// them, which are tagged, lemmatised and parsed. Spans count bytes of d.Text. Safe for concurrent use.
func (m *Model) Parse(d text.Document, i int) Tree {
	if i < 0 || i >= len(d.Sentences) {
		return Tree{}
	}
	return m.complete(m.divide(d, d.Sentences[i]))
}

// divide makes words of surface tokens.
func (m *Model) divide(d text.Document, s text.Sentence) []Word {
	tokens := d.Tokens[s.First:s.Last]
	words := make([]Word, 0, len(tokens)+len(tokens)/8+1)
	var doubts []int
	for k := 0; k < len(tokens); k++ {
		span := tokens[k].Span
		if last := m.joined(d.Text, tokens, k); last > k {
			k = last
			words = append(words, Word{Span: news.Span{Start: span.Start, End: tokens[k].End}, Form: d.Text[span.Start:tokens[k].End]})
			continue
		}
		if tokens[k].Kind == text.Number && m.Lang == "fr" {
			for k+1 < len(tokens) && thousands(d.Text, span, tokens[k+1]) {
				k++
				span.End = tokens[k].End
			}
		}
		form := d.Text[span.Start:span.End]
		if m.Lang == "en" && compound(form) {
			words = appendCompound(words, span, form)
			continue
		}
		if len(form) > 12 {
			words = append(words, Word{Span: span, Form: form})
			continue
		}
		low := strings.ToLower(form)
		if two, ok := contractions[m.Lang][low]; ok {
			if doubtfulContractions[m.Lang][low] {
				doubts = append(doubts, len(words))
				words = append(words, Word{Span: span, Form: form})
				continue
			}
			words = appendContraction(words, span, form, two)
			continue
		}
		if cut := cuts[m.Lang][low]; cut > 0 && cut < len(form) {
			middle := span.Start + cut
			words = append(words, Word{Span: news.Span{Start: span.Start, End: middle}, Form: form[:cut]},
				Word{Span: news.Span{Start: middle, End: span.End}, Form: form[cut:]})
			continue
		}
		words = append(words, Word{Span: span, Form: form})
	}
	if len(doubts) > 0 {
		words = m.resolve(words, doubts)
	}
	return words
}

// prefixes are what the English treebanks leave tied to the word behind the hyphen.
var prefixes = map[string]bool{
	"e": true, "x": true, "u": true, "anti": true, "bi": true, "bio": true, "co": true, "counter": true, "de": true, "eco": true, "ex": true,
	"extra": true, "inter": true, "intra": true, "macro": true, "mega": true, "meta": true, "micro": true, "mid": true, "mini": true,
	"mono": true, "multi": true, "neo": true, "non": true, "over": true, "para": true, "post": true, "pre": true, "pro": true,
	"pseudo": true, "quasi": true, "re": true, "semi": true, "socio": true, "sub": true, "super": true, "tri": true, "ultra": true,
	"un": true, "under": true, "uni": true, "vice": true, "uh": true,
}

// compound is true for words tied by hyphens that the English treebanks untie: "well-known", "al-Qaeda", not "9-11", "pre-war".
func compound(form string) bool {
	first, rest, ok := strings.Cut(form, "-")
	if !ok || first == "" || rest == "" || len(form) > 60 || strings.Contains(form, "--") || strings.HasSuffix(form, "-") {
		return false
	}
	letters := 0
	for i := range len(form) {
		switch c := form[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80:
			letters++
		case c == '@' || c == '/' || c == ':' || c == '_':
			return false
		}
	}
	return letters > 1 && (len(first) > 6 || !prefixes[strings.ToLower(first)])
}

// appendCompound appends the parts of a compound and the hyphens between them.
func appendCompound(words []Word, span news.Span, form string) []Word {
	at := 0
	for {
		n := strings.IndexByte(form[at:], '-')
		if n < 0 {
			break
		}
		words = append(words, Word{Span: news.Span{Start: span.Start + at, End: span.Start + at + n}, Form: form[at : at+n]},
			Word{Span: news.Span{Start: span.Start + at + n, End: span.Start + at + n + 1}, Form: form[at+n : at+n+1]})
		at += n + 1
	}
	return append(words, Word{Span: news.Span{Start: span.Start + at, End: span.End}, Form: form[at:]})
}

func appendContraction(words []Word, span news.Span, form string, two [2]string) []Word {
	first := two[0]
	if r, _ := utf8.DecodeRuneInString(form); unicode.IsUpper(r) {
		r, size := utf8.DecodeRuneInString(first)
		first = string(unicode.ToUpper(r)) + first[size:]
	}
	return append(words, Word{Span: span, Form: first}, Word{Span: span, Form: two[1]})
}

// joined gives the last of the tokens that make one word with token k: dates, times and ranges of years in digits, and
// in French "l’on".
func (m *Model) joined(s string, tokens []text.Token, k int) int {
	last := k
	for digits(s, tokens[last]) && last+2 < len(tokens) && digits(s, tokens[last+2]) {
		link := tokens[last+1]
		if link.Start != tokens[last].End || link.End != tokens[last+2].Start || link.End-link.Start != 1 || strings.IndexByte("/:-", s[link.Start]) < 0 {
			break
		}
		last += 2
	}
	if m.Lang == "fr" && last == k && k+1 < len(tokens) && tokens[k].End == tokens[k+1].Start && strings.EqualFold(s[tokens[k+1].Start:tokens[k+1].End], "on") {
		if form := s[tokens[k].Start:tokens[k].End]; len(form) > 1 && form[0]|0x20 == 'l' && (form[1:] == "'" || form[1:] == "’") {
			return k + 1
		}
	}
	return last
}

func digits(s string, t text.Token) bool {
	for i := t.Start; i < t.End; i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// thousands is true for the groups of "50 000".
func thousands(s string, before news.Span, next text.Token) bool {
	gap := s[before.End:next.Start]
	if next.Kind != text.Number || next.End-next.Start != 3 || gap != " " && gap != "\u00a0" && gap != "\u202f" {
		return false
	}
	digits := 0
	for i := before.End - 1; i >= before.Start && s[i] >= '0' && s[i] <= '9'; i-- {
		digits++
	}
	if digits == 0 || digits > 3 || digits < 3 && before.Start+digits != before.End || s[before.Start] == '0' {
		return false
	}
	for i := next.Start; i < next.End; i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// resolve decides which doubtful contractions are two words: "des" is "de" and "les", or an article.
func (m *Model) resolve(words []Word, doubts []int) []Word {
	nodes := make([]node, len(words)+4)
	var scratch []byte
	for i := range words {
		scratch = m.look(&nodes[i+2], words[i].Form, i == 0, scratch)
	}
	out := make([]Word, 0, len(words)+len(doubts))
	var keys [splitFeatures]uint32
	for i, w := range words {
		if len(doubts) == 0 || doubts[0] != i {
			out = append(out, w)
			continue
		}
		doubts = doubts[1:]
		if m.splitter.best(splitContext(nodes, i+2, &keys)) == 1 {
			out = appendContraction(out, w.Span, w.Form, contractions[m.Lang][strings.ToLower(w.Form)])
			continue
		}
		out = append(out, w)
	}
	return out
}
