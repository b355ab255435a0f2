package match

import "slices"

// view is one article as one segment sees it: the marks it bears, and where.
type view struct {
	segment *segment // asked now: base, or a supplement to it
	base    *segment // whose words were learned
	doc     *document
	number  uint32 // of the questions to one segment about one article
	own     int    // marks in present that are not the supplement's
	others  int    // words in later that are not
	sifted  []borne
	spare   []mark // of words of the supplement

	// What supplements may ask for, of all that the article has.
	overlay *overlay
	heard   int      // of what the overlay asks for
	strange []uint32 // words, by their number in the document
	hot     []mark   // of the base
	odd     []uint64 // pairs of words

	// What the lexer's words mean to the segment, learned as they come: bears[word] are its marks in marks.
	bears   []borne
	locals  []borne // by the document's words
	marks   []mark
	twos    []uint64 // pairs of words to look up
	ownTwos []uint64 // of the supplement
	few     []mark
	kept    int // words that keep their number
	round   int // of the lexer, to which the numbers of words belong

	bits    []uint64 // the marks the article bears
	present []presence
	later   []later  // words that bear a mark which another word bore before
	slots   []uint32 // open addressing by mark: 1 more than its place in present
	slotted int      // so many of present are in slots
	where   []int32  // positions asked for
	masks   []uint64
	chunks  int // of 64 events each
	admits  [filters][]uint64
	asked   []answer // of tests
	found   []answer // of finders
	stack   []run
	covers  []int32  // of near
	anchors []uint32 // ranks of the marks the article bears that anchor rules
	warm    uint32   // of no use but to touch memory early
	key     []byte
	work    int      // units of work so far
	spent   []uint32 // rules that took more than the Budget

	bindings []uint32 // of the rules found to hold, in their order: see binding
}

// borne is the marks of a word: two, and where others stand in marks, up to a 0. Without any it is zero but for known.
type borne struct {
	first, second mark
	more          uint32 // 0: not known yet, 1: no others, else 2 more than where
	paired        uint32 // 1 more than the number of a word that is in pairs, else 0; and isStrange
}

// isStrange says of a word that some supplement asks for it by a mark that the base does not have.
const isStrange = 1 << 31

// presence is one mark that the article bears.
type presence struct {
	mark  mark
	word  int32  // the first that bears it; -1: none
	mask  int32  // where the events that bear it stand in masks; -1: the article bears it
	where uint32 // where its positions stand, 1 more; 0: not asked yet
	size  uint32
}

type later struct {
	mark mark
	word uint32
}

// answer is what a test said of this article.
type answer struct {
	number uint32 // of the questions
	holds  bool   // a finder's
	mask   int32  // a test's, in masks
	work   int32
}

const none = ^uint64(0)

// begin forgets the article before and looks at the one in the document. The overlay is of the supplements that will be
// laid over the segment, and may be nil; asks is what it asks for.
func (v *view) begin(s *segment, d *document, o *overlay, asks []uint32) {
	if v.base != s || v.round != d.lexer.round || len(v.marks) > 8*maxMemory {
		v.learn(s, d.lexer.round)
		v.overlay, v.heard = o, len(asks)
	}
	v.ask(s)
	for i := range v.present {
		v.bits[v.present[i].mark>>6] = 0
	}
	clear(v.bears[min(v.kept, len(v.bears)):])
	v.kept = d.lexer.known
	v.doc = d
	v.present, v.later, v.where, v.masks = v.present[:0], v.later[:0], v.where[:0], v.masks[:0]
	v.strange, v.hot, v.odd = v.strange[:0], v.hot[:0], v.odd[:0]
	v.work, v.spent, v.twos, v.slotted = 0, v.spent[:0], v.twos[:0], 0
	v.hear(o, asks)
	if s.worded || o != nil {
		v.wordMarks()
		if len(s.pairs.keys) > 0 {
			v.twos = v.pairsOf(v.locals, v.twos)
			v.givePairs(&s.pairs, v.twos)
			v.oddPairs()
		}
	}
	v.admit()
	v.fieldMarks()
}

// ask makes ready for questions to a segment.
func (v *view) ask(s *segment) {
	v.segment = s
	if v.number++; v.number == 0 { // after four billion questions, old numbers come again
		clear(v.asked[:cap(v.asked)])
		clear(v.found[:cap(v.found)])
		v.number = 1
	}
	v.asked, v.found = fit(v.asked, len(s.tests)), fit(v.found, len(s.finds))
}

// lay lays a supplement over its base, which has begun.
func (v *view) lay(s *segment) {
	v.ask(s)
	v.own, v.others = len(v.present), len(v.later)
	if n := s.marks>>6 + 1; n > len(v.bits) {
		v.bits = append(v.bits, make([]uint64, n-len(v.bits))...)
	}
	if len(s.theirs.keys) > 0 {
		v.givePairs(&s.theirs, v.odd)
	}
	if s.words {
		v.ownWords()
		if len(s.pairs.keys) > 0 {
			v.ownTwos = v.ownPairs(v.ownTwos[:0])
			v.givePairs(&s.pairs, v.ownTwos)
		}
	}
	v.fieldMarks()
}

// lift takes it away again: the newest marks leave the slots as they were before them.
func (v *view) lift() {
	last := uint32(len(v.slots) - 1)
	for n := len(v.present) - 1; n >= v.own; n-- {
		m := v.present[n].mark
		v.bits[m>>6] &^= 1 << (m & 63)
		if n >= v.slotted {
			continue
		}
		i := slotOf(m) & last
		for v.slots[i] != uint32(n)+1 {
			i = (i + 1) & last
		}
		v.slots[i] = 0
	}
	v.present, v.slotted, v.later = v.present[:v.own], min(v.slotted, v.own), v.later[:v.others]
}

func (v *view) learn(s *segment, round int) {
	for i := range v.present {
		v.bits[v.present[i].mark>>6] = 0
	}
	v.present = v.present[:0]
	v.base, v.round = s, round
	clear(v.bears)
	v.marks = v.marks[:0]
	if n := s.marks>>6 + 1; n > len(v.bits) {
		v.bits = append(v.bits, make([]uint64, n-len(v.bits))...)
	}
}

// fit makes room for n answers; old ones have numbers that do not come again.
func fit(a []answer, n int) []answer {
	if cap(a) < n {
		return make([]answer, n, n+n/2)
	}
	return a[:n]
}

func (v *view) wordMarks() {
	if v.segment.passing {
		v.locals, v.marks = v.sift(v.locals, v.marks[:0])
		return
	}
	d := v.doc
	for len(v.bears) < len(d.lexer.words) {
		v.bears = append(v.bears, borne{})
	}
	v.locals = slices.Grow(v.locals[:0], len(d.places))[:len(d.places)]
	for n := range d.places { // nothing hangs on what is there: the processor waits for many at a time
		v.locals[n] = v.bears[d.places[n].word]
	}
	for n := range v.locals {
		b := &v.locals[n]
		if b.more == 0 {
			*b = v.study(d.places[n].word)
		}
		if b.paired&isStrange != 0 {
			v.strange = append(v.strange, uint32(n))
		}
		v.bearAll(*b, v.marks, uint32(n))
	}
}

// sift marks the words of a small segment; more takes their marks beyond two.
func (v *view) sift(locals []borne, more []mark) ([]borne, []mark) {
	traces := v.doc.trace()
	locals = slices.Grow(locals[:0], len(traces))[:len(traces)]
	clear(locals)
	for n, t := range traces {
		if v.segment.sieve.passes(t) {
			locals[n], more = v.borneBy(v.doc.places[n].word, more)
			v.bearAll(locals[n], more, uint32(n))
		}
	}
	return locals, more
}

// ownWords marks the words that a supplement knows and its base does not.
func (v *view) ownWords() {
	v.spare = v.spare[:0]
	if v.segment.open {
		v.sifted, v.spare = v.sift(v.sifted, v.spare)
		return
	}
	places := v.doc.places
	v.sifted = slices.Grow(v.sifted[:0], len(places))[:len(places)]
	clear(v.sifted)
	for _, n := range v.strange {
		w := places[n].word
		if !v.segment.sieve.passes(v.doc.lexer.traces[w]) {
			continue
		}
		v.sifted[n], v.spare = v.borneBy(w, v.spare)
		v.bearAll(v.sifted[n], v.spare, n)
	}
}

// ownPairs appends the pairs of words that are in pairs of the supplement's own.
func (v *view) ownPairs(twos []uint64) []uint64 {
	if v.segment.open {
		return v.pairsOf(v.sifted, twos)
	}
	words := v.doc.words
	for _, n := range v.strange {
		first := v.sifted[n].paired
		if first == 0 {
			continue
		}
		for at := v.doc.places[n].first; at >= 0; at = v.doc.next[at] {
			if int(at)+1 == len(words) || words[at+1] == inGap {
				continue
			}
			if second := v.sifted[words[at+1]].paired; second != 0 {
				twos = append(twos, uint64(first)<<32|uint64(second))
			}
		}
	}
	return twos
}

// pairsOf appends the pairs of words that are in pairs.
func (v *view) pairsOf(locals []borne, twos []uint64) []uint64 {
	before := uint32(0)
	for _, w := range v.doc.words {
		now := uint32(0)
		if w != inGap {
			now = locals[w].paired &^ isStrange
		}
		if before != 0 && now != 0 {
			twos = append(twos, uint64(before)<<32|uint64(now))
		}
		before = now
	}
	return twos
}

// givePairs marks those that there are marks for.
func (v *view) givePairs(p *pairs, twos []uint64) {
	for _, key := range twos {
		if m := p.find(key); m != 0 {
			v.give(m, -1)
		}
	}
}

func (v *view) bearAll(b borne, more []mark, w uint32) {
	if b.first != 0 {
		v.bear(b.first, w)
	}
	if b.second != 0 {
		v.bear(b.second, w)
	}
	if b.more > 1 {
		for _, m := range more[b.more-2:] {
			if m == 0 {
				break
			}
			v.bear(m, w)
		}
	}
}

// study learns which marks a word bears.
func (v *view) study(w uint32) borne {
	var b borne
	b, v.marks = v.borneBy(w, v.marks)
	if v.overlay != nil && v.overlay.passes(v.doc.lexer.traces[w]) {
		b.paired |= isStrange
	}
	v.bears[w] = b
	return b
}

// borneBy looks up the marks of a word; those beyond two it appends to more.
func (v *view) borneBy(w uint32, more []mark) (borne, []mark) {
	b := borne{more: 1}
	v.few, b.paired = v.segment.vocabulary.marks(&v.doc.lexer.words[w], v.doc.lang, v.few[:0])
	switch n := len(v.few); {
	case n > 2:
		b.more = uint32(len(more)) + 2
		more = append(append(more, v.few[2:]...), 0)
		fallthrough
	case n == 2:
		b.second = v.few[1]
		fallthrough
	case n == 1:
		b.first = v.few[0]
	}
	return b, more
}

// bear marks the article with a mark of one of its words.
func (v *view) bear(m mark, w uint32) {
	if v.has(m) {
		v.later = append(v.later, later{m, w})
		return
	}
	v.set(m, int32(w), -1)
}

func (v *view) has(m mark) bool { return v.bits[m>>6]&(1<<(m&63)) != 0 }

func (v *view) set(m mark, word, mask int32) {
	v.bits[m>>6] |= 1 << (m & 63)
	v.present = append(v.present, presence{mark: m, word: word, mask: mask})
}

// slot enters present[n].
func (v *view) slot(n uint32) {
	last := uint32(len(v.slots) - 1)
	i := slotOf(v.present[n].mark) & last
	for v.slots[i] != 0 {
		i = (i + 1) & last
	}
	v.slots[i] = n + 1
}

// presence is that of a mark that the article bears.
func (v *view) presence(m mark) *presence {
	if v.slotted < len(v.present) {
		v.enter()
	}
	last := uint32(len(v.slots) - 1)
	for i := slotOf(m) & last; ; i = (i + 1) & last {
		if p := &v.present[v.slots[i]-1]; p.mark == m {
			return p
		}
	}
}

func slotOf(m mark) uint32 { return m * 0x9E3779B1 >> 12 }

// enter puts into slots what is not there yet: many an article is asked for no more than which marks it bears.
func (v *view) enter() {
	if v.slotted == 0 || 2*len(v.present) > len(v.slots) {
		size := max(256, len(v.slots))
		for size < 4*len(v.present) {
			size *= 2
		}
		if size > len(v.slots) {
			v.slots = make([]uint32, size)
		} else {
			clear(v.slots)
		}
		v.slotted = 0
	}
	for ; v.slotted < len(v.present); v.slotted++ {
		v.slot(uint32(v.slotted))
	}
}

// give marks the article, or the event unless it is -1.
func (v *view) give(m mark, event int) {
	if event < 0 {
		if !v.has(m) {
			v.set(m, -1, -1)
		}
		return
	}
	var p *presence
	if v.has(m) {
		p = v.presence(m)
	} else {
		v.set(m, -1, v.blank())
		p = &v.present[len(v.present)-1]
	}
	v.masks[int(p.mask)+event>>6] |= 1 << (event & 63)
}

// blank appends a mask of no events.
func (v *view) blank() int32 {
	at := len(v.masks)
	for range max(1, v.chunks) {
		v.masks = append(v.masks, 0)
	}
	return int32(at)
}

// admit tells which events take part.
func (v *view) admit() {
	events := v.doc.report.Events
	v.chunks = (len(events) + 63) >> 6
	for f := range v.admits {
		v.admits[f] = v.admits[f][:0]
		for range v.chunks {
			v.admits[f] = append(v.admits[f], 0)
		}
	}
	for i := range events {
		e := &events[i]
		for f := range uint8(filters) {
			if admits(f, e) {
				v.admits[f][i>>6] |= 1 << (i & 63)
			}
		}
	}
}

// fieldMarks marks the values of fields that the segment asks for, and makes the tests that anchor rules.
func (v *view) fieldMarks() {
	if len(v.segment.fields.marks) > 0 {
		v.articleMarks(&v.doc.report.Article)
		for i := range v.doc.report.Events {
			v.eventMarks(&v.doc.report.Events[i], i)
		}
	}
	v.tryEager()
}

// positions are where words with the mark stand, in order.
func (v *view) positions(m mark) []int32 {
	if !v.has(m) {
		return nil
	}
	p := v.presence(m)
	if p.where == 0 {
		from := len(v.where)
		if p.word >= 0 {
			v.whereIs(uint32(p.word))
		}
		first := len(v.where)
		for _, l := range v.later {
			if l.mark == m {
				v.whereIs(l.word)
			}
		}
		if len(v.where) > first {
			slices.Sort(v.where[from:])
		}
		p.where, p.size = uint32(from)+1, uint32(len(v.where)-from)
	}
	return v.where[p.where-1 : p.where-1+p.size : p.where-1+p.size]
}

// whereIs appends the positions of a word of the document.
func (v *view) whereIs(n uint32) {
	for at := v.doc.places[n].first; at >= 0; at = v.doc.next[at] {
		v.where = append(v.where, at)
	}
}

// stands tells whether the word at a position bears the mark.
func (v *view) stands(m mark, at int32) bool {
	if int(at) >= len(v.doc.words) || at < 0 {
		return false
	}
	w := v.doc.words[at]
	if w == inGap {
		return false
	}
	locals, more := v.locals, v.marks
	if int(m) > v.base.marks {
		locals, more = v.sifted, v.spare
	}
	b := &locals[w]
	if b.first == m || b.second == m {
		return true
	}
	if b.more > 1 {
		for _, n := range more[b.more-2:] {
			if n == 0 || n == m {
				return n == m
			}
		}
	}
	return false
}
