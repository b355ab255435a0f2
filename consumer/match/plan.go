package match

import (
	"slices"
	"strings"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// form is what a plan asks.
type form uint8

const (
	askAll    form = iota // every part
	askAny                // one part
	askNot                // the part does not hold
	askMark               // the article bears the mark
	askEvent              // the event bears it
	askNear               // words with the two marks, at most n words between
	askFind               // the finder finds something
	askTest               // the test holds for the article
	askTestOf             // the test holds for the event
	askExists             // the part holds for some event
)

// plan is a query as the Index asks it. The shape of the query is kept.
type plan struct {
	form    form
	ordered bool
	filter  uint8 // of askExists: which events take part
	mark    mark
	other   mark
	n       int // words between; number of the finder or the test
	parts   []*plan
}

// Which events take part beside the actual and alleged ones of today.
const (
	withHistory uint8 = 1 << iota
	withHypothetical
	filters = 4
)

func filterOf(x rule.Expr) (f uint8) {
	if rule.Names(x, "historical") {
		f |= withHistory
	}
	if rule.Names(x, "realis") {
		f |= withHypothetical
	}
	return f
}

// planner turns queries into plans and numbers what they ask for.
type planner struct {
	gazetteer *gazetteer.Gazetteer
	planShelf shelf[plan]
	partLists shelf[*plan]
	words     wordList
	stems     []mark
	folds     []mark
	exact     map[string]mark
	pairs     map[uint64]mark // by the numbers of their words
	theirs    map[uint64]mark // by the base's numbers of their words
	prefixes  map[string]mark
	patterns  map[string]mark
	fields    fieldMarks
	finds     []finder
	found     map[string]int // finders by what they look for
	tests     []test
	tested    map[string]int // tests by field and value
	base      *segment       // whose marks of words are used too; may be nil
	lent      map[mark]string
	from      int      // the marks of base end here
	marks     int      // marks given so far; 0 is none
	names     []string // for the census: by mark behind from
	worded    bool     // something asks for words
	listing   bool     // the values of a list are planned
}

func newPlanner(g *gazetteer.Gazetteer, base *segment) *planner {
	b := &planner{
		gazetteer: g, exact: map[string]mark{}, pairs: map[uint64]mark{}, theirs: map[uint64]mark{},
		prefixes: map[string]mark{}, patterns: map[string]mark{},
		fields: newFieldMarks(), found: map[string]int{}, tested: map[string]int{}, names: []string{""},
	}
	if base != nil {
		b.base, b.from, b.marks, b.lent = base, base.marks, base.marks, map[mark]string{}
	}
	return b
}

// mark gives a new number to something the census may know by its name.
func (b *planner) mark(name string) mark {
	b.marks++
	b.names = append(b.names, name)
	return mark(b.marks)
}

func (b *planner) plan(x rule.Expr) *plan {
	switch x := x.(type) {
	case rule.And:
		return b.made(plan{form: askAll, parts: b.plans(x.X)})
	case rule.Or:
		return b.made(plan{form: askAny, parts: b.plans(x.X)})
	case rule.Not:
		return b.made(plan{form: askNot, parts: b.only(b.plan(x.X))})
	case rule.Field:
		spec, _ := rule.FieldNamed(x.Name)
		return b.field(spec, x.X)
	case rule.Group:
		return b.made(plan{form: askExists, filter: filterOf(x.X), parts: b.only(b.plan(x.X))})
	}
	return b.text(x, anywhere)
}

// only is a list of one part.
func (b *planner) only(p *plan) []*plan {
	out := b.partLists.take(1)
	out[0] = p
	return out
}

// made keeps a plan until the rule is done.
func (b *planner) made(p plan) *plan {
	out := &b.planShelf.take(1)[0]
	*out = p
	return out
}

func (b *planner) plans(xs []rule.Expr) []*plan {
	out := b.partLists.take(len(xs))
	for i, x := range xs {
		out[i] = b.plan(x)
	}
	return out
}

// text plans a clause about the article's words.
func (b *planner) text(x rule.Expr, z zone) *plan {
	if z != anywhere {
		return b.find(x, z)
	}
	switch x := x.(type) {
	case rule.Term:
		if s, ok := single(x.Text); ok {
			return b.made(plan{form: askMark, mark: b.word(s, stemmed)})
		}
	case rule.Phrase:
		if s, ok := single(x.Text); ok {
			return b.made(plan{form: askMark, mark: b.word(s, folded)})
		}
		if s, t, ok := strings.Cut(x.Text, " "); ok {
			return b.pair(x, s, t)
		}
	case rule.Near:
		return b.near(x)
	}
	f := b.finder(x)
	if m, ok := f.(markAt); ok {
		return b.made(plan{form: askMark, mark: mark(m)})
	}
	return b.found1(x, f, z)
}

func (b *planner) pair(x rule.Phrase, s, t string) *plan {
	first, ok := single(s)
	second, okay := single(t)
	if !ok || !okay {
		return b.find(x, anywhere)
	}
	b.worded = true
	if b.base != nil {
		if m, key := b.base.pair(first, second); m != 0 {
			return b.made(plan{form: askMark, mark: b.lend(m, first+" "+second)})
		} else if key != 0 {
			return b.made(plan{form: askMark, mark: b.pairMark(b.theirs, key, first, second)})
		}
	}
	return b.made(plan{form: askMark, mark: b.pairMark(b.pairs, pairKey(b.number(first), b.number(second)), first, second)})
}

func (b *planner) pairMark(in map[uint64]mark, key uint64, first, second string) mark {
	m, ok := in[key]
	if !ok {
		m = b.mark(first + " " + second)
		in[key] = m
	}
	return m
}

func (b *planner) near(x rule.Near) *plan {
	f := b.finder(x)
	n := f.(near)
	m, ok := n.x.(markAt)
	o, okay := n.y.(markAt)
	if !ok || !okay || m == o {
		return b.found1(x, f, anywhere)
	}
	return b.made(plan{form: askNear, mark: mark(m), other: mark(o), n: x.Within, ordered: x.Ordered})
}

func (b *planner) find(x rule.Expr, z zone) *plan { return b.found1(x, b.finder(x), z) }

// found1 numbers a finder; the same words are looked for once an article.
func (b *planner) found1(x rule.Expr, f finder, z zone) *plan {
	key := x.String()
	if r, ok := f.(repeat); ok && z == inTitle {
		key, f = "title:"+key, repeat{titled{r.finder}, r.times}
	} else if z == inTitle {
		key, f = "title:"+key, titled{f}
	}
	k, ok := b.found[key]
	if !ok {
		k = len(b.finds)
		b.finds = append(b.finds, f)
		b.found[key] = k
	}
	return b.made(plan{form: askFind, n: k})
}

// single tells whether s is one word in any language, and folds it.
func single(s string) (string, bool) {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return "", false
		}
	}
	if len(s) == len("cannot") && strings.EqualFold(s, "cannot") {
		return "", false
	}
	return text.Fold(s), s != ""
}

// number is the word's, in the order in which they are first asked for.
func (b *planner) number(fold string) uint32 {
	n, known := b.words.number(fold)
	if !known {
		b.words.list[n] = strings.Clone(fold) // not the whole query
		b.stems, b.folds = append(b.stems, 0), append(b.folds, 0)
	}
	return n
}

func (b *planner) word(fold string, how int) mark {
	b.worded = true
	if b.base != nil {
		if m := b.base.wordMark(fold, how); m != 0 {
			return b.lend(m, fold)
		}
	}
	n := b.number(fold)
	at := &b.stems[n]
	if how == folded {
		at = &b.folds[n]
	}
	if *at == 0 {
		*at = b.mark(b.words.list[n])
	}
	return *at
}

// lend notes what the census calls a mark of the base.
func (b *planner) lend(m mark, name string) mark {
	if _, ok := b.lent[m]; !ok {
		b.lent[m] = strings.Clone(name)
	}
	return m
}

// named is the mark of a word or a part of one: the base's, if it has one.
func (b *planner) named(m map[string]mark, theirs func(*vocabulary, string) mark, key, census string) mark {
	b.worded = true
	if b.base != nil {
		if n := theirs(&b.base.vocabulary, key); n != 0 {
			return b.lend(n, census)
		}
	}
	n, ok := m[key]
	if !ok {
		n = b.mark(census)
		m[strings.Clone(key)] = n
	}
	return n
}

func (b *planner) finder(x rule.Expr) finder {
	switch x := x.(type) {
	case rule.Term:
		return b.row(x.Text, stemmed)
	case rule.Phrase:
		return b.row(x.Text, folded)
	case rule.Exact:
		return b.row(x.Text, exact)
	case rule.Prefix:
		p := foldPrefix(x.Text)
		return markAt(b.named(b.prefixes, (*vocabulary).prefix, p, p+"*"))
	case rule.Pattern:
		p := foldPrefix(x.Text)
		return markAt(b.named(b.patterns, (*vocabulary).pattern, p, p+"*"))
	case rule.Loose:
		return b.loose(x)
	case rule.Repeat:
		return repeat{b.finder(x.X), x.Times}
	case rule.Near:
		return near{x: b.finder(x.X), y: b.finder(x.Y), within: x.Within, ordered: x.Ordered}
	case rule.Or:
		out := make(either, len(x.X))
		for i, y := range x.X {
			out[i] = b.finder(y)
		}
		return out
	}
	return either{}
}

// row is words behind each other; another language may cut them otherwise.
func (b *planner) row(s string, how int) finder {
	if fold, ok := single(s); ok && how != exact {
		return markAt(b.word(fold, how))
	}
	var r row
	same := true
	for i, lang := range langs {
		for _, w := range wordsOf(s, lang) {
			r[i] = append(r[i], b.markOf(w, how))
		}
		same = same && slices.Equal(r[i], r[0])
	}
	if same && len(r[0]) == 1 {
		return markAt(r[0][0])
	}
	return r
}

func (b *planner) loose(x rule.Loose) finder {
	l := loose{within: x.Within}
	for i, lang := range langs {
		for _, w := range wordsOf(x.Text, lang) {
			l.row[i] = append(l.row[i], b.markOf(w, folded))
		}
		l.kinds[i] = tally(l.row[i])
	}
	return l
}

func (b *planner) markOf(w string, how int) mark {
	if how == exact {
		w = straight(w)
		return b.named(b.exact, (*vocabulary).asItStands, w, text.Fold(w))
	}
	return b.word(text.Fold(w), how)
}

// literal is the letters before the first ? of a pattern.
func literal(pattern string) string {
	if i := strings.IndexAny(pattern, "?*"); i >= 0 {
		return pattern[:i]
	}
	return pattern
}

func (b *planner) vocabulary() vocabulary {
	v := vocabulary{
		stems: b.stems, folds: b.folds, exact: b.exact, prefixes: b.prefixes, pairs: newPairs(b.pairs, len(b.words.list)),
		inflected: &[len(langs)]inflection{},
	}
	v.spellings = newSpellings(b.words.list)
	v.table = make([]uint32, len(b.words.list)*4/3+1)
	v.stems, v.folds = slices.Clip(v.stems), slices.Clip(v.folds)
	if !slices.ContainsFunc(v.folds, func(m mark) bool { return m != 0 }) {
		v.folds = nil
	}
	for n := range b.words.list {
		i := reduce(b.words.hashes[n], uint64(len(v.table)))
		for v.table[i] != 0 {
			if i++; i == uint64(len(v.table)) {
				i = 0
			}
		}
		v.table[i] = uint32(n + 1)
	}
	for p, m := range b.patterns {
		if v.patterns == nil {
			v.patterns = map[string][]pattern{}
		}
		v.patterns[literal(p)] = append(v.patterns[literal(p)], pattern{p, m})
	}
	return v
}
