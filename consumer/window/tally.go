package window

// tally counts the keys of the stretch that ends with the newest entry of a group, and of a spike's time before it. It goes
// on with the entries, so that a new one costs the same however many there are; it can be made anew from them at any time.
type tally struct {
	first, from      int // where the time before the stretch begins, and where the stretch does
	of               map[string]share
	keys, keysBefore int // distinct ones of the stretch, and of the time before it
}

// share is how many entries of a key there are in the stretch and before.
type share struct{ in, before int32 }

// count brings the tally of a group to its newest entry, and tells whether there is one: groups of few entries have none.
func (w *Window) count(g *group) bool {
	if g.tally == nil {
		if len(g.entries) <= few {
			return false
		}
		g.tally = w.tallied(g)
	}
	t := g.tally
	start := g.entries[len(g.entries)-1].at - int64(w.spec.Over)
	for ; g.entries[t.from].at <= start; t.from++ {
		t.leave(g.entries[t.from].key)
	}
	for first := start - int64(w.spec.Baseline); t.first < t.from && g.entries[t.first].at <= first; t.first++ {
		t.forget(g.entries[t.first].key)
	}
	return true
}

// tallied counts all entries as if they were of the stretch, but for those that are older than all it looks at.
func (w *Window) tallied(g *group) *tally {
	from := g.after(g.entries[len(g.entries)-1].at - w.reach())
	t := &tally{first: from, from: from, of: map[string]share{}}
	for i := from; i < len(g.entries); i++ {
		t.enter(i, g.entries[i].key)
	}
	return t
}

// enter counts an entry that was put in at i.
func (t *tally) enter(i int, key string) {
	if i < t.first {
		t.first++
		t.from++
		return
	}
	n := t.of[key]
	if i < t.from {
		t.from++
		if n.before++; n.before == 1 {
			t.keysBefore++
		}
	} else if n.in++; n.in == 1 {
		t.keys++
	}
	t.of[key] = n
}

// leave takes an entry out of the stretch: it is of the time before.
func (t *tally) leave(key string) {
	n := t.of[key]
	if n.in--; n.in == 0 {
		t.keys--
	}
	if n.before++; n.before == 1 {
		t.keysBefore++
	}
	t.of[key] = n
}

// forget takes an entry out of the time before.
func (t *tally) forget(key string) {
	n := t.of[key]
	if n.before--; n.before == 0 {
		t.keysBefore--
	}
	if n == (share{}) {
		delete(t.of, key)
		return
	}
	t.of[key] = n
}

// without is the tally when the first n entries have gone; nil where it counted some of them.
func (t *tally) without(n int) *tally {
	if t == nil || t.first < n {
		return nil
	}
	t.first -= n
	t.from -= n
	return t
}
