package story

import (
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/cow"
	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Form is the form that Picture.Write writes at most. Form 1 has signatures as varints, which takes half as much again.
const Form = 2

// Picture is what Stories remember at one moment: it stays as it is while they go on.
type Picture struct {
	now, began, swept int64
	serial, evicted   uint64
	slots             []*cluster // nil: free
	last              uint64     // number of the latest article
	docs              cow.View[doc]
	articles          uint32
	halved            int64
	frequency         cow.Entries[uint32]
	publishers        []keyed[*publisher]
	deeds             cow.Entries[deed]
	forgot            int64 // when deeds were swept
}

// keyed is an entry of a map.
type keyed[V any] struct {
	key   uint64
	value V
}

// Picture keeps what is remembered. It shares all of it until it is written to: what is copied here is where things are.
func (s *Stories) Picture() *Picture {
	s.moment++
	p := &Picture{
		now: s.now, began: s.began, swept: s.swept, serial: s.serial, evicted: s.evicted, slots: slices.Clone(s.slots),
		last: s.shelf.last, docs: s.shelf.docs.Picture(), articles: s.frequency.articles, halved: s.frequency.halved,
		frequency: s.frequency.of.Picture(), deeds: s.told.deeds.Picture(), forgot: s.told.swept,
		publishers: make([]keyed[*publisher], 0, len(s.publishers)),
	}
	for key, of := range s.publishers {
		p.publishers = append(p.publishers, keyed[*publisher]{key, of})
	}
	return p
}

// Estimate is about how many bytes the picture takes.
func (p *Picture) Estimate() int {
	return 240*min(int(p.last), p.docs.Len()) + 700*len(p.slots) + 16*p.frequency.Len() + 256*len(p.publishers) + 24*p.deeds.Len()
}

// Write writes all that is remembered. The same stories give the same bytes.
func (s *Stories) Write(w *snapshot.Writer) { s.Picture().Write(w, Form) }

// Write writes the picture in a form from 1 to Form.
func (p *Picture) Write(w *snapshot.Writer, form int) {
	w.Int(p.now)
	w.Int(p.began)
	w.Int(p.swept)
	w.Uint(p.serial)
	w.Uint(p.evicted)
	clusters := slices.DeleteFunc(slices.Clone(p.slots), func(c *cluster) bool { return c == nil })
	slices.SortFunc(clusters, func(a, b *cluster) int { return compare(a.serial, b.serial) })
	w.Len(len(clusters))
	for _, c := range clusters {
		c.write(w)
	}
	p.writeShelf(w, form)
	w.Uint(uint64(p.articles))
	w.Int(p.halved)
	writeSorted(w, listed(&p.frequency), func(n uint32) { w.Uint(uint64(n)) })
	writeSorted(w, p.publishers, func(of *publisher) { of.write(w) })
	w.Int(p.forgot)
	writeSorted(w, listed(&p.deeds), func(d deed) {
		w.Int(d.last)
		w.Uint(d.by)
	})
}

// listed are the entries of a table, in no order.
func listed[V any](t *cow.Entries[V]) []keyed[V] {
	out := make([]keyed[V], 0, t.Len())
	for key, v := range t.All() {
		out = append(out, keyed[V]{key, v})
	}
	return out
}

func writeSorted[V any](w *snapshot.Writer, all []keyed[V], write func(V)) {
	slices.SortFunc(all, func(a, b keyed[V]) int { return compare(a.key, b.key) })
	w.Len(len(all))
	for _, e := range all {
		w.Uint(e.key)
		write(e.value)
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
	w.Len(len(c.centre.terms))
	for _, t := range c.centre.terms {
		w.Uint(t.key)
		w.Uint(uint64(t.weight))
	}
}

func (p *Picture) writeShelf(w *snapshot.Writer, form int) {
	places := p.docs.Len()
	first := oldest(p.last, places)
	w.Uint(p.last)
	w.Len(places)
	w.Uint(first)
	w.Len(int(p.last + 1 - first))
	for number := first; number <= p.last; number++ {
		d := p.docs.At(int(number & uint64(places-1)))
		w.Bool(d.current)
		d.write(w, form)
	}
}

func (d *doc) write(w *snapshot.Writer, form int) {
	w.String(string(d.id))
	w.String(string(d.original))
	w.Int(d.at)
	w.Uint(d.publisher)
	w.Uint(d.headline)
	w.Uint(d.cluster)
	w.Uint(uint64(d.shingles))
	if form > 1 {
		w.Raw(d.minima[:])
		return
	}
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

// Read is what Picture.Write wrote in a form; the reader tells whether it was that.
func Read(r *snapshot.Reader, form int) *Stories {
	s := &Stories{now: r.Int(), began: r.Int(), swept: r.Int(), serial: r.Uint(), evicted: r.Uint()}
	s.bySerial = map[uint64]uint32{}
	for range r.Len(16) {
		s.readCluster(r)
	}
	s.readShelf(r, form)
	s.frequency.articles, s.frequency.halved = uint32(r.Uint()), r.Int()
	for range r.Len(2) {
		n, _ := s.frequency.of.Own(r.Uint())
		*n = uint32(r.Uint())
	}
	s.publishers = map[uint64]*publisher{}
	for range r.Len(2 * news.SketchSize) {
		key := r.Uint()
		s.publishers[key] = readPublisher(r)
	}
	s.told.swept = r.Int()
	for range r.Len(3) {
		d, _ := s.told.deeds.Own(r.Uint())
		*d = deed{r.Int(), r.Uint()}
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
	var centroid vector
	for range r.Len(2) {
		centroid = append(centroid, weighted{r.Uint(), uint32(r.Uint())})
	}
	c.centre = newCentre(centroid)
	slot := uint32(len(s.slots))
	s.slots = append(s.slots, c)
	for _, serial := range append(c.serials, c.serial) {
		s.bySerial[serial] = slot
	}
	s.relist(slot, nil, centroid)
}

func (s *Stories) readShelf(r *snapshot.Reader, form int) {
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
		current, d := r.Bool(), readDoc(r, form)
		d.current = current
		s.shelf.last++
		*s.shelf.own(s.shelf.last) = d
		if current {
			s.shelf.byID[d.id] = s.shelf.last
		}
		hashes := d.hashes()
		s.shelf.chain(s.shelf.last, &hashes)
	}
}

func readDoc(r *snapshot.Reader, form int) doc {
	d := doc{id: news.ID(r.String()), original: news.ID(r.String()), at: r.Int(), publisher: r.Uint(), headline: r.Uint(), cluster: r.Uint()}
	d.shingles = uint32(r.Uint())
	if form > 1 {
		r.Raw(d.minima[:])
		return d
	}
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
