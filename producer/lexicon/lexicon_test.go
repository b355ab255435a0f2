package lexicon_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

var languages = []string{"en", "fr"}

func TestEverySenseIsOfTheOntology(t *testing.T) {
	// PLOVER's table and CAMEO's numbers part ways here: the type is PLOVER's, the code the nearest that CAMEO has.
	apart := map[string]bool{
		"RETREAT 0831": true, // resignation: CAMEO counts it as yielding
		"SANCTION 163": true, // embargo: COERCE in the table, SANCTION in the manual's words
		"SANCTION 116": true, // conviction: "find guilty"
	}
	for _, code := range languages {
		for _, s := range lexicon.Default().Language(code).Senses() {
			name := fmt.Sprintf("%s: %s: %s/%s %s", code, s.Lemma, s.Type, s.Mode, s.CAMEO)
			if !s.Type.Known() {
				t.Errorf("%s: unknown type", name)
			}
			if s.Mode != "" && !slices.Contains(s.Type.Modes(), s.Mode) {
				t.Errorf("%s: not a mode of its type", name)
			}
			if len(s.CAMEO) < 2 || len(s.CAMEO) > 4 || strings.Trim(s.CAMEO, "0123456789") != "" {
				t.Errorf("%s: no CAMEO code", name)
			}
			if got := plover.ByCAMEO(s.CAMEO); got != s.Type && !apart[string(s.Type)+" "+s.CAMEO] {
				t.Errorf("%s: the code means %s", name, got)
			}
			for _, c := range s.Contexts {
				if !slices.Contains(plover.Contexts(), c) {
					t.Errorf("%s: unknown context %q", name, c)
				}
			}
		}
	}
}

func TestAtLeast600VerbsAnd400NounsOfEachLanguage(t *testing.T) {
	for _, code := range languages {
		verbs, nouns := make(map[string]bool), make(map[string]bool)
		for _, s := range lexicon.Default().Language(code).Senses() {
			words := s.Lemma[:strings.IndexAny(s.Lemma+"+", "+!")]
			if s.Noun { // "coup_de_feu" is a noun of its own, "faire_appel" the verb "faire"
				nouns[words] = true
				continue
			}
			verb, _, _ := strings.Cut(strings.TrimPrefix(words, "~"), "_")
			verbs[verb] = true
		}
		if len(verbs) < 600 || len(nouns) < 400 {
			t.Errorf("%s: %d verbs, %d nouns", code, len(verbs), len(nouns))
		}
		t.Logf("%s: %d verbs, %d nouns", code, len(verbs), len(nouns))
	}
}

func TestVerbForms(t *testing.T) {
	for _, c := range []struct{ lang, form, lemma, tense string }{
		{"fr", "suspendons", "suspendre", "present"},
		{"fr", "suspendu", "suspendre", "participle"},
		{"fr", "expulsées", "expulser", "participle"},
		{"fr", "menaça", "menacer", "past"},
		{"fr", "annexeraient", "annexer", "conditional"},
		{"fr", "rejette", "rejeter", "present"},
		{"fr", "interdit", "interdire", "participle"},
		{"fr", "détruisirent", "détruire", "past"},
		{"fr", "lèvera", "lever", "future"},
		{"fr", "protège", "protéger", "present"},
		{"fr", "exigeant", "exiger", "gerund"},
		{"fr", "enverra", "envoyer", "future"},
		{"fr", "retienne", "retenir", "subjunctive"},
		{"fr", "punissent", "punir", "present"},
		{"fr", "combattu", "combattre", "participle"},
		{"en", "expelled", "expel", "past"},
		{"en", "banned", "ban", "participle"},
		{"en", "denies", "deny", "present"},
		{"en", "withdrew", "withdraw", "past"},
		{"en", "struck", "strike", "participle"},
		{"en", "visiting", "visit", "gerund"},
		{"en", "kidnapped", "kidnap", "past"},
		{"en", "vetoed", "veto", "past"},
		{"en", "agreed", "agree", "past"},
	} {
		t.Run(c.lang+" "+c.form+" is a "+c.tense+" of "+c.lemma, func(t *testing.T) {
			w := lexicon.Default().Language(c.lang).Word(c.form)
			if w == nil {
				t.Fatal("unknown form")
			}
			for _, f := range w.Verbs {
				if f.Verb.Lemma == c.lemma && f.Tense&tenses[c.tense] != 0 {
					return
				}
			}
			t.Errorf("not among %d verbs", len(w.Verbs))
		})
	}
}

var tenses = map[string]lexicon.Tense{
	"present": lexicon.Present, "past": lexicon.Past, "participle": lexicon.Participle, "gerund": lexicon.Gerund,
	"future": lexicon.Future, "conditional": lexicon.Conditional, "subjunctive": lexicon.Subjunctive,
}

func TestLexiconIsDeterministic(t *testing.T) {
	dump := func() []string {
		var out []string
		for _, code := range languages {
			for _, s := range lexicon.Default().Language(code).Senses() {
				out = append(out, s.Lemma+" "+s.CAMEO)
			}
		}
		return out
	}
	if diff := cmp.Diff(dump(), dump()); diff != "" {
		t.Error(diff)
	}
	if len(lexicon.Default().Hash()) != 64 {
		t.Errorf("hash %q", lexicon.Default().Hash())
	}
	if lexicon.Default().Language("xx") != nil {
		t.Error("a language nobody wrote")
	}
}

func ExampleLanguage_Word() {
	word := lexicon.Default().Language("fr").Word("expulsé")
	sense := word.Verbs[0].Verb.Senses[len(word.Verbs[0].Verb.Senses)-1]
	fmt.Println(word.Verbs[0].Verb.Lemma, sense.Type, sense.Mode, sense.CAMEO)
	// Output: expulser SANCTION expel 161
}
