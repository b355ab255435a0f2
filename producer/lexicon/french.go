package lexicon

import (
	"fmt"
	"strings"
)

// model is how a French verb is conjugated: the present's six persons, the future's stem, the past historic's third
// person and the participle, all without what stands before the ending.
type model struct {
	ending     string
	present    []string
	future     string
	historic   string
	participle string
}

func french(text string) (inflect, error) {
	var models []model
	for n, line := range lines(text) {
		f := strings.Split(line, "|")
		if len(f) != 5 {
			return inflect{}, fmt.Errorf("models: line %d: want five fields", n)
		}
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		m := model{f[0], strings.Fields(f[1]), f[2], f[3], f[4]}
		if len(m.present) != 6 {
			return inflect{}, fmt.Errorf("models: line %d: want six persons", n)
		}
		models = append(models, m)
	}
	return inflect{
		verb:   func(lemma string, emit func(string, Tense)) { conjugateFrench(models, lemma, emit) },
		plural: pluralFrench,
	}, nil
}

func conjugateFrench(models []model, lemma string, emit func(string, Tense)) {
	m, stem := modelFor(models, lemma)
	emit(lemma, Infinitive)
	for _, p := range m.present {
		emit(stem+p, Present)
	}
	we, they := stem+m.present[3], stem+m.present[5]
	base := strings.TrimSuffix(we, "ons")
	soft := soften(base) // before a: mangeait, annonçait
	emit(soft+"ant", Gerund)
	for _, e := range []string{"ais", "ait", "aient"} {
		emit(soft+e, Past)
	}
	for _, e := range []string{"ions", "iez"} {
		emit(harden(base)+e, Past|Subjunctive)
	}
	third := strings.TrimSuffix(they, "ent")
	for _, e := range []string{"e", "es", "ent"} {
		emit(third+e, Subjunctive)
	}
	for _, e := range []string{"ai", "as", "a", "ons", "ez", "ont"} {
		emit(stem+m.future+e, Future)
	}
	for _, e := range []string{"ais", "ait", "ions", "iez", "aient"} {
		emit(stem+m.future+e, Conditional)
	}
	for _, f := range historic(stem + m.historic) {
		emit(f, Past)
	}
	emitParticiple(stem+m.participle, emit)
}

func emitParticiple(p string, emit func(string, Tense)) {
	feminine := strings.Replace(p, "û", "u", 1) + "e"
	plural := p + "s"
	if strings.HasSuffix(p, "s") {
		plural = p
	}
	for _, f := range []string{p, plural, feminine, feminine + "s"} {
		emit(f, Participle)
	}
}

// historic gives the past historic from its third person singular.
func historic(third string) []string {
	switch {
	case strings.HasSuffix(third, "int"):
		n := strings.TrimSuffix(third, "t")
		return []string{third, n + "s", n + "rent"}
	case strings.HasSuffix(third, "it"), strings.HasSuffix(third, "ut"):
		n := strings.TrimSuffix(third, "t")
		return []string{third, n + "s", n + "rent"}
	case strings.HasSuffix(third, "a"):
		n := harden(strings.TrimSuffix(third, "a"))
		return []string{third, third + "i", third + "s", n + "èrent"}
	}
	return []string{third}
}

// modelFor finds the model with the longest fitting ending, or makes the regular one.
func modelFor(models []model, lemma string) (model, string) {
	best := -1
	for i, m := range models {
		if strings.HasSuffix(lemma, m.ending) && (best < 0 || len(m.ending) > len(models[best].ending)) {
			best = i
		}
	}
	if best >= 0 {
		return models[best], strings.TrimSuffix(lemma, models[best].ending)
	}
	switch {
	case strings.HasSuffix(lemma, "er"):
		return firstGroup(lemma), ""
	case strings.HasSuffix(lemma, "ir"), strings.HasSuffix(lemma, "ïr"):
		s := strings.TrimSuffix(lemma, "r")
		return model{
			present: []string{s + "s", s + "s", s + "t", s + "ssons", s + "ssez", s + "ssent"},
			future:  lemma, historic: s + "t", participle: s,
		}, ""
	}
	s := strings.TrimSuffix(lemma, "re")
	return model{
		present: []string{s + "s", s + "s", s, s + "ons", s + "ez", s + "ent"},
		future:  s + "r", historic: s + "it", participle: s + "u",
	}, ""
}

// firstGroup is the model of a verb in -er with its changes of spelling.
func firstGroup(lemma string) model {
	s := strings.TrimSuffix(lemma, "er")
	strong, future := strongStem(s)
	return model{
		present:  []string{strong + "e", strong + "es", strong + "e", soften(s) + "ons", s + "ez", strong + "ent"},
		future:   future,
		historic: soften(s) + "a", participle: s + "é",
	}
}

// strongStem is the stem before a silent e, and the future's: lever, lèv-, lèver-; appeler, appell-, appeller-.
func strongStem(s string) (strong, future string) {
	strong, future = s, s+"er"
	switch {
	case strings.HasSuffix(s, "oy"), strings.HasSuffix(s, "uy"):
		strong = s[:len(s)-1] + "i"
		return strong, strong + "er"
	case strings.HasSuffix(s, "appel"), strings.HasSuffix(s, "jet"):
		strong = s + s[len(s)-1:]
		return strong, strong + "er"
	}
	i := strings.LastIndexAny(s, "aeiouéèêyàâîôûï")
	if i < 0 || i == 0 && s[0] == 'e' {
		return strong, future
	}
	switch tail := s[i:]; {
	case strings.HasPrefix(tail, "é") && len(tail) > len("é"):
		return s[:i] + "è" + tail[len("é"):], future // protéger, protège, protégera
	case strings.HasPrefix(tail, "e") && len(tail) == 2 && tail != "ex": // one consonant only: lever, acheter
		strong = s[:i] + "è" + tail[1:]
		return strong, strong + "er"
	}
	return strong, future
}

// soften keeps the sound of c and g before a and o.
func soften(s string) string {
	switch {
	case strings.HasSuffix(s, "c"):
		return strings.TrimSuffix(s, "c") + "ç"
	case strings.HasSuffix(s, "g"):
		return s + "e"
	}
	return s
}

// harden undoes soften.
func harden(s string) string {
	switch {
	case strings.HasSuffix(s, "ç"):
		return strings.TrimSuffix(s, "ç") + "c"
	case strings.HasSuffix(s, "ge"):
		return strings.TrimSuffix(s, "e")
	}
	return s
}

func pluralFrench(w string) []string {
	switch {
	case strings.HasSuffix(w, "s"), strings.HasSuffix(w, "x"), strings.HasSuffix(w, "z"):
		return nil
	case strings.HasSuffix(w, "al"):
		return []string{strings.TrimSuffix(w, "al") + "aux"}
	case strings.HasSuffix(w, "eau"), strings.HasSuffix(w, "eu"):
		return []string{w + "x"}
	case strings.HasSuffix(w, "ien"):
		return []string{w + "s", w + "ne", w + "nes"}
	case strings.HasSuffix(w, "ant"), strings.HasSuffix(w, "é"):
		return []string{w + "s", w + "e", w + "es"}
	}
	return []string{w + "s"}
}
