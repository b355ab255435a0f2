package window_test

import (
	"fmt"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/consumer/window"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

var start = time.Date(2021, 10, 1, 0, 0, 0, 0, time.UTC)

func minute(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

// twin is a Window as one would write it who has all the time in the world: it keeps every entry and looks at all of them
// again whenever one comes.
type twin struct {
	spec        window.Spec
	began, high time.Time
	entries     []window.Entry
	told        map[string][]told // by group
	silent      map[string]bool
	last        map[string]time.Time
	removed     bool // something was
}

// told is a moment of a find, or a chain.
type told struct{ start, end time.Time }

func newTwin(s window.Spec, now time.Time) *twin {
	t := &twin{spec: s, began: now, high: now, told: map[string][]told{}, silent: map[string]bool{}, last: map[string]time.Time{}}
	if s.Kind == window.Absence && !s.Grouped {
		t.last[""] = now
	}
	return t
}

func (t *twin) watermark() time.Time { return t.high.Add(-t.spec.Lateness) }

func (t *twin) advance(now time.Time) []string {
	if now.After(t.high) {
		t.high = now
	}
	var out []string
	if t.spec.Kind == window.Absence {
		groups := make([]string, 0, len(t.last))
		for g := range t.last {
			groups = append(groups, g)
		}
		sort.Strings(groups)
		for _, g := range groups {
			if !t.silent[g] && !t.watermark().Before(t.last[g].Add(t.spec.Over)) {
				t.silent[g] = true
				out = append(out, say(g, t.last[g]))
			}
		}
	}
	return out
}

func say(group string, id time.Time) string { return group + " " + id.Format("15:04 02") }

func (t *twin) enter(e window.Entry) (window.Fate, []string) {
	if e.At.Before(t.watermark()) {
		return window.Late, nil
	}
	if t.spec.Kind == window.Absence {
		if last, ok := t.last[e.Group]; !ok || e.At.After(last) {
			t.last[e.Group], t.silent[e.Group] = e.At, false
		}
		return window.Entered, nil
	}
	for _, o := range t.entries {
		if same(o, e) || t.spec.Kind == window.First && o.Group == e.Group && o.Key == e.Key && o.At.Equal(e.At) {
			return window.Repeated, nil
		}
	}
	isNew := true
	for _, o := range t.entries {
		if o.Group == e.Group && o.Key == e.Key && o.At.Sub(e.At).Abs() < t.spec.Over {
			isNew = false
		}
	}
	t.entries = append(t.entries, e)
	switch t.spec.Kind {
	case window.First:
		if isNew {
			return window.Entered, []string{say(e.Group, e.At)}
		}
		return window.Entered, nil
	case window.Sequence:
		return window.Entered, t.chains(e.Group)
	}
	return window.Entered, t.episodes(e.Group)
}

func same(a, b window.Entry) bool {
	return a.At.Equal(b.At) && a.Group == b.Group && a.Key == b.Key && *a.Article == *b.Article && a.Step == b.Step
}

func (t *twin) of(group string) []window.Entry {
	var out []window.Entry
	for _, e := range t.entries {
		if e.Group == group {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b window.Entry) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		if a.Step != b.Step {
			return a.Step - b.Step
		}
		if a.Key != b.Key {
			return map[bool]int{true: -1, false: 1}[a.Key < b.Key]
		}
		return map[bool]int{true: -1, false: 1}[a.Article.ID < b.Article.ID]
	})
	return out
}

// keys counts the keys in (from, to].
func keys(entries []window.Entry, from, to time.Time) (n int, first time.Time) {
	seen := map[string]bool{}
	for _, e := range entries {
		if e.At.After(from) && !e.At.After(to) {
			if !seen[e.Key] && len(seen) == 0 {
				first = e.At
			}
			seen[e.Key] = true
		}
	}
	return len(seen), first
}

func (t *twin) hot(entries []window.Entry, at time.Time) (time.Time, bool) {
	n, first := keys(entries, at.Add(-t.spec.Over), at)
	if n < t.spec.AtLeast {
		return first, false
	}
	if t.spec.Kind == window.Count {
		return first, true
	}
	if at.Add(-t.spec.Over - t.spec.Baseline).Before(t.began) {
		return first, false
	}
	before, _ := keys(entries, at.Add(-t.spec.Over-t.spec.Baseline), at.Add(-t.spec.Over))
	return first, float64(n) >= float64(t.spec.Ratio)/100*float64(before)*t.spec.Over.Minutes()/t.spec.Baseline.Minutes()
}

// episodes finds the runs of hot moments, less than a stretch apart, of which none was told.
func (t *twin) episodes(group string) []string {
	entries := t.of(group)
	moments := map[time.Time]time.Time{} // hot: where its stretch begins
	for _, e := range entries {
		if first, ok := t.hot(entries, e.At); ok {
			moments[e.At] = first
		}
	}
	known := map[time.Time]bool{}
	for _, m := range t.told[group] {
		known[m.start] = true
		if _, ok := moments[m.start]; !ok {
			moments[m.start] = m.start
		}
	}
	all := make([]time.Time, 0, len(moments))
	for m := range moments {
		all = append(all, m)
	}
	slices.SortFunc(all, time.Time.Compare)
	var out []string
	for i := 0; i < len(all); {
		j, told := i, known[all[i]]
		for j+1 < len(all) && all[j+1].Sub(all[j]) < t.spec.Over {
			j++
			told = told || known[all[j]]
		}
		if !told {
			out = append(out, say(group, moments[all[i]]))
		}
		i = j + 1
	}
	t.told[group] = nil
	for _, m := range all {
		t.told[group] = append(t.told[group], told{m, m})
	}
	return out
}

// chains finds the chains of steps outside of those told, from the earliest first step on.
func (t *twin) chains(group string) []string {
	entries := t.of(group)
	free := func(e window.Entry) bool {
		for _, c := range t.told[group] {
			if !e.At.Before(c.start) && !e.At.After(c.end) {
				return false
			}
		}
		return true
	}
	var out []string
	for i, first := range entries {
		if first.Step != 1 || !free(first) {
			continue
		}
		if t.removed && first.At.Before(t.watermark().Add(-2*t.spec.Over)) {
			continue // what goes may leave room for a chain, but not for one that is long past
		}
		want, used, end := 2, []news.ID{first.Article.ID}, first.At
		for _, e := range entries[i+1:] {
			if want <= t.spec.Steps && e.Step == want && free(e) && !slices.Contains(used, e.Article.ID) && e.At.Sub(first.At) <= t.spec.Over {
				want, used, end = want+1, append(used, e.Article.ID), e.At
			}
		}
		if want > t.spec.Steps {
			t.told[group] = append(t.told[group], told{first.At, end})
			out = append(out, say(group, first.At))
		}
	}
	return out
}

// remove takes an article back and says which finds are gone: those of not too long ago that nothing makes one any more.
func (t *twin) remove(article news.ID) []string {
	t.removed = true
	var out []string
	for _, group := range groups {
		before := t.of(group)
		t.entries = slices.DeleteFunc(t.entries, func(e window.Entry) bool { return e.Group == group && e.Article.ID == article })
		entries := t.of(group)
		if len(entries) == len(before) {
			continue
		}
		var kept []told
		for _, run := range t.runs(group) {
			start, end := run[0].start, run[len(run)-1].end
			if start.Before(t.watermark().Add(-t.spec.Over)) || t.stands(entries, start, end) {
				kept = append(kept, run...)
			} else {
				out = append(out, sayGone(group, start, end))
			}
		}
		t.told[group] = kept
	}
	sort.Strings(out)
	return out
}

func sayGone(group string, start, end time.Time) string {
	return say(group, start) + " to " + say("", end)
}

// runs are what was told of a group: each chain, or the moments of each episode.
func (t *twin) runs(group string) [][]told {
	var out [][]told
	for i, m := range t.told[group] {
		if i > 0 && t.spec.Kind != window.Sequence && m.start.Sub(t.told[group][i-1].end) < t.spec.Over {
			out[len(out)-1] = append(out[len(out)-1], m)
		} else {
			out = append(out, []told{m})
		}
	}
	return out
}

// stands tells whether there is something to be found from one moment to another.
func (t *twin) stands(entries []window.Entry, start, end time.Time) bool {
	within := func(e window.Entry) bool { return !e.At.Before(start) && !e.At.After(end) }
	if t.spec.Kind == window.Sequence {
		alone := newTwin(t.spec, start)
		for _, e := range entries {
			if within(e) {
				alone.entries = append(alone.entries, e)
			}
		}
		return len(entries) > 0 && len(alone.chains(entries[0].Group)) > 0
	}
	return slices.ContainsFunc(entries, func(e window.Entry) bool {
		_, hot := t.hot(entries, e.At)
		return within(e) && hot
	})
}

var groups = []string{"", "FRA", "RUS"}

var specs = map[string]window.Spec{
	"count":            {Kind: window.Count, Over: 20 * time.Minute, AtLeast: 3},
	"count of many":    {Kind: window.Count, Over: 50 * time.Minute, AtLeast: 7},
	"count of one":     {Kind: window.Count, Over: 10 * time.Minute, AtLeast: 1},
	"spike":            {Kind: window.Spike, Over: 10 * time.Minute, Baseline: 40 * time.Minute, AtLeast: 2, Ratio: 250},
	"first":            {Kind: window.First, Over: 45 * time.Minute},
	"absence":          {Kind: window.Absence, Over: 25 * time.Minute},
	"absence by group": {Kind: window.Absence, Over: 25 * time.Minute, Grouped: true},
	"sequence":         {Kind: window.Sequence, Over: 30 * time.Minute, Steps: 3},
	"sequence of two":  {Kind: window.Sequence, Over: 30 * time.Minute, Steps: 2},
}

// entries come shuffled, twice, late, seldom and thick, with times of silence.
func entries(t *rapid.T, s window.Spec) []window.Entry {
	now := 0
	keys, pace := rapid.SampledFrom([]int{2, 4, 12}).Draw(t, "keys"), rapid.SampledFrom([]int{2, 2, 12}).Draw(t, "pace")
	apart := rapid.Bool().Draw(t, "grouped") && s.Kind != window.Absence
	out := make([]window.Entry, rapid.IntRange(1, 100).Draw(t, "n"))
	for i := range out {
		now += rapid.IntRange(0, pace).Draw(t, "passed")
		if rapid.IntRange(0, 30).Draw(t, "silence") == 30 {
			now += 70
		}
		e := window.Entry{
			At:  minute(max(0, now-rapid.SampledFrom([]int{0, 0, 0, 0, 3, 8, 15, 40}).Draw(t, "back"))),
			Key: string(rune('a' + rapid.IntRange(0, keys-1).Draw(t, "key"))),
		}
		e.Article = &window.Article{ID: news.ID(fmt.Sprintf("%s%d", e.Key, rapid.IntRange(0, 2).Draw(t, "article")))}
		if s.Grouped || apart {
			e.Group = rapid.SampledFrom(groups).Draw(t, "group")
		}
		if s.Kind == window.Sequence {
			e.Step = rapid.IntRange(1, s.Steps).Draw(t, "step")
		}
		out[i] = e
	}
	return out
}

// The law: a Window that forgets finds what its twin finds that forgets nothing, also when it is written and read again
// on the way. Where an article is taken back, that makes a moment of a spike hot at times, which nobody looks at until
// an entry comes near it: of spikes none is taken back here.
func TestAWindowFindsWhatItsTwinFinds(t *testing.T) {
	for name, spec := range specs {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				spec.Lateness = time.Duration(rapid.SampledFrom([]int{0, 5, 20}).Draw(t, "lateness")) * time.Minute
				w, other := window.New(spec), newTwin(spec, start)
				w.Advance(start)
				high := start
				for i, e := range entries(t, spec) {
					if e.At.After(high) {
						high = e.At
					}
					got, want := spoken(w.Advance(high)), other.advance(high)
					fate, finds := w.Enter(e)
					wantFate, wantFinds := other.enter(e)
					got, want = append(got, spoken(finds)...), append(want, wantFinds...)
					if fate != wantFate && spec.Kind != window.Absence {
						t.Fatalf("entry %d: %s, want %s", i, fate, wantFate)
					}
					if takesBack(spec) && rapid.IntRange(0, 5).Draw(t, "remove") == 0 {
						article := news.ID(fmt.Sprintf("%c%d", rapid.RuneFrom([]rune("abcdef")).Draw(t, "of"), rapid.IntRange(0, 2).Draw(t, "removed")))
						got, want = append(got, gone(w.Remove(article, groups))...), append(want, other.remove(article)...)
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Fatalf("entry %d at %s (-twin +window):\n%s", i, e.At.Format("15:04"), diff)
					}
					if rapid.IntRange(0, 9).Draw(t, "again") == 0 {
						w = reread(t, w)
					}
				}
			})
		})
	}
}

func takesBack(s window.Spec) bool { return s.Kind == window.Count || s.Kind == window.Sequence }

func gone(finds []window.Find) []string {
	var out []string
	for _, f := range finds {
		out = append(out, sayGone(f.Group, f.Start, f.End))
	}
	sort.Strings(out)
	return out
}

// Hits less than a window apart are one find, also where a late one makes moments hot of which only the last is near those
// told.
func TestALateEntryBeforeAFindBelongsToItThroughTheMomentsBetween(t *testing.T) {
	at := func(key string, minutes ...int) []window.Entry {
		var out []window.Entry
		for _, m := range minutes {
			out = append(out, window.Entry{At: minute(m), Key: key, Article: &window.Article{ID: news.ID(key)}})
		}
		return out
	}
	for name, test := range map[string]struct {
		kind    string
		entries []window.Entry
		want    []string
	}{
		"a spike at 1:00 and a late entry that makes 0:50 and 0:53 hot": {
			"spike", slices.Concat(at("a", 1, 2, 7, 13, 20, 30, 41, 53), at("b", 60, 50)), []string{" 00:53 01"},
		},
		"a count at 1:00 and a late entry that makes 0:40 and 0:45 hot": {
			"count", slices.Concat(at("a", 23), at("b", 24), at("c", 45), at("d", 50), at("e", 60), at("f", 40)), []string{" 00:45 01"},
		},
		"a late entry that is a window away from a find": {
			"count", slices.Concat(at("a", 23), at("b", 24), at("d", 61), at("e", 62), at("f", 65), at("c", 40)), []string{" 01:01 01", " 00:23 01"},
		},
		"a late entry that joins two finds": {
			"count of one", at("a", 41, 55, 48), []string{" 00:41 01", " 00:55 01"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			spec := specs[test.kind]
			spec.Lateness = 30 * time.Minute
			w, other := window.New(spec), newTwin(spec, start)
			w.Advance(start)
			high := start
			var got, twin []string
			for _, e := range test.entries {
				if e.At.After(high) {
					high = e.At
				}
				w.Advance(high)
				other.advance(high)
				_, finds := w.Enter(e)
				_, want := other.enter(e)
				got, twin = append(got, spoken(finds)...), append(twin, want...)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +window:\n%s", diff)
			}
			if diff := cmp.Diff(test.want, twin); diff != "" {
				t.Errorf("-want +twin:\n%s", diff)
			}
		})
	}
}

// Of three steps, a chain may come to be because what stood in its way is taken by another: here the first step 2 is by the
// article of the only step 3, until the chain of x has it.
func TestAChainIsFoundOnceAnotherHasTakenWhatStoodInItsWay(t *testing.T) {
	spec := window.Spec{Kind: window.Sequence, Over: time.Hour, Steps: 3, Lateness: time.Hour}
	w, other := window.New(spec), newTwin(spec, start)
	w.Advance(start)
	var got, twin []string
	for _, e := range []struct {
		at, step int
		article  news.ID
	}{{0, 1, "p"}, {5, 1, "x"}, {10, 2, "a"}, {20, 2, "b"}, {40, 3, "a"}, {12, 3, "p"}, {41, 1, "q"}} {
		w.Advance(minute(e.at))
		other.advance(minute(e.at))
		entry := window.Entry{At: minute(e.at), Step: e.step, Key: string(e.article), Article: &window.Article{ID: e.article}}
		_, finds := w.Enter(entry)
		_, want := other.enter(entry)
		got, twin = append(got, spoken(finds)...), append(twin, want...)
	}
	want := []string{" 00:05 01", " 00:00 01"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +window:\n%s", diff)
	}
	if diff := cmp.Diff(want, twin); diff != "" {
		t.Errorf("-want +twin:\n%s", diff)
	}
}

func spoken(finds []window.Find) []string {
	var out []string
	for _, f := range finds {
		if !f.Again {
			out = append(out, say(f.Group, f.ID))
		}
	}
	return out
}

func reread(t *rapid.T, w *window.Window) *window.Window {
	var b snapshot.Writer
	w.Write(&b)
	r := snapshot.NewReader(b.Bytes())
	again := window.Read(r)
	if err := r.End(); err != nil {
		t.Fatal(err)
	}
	var c snapshot.Writer
	again.Write(&c)
	if string(b.Bytes()) != string(c.Bytes()) {
		t.Fatal("written twice, it differs")
	}
	return again
}

// Entries in any order within the lateness make the same episodes.
func TestTheOrderWithinTheLatenessDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := window.Spec{Kind: window.Count, Over: 20 * time.Minute, AtLeast: 3, Lateness: 24 * time.Hour}
		all := entries(t, spec)
		for i := range all {
			all[i].Group = ""
		}
		shuffled := rapid.Permutation(all).Draw(t, "order")
		if diff := cmp.Diff(episodes(all), episodes(shuffled)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func episodes(all []window.Entry) [][2]int64 {
	w := window.New(window.Spec{Kind: window.Count, Over: 20 * time.Minute, AtLeast: 3, Lateness: 24 * time.Hour})
	w.Advance(start)
	high := start
	for _, e := range all {
		if e.At.After(high) {
			high = e.At
		}
		w.Advance(high)
		w.Enter(e)
	}
	return w.Episodes("")
}
