// Package window finds what happens often, suddenly, first, never or in sequence over the log's time.
//
// Time is what the entries say, not when they come: entries that come in another order within the lateness give the same
// finds. The watermark is the highest time told less the lateness; what is older when it comes is late, counted and left
// out.
package window

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Kind is what is looked for.
type Kind string

// The kinds.
const (
	Count    Kind = "count"    // at least so many within a stretch
	Spike    Kind = "spike"    // so many more than the time before lets expect
	First    Kind = "first"    // nothing like it for so long
	Absence  Kind = "absence"  // nothing for so long
	Sequence Kind = "sequence" // one step after the other within a stretch
)

// Spec says what to look for.
type Spec struct {
	Kind     Kind
	Over     time.Duration // count, spike: the stretch; first: how long nothing like it; absence: how long nothing; sequence: all steps
	AtLeast  int           // count, spike
	Baseline time.Duration // spike: the time before the stretch that it is compared with
	Ratio    int           // spike: times what the baseline lets expect, in hundredths
	Steps    int           // sequence
	Grouped  bool          // entries have groups
	Lateness time.Duration
}

// Check tells what cannot be looked for.
func (s Spec) Check() error {
	switch {
	case s.Over <= 0:
		return errors.New("the length of the window must be positive")
	case s.Lateness < 0:
		return errors.New("the lateness must not be negative")
	case s.Kind == Count && s.AtLeast < 1, s.Kind == Spike && s.AtLeast < 1:
		return errors.New("at_least must be positive")
	case s.Kind == Spike && s.Baseline < s.Over:
		return errors.New("the baseline must be at least as long as the window")
	case s.Kind == Spike && s.Ratio < 100:
		return errors.New("the ratio must be at least 1")
	case s.Kind == Sequence && s.Steps < 2:
		return errors.New("a sequence needs two steps")
	}
	return nil
}

// What one Window holds at most. What finds no room is dropped and counted.
const (
	MaxGroups  = 10_000
	MaxEntries = 4096   // of one group
	MaxTotal   = 65_536 // of all groups
)

// Entry is one hit.
type Entry struct {
	At      time.Time
	Group   string
	Key     string   // what is counted: entries of one key count once
	Article *Article // never nil, not to be changed
	Step    int      // of a sequence, from 1
}

// Article is where a hit is. All entries of one report may share it.
type Article struct {
	ID        news.ID
	Publisher string
}

// Fate is what became of an entry.
type Fate string

// The fates.
const (
	Entered  Fate = "entered"
	Repeated Fate = "repeated" // the same thing of the same article stands there already
	Late     Fate = "late"
	Dropped  Fate = "dropped"
)

// Find is something found.
type Find struct {
	Group    string
	ID       time.Time // with the group, what tells it from other finds: where it began when it was found
	Start    time.Time // of an absence: the last entry, or when looking began
	End      time.Time
	Count    int     // distinct keys
	Expected int     // of a spike: what the baseline lets expect, in tenths
	Entries  []Entry // in the order of time
	Again    bool    // found before; there is twice as much now
	Gone     bool    // found before; what made it so was taken back
}

// Window looks for one thing. It is not safe for concurrent use.
type Window struct {
	spec    Spec
	begun   bool
	began   int64 // the first time told, in Unix nanoseconds
	high    int64 // the highest
	groups  map[string]*group
	moment  uint64 // how many pictures were taken
	shared  bool   // groups, the map, is a picture's, too
	total   int
	late    int
	dropped int
	swept   int64
	due     int64 // absence: no group is due before

	near     *group // asked for last: most windows have one that all ask for; nil: not known
	nearName string

	keys    map[string]struct{} // scratch, as are those that follow
	moments []stretch
	chained []int
}

// group is the entries of one group.
type group struct {
	moment  uint64             // one of an earlier moment than the window's belongs to a picture, too
	entries []kept             // in the order of compareKept
	room    []kept             // all the memory that entries lie in; nil: not known
	told    []episode          // count, spike, sequence
	seen    map[string][]int64 // first: when each key came, sorted
	last    int64              // absence: the highest time of an entry
	silent  bool               // absence: told since

	// What follows is found out from the above, and only spares looking at all of it.
	oldest int64  // no entry is older
	newest int64  // no entry is newer
	ended  int64  // no episode ended before
	tally  *tally // count, spike: of the newest stretch; nil: not known
	open          // sequence
}

// kept is an Entry as its group keeps it.
type kept struct {
	at      int64 // in Unix nanoseconds
	key     string
	article *Article
	step    int
}

// episode is a find that was told: from the first to the last moment at which it held.
type episode struct {
	id, start, end int64
	count          int // told last
}

// New looks for what a checked Spec says.
func New(s Spec) *Window { return &Window{spec: s, groups: map[string]*group{}} }

// Spec is what is looked for.
func (w *Window) Spec() Spec { return w.spec }

// Late and Dropped count entries that were left out.
func (w *Window) Late() int { return w.late }

// Dropped counts the entries that found no room.
func (w *Window) Dropped() int { return w.dropped }

// Len is how many entries are held.
func (w *Window) Len() int { return w.total }

func (w *Window) watermark() int64 { return w.high - int64(w.spec.Lateness) }

// Advance tells the time, and returns what came of time alone: absences, in the order of their groups.
func (w *Window) Advance(now time.Time) []Find {
	t := now.UnixNano()
	if !w.begun {
		w.begun, w.began, w.high = true, t, t
		if w.spec.Kind == Absence && !w.spec.Grouped {
			w.put("", &group{last: t})
		}
	}
	w.high = max(w.high, t)
	w.sweep()
	if w.spec.Kind != Absence || w.watermark() < w.due {
		return nil
	}
	return w.absences()
}

// Due is the time before which no absence is found, whatever Advance is told.
func (w *Window) Due() time.Time { return moment(w.due).Add(w.spec.Lateness) }

func (w *Window) absences() []Find {
	var out []Find
	w.due = never
	for _, name := range slices.Sorted(maps.Keys(w.groups)) {
		g := w.groups[name]
		if g.silent {
			continue
		}
		deadline := g.last + int64(w.spec.Over)
		if w.watermark() < deadline {
			w.due = min(w.due, deadline)
			continue
		}
		g = w.own(name)
		g.silent = true
		last := moment(g.last)
		out = append(out, Find{Group: name, ID: last, Start: last, End: moment(deadline), Entries: told(name, g.entries)})
	}
	return out
}

// never is later than any log: the year 2200.
const never = 7_258_118_400_000_000_000

func moment(t int64) time.Time { return time.Unix(0, t).UTC() }

// told is what a group keeps as a find tells it.
func told(group string, some []kept) []Entry {
	out := make([]Entry, len(some))
	for i := range some {
		e := &some[i]
		out[i] = Entry{moment(e.at), group, e.key, e.article, e.step}
	}
	return out
}

// Enter takes an entry and tells what is found with it. The time must have been told before.
func (w *Window) Enter(e Entry) (Fate, []Find) {
	at := e.At.UnixNano()
	if at < w.watermark() {
		w.late++
		return Late, nil
	}
	g := w.own(e.Group)
	if g == nil {
		if len(w.groups) >= MaxGroups {
			w.dropped++
			return Dropped, nil
		}
		g = &group{oldest: at, ended: at}
		w.put(e.Group, g)
	}
	if w.spec.Kind == First {
		return w.first(g, e, at)
	}
	one := kept{at, e.Key, e.Article, e.Step}
	if w.spec.Kind == Absence {
		return w.heard(g, one)
	}
	w.prune(g)
	i, there := len(g.entries), false
	if at <= g.newest { // else even the last entry need not be looked at
		i, there = g.place(&one)
	}
	switch {
	case there:
		return Repeated, nil
	case len(g.entries) >= MaxEntries || w.total >= MaxTotal:
		w.dropped++
		return Dropped, nil
	}
	g.insert(i, one)
	g.oldest, g.newest = min(g.oldest, at), max(g.newest, at)
	w.total++
	if w.spec.Kind == Sequence {
		return Entered, w.sequences(e.Group, g, i)
	}
	if g.tally != nil {
		g.tally.enter(i, e.Key)
	}
	return Entered, w.hot(e.Group, g, i)
}

func compareKept(a, b *kept) int {
	if c := cmp.Compare(a.at, b.at); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.step, b.step), cmp.Compare(a.key, b.key), cmp.Compare(a.article.ID, b.article.ID))
}

// place is where an entry stands or belongs.
func (g *group) place(e *kept) (i int, there bool) {
	if n := len(g.entries); n == 0 || compareKept(&g.entries[n-1], e) < 0 {
		return n, false
	}
	return sort.Find(len(g.entries), func(i int) int { return compareKept(e, &g.entries[i]) })
}

// insert puts an entry in at i. Where there is no room behind the entries, they move to where others have gone; only where
// that is less than they take themselves, they get twice the room.
func (g *group) insert(i int, e kept) {
	if n := len(g.entries); n == cap(g.entries) {
		if gone := cap(g.room) - n; gone < max(n, 1) {
			g.room = make([]kept, max(4, 2*n))
		}
		g.room = g.room[:cap(g.room)]
		copy(g.room, g.entries)
		clear(g.room[n:])
		g.entries = g.room[:n]
	}
	g.entries = slices.Insert(g.entries, i, e)
}

// heard ends a silence.
func (w *Window) heard(g *group, e kept) (Fate, []Find) {
	if e.at > g.last || len(g.entries) == 0 && e.at == g.last {
		w.total += 1 - len(g.entries)
		g.last, g.silent, g.entries = e.at, false, []kept{e}
		w.due = min(w.due, e.at+int64(w.spec.Over))
		return Entered, nil
	}
	return Repeated, nil
}

// first finds a key that did not come within the stretch before or after.
func (w *Window) first(g *group, e Entry, at int64) (Fate, []Find) {
	times := g.seen[e.Key]
	i, there := slices.BinarySearch(times, at)
	if there {
		return Repeated, nil
	}
	if len(times) == 0 && len(g.seen) >= MaxEntries || w.total >= MaxTotal {
		w.dropped++
		return Dropped, nil
	}
	isNew := (i == 0 || at-times[i-1] >= int64(w.spec.Over)) && (i == len(times) || times[i]-at >= int64(w.spec.Over))
	if i == len(times) {
		times = append(times, at)
	} else {
		times = slices.Insert(slices.Clip(times), i, at) // never in place: a picture may share them
	}
	older := 0 // of those before the watermark only the latest can matter
	for older+1 < len(times) && times[older+1] <= w.watermark() {
		older++
	}
	if g.seen == nil {
		g.seen = map[string][]int64{}
	}
	g.seen[e.Key] = times[older:]
	w.total += 1 - older
	if !isNew {
		return Entered, nil
	}
	return Entered, []Find{{Group: e.Group, ID: e.At, Start: e.At, End: e.At, Count: 1, Entries: []Entry{e}}}
}

// reach is how long before a moment entries matter to it. They are kept twice as long, so that a find of late can be taken
// back.
func (w *Window) reach() int64 {
	if w.spec.Kind == Spike {
		return int64(w.spec.Over + w.spec.Baseline)
	}
	return int64(w.spec.Over)
}

// prune drops what no entry to come can meet any more.
func (w *Window) prune(g *group) {
	before := w.watermark() - 2*w.reach()
	if before > g.oldest {
		w.pruneEntries(g, before)
	}
	if before > g.ended {
		g.told = slices.DeleteFunc(g.told, func(e episode) bool { return e.end < before })
		g.ended = g.firstEnd()
	}
}

func (w *Window) pruneEntries(g *group, before int64) {
	n := 0
	for n < len(g.entries) && g.entries[n].at < before {
		g.count(g.entries[n].step, -1)
		n++
	}
	if n > 0 {
		clear(g.entries[:n]) // what they hold is let go before the array is
		g.entries = g.entries[n:]
		w.total -= n
		g.tally = g.tally.without(n)
	}
	n, _ = slices.BinarySearch(g.starts, before)
	g.starts = g.starts[n:]
	g.oldest = math.MaxInt64
	if len(g.entries) > 0 {
		g.oldest = g.entries[0].at
	}
}

// firstEnd is when the first of the episodes ended.
func (g *group) firstEnd() int64 {
	out := int64(math.MaxInt64)
	for i := range g.told {
		out = min(out, g.told[i].end)
	}
	return out
}

// sweep prunes all groups, each time the watermark has gone on by as much as entries matter.
func (w *Window) sweep() {
	if w.high-w.swept < max(w.reach(), int64(time.Minute)) {
		return
	}
	w.swept = w.high
	if w.spec.Kind == Absence { // a group that fell silent is not forgotten: it may be heard again
		return
	}
	w.unshare()
	for name := range w.groups {
		g := w.own(name)
		if w.spec.Kind == First {
			w.pruneSeen(g)
		} else {
			w.prune(g)
		}
		if len(g.entries) == 0 && len(g.told) == 0 && len(g.seen) == 0 {
			delete(w.groups, name)
			w.near = nil
		}
	}
}

func (w *Window) pruneSeen(g *group) {
	for key, times := range g.seen {
		if times[len(times)-1] < w.watermark()-w.reach() {
			w.total -= len(times)
			delete(g.seen, key)
		}
	}
}

// String is the spec in a line.
func (s Spec) String() string {
	switch s.Kind {
	case Count:
		return fmt.Sprintf("count of at least %d over %s", s.AtLeast, s.Over)
	case Spike:
		return fmt.Sprintf("at least %d over %s and %d.%02d times what %s before lets expect", s.AtLeast, s.Over, s.Ratio/100, s.Ratio%100, s.Baseline)
	case First:
		return fmt.Sprintf("first in %s", s.Over)
	case Absence:
		return fmt.Sprintf("absence for %s", s.Over)
	}
	return fmt.Sprintf("sequence of %d steps within %s", s.Steps, s.Over)
}
