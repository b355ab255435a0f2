package machine

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/consumer/story"
	"github.com/quidnunc-news/quidnunc/consumer/window"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// snapshotVersion is the form that AppendSnapshot writes. Restore reads every form from 1 on: a new one keeps the readers
// of those before it, so that an upgrade does not step the log again.
const snapshotVersion = 2

// AppendSnapshot appends all that the machine knows: a machine that is restored from it steps on as this one would. The
// same state gives the same bytes. Rules are named by their hash, not contained.
func (s *State) AppendSnapshot(b []byte) ([]byte, error) {
	var w snapshot.Writer
	w.Uint(snapshotVersion)
	hash := ""
	if s.rules != nil {
		hash = s.rules.hash
	}
	w.Bool(s.rules != nil)
	w.String(hash)
	w.Time(s.highest)
	w.Time(s.clock)
	w.Time(s.swept)
	w.Bool(s.live)
	s.stories.Write(&w)
	s.archive.write(&w)
	w.Len(len(s.alerts))
	for _, id := range slices.Sorted(maps.Keys(s.alerts)) {
		w.String(string(id))
		if err := s.alerts[id].write(&w); err != nil {
			return nil, err
		}
	}
	w.Len(len(s.waiting))
	for _, x := range s.waiting {
		w.Time(x.due)
		w.String(string(x.alert))
	}
	if err := s.writeLimits(&w); err != nil {
		return nil, err
	}
	w.Len(len(s.windows))
	for _, name := range slices.Sorted(maps.Keys(s.windows)) {
		w.String(name)
		w.String(s.windows[name].meaning)
		s.windows[name].Write(&w)
	}
	s.shown.write(&w)
	return append(b, w.Bytes()...), nil
}

func (x *archive) write(w *snapshot.Writer) {
	queue := x.queue[x.head:]
	w.Len(len(queue))
	for _, r := range queue {
		w.String(string(r.key[:]))
		w.Uint(r.seq)
		w.Int(r.at)
	}
	w.Len(len(x.articles))
	for _, k := range slices.SortedFunc(maps.Keys(x.articles), func(a, b key) int { return bytes.Compare(a[:], b[:]) }) {
		a := x.articles[k]
		w.String(string(k[:]))
		w.Uint(a.seq)
		w.String(string(a.revision[:]))
		w.Bool(a.past != nil)
		if a.past != nil {
			a.past.write(w)
		}
	}
}

func (p *past) write(w *snapshot.Writer) {
	w.Len(len(p.revisions))
	for _, r := range p.revisions {
		w.String(string(r[:]))
	}
	w.String(string(p.story))
	w.Len(len(p.claims))
	for _, c := range p.claims {
		w.String(string(c.alert))
		w.String(c.facts)
		w.Bool(c.taken)
	}
	w.Len(len(p.entered))
	for _, e := range p.entered {
		w.String(e.rule)
		w.String(e.group)
	}
}

func (r *record) write(w *snapshot.Writer) error {
	if err := writeAlert(w, &r.alert); err != nil {
		return err
	}
	w.Time(r.at)
	w.Len(len(r.facts))
	for _, f := range r.facts {
		w.String(f)
	}
	w.Int(r.dead)
	w.Int(int64(r.publishers))
	w.Int(int64(r.claims))
	w.Int(int64(r.known))
	w.Bool(r.windowed)
	w.Bool(r.pending != nil)
	if r.pending != nil {
		return writeAlert(w, r.pending)
	}
	return nil
}

func writeAlert(w *snapshot.Writer, a *news.Alert) error {
	data, err := wire.EncodeAlert(*a)
	if err != nil {
		return fmt.Errorf("machine: snapshot: %w", err)
	}
	w.String(string(data))
	return nil
}

func (s *State) writeLimits(w *snapshot.Writer) error {
	w.Len(len(s.limits))
	for _, name := range slices.Sorted(maps.Keys(s.limits)) {
		l := s.limits[name]
		w.String(name)
		w.Time(l.start)
		w.Time(l.end)
		for _, n := range []int{l.told, l.held, l.shown, l.revision} {
			w.Int(int64(n))
		}
		if err := writeAlert(w, &l.alert); err != nil {
			return err
		}
	}
	w.Len(len(s.over))
	for _, name := range s.over {
		w.String(name)
	}
	return nil
}

// Restore makes the machine that wrote b. rules gives the compiled rules of a hash, those in force then. Bytes that no
// AppendSnapshot wrote are an error with snapshot.ErrDamaged, those of a newer program one with wire.ErrVersion.
func Restore(b []byte, rules func(hash string) (*Ruleset, error)) (*State, error) {
	r := snapshot.NewReader(b)
	v := r.Uint()
	switch {
	case r.Err() == nil && v > snapshotVersion:
		return nil, fmt.Errorf("machine: snapshot of version %d: %w", v, wire.ErrVersion)
	case v == 0:
		r.Fail("a snapshot of no version")
	}
	s := &State{}
	ruled, hash := r.Bool(), r.String()
	s.highest, s.clock, s.swept, s.live = r.Time(), r.Time(), r.Time(), r.Bool()
	s.stories = *story.Read(r)
	s.archive.read(r)
	s.alerts = map[news.ID]*record{}
	for range r.Len(8) {
		id := news.ID(r.String())
		s.alerts[id] = readRecord(r)
	}
	for range r.Len(2) {
		s.waiting = append(s.waiting, wait{r.Time(), news.ID(r.String())})
	}
	s.readLimits(r)
	s.windows = map[string]*counter{}
	for range r.Len(8) {
		name, meaning := r.String(), r.String()
		s.windows[name] = &counter{window.Read(r), meaning}
	}
	if v >= 2 { // before, no ledger showed what was held back
		s.shown.read(r)
	}
	if err := r.End(); err != nil {
		return nil, fmt.Errorf("machine: %w", err)
	}
	if ruled {
		set, err := rules(hash)
		if err != nil {
			return nil, fmt.Errorf("machine: snapshot: rules %.12s in force: %w", hash, err)
		}
		s.rules = set
	}
	s.openWindows()
	return s, nil
}

func readKey(r *snapshot.Reader) key {
	var k key
	if s := r.String(); len(s) == len(k) {
		copy(k[:], s)
	} else {
		r.Fail("a key of %d bytes", len(s))
	}
	return k
}

func (x *archive) read(r *snapshot.Reader) {
	for range r.Len(len(key{})) {
		x.queue = append(x.queue, remembered{readKey(r), r.Uint(), r.Int()})
	}
	x.articles = map[key]*article{}
	for range r.Len(2 * len(key{})) {
		k := readKey(r)
		a := &article{seq: r.Uint(), revision: readKey(r)}
		if r.Bool() {
			a.past = readPast(r)
		}
		x.articles[k] = a
	}
}

func readPast(r *snapshot.Reader) *past {
	p := &past{}
	for range r.Len(len(key{})) {
		p.revisions = append(p.revisions, readKey(r))
	}
	p.story = news.ID(r.String())
	for range r.Len(2) {
		p.claims = append(p.claims, claim{news.ID(r.String()), r.String(), r.Bool()})
	}
	for range r.Len(2) {
		p.entered = append(p.entered, place{r.String(), r.String()})
	}
	return p
}

func readRecord(r *snapshot.Reader) *record {
	out := &record{alert: readAlert(r), at: r.Time()}
	for range r.Len(1) {
		out.facts = append(out.facts, r.String())
	}
	out.dead, out.publishers, out.claims, out.known, out.windowed = r.Int(), int(r.Int()), int(r.Int()), int(r.Int()), r.Bool()
	if r.Bool() {
		pending := readAlert(r)
		out.pending = &pending
	}
	return out
}

func readAlert(r *snapshot.Reader) news.Alert {
	s := r.String()
	if r.Err() != nil {
		return news.Alert{}
	}
	alert, err := wire.DecodeAlert([]byte(s))
	if err != nil {
		r.Fail("an alert: %v", err)
	}
	return alert
}

func (s *State) readLimits(r *snapshot.Reader) {
	s.limits = map[string]*limit{}
	for range r.Len(8) {
		name := r.String()
		l := &limit{start: r.Time(), end: r.Time()}
		l.told, l.held, l.shown, l.revision = int(r.Int()), int(r.Int()), int(r.Int()), int(r.Int())
		l.alert = readAlert(r)
		s.limits[name] = l
	}
	for range r.Len(1) {
		s.over = append(s.over, r.String())
	}
}
