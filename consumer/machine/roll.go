package machine

import (
	"cmp"
	"iter"
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
)

// ruled is a rule in force and what was made ready of it.
type ruled struct {
	rule    rule.Rule
	summary *rule.Summary // nil: none
}

// roll is rules by their names, in pages. A change makes another roll and copies the pages it touches: the old one stays
// as it was, for who still asks it.
type roll struct {
	pages [][]*ruled // none empty, each in order and before the next
	len   int
}

// pageSize is how many rules a page begins with; one of twice as many becomes two.
const pageSize = 512

// rollOf is of rules in any order. Of two with one name the later counts.
func rollOf(all []*ruled) roll {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *ruled) int { return cmp.Compare(a.rule.Name, b.rule.Name) })
	n := 0
	for i, r := range all {
		if i+1 < len(all) && all[i+1].rule.Name == r.rule.Name {
			continue
		}
		all[n] = r
		n++
	}
	return roll{slices.Collect(slices.Chunk(all[:n:n], pageSize)), n}
}

// page is the number of the page where a name is, if it is on the roll.
func (r *roll) page(name string) int {
	n, _ := slices.BinarySearchFunc(r.pages, name, func(p []*ruled, name string) int { return cmp.Compare(p[len(p)-1].rule.Name, name) })
	return n
}

func find(page []*ruled, name string) (int, bool) {
	return slices.BinarySearchFunc(page, name, func(r *ruled, name string) int { return cmp.Compare(r.rule.Name, name) })
}

// named is the rule with the name, or nil.
func (r *roll) named(name string) *ruled {
	n := r.page(name)
	if n == len(r.pages) {
		return nil
	}
	if at, ok := find(r.pages[n], name); ok {
		return r.pages[n][at]
	}
	return nil
}

// all are the rules in the order of their names.
func (r *roll) all() iter.Seq[*ruled] {
	return func(yield func(*ruled) bool) {
		for _, p := range r.pages {
			for _, of := range p {
				if !yield(of) {
					return
				}
			}
		}
	}
}

// without and with change a copy.
func (r *roll) without(name string) {
	n := r.page(name)
	if n == len(r.pages) {
		return
	}
	at, ok := find(r.pages[n], name)
	if !ok {
		return
	}
	r.len--
	if len(r.pages[n]) == 1 {
		r.pages = slices.Delete(r.pages, n, n+1)
		return
	}
	r.pages[n] = slices.Delete(slices.Clone(r.pages[n]), at, at+1)
}

func (r *roll) with(of *ruled) {
	if len(r.pages) == 0 {
		r.pages, r.len = [][]*ruled{{of}}, 1
		return
	}
	n := min(r.page(of.rule.Name), len(r.pages)-1)
	at, ok := find(r.pages[n], of.rule.Name)
	p := slices.Clone(r.pages[n])
	if ok {
		p[at] = of
	} else {
		p = slices.Insert(p, at, of)
		r.len++
	}
	r.pages[n] = p
	if len(p) >= 2*pageSize {
		r.pages = slices.Insert(r.pages, n, p[:pageSize:pageSize])
		r.pages[n+1] = p[pageSize:]
	}
}

// copy is a roll that can be changed while this one stays.
func (r *roll) copy() roll { return roll{slices.Clone(r.pages), r.len} }
