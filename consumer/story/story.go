// Package story tells which articles tell the same story.
//
// An article whose words are another's is a copy of it. An article that is about the same as a story of the last days
// joins it; whatever language it is in, since actors, names and events are compared besides words. Everything is computed
// in integers, so that any machine tells the same stories.
package story

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// Horizon is how long after its last article a story can be joined, in the log's time.
const Horizon = 72 * time.Hour

// What is kept at most. Beyond it the oldest go first, stories of one article before others.
const (
	MaxArticles = 1 << placeBits
	MaxStories  = 1 << 18
)

// Stories are those told of late. The zero value knows none. It is not safe for concurrent use.
type Stories struct {
	now        int64 // the log's time in Unix seconds
	began      int64 // when the first article came
	swept      int64
	serial     uint64 // of the latest cluster
	shelf      shelf
	frequency  frequency
	slots      []*cluster // nil: free
	free       []uint32
	bySerial   map[uint64]uint32   // slots of clusters, also under the serials of those they took in
	byTerm     map[uint64][]uint32 // slots of the clusters whose centroid has the term
	publishers map[uint64]*publisher
	moment     uint64 // how many pictures were taken
	told       memory
	evicted    uint64
	scratch    scratch
}

// scratch is used by one Add and means nothing after it.
type scratch struct {
	vector   vector
	rough    []uint32 // by slot: how much weight it shares; 0 between one article and the next
	lists    []list
	touched  []uint32
	likely   []uint32 // slots
	matches  []match
	fetched  uint64
	centroid vector
	ranks    []uint64 // of the terms of one kind, by weight
}

// Size says how much is remembered.
type Size struct {
	Stories, Articles, Terms, Publishers, Deeds int

	Evicted uint64 // stories that were forgotten before their time because there were too many
}

// Size is what is remembered now.
func (s *Stories) Size() Size {
	return Size{
		len(s.slots) - len(s.free), s.shelf.len(), s.frequency.of.Len(), len(s.publishers), s.told.deeds.Len(), s.evicted,
	}
}

// Advance moves the log's time on and forgets what is too old.
func (s *Stories) Advance(now time.Time) {
	s.now = max(s.now, now.Unix())
	if s.now-s.swept >= 3600 {
		s.swept = s.now
		s.sweep()
	}
}

func (s *Stories) sweep() {
	oldest := s.now - int64(Horizon/time.Second)
	for slot, c := range s.slots {
		if c != nil && c.last < oldest {
			s.forget(uint32(slot))
		}
	}
	for key, p := range s.publishers {
		if p.last < s.now-int64(publisherMemory/time.Second) {
			delete(s.publishers, key)
		}
	}
	s.frequency.decay(s.now)
	s.told.sweep(s.now)
}

// Add takes an article that is new and tells its story. The log's time has been told before.
func (s *Stories) Add(g *Gist) news.Story {
	if s.began == 0 {
		s.began = max(s.now, 1)
	}
	out := news.Story{ID: g.doc.id, Articles: 1, Publishers: 1, Firsts: s.firsts(g)}
	if !g.told {
		return out
	}
	v := s.frequency.vector(g.terms, s.scratch.vector[:0])
	s.scratch.vector = v
	copied := s.copied(g)
	slot, found := s.home(copied, v, g)
	if !found {
		slot = s.open(g.doc.id)
	}
	c := s.own(slot)
	d := g.doc
	d.at, d.cluster = s.now, c.serial
	if copied != nil {
		d.original = cmp.Or(copied.original, copied.id)
	}
	c.join(s.now, g.title, copied == nil)
	s.recentre(slot, v)
	s.learn(&d)
	s.frequency.count(v)
	s.shelf.put(&d, &g.hashes)
	out.CopyOf = d.original
	if len(s.slots)-len(s.free) > MaxStories {
		s.evict()
	}
	c.describe(&out, s.now)
	return out
}

// home is the story the article belongs to: that of the article it copies, else the one most like it.
func (s *Stories) home(copied *doc, v vector, g *Gist) (slot uint32, found bool) {
	if copied != nil {
		if slot, ok := s.bySerial[copied.cluster]; ok {
			return slot, true
		}
	}
	return s.nearest(v, g.title, g.tongue)
}

// Revise takes a new revision of an article and tells its story. It stays where it was. ok is false for an article that
// is not remembered.
func (s *Stories) Revise(g *Gist) (out news.Story, ok bool) {
	d := s.shelf.find(g.doc.id)
	if d == nil {
		return out, false
	}
	slot, ok := s.bySerial[d.cluster]
	if !ok {
		return out, false
	}
	out.Firsts, out.CopyOf = s.firsts(g), d.original
	s.own(slot).describe(&out, s.now)
	return out, true
}

// Drop takes an article out of its story.
func (s *Stories) Drop(article news.ID) {
	d := s.shelf.find(article)
	if d == nil {
		return
	}
	if slot, ok := s.bySerial[d.cluster]; ok {
		c := s.own(slot)
		c.leave(d)
		if c.articles == 0 {
			s.forget(slot)
		}
	}
	s.shelf.drop(article)
}

// title is a headline as templates are found in it: its folded words hashed, every number alike.
type title struct {
	words     []uint32
	publisher uint64
}

const maxTitle = 24 // words of a headline that are looked at

func newTitle(s string, publisher uint64) title {
	t := title{publisher: publisher}
	for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		h := uint32(1)
		if w[0] < '0' || w[0] > '9' {
			h = uint32(hash(text.Fold(w)))
		}
		if t.words = append(t.words, h); len(t.words) == maxTitle {
			break
		}
	}
	return t
}

// template tells whether two headlines of one publisher fill one form for different things: the weather of two towns, the
// figures of two companies. They begin and end alike and differ by a few words between, not by numbers alone.
func (t title) template(u title) bool {
	a, b := t.words, u.words
	if t.publisher != u.publisher || min(len(a), len(b)) < 4 {
		return false
	}
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	m := 0
	for m < min(len(a), len(b))-n && a[len(a)-1-m] == b[len(b)-1-m] {
		m++
	}
	between := max(len(a), len(b)) - n - m
	return between > 0 && between <= 3 && min(len(a), len(b)) > n+m && n+m >= 3 && n+m >= 2*between
}

func (s *Stories) open(id news.ID) uint32 {
	s.serial++
	c := &cluster{moment: s.moment, serial: s.serial, id: id, began: s.now}
	var slot uint32
	if n := len(s.free); n > 0 {
		slot = s.free[n-1]
		s.free = s.free[:n-1]
	} else {
		slot = uint32(len(s.slots))
		s.slots = append(s.slots, nil)
	}
	s.slots[slot] = c
	if s.bySerial == nil {
		s.bySerial = map[uint64]uint32{}
	}
	s.bySerial[c.serial] = slot
	return slot
}

// own is the cluster in a slot, to be written to: another than the one that a picture shows.
func (s *Stories) own(slot uint32) *cluster {
	c := s.slots[slot]
	if c.moment != s.moment {
		copied := *c // what only grows or is replaced as a whole is shared
		copied.publishers, copied.titles = slices.Clone(c.publishers), slices.Clone(c.titles)
		c = &copied
		c.moment = s.moment
		s.slots[slot] = c
	}
	return c
}

func (s *Stories) forget(slot uint32) {
	c := s.slots[slot]
	for _, t := range c.centre.terms {
		s.unlist(t.key, slot)
	}
	for _, serial := range append(c.serials, c.serial) {
		delete(s.bySerial, serial)
	}
	s.slots[slot] = nil
	s.free = append(s.free, slot)
}

// evict makes room: of the stories of one article those told longest ago, then of all.
func (s *Stories) evict() {
	all := make([]uint32, 0, len(s.slots))
	for slot, c := range s.slots {
		if c != nil {
			all = append(all, uint32(slot))
		}
	}
	slices.SortFunc(all, func(a, b uint32) int {
		c, d := s.slots[a], s.slots[b]
		return cmp.Or(cmp.Compare(min(c.articles, 2), min(d.articles, 2)), cmp.Compare(c.last, d.last), cmp.Compare(c.serial, d.serial))
	})
	for _, slot := range all[:MaxStories/8] {
		s.forget(slot)
		s.evicted++
	}
}

// hash is FNV-1a, mixed.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// hashAll hashes several strings, told apart.
func hashAll(parts ...string) uint64 {
	h := uint64(len(parts))
	for _, p := range parts {
		h = mix(h*31 + hash(p))
	}
	return h
}

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
