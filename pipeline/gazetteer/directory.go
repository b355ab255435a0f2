package gazetteer

import (
	"cmp"
	"maps"
	"slices"
	"sync"
)

// directory is the names as people who write rules give them.
type directory struct {
	finds   map[string][]*Entry // by folded name, key or code
	display map[string]known    // by folded name
	sorted  func() []string     // see ranked; only Suggest needs it
}

// known is a name as Suggest shows it; a lower rank is suggested first.
type known struct {
	text string
	rank int
}

func newDirectory(entries []*Entry) *directory {
	d := &directory{finds: make(map[string][]*Entry, 4*len(entries)), display: make(map[string]known, 4*len(entries))}
	for _, e := range entries {
		for _, n := range e.Names {
			rank := slices.Index(nameKinds, n.Kind)
			if n.Kind == Acronym {
				rank = -1 // "NATO" rather than "Nato"
			}
			d.know(known{n.Text, rank}, e)
		}
		d.know(known{e.Key, len(nameKinds)}, e)
		if e.Own() {
			d.know(known{e.Country, len(nameKinds)}, e)
		}
	}
	for k, es := range d.finds {
		slices.SortFunc(es, compareEntries)
		d.finds[k] = slices.Compact(es)
	}
	d.sorted = sync.OnceValue(d.ranked)
	return d
}

func (d *directory) know(n known, e *Entry) {
	k := FoldName(n.text)
	d.finds[k] = append(d.finds[k], e)
	if shown, ok := d.display[k]; !ok || n.rank < shown.rank {
		d.display[k] = n
	}
}

// ranked lists the keys of finds, those to suggest first before the others.
func (d *directory) ranked() []string {
	return slices.SortedFunc(maps.Keys(d.display), func(a, b string) int {
		return cmp.Or(cmp.Compare(d.display[a].rank, d.display[b].rank), cmp.Compare(a, b))
	})
}
