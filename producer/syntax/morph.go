package syntax

import (
	"cmp"
	"maps"
	"slices"
	"unicode/utf8"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

func (m *Model) readMorphs(r *reader) {
	m.morphs = make([]morph, r.count(1))
	for i := range m.morphs {
		m.morphs[i] = morph{lemmaRule{int(r.uint()), r.string()}, Feats(r.uint())}
	}
	m.exact, m.endings = readDafsa(r), readDafsa(r)
}

func (m *Model) appendMorphs(b []byte) []byte {
	b = appendUint(b, len(m.morphs))
	for _, f := range m.morphs {
		b = appendUint(appendString(appendUint(b, f.rule.cut), f.rule.add), uint32(f.feats))
	}
	return m.endings.append(m.exact.append(b))
}

func (d dafsa) append(b []byte) []byte {
	b = appendUint(b, len(d.arcs))
	for _, plane := range []uint{0, 8, 16, 24} {
		for _, a := range d.arcs {
			b = append(b, byte(a>>plane))
		}
	}
	return b
}

func readDafsa(r *reader) dafsa {
	arcs := make([]uint32, r.count(1))
	planes := r.bytes(4 * len(arcs))
	for i := range arcs {
		for p := range 4 {
			arcs[i] |= uint32(planes[p*len(arcs)+i]) << (8 * p)
		}
	}
	d := dafsa{arcs}
	if err := d.check(); err != nil && r.err == nil {
		r.err = err
	}
	return d
}

// inflection tells how the lemma of a form is made and what features it has. low is the form in lower case;
// its spare capacity is used. First the exceptions learnt, then the word list, then the endings.
func (m *Model) inflection(low []byte, mask uint32, tag uint8) (lemmaRule, Feats) {
	n := len(low)
	low = append(low, 1, tag+1)
	if i, ok := find(m.exact, low); ok && i < len(m.morphs) {
		return m.morphs[i].rule, m.morphs[i].feats
	}
	return m.regular(low[:n], mask, tag)
}

func (m *Model) regular(low []byte, mask uint32, tag uint8) (lemmaRule, Feats) {
	if mask != 0 {
		if r := m.reading(low, tag); r != nil {
			return r.rule, r.feats
		}
	}
	var buffer [16]byte
	from := len(low)
	best := morph{}
	for n := 0; ; n++ {
		if from < len(low)-12 || n > 6 {
			break
		}
		if i, ok := find(m.endings, append(append(buffer[:0], low[from:]...), 1, tag+1)); ok && i < len(m.morphs) {
			best = m.morphs[i]
		}
		_, size := utf8.DecodeLastRune(low[:from])
		if size == 0 {
			break
		}
		from -= size
	}
	return best.rule, best.feats
}

// reading is the word list's reading of a form that fits the tag, or nil.
func (m *Model) reading(low []byte, tag uint8) *reading {
	e := m.words.findBytes(low)
	if e == nil {
		return nil
	}
	for i := range e.readings {
		if r := &e.readings[i]; r.fits(m.tags[tag]) {
			return r
		}
	}
	return nil
}

func (r *reading) fits(kind tagKind) bool {
	if r.tag != kind.tag && (r.tag != VERB || kind.tag != AUX) {
		return false
	}
	if kind.tag != VERB && kind.tag != AUX {
		return true
	}
	return r.feats.only(fVerbForm) == kind.feats.only(fVerbForm) && (kind.feats.VerbForm() != "Part" || r.feats.only(fTense) == kind.feats.only(fTense))
}

// keepsForm says that words of the kind are their own lemmas.
func keepsForm(tag UPOS, shape uint32) bool {
	switch tag {
	case PROPN, PUNCT, SYM, X:
		return true
	}
	return shape&shapeDigit != 0
}

// inflect sets the lemma hash of a tagged node, and gives its lemma rule and features. The spare capacity of low is used.
func (m *Model) inflect(n *node, low []byte) (lemmaRule, Feats) {
	kind := m.tags[n.tag]
	rule, feats := lemmaRule{}, Feats(0)
	if keepsForm(kind.tag, n.shape) {
		n.lemma = n.low
		if kind.tag == PROPN || n.shape&shapeDigit != 0 {
			_, feats = m.inflection(low, n.mask|n.name, n.tag)
		}
		return rule, feats | kind.feats
	}
	rule, feats = m.inflection(low, n.mask|n.name, n.tag)
	h := uint32(hashStart)
	stem := rule.stem(low)
	for i := 0; i < len(stem); {
		r, size := utf8.DecodeRune(stem[i:])
		h = hashStep(h, r)
		i += size
	}
	for _, r := range rule.add {
		h = hashStep(h, r)
	}
	n.lemma = h
	return rule, feats | kind.feats
}
