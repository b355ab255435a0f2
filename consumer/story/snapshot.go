package story

import (
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Form is the form that Picture.Write writes at most. Form 1 has signatures as varints, which takes half as much again.
const Form = 2

// Picture is what Stories remember at one moment: it stays as it is while they go on.
type Picture struct {
	now, began, swept int64
	serial, evicted   uint64
	clusters          []cluster
	shelf             shelf  // its articles only
	current           []bool // of the shelf's articles, from the oldest on: it is the latest revision
	articles          uint32
	halved            int64
	frequency         []keyed[uint32]
	publishers        []keyed[publisher]
	deeds             []keyed[deed]
	forgot            int64 // when deeds were swept
}

// keyed is an entry of a map.
type keyed[V any] struct {
	key   uint64
	value V
}

// listed are the entries of a map, in no order: whoever writes them sorts them.
func listed[V, W any](m map[uint64]V, copied func(V) W) []keyed[W] {
	out := make([]keyed[W], 0, len(m))
	for k, v := range m {
		out = append(out, keyed[W]{k, copied(v)})
	}
	return out
}

// Picture copies what is remembered: much faster than writing it, since nothing is put in order or into another form.
func (s *Stories) Picture() *Picture {
	p := &Picture{
		now: s.now, began: s.began, swept: s.swept, serial: s.serial, evicted: s.evicted,
		shelf:    shelf{last: s.shelf.last, docs: slices.Clone(s.shelf.docs)},
		articles: s.frequency.articles, halved: s.frequency.halved, forgot: s.told.swept,
		frequency:  listed(s.frequency.of, func(n uint32) uint32 { return n }),
		publishers: listed(s.publishers, func(p *publisher) publisher { return *p }),
		deeds:      listed(s.told.deeds, func(d deed) deed { return d }),
	}
	oldest := s.shelf.oldest()
	p.current = make([]bool, s.shelf.last+1-oldest)
	for _, n := range s.shelf.byID {
		p.current[n-oldest] = true
	}
	p.clusters = make([]cluster, 0, len(s.slots)-len(s.free))
	for _, c := range s.slots {
		if c != nil {
			copied := *c // what only grows or is replaced as a whole is shared
			copied.publishers, copied.titles = slices.Clone(c.publishers), slices.Clone(c.titles)
			p.clusters = append(p.clusters, copied)
		}
	}
	return p
}

// Estimate is about how many bytes the picture takes.
func (p *Picture) Estimate() int {
	return 240*len(p.current) + 700*len(p.clusters) + 16*len(p.frequency) + 256*len(p.publishers) + 24*len(p.deeds)
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
	slices.SortFunc(p.clusters, func(a, b cluster) int { return compare(a.serial, b.serial) })
	w.Len(len(p.clusters))
	for i := range p.clusters {
		p.clusters[i].write(w)
	}
	p.writeShelf(w, form)
	w.Uint(uint64(p.articles))
	w.Int(p.halved)
	writeSorted(w, p.frequency, func(n uint32) { w.Uint(uint64(n)) })
	writeSorted(w, p.publishers, func(of publisher) { of.write(w) })
	w.Int(p.forgot)
	writeSorted(w, p.deeds, func(d deed) {
		w.Int(d.last)
		w.Uint(d.by)
	})
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
	w.Len(len(c.centroid))
	for _, t := range c.centroid {
		w.Uint(t.key)
		w.Uint(uint64(t.weight))
	}
}

func (p *Picture) writeShelf(w *snapshot.Writer, form int) {
	w.Uint(p.shelf.last)
	w.Len(len(p.shelf.docs))
	oldest := p.shelf.oldest()
	w.Uint(oldest)
	w.Len(len(p.current))
	for i, current := range p.current {
		w.Bool(current)
		p.shelf.at(oldest+uint64(i)).write(w, form)
	}
}

// oldest is the number of the first article that is still there.
func (s *shelf) oldest() uint64 {
	if n := uint64(len(s.docs)); n > 0 && s.last >= n {
		return s.last - n + 1
	}
	return 1
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
		s.shelf.last++
		*s.shelf.at(s.shelf.last) = d
		if current {
			s.shelf.byID[d.id] = s.shelf.last
		}
		s.shelf.chain(s.shelf.last)
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
