package story

import (
	"github.com/quidnunc-news/quidnunc/consumer/cow"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// shelf holds the latest articles and finds those with a band in common. It is a ring: an article's number, from 1 in the
// order of the log, says where it stands, and whether it is there still.
type shelf struct {
	last  uint64          // number of the latest article
	docs  cow.Slice[doc]  // as many as a power of two
	next  [][bands]uint32 // of each article, the one before it in each chain
	heads [bands][]uint32 // the latest article of each chain
	byID  map[news.ID]uint64
	seen  seen
}

const firstShelf = 1 << 6

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

// put takes an article in; the oldest may fall out.
func (s *shelf) put(d doc) {
	if int(s.last) >= s.docs.Len()-1 && s.docs.Len() < MaxArticles {
		s.grow()
	}
	s.last++
	if old := s.at(s.last); old.current {
		delete(s.byID, old.id)
	}
	s.drop(d.id) // an article that is put in once more is known by its latest words
	d.current = true
	*s.own(s.last) = d
	s.byID[d.id] = s.last
	s.chain(s.last)
}

// grow doubles the ring. Only a ring that has never turned grows, so every article keeps its place.
func (s *shelf) grow() {
	s.make(max(firstShelf, 2*s.docs.Len()))
	for number := uint64(1); number <= s.last; number++ {
		s.chain(number)
	}
}

// make gives the ring n places; the articles have to be chained again.
func (s *shelf) make(n int) {
	s.docs.Grow(n)
	s.next = make([][bands]uint32, n)
	for b := range s.heads {
		s.heads[b] = make([]uint32, n)
	}
	if s.byID == nil {
		s.byID = map[news.ID]uint64{}
	}
}

func (s *shelf) chain(number uint64) {
	d := s.at(number)
	if d.shingles == 0 {
		return
	}
	next := &s.next[s.place(number)]
	for b := range bands {
		head := &s.heads[b][s.bucket(b, d)]
		next[b] = *head
		*head = uint32(number)
	}
}

func (s *shelf) bucket(b int, d *doc) uint64 {
	return mix(uint64(d.band(b))+uint64(b)<<32) % uint64(len(s.heads[b]))
}

// matches appends the articles that have bands in common with d, and how many, in no order.
func (s *shelf) matches(d *doc, out []match) []match {
	if s.docs.Len() == 0 {
		return out
	}
	s.seen.clear()
	for b := range bands {
		low := s.heads[b][s.bucket(b, d)]
		for n := 0; low != 0 && n < perBand; n++ {
			number, ok := s.number(low)
			if !ok {
				break
			}
			low = s.next[s.place(number)][b]
			if s.at(number).band(b) != d.band(b) {
				continue
			}
			if at := s.seen.place(number, len(out)); at < len(out) {
				out[at].bands++
			} else {
				out = append(out, match{number, 1})
			}
		}
	}
	return out
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

// number is an article's number by its lower half; ok is false where the article has fallen out.
func (s *shelf) number(low uint32) (uint64, bool) {
	back := uint64(uint32(s.last) - low)
	if back >= uint64(s.docs.Len()) || back >= s.last {
		return 0, false
	}
	return s.last - back, true
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
