package coder

import (
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// tree is a sentence's tree, with the way from the article's tokens to its words and back.
type tree struct {
	syntax.Tree
	work  *int  // units of work done on the article
	first int   // the sentence's first token
	word  []int // of each token the last word that stands in it
	token []int // of each word its token
}

// parse draws the tree of a sentence, once; nil where there is none to be trusted.
func (r *reading) parse(s text.Sentence) *tree {
	if r.parsed == s.First+1 {
		return r.tree
	}
	r.parsed, r.tree = s.First+1, nil
	model := syntax.For(r.Lang)
	if model == nil || s.Last <= s.First || s.Last-s.First == maxSentence {
		return nil
	}
	d := r.Document
	s.First = r.dateline(s)
	d.Sentences = []text.Sentence{s}
	drawn := model.Parse(d, 0)
	if drawn.Shallow || len(drawn.Words) == 0 {
		return nil
	}
	r.work += len(drawn.Words)
	t := &tree{Tree: drawn, work: &r.work, first: s.First, word: make([]int, s.Last-s.First), token: make([]int, len(drawn.Words))}
	i := s.First
	for w := range drawn.Words {
		for i+1 < s.Last && r.Tokens[i].End <= drawn.Words[w].Start {
			t.word[i-s.First] = w - 1
			i++
		}
		t.token[w] = i
		t.word[i-s.First] = w
	}
	for i++; i < s.Last; i++ {
		t.word[i-s.First] = len(drawn.Words) - 1
	}
	t.mend()
	t.remedy()
	t.crown()
	r.tree = t
	return t
}

// mend joins to its verb a participle behind "and" that the parser took for a clause of the noun between them.
func (t *tree) mend() {
	for w := range t.Words {
		h := t.Words[w].Head
		if h < 0 || t.rel(w) != "acl" || !t.verbal(w) || t.pronoun(w) >= 0 || t.child(w, "cc") < 0 {
			continue
		}
		if v := t.Words[h].Head; v >= 0 && v < h && t.verbal(v) {
			t.Words[w].Head, t.Words[w].Rel = v, "conj"
		}
	}
}

// crown makes the sentence's verb its root where the parser took its subject for that: "Thousands of troops launched
// exercises" read as the troops that launched them. What stood as the verb's subject is the second of two subjects, or
// when it happened.
func (t *tree) crown() {
	root := -1
	for w := range t.Words {
		if t.Words[w].Head < 0 {
			root = w
			break
		}
	}
	if root < 0 || t.Words[root].Tag != syntax.NOUN && t.Words[root].Tag != syntax.PROPN || t.child(root, "cop", "nsubj") >= 0 {
		return
	}
	for v := root + 2; v < len(t.Words); v++ { // "Hezbollah, the Shiite movement, attacked soldiers"
		a := t.Words[v].Head
		if a > root && t.Words[a].Head == root && t.Words[a].Rel == "appos" && t.Words[v].Rel == "acl" && t.verbal(v) && t.Words[v-1].Form == "," && t.child(v, "obj") > v {
			t.Words[root].Head, t.Words[root].Rel = v, "nsubj"
			t.Words[v].Head, t.Words[v].Rel = -1, "root"
			return
		}
	}
	for v := root + 1; v < len(t.Words); v++ {
		if t.Words[v].Head != root || t.Words[v].Rel != "acl:relcl" || t.Words[v].Feats.VerbForm() != "Fin" || !t.verbal(v) || t.pronoun(v) >= 0 {
			continue
		}
		if second := t.child(v, "nsubj"); second > root && second < v {
			t.Words[second].Head, t.Words[second].Rel = v, "obl"
			if cc := t.child(v, "cc"); cc >= 0 && cc < second {
				t.Words[second].Head, t.Words[second].Rel = root, "conj"
				t.Words[cc].Head = second
			}
		} else if second >= 0 {
			return
		}
		t.Words[root].Head, t.Words[root].Rel = v, "nsubj"
		t.Words[v].Head, t.Words[v].Rel = -1, "root"
		return
	}
}

// at is the word that stands at a token; -1 in what was not parsed.
func (t *tree) at(token int) int {
	if token < t.first {
		return -1
	}
	return t.word[token-t.first]
}

// rel is the relation of word w to its head, without its subtype.
func (t *tree) rel(w int) string {
	base, _, _ := strings.Cut(t.Words[w].Rel, ":")
	return base
}

// child is the first dependent of h with one of the relations; a relation without subtype means them all.
func (t *tree) child(h int, relations ...string) int {
	*t.work += len(t.Words)
	for w := range t.Words {
		if t.Words[w].Head != h {
			continue
		}
		for _, rel := range relations {
			if t.Words[w].Rel == rel || t.rel(w) == rel && rel != "nsubj" {
				return w
			}
		}
	}
	return -1
}

// within tells whether word w hangs on verb v without a clause of its own between them.
func (t *tree) within(w, v int) bool {
	for n := 0; n < 8 && w >= 0; n++ {
		if w == v {
			return true
		}
		if t.verbal(w) && (t.Words[w].Feats.VerbForm() == "Fin" || t.rel(w) == "advcl") {
			return false
		}
		w = t.Words[w].Head
	}
	return false
}

// marker is the preposition before word w, in lower case; "" where it stands bare.
func (t *tree) marker(w int) string {
	if c := t.child(w, "case"); c >= 0 && c < w {
		return strings.ToLower(t.Words[c].Form)
	}
	return ""
}

func (t *tree) verbal(w int) bool {
	return t.Words[w].Tag == syntax.VERB || t.Words[w].Tag == syntax.AUX
}

// subject is the word that does what verb v says: its own subject, or that of the verbs and nouns it hangs on. The
// second result tells that it bears what they say: the subject of a passive.
func (t *tree) subject(v int) (int, bool) {
	for n := 0; n < 8 && v >= 0; n++ {
		if c := t.child(v, "nsubj", "nsubj:outer", "nsubj:caus"); c >= 0 {
			return t.antecedent(c), false
		}
		if c := t.child(v, "nsubj:pass"); c >= 0 {
			return t.antecedent(c), true
		}
		head := t.Words[v].Head
		if head < 0 {
			return -1, false
		}
		switch t.rel(v) {
		case "xcomp":
			if o := t.child(head, "obj", "iobj"); o >= 0 && t.verbal(head) {
				return o, false
			}
		case "conj", "advcl", "ccomp", "parataxis":
			if t.rel(v) == "ccomp" && t.child(v, "mark") >= 0 && t.Words[v].Feats.VerbForm() == "Fin" {
				return -1, false
			}
		case "acl":
			return head, false
		default:
			return -1, false
		}
		v = head
	}
	return -1, false
}

// displaced mends what the parser takes for an inversion after an apposition or a relative clause: "Angela Merkel, la
// chancelière, a critiqué la Turquie". It gives the subject and the object; -1 where nothing is to be mended.
func (t *tree) displaced(v int) (subject, object int) {
	object = t.child(v, "nsubj")
	h := t.Words[v].Head
	if object < v || h < 0 {
		return -1, -1
	}
	switch {
	case t.Words[v].Rel == "acl:relcl" && t.pronoun(v) < 0:
		return h, object
	case t.rel(v) == "conj" && t.Words[h].Head < 0 && t.pronoun(h) >= 0:
		if c := t.child(h, "dislocated"); c >= 0 {
			return c, object
		}
	}
	return -1, -1
}

// pronoun is the relative pronoun of verb v; -1 where it has none.
func (t *tree) pronoun(v int) int {
	for w := range t.Words {
		if t.Words[w].Head == v && t.Words[w].Feats.PronType() == "Rel" {
			return w
		}
	}
	return -1
}

// antecedent is the noun that a relative pronoun stands for, else the word itself.
func (t *tree) antecedent(w int) int {
	if t.Words[w].Feats.PronType() != "Rel" {
		return w
	}
	for v, n := t.Words[w].Head, 0; v >= 0 && n < 6; v, n = t.Words[v].Head, n+1 {
		if t.rel(v) == "acl" && t.Words[v].Head >= 0 {
			return t.Words[v].Head
		}
	}
	return w
}

// dateline is where the sentence begins after "BEIRUT, March 7 (Reuters) -".
func (r *reading) dateline(s text.Sentence) int {
	closed := false
	for i := s.First; i < min(s.Last-1, s.First+18); i++ {
		switch r.keys[i] {
		case ")":
			closed = true
		case "-", "–", "—":
			if closed || i-s.First < 4 && r.upper(s.First) {
				return i + 1
			}
		}
	}
	return s.First
}

// upper tells whether token i is all in capitals.
func (r *reading) upper(i int) bool {
	return len(r.surface[i]) > 3 && strings.ToUpper(r.surface[i]) == r.surface[i] && r.Tokens[i].Kind == text.Word
}
