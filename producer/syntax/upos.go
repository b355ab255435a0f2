package syntax

import "strings"

// UPOS is a universal part of speech.
type UPOS uint8

// The parts of speech of Universal Dependencies 2 (universaldependencies.org/u/pos).
const (
	X UPOS = iota
	ADJ
	ADP
	ADV
	AUX
	CCONJ
	DET
	INTJ
	NOUN
	NUM
	PART
	PRON
	PROPN
	PUNCT
	SCONJ
	SYM
	VERB
)

var uposNames = [...]string{
	"X", "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN",
	"PUNCT", "SCONJ", "SYM", "VERB",
}

func (u UPOS) String() string {
	if int(u) < len(uposNames) {
		return uposNames[u]
	}
	return "X"
}

func parseUPOS(s string) UPOS {
	for i, n := range uposNames {
		if n == s {
			return UPOS(i)
		}
	}
	return X
}

// Feats packs the features the coder needs; zero means none is known. Ask by its methods or print it as UD does.
type Feats uint32

type featField struct {
	name        string
	shift, bits uint
	values      []string // values[0] belongs to 1: 0 is "not said"
}

// In the order in which CoNLL-U lists features.
var featFields = [...]featField{
	{"Mood", 0, 3, []string{"Ind", "Sub", "Cnd", "Imp"}},
	{"Number", 3, 2, []string{"Sing", "Plur"}},
	{"Person", 5, 2, []string{"1", "2", "3"}},
	{"PronType", 7, 4, []string{"Art", "Prs", "Dem", "Int", "Rel", "Ind", "Neg", "Tot", "Rcp", "Exc", "Emp"}},
	{"Tense", 11, 3, []string{"Pres", "Past", "Imp", "Fut"}},
	{"VerbForm", 14, 3, []string{"Fin", "Inf", "Part", "Ger"}},
	{"Voice", 17, 2, []string{"Pass", "Act", "Mid"}},
}

const (
	fMood = iota
	fNumber
	fPerson
	fPronType
	fTense
	fVerbForm
	fVoice
)

// ParseFeats reads features as CoNLL-U writes them; it passes over those it does not know.
func ParseFeats(s string) Feats {
	var f Feats
	for s != "" && s != "_" {
		var pair string
		pair, s, _ = strings.Cut(s, "|")
		name, value, _ := strings.Cut(pair, "=")
		for i := range featFields {
			if featFields[i].name == name {
				f = f.with(i, value)
			}
		}
	}
	return f
}

func (f Feats) with(field int, value string) Feats {
	d := &featFields[field]
	f &^= Feats(1<<d.bits-1) << d.shift
	for i, v := range d.values {
		if v == value {
			return f | Feats(i+1)<<d.shift
		}
	}
	return f
}

func (f Feats) only(fields ...int) Feats {
	var keep Feats
	for _, i := range fields {
		keep |= Feats(1<<featFields[i].bits-1) << featFields[i].shift
	}
	return f & keep
}

func (f Feats) value(field int) string {
	d := &featFields[field]
	v := int(f>>d.shift) & (1<<d.bits - 1)
	if v == 0 || v > len(d.values) {
		return ""
	}
	return d.values[v-1]
}

// Mood is Ind, Sub, Cnd, Imp or empty.
func (f Feats) Mood() string { return f.value(fMood) }

// Number is Sing, Plur or empty.
func (f Feats) Number() string { return f.value(fNumber) }

// Person is 1, 2, 3 or empty.
func (f Feats) Person() string { return f.value(fPerson) }

// PronType is Art, Prs, Dem, Int, Rel, Ind, Neg, Tot, Rcp, Exc, Emp or empty.
func (f Feats) PronType() string { return f.value(fPronType) }

// Tense is Pres, Past, Imp, Fut or empty.
func (f Feats) Tense() string { return f.value(fTense) }

// VerbForm is Fin, Inf, Part, Ger or empty.
func (f Feats) VerbForm() string { return f.value(fVerbForm) }

// Voice is Pass or empty.
func (f Feats) Voice() string { return f.value(fVoice) }

func (f Feats) String() string {
	var b strings.Builder
	for i := range featFields {
		if v := f.value(i); v != "" {
			if b.Len() > 0 {
				b.WriteByte('|')
			}
			b.WriteString(featFields[i].name)
			b.WriteByte('=')
			b.WriteString(v)
		}
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}
