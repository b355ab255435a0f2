package syntax

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Entry is one reading of a form in a word list, as Compile takes it.
type Entry struct {
	Form, Lemma string
	Tag         UPOS
	Feats       Feats
	Marks       Mark
	Class       uint8 // of meaning or of government: the same number for words that behave alike; 0 is none
	Usage       uint8 // what text uses the form as: the same number for forms that are used alike; an entry of usage alone is no reading
}

// Mark says more of a form than its readings do.
type Mark uint32

// The marks of a word list.
const (
	FirstName Mark = 1 << (18 + iota)
	Surname
	PlaceName
	Title
	MostlyNoun // counted in text, the form's lemma is mostly a noun
	MostlyVerb
	MostlyAdj
	MostlyAdv
	Transitive // a verb that takes an object
	Intransitive
	Clausal // a verb that takes a clause
	Infinitival
)

// reading is what the list knows of one reading of a form.
type reading struct {
	tag   UPOS
	feats Feats
	rule  lemmaRule
}

// lemmaRule makes a lemma of a form: it cuts bytes off its end and adds others.
type lemmaRule struct {
	cut int
	add string
}

// stem is what the rule leaves of a form: all of it, if the cut would go through a letter.
func (r lemmaRule) stem(form []byte) []byte {
	n := len(form) - r.cut
	if n < 0 || n < len(form) && !utf8.RuneStart(form[n]) {
		return form
	}
	return form[:n]
}

func ruleFor(form, lemma string) lemmaRule {
	n := 0
	for n < len(form) && n < len(lemma) && form[n] == lemma[n] {
		n++
	}
	for n > 0 && n < len(form) && !utf8.RuneStart(form[n]) {
		n--
	}
	return lemmaRule{len(form) - n, lemma[n:]}
}

// entry is all that the list knows of a form; mask tells the tagger at a glance.
type entry struct {
	mask     uint32
	class    uint8
	usage    uint8
	readings []reading
}

// lexicon maps forms to entries. The zero value knows no word.
type lexicon struct {
	forms   dafsa
	entries []entry
	usage   bool // whether the list tells usages
}

func (l *lexicon) find(form string) *entry {
	if i, ok := find(l.forms, form); ok && i < len(l.entries) {
		return &l.entries[i]
	}
	return nil
}

func (l *lexicon) findBytes(form []byte) *entry {
	if i, ok := find(l.forms, form); ok && i < len(l.entries) {
		return &l.entries[i]
	}
	return nil
}

// maskBit is the place of a reading in a mask; marks begin at bit 18.
func maskBit(tag UPOS, f Feats) uint32 {
	switch tag {
	case NOUN:
		if f.Number() == "Plur" {
			return 1 << 1
		}
		return 1 << 0
	case VERB:
		switch f.VerbForm() {
		case "Inf":
			return 1 << 4
		case "Part", "Ger":
			if f.Tense() == "Past" {
				return 1 << 5
			}
			return 1 << 6
		}
		return 1 << 3
	case ADJ:
		return 1 << 2
	case ADV:
		return 1 << 7
	case PROPN:
		return 1 << 8
	case PRON:
		return 1 << 9
	case DET:
		return 1 << 10
	case ADP:
		return 1 << 11
	case CCONJ:
		return 1 << 12
	case SCONJ:
		return 1 << 13
	case INTJ:
		return 1 << 14
	case NUM:
		return 1 << 15
	case AUX:
		return 1 << 16
	}
	return 1 << 17
}

const lexiconMagic = "quidnunc lexicon 2\n"

// Compile makes the table of a word list. The order of entries matters only within a form: the likelier reading first.
func Compile(list []Entry) ([]byte, error) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Entry) int { return strings.Compare(a.Form, b.Form) })
	var body []byte
	index := map[string]int{}
	var forms []string
	var numbers []int
	var sets []byte
	for i := 0; i < len(list); {
		j := i + 1
		for j < len(list) && list[j].Form == list[i].Form {
			j++
		}
		if strings.IndexByte(list[i].Form, 0) < 0 {
			body = appendEntry(body[:0], list[i:j])
			n, ok := index[string(body)]
			if !ok {
				n = len(index)
				index[string(body)] = n
				sets = append(sets, body...)
			}
			forms, numbers = append(forms, list[i].Form), append(numbers, n)
		}
		i = j
	}
	if len(index) > 1<<16 {
		return nil, fmt.Errorf("syntax: %d kinds of entry, at most %d", len(index), 1<<16)
	}
	d := buildDafsa(forms, numbers)
	out := appendUint([]byte(lexiconMagic), len(index))
	out = append(out, sets...)
	return pack(d.append(out))
}

func appendEntry(b []byte, list []Entry) []byte {
	var mask Mark
	var class, usage uint8
	type key struct {
		tag   UPOS
		feats Feats
		lemma string
	}
	var seen []key
	for _, e := range list {
		if e.Usage > 0 {
			usage = e.Usage
			if e.Lemma == "" {
				continue
			}
		}
		mask |= e.Marks | Mark(maskBit(e.Tag, e.Feats))
		if class == 0 {
			class = e.Class
		}
		if k := (key{e.Tag, e.Feats, e.Lemma}); !slices.Contains(seen, k) && len(seen) < 16 {
			seen = append(seen, k)
		}
	}
	b = appendUint(appendUint(appendUint(b, uint32(mask)), class), usage)
	b = appendUint(b, len(seen))
	for _, k := range seen {
		r := ruleFor(list[0].Form, k.lemma)
		b = appendUint(appendUint(appendUint(b, uint8(k.tag)), uint32(k.feats)), r.cut)
		b = appendString(b, r.add)
	}
	return b
}

func readLexicon(packed []byte) (*lexicon, error) {
	raw, err := unpack(packed)
	if err != nil {
		return nil, err
	}
	if len(raw) < len(lexiconMagic) || string(raw[:len(lexiconMagic)]) != lexiconMagic {
		return nil, errors.New("syntax: not a lexicon of this version")
	}
	r := &reader{b: raw[len(lexiconMagic):]}
	l := &lexicon{entries: make([]entry, r.count(1))}
	for i := range l.entries {
		e := &l.entries[i]
		e.mask, e.class, e.usage = uint32(r.uint()), uint8(r.uint()), uint8(r.uint())
		l.usage = l.usage || e.usage > 0
		e.readings = make([]reading, r.count(1))
		for j := range e.readings {
			e.readings[j] = reading{UPOS(r.uint()), Feats(r.uint()), lemmaRule{int(r.uint()), r.string()}}
		}
	}
	l.forms = readDafsa(r)
	if r.err != nil {
		return nil, fmt.Errorf("syntax: lexicon: %w", r.err)
	}
	return l, nil
}
