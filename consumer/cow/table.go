package cow

import "iter"

// Table is a map whose keys are hashes already: their lower bits say where an entry is looked for first. The zero Table is
// empty. It is not safe for concurrent use, its pictures are.
type Table[V any] struct {
	places Slice[entry[V]] // as many as a power of two
	len    int
}

// entry is an entry, or a free place, whose key is 0.
type entry[V any] struct {
	key   uint64
	value V
}

// firstPlaces is how many places the first entry gets. More than seven in eight of them are never taken.
const firstPlaces = pageLen

// taken is what stands for a key in the table: the key 0 shares the entry of 1.
func taken(key uint64) uint64 { return max(key, 1) }

// Len is the number of entries.
func (t *Table[V]) Len() int { return t.len }

// Find is the value of a key, to be read only; nil: there is none.
func (t *Table[V]) Find(key uint64) *V {
	if t.len == 0 {
		return nil
	}
	if at, ok := t.seek(taken(key)); ok {
		return &t.places.At(at).value
	}
	return nil
}

// Own is the value of a key, to be written to until the next picture or the next new key; a key that is new gets a zero
// value.
func (t *Table[V]) Own(key uint64) (v *V, isNew bool) {
	if t.len+1 > t.places.Len()-t.places.Len()/8 {
		t.rebuild(max(firstPlaces, 2*t.places.Len()), nil)
	}
	at, there := t.seek(taken(key))
	e := t.places.Own(at)
	if !there {
		e.key = taken(key)
		t.len++
	}
	return &e.value, !there
}

// seek is where a key is, or where it would be put.
func (t *Table[V]) seek(key uint64) (at int, there bool) {
	mask := uint64(t.places.Len() - 1)
	for i := key & mask; ; i = (i + 1) & mask {
		switch t.places.At(int(i)).key {
		case key:
			return int(i), true
		case 0:
			return int(i), false
		}
	}
}

// Keep makes each value another one, and drops those for which ok is false.
func (t *Table[V]) Keep(as func(v V) (now V, ok bool)) { t.rebuild(t.places.Len(), as) }

// rebuild puts the entries into so many places, as they are or as the function makes them.
func (t *Table[V]) rebuild(places int, as func(v V) (now V, ok bool)) {
	before := t.places
	t.places, t.len = Slice[entry[V]]{}, 0 // pages of its own: a picture keeps the old ones
	t.places.Grow(places)
	for i := range before.Len() {
		e := *before.At(i)
		if e.key == 0 {
			continue
		}
		if as != nil {
			var ok bool
			if e.value, ok = as(e.value); !ok {
				continue
			}
		}
		at, _ := t.seek(e.key)
		*t.places.Own(at) = e
		t.len++
	}
}

// Picture is the table as it is now.
func (t *Table[V]) Picture() Entries[V] { return Entries[V]{t.places.Picture(), t.len} }

// Entries is a table as it was. It may be read while the table is written to, by any number of readers.
type Entries[V any] struct {
	places View[entry[V]]
	len    int
}

// Len is the number of entries.
func (e *Entries[V]) Len() int { return e.len }

// All are the entries, in no order that means anything.
func (e *Entries[V]) All() iter.Seq2[uint64, V] {
	return func(yield func(uint64, V) bool) {
		for _, p := range e.places.All() {
			if p.key != 0 && !yield(p.key, p.value) {
				return
			}
		}
	}
}
