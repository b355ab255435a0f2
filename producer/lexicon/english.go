package lexicon

import (
	"fmt"
	"strings"
)

// irregular is the past and participle of an English verb.
type irregular struct{ past, participle string }

func english(text string) (inflect, error) {
	verbs := make(map[string]irregular)
	for n, line := range lines(text) {
		for entry := range strings.SplitSeq(line, ",") {
			f := strings.Fields(entry)
			switch len(f) {
			case 0:
				continue
			case 3:
				verbs[f[0]] = irregular{f[1], f[2]}
			default:
				return inflect{}, fmt.Errorf("irregular: line %d: %q: want base, past, participle", n, entry)
			}
		}
	}
	return inflect{
		verb:   func(lemma string, emit func(string, Tense)) { conjugateEnglish(verbs, lemma, emit) },
		plural: pluralEnglish,
	}, nil
}

func conjugateEnglish(verbs map[string]irregular, lemma string, emit func(string, Tense)) {
	emit(lemma, Infinitive|Present)
	emit(sibilant(lemma), Present)
	stem := doubled(lemma)
	emit(gerundStem(lemma, stem)+"ing", Gerund)
	if lemma == "be" {
		emit("is", Present)
		emit("are", Present)
		emit("were", Past)
	}
	if v, ok := verbs[lemma]; ok {
		emit(v.past, Past)
		emit(v.participle, Participle)
		return
	}
	past := stem + "ed"
	switch {
	case strings.HasSuffix(lemma, "e"):
		past = lemma + "d"
	case consonantY(lemma):
		past = strings.TrimSuffix(lemma, "y") + "ied"
	}
	emit(past, Past|Participle)
	if stem != lemma && strings.HasSuffix(lemma, "l") && !strings.HasSuffix(lemma, "pel") { // canceled beside cancelled
		emit(lemma+"ed", Past|Participle)
		emit(lemma+"ing", Gerund)
	}
}

func gerundStem(lemma, stem string) string {
	switch {
	case strings.HasSuffix(lemma, "ie"):
		return strings.TrimSuffix(lemma, "ie") + "y"
	case strings.HasSuffix(lemma, "ee"), strings.HasSuffix(lemma, "oe"), strings.HasSuffix(lemma, "ye"):
		return lemma
	case strings.HasSuffix(lemma, "e"):
		return strings.TrimSuffix(lemma, "e")
	}
	return stem
}

// sibilant adds the s of a plural or of the third person.
func sibilant(w string) string {
	switch {
	case consonantY(w):
		return strings.TrimSuffix(w, "y") + "ies"
	case strings.HasSuffix(w, "s"), strings.HasSuffix(w, "x"), strings.HasSuffix(w, "z"), strings.HasSuffix(w, "ch"),
		strings.HasSuffix(w, "sh"), w == "go", w == "do", w == "undergo", w == "veto", w == "torpedo", w == "embargo":
		return w + "es"
	}
	return w + "s"
}

func consonantY(w string) bool {
	n := len(w)
	return n > 1 && w[n-1] == 'y' && !vowel(w[n-2])
}

func vowel(c byte) bool { return strings.IndexByte("aeiou", c) >= 0 }

// stressed are the longer verbs that double their last consonant because the stress falls there.
var stressed = map[string]bool{
	"permit": true, "commit": true, "admit": true, "submit": true, "refer": true, "confer": true, "expel": true,
	"rebel": true, "compel": true, "regret": true, "abet": true, "repel": true, "deter": true, "transfer": true,
	"occur": true, "kidnap": true, "cancel": true, "quarrel": true, "remit": true, "omit": true, "dispel": true,
	"propel": true, "rebut": true, "incur": true, "airdrop": true, "unban": true, "worship": true, "model": true,
	"travel": true, "counsel": true, "signal": true, "label": true, "shovel": true,
}

// doubled is the stem before -ed and -ing.
func doubled(w string) string {
	n := len(w)
	if n < 3 || vowel(w[n-1]) || strings.IndexByte("wxyh", w[n-1]) >= 0 || !vowel(w[n-2]) || vowel(w[n-3]) && w[n-3:n-1] != "ui" {
		return w
	}
	if stressed[w] || !strings.ContainsAny(w[:n-2], "aeiouy") || strings.HasPrefix(w, "qui") {
		return w + w[n-1:]
	}
	return w
}

func pluralEnglish(w string) []string {
	switch {
	case strings.HasSuffix(w, "man"):
		return []string{strings.TrimSuffix(w, "man") + "men"}
	case strings.HasSuffix(w, "ss"), strings.HasSuffix(w, "y"), strings.HasSuffix(w, "x"), !strings.HasSuffix(w, "s"):
		return []string{sibilant(w)}
	}
	return nil
}
