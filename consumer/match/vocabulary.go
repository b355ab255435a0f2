package match

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// A mark is a number for one thing that an article or an event can have and a rule can ask for: a word by its stem, a
// word folded, a word as it stands, a prefix, a field's value. What an article has is a set of marks.
type mark = uint32

// vocabulary knows which words of an article bear which marks.
type vocabulary struct {
	spellings
	stems []mark   // the mark of the word n by its stem; 0: not asked so
	folds []mark   // the mark of the word n folded; nil: no word is asked so
	table []uint32 // open addressing by the folded word: n + 1

	exact    map[string]mark
	prefixes map[string]mark
	patterns map[string][]pattern // by the letters before the first ?
	pairs    pairs

	inflected *[len(langs)]inflection
}

type inflection struct {
	once sync.Once
	*stemTable
}

// pattern is a word with ? and perhaps a * at its end, folded.
type pattern struct {
	text string
	mark mark
}

// stemTable finds the words of the rules by their stems in one language. It is made at the first article in it.
type stemTable struct {
	table []uint32 // open addressing: n + 1 of the first word with the stem
	stems []string // of the word n
	next  []uint32 // n + 1 of the next word with the same stem
}

func (v *vocabulary) find(fold string, h uint64) (n uint32, ok bool) {
	if len(v.table) == 0 {
		return 0, false
	}
	size := uint64(len(v.table))
	for i := reduce(h, size); v.table[i] != 0; {
		if n := v.table[i] - 1; v.word(n) == fold {
			return n, true
		}
		if i++; i == size {
			i = 0
		}
	}
	return 0, false
}

// wordMark is the mark of a folded word by its stem or as it is folded, or 0.
func (v *vocabulary) wordMark(fold string, how int) mark {
	n, ok := v.find(fold, hash(fold))
	switch {
	case !ok:
		return 0
	case how == stemmed:
		return v.stems[n]
	case v.folds == nil:
		return 0
	}
	return v.folds[n]
}

// pair is the mark of two words behind each other, or 0. The key is of words that both are in pairs, else 0.
func (v *vocabulary) pair(first, second string) (m mark, key uint64) {
	if len(v.pairs.keys) == 0 {
		return 0, 0
	}
	n, ok := v.find(first, hash(first))
	k, okay := v.find(second, hash(second))
	if !ok || !okay || !v.pairs.has(n) || !v.pairs.has(k) {
		return 0, 0
	}
	key = pairKey(n, k)
	return v.pairs.find(key), key
}

func (v *vocabulary) asItStands(w string) mark { return v.exact[w] }
func (v *vocabulary) prefix(p string) mark     { return v.prefixes[p] }

func (v *vocabulary) pattern(p string) mark {
	for _, q := range v.patterns[literal(p)] {
		if q.text == p {
			return q.mark
		}
	}
	return 0
}

// reduce maps a hash to [0, size) without a division.
func reduce(h, size uint64) uint64 { return (h & 0xFFFFFFFF) * size >> 32 }

// marks appends the marks that a word of an article in the language bears. The number of a word that is in pairs is
// paired-1.
func (v *vocabulary) marks(w *word, lang int, out []mark) (marks []mark, paired uint32) {
	if n, ok := v.find(w.fold, w.foldHash); ok {
		if v.pairs.has(n) {
			paired = n + 1
		}
		if v.folds != nil && v.folds[n] != 0 {
			out = append(out, v.folds[n])
		}
		if m := v.stems[n]; m != 0 && lang == 0 {
			out = append(out, m)
		}
	}
	if lang != 0 {
		out = v.stemMarks(w, lang, out)
	}
	if len(v.exact) > 0 {
		if m := v.exact[straight(w.raw)]; m != 0 {
			out = append(out, m)
		}
	}
	if len(v.prefixes)+len(v.patterns) > 0 {
		out = v.prefixMarks(w.fold, out)
	}
	return out, paired
}

func (v *vocabulary) stemMarks(w *word, lang int, out []mark) []mark {
	t := &v.inflected[lang]
	t.once.Do(func() { t.stemTable = v.stemTable(langs[lang]) })
	size := uint64(len(t.table))
	if size == 0 {
		return out
	}
	for i := reduce(w.stemHash, size); t.table[i] != 0; {
		if n := t.table[i]; t.stems[n-1] == w.stem {
			for ; n != 0; n = t.next[n-1] {
				out = append(out, v.stems[n-1])
			}
			return out
		}
		if i++; i == size {
			i = 0
		}
	}
	return out
}

func (v *vocabulary) stemTable(lang string) *stemTable {
	asked := 0
	for _, m := range v.stems {
		if m != 0 {
			asked++
		}
	}
	t := &stemTable{table: make([]uint32, asked*3/2+1), stems: make([]string, len(v.stems)), next: make([]uint32, len(v.stems))}
	size := uint64(len(t.table))
words:
	for n, m := range v.stems {
		if m == 0 {
			continue
		}
		fold := v.word(uint32(n))
		stem := text.Stem(lang, fold)
		if strings.HasPrefix(fold, stem) {
			stem = fold[:len(stem)] // the letters are there already
		}
		t.stems[n] = stem
		i := reduce(hash(stem), size)
		for t.table[i] != 0 {
			if head := t.table[i] - 1; t.stems[head] == stem {
				t.next[n] = t.next[head]
				t.next[head] = uint32(n + 1)
				continue words
			}
			if i++; i == size {
				i = 0
			}
		}
		t.table[i] = uint32(n + 1)
	}
	return t
}

func (v *vocabulary) prefixMarks(fold string, out []mark) []mark {
	for i := 1; i <= len(fold); i++ {
		if i < len(fold) && !utf8.RuneStart(fold[i]) {
			continue
		}
		if m := v.prefixes[fold[:i]]; m != 0 {
			out = append(out, m)
		}
		for _, p := range v.patterns[fold[:i]] {
			if wild(p.text, fold) {
				out = append(out, p.mark)
			}
		}
	}
	return out
}

// wild tells whether a folded word fits a pattern: ? is any one character, * at the end any number.
func wild(pattern, word string) bool {
	for pattern != "" {
		switch c := pattern[0]; {
		case c == '*':
			return true
		case word == "":
			return false
		case c == '?':
			_, n := utf8.DecodeRuneInString(word)
			pattern, word = pattern[1:], word[n:]
		case c != word[0]:
			return false
		default:
			pattern, word = pattern[1:], word[1:]
		}
	}
	return word == ""
}
