// Package cow keeps memory in pages that a picture of it shares until they are written to (copy on write).
//
// Taking a picture copies the list of the pages; a page is copied when it is written to for the first time after that. So
// whoever steps on stands still for a moment only, and whoever reads the picture may do so beside it.
package cow

import (
	"iter"
	"slices"
)

// pageLen is how many elements lie on a page. It is a power of two, so that finding one costs a shift and a mask.
const (
	pageBits = 8
	pageLen  = 1 << pageBits
	pageMask = pageLen - 1
)

// Slice is a slice in pages. The zero Slice is empty. It is not safe for concurrent use, its pictures are.
type Slice[T any] struct {
	pages  []*page[T]
	len    int
	moment uint64 // how many pictures were taken
}

type page[T any] struct {
	moment uint64 // a page of an earlier moment than its slice's belongs to a picture, too
	of     [pageLen]T
}

// Len is the number of elements.
func (s *Slice[T]) Len() int { return s.len }

// At is element i, to be read only.
func (s *Slice[T]) At(i int) *T { return &s.pages[uint(i)>>pageBits].of[i&pageMask] }

// Own is element i, to be written to until the next picture.
func (s *Slice[T]) Own(i int) *T {
	p := s.pages[uint(i)>>pageBits]
	if p.moment != s.moment {
		p = &page[T]{s.moment, p.of}
		s.pages[uint(i)>>pageBits] = p
	}
	return &p.of[i&pageMask]
}

// Grow adds zero elements until there are n; where there are as many, it does nothing.
func (s *Slice[T]) Grow(n int) {
	for len(s.pages)<<pageBits < n {
		s.pages = append(s.pages, &page[T]{moment: s.moment})
	}
	s.len = max(s.len, n)
}

// Append adds an element.
func (s *Slice[T]) Append(v T) {
	s.Grow(s.len + 1)
	*s.Own(s.len - 1) = v
}

// Picture is the slice as it is now.
func (s *Slice[T]) Picture() View[T] {
	s.moment++
	return View[T]{Slice[T]{pages: slices.Clone(s.pages), len: s.len}}
}

// View is a slice as it was. It may be read while the slice is written to, by any number of readers.
type View[T any] struct{ of Slice[T] }

// Len is the number of elements.
func (v *View[T]) Len() int { return v.of.len }

// At is element i, to be read only.
func (v *View[T]) At(i int) *T { return v.of.At(i) }

// All are the elements, to be read only.
func (v *View[T]) All() iter.Seq2[int, *T] {
	return func(yield func(int, *T) bool) {
		for i := range v.of.len {
			if !yield(i, v.of.At(i)) {
				return
			}
		}
	}
}
