package syntax

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/quidnunc-news/quidnunc/producer/syntax/conllu"
)

// Config says how Train trains.
type Config struct {
	Lang     string
	Words    []byte                        // the word list, as Compile wrote it; nil means none
	Sources  []Source                      // written into the model
	Spoken   []conllu.Sentence             // transcribed speech, for the parser only
	Seed     uint64                        // 0 means the language's
	Runs     int                           // shuffles whose averages are summed; 0 means the language's
	Epochs   int                           // passes over the treebank in each run; 0 means the language's
	Noise    [2]int                        // percent of the features left out at random while tagger and parser learn; 0 means the language's, below 0 none
	Scouting int                           // passes of the scout; 0 means 3
	Sifting  int                           // passes before each, which find the features worth keeping; 0 means 2
	Rows     [3]int                        // rows kept of tagger, parser, labeller; 0 means the language's
	Log      func(format string, a ...any) // progress; nil means none
}

// Treebank is a file that a model learns from.
type Treebank struct {
	Name   string
	Spoken bool // transcribed speech: its trees teach the parser, but its tags would mislead a tagger of news
}

// Treebanks names what the embedded model of a language learns from. What is not named is for measuring.
func Treebanks(lang string) []Treebank {
	switch lang {
	case "fr":
		return []Treebank{
			{"sequoia-train", false},
			{"gsd-dev", false},
			{"fqb-test", false},
			{"rhapsodie-train", true},
			{"rhapsodie-dev", true},
			{"rhapsodie-test", true},
			{"parisstories-train", true},
			{"parisstories-dev", true},
			{"parisstories-test", true},
		}
	case "en":
		return []Treebank{{"ewt-train", false}}
	}
	return nil
}

// recipe is what serves a language best, by its development sets.
func recipe(lang string) Config {
	switch lang {
	case "fr":
		return Config{Seed: 4, Runs: 3, Epochs: 11, Noise: [2]int{15, 20}, Rows: [3]int{150_000, 600_000, 80_000}}
	default:
		return Config{Seed: 1, Runs: 3, Epochs: 7, Noise: [2]int{15, 20}, Rows: [3]int{140_000, 550_000, 65_000}}
	}
}

// Train makes a model of the sentences. The same sentences and the same Config always give the same bytes.
func Train(sentences []conllu.Sentence, c Config) ([]byte, error) {
	if len(sentences) == 0 {
		return nil, errors.New("syntax: no sentences to train on")
	}
	t, err := newTrainer(sentences, c)
	if err != nil {
		return nil, err
	}
	t.learnTags()
	t.learnSplits(sentences)
	t.learnMorphs()
	t.learnTrees()
	return t.bytes()
}

// The bits of a key that number a bucket of the tagger's and the labellers' tables.
const (
	tagRowBits = 16
	labelBits  = 15
)

type trainer struct {
	c        Config
	m        *Model
	examples []*example
	written  int      // how many of the examples teach the tagger: the first
	margin   [3]int32 // by which tagger, parser, labeller must be right
	tagger   *learner
	splitter *learner
	scout    pupil
	parser   pupil
}

// example is a sentence of the treebank, ready to learn from. nodes has two empty nodes on either side.
type example struct {
	nodes  []node
	lows   [][]byte
	forms  []string
	lemmas []string
	feats  []Feats
	tags   []uint8
	head   []int32
	label  []uint8
	guides []guide
}

func newTrainer(sentences []conllu.Sentence, c Config) (*trainer, error) {
	usual := recipe(c.Lang)
	c.Seed, c.Runs, c.Epochs = cmp.Or(c.Seed, usual.Seed), cmp.Or(c.Runs, usual.Runs), cmp.Or(c.Epochs, usual.Epochs)
	for i, d := range usual.Noise {
		c.Noise[i] = cmp.Or(c.Noise[i], d)
	}
	c.Scouting, c.Sifting = cmp.Or(c.Scouting, 3), cmp.Or(c.Sifting, 2)
	for i, d := range usual.Rows {
		c.Rows[i] = cmp.Or(c.Rows[i], d)
	}
	if c.Log == nil {
		c.Log = func(string, ...any) {}
	}
	t := &trainer{c: c, margin: [3]int32{30, 0, 25}}
	t.m = &Model{Lang: c.Lang, Seed: c.Seed, Sources: c.Sources, words: &lexicon{}}
	if c.Words != nil {
		words, err := readLexicon(c.Words)
		if err != nil {
			return nil, err
		}
		t.m.words = words
	}
	t.collect(sentences, c.Spoken)
	t.written = len(sentences)
	for _, s := range slices.Concat(sentences, c.Spoken) {
		t.examples = append(t.examples, t.example(s))
	}
	return t, nil
}

// collect finds the tags and the labels. Labels too rare to be learnt lose their subtype.
func (t *trainer) collect(written, spoken []conllu.Sentence) {
	kinds := map[tagKind]int{}
	labels := map[string]int{}
	for i, s := range slices.Concat(written, spoken) {
		for _, w := range s.Words {
			labels[w.Rel]++
			if i < len(written) {
				kinds[kindOf(w)]++
			}
		}
	}
	common := map[string]bool{}
	for l, n := range labels {
		if n < 30 {
			l = universal(l)
		}
		common[l] = true
	}
	t.m.setLabels(sortedKeys(common))
	t.m.tags = []tagKind{{}}
	for k, n := range kinds {
		if n >= 5 || k.feats == 0 {
			t.m.tags = append(t.m.tags, k)
		}
	}
	slices.SortFunc(t.m.tags[1:], func(a, b tagKind) int { return cmp.Or(cmp.Compare(a.tag, b.tag), cmp.Compare(a.feats, b.feats)) })
}

// kindOf is the composite tag of a word of a treebank.
func kindOf(w conllu.Word) tagKind {
	f := ParseFeats(w.Feats)
	keep := f.only(fVerbForm, fPronType)
	if f.VerbForm() == "Part" {
		keep = f.only(fVerbForm, fPronType, fTense)
	}
	if w.UPOS == "NOUN" {
		keep = f.only(fNumber)
	}
	return tagKind{parseUPOS(w.UPOS), keep}
}

func (m *Model) tagOf(k tagKind) uint8 {
	for _, k := range []tagKind{k, {k.tag, 0}} {
		if i := slices.Index(m.tags, k); i > 0 {
			return uint8(i)
		}
	}
	for i, o := range m.tags {
		if i > 0 && o.tag == k.tag {
			return uint8(i)
		}
	}
	return 1
}

func (m *Model) labelOf(rel string) uint8 {
	if i := slices.Index(m.labels, rel); i >= 0 {
		return uint8(i)
	}
	if i := slices.Index(m.labels, universal(rel)); i >= 0 {
		return uint8(i)
	}
	return uint8(max(0, slices.Index(m.labels, "dep")))
}

func (t *trainer) example(s conllu.Sentence) *example {
	e := &example{nodes: make([]node, len(s.Words)+4)}
	first := true
	for i, w := range s.Words {
		var low []byte
		low = t.m.look(&e.nodes[i+2], w.Form, first, low)
		first = first && e.nodes[i+2].shape&(shapeLetters|shapeDigit) == 0
		e.lows = append(e.lows, low)
		e.forms = append(e.forms, w.Form)
		e.lemmas = append(e.lemmas, w.Lemma)
		e.feats = append(e.feats, ParseFeats(w.Feats))
		e.tags = append(e.tags, t.m.tagOf(kindOf(w)))
		head := int32(w.Head) - 1
		if head < 0 {
			head = int32(len(s.Words))
		}
		e.head = append(e.head, head)
		e.label = append(e.label, t.m.labelOf(w.Rel))
	}
	titleLine(e.nodes[2 : 2+len(s.Words)])
	projectivise(e.head)
	return e
}

// projectivise lifts the shortest crossing arc to its head's head until none crosses (Nivre and Nilsson 2005).
func projectivise(head []int32) {
	n := int32(len(head))
	for range 10 * len(head) {
		worst, width := int32(-1), n+2
		for d := range n {
			h := head[d]
			if h == n {
				continue
			}
			for k := min(h, d) + 1; k < max(h, d); k++ {
				if !dominates(head, h, k) {
					if w := max(h, d) - min(h, d); w < width {
						worst, width = d, w
					}
					break
				}
			}
		}
		if worst < 0 {
			return
		}
		head[worst] = head[head[worst]]
	}
}

func dominates(head []int32, h, k int32) bool {
	n := int32(len(head))
	for range head {
		if k == h {
			return true
		}
		if k == n {
			return false
		}
		k = head[k]
	}
	return false
}

func (t *trainer) bytes() ([]byte, error) {
	b := []byte(modelMagic)
	b = t.m.appendHead(b)
	b = t.m.appendMorphs(b)
	b = t.tagger.quantise(t.c.Rows[0], tagRowBits).append(b)
	b = t.splitter.quantise(20_000, 15).append(b)
	b = t.scout.mover.quantise(t.c.Rows[1]/2, keyBits-tagBits).append(b)
	b = t.scout.labeller.quantise(t.c.Rows[2]/2, labelBits).append(b)
	b = t.parser.mover.quantise(t.c.Rows[1], keyBits-tagBits).append(b)
	b = t.parser.labeller.quantise(t.c.Rows[2], labelBits).append(b)
	return pack(b)
}

// learnMorphs keeps, for each form and tag, what most of its occurrences have, where the word list and the endings do not say it.
func (t *trainer) learnMorphs() {
	counts := map[string]map[morph]int{}
	endings := map[string]map[morph]int{}
	count := func(in map[string]map[morph]int, key string, f morph) {
		if in[key] == nil {
			in[key] = map[morph]int{}
		}
		in[key][f]++
	}
	for _, e := range t.examples[:t.written] {
		for i, low := range e.lows {
			kind := t.m.tags[e.tags[i]]
			f := morph{feats: e.feats[i].only(fMood, fNumber, fPerson, fTense)}
			if !keepsForm(kind.tag, e.nodes[i+2].shape) && e.lemmas[i] != "_" {
				f.rule = ruleFor(string(low), strings.ToLower(e.lemmas[i]))
			}
			mark := string([]byte{1, e.tags[i] + 1})
			count(counts, string(low)+mark, f)
			from := len(low)
			for n := 0; n <= 5 && from >= 0; n++ {
				if f.rule.cut <= len(low) && len(low)-from <= 12 {
					count(endings, string(low[from:])+mark, f)
				}
				if from == 0 {
					break
				}
				for from--; from > 0 && low[from]&0xc0 == 0x80; from-- {
				}
			}
		}
	}
	index := map[morph]int{}
	number := func(f morph) int {
		i, ok := index[f]
		if !ok {
			i = len(t.m.morphs)
			index[f] = i
			t.m.morphs = append(t.m.morphs, f)
		}
		return i
	}
	var keys []string
	var numbers []int
	for _, key := range sortedKeys(endings) {
		f, n, total := majority(endings[key])
		if total >= 2 && n*2 > total {
			keys, numbers = append(keys, key), append(numbers, number(f))
		}
	}
	t.m.endings = buildDafsa(keys, numbers)
	keys, numbers = nil, nil
	for _, key := range sortedKeys(counts) {
		f, n, _ := majority(counts[key])
		low, tag := []byte(key[:len(key)-2]), key[len(key)-1]-1
		rule, feats := t.m.regular(low, 1, tag)
		if rule == f.rule && feats == f.feats || n < 2 && t.m.reading(low, tag) != nil {
			continue
		}
		keys, numbers = append(keys, key), append(numbers, number(f))
	}
	t.m.exact = buildDafsa(keys, numbers)
	t.c.Log("inflections: %d kinds, %d exceptions", len(t.m.morphs), len(keys))
}

func majority(counts map[morph]int) (best morph, most, total int) {
	for f, n := range counts {
		total += n
		if n > most || n == most && less(f, best) {
			best, most = f, n
		}
	}
	return best, most, total
}

func less(a, b morph) bool {
	return cmp.Or(cmp.Compare(a.rule.cut, b.rule.cut), cmp.Compare(a.rule.add, b.rule.add), cmp.Compare(a.feats, b.feats)) < 0
}
