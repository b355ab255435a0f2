package syntax

import (
	"unicode"
	"unicode/utf8"
)

// node is one word as the tagger and the parser see it: hashes and small numbers, no strings.
type node struct {
	low    uint32    // the word, lower case, typography and digits made plain
	lemma  uint32    // its lemma, once it is tagged
	prefix [3]uint32 // its first 1 to 3 letters
	suffix [5]uint32 // its last 1 to 5 letters
	shape  uint32    // capitals, digits, hyphens, place in the sentence
	mask   uint32    // what the word list knows of it in lower case
	name   uint32    // and as it is written, if that differs
	usual  uint32    // which tags it has in the treebank, if it is frequent there
	class  uint32    // its meaning or government, by the word list
	used   uint32    // what the word list says text uses it as, in lower case
	named  uint32    // and as it is written
	tag    uint8
}

// Bits of node.shape.
const (
	shapeCapital = 1 << iota
	shapeUpper
	shapeDigit
	shapeHyphen
	shapeDot
	shapeFirst
	shapeShort
	shapeLetters
	shapeApostrophe
	shapeTitle // most words of the sentence have capitals
)

const (
	mixA = 0x9e3779b97f4a7c15
	mixB = 0xc2b2ae3d27d4eb4f
	mixC = 0x165667b19e3779f9
	mixD = 0xd6e8feb86659fd93
)

// keyBits is the width of a feature's key; among a million features, one unseen key in 64 meets a wrong one.
const keyBits = 26

func feature(template, a, b, c uint64) uint32 {
	h := template*mixD + a*mixA + b*mixB + c*mixC
	h ^= h >> 29
	h *= mixA
	return uint32(h >> (64 - keyBits))
}

func hashStep(h uint32, r rune) uint32 {
	h ^= uint32(r)
	return h * 16777619
}

const hashStart = 2166136261

// plain maps what is only typography to one letter: apostrophes, quotes, dashes, digits.
func plain(r rune) rune {
	switch {
	case r < 0x80:
		if r >= '0' && r <= '9' {
			return '0'
		}
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		if r == '`' {
			return '\''
		}
		return r
	case r == '’' || r == '‘' || r == 'ʼ' || r == '′':
		return '\''
	case r == '«' || r == '»' || r == '“' || r == '”' || r == '„' || r == '″':
		return '"'
	case r >= 0x2010 && r <= 0x2015 || r == '−':
		return '-'
	case r == '…':
		return '.'
	}
	return unicode.ToLower(r)
}

// look fills the node of a form. scratch is a buffer for the plain form, which it returns.
func (m *Model) look(n *node, form string, first bool, scratch []byte) []byte {
	*n = node{}
	scratch = scratch[:0]
	upper, lower, digits, letters := 0, 0, 0, 0
	h := uint32(hashStart)
	count := 0
	for i, r := range form {
		p := plain(r)
		switch {
		case r >= '0' && r <= '9':
			n.shape |= shapeDigit
			digits++
		case r == '-':
			n.shape |= shapeHyphen
		case r == '.':
			n.shape |= shapeDot
		case p == '\'':
			n.shape |= shapeApostrophe
		case p != r && unicode.IsUpper(r):
			upper++
			if i == 0 {
				n.shape |= shapeCapital
			}
			letters++
		case unicode.IsLetter(r):
			lower++
			letters++
		}
		h = hashStep(h, p)
		scratch = utf8.AppendRune(scratch, p)
		if count < 3 {
			n.prefix[count] = h
		}
		count++
	}
	n.low = h
	n.usual = uint32(m.usual[h])
	for ; count < 3; count++ {
		n.prefix[count] = h
	}
	if upper > 1 && lower == 0 {
		n.shape |= shapeUpper
	}
	if letters > 0 {
		n.shape |= shapeLetters
	}
	if count <= 2 {
		n.shape |= shapeShort
	}
	if first {
		n.shape |= shapeFirst
	}
	h = hashStart + 7
	end := len(scratch)
	for i := range n.suffix {
		r, size := utf8.DecodeLastRune(scratch[:end])
		if size > 0 {
			end -= size
			h = hashStep(h, r)
		} else {
			h = hashStep(h, 1)
		}
		n.suffix[i] = h
	}
	m.lookUp(n, form, scratch, digits > 0)
	return scratch
}

// lookUp asks the word list for the form as it stands and in lower case.
func (m *Model) lookUp(n *node, form string, low []byte, digits bool) {
	if digits {
		n.mask = 1 << 31
		return
	}
	if e := m.words.findBytes(low); e != nil {
		n.mask, n.class, n.used = e.mask, uint32(e.class), uint32(e.usage)
		n.named = n.used
	}
	if n.shape&shapeCapital != 0 {
		if e := m.words.find(form); e != nil {
			n.name, n.named = e.mask, uint32(e.usage)
			if n.class == 0 {
				n.class = uint32(e.class)
			}
		} else if n.shape&shapeUpper != 0 {
			n.name = m.titled(low)
		}
	}
}

// titled looks a word written in capitals up as a name.
func (m *Model) titled(low []byte) uint32 {
	r, size := utf8.DecodeRune(low)
	var buffer [64]byte
	if len(low) > 56 {
		return 0
	}
	b := append(utf8.AppendRune(buffer[:0], unicode.ToUpper(r)), low[size:]...)
	if e := m.words.findBytes(b); e != nil {
		return e.mask
	}
	return 0
}

// titleLine marks the words of a headline, in which capitals say little. nodes are the words alone.
func titleLine(nodes []node) {
	capitals, words := 0, 0
	for i := range nodes {
		if nodes[i].shape&(shapeLetters|shapeShort) == shapeLetters {
			words++
			if nodes[i].shape&shapeCapital != 0 {
				capitals++
			}
		}
	}
	if words < 2 || capitals*10 < words*6 {
		return
	}
	for i := range nodes {
		nodes[i].shape |= shapeTitle
	}
}
