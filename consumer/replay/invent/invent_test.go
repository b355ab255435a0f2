package invent_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/replay/invent"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

func sum(t *testing.T, p invent.Plan) string {
	t.Helper()
	h := sha256.New()
	for r := range p.All() {
		data, err := wire.EncodeReport(r)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(data)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestTheSameSeedGivesTheSameArchive(t *testing.T) {
	const want = "db21bd3fa4cb88a873bf0e2d610eaea838f8a2331b42284ec707c5d077ab4c0c"
	plan := invent.Plan{Seed: 7, Reports: 3000, Days: 2}
	if got := sum(t, plan); got != want {
		t.Errorf("seed 7 has the hash %s, want %s: who compares figures must know that the archive is another one", got, want)
	}
	plan.Seed++
	if sum(t, plan) == want {
		t.Error("another seed gives the same archive")
	}
}

// A day of 30,000 reports has the shares that the package promises.
func TestAnArchiveHasTheSharesItPromises(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED in short mode: tens of thousands of reports, in one goroutine")
	}
	const n = 30_000
	var (
		state      machine.State
		last       time.Time
		copies     int
		early      int
		publishers = map[string]int{}
		stories    = map[news.ID]int{}
		langs      = map[string]int{}
	)
	total := 0
	for r := range (invent.Plan{Seed: 1, Reports: n, Days: 1}).All() {
		total++
		result := state.Step(machine.Input{Seq: uint64(total), Entry: r})
		if r.At.Before(last) {
			t.Fatalf("report %d comes at %s, after %s", total, r.At, last)
		}
		last = r.At
		if result.Fate != machine.Stepped {
			t.Fatalf("report %d is %s", total, result.Fate)
		}
		if result.Story.CopyOf != "" {
			copies++
		}
		if r.At.Sub(r.At.Truncate(15*time.Minute)) < time.Minute {
			early++
		}
		publishers[r.Article.Publisher]++
		stories[result.Story.ID]++
		langs[r.Article.Language]++
	}
	most := slices.Sorted(maps.Values(publishers))
	hottest := slices.Sorted(maps.Values(stories))
	for what, c := range map[string]struct{ got, low, high float64 }{
		"reports":                           {float64(total), n, n},
		"copies, as the machine tells them": {float64(copies) / n, invent.Copies - 0.01, invent.Copies + 0.01},
		"in the first minute of a quarter":  {float64(early) / n, 0.49, 0.52},
		"of the publisher that tells most":  {float64(most[len(most)-1]) / n, 0.09, 0.13},
		"in French":                         {float64(langs["fr"]) / n, 0.35, 0.45},
		"of the ten hottest stories":        {share(hottest, 10) / n, 0.10, 0.40},
	} {
		if c.got < c.low || c.got > c.high {
			t.Errorf("%s: %.3f, want %.3f to %.3f", what, c.got, c.low, c.high)
		}
	}
}

func share(sorted []int, n int) float64 {
	s := 0
	for _, x := range sorted[len(sorted)-n:] {
		s += x
	}
	return float64(s)
}

// What the events point to is what they say.
func TestEventsPointToTheirWords(t *testing.T) {
	for r := range (invent.Plan{Seed: 3, Reports: 2000, Days: 1}).All() {
		for _, e := range r.Events {
			c := e.Cites[0]
			words := func(s news.Span) string { return r.Article.Text[s.Start:s.End] }
			want := []string{e.What.Trigger, e.Who[0].Text, e.Whom[0].Text, c.Quote}
			if diff := cmp.Diff(want, []string{words(e.What.Span), words(e.Who[0].Span), words(e.Whom[0].Span), words(c.Span)}); diff != "" {
				t.Fatalf("%s\n%s", r.Article.Text, diff)
			}
			if !e.What.Type.Known() || !slices.Contains(append(e.What.Type.Modes(), ""), e.What.Mode) {
				t.Fatalf("%s %s is no deed of PLOVER", e.What.Type, e.What.Mode)
			}
		}
	}
}

// A thousand rules find something in a day, and more than one of the kinds does.
func TestRulesMeetReports(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED in short mode: tens of thousands of reports, in one goroutine")
	}
	rules, err := invent.Rules(1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	set, err := machine.Compile("1", rules, gazetteer.Default())
	if err != nil {
		t.Fatal(err)
	}
	var state machine.State
	state.Step(machine.Input{Seq: 1, Entry: news.Rules{Hash: "1"}, Rules: set})
	seq, alerts, kinds := uint64(1), 0, map[string]bool{}
	for r := range (invent.Plan{Seed: 1, Reports: 6000, Days: 2}).All() {
		seq++
		for _, o := range state.Step(machine.Input{Seq: seq, Entry: r}).Outputs {
			if o.Alert == nil {
				continue
			}
			alerts++
			kind := "each"
			if o.Alert.Window != nil {
				kind = o.Alert.Window.Kind
			}
			kinds[kind] = true
		}
	}
	if alerts < 400 || alerts > 40_000 {
		t.Errorf("%d alerts of 6,000 reports: want some, and not ten a report", alerts)
	}
	for _, kind := range []string{"each", "count", "spike", "first", "absence", "sequence"} {
		if !kinds[kind] {
			t.Errorf("no rule of kind %s has told anything", kind)
		}
	}
}

func BenchmarkAll(b *testing.B) {
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for range (invent.Plan{Reports: 10_000, Days: 1}).All() {
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "reports/s")
}
