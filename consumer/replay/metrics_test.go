package replay_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/consumer/replay"
)

func TestAReplaysProgressIsAMetric(t *testing.T) {
	var c replay.Control
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(&c)
	if err := c.Pace(60); err != nil {
		t.Fatal(err)
	}
	c.Pause()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			got[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	want := map[string]float64{ // neither its share nor its time is known before it begins
		"quidnunc_replay_state running": 0, "quidnunc_replay_state paused": 1, "quidnunc_replay_state yielding": 0, "quidnunc_replay_state done": 0,
		"quidnunc_replay_speed_ratio": 60, "quidnunc_replay_entries_total": 0, "quidnunc_replay_reports_total": 0, "quidnunc_replay_events_total": 0,
		"quidnunc_replay_alerts_total": 0, "quidnunc_replay_dead_total": 0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
