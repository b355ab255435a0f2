package syntax_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// trees parses every sentence of a text.
func trees(t testing.TB, lang, s string) []syntax.Tree {
	t.Helper()
	m := syntax.For(lang)
	if m == nil {
		t.Fatalf("no model for %q", lang)
	}
	d := text.Segment(s, lang)
	var all []syntax.Tree
	for i := range d.Sentences {
		all = append(all, m.Parse(d, i))
	}
	return all
}

// arc writes the relation of the first word of a form: "nsubj(annoncé)".
func arc(t syntax.Tree, form string) string {
	for _, w := range t.Words {
		if w.Form == form {
			if w.Head < 0 {
				return "root"
			}
			rel, _, _ := strings.Cut(w.Rel, ":")
			if w.Rel == "nsubj:pass" || w.Rel == "obl:agent" {
				rel = w.Rel
			}
			return rel + "(" + t.Words[w.Head].Form + ")"
		}
	}
	return "no such word"
}

func TestCoreArguments(t *testing.T) {
	for name, c := range map[string]struct {
		lang, text string
		want       map[string]string
	}{
		"the seed's lead: a clause in a clause, control": {
			"fr", "Sergei Lavrov, 71 ans, a annoncé que le Kremlin avait décidé de suspendre sa mission permanente au sein de l’OTAN à la suite d’une détérioration des relations entre le bloc et la Russie.",
			map[string]string{"Sergei": "nsubj(annoncé)", "annoncé": "root", "Kremlin": "nsubj(décidé)", "décidé": "ccomp(annoncé)", "suspendre": "xcomp(décidé)", "mission": "obj(suspendre)"},
		},
		"the seed's expulsion": {
			"fr", "Quatre ans plus tard, l’OTAN a choisi d’expulser sept diplomates russes à la suite de l’attaque fatale à l’agent neurotoxique contre Salisbury.",
			map[string]string{"OTAN": "nsubj(choisi)", "choisi": "root", "expulser": "xcomp(choisi)", "diplomates": "obj(expulser)"},
		},
		"a French passive with its agent": {
			"fr", "Le ministre a été arrêté par la police.",
			map[string]string{"ministre": "nsubj:pass(arrêté)", "arrêté": "root", "police": "obl:agent(arrêté)"},
		},
		"a French relative clause": {
			"fr", "Le président qui a signé le traité rencontre ses alliés.",
			map[string]string{"président": "nsubj(rencontre)", "qui": "nsubj(signé)", "traité": "obj(signé)", "alliés": "obj(rencontre)"},
		},
		"an English passive with its agent": {
			"en", "Seven diplomats were expelled by NATO.",
			map[string]string{"diplomats": "nsubj:pass(expelled)", "expelled": "root", "NATO": "obl:agent(expelled)"},
		},
		"English control": {
			"en", "Russia decided to suspend its permanent mission.",
			map[string]string{"Russia": "nsubj(decided)", "suspend": "xcomp(decided)", "mission": "obj(suspend)"},
		},
		"an English clause in a clause": {
			"en", "The minister said that the army had attacked the town.",
			map[string]string{"minister": "nsubj(said)", "attacked": "ccomp(said)", "army": "nsubj(attacked)", "town": "obj(attacked)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tree := trees(t, c.lang, c.text)[0]
			got := map[string]string{}
			for form := range c.want {
				got[form] = arc(tree, form)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s\n%s", diff, tree.Draw())
			}
		})
	}
}

func TestWordsOfSurfaceTokens(t *testing.T) {
	for name, c := range map[string]struct{ lang, text, want string }{
		"contractions are two words":                     {"fr", "Il parle au chef du parti.", "Il parle à le chef de le parti ."},
		"des before a complement is two words":           {"fr", "Le chef des armées est parti.", "Le chef de les armées est parti ."},
		"des may be an article":                          {"fr", "Ils ont lancé des missiles.", "Ils ont lancé des missiles ."},
		"inversions":                                     {"fr", "Viendra-t-il demain ?", "Viendra -t-il demain ?"},
		"elisions with a typographic apostrophe":         {"fr", "L’OTAN n’a qu’un but.", "L’ OTAN n’ a qu’ un but ."},
		"thousands are one word":                         {"fr", "Il y a 50 000 morts.", "Il y a 50 000 morts ."},
		"English negations and possessives":              {"en", "Russia's army didn't move.", "Russia 's army did n't move ."},
		"English compounds are untied, prefixes are not": {"en", "Pre-war al-Qaeda was well-known.", "Pre-war al - Qaeda was well - known ."},
		"dates and times in digits are one word":         {"en", "It began at 12:30 on 01/24/2001.", "It began at 12:30 on 01/24/2001 ."},
		"words written together":                         {"en", "We cannot go.", "We can not go ."},
		"a contraction keeps its capital":                {"fr", "Au Mali, tout va bien.", "À le Mali , tout va bien ."},
		"abbreviations do not break the sentence":        {"en", "Mr. Smith met Gen. Mattis.", "Mr. Smith met Gen. Mattis ."},
		"French titles do not break the sentence":        {"fr", "M. Lavrov a répondu.", "M. Lavrov a répondu ."},
		"contractions of relatives are two words":        {"fr", "Le pays duquel il vient.", "Le pays de lequel il vient ."},
		"a name that ends in a period, a decimal ":       {"en", "It fell 3.5 percent in the U.S. on Monday.", "It fell 3.5 percent in the U.S. on Monday ."},
	} {
		t.Run(name, func(t *testing.T) {
			var forms []string
			for _, tree := range trees(t, c.lang, c.text) {
				for _, w := range tree.Words {
					forms = append(forms, w.Form)
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(forms, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSpansAreTheSurface(t *testing.T) {
	s := "Le chef du parti, né à Paris, parle aux élus."
	for _, tree := range trees(t, "fr", s) {
		var got []string
		for _, w := range tree.Words {
			got = append(got, s[w.Start:w.End])
		}
		want := []string{"Le", "chef", "du", "du", "parti", ",", "né", "à", "Paris", ",", "parle", "aux", "aux", "élus", "."}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestLemmasAndFeatures(t *testing.T) {
	tree := trees(t, "fr", "Les armées avaient bombardé les villes.")[0]
	var got []string
	for _, w := range tree.Words {
		got = append(got, w.Form+" "+w.Lemma+" "+w.Tag.String()+" "+w.Feats.String())
	}
	want := []string{
		"Les le DET Number=Plur|PronType=Art", "armées armée NOUN Number=Plur",
		"avaient avoir AUX Mood=Ind|Number=Plur|Person=3|Tense=Imp|VerbForm=Fin",
		"bombardé bombarder VERB Number=Sing|Tense=Past|VerbForm=Part",
		"les le DET Number=Plur|PronType=Art", "villes ville NOUN Number=Plur", ". . PUNCT _",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLemmasOfVerbsWhoseStemChangesAnAccent(t *testing.T) {
	for _, pair := range [][2]string{
		{"Le ministre cède la place.", "céder"},
		{"Le ministre intercède pour la ville.", "intercéder"},
		{"Le ministre abrège la séance.", "abréger"},
		{"Le ministre assiège la ville.", "assiéger"},
	} {
		if w := trees(t, "fr", pair[0])[0].Words[2]; w.Lemma != pair[1] {
			t.Errorf("%s: lemma %q of %s, want %s", pair[0], w.Lemma, w.Form, pair[1])
		}
	}
}

func TestThePassiveIsAVoice(t *testing.T) {
	tree := trees(t, "en", "Seven diplomats were attacked by the crowd.")[0]
	if w := tree.Words[3]; w.Feats.Voice() != "Pass" || w.Lemma != "attack" {
		t.Errorf("attacked: %s %s", w.Lemma, w.Feats)
	}
}

func TestALongListIsOnlyChunked(t *testing.T) {
	for _, n := range []int{100, 3_000} {
		s := "Le ministre a rencontré " + strings.Repeat("Paul, ", n) + "Jean."
		tree := trees(t, "fr", s)[0]
		if !tree.Shallow {
			t.Errorf("%d names: a tree of %d words is not marked as shallow", n, len(tree.Words))
		}
		check(t, s, tree)
		if got := arc(tree, "ministre"); got != "nsubj(rencontré)" {
			t.Errorf("ministre is %s", got)
		}
	}
}

func TestGoroutinesShareAModel(t *testing.T) {
	s := "Le ministre des Affaires étrangères du Kremlin a déclaré que la Russie suspendrait sa mission."
	want := trees(t, "fr", s)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				if diff := cmp.Diff(want, trees(t, "fr", s)); diff != "" {
					t.Error(diff)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestNoModelForOtherLanguages(t *testing.T) {
	if syntax.For("de") != nil || syntax.For("") != nil {
		t.Error("a model for a language that has none")
	}
}

// check holds a tree to its law: one root, heads inside, no cycle, spans in text order and inside the text.
func check(t testing.TB, s string, tree syntax.Tree) {
	t.Helper()
	roots, last := 0, 0
	for i, w := range tree.Words {
		if w.Head < 0 {
			roots++
		}
		if w.Head >= len(tree.Words) || w.Head == i {
			t.Fatalf("word %d of %q has head %d", i, s, w.Head)
		}
		if w.Start < last || w.End <= w.Start || w.End > len(s) {
			t.Fatalf("word %d of %q has span %v", i, s, w.Span)
		}
		last = w.Start
		steps := 0
		for h := w.Head; h >= 0; h = tree.Words[h].Head {
			if steps++; steps > len(tree.Words) {
				t.Fatalf("word %d of %q is in a cycle", i, s)
			}
		}
		if w.Rel == "" || w.Lemma == "" {
			t.Fatalf("word %d of %q has relation %q, lemma %q", i, s, w.Rel, w.Lemma)
		}
	}
	if roots != 1 {
		t.Fatalf("%q has %d roots", s, roots)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "a", "Des du des au aux.", "Sergei Lavrov, 71 ans, a annoncé…", "I can't, won't; cannot!", "1 000 000 000 000", "’’’ ««« —", "\xff\x00é",
		strings.Repeat("a, ", 400), "AUX ÉLUS DES ÎLES", "ﬀ ǅ ß İ", "he's she's it's they've",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = s[:min(len(s), 4000)]
		for _, lang := range []string{"fr", "en"} {
			for _, tree := range trees(t, lang, s) {
				check(t, s, tree)
			}
		}
	})
}
