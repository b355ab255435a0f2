package consumer_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/telemetry"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// values are the samples of a registry that are not zero, by name and label values.
func values(t *testing.T, reg *prometheus.Registry, names ...string) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		if !slices.Contains(names, f.GetName()) {
			continue
		}
		for _, m := range f.GetMetric() {
			key := []string{f.GetName()}
			for _, l := range m.GetLabel() {
				key = append(key, l.GetValue())
			}
			if v := m.GetCounter().GetValue() + m.GetGauge().GetValue(); v != 0 {
				out[strings.Join(key, " ")] = v
			}
		}
	}
	return out
}

func TestMetricsTellTheNews(t *testing.T) {
	h := newHouse(t)
	h.tellRules("1")
	h.tell(bundle(t, 1, 2, news.Archive)...)
	h.tell(bundle(t, 2, 1, news.Archive)...)
	reg := prometheus.NewRegistry()
	c := h.consumer(consumer.Config{Registerer: reg})
	stop := running(c)
	h.reads(c)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{
		"quidnunc_consumer_who_whom_total RUS none":  3,
		"quidnunc_consumer_stories_total begins":     2,
		"quidnunc_alerts_by_owner_total none medium": 3,
		"quidnunc_consumer_entries_total":            3,
		"quidnunc_reports_total applied":             1,
		"quidnunc_reports_total stepped":             2,
	}
	got := values(t, reg, "quidnunc_consumer_who_whom_total", "quidnunc_consumer_stories_total", "quidnunc_alerts_by_owner_total", "quidnunc_consumer_entries_total",
		"quidnunc_reports_total", "quidnunc_consumer_passed_total", "quidnunc_consumer_waiting_entries", "quidnunc_consumer_unaccounted_entries")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Two machines step one log; the one that leads dies. What each took is what it committed, passed and keeps.
func TestEveryEntryIsAccountedForAlsoWhenAnotherMachineTakesOver(t *testing.T) {
	const articles = 60
	h := newHouse(t)
	first, second := prometheus.NewRegistry(), prometheus.NewRegistry()
	cfg := consumer.Config{MaxBatch: 7, Gather: time.Millisecond, Watch: 10 * time.Millisecond, Registerer: first}
	cfg.Turn = newTurns()
	cfg.Turn.(*turns).give()
	dying, err := consumer.New(&failing{h, 4}, h, h, gazetteer.Default(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	waiting := newTurns()
	cfg.Turn, cfg.Registerer = waiting, second
	standby := h.beside().consumer(cfg)
	stop := running(standby)
	manyBundles(articles)(h)
	if err := dying.Run(t.Context()); !errors.Is(err, errDied) {
		t.Fatal(err)
	}
	h.follows(standby)
	waiting.give()
	h.reads(standby)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	committed := 0.0
	for name, reg := range map[string]*prometheus.Registry{"the one that died": first, "the standby": second} {
		taken := values(t, reg, "quidnunc_consumer_entries_total")["quidnunc_consumer_entries_total"]
		fates := sum(values(t, reg, "quidnunc_reports_total"))
		rest := sum(values(t, reg, "quidnunc_consumer_passed_total", "quidnunc_consumer_waiting_entries"))
		if taken == 0 || taken != fates+rest {
			t.Errorf("%s took %v entries, of which %v have a fate and %v are passed or wait", name, taken, fates, rest)
		}
		if off := values(t, reg, "quidnunc_consumer_unaccounted_entries"); len(off) > 0 {
			t.Errorf("%s: %v", name, off)
		}
		committed += fates
	}
	if committed != articles+1 {
		t.Errorf("%v entries have a fate, of %d in the log", committed, articles+1)
	}
}

func sum(of map[string]float64) (total float64) {
	for v := range maps.Values(of) {
		total += v
	}
	return total
}

// A coder that makes codes up fills no memory: the pairs of who and whom are bounded.
func TestPairsOfWhoAndWhomAreBounded(t *testing.T) {
	h := newHouse(t)
	h.tellRules("1")
	for n := range 30 {
		var events []news.Event
		for i := range 40 {
			events = append(events, news.Event{
				Who: []news.Actor{{Country: fmt.Sprintf("W%d", n)}}, Whom: []news.Actor{{Country: fmt.Sprintf("M%d", i)}},
				What: news.NewAction(plover.Sanction, "withdraw", "161"), Realis: news.Actual, Cites: []news.Citation{{Sentence: 1}},
			})
		}
		a := news.Article{Title: fmt.Sprintf("Article %d", n), Text: fmt.Sprintf("Words number %d.", n), Seen: start}.Identify("")
		m, err := wire.Bundle(news.Report{Article: a, Events: news.Identify(a.ID, events), At: start, Origin: news.Archive})
		if err != nil {
			t.Fatal(err)
		}
		h.tell(m...)
	}
	reg := prometheus.NewRegistry()
	c := h.consumer(consumer.Config{Registerer: reg})
	stop := running(c)
	h.reads(c)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	got := values(t, reg, "quidnunc_consumer_who_whom_total")
	over := "quidnunc_consumer_who_whom_total " + telemetry.Overflow + " " + telemetry.Overflow
	if len(got) != 1001 || got[over] != 200 || sum(got) != 1200 {
		t.Errorf("%d series, %v of 1200 events counted, %v of them beyond the bound", len(got), sum(got), got[over])
	}
}
