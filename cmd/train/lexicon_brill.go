package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// tagged is a word of the tag lexicon of Brill's tagger (Brill 1992): the Penn Treebank's tags that it had in the Wall Street
// Journal and the Brown corpus, the most frequent first.
type tagged struct {
	form string
	tags []string
}

var (
	brillTag  = regexp.MustCompile(`^  (?:'([^']*)'|"([^"]*)"),?$`)
	brillWord = regexp.MustCompile(`^  (?:'([^'\\]*)'|"([^"\\]*)"|([\w$]+)): (?:(\d+)|\[([\d, ]+)\]),?$`)
)

// readBrill reads the npm package brill, unpacked in dir: a list of tags, and the words with the numbers of theirs.
func readBrill(dir string) ([]tagged, error) {
	lines, err := readLines(filepath.Join(dir, "lib", "tags.js"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, line := range lines {
		if m := brillTag.FindStringSubmatch(line); m != nil {
			names = append(names, m[1]+m[2])
		}
	}
	if lines, err = readLines(filepath.Join(dir, "lib", "words.js")); err != nil {
		return nil, err
	}
	var all []tagged
	for _, line := range lines {
		m := brillWord.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		w := tagged{form: m[1] + m[2] + m[3]}
		for number := range strings.SplitSeq(m[4]+m[5], ",") {
			i, err := strconv.Atoi(strings.TrimSpace(number))
			if err != nil {
				return nil, fmt.Errorf("brill: %q: %w", w.form, err)
			}
			if i >= len(names) { // as the last tag of "your" in version 3.1.0
				continue
			}
			name, _, _ := strings.Cut(names[i], "|") // where the annotators could not choose, what they name first
			if !slices.Contains(w.tags, name) {
				w.tags = append(w.tags, name)
			}
		}
		all = append(all, w)
	}
	return all, nil
}

// brillEntries gives the usages of the words, and readings where a tag says the lemma too.
func brillEntries(dir string) ([]syntax.Entry, error) {
	words, err := readBrill(dir)
	if err != nil {
		return nil, err
	}
	number := usages(words)
	var all []syntax.Entry
	for _, w := range words {
		if !strings.ContainsFunc(w.form, unicode.IsLetter) {
			continue
		}
		usage := syntax.Entry{Form: w.form, Usage: number(w.tags)}
		all = append(all, usage)
		for _, tag := range w.tags {
			if r, ok := brillReadings[tag]; ok && !closedClass[w.form] {
				e := usage
				e.Lemma, e.Tag, e.Feats = w.form, r.tag, syntax.ParseFeats(r.feats)
				all = append(all, e)
			}
		}
	}
	return all, nil
}

// usages numbers the lists of tags: the 255 most frequent have numbers of their own, a rarer one has that of its longest beginning.
func usages(words []tagged) func(tags []string) uint8 {
	counts := map[string]int{}
	for _, w := range words {
		counts[strings.Join(w.tags, " ")]++
	}
	lists := make([]string, 0, len(counts))
	for list := range counts {
		lists = append(lists, list)
	}
	slices.SortFunc(lists, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	numbers := map[string]uint8{}
	for _, list := range lists[:min(255, len(lists))] {
		numbers[list] = uint8(len(numbers) + 1)
	}
	return func(tags []string) uint8 {
		for n := len(tags); n > 0; n-- {
			if i := numbers[strings.Join(tags[:n], " ")]; i > 0 {
				return i
			}
		}
		return 0
	}
}

// brillReadings are the tags of words that are their own lemmas.
var brillReadings = map[string]struct {
	tag   syntax.UPOS
	feats string
}{
	"NN":  {syntax.NOUN, "Number=Sing"},
	"NNP": {syntax.PROPN, "Number=Sing"},
	"JJ":  {syntax.ADJ, ""},
	"RB":  {syntax.ADV, ""},
	"VB":  {syntax.VERB, "VerbForm=Inf"},
	"VBP": {syntax.VERB, "Mood=Ind|Tense=Pres|VerbForm=Fin"},
	"UH":  {syntax.INTJ, ""},
	"CD":  {syntax.NUM, ""},
}
