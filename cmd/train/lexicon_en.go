package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// english gathers WordNet's lemmas, its exceptions and the word lists of SCOWL, which say which regular inflections exist.
type english struct {
	words  map[string]bool   // every form of the word lists
	counts map[string][4]int // lemma → occurrences as noun, verb, adjective, adverb in the sense-tagged corpus
	all    []syntax.Entry
}

var englishParts = []struct {
	file, letter string
	tag          syntax.UPOS
	mark         syntax.Mark
}{
	{"noun", "n", syntax.NOUN, syntax.MostlyNoun},
	{"verb", "v", syntax.VERB, syntax.MostlyVerb},
	{"adj", "a", syntax.ADJ, syntax.MostlyAdj},
	{"adv", "r", syntax.ADV, syntax.MostlyAdv},
}

func englishEntries(wordnet, scowl, brill string) ([]syntax.Entry, error) {
	e := &english{words: map[string]bool{}, counts: map[string][4]int{}}
	if err := e.readScowl(scowl); err != nil {
		return nil, err
	}
	if err := e.readCounts(filepath.Join(wordnet, "cntlist.rev")); err != nil {
		return nil, err
	}
	for i := range englishParts {
		if err := e.readPart(wordnet, i); err != nil {
			return nil, err
		}
	}
	tagged, err := brillEntries(brill)
	if err != nil {
		return nil, err
	}
	return append(e.all, tagged...), nil
}

func (e *english) readScowl(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		name := f.Name()
		size := filepath.Ext(name)
		if size > ".80" || strings.HasPrefix(name, "special") || strings.HasPrefix(name, "australian") || strings.Contains(name, "variant_2") {
			continue
		}
		lines, err := readLines(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		for _, line := range lines {
			word := latin1(line)
			if strings.ContainsRune(word, '\'') {
				continue
			}
			e.words[word] = true
			if strings.Contains(name, "proper-names") || strings.Contains(name, "upper") && size <= ".70" {
				e.all = append(e.all, syntax.Entry{Form: word, Lemma: word, Tag: syntax.PROPN, Feats: syntax.ParseFeats("Number=Sing")})
			}
		}
	}
	return nil
}

func latin1(s string) string {
	r := make([]rune, len(s))
	for i := range len(s) {
		r[i] = rune(s[i])
	}
	return string(r)
}

func (e *english) readCounts(name string) error {
	lines, err := readLines(name)
	if err != nil {
		return err
	}
	for _, line := range lines {
		f := strings.Fields(line)
		lemma, key, ok := strings.Cut(f[0], "%")
		if !ok || len(f) < 3 {
			continue
		}
		n, err := strconv.Atoi(f[2])
		if err != nil {
			return err
		}
		c := e.counts[lemma]
		switch key[0] {
		case '1', '2', '3', '4':
			c[key[0]-'1'] += n
		case '5': // an adjective satellite
			c[2] += n
		}
		e.counts[lemma] = c
	}
	return nil
}

func (e *english) readPart(dir string, part int) error {
	p := englishParts[part]
	exceptions, err := readLines(filepath.Join(dir, p.file+".exc"))
	if err != nil {
		return err
	}
	irregulars := map[string][]string{}
	for _, line := range exceptions {
		if f := strings.Fields(line); len(f) >= 2 && !strings.Contains(line, "_") {
			irregulars[f[1]] = append(irregulars[f[1]], f[0])
		}
	}
	synsets, err := readSynsets(filepath.Join(dir, "data."+p.file))
	if err != nil {
		return err
	}
	index, err := readLines(filepath.Join(dir, "index."+p.file))
	if err != nil {
		return err
	}
	for _, line := range index {
		f := strings.Fields(line)
		if strings.HasPrefix(line, " ") || len(f) < 6 || strings.Contains(f[0], "_") || closedClass[f[0]] {
			continue
		}
		pointers, _ := strconv.Atoi(f[3])
		senses := f[6+pointers:]
		e.addLemma(part, f[0], senses, synsets, irregulars[f[0]])
	}
	return nil
}

// synset is what we take of a WordNet synset: its lexicographer file, its words as written, its verb frames.
type synset struct {
	class    int
	words    []string
	instance bool
	frames   []string
}

func readSynsets(name string) (map[string]synset, error) {
	lines, err := readLines(name)
	if err != nil {
		return nil, err
	}
	all := map[string]synset{}
	for _, line := range lines {
		if strings.HasPrefix(line, " ") {
			continue
		}
		line, _, _ = strings.Cut(line, " | ")
		f := strings.Fields(line)
		class, _ := strconv.Atoi(f[1])
		n, _ := strconv.ParseInt(f[3], 16, 0)
		s := synset{class: class}
		for i := range int(n) {
			s.words = append(s.words, f[4+2*i])
		}
		rest := f[4+2*n:]
		s.instance = slices.Contains(rest, "@i")
		for i := range rest {
			if rest[i] == "+" && i+2 < len(rest) && len(rest[i+1]) == 2 && len(rest[i+2]) == 2 {
				s.frames = append(s.frames, rest[i+1])
			}
		}
		all[f[0]] = s
	}
	return all, nil
}

func (e *english) addLemma(part int, lemma string, senses []string, synsets map[string]synset, irregulars []string) {
	p := englishParts[part]
	first := synsets[senses[0]]
	written := lemma
	for _, w := range first.words {
		if strings.EqualFold(w, lemma) {
			written = w
		}
	}
	entry := syntax.Entry{Form: written, Lemma: written, Tag: p.tag, Marks: e.mostly(lemma, part)}
	switch p.tag {
	case syntax.NOUN:
		entry.Class = uint8(first.class + 1)
		entry.Feats = syntax.ParseFeats("Number=Sing")
		if first.instance || written != lemma {
			entry.Tag = syntax.PROPN
			if first.class == 15 {
				entry.Marks |= syntax.PlaceName
			}
		}
		e.all = append(e.all, entry)
		entry.Feats = syntax.ParseFeats("Number=Plur")
		e.inflect(entry, irregulars, plurals(written))
	case syntax.VERB:
		entry.Class = uint8(first.class + 1)
		for _, s := range senses {
			for _, frame := range synsets[s].frames {
				entry.Marks |= frameMark(frame)
			}
		}
		e.addVerb(entry, irregulars)
	default:
		entry.Class = uint8(first.class + 1)
		e.all = append(e.all, entry)
		e.inflect(entry, irregulars, comparatives(written))
	}
}

// mostly tells the part of speech that three in four of the lemma's counted occurrences have.
func (e *english) mostly(lemma string, part int) syntax.Mark {
	c := e.counts[lemma]
	total := c[0] + c[1] + c[2] + c[3]
	if total < 4 || c[part]*4 < total*3 {
		return 0
	}
	return englishParts[part].mark
}

// frameMark reads WordNet's sentence frames (wninput(5WN)).
func frameMark(frame string) syntax.Mark {
	switch frame {
	case "08", "09", "10", "11":
		return syntax.Transitive
	case "01", "02", "03", "04", "22":
		return syntax.Intransitive
	case "26", "29", "34":
		return syntax.Clausal
	case "24", "25", "28", "32", "35":
		return syntax.Infinitival
	}
	return 0
}

func (e *english) addVerb(entry syntax.Entry, irregulars []string) {
	lemma := entry.Lemma
	entry.Feats = syntax.ParseFeats("VerbForm=Inf")
	e.all = append(e.all, entry)
	entry.Feats = syntax.ParseFeats("Mood=Ind|Tense=Pres|VerbForm=Fin")
	e.all = append(e.all, entry)
	var past, ing, third []string
	for _, f := range irregulars {
		switch {
		case strings.HasSuffix(f, "ing"):
			ing = append(ing, f)
		case strings.HasSuffix(f, "s") && len(f) > 3:
			third = append(third, f)
		default:
			past = append(past, f)
		}
	}
	entry.Feats = syntax.ParseFeats("Mood=Ind|Number=Sing|Person=3|Tense=Pres|VerbForm=Fin")
	e.inflect(entry, third, plurals(lemma))
	entry.Feats = syntax.ParseFeats("Tense=Pres|VerbForm=Part")
	e.inflect(entry, ing, joined(lemma, "ing"))
	entry.Feats = syntax.ParseFeats("Mood=Ind|Tense=Past|VerbForm=Fin")
	e.inflect(entry, past, joined(lemma, "ed"))
	entry.Feats = syntax.ParseFeats("Tense=Past|VerbForm=Part")
	e.inflect(entry, past, joined(lemma, "ed"))
}

// inflect adds the irregular forms, or those regular ones that the word lists know.
func (e *english) inflect(entry syntax.Entry, irregulars, candidates []string) {
	forms := irregulars
	if len(forms) == 0 {
		for _, c := range candidates {
			if e.words[c] {
				forms = append(forms, c)
			}
		}
	}
	for _, f := range forms {
		entry.Form = f
		e.all = append(e.all, entry)
	}
}

func plurals(s string) []string {
	out := []string{s + "s", s + "es"}
	if stem, ok := strings.CutSuffix(s, "y"); ok {
		out = append(out, stem+"ies")
	}
	return out
}

func joined(s, ending string) []string {
	out := []string{s + ending}
	if stem, ok := strings.CutSuffix(s, "e"); ok {
		out = append(out, stem+ending)
	}
	if stem, ok := strings.CutSuffix(s, "y"); ok && ending == "ed" {
		out = append(out, stem+"ied")
	}
	if n := len(s); n > 1 {
		out = append(out, s+s[n-1:]+ending)
	}
	return out
}

func comparatives(s string) []string {
	return slices.Concat(joined(s, "er"), joined(s, "est"))
}

var closedClass = wordSet(`a an the this that these those i you he she it we they me him her us them my your his its our their
mine yours hers ours theirs who whom whose which what and or but nor so yet for if as at by in of on to with from into onto
off out up down over under be am is are was were been being have has had having do does did can could may might must shall
should will would not no all any both each every either neither some such than then there here when where why how`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}
