package match

import (
	"fmt"
	"strings"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// fieldMarks knows which values of fields bear which marks. A value is named by a letter for its field and the value.
type fieldMarks struct {
	marks map[string]mark
	lists map[mark][]mark // marks of the lists that hold the value
	forms map[mark]form   // of lists
	asked [128]bool       // by the letter: some rule asks
}

// The letters.
const (
	keyLang      = 'l'
	keyHost      = 'h' // the publisher folded, and the hosts above it
	keyPublisher = 'p' // as it stands
	keyWhat      = 't'
	keyMode      = 'm'
	keyContext   = 'c'
	keyRealis    = 'r'
	keyHistory   = 'b'
	keyCAMEO     = 'o'
	keyCountry   = 'w' // of the place
	keyPlace     = 'n' // its name, folded
	keyWho       = 's' // subject, object, either: country or code; key behind a #; sector behind a /
	keyWhom      = 'd'
	keyActor     = 'e'
	keyCell      = 'g' // of the place on the map, behind a letter for its size
)

func newFieldMarks() fieldMarks {
	return fieldMarks{marks: map[string]mark{}, lists: map[mark][]mark{}, forms: map[mark]form{}}
}

// key is the mark of a field's value: the base's, if it has one.
func (b *planner) key(letter byte, value string) mark {
	key := string(letter) + value
	if b.base != nil && !b.listing {
		if m, ok := b.base.fields.marks[key]; ok {
			return b.lend(m, ":"+key)
		}
	}
	b.fields.asked[letter] = true
	m, ok := b.fields.marks[key]
	if !ok {
		m = b.mark(":" + key)
		b.fields.marks[key] = m
	}
	return m
}

// field plans a clause about one field.
func (b *planner) field(spec rule.FieldSpec, x rule.Expr) *plan {
	switch x := x.(type) {
	case rule.And:
		return b.made(plan{form: askAll, parts: b.values(spec, x.X)})
	case rule.Or:
		return b.made(plan{form: askAny, parts: b.values(spec, x.X)})
	case rule.Not:
		return b.made(plan{form: askNot, parts: b.values(spec, []rule.Expr{x.X})})
	}
	if spec.Type == rule.Text {
		if spec.Name == "title" {
			return b.text(x, inTitle)
		}
		return b.text(x, anywhere)
	}
	if l, ok := x.(rule.List); ok && l.Values != nil {
		return b.list(spec, l)
	}
	if c, ok := x.(rule.Circle); ok {
		return b.circle(spec, c)
	}
	if p := b.value(spec, x); p != nil {
		return p
	}
	return b.test(spec, x)
}

func (b *planner) values(spec rule.FieldSpec, xs []rule.Expr) []*plan {
	out := b.partLists.take(len(xs))
	for i, x := range xs {
		out[i] = b.field(spec, x)
	}
	return out
}

// test plans a value that has to be computed. The same test is made once an article, or once an event.
func (b *planner) test(spec rule.FieldSpec, x rule.Expr) *plan {
	p := b.made(plan{form: askTest})
	if spec.Scope == rule.OfEvent {
		p.form = askTestOf
	}
	key := spec.Name + ":" + x.String()
	k, ok := b.tested[key]
	if !ok {
		k = len(b.tests)
		b.tested[key] = k
		b.tests = append(b.tests, newTest(spec, x, b.gazetteer))
	}
	p.n = k
	return p
}

// value plans a value that is one of few, or nil.
func (b *planner) value(spec rule.FieldSpec, x rule.Expr) *plan {
	keys, ok := keysOf(spec, x, b.gazetteer)
	if !ok {
		return nil
	}
	form := askEvent
	if spec.Scope == rule.OfArticle {
		form = askMark
	}
	one := func(k fieldKey) *plan { return b.made(plan{form: form, mark: b.key(k.letter, k.value)}) }
	if spec.Type != rule.Actor && spec.Type != rule.Country {
		return one(keys[0])
	}
	p := b.made(plan{form: askAny})
	for _, k := range keys {
		p.parts = append(p.parts, one(k))
	}
	return p
}

// fieldKey is a value of a field, as marks and traits name it.
type fieldKey struct {
	letter byte
	value  string
}

// keysOf is what a value stands for: one key, or, of an actor or a place, any of some. It is false for a value that has to
// be computed.
func keysOf(spec rule.FieldSpec, x rule.Expr, g *gazetteer.Gazetteer) (_ []fieldKey, ok bool) {
	if x, ok := x.(rule.Exact); ok && spec.Name == "publisher" {
		return []fieldKey{{keyPublisher, x.Text}}, true
	}
	value, ok := rule.ValueOf(x)
	if !ok {
		return nil, false
	}
	code, _ := spec.Canon(value)
	switch spec.Name {
	case "publisher":
		return []fieldKey{{keyHost, text.Fold(value)}}, true
	case "historical":
		return []fieldKey{{keyHistory, value}}, true
	case "cameo":
		return []fieldKey{{keyCAMEO, value}}, true
	case "who", "whom", "actor":
		return partyKeys(sideLetter(spec.Name), value, g), true
	case "who.sector", "whom.sector", "actor.sector":
		return []fieldKey{{sideLetter(strings.TrimSuffix(spec.Name, ".sector")), "/" + code}}, true
	case "where":
		return spotKeys(value, g), true
	}
	if letter, ok := codeLetters[spec.Name]; ok {
		return []fieldKey{{letter, code}}, true
	}
	return nil, false
}

var codeLetters = map[string]byte{"lang": keyLang, "what": keyWhat, "mode": keyMode, "context": keyContext, "realis": keyRealis}

// list plans a list of the user's own: one mark, which each of its values gives.
func (b *planner) list(spec rule.FieldSpec, l rule.List) *plan {
	name := fmt.Sprintf("@%s:%s:%p", spec.Name, l.Name, l.Values) // another version of a list may have the same name
	if b.base != nil {
		if m, ok := b.base.fields.marks[name]; ok {
			return b.made(plan{form: b.base.fields.forms[m], mark: b.lend(m, ":"+name)})
		}
	}
	m, known := b.fields.marks[name]
	var union plan
	b.listing = true // of the values' marks, each of which gives the list's
	defer func() { b.listing = false }()
	for _, value := range l.Values {
		if known {
			break
		}
		if p := b.value(spec, rule.Term{Text: value}); p != nil {
			union.parts = append(union.parts, p)
		} else {
			union.parts = append(union.parts, b.test(spec, rule.Term{Text: value}))
		}
	}
	if known {
		return b.made(plan{form: b.fields.forms[m], mark: m})
	}
	if union.form = askAny; len(union.parts) == 0 || !b.sameForm(&union) {
		return &union
	}
	m = b.mark(":" + name)
	b.fields.marks[name] = m
	b.fields.forms[m] = leafForm(union.parts[0])
	b.enlist(&union, m)
	return b.made(plan{form: b.fields.forms[m], mark: m})
}

// leafForm is the form of the marks below.
func leafForm(p *plan) form {
	if p.form == askAny && len(p.parts) > 0 {
		return leafForm(p.parts[0])
	}
	return p.form
}

// sameForm tells whether all values below are marks of the same thing, the article or the event.
func (b *planner) sameForm(p *plan) bool {
	want := leafForm(p)
	if want != askMark && want != askEvent {
		return false
	}
	for _, q := range p.parts {
		if leafForm(q) != want || q.form == askAny && !b.sameForm(q) {
			return false
		}
	}
	return true
}

// enlist lets every mark below give the list's.
func (b *planner) enlist(p *plan, m mark) {
	for _, q := range p.parts {
		if q.form == askAny {
			b.enlist(q, m)
		} else {
			b.fields.lists[q.mark] = append(b.fields.lists[q.mark], m)
		}
	}
}

func sideLetter(name string) byte {
	switch name {
	case "who":
		return keyWho
	case "whom":
		return keyWhom
	}
	return keyActor
}

func partyKeys(letter byte, value string, g *gazetteer.Gazetteer) (out []fieldKey) {
	for _, who := range rule.Parties(value, g) {
		if who.Country != "" {
			out = append(out, fieldKey{letter, who.Country})
		}
		if who.Key != "" {
			out = append(out, fieldKey{letter, "#" + who.Key})
		}
	}
	return out
}

func spotKeys(value string, g *gazetteer.Gazetteer) (out []fieldKey) {
	for _, s := range rule.Spots(value, g) {
		if s.Country != "" {
			out = append(out, fieldKey{keyCountry, s.Country})
		} else {
			out = append(out, fieldKey{keyPlace, text.Fold(s.Name)})
		}
	}
	return out
}

// articleMarks marks the values of the article's own fields.
func (v *view) articleMarks(a *news.Article) {
	v.value(keyLang, a.Language, -1)
	v.value(keyPublisher, a.Publisher, -1)
	if !v.segment.fields.asked[keyHost] {
		return
	}
	for host := text.Fold(a.Publisher); ; {
		v.value(keyHost, host, -1)
		_, above, ok := strings.Cut(host, ".")
		if !ok {
			return
		}
		host = above
	}
}

// eventMarks marks the values of the fields of event i.
func (v *view) eventMarks(e *news.Event, i int) {
	v.value(keyWhat, string(e.What.Type), i)
	v.value(keyMode, string(e.What.Mode), i)
	for _, c := range e.What.Contexts {
		v.value(keyContext, string(c), i)
	}
	v.value(keyRealis, string(e.Realis), i)
	if e.Historical {
		v.value(keyHistory, "true", i)
	} else {
		v.value(keyHistory, "false", i)
	}
	for n := 2; n <= len(e.What.CAMEO); n++ {
		v.value(keyCAMEO, e.What.CAMEO[:n], i)
	}
	v.sideMarks(keyWho, e.Who, i)
	v.sideMarks(keyWhom, e.Whom, i)
	if p := e.Where; p != nil {
		v.cellMarks(p, i)
		v.value(keyCountry, p.Country, i)
		if v.segment.fields.asked[keyPlace] {
			v.value(keyPlace, text.Fold(p.Name), i)
			v.value(keyPlace, text.Fold(p.Text), i)
		}
	}
}

func (v *view) sideMarks(letter byte, actors []news.Actor, i int) {
	for k := range actors {
		a := &actors[k]
		for _, l := range [...]byte{letter, keyActor} {
			if !v.segment.fields.asked[l] {
				continue
			}
			if a.Country != "" {
				v.value(l, a.Country, i)
			}
			if a.Key != "" {
				v.joined(l, '#', a.Key, i)
			}
			for _, s := range a.Sectors {
				v.joined(l, '/', string(s), i)
			}
		}
	}
}

func (v *view) joined(letter, sign byte, value string, event int) {
	v.key = append(append(v.key[:0], letter, sign), value...)
	v.keyed(event)
}

// value marks one value: of the event, or of the article where event is -1.
func (v *view) value(letter byte, value string, event int) {
	if !v.segment.fields.asked[letter] {
		return
	}
	v.key = append(append(v.key[:0], letter), value...)
	v.keyed(event)
}

func (v *view) keyed(event int) {
	m, ok := v.segment.fields.marks[string(v.key)]
	if !ok {
		return
	}
	v.give(m, event)
	for _, l := range v.segment.fields.lists[m] {
		v.give(l, event)
	}
}
