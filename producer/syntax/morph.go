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
	key := append(low, 1, tag+1)
	if i, ok := find(m.exact, key); ok && i < len(m.morphs) {
		return m.morphs[i].rule, m.morphs[i].feats
	}
	return m.regular(low, mask, tag)
}

func (m *Model) regular(low []byte, mask uint32, tag uint8) (lemmaRule, Feats) {
	kind := m.tags[tag]
	if mask != 0 {
		if e := m.words.findBytes(low); e != nil {
			for i := range e.readings {
				if r := &e.readings[i]; r.fits(kind) {
					return r.rule, r.feats
				}
			}
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
	if best.rule.cut > len(low) {
		best.rule = lemmaRule{}
	}
	return best.rule, best.feats
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

// understand fills the lemma hashes of tagged nodes, and for the tree their rules and features.
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
	stem := low
	if rule.cut <= len(low) {
		stem = low[:len(low)-rule.cut]
	}
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
