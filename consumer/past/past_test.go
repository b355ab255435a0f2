package past_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/past"
	"github.com/quidnunc-news/quidnunc/consumer/past/shelf"
	"github.com/quidnunc-news/quidnunc/consumer/replay/invent"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// replayed is the obvious preview: the machine that steps the whole log, with the rule in force from the stretch on.
func replayed(t testing.TB, log []news.Entry, r rule.Rule, from time.Time) (alerts []string, suppressed map[machine.Reason]int) {
	set, err := machine.Compile("preview", []rule.Rule{r}, gazetteer.Default())
	if err != nil {
		t.Fatal(err)
	}
	var state machine.State
	begun := false
	suppressed = map[machine.Reason]int{}
	for i, e := range log {
		seq := uint64(i + 1)
		if !begun && !atOf(e).Before(from) {
			begun = true
			state.Step(machine.Input{Seq: seq, Entry: news.Rules{Hash: "preview"}, Rules: set})
		}
		result := state.Step(machine.Input{Seq: seq, Entry: e})
		if !begun {
			continue
		}
		for _, s := range result.Suppressed {
			suppressed[s.Reason]++
		}
		for _, o := range result.Outputs {
			if o.Alert != nil {
				alerts = append(alerts, encoded(t, *o.Alert))
			}
		}
	}
	return alerts, suppressed
}

func atOf(e news.Entry) time.Time {
	switch e := e.(type) {
	case news.Report:
		return e.At
	case news.Tick:
		return e.At
	case news.Correction:
		return e.At
	}
	return time.Time{}
}

func encoded(t testing.TB, a news.Alert) string {
	data, err := wire.EncodeAlert(&a)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func ask(t testing.TB, lib past.Library, log past.Log, r rule.Rule, from time.Time) (alerts []string, a past.Answer) {
	a, err := past.Ask(t.Context(), lib, log, past.Question{Rule: r, Gazetteer: gazetteer.Default(), From: from, Told: func(a news.Alert) error {
		alerts = append(alerts, encoded(t, a))
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return alerts, a
}

// askCopies asks a shelf that has copies of everything: the log is not read.
func askCopies(t testing.TB, s *shelf.Shelf, log *shelved, r rule.Rule, from time.Time) (alerts []string, a past.Answer) {
	c, err := s.Copied(t.Context(), log, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	read := log.read
	alerts, a = ask(t, s, c, r, from)
	if err := c.Close(); err != nil || log.read != read {
		t.Errorf("%d entries of the log were read in spite of copies, %v", log.read-read, err)
	}
	return alerts, a
}

// special are rules of kinds that Rules does not draw.
func special(t testing.TB) []rule.Rule {
	var out []rule.Rule
	for i, r := range []rule.Rule{
		{Query: "what:ACCUSE", Throttle: 6 * time.Hour, Limit: rule.Limit{Count: 3, Per: time.Hour}},
		{Query: "NOT lang:fr", When: rule.When{Each: rule.EachEvent}},
		{Query: "story.novel:true who:USA"},
		{Query: "story.copy:true what:(ASSAULT OR AID)", When: rule.When{Each: rule.EachArticle}},
		{Query: "miss* OR gazod?c"},
		{Query: "actor:@nato quad:4", Summary: "{{.Story.Publishers}}"},
		{Query: "what:AID", When: rule.When{Kind: rule.Count, Over: 6 * time.Hour, AtLeast: 2, Distinct: rule.ByStory}, Throttle: 3 * time.Hour},
		{Query: "what:CONSULT", State: rule.Shadow},
		{Query: "what:(CONSULT OR AID OR ACCUSE)", When: rule.When{Kind: rule.Count, Over: 2 * time.Hour, AtLeast: 3, Lateness: 30 * time.Minute}},
		{Query: "what:ASSAULT", When: rule.When{Kind: rule.Absence, Over: 2 * time.Hour}},
	} {
		r.Name = fmt.Sprint("special-", i)
		r, err := r.Complete()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// The law of previews: what is told from columns and few reports is what the machine tells that steps all.
func TestAPreviewTellsWhatAReplayTells(t *testing.T) {
	rules, err := invent.Rules(3, 240)
	if err != nil {
		t.Fatal(err)
	}
	rules = slices.Concat(special(t), rules)
	logs, copied := map[uint64]*memory{}, map[uint64]func(rule.Rule, time.Time) ([]string, past.Answer){}
	dir := t.TempDir()
	told, kinds, windows := 0, map[string]int{}, 0
	tried := map[string]bool{}
	check := func(t testing.TB, seed uint64, r rule.Rule, from time.Time) {
		m := logs[seed]
		if m == nil {
			m = &memory{log: eventful(seed, 600)}
			m.index(t, 100)
			logs[seed] = m
			s, log := m.shelve(t, filepath.Join(dir, fmt.Sprint(seed)))
			copied[seed] = func(r rule.Rule, from time.Time) ([]string, past.Answer) { return askCopies(t, s, log, r, from) }
		}
		tried[r.Name] = true
		want, suppressed := replayed(t, m.log, r, from)
		got, a := ask(t, m, m, r, from)
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("%s %s from %s:\n%s", r.Name, r.Query, from, diff)
		}
		if diff := gocmp.Diff(suppressed, a.Suppressed); diff != "" {
			t.Fatalf("%s %s from %s: suppressed:\n%s", r.Name, r.Query, from, diff)
		}
		again, b := copied[seed](r, from)
		b.Candidates = a.Candidates // of a stretch that begins within a longer segment more earlier revisions are read
		if diff := gocmp.Diff(want, again); diff != "" || !gocmp.Equal(a, b) {
			t.Fatalf("%s %s from %s, by copies: %v, want %v\n%s", r.Name, r.Query, from, b, a, diff)
		}
		told += len(got)
		if len(got) > 0 {
			kinds[string(cmp.Or(r.When.Kind, rule.Kind(r.When.Each)))]++
		}
		if r.When.Windowed() {
			windows += len(got)
		}
	}
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, r := range special(t) {
		for _, hours := range []int{0, 31, 62} {
			check(t, 0, r, start.Add(time.Duration(hours)*time.Hour))
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		r := rapid.SampledFrom(rules).Draw(rt, "rule")
		hours := rapid.IntRange(-1, 71).Draw(rt, "hours")
		check(t, rapid.Uint64Range(0, 2).Draw(rt, "seed"), r, start.Add(time.Duration(hours)*time.Hour))
	})
	t.Logf("%d rules, %d revisions of alerts, %d of windows, kinds %v", len(tried), told, windows, kinds)
	if told < 100 || windows == 0 || len(kinds) < 3 { // the draws differ from run to run
		t.Errorf("%d revisions told, %d of windows, by kinds %v: the test asks too little", told, windows, kinds)
	}
}

func TestAPreviewReadsFewReports(t *testing.T) {
	m := &memory{log: eventful(1, 2000)}
	m.index(t, 250)
	r, err := rule.New("rare", "what:AID who:FRA whom:SYR")
	if err != nil {
		t.Fatal(err)
	}
	_, a := ask(t, m, m, r, time.Time{})
	corrections := 0
	for _, e := range m.log {
		if _, ok := e.(news.Correction); ok {
			corrections++
		}
	}
	if m.read != a.Candidates || a.Candidates > corrections+50 || a.Reports < 2000 {
		t.Errorf("%d entries read, %d of %d are candidates", m.read, a.Candidates, a.Reports)
	}
}

func TestAPreviewReadsThePartsOfTheIndexThatItNeeds(t *testing.T) {
	m := &memory{}
	for r := range (invent.Plan{Seed: 4, Reports: 3000, Days: 30}).All() {
		m.log = append(m.log, r)
	}
	m.index(t, 100)
	r, err := rule.New("rare", "what:AID who:FRA")
	if err != nil {
		t.Fatal(err)
	}
	_, a := ask(t, m, m, r, atOf(m.log[2949]))
	if a.Candidates == 0 || a.Reports != 51 {
		t.Errorf("%d candidates of %d reports, want some of 51", a.Candidates, a.Reports)
	}
	for n := range m.segments[:29] {
		if m.bytes[n] > 512 {
			t.Errorf("of segment %d, from before the stretch, %d bytes were read", n, m.bytes[n])
		}
	}
	if len(m.bytes) > 7 {
		t.Errorf("%d of 30 segments were opened", len(m.bytes))
	}
	if whole := int64(len(m.segments[29])); m.bytes[29] == 0 || m.bytes[29] > whole/2 {
		t.Errorf("of the segment of the stretch %d bytes were read, of %d", m.bytes[29], whole)
	}
}

func TestWhatTheLogHasLostIsCounted(t *testing.T) {
	m := &memory{log: eventful(1, 500)}
	m.index(t, 250)
	r, err := rule.New("all", "what:CONSULT")
	if err != nil {
		t.Fatal(err)
	}
	m.gone = 200
	if _, a := ask(t, m, m, r, time.Time{}); a.Lost == 0 || a.Lost >= a.Candidates {
		t.Errorf("lost %d of %d", a.Lost, a.Candidates)
	}
}

func TestASegmentIsWhatWasBuilt(t *testing.T) {
	m := &memory{log: eventful(2, 600)}
	m.index(t, past.Full)
	s, err := open(m.segments[0])
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Builder()
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again, m.segments[0]) || b.Len() != len(m.log) {
		t.Error("a segment that is taken up and built again is another one")
	}
}

// Candidates are those that the obvious search finds.
func TestCandidatesAreThoseThatHaveTheTraits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"a", "ab", "abc", "b", "ba", ":x", "=é"}
		var b past.Builder
		var has [][]string
		for i := range rapid.IntRange(0, 300).Draw(t, "entries") {
			of := rapid.SliceOfDistinct(rapid.SampledFrom(names), func(s string) string { return s }).Draw(t, "traits")
			b.Add(past.Entry{Seq: uint64(i + 1)}, of)
			has = append(has, of)
		}
		data, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		s, err := open(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range append(names, "none", "0", "zz") {
			var want []uint32
			for i, of := range has {
				if slices.Contains(of, n) {
					want = append(want, uint32(i))
				}
			}
			got, every, err := s.Candidates(match.Clue{Trait: n})
			if err != nil || every || !slices.Equal(got, want) {
				t.Fatalf("%s: %v, want %v (%v)", n, got, want, err)
			}
		}
	})
}

// A byte that is another one is found when it is read, wherever it is.
func TestDamageIsFound(t *testing.T) {
	m := &memory{log: eventful(2, 50)}
	m.index(t, past.Full)
	whole := m.segments[0]
	all := func(b []byte) error {
		s, err := past.Open(bytes.NewReader(b), past.Name(whole))
		if err == nil {
			_, err = s.Builder()
		}
		return err
	}
	if err := all(whole); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if n%97 != 0 && n > 300 && n < len(whole)-20 {
			continue
		}
		broken := slices.Clone(whole)
		broken[n] ^= 0x40
		if err := all(broken); !errors.Is(err, past.ErrDamaged) {
			t.Fatalf("byte %d: error %v", n, err)
		}
		if err := all(whole[:n]); !errors.Is(err, past.ErrDamaged) {
			t.Fatalf("cut at %d: error %v", n, err)
		}
	}
}

func ExampleSegment_Candidates() {
	var b past.Builder
	b.Add(past.Entry{Seq: 1}, []string{":tAID", "=gas"})
	b.Add(past.Entry{Seq: 2}, []string{":tASSAULT", "=gas"})
	data, err := b.Bytes()
	if err != nil {
		panic(err)
	}
	s, err := open(data)
	if err != nil {
		panic(err)
	}
	x, err := rule.Parse(`what:AID "gas"`)
	if err != nil {
		panic(err)
	}
	found, _, err := s.Candidates(match.ClueOf(x, gazetteer.Default()))
	fmt.Println(found, err)
	// Output: [0] <nil>
}
