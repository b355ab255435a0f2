package match

import (
	"cmp"
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

// segment is rules made ready to be asked, all of them at once. It never changes.
//
// Each mark that anchors a rule has a stream of entries, one for each rule that cannot hold without it. An entry is a
// head, rule<<6 | length, and a program of words operator<<29 | mark, the part that is most seldom true first. A program
// that is long or would be written often stands in code, and the entry is one word that says where.
//
// A segment that has a base is a supplement to it: it uses the base's marks of words, and has marks of its own, behind
// those, for what the base does not know. So an article's words are looked up once, however many supplements there are.
type segment struct {
	vocabulary
	base   *segment
	theirs pairs // of words that the base has in pairs, by its numbers
	fields fieldMarks
	marks  int
	streams
	code   []uint32
	always []uint32 // entries of rules without an anchor
	finds  []finder
	tests  []test
	eager  []eager
	rules  int
	sieve  sieve    // of a supplement, and of a segment that is passing
	asks   []uint32 // what the sieve is of, of a supplement
	open   bool     // the sieve lets every word through
	words  bool     // it has words of its own
	worded bool     // some rule asks for words
	// It is asked of few articles: which words mean something to it is found out by the sieve each time, not learned.
	passing bool
}

// eager is a test that anchors rules, and so is made for every article.
type eager struct {
	test int
	mark mark
	of   bool // of the event
}

// Operators of entries.
const (
	opMark uint32 = iota // the mark is there; after opOr: the last of a group
	opOr                 // one of a group, of which one has to be there
	opNot                // the mark is not there
	opNear               // the next two words: the other mark, words between <<1 | ordered
	opEval               // code at this place holds
	opFar                // the program stands in code at this place, its length first
)

const (
	opShift  = 29
	markMask = 1<<opShift - 1
	farLen   = 63 // the length of an entry whose program is far
	maxRules = 1 << 26
	maxCopy  = 96 // words that the copies of one program may take
)

// Operators of code, with an argument from the fifth bit on. all, any: as many parts, behind a word with the length of
// them together; exists: a filter of events, and one part behind a word with its length.
const (
	codeAll uint32 = iota
	codeAny
	codeNot
	codeMark
	codeEvent
	codeNear
	codeFind
	codeTest
	codeTestOf
	codeExists
	codeShift = 4
	codeMask  = 1<<codeShift - 1
)

// A program in code begins with a word of flags: asks events, the filter of them.
const codeBinds = 1 << 8

// builder makes a segment.
type builder struct {
	*planner
	census  *Census
	pending [kinds][]uint32 // by what their programs begin with: place of the mark, then the entry
	counts  []uint32        // words by place
	places  map[mark]uint32 // of marks in the streams of a supplement; else each mark is its own
	costs   []float32
	code    []uint32
	always  []uint32
	eagers  map[[2]int]mark // eager tests: number and whether of the event
	eager   []eager
	weak    []Weak

	// Used again for each rule.
	parts      []*plan
	rest       []*plan
	candidates []group
	clauses    []clause
	operands   []uint32
	markLists  shelf[mark]
	passing    bool                         // see segment
	anchors    func(rule int, marks []mark) // for explain; may be nil
}

// group is a set of marks of which one is there if a plan holds, and how likely that is.
type group struct {
	marks []mark
	cost  float64
	part  *plan // the part it is of
}

// newBuilder begins a segment, or a supplement to base.
func newBuilder(g *gazetteer.Gazetteer, census *Census, base *segment) *builder {
	b := &builder{planner: newPlanner(g, base), census: census, eagers: map[[2]int]mark{}}
	if base != nil {
		b.places = map[mark]uint32{}
	}
	return b
}

// place is where the streams keep the entries of a mark.
func (b *builder) place(m mark) uint32 {
	if b.places == nil {
		return m
	}
	at, ok := b.places[m]
	if !ok {
		at = uint32(len(b.places))
		b.places[m] = at
	}
	return at
}

// add plans rule n and writes its entries.
func (b *builder) add(n int, x rule.Expr) {
	b.planShelf.clear()
	b.partLists.clear()
	b.markLists.clear()
	p := b.plan(x)
	parts := b.parts[:0]
	if p.form == askAll {
		parts = flat(p, parts)
	} else {
		parts = append(parts, p)
	}
	groups := b.candidates[:0]
	for _, part := range parts {
		groups = b.groups(part, groups)
	}
	b.parts, b.candidates = parts, groups
	anchor := -1
	for i := range groups {
		if anchor < 0 || groups[i].cost < groups[anchor].cost {
			anchor = i
		}
	}
	if anchor < 0 {
		if g, ok := b.eagerGroup(parts); ok {
			groups, anchor = append(groups, g), len(groups)
		}
	}
	if anchor < 0 || groups[anchor].cost > weakCost {
		b.weaken(n, p, groups, anchor)
	}
	if anchor < 0 {
		b.always = b.entry(b.always, n, b.program(x, parts, nil, groups))
		return
	}
	g := &groups[anchor]
	program := b.program(x, parts, g, groups)
	if len(program)*len(g.marks) > maxCopy {
		program = b.far(program)
	}
	pending := &b.pending[kindOf(program)]
	for _, m := range g.marks {
		before, at := len(*pending), b.place(m)
		*pending = b.entry(append(*pending, at), n, program)
		for int(at) >= len(b.counts) {
			b.counts = append(b.counts, make([]uint32, max(int(at), b.marks-b.from)+1-len(b.counts))...)
		}
		b.counts[at] += uint32(len(*pending) - before - 1)
	}
	if b.anchors != nil {
		b.anchors(n, g.marks)
	}
}

// kinds of programs: nothing to ask, one mark, one of two marks and more, the rest. The entries of a stream stand by
// kind, so that the processor guesses right what comes.
const (
	kindNone = iota
	kindMark
	kindOr
	kindMany = kindOr + 4
	kindRest = kindMany + 1
	kinds    = kindRest + 1
)

func kindOf(program []uint32) int {
	if len(program) == 0 {
		return kindNone
	}
	switch program[0] >> opShift {
	case opMark:
		return kindMark
	case opOr:
		n := 0
		for program[n]>>opShift == opOr {
			n++
		}
		return min(kindOr+n-1, kindMany)
	}
	return kindRest
}

// flat lists the parts of nested ANDs.
func flat(p *plan, out []*plan) []*plan {
	for _, part := range p.parts {
		if part.form == askAll {
			out = flat(part, out)
		} else {
			out = append(out, part)
		}
	}
	return out
}

func (b *builder) entry(out []uint32, n int, program []uint32) []uint32 {
	if len(program) >= farLen {
		program = b.far(program)
	}
	length := uint32(len(program))
	if length == 1 && program[0]>>opShift == opFar {
		length = farLen
	}
	return append(append(out, uint32(n)<<6|length), program...)
}

// far moves a program to code and returns the word that stands for it.
func (b *builder) far(program []uint32) []uint32 {
	if len(program) == 1 && program[0]>>opShift == opFar {
		return program
	}
	at := uint32(len(b.code))
	b.code = append(append(b.code, uint32(len(program))), program...)
	return []uint32{opFar<<opShift | at}
}

// weaken notes a rule that many articles come to be tried for.
func (b *builder) weaken(n int, p *plan, groups []group, anchor int) {
	share := 1.0
	if anchor >= 0 {
		share = min(1, groups[anchor].cost)
	}
	b.weak = append(b.weak, Weak{Rule: n, Share: share, PerDay: b.chance(p) * b.census.perDay()})
}

// groups appends the groups of marks of each of which the article has one if p holds.
func (b *builder) groups(p *plan, out []group) []group {
	switch p.form {
	case askMark, askEvent:
		return append(out, b.single(p.mark, p))
	case askNear:
		return append(out, b.single(p.mark, p), b.single(p.other, p))
	case askFind:
		for _, g := range b.finds[p.n].groups(nil) {
			if len(g) > 0 {
				out = append(out, b.grouped(g, p))
			}
		}
	case askAll, askExists:
		for _, part := range p.parts {
			out = b.groups(part, out)
		}
	case askAny:
		return b.union(p, out)
	}
	return out
}

func (b *builder) single(m mark, p *plan) group {
	marks := b.markLists.take(1)
	marks[0] = m
	return group{marks, b.cost(m), p}
}

func (b *builder) grouped(marks []mark, p *plan) group {
	g := group{marks: marks, part: p}
	for _, m := range marks {
		g.cost += b.cost(m)
	}
	return g
}

// union appends the marks of the best group of each part, if each has one.
func (b *builder) union(p *plan, out []group) []group {
	u := group{part: p, marks: b.markLists.take(len(p.parts))[:0]}
	from := len(out)
	for _, part := range p.parts {
		if part.form == askMark || part.form == askEvent {
			u.marks = append(u.marks, part.mark)
			u.cost += b.cost(part.mark)
			continue
		}
		out = b.groups(part, out)
		if len(out) == from {
			return out
		}
		best := slices.MinFunc(out[from:], func(x, y group) int { return cmp.Compare(x.cost, y.cost) })
		u.marks = append(u.marks, best.marks...)
		u.cost += best.cost
		out = out[:from]
	}
	if len(u.marks) == 0 {
		return out
	}
	if len(u.marks) > 1 {
		slices.Sort(u.marks)
		u.marks = slices.Compact(u.marks)
	}
	return append(out, u)
}

// eagerGroup anchors a rule on a test: of those that ask nothing else.
func (b *builder) eagerGroup(parts []*plan) (group, bool) {
	for _, p := range parts {
		if p.form != askTest && p.form != askTestOf {
			continue
		}
		key := [2]int{p.n, int(p.form)}
		m, ok := b.eagers[key]
		if !ok {
			m = b.mark("?")
			b.eagers[key] = m
			b.eager = append(b.eager, eager{p.n, m, p.form == askTestOf})
		}
		return group{marks: []mark{m}, cost: 1, part: p}, true
	}
	return group{}, false
}

// simple tells whether p is one mark of the article, or a choice of such.
func simple(p *plan) bool {
	switch p.form {
	case askMark:
		return true
	case askAny:
		return !slices.ContainsFunc(p.parts, func(q *plan) bool { return q.form != askMark })
	}
	return false
}

// clause is a piece of a program and how likely it is to hold.
type clause struct {
	words []uint32
	share float64
}

// program writes the parts as operators. What the anchor has proved is left out.
func (b *builder) program(x rule.Expr, parts []*plan, anchor *group, groups []group) []uint32 {
	binds := rule.AsksEvent(x)
	clauses, rest := b.clauses[:0], b.rest[:0]
	for _, p := range parts {
		proved := anchor != nil && anchor.part == p
		switch {
		case simple(p):
			if !proved {
				clauses = append(clauses, b.choice(p))
			}
		case p.form == askNot && p.parts[0].form == askMark:
			clauses = append(clauses, clause{b.operators(opNot<<opShift | p.parts[0].mark), 0.99})
		case p.form == askNear:
			distance := uint32(p.n) << 1
			if p.ordered {
				distance |= 1
			}
			clauses = append(clauses, clause{b.operators(opNear<<opShift|p.mark, p.other, distance), min(b.cost(p.mark), b.cost(p.other))})
		default:
			rest = append(rest, p)
		}
	}
	if len(rest) > 0 {
		for i := range groups {
			if g := &groups[i]; (anchor == nil || &g.marks[0] != &anchor.marks[0]) && slices.Contains(rest, g.part) && len(g.marks) <= 4 {
				clauses = append(clauses, clause{b.anyOf(g.marks), g.cost})
			}
		}
	}
	b.clauses, b.rest = clauses, rest
	slices.SortStableFunc(clauses, func(x, y clause) int { return cmp.Compare(x.share, y.share) })
	out := b.operands[:0]
	for _, c := range clauses {
		out = append(out, c.words...)
	}
	if len(rest) > 0 || binds {
		out = append(out, opEval<<opShift|b.eval(x, rest, binds))
	}
	b.operands = out
	return out
}

func (b *builder) choice(p *plan) clause {
	if p.form == askMark {
		return clause{b.operators(opMark<<opShift | p.mark), b.cost(p.mark)}
	}
	c := clause{words: b.markLists.take(len(p.parts))[:0]}
	for i, q := range p.parts {
		op := opOr
		if i == len(p.parts)-1 {
			op = opMark
		}
		c.words = append(c.words, op<<opShift|q.mark)
		c.share += b.cost(q.mark)
	}
	return c
}

func (b *builder) operators(words ...uint32) []uint32 {
	out := b.markLists.take(len(words))
	copy(out, words)
	return out
}

func (b *builder) anyOf(marks []mark) []uint32 {
	out := b.markLists.take(len(marks))
	for i, m := range marks {
		out[i] = opOr<<opShift | m
	}
	out[len(out)-1] = opMark<<opShift | marks[len(marks)-1]
	return out
}

// eval writes the parts to code and returns where.
func (b *builder) eval(x rule.Expr, parts []*plan, binds bool) uint32 {
	at := uint32(len(b.code))
	flags := uint32(filterOf(x))
	if binds {
		flags |= codeBinds
	}
	b.code = append(b.code, flags)
	b.write(&plan{form: askAll, parts: parts})
	return at
}

func (b *builder) write(p *plan) {
	op := func(op uint32, arg int, more ...uint32) {
		b.code = append(append(b.code, op|uint32(arg)<<codeShift), more...)
	}
	switch p.form {
	case askAll, askAny, askExists:
		n, code := len(p.parts), codeAll
		switch p.form {
		case askAny:
			code = codeAny
		case askExists:
			code, n = codeExists, int(p.filter)
		}
		op(code, n, 0)
		from := len(b.code)
		for _, part := range p.parts {
			b.write(part)
		}
		b.code[from-1] = uint32(len(b.code) - from)
	case askNot:
		op(codeNot, 0)
		b.write(p.parts[0])
	case askMark:
		op(codeMark, int(p.mark))
	case askEvent:
		op(codeEvent, int(p.mark))
	case askNear:
		distance := uint32(p.n) << 1
		if p.ordered {
			distance |= 1
		}
		op(codeNear, int(p.mark), p.other, distance)
	case askFind:
		op(codeFind, p.n)
	case askTest:
		op(codeTest, p.n)
	case askTestOf:
		op(codeTestOf, p.n)
	}
}

// segment ends the building.
func (b *builder) segment(rules int) *segment {
	s := &segment{
		vocabulary: b.vocabulary(), fields: b.fields, marks: b.marks, code: slices.Clip(b.code), always: slices.Clip(b.always),
		finds: b.finds, tests: b.tests, eager: b.eager, rules: rules, base: b.base, worded: b.worded, passing: b.passing,
	}
	if s.base != nil || s.passing {
		s.asks, s.open = b.asks()
		if s.sieve = newSieve(s.asks); s.open {
			s.sieve = sieve{^uint64(0)}
		}
	}
	s.words = len(b.words.list)+len(b.exact)+len(b.prefixes)+len(b.patterns) > 0
	if b.base != nil {
		s.streams = newSparse(b.counts, b.places)
	} else {
		s.streams = newStreams(b.counts, b.marks)
	}
	s.theirs = newPairs(b.theirs, 0)
	s.fill(b.pending)
	return s
}
