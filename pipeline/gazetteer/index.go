package gazetteer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// index is a trie over the folded pieces of names. A piece is what stands between hyphens, apostrophes and spaces, so
// that "Guinée-Bissau" is found whether or not the tokens were cut there.
type index struct {
	pieces map[string]int32 // folded piece → its number
	edges  map[edge]int32   // node 0 is the root
	leaves map[int32][]leaf
}

type edge struct{ node, piece int32 }

type leaf struct {
	entry *Entry
	name  Name
	must  letters // what the text must have
}

// letters says of up to 32 pieces, a bit each, which begin with a capital and which are all in capitals.
type letters struct{ capital, upper uint32 }

func (want letters) in(have letters) bool {
	return want.capital&^have.capital == 0 && want.upper&^have.upper == 0
}

const maxPieces = 32

// joints are the tokens that a name may hold between two words: "Workers ' Party", "AFC / M23".
const joints = "-'’&/+"

func newIndex(entries []*Entry) index {
	n := 2 * len(entries)
	x := index{pieces: make(map[string]int32, n), edges: make(map[edge]int32, 2*n), leaves: make(map[int32][]leaf, n)}
	nodes := int32(1)
	for _, e := range entries {
		for _, n := range e.Names {
			if n.Silent {
				continue
			}
			node, want, k := int32(0), letters{}, 0
			for rest := n.Text; rest != ""; {
				var raw string
				if raw, rest = nextPiece(rest); raw == "" {
					continue
				}
				id, ok := x.piece(raw)
				if !ok {
					id = int32(len(x.pieces))
					x.pieces[foldPiece(raw)] = id
				}
				next, ok := x.edges[edge{node, id}]
				if !ok {
					next = nodes
					nodes++
					x.edges[edge{node, id}] = next
				}
				node = next
				want.set(k, isCapital(raw), isUpper(raw))
				k++
			}
			x.leaves[node] = append(x.leaves[node], leaf{e, n, want})
		}
	}
	for _, l := range x.leaves {
		if len(l) > 1 {
			slices.SortStableFunc(l, compareLeaves)
		}
	}
	return x
}

// compareLeaves puts first what a reader would think of first: an entry's proper name before another's surname.
func compareLeaves(a, b leaf) int {
	if c := compareEntries(a.entry, b.entry); c != 0 {
		return c
	}
	return compareNames(a.name, b.name)
}

func (l *letters) set(k int, capital, upper bool) {
	if capital {
		l.capital |= 1 << k
	}
	if upper {
		l.upper |= 1 << k
	}
}

// Longest finds the longest name that starts at token i and lists every entry that bears it, by kind and key, each once
// with its best name. The words are surface tokens: a name written here with capitals needs them in the text, an
// acronym needs all of them ("US", "U.S.", never "us"). An empty lang accepts the names of every language.
func (g *Gazetteer) Longest(words []string, i int, lang string) []Match {
	if found := g.AppendLongest(nil, words, i, lang); len(found) > 0 {
		return found
	}
	return nil
}

// AppendLongest appends to found what Longest finds.
func (g *Gazetteer) AppendLongest(found []Match, words []string, i int, lang string) []Match {
	if i < 0 || i >= len(words) {
		return found
	}
	x := &g.index
	node, k, have := int32(0), 0, letters{}
	var best []leaf
	var bestHave letters
	last := i
	short := false
	for j := i; j < len(words); j++ {
		word := words[j]
		if j > i && (strings.Contains(joints, word) || word == "." && short) {
			continue
		}
		start := k
		var ok bool
		if node, k, ok = x.walk(node, k, word, &have); !ok || k == start {
			break
		}
		short = utf8.RuneCountInString(word) <= 3
		if l := x.leaves[node]; anyLeaf(l, have, lang) {
			best, bestHave, last = l, have, j+1
		}
	}
	return appendMatches(found, best, bestHave, lang, words, i, last)
}

// walk follows the pieces of one word, from piece number k on.
func (x *index) walk(node int32, k int, word string, have *letters) (int32, int, bool) {
	for word != "" {
		var raw string
		raw, word = nextPiece(word)
		if raw == "" {
			continue
		}
		if k >= maxPieces {
			return node, k, false
		}
		id, ok := x.piece(raw)
		if !ok {
			return node, k, false
		}
		if node, ok = x.edges[edge{node, id}]; !ok {
			return node, k, false
		}
		have.set(k, isCapital(raw), isUpper(raw))
		k++
	}
	return node, k, true
}

// piece looks a raw piece up without allocating, but for words with accents.
func (x *index) piece(raw string) (int32, bool) {
	var buf [48]byte
	id, ok := x.pieces[string(appendFolded(buf[:0], raw))]
	return id, ok
}

func (l leaf) speaks(lang string) bool { return lang == "" || l.name.Lang == "" || l.name.Lang == lang }

func anyLeaf(ls []leaf, have letters, lang string) bool {
	return slices.ContainsFunc(ls, func(l leaf) bool { return l.speaks(lang) && l.must.in(have) })
}

func appendMatches(out []Match, ls []leaf, have letters, lang string, words []string, first, last int) []Match {
	begin := len(out)
	if out == nil && len(ls) > 0 {
		out = make([]Match, 0, len(ls))
	}
	for i := range ls {
		l := &ls[i]
		if !l.speaks(lang) || !l.must.in(have) || l.name.quiet && shouted(words, first, last) {
			continue
		}
		if n := len(out); n > begin && out[n-1].Entry == l.entry {
			continue
		}
		out = append(out, Match{Entry: l.entry, First: first, Last: last, Name: l.name})
	}
	return out
}

// shouted tells whether the words around [first, last) are all in capitals, as in some headlines.
func shouted(words []string, first, last int) bool {
	const reach = 4
	loud := false
	for j := max(0, first-reach); j < min(len(words), last+reach); j++ {
		if j >= first && j < last {
			continue
		}
		if strings.ContainsFunc(words[j], unicode.IsLower) {
			return false
		}
		loud = loud || isUpper(words[j])
	}
	return loud
}
