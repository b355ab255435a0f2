package consumer_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

func wireMessage(subject, data string) wire.Message {
	return wire.Message{Subject: subject, Data: []byte(data)}
}

// live runs a consumer over the whole log, to its end.
func (h *house) live(cfg consumer.Config) *consumer.Consumer {
	h.t.Helper()
	c := h.consumer(cfg)
	stop := running(c)
	h.reads(c)
	if err := stop(); err != nil {
		h.t.Fatal(err)
	}
	return c
}

// An edited article revises the alert of the one before, so it matters that the machine remembers.
func editedBundle(t testing.TB, n int) []wire.Message {
	t.Helper()
	at := start.Add(time.Duration(n) * time.Minute)
	a := news.Article{
		URL: fmt.Sprintf("https://example.org/%d", n), Publisher: "example.org", Language: "en", Text: "Edited.", Seen: at,
		Published: news.Interval{Start: at, End: at.Add(time.Second), Grain: news.Instant},
	}.Identify("")
	out, err := wire.Bundle(news.Report{Article: a, At: at, Origin: news.Archive})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAStartGoesOnFromTheSnapshotThatTheLastEndLeft(t *testing.T) {
	build := manyBundles(30)
	more := func(h *house) { h.tell(editedBundle(h.t, 1)...); h.tell(bundle(h.t, 50, 2, news.Archive)...) }
	want := undisturbed(t, func(h *house) { build(h); more(h) })
	if !strings.Contains(strings.Join(want, " "), anAlert) {
		t.Fatal("nothing is told")
	}

	h := newHouse(t)
	build(h)
	h.live(consumer.Config{Vault: h})
	more(h)
	again := h.live(consumer.Config{Vault: h})
	if n := again.Counts().Restored; n != 0 {
		t.Errorf("%d entries were stepped again", n)
	}
	if diff := cmp.Diff(want, h.outputs()); diff != "" {
		t.Error(diff)
	}
	if a := h.audited(0); a.Snapshots != 2 {
		t.Errorf("%d snapshots are kept", a.Snapshots)
	}
}

// damaged is a vault in which the newest snapshots cannot be used.
type damaged struct {
	*house
	bodies []string // of the newest ones, in place of what is kept; "": corrupt by its hash
}

func (d *damaged) SnapshotBody(ctx context.Context, s stream.Snapshot) ([]byte, error) {
	kept, err := d.Snapshots(ctx, s.Machine)
	if err != nil {
		return nil, err
	}
	for i, body := range d.bodies {
		if i < len(kept) && kept[i].Sequence == s.Sequence {
			if body == "" {
				return nil, fmt.Errorf("object: %w", stream.ErrCorrupt)
			}
			return []byte(body), nil
		}
	}
	return d.house.SnapshotBody(ctx, s)
}

func TestADamagedSnapshotIsSaidSoOfAndAnOlderOneOrTheLogServes(t *testing.T) {
	builds := []func(*house){manyBundles(10), func(h *house) { h.tell(bundle(h.t, 60, 3, news.Archive)...) }, func(h *house) { h.tell(bundle(h.t, 61, 3, news.Archive)...) }}
	last := func(h *house) { h.tell(editedBundle(h.t, 3)...) }
	want := undisturbed(t, func(h *house) {
		for _, build := range append(builds, last) {
			build(h)
		}
	})
	for name, c := range map[string]struct {
		bodies   []string
		restored int // entries stepped again
		harmed   float64
	}{
		"nothing":                    {nil, 0, 0},
		"the newest is corrupt":      {[]string{""}, 1, 1},
		"the newest is no snapshot":  {[]string{"a letter to the editor"}, 1, 1},
		"the two newest are corrupt": {[]string{"", "quidnunc-state\nnot packed"}, 2, 2},
		"all are corrupt":            {[]string{"", "", ""}, 13, 3},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			for _, build := range builds {
				build(h)
				h.live(consumer.Config{Vault: h})
			}
			last(h)
			registry := prometheus.NewRegistry()
			again := h.live(consumer.Config{Vault: &damaged{h, c.bodies}, Registerer: registry})
			if n := again.Counts().Restored; n != c.restored {
				t.Errorf("%d entries were stepped again, want %d", n, c.restored)
			}
			want := map[string]float64{"damaged": c.harmed, "failed": 0, "restored": 1, "saved": 1}
			if int(c.harmed) == len(builds) {
				want["restored"] = 0
			}
			if diff := cmp.Diff(want, outcomes(t, registry)); diff != "" {
				t.Error(diff)
			}
		})
	}
	h := newHouse(t)
	for _, build := range builds {
		build(h)
		h.live(consumer.Config{Vault: h})
	}
	last(h)
	h.live(consumer.Config{Vault: &damaged{h, []string{"", ""}}})
	if diff := cmp.Diff(want, h.outputs()); diff != "" {
		t.Error(diff)
	}
	a, err := consumer.Verify(t.Context(), &damaged{h, []string{""}}, 0)
	if err != nil || a.DamagedSnapshots != 1 || len(a.Problems) != 1 || !strings.Contains(a.Problems[0], "snapshot at") {
		t.Errorf("the audit finds %+v (%v)", a, err)
	}
}

// outcomes are the values of quidnunc_snapshots_total.
func outcomes(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		if f.GetName() == "quidnunc_snapshots_total" {
			for _, m := range f.GetMetric() {
				out[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	return out
}

// A snapshot that lies beyond the checkpoint, as one does when the commits behind it were lost, would leave out what the
// machine said in between.
func TestASnapshotBeyondTheCheckpointIsPassedOver(t *testing.T) {
	h := newHouse(t)
	manyBundles(5)(h)
	h.live(consumer.Config{Vault: h})
	other := newHouse(t)
	manyBundles(5)(other)
	other.live(consumer.Config{})
	kept, err := h.Snapshots(t.Context(), "0-of-1")
	if err != nil || len(kept) != 1 {
		t.Fatal(kept, err)
	}
	body, err := h.SnapshotBody(t.Context(), kept[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := other.PutSnapshot(t.Context(), "0-of-1", 10_000, body); err != nil {
		t.Fatal(err)
	}
	other.tell(bundle(t, 70, 1, news.Archive)...)
	if n := other.live(consumer.Config{Vault: other}).Counts().Restored; n != 6 {
		t.Errorf("%d entries were stepped again, want all 6", n)
	}
}

func TestSnapshotsAreTakenWhileTheMachineRuns(t *testing.T) {
	h := newHouse(t)
	h.tellRules("1")
	c := h.consumer(consumer.Config{Vault: h, SaveEvery: time.Millisecond, Gather: time.Millisecond})
	stop := running(c)
	deadline := time.Now().Add(20 * time.Second)
	for n := 0; ; n++ {
		h.tell(bundle(t, n, 1, news.Archive)...)
		h.reads(c)
		kept, err := h.Snapshots(t.Context(), "0-of-1")
		if err != nil {
			t.Fatal(err)
		}
		if len(kept) >= 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %d articles %d snapshots are kept", n, len(kept))
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	h.audited(0)
}

func TestTheRulesAreDividedAmongShardsAndTheirNumberStays(t *testing.T) {
	const shards = 3
	h := newHouse(t)
	var all []rule.Rule
	for n := range 12 {
		r, err := rule.New(fmt.Sprintf("rule-%d", n), "what:SANCTION who:RUS")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	h.rules["1"] = all
	h.tellRules("1")
	for n := range 5 {
		h.tell(bundle(t, n, 1, news.Archive)...)
	}
	for i := range shards {
		h.live(consumer.Config{Shard: i, Shards: shards, Vault: h})
	}
	events, alerts := 0, map[string]int{}
	for _, subject := range h.outputs() {
		if wire.Kind(subject) == wire.EventKind {
			events++
		} else {
			alerts[subject]++
		}
	}
	if events != 5 || len(alerts) != len(all) {
		t.Errorf("%d events, alerts of %d rules: %v", events, len(alerts), alerts)
	}
	for subject, n := range alerts {
		if n != 5 {
			t.Errorf("%s is told %d times", subject, n)
		}
	}
	held := map[int]int{}
	for _, r := range all {
		held[consumer.ShardOf(r.Name, shards)]++
	}
	if len(held) != shards {
		t.Errorf("rules by shard: %v", held)
	}
	for i := range shards {
		h.audited(i)
	}
	err := h.consumer(consumer.Config{Shard: 1, Shards: 2}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "shard 1 was one of 3, not of 2") {
		t.Errorf("another number of shards: %v", err)
	}
}

func TestOneShardMoreTakesOnlyWhatBecomesItsOwn(t *testing.T) {
	moved := 0
	for n := range 1000 {
		name := fmt.Sprintf("rule-%d", n)
		before, after := consumer.ShardOf(name, 4), consumer.ShardOf(name, 5)
		if before == after {
			continue
		}
		moved++
		if after != 4 {
			t.Fatalf("%s goes from shard %d to %d", name, before, after)
		}
	}
	if moved < 150 || moved > 250 {
		t.Errorf("%d of 1000 rules move, want about 200", moved)
	}
}
