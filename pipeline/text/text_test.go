package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

func TestNormalize(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"clean text stays":                   {"L’été à Kiev.\n\tOui", "L’été à Kiev.\n\tOui"},
		"accents are composed":               {"e\u0301te\u0301", "été"},
		"accents are composed past a mark":   {"e\u200B\u0301", "é"},
		"lines end with LF":                  {"a\r\nb\rc\u2028d\u0085e\vf", "a\nb\nc\nd\ne\nf"},
		"a paragraph separator":              {"a\u2029b", "a\n\nb"},
		"controls go":                        {"a\x00b\x07c\u0090\x7fd", "abcd"},
		"marks nobody sees go":               {"\uFEFFextra\u00ADordi\u200Bnaire \u202Eabc\u202C", "extraordinaire abc"},
		"bad bytes become one mark a run":    {"a\xff\xfeb\xc3", "a\uFFFDb\uFFFD"},
		"a CR after a bad byte ends a line":  {"\xff\r\n\xff", "\uFFFD\n\uFFFD"},
		"a family keeps its joiners":         {"👩\u200D👧", "👩\u200D👧"},
		"no-break spaces stay for the quote": {"«\u00A0Non\u202F!\u00A0»", "«\u00A0Non\u202F!\u00A0»"},
	} {
		if diff := cmp.Diff(c.want, text.Normalize(c.in)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"e\u0301\r\n\xff\x00", "\r\r\n\n", "\u0344\u0958", strings.Repeat("\u0301", 70), "\xe2\x80\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := text.Normalize(s)
		if !utf8.ValidString(n) || !norm.NFC.IsNormalString(n) {
			t.Fatalf("%q is not UTF-8 in NFC: %q", s, n)
		}
		if strings.ContainsAny(n, "\r\x00\u2028\u2029\uFEFF") {
			t.Fatalf("%q keeps a control: %q", s, n)
		}
		if again := text.Normalize(n); again != n {
			t.Fatalf("%q, normalized twice, is %q, not %q", s, again, n)
		}
	})
}

func TestCut(t *testing.T) {
	for name, c := range map[string]struct {
		in    string
		limit int
		want  string
		cut   bool
	}{
		"what fits stays":                       {"Un. Deux.", 9, "Un. Deux.", false},
		"after a sentence":                      {"L’OTAN expulse. La Russie part. M. Lavrov a parlé longtemps de tout.", 50, "L’OTAN expulse. La Russie part.", true},
		"a sentence that ends at the limit":     {"L’OTAN expulse. La Russie part. Fin de tout.", 33, "L’OTAN expulse. La Russie part.", true},
		"not after an abbreviation":             {"La Russie est partie hier matin de là. On dit que M. Lavrov a parlé.", 54, "La Russie est partie hier matin de là.", true},
		"between words where no sentence ends":  {"one two three four five six", 15, "one two three", true},
		"inside a word where there is no space": {"éééé", 5, "éé", true},
		"nothing":                               {"abc", 0, "", true},
		"less than nothing":                     {"abc", -1, "", true},
	} {
		got, cut := text.Cut(c.in, c.limit)
		if got != c.want || cut != c.cut {
			t.Errorf("%s: %q, %v", name, got, cut)
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add("Un. Deux. Trois. « Quatre. » cinq", 20)
	f.Add("é\xff\u0301é. \u3000", 3)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		got, cut := text.Cut(s, limit)
		if !strings.HasPrefix(s, got) {
			t.Fatalf("%q is no beginning of %q", got, s)
		}
		if len(got) > max(0, limit) || cut != (limit < len(s)) || !cut && got != s {
			t.Fatalf("%q, %v from %q at %d", got, cut, s, limit)
		}
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Fatalf("%q splits a rune of %q", got, s)
		}
	})
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"otan": "otan", "OTAN": "otan", "Élysée": "elysee", "ÇA": "ca", "l’Œuvre": "l'oeuvre", "Straße": "strasse",
		"Jean‑Yves": "jean-yves", "Ægir Łódź Øre": "aegir lodz ore", "İstanbul Iğdır": "istanbul igdir", "Zelenskyï": "zelenskyi",
		"МОСКВА": "москва", "e\u0301": "e", "ΑΘΉΝΑ": "αθηνα", "": "", "Nguyễn": "nguyen", "a\xffB": "a\uFFFDb",
	} {
		if got := text.Fold(in); got != want {
			t.Errorf("%q folds to %q, not %q", in, got, want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"L’Été", "ǅ\u0345İ", "ﬃ\u1E9E", "Ω\u212A\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := text.Fold(s)
		if twice := text.Fold(once); twice != once {
			t.Fatalf("%q folds to %q, that to %q", s, once, twice)
		}
		if n := norm.NFC.String(s); utf8.ValidString(s) && text.Fold(n) != text.Fold(norm.NFD.String(s)) {
			t.Fatalf("%q folds by its form", s)
		}
	})
}

func TestStem(t *testing.T) {
	for _, c := range []struct{ lang, words string }{
		{"fr", "expulser expulse expulsé expulsée expulsées expulsees expulsent expulsait"},
		{"fr", "suspendre suspend suspendu suspendue suspendent suspendait"},
		{"fr", "négocier négocié négocient négociations négociation NEGOCIE"},
		{"fr", "diplomate diplomates"},
		{"fr", "élu élus élue élections" /* not the last */},
		{"fr", "sanction sanctions"},
		{"fr", "affirmer affirment affirmé"},
		{"fr", "gouvernement gouvernements"},
		{"fr", "président présidents"},
		{"fr", "euro euros"},
		{"fr", "obtenir obtient obtenu obtiennent"},
		{"en", "withdraw withdrew withdrawn withdrawing withdraws"},
		{"en", "sanction sanctions sanctioned"},
		{"en", "Russia russia's Russia’s"},
		{"de", "Straße STRASSE"},
	} {
		words := strings.Fields(c.words)
		want := text.Stem(c.lang, words[0])
		for _, w := range words[1:] {
			if got := text.Stem(c.lang, w); (got == want) == (w == "élections") {
				t.Errorf("%s: %q has the stem %q, %q has %q", c.lang, words[0], want, w, got)
			}
		}
	}
	for _, w := range []string{"'s", "’s", "s", "a", "d’", "", "ent", "."} {
		if got := text.Stem("en", w); got == "" && w != "" {
			t.Errorf("%q has no stem", w)
		}
		if got := text.Stem("fr", w); got == "" && w != "" {
			t.Errorf("%q has no French stem", w)
		}
	}
}

func FuzzStem(f *testing.F) {
	f.Add("expulsées", "fr")
	f.Add("withdrew's", "en")
	f.Fuzz(func(t *testing.T, s, lang string) {
		stem := text.Stem(lang, s)
		if stem != text.Stem(lang, text.Fold(s)) {
			t.Fatalf("the stem of %q depends on accents or case", s)
		}
		if text.Fold(stem) != stem {
			t.Fatalf("the stem %q of %q is not folded", stem, s)
		}
	})
}
