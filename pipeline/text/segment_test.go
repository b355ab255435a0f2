package text_test

import (
	"os"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// bars shows the tokens of a text with blanks between, and bars between sentences.
func bars(d text.Document) string {
	var b strings.Builder
	for i, s := range d.Sentences {
		if i > 0 {
			b.WriteString(" | ")
		}
		b.WriteString(strings.Join(d.Words()[s.First:s.Last], " "))
	}
	return b.String()
}

func TestSegment(t *testing.T) {
	for name, c := range map[string]struct{ lang, text, want string }{
		"an elided article is a token":            {"fr", "L’OTAN a choisi d’expulser l'ambassadeur.", "L’ OTAN a choisi d’ expulser l' ambassadeur ."},
		"an elided word before a quote":           {"fr", "l’« Union », d’“agents”", "l’ « Union » , d’ “ agents ”"},
		"two elisions in a row":                   {"fr", "Jusqu’à ce qu’il vienne d’aujourd’hui", "Jusqu’ à ce qu’ il vienne d’ aujourd’hui"},
		"words that keep their apostrophe":        {"fr", "aujourd'hui, N’Djamena et M'Baye, prud'hommes", "aujourd'hui , N’Djamena et M'Baye , prud'hommes"},
		"an elided article before an acronym":     {"fr", "l’ONU, L'URSS, d’HSBC", "l’ ONU , L' URSS , d’ HSBC"},
		"pronouns after the verb":                 {"fr", "a-t-il dit, vas-y, dites-le-moi, est-ce vrai", "a -t-il dit , vas -y , dites -le -moi , est -ce vrai"},
		"particles after the noun":                {"fr", "ce mois-ci, ce jour-là, celui-ci", "ce mois -ci , ce jour -là , celui-ci"},
		"compounds stay whole":                    {"fr", "Jean-Yves, le Nord-Est, un rendez-vous, peut-être, c’est-à-dire", "Jean-Yves , le Nord-Est , un rendez-vous , peut-être , c’est-à-dire"},
		"a title does not end a sentence":         {"fr", "Selon M. Lavrov et Mme. Le Pen, le Dr. House.", "Selon M. Lavrov et Mme. Le Pen , le Dr. House ."},
		"an initial does not, a vitamin does":     {"fr", "George W. Bush prend de la vitamine C. Elle aide.", "George W. Bush prend de la vitamine C . | Elle aide ."},
		"the year before Christ":                  {"fr", "En 52 av. J.-C. César vainquit.", "En 52 av. J.-C. César vainquit ."},
		"a double initial":                        {"fr", "J.-L. Mélenchon a répondu.", "J.-L. Mélenchon a répondu ."},
		"a dotted acronym goes on":                {"fr", "L’O.N.U. Condamne. L’U.R.S.S. existait.", "L’ O.N.U. Condamne . | L’ U.R.S.S. existait ."},
		"decimals and thousands":                  {"fr", "Une hausse de 3,5 % à 10.000 euros. Le 1er avril.", "Une hausse de 3,5 % à 10.000 euros . | Le 1er avril ."},
		"a quote of two sentences":                {"fr", "Il a dit : « Non. Jamais. » Puis il sortit.", "Il a dit : « Non . | Jamais . » | Puis il sortit ."},
		"a question inside a sentence":            {"fr", "« Pourquoi ? » demande-t-il.", "« Pourquoi ? » demande -t-il ."},
		"dots that trail off":                     {"fr", "Il hésite… puis part. Fin... Oui ?!", "Il hésite … puis part . | Fin ... | Oui ?!"},
		"omitted words do not end a sentence":     {"fr", "La valeur [...] de la République.", "La valeur [ ... ] de la République ."},
		"etc. ends one before a capital":          {"fr", "Pain, vin, etc. Tout y est, etc. et plus.", "Pain , vin , etc. | Tout y est , etc. et plus ."},
		"a missing blank":                         {"fr", "Fin des sanctions.Le ministre part.", "Fin des sanctions . | Le ministre part ."},
		"a missing blank after a name":            {"fr", "À l’Élysée.L’AFP confirme, Amazon.Com aussi.", "À l’ Élysée . | L’ AFP confirme , Amazon.Com aussi ."},
		"a blank line ends a sentence":            {"fr", "Un titre\n\nun texte sans point", "Un titre | un texte sans point"},
		"a short line is a heading":               {"fr", "Moscou se retire\nLa Russie part.", "Moscou se retire | La Russie part ."},
		"a number sign":                           {"fr", "l'article n° 5, n°5", "l' article n° 5 , n° 5"},
		"negation and possession":                 {"en", "Russia's envoy didn’t say he'd go; we've won't.", "Russia 's envoy did n’t say he 'd go ; we 've wo n't ."},
		"cannot is two words":                     {"en", "They cannot go. Cannot?", "They can not go . | Can not ?"},
		"names that keep their apostrophe":        {"en", "O'Brien met Sana'a's Shi'ite leaders at 5 o'clock", "O'Brien met Sana'a 's Shi'ite leaders at 5 o'clock"},
		"a plural possessive":                     {"en", "the diplomats' visas", "the diplomats ' visas"},
		"U.S. before a name and at an end":        {"en", "U.S. President Biden left the U.S. He flew.", "U.S. President Biden left the U.S. | He flew ."},
		"titles and ranks":                        {"en", "Gen. Mark Milley met Sen. J. D. Vance, Lt. Col. Smith of St. Louis.", "Gen. Mark Milley met Sen. J. D. Vance , Lt. Col. Smith of St. Louis ."},
		"months before a day":                     {"en", "On Oct. 3 it fell, and in Nov. 2021 rose. No. 5 won. No. He lost.", "On Oct. 3 it fell , and in Nov. 2021 rose . | No. 5 won . | No . | He lost ."},
		"a firm at the end":                       {"en", "It bought Acme Inc. The price fell. Acme Inc. shares rose.", "It bought Acme Inc. | The price fell . | Acme Inc. shares rose ."},
		"a quote closes after the dot":            {"en", "\"We will.\" He left. “Why?” she asked.", "\" We will . \" | He left . | “ Why ? ” she asked ."},
		"a wrapped line goes on":                  {"en", "The committee said on Tuesday that it would ask the\nEuropean Commission to explain the delay in its answer to\nmembers of parliament.", "The committee said on Tuesday that it would ask the European Commission to explain the delay in its answer to members of parliament ."},
		"a list keeps its numbers":                {"en", "1. Go home.\n2. Stay there.", "1 . Go home . | 2 . Stay there ."},
		"machines and dates":                      {"en", "An F-16 and Su-35 on 2021-10-18, in 2014-2018.", "An F-16 and Su-35 on 2021-10-18 , in 2014 - 2018 ."},
		"a web address is one symbol":             {"en", "See https://a.example/x-y?z=1. Mail (press@nato.int) or www.un.org!", "See https://a.example/x-y?z=1 . | Mail ( press@nato.int ) or www.un.org !"},
		"an unknown language keeps Unicode words": {"", "Russia's l’OTAN didn't. Ende.", "Russia's l’OTAN didn't . | Ende ."},
		"Chinese ends without blanks":             {"", "他走了。我也走。", "他 走 了 。 | 我 也 走 。"},
		"nothing":                                 {"fr", " \n\t ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, bars(text.Segment(c.text, c.lang))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestKinds(t *testing.T) {
	d := text.Segment("L’OTAN paie 3,5 % à 18h30 le 1er : www.nato.int 😀 ... M.", "fr")
	var got []string
	for i, k := range d.Tokens {
		got = append(got, d.Word(i)+"/"+k.Kind.String())
	}
	want := "L’/word OTAN/word paie/word 3,5/number %/symbol à/word 18h30/number le/word 1er/number :/punct www.nato.int/symbol 😀/symbol .../punct M./word"
	if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
		t.Error(diff)
	}
}

func TestTheFirstArticleHasThirteenSentences(t *testing.T) {
	data, err := os.ReadFile(shared + "/seed-article.txt")
	if err != nil {
		absent(t, err)
	}
	s := text.Normalize(strings.TrimPrefix(string(data), " date 2021-10 "))
	if got := text.Detect(s); got != "fr" {
		t.Errorf("language %q", got)
	}
	d := text.Segment(s, "fr")
	if len(d.Sentences) != 13 {
		t.Fatalf("%d sentences:\n%s", len(d.Sentences), strings.ReplaceAll(bars(d), " | ", "\n"))
	}
	if want := "L’OTAN a depuis répondu aux commentaires de M. Lavrov."; d.Sentence(9) != want {
		t.Errorf("sentence 10 is %q", d.Sentence(9))
	}
}

// lawful fails the test unless d keeps what Document promises.
func lawful(t *testing.T, d text.Document) {
	t.Helper()
	at, valid := 0, utf8.ValidString(d.Text)
	for i, k := range d.Tokens {
		if k.Start < at || k.End <= k.Start || k.End > len(d.Text) {
			t.Fatalf("token %d is [%d,%d) after %d in %q", i, k.Start, k.End, at, d.Text)
		}
		if strings.TrimSpace(d.Text[at:k.Start]) != "" || strings.IndexFunc(d.Word(i), unicode.IsSpace) >= 0 {
			t.Fatalf("text outside tokens, or a space in one, before %d in %q", k.End, d.Text)
		}
		if valid && !utf8.ValidString(d.Word(i)) {
			t.Fatalf("token %d splits a rune in %q", i, d.Text)
		}
		at = k.End
	}
	if strings.TrimSpace(d.Text[at:]) != "" {
		t.Fatalf("text after the last token of %q", d.Text)
	}
	next := 0
	for i, s := range d.Sentences {
		if s.First != next || s.Last <= s.First || s.Start != d.Tokens[s.First].Start || s.End != d.Tokens[s.Last-1].End {
			t.Fatalf("sentence %d is %+v, its first token should be %d, in %q", i, s, next, d.Text)
		}
		next = s.Last
	}
	if next != len(d.Tokens) {
		t.Fatalf("%d tokens of %d lie in sentences of %q", next, len(d.Tokens), d.Text)
	}
}

func FuzzSegment(f *testing.F) {
	for _, s := range []string{
		"", "L’OTAN a-t-il dit « non. » M. Lavrov, J.-C. 3,5%", "didn't U.S. “Why?” http://a.b/c@d.e", "a\u0301 \xff.\n\nB.-C.-D.\nx",
		"l’«", "-t-il-il-il", "n°5 ... ?! --", "www.www.@a.b://", "他走了。我", "1.\n2. a.Bc", "’’’'''\"\"\"", "\u2028\u00a0\u3000", "qu’l’d’",
	} {
		f.Add(s, "fr")
		f.Add(s, "en")
	}
	f.Fuzz(func(t *testing.T, s, lang string) {
		d := text.Segment(s, lang)
		lawful(t, d)
		if diff := cmp.Diff(text.Slow(s, lang), d); diff != "" {
			t.Fatalf("the short cut differs: %s", diff)
		}
	})
}

// TestTimeIsLinear catches what is quadratic: such a megabyte would take minutes.
func TestTimeIsLinear(t *testing.T) {
	for name, unit := range map[string]string{
		"no spaces": "a", "quotes": "\"", "French quotes": "«", "apostrophes": "l’", "hyphens": "a-", "dots": ".", "initials": "A.", "spaced dots": ". ",
		"at signs": "a@", "addresses": "://", "web": "www.", "newlines": "\n", "spaces": " ", "brackets": "[. ", "abbreviations": "M. ",
		"accents": "\u0301", "clitics": "-il", "numbers": "1,", "regional flags": "🇫🇷", "joiners": "👩\u200d", "lines": "Abc\n", "capitals": "A. B",
		"bad bytes": "\xff", "Chinese": "他", "dated": "2021-10-18-", "no-break": "\u00a0",
	} {
		size := 1 << 17
		if name == "no spaces" || name == "quotes" || name == "bad bytes" {
			size = 1 << 20
		}
		s := strings.Repeat(unit, size/len(unit))
		start := time.Now()
		for _, lang := range []string{"fr", "en"} {
			lawful(t, text.Segment(s, lang))
		}
		text.Detect(s)
		text.Normalize(s)
		text.Fold(s)
		text.Cut(s, len(s)/2)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %d bytes took %v", name, len(s), took)
		}
	}
}
