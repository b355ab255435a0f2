package atlas

import (
	"iter"
	"strings"
)

// Unpack unpacks the embedded tables anew.
func Unpack() (*Atlas, error) { return unpack(packed) }

// Places is every place.
func (a *Atlas) Places() iter.Seq[Place] {
	return func(yield func(Place) bool) {
		for _, s := range []sheet{a.regions, a.towns} {
			for i := range s.len() {
				ref, _, _ := strings.Cut(s.line(i), "\t")
				if !yield(a.place(ref)) {
					return
				}
			}
		}
	}
}

// Loose is how many names lead to no row.
func (a *Atlas) Loose() int {
	loose := 0
	for i := range a.names.len() {
		for ref := range strings.FieldsSeq(strings.Split(a.names.line(i), "\t")[2]) {
			if a.regions.row(ref) == nil && a.towns.row(ref) == nil {
				loose++
			}
		}
	}
	return loose
}
