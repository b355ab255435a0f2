package match

import "sync/atomic"

// overlay is what the supplements to one base ask for, all together: so an article pays for those supplements that have
// something to say of it, not for each. Its bits only rise, under readers too: who asks an older edition finds too much in
// it, never too little. What has risen for rules long gone is shed when a new overlay is made.
type overlay struct {
	marks []atomic.Uint64 // bits: the mark of the base anchors a rule of a supplement
	pairs []atomic.Uint64 // bits by hash: pairs of the base's words that the base has no mark for
	words []atomic.Uint64 // bits by hash: words that the base does not know as a supplement asks for them
	asks  []uint32        // the hashes of those words, in the order in which they came; an edition has the first of them
	most  int             // of asks, for words to tell much
}

const (
	leastAsked = 1 << 12 // hashes that an overlay has room for
	pairBits   = 1 << 15
)

// newOverlay is of some supplements to a base.
func newOverlay(base *segment, parts []*part) *overlay {
	n := 0
	for _, p := range parts {
		n += len(p.segment.asks)
	}
	o := &overlay{most: leastAsked, marks: make([]atomic.Uint64, base.marks>>6+1), pairs: make([]atomic.Uint64, pairBits/64)}
	for o.most < 4*n {
		o.most *= 2
	}
	o.words = make([]atomic.Uint64, o.most/4) // 16 bits each
	for _, p := range parts {
		o.add(p.segment)
	}
	return o
}

// full tells that a new one is due.
func (o *overlay) full() bool { return len(o.asks) > o.most }

// add takes up a supplement that nobody asks yet.
func (o *overlay) add(s *segment) {
	o.merge(s)
	for _, h := range s.asks {
		raise(o.words, h)
	}
	o.asks = append(o.asks, s.asks...)
	for _, key := range s.theirs.keys {
		if key != 0 {
			raise(o.pairs, pairHash(key))
		}
	}
}

// merge takes up a supplement of rules that others had before: it may have chosen other anchors.
func (o *overlay) merge(s *segment) {
	for _, m := range s.keys {
		if m != 0 && int(m) <= s.base.marks {
			o.marks[m>>6].Or(1 << (m & 63))
		}
	}
}

func (o *overlay) anchors(m mark) bool { return o.marks[m>>6].Load()>>(m&63)&1 != 0 }

func (o *overlay) passes(t trace) bool {
	return raised(o.words, t.fold) || raised(o.words, t.stem) || raised(o.words, t.start)
}

func raise(bits []atomic.Uint64, h uint32) { bits[int(h>>6)&(len(bits)-1)].Or(1 << (h & 63)) }

func raised(bits []atomic.Uint64, h uint32) bool {
	return bits[int(h>>6)&(len(bits)-1)].Load()>>(h&63)&1 != 0
}

func pairHash(key uint64) uint32 { return uint32(key * 0x9E3779B97F4A7C15 >> 32) }

// hear marks as strange the words that the overlay has come to ask for since the view last looked: words that it studies
// from now on it marks by themselves.
func (v *view) hear(o *overlay, asks []uint32) {
	if v.overlay != o {
		v.overlay, v.heard = o, 0
	}
	if len(asks) <= v.heard {
		return
	}
	l := &v.doc.lexer
	l.index()
	for _, h := range asks[v.heard:] {
		l.eachWith(h, func(w uint32) {
			if int(w) < len(v.bears) && v.bears[w].more != 0 {
				v.bears[w].paired |= isStrange
			}
		})
	}
	v.heard = len(asks)
}

// oddPairs keeps those of the article's pairs that some supplement may ask for.
func (v *view) oddPairs() {
	if v.overlay == nil {
		return
	}
	for _, key := range v.twos {
		if raised(v.overlay.pairs, pairHash(key)) {
			v.odd = append(v.odd, key)
		}
	}
}

// concerns tells whether a supplement may have something to say of the article that its base was asked about.
func (v *view) concerns(s *segment) bool {
	if len(s.always) > 0 || len(s.eager) > 0 || len(s.fields.marks) > 0 || s.open {
		return true
	}
	for _, m := range v.hot {
		if _, ok := s.sparse(m); ok {
			return true
		}
	}
	for _, n := range v.strange {
		if s.sieve.passes(v.doc.lexer.traces[v.doc.places[n].word]) {
			return true
		}
	}
	if len(s.theirs.keys) > 0 {
		for _, key := range v.odd {
			if s.theirs.find(key) != 0 {
				return true
			}
		}
	}
	return false
}
