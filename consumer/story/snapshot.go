package story

import (
	"maps"
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Write writes all that is remembered. The same stories give the same bytes.
func (s *Stories) Write(w *snapshot.Writer) {
	w.Int(s.now)
	w.Int(s.began)
	w.Int(s.swept)
	w.Uint(s.serial)
	w.Uint(s.evicted)
	s.writeClusters(w)
	s.writeShelf(w)
	w.Uint(uint64(s.frequency.articles))
	w.Int(s.frequency.halved)
	w.Len(len(s.frequency.of))
	for _, key := range slices.Sorted(maps.Keys(s.frequency.of)) {
		w.Uint(key)
		w.Uint(uint64(s.frequency.of[key]))
	}
	w.Len(len(s.publishers))
	for _, key := range slices.Sorted(maps.Keys(s.publishers)) {
		w.Uint(key)
		s.publishers[key].write(w)
	}
	w.Int(s.told.swept)
	w.Len(len(s.told.deeds))
	for _, key := range slices.Sorted(maps.Keys(s.told.deeds)) {
		w.Uint(key)
		w.Int(s.told.deeds[key].last)
		w.Uint(s.told.deeds[key].by)
	}
}

func (s *Stories) writeClusters(w *snapshot.Writer) {
	var all []*cluster
	for _, c := range s.slots {
		if c != nil {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *cluster) int { return compare(a.serial, b.serial) })
	w.Len(len(all))
	for _, c := range all {
		c.write(w)
	}
}

func (c *cluster) write(w *snapshot.Writer) {
	w.Uint(c.serial)
	w.String(string(c.id))
	w.Len(len(c.former))
	for _, id := range c.former {
		w.String(string(id))
	}
	w.Len(len(c.serials))
	for _, n := range c.serials {
		w.Uint(n)
	}
	w.Int(c.began)
	w.Int(c.last)
	w.Int(int64(c.articles))
	w.Len(len(c.publishers))
	for _, p := range c.publishers {
		w.Uint(p.publisher)
		w.Int(int64(p.n))
	}
	for _, n := range c.hours {
		w.Uint(uint64(n))
	}
	w.Int(c.hour)
	w.Len(len(c.titles))
	for _, t := range c.titles {
		w.Uint(t.publisher)
		w.Len(len(t.words))
		for _, h := range t.words {
			w.Uint(uint64(h))
		}
	}
	w.Len(len(c.centroid))
	for _, t := range c.centroid {
		w.Uint(t.key)
		w.Uint(uint64(t.weight))
	}
}

func (s *Stories) writeShelf(w *snapshot.Writer) {
	w.Uint(s.shelf.last)
	w.Len(len(s.shelf.docs))
	oldest := s.shelf.oldest()
	w.Uint(oldest)
	w.Len(int(s.shelf.last + 1 - oldest))
	for n := oldest; n <= s.shelf.last; n++ {
		d := s.shelf.at(n)
		w.Bool(s.shelf.byID[d.id] == n)
		d.write(w)
	}
}

// oldest is the number of the first article that is still there.
func (s *shelf) oldest() uint64 {
	if n := uint64(len(s.docs)); n > 0 && s.last >= n {
		return s.last - n + 1
	}
	return 1
}

func (d *doc) write(w *snapshot.Writer) {
	w.String(string(d.id))
	w.String(string(d.original))
	w.Int(d.at)
	w.Uint(d.publisher)
	w.Uint(d.headline)
	w.Uint(d.cluster)
	w.Uint(uint64(d.shingles))
	for _, m := range d.minima {
		w.Uint(uint64(m))
	}
}

func (p *publisher) write(w *snapshot.Writer) {
	w.Int(p.last)
	w.Uint(p.headline)
	for _, v := range p.votes {
		w.Uint(uint64(v.minimum))
		w.Uint(uint64(v.ahead))
	}
}

// Read is what Write wrote; the reader tells whether it was that.
func Read(r *snapshot.Reader) *Stories {
	s := &Stories{now: r.Int(), began: r.Int(), swept: r.Int(), serial: r.Uint(), evicted: r.Uint()}
	s.bySerial = map[uint64]uint32{}
	for range r.Len(16) {
		s.readCluster(r)
	}
	s.readShelf(r)
	s.frequency.articles, s.frequency.halved = uint32(r.Uint()), r.Int()
	s.frequency.of = map[uint64]uint32{}
	for range r.Len(2) {
		key := r.Uint()
		s.frequency.of[key] = uint32(r.Uint())
	}
	s.publishers = map[uint64]*publisher{}
	for range r.Len(2 * news.SketchSize) {
		key := r.Uint()
		s.publishers[key] = readPublisher(r)
	}
	s.told.swept, s.told.deeds = r.Int(), map[uint64]deed{}
	for range r.Len(3) {
		key := r.Uint()
		s.told.deeds[key] = deed{r.Int(), r.Uint()}
	}
	return s
}

func (s *Stories) readCluster(r *snapshot.Reader) {
	c := &cluster{serial: r.Uint(), id: news.ID(r.String())}
	for range r.Len(1) {
		c.former = append(c.former, news.ID(r.String()))
	}
	for range r.Len(1) {
		c.serials = append(c.serials, r.Uint())
	}
	c.began, c.last, c.articles = r.Int(), r.Int(), int(r.Int())
	for range r.Len(2) {
		c.publishers = append(c.publishers, count{r.Uint(), int(r.Int())})
	}
	for i := range c.hours {
		c.hours[i] = int(r.Uint())
	}
	c.hour = r.Int()
	for range r.Len(2) {
		t := title{publisher: r.Uint()}
		for range r.Len(1) {
			t.words = append(t.words, uint32(r.Uint()))
		}
		c.titles = append(c.titles, t)
	}
	for range r.Len(2) {
		c.centroid = append(c.centroid, weighted{r.Uint(), uint32(r.Uint())})
	}
	slot := uint32(len(s.slots))
	s.slots = append(s.slots, c)
	for _, serial := range append(c.serials, c.serial) {
		s.bySerial[serial] = slot
	}
	s.relist(slot, nil, c.centroid)
}

func (s *Stories) readShelf(r *snapshot.Reader) {
	last, size, oldest := r.Uint(), r.Uint(), r.Uint()
	n := r.Len(news.SketchSize)
	if size > MaxArticles || size&(size-1) != 0 || oldest == 0 || last-oldest+1 != uint64(n) || uint64(n) > size {
		r.Fail("a shelf of %d with the articles %d to %d", size, oldest, last)
		return
	}
	if size > 0 {
		s.shelf.make(int(size))
	}
	s.shelf.last = oldest - 1
	for range n {
		current, d := r.Bool(), readDoc(r)
		s.shelf.last++
		*s.shelf.at(s.shelf.last) = d
		if current {
			s.shelf.byID[d.id] = s.shelf.last
		}
		s.shelf.chain(s.shelf.last)
	}
}

func readDoc(r *snapshot.Reader) doc {
	d := doc{id: news.ID(r.String()), original: news.ID(r.String()), at: r.Int(), publisher: r.Uint(), headline: r.Uint(), cluster: r.Uint()}
	d.shingles = uint32(r.Uint())
	for i := range d.minima {
		d.minima[i] = uint16(r.Uint())
	}
	return d
}

func readPublisher(r *snapshot.Reader) *publisher {
	p := &publisher{last: r.Int(), headline: r.Uint()}
	for i := range p.votes {
		p.votes[i] = vote{uint16(r.Uint()), uint8(r.Uint())}
	}
	return p
}
