package machine

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/cow"
	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/consumer/story"
	"github.com/quidnunc-news/quidnunc/consumer/window"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// snapshotVersion is the form that Picture.Append writes. Restore reads every form from 1 on: a new one keeps the readers
// of those before it, so that an upgrade does not step the log again.
//
//	2  how many alerts that were held back were shown in this hour
//	3  signatures of articles as they lie in memory
const snapshotVersion = 3

// Picture is what a machine knows at one moment: it stays as it is while the machine steps on.
type Picture struct {
	ruled                 bool
	hash                  string // of the rules in force
	highest, clock, swept time.Time
	live                  bool
	stories               *story.Picture
	queue                 []remembered
	articles              cow.View[article]
	known                 int // of articles, places that are taken
	windowed              []string
	alerts                []kept
	waiting               []wait
	limits                map[string]limit
	over                  []string
	windows               map[string]counter
	shown                 shown
}

type kept struct {
	id     news.ID
	record *record
}

// Picture keeps what the machine knows. The machine stands still for as long as it takes to note where things are: they are
// shared with the picture, and copied one by one when the machine writes to them for the first time after it.
func (s *State) Picture() *Picture {
	p := &Picture{
		ruled: s.rules != nil, highest: s.highest, clock: s.clock, swept: s.swept, live: s.live, stories: s.stories.Picture(),
		queue:    s.archive.queue[s.archive.head:], // it is only appended to
		articles: s.archive.articles.Picture(), known: s.archive.len(), windowed: s.archive.windowed.names, alerts: make([]kept, 0, len(s.alerts)),
		waiting: slices.Clone(s.waiting), over: slices.Clone(s.over), limits: make(map[string]limit, len(s.limits)),
		windows: make(map[string]counter, len(s.windows)), shown: s.shown,
	}
	if p.ruled {
		p.hash = s.rules.hash
	}
	s.moment++
	s.archive.moment++
	for id, r := range s.alerts {
		p.alerts = append(p.alerts, kept{id, r})
	}
	p.shown.of = maps.Clone(s.shown.of)
	for name, l := range s.limits {
		p.limits[name] = *l
	}
	for name, c := range s.windows {
		p.windows[name] = counter{c.Picture(), c.meaning, c.looks}
	}
	return p
}

// AppendSnapshot appends all that the machine knows: a machine that is restored from it steps on as this one would. The
// same state gives the same bytes. Rules are named by their hash, not contained.
func (s *State) AppendSnapshot(b []byte) ([]byte, error) { return s.Picture().Append(b) }

// Append is AppendSnapshot of the machine as it was. It may be called while the machine steps, once.
func (p *Picture) Append(b []byte) ([]byte, error) { return p.append(b, snapshotVersion) }

func (p *Picture) append(b []byte, form int) ([]byte, error) {
	w := snapshot.NewWriter(p.estimate())
	w.Uint(uint64(form))
	w.Bool(p.ruled)
	w.String(p.hash)
	w.Time(p.highest)
	w.Time(p.clock)
	w.Time(p.swept)
	w.Bool(p.live)
	p.stories.Write(w, storyForm(form))
	p.writeArchive(w)
	slices.SortFunc(p.alerts, func(a, b kept) int { return cmp.Compare(a.id, b.id) })
	w.Len(len(p.alerts))
	for i := range p.alerts {
		w.String(string(p.alerts[i].id))
		if err := p.alerts[i].record.write(w); err != nil {
			return nil, err
		}
	}
	w.Len(len(p.waiting))
	for _, x := range p.waiting {
		w.Time(x.due)
		w.String(string(x.alert))
	}
	if err := p.writeLimits(w); err != nil {
		return nil, err
	}
	w.Len(len(p.windows))
	for _, name := range slices.Sorted(maps.Keys(p.windows)) {
		w.String(name)
		w.String(p.windows[name].meaning)
		p.windows[name].Write(w)
	}
	if form >= 2 {
		p.shown.write(w)
	}
	if len(b) == 0 {
		return w.Bytes(), nil
	}
	return append(b, w.Bytes()...), nil
}

// storyForm is the form of the stories within a snapshot of the form.
func storyForm(form int) int {
	if form < 3 {
		return 1
	}
	return story.Form
}

// estimate is about how many bytes the picture takes: a buffer that grows is copied again and again.
func (p *Picture) estimate() int {
	return 1024 + 100*len(p.queue) + 64*p.known + 1024*len(p.alerts) + p.stories.Estimate()
}

func (p *Picture) writeArchive(w *snapshot.Writer) {
	w.Len(len(p.queue))
	for _, r := range p.queue {
		k := p.articles.At(int(r.place)).key
		w.String(string(k[:]))
		w.Uint(r.seq)
		w.Int(r.at)
	}
	known := make([]*article, 0, p.known)
	for _, a := range p.articles.All() {
		if a.key != (key{}) { // else its place is free
			known = append(known, a)
		}
	}
	slices.SortFunc(known, func(a, b *article) int { return bytes.Compare(a.key[:], b.key[:]) })
	w.Len(len(known))
	for _, a := range known {
		w.String(string(a.key[:]))
		w.Uint(a.seq)
		w.String(string(a.revision[:]))
		w.Bool(a.past != nil)
		if a.past != nil {
			a.past.write(w, p.windowed)
		}
	}
}

func (p *past) write(w *snapshot.Writer, windowed []string) {
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
	w.Len(p.entered.len())
	for e := range p.entered.all(windowed) {
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
		alert := r.pending.whole()
		return writeAlert(w, &alert)
	}
	return nil
}

func writeAlert(w *snapshot.Writer, a *news.Alert) error {
	data, err := wire.EncodeAlert(a)
	if err != nil {
		return fmt.Errorf("machine: snapshot: %w", err)
	}
	w.String(string(data))
	return nil
}

func (p *Picture) writeLimits(w *snapshot.Writer) error {
	w.Len(len(p.limits))
	for _, name := range slices.Sorted(maps.Keys(p.limits)) {
		l := p.limits[name]
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
	w.Len(len(p.over))
	for _, name := range p.over {
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
	s.stories = *story.Read(r, storyForm(int(v)))
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
		s.windows[name] = counterOf(window.Read(r), meaning)
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
	queued := make([]key, r.Len(len(key{})))
	for i := range queued {
		queued[i] = readKey(r)
		x.queue = append(x.queue, remembered{seq: r.Uint(), at: r.Int()})
	}
	for range r.Len(2 * len(key{})) {
		a := x.articles.Own(int(x.put(readKey(r))))
		a.seq, a.revision = r.Uint(), readKey(r)
		if r.Bool() {
			a.past = x.readPast(r)
		}
	}
	for i, k := range queued {
		at, ok := x.index[k]
		if !ok && r.Err() == nil {
			r.Fail("an article is queued that is not known")
		}
		x.queue[i].place = at
	}
}

func (x *archive) readPast(r *snapshot.Reader) *past {
	p := &past{}
	for range r.Len(len(key{})) {
		p.revisions = append(p.revisions, readKey(r))
	}
	p.story = news.ID(r.String())
	for range r.Len(2) {
		p.claims = append(p.claims, claim{news.ID(r.String()), r.String(), r.Bool()})
	}
	var entered []place
	for range r.Len(2) {
		entered = append(entered, place{r.String(), r.String()})
	}
	p.entered = x.windowed.pack(entered)
	return p
}

func readRecord(r *snapshot.Reader) *record {
	out := &record{alert: readAlert(r), at: r.Time()}
	for range r.Len(1) {
		out.facts = append(out.facts, r.String())
	}
	out.dead, out.publishers, out.claims, out.known, out.windowed = r.Int(), int(r.Int()), int(r.Int()), int(r.Int()), r.Bool()
	if r.Bool() {
		out.pending = &pending{alert: readAlert(r)}
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
