package story

import (
	"github.com/quidnunc-news/quidnunc/consumer/cow"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// shelf holds the latest articles and finds those with a band in common. It is a ring: an article's number, from 1 in the
// order of the log, says where it stands, and whether it is there still.
type shelf struct {
	last  uint64         // number of the latest article
	docs  cow.Slice[doc] // as many as a power of two
	links [][chains]link // of each article, by its place
	heads [chains][]head // the latest article of each chain
	byID  map[news.ID]uint64
	most  int // articles that there is room for, a power of two; 0 means MaxArticles
	seen  seen
}

const firstShelf = 1 << 6

// An article stands in a chain for each of its bands, and in one for its whole signature. A chain is of the articles whose
// hash falls into one bucket; there are as many buckets as places.
const (
	chains = bands + 1
	whole  = bands
)

// link is what an article knows of a chain that it stands in: the place of the article before it, or its own where there
// is none; and, in the upper bits, which one in the chain it is, as far as it fits.
type link uint32

const (
	placeBits    = 19 // as many as places can have
	placeMask    = 1<<placeBits - 1
	ordinalRange = 1 << (32 - placeBits)
)

func (l link) ordinal() uint32 { return uint32(l) >> placeBits }

// head is the latest article of a chain: the lower bits of its number, and marks that all articles of the chain have made,
// so that most chains that hold none like another need not be walked. 0: no article was ever there.
type head uint32

// What a head keeps of a number is enough to find it as long as no head is older than so many articles: those of articles
// that have fallen out are swept twice as often.
const (
	numberBits = 20
	numberMask = 1<<numberBits - 1
	sweepEvery = 1 << (numberBits - 1)
	marks      = 32 - numberBits
)

// mark is the bit that an article with this hash makes.
func mark(hash uint32) head { return 1 << (numberBits + hash>>numberBits%marks) }

func (s *shelf) len() int { return len(s.byID) }

// at is the article with the number, which must be there.
func (s *shelf) at(number uint64) *doc { return s.docs.At(s.place(number)) }

// own is at, to be written to.
func (s *shelf) own(number uint64) *doc { return s.docs.Own(s.place(number)) }

func (s *shelf) place(number uint64) int { return int(number & uint64(s.docs.Len()-1)) }

func (s *shelf) find(id news.ID) *doc {
	if n, ok := s.byID[id]; ok {
		return s.at(n)
	}
	return nil
}

// put takes an article in, whose hashes are given; the oldest may fall out.
func (s *shelf) put(d *doc, hashes *[chains]uint32) {
	if int(s.last) >= s.docs.Len()-1 && s.docs.Len() < s.room() {
		s.grow()
	}
	s.last++
	at := s.own(s.last)
	if at.current {
		delete(s.byID, at.id)
	}
	s.drop(d.id) // an article that is put in once more is known by its latest words
	*at = *d
	at.current = true
	s.byID[d.id] = s.last
	s.chain(s.last, hashes)
	if s.last%sweepEvery == 0 {
		s.sweep()
	}
}

func (s *shelf) room() int {
	if s.most > 0 {
		return s.most
	}
	return MaxArticles
}

// grow doubles the ring. Only a ring that has never turned grows, so every article keeps its place.
func (s *shelf) grow() {
	s.make(max(firstShelf, 2*s.docs.Len()))
	for number := uint64(1); number <= s.last; number++ {
		hashes := s.at(number).hashes()
		s.chain(number, &hashes)
	}
}

// make gives the ring n places; the articles have to be chained again.
func (s *shelf) make(n int) {
	s.docs.Grow(n)
	s.links = make([][chains]link, n)
	for c := range s.heads {
		s.heads[c] = make([]head, n)
	}
	if s.byID == nil {
		s.byID = map[news.ID]uint64{}
	}
}

func (s *shelf) chain(number uint64, hashes *[chains]uint32) {
	place := s.place(number)
	if s.docs.At(place).shingles == 0 {
		return
	}
	links, mask := &s.links[place], uint32(s.docs.Len()-1)
	for c, hash := range hashes {
		h := &s.heads[c][hash&mask]
		before, made, ordinal := place, head(0), uint32(0)
		if n, ok := s.number(*h); ok {
			before, made = s.place(n), *h&^numberMask
			ordinal = s.links[before][c].ordinal() + 1
		}
		links[c] = link(ordinal<<placeBits | uint32(before))
		*h = head(number&numberMask) | made | mark(hash)
	}
}

// sweep forgets the heads of articles that have fallen out.
func (s *shelf) sweep() {
	for c := range s.heads {
		for i, h := range s.heads[c] {
			if _, ok := s.number(h); !ok {
				s.heads[c][i] = 0
			}
		}
	}
}

// number is that of the article that a head is; ok is false where there is none, or it has fallen out.
func (s *shelf) number(h head) (number uint64, ok bool) {
	back := (s.last - uint64(h)) & numberMask
	if h == 0 || back >= uint64(s.docs.Len()) || back >= s.last {
		return 0, false
	}
	return s.last - back, true
}

// before is the article before another in a chain; ok is false where there is none, or it has fallen out.
func (s *shelf) before(number uint64, chain int) (before uint64, ok bool) {
	places := uint64(s.docs.Len())
	place := uint64(s.links[s.place(number)][chain] & placeMask)
	back := (s.last - place) & (places - 1)
	before = s.last - back
	return before, back < s.last && before < number // in the place of one that has fallen out stands a later one
}

// lead are the heads of the chains of the hashes: read at once, as each is somewhere else in memory.
func (s *shelf) lead(hashes *[chains]uint32) (out [chains]head) {
	mask := uint32(s.docs.Len() - 1)
	for c, hash := range hashes {
		out[c] = s.heads[c][hash&mask]
	}
	return out
}

// matches appends the articles that have bands in common with d, and how many, in no order. Of each chain the latest are
// looked at.
func (s *shelf) matches(d *doc, hashes *[chains]uint32, heads *[chains]head, out []match) []match {
	s.seen.clear()
	for b := range bands {
		if heads[b]&mark(hashes[b]) == 0 {
			continue
		}
		band := d.band(b)
		number, ok := s.number(heads[b])
		for n := 0; ok && n < perBand; n++ {
			if s.at(number).band(b) == band {
				if at := s.seen.place(number, len(out)); at < len(out) {
					out[at].bands++
				} else {
					out = append(out, match{number, 1})
				}
			}
			number, ok = s.before(number, b)
		}
	}
	return out
}

// ordinals are those of the latest articles of the bands' chains.
func (s *shelf) ordinals(heads *[chains]head) (out [bands]uint32) {
	for b := range bands {
		if n, ok := s.number(heads[b]); ok {
			out[b] = s.links[s.place(n)][b].ordinal()
		}
	}
	return out
}

// ordinalsTell tells whether ordinals say how far an article is behind the latest of its chains.
func (s *shelf) ordinalsTell(number uint64) bool { return s.last-number < ordinalRange }

// among is in how many bands an article is among the latest that are looked at, where its chains have these latest
// ordinals and it is so near to them that ordinals tell.
func (s *shelf) among(number uint64, latest *[bands]uint32) int {
	links := &s.links[s.place(number)]
	n := 0
	for b := range latest {
		if (latest[b]-links[b].ordinal())%ordinalRange < perBand {
			n++
		}
	}
	return n
}

// seen tells where in a list of matches an article stands: a small table, for a sort of all bands' articles would cost
// more than all else.
type seen struct {
	round uint32
	slots [2 * bands * perBand]seenSlot // open addressing; never more than half full
}

type seenSlot struct {
	number uint64
	round  uint32
	at     uint32
}

func (t *seen) clear() {
	if t.round++; t.round == 0 {
		*t = seen{round: 1}
	}
}

// place is where the article stands; one that is new stands at next from now on.
func (t *seen) place(number uint64, next int) int {
	for i := mix(number) % uint64(len(t.slots)); ; i = (i + 1) % uint64(len(t.slots)) {
		slot := &t.slots[i]
		if slot.round != t.round {
			*slot = seenSlot{number, t.round, uint32(next)}
			return next
		}
		if slot.number == number {
			return int(slot.at)
		}
	}
}

// drop forgets who an article was; its words are still known.
func (s *shelf) drop(id news.ID) {
	if n, ok := s.byID[id]; ok {
		s.own(n).current = false
		delete(s.byID, id)
	}
}

// oldest is the number of the first article that is still there, of so many places.
func oldest(last uint64, places int) uint64 {
	if n := uint64(places); n > 0 && last >= n {
		return last - n + 1
	}
	return 1
}
