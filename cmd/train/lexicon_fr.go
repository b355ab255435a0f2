package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// suffix is one suffix rule of a hunspell affix file.
type suffix struct {
	strip, add, condition string
	morph                 []string
}

// frenchEntries expands Debian's hunspell-fr: every stem with every suffix, and what the dictionary says of each.
func frenchEntries(dir string) ([]syntax.Entry, error) {
	suffixes, err := readSuffixes(filepath.Join(dir, "fr.aff"))
	if err != nil {
		return nil, err
	}
	lines, err := readLines(filepath.Join(dir, "fr.dic"))
	if err != nil {
		return nil, err
	}
	var all []syntax.Entry
	for _, line := range lines[1:] {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		stem, flags, _ := strings.Cut(fields[0], "/")
		all = expand(all, stem, flags, fields[1:], suffixes)
	}
	slices.SortStableFunc(all, func(a, b syntax.Entry) int { return likelihood(b) - likelihood(a) })
	return all, nil
}

func expand(all []syntax.Entry, stem, flags string, morph []string, suffixes map[string][]suffix) []syntax.Entry {
	lemma, bare := stem, true
	for _, m := range morph {
		if l, ok := strings.CutPrefix(m, "st:"); ok {
			lemma = l
		}
	}
	for i := 0; i+2 <= len(flags); {
		_, n := utf8.DecodeRuneInString(flags[i:])
		_, m := utf8.DecodeRuneInString(flags[i+n:])
		flag := flags[i : i+n+m]
		i += n + m
		if flag == "()" {
			bare = false
		}
		for _, s := range suffixes[flag] {
			if !s.matches(stem) {
				continue
			}
			form := strings.TrimSuffix(stem, s.strip) + s.add
			all = frenchReadings(all, form, lemma, slices.Concat(morph, s.morph))
		}
	}
	if bare {
		all = frenchReadings(all, stem, lemma, morph)
	}
	return all
}

var frenchTags = map[string]syntax.UPOS{
	"po:nom": syntax.NOUN, "po:adj": syntax.ADJ, "po:adv": syntax.ADV, "po:npr": syntax.PROPN, "po:prn": syntax.PROPN,
	"po:patr": syntax.PROPN, "po:nb": syntax.NUM, "po:nbro": syntax.ADJ, "po:interj": syntax.INTJ, "po:prep": syntax.ADP,
	"po:cjsub": syntax.SCONJ, "po:cjco": syntax.CCONJ, "po:det": syntax.DET, "po:detpos": syntax.DET, "po:detdem": syntax.DET,
	"po:detind": syntax.DET, "po:properobj": syntax.PRON, "po:propersuj": syntax.PRON, "po:prodem": syntax.PRON,
	"po:proind": syntax.PRON, "po:prorel": syntax.PRON, "po:proint": syntax.PRON, "po:proneg": syntax.PRON,
	"po:negadv": syntax.ADV, "po:advint": syntax.ADV, "po:loc.adv": syntax.ADV, "po:loc.adj": syntax.ADJ,
	"po:titr": syntax.NOUN,
}

var frenchTenses = map[string]string{
	"po:ipre": "Mood=Ind|Tense=Pres|VerbForm=Fin", "po:iimp": "Mood=Ind|Tense=Imp|VerbForm=Fin",
	"po:ipsi": "Mood=Ind|Tense=Past|VerbForm=Fin", "po:ifut": "Mood=Ind|Tense=Fut|VerbForm=Fin",
	"po:cond": "Mood=Cnd|Tense=Pres|VerbForm=Fin", "po:spre": "Mood=Sub|Tense=Pres|VerbForm=Fin",
	"po:simp": "Mood=Sub|Tense=Past|VerbForm=Fin", "po:impe": "Mood=Imp|Tense=Pres|VerbForm=Fin",
	"po:infi": "VerbForm=Inf", "po:ppre": "Tense=Pres|VerbForm=Part", "po:ppas": "Tense=Past|VerbForm=Part",
}

var frenchPersons = map[string]string{
	"po:1sg": "Number=Sing|Person=1", "po:2sg": "Number=Sing|Person=2", "po:3sg": "Number=Sing|Person=3",
	"po:1pl": "Number=Plur|Person=1", "po:2pl": "Number=Plur|Person=2", "po:3pl": "Number=Plur|Person=3", "po:3pl!": "Number=Plur|Person=3",
}

func frenchReadings(all []syntax.Entry, form, lemma string, morph []string) []syntax.Entry {
	number, verb := "", ""
	var marks syntax.Mark
	var tenses, persons []string
	for _, m := range morph {
		switch {
		case m == "is:sg":
			number = "Number=Sing"
		case m == "is:pl":
			number = "Number=Plur"
		case m == "po:prn":
			marks |= syntax.FirstName
		case m == "po:patr":
			marks |= syntax.Surname
		case m == "po:npr":
			marks |= syntax.PlaceName
		case m == "po:titr":
			marks |= syntax.Title
		case len(m) > 5 && strings.HasPrefix(m, "po:v") && m[4] >= '0' && m[4] <= '3':
			verb = m
		}
		if t := frenchTenses[m]; t != "" {
			tenses = append(tenses, t)
		}
		if p := frenchPersons[m]; p != "" {
			persons = append(persons, p)
		}
	}
	if verb != "" {
		return frenchVerb(all, form, lemma, verb, number, tenses, persons)
	}
	for _, m := range morph {
		if tag, ok := frenchTags[m]; ok {
			if first, _ := utf8.DecodeRuneInString(form); tag == syntax.NOUN && unicode.IsUpper(first) && marks&syntax.Title == 0 {
				tag = syntax.PROPN
			}
			all = append(all, syntax.Entry{Form: form, Lemma: lemma, Tag: tag, Feats: syntax.ParseFeats(number), Marks: marks})
		}
	}
	return all
}

func frenchVerb(all []syntax.Entry, form, lemma, verb, number string, tenses, persons []string) []syntax.Entry {
	e := syntax.Entry{Form: form, Lemma: lemma, Tag: syntax.VERB}
	for letter, mark := range map[string]syntax.Mark{"t": syntax.Transitive, "i": syntax.Intransitive, "n": syntax.Clausal, "q": syntax.Infinitival, "p": syntax.Infinitival} {
		if strings.Contains(verb[5:], letter) {
			e.Marks |= mark
		}
	}
	if len(tenses) == 0 { // listed apart, as the infinitives of être and avoir are
		tenses = []string{"VerbForm=Inf"}
	}
	for _, tense := range tenses {
		who := persons
		if !strings.Contains(tense, "Fin") {
			who = []string{number}
		} else if len(who) == 0 {
			who = []string{""}
		}
		for _, p := range who {
			e.Feats = syntax.ParseFeats(tense + "|" + p)
			e.Tag = syntax.VERB
			all = append(all, e)
			if lemma == "être" || lemma == "avoir" {
				e.Tag = syntax.AUX
				all = append(all, e)
			}
		}
	}
	return all
}

// likelihood puts the readings that news has most before the others.
func likelihood(e syntax.Entry) int {
	n := 0
	if e.Feats.Person() == "3" {
		n += 2
	}
	if e.Feats.Mood() == "Ind" {
		n++
	}
	return n
}

func (s suffix) matches(stem string) bool {
	if s.strip != "" && !strings.HasSuffix(stem, s.strip) {
		return false
	}
	c, rest := s.condition, stem
	if c == "." {
		return true
	}
	var parts []string
	for len(c) > 0 {
		_, n := utf8.DecodeRuneInString(c)
		if c[0] == '[' {
			n = strings.IndexByte(c, ']') + 1
		}
		parts, c = append(parts, c[:n]), c[n:]
	}
	for i := len(parts) - 1; i >= 0; i-- {
		r, n := utf8.DecodeLastRuneInString(rest)
		if n == 0 {
			return false
		}
		rest = rest[:len(rest)-n]
		p := parts[i]
		switch {
		case strings.HasPrefix(p, "[^"):
			if strings.ContainsRune(p[2:len(p)-1], r) {
				return false
			}
		case p[0] == '[':
			if !strings.ContainsRune(p[1:len(p)-1], r) {
				return false
			}
		case p != string(r):
			return false
		}
	}
	return true
}

func readSuffixes(name string) (map[string][]suffix, error) {
	lines, err := readLines(name)
	if err != nil {
		return nil, err
	}
	all := map[string][]suffix{}
	for _, line := range lines {
		f := strings.Fields(line)
		if len(f) < 5 || f[0] != "SFX" {
			continue
		}
		add, _, _ := strings.Cut(f[3], "/")
		s := suffix{strip: f[2], add: add, condition: f[4], morph: f[5:]}
		if s.strip == "0" {
			s.strip = ""
		}
		if s.add == "0" {
			s.add = ""
		}
		all[f[1]] = append(all[f[1]], s)
	}
	return all, nil
}

func readLines(name string) ([]string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	var lines []string
	scan := bufio.NewScanner(file)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		lines = append(lines, scan.Text())
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return lines, nil
}
