package replay

import "github.com/prometheus/client_golang/prometheus"

// states are what a replay may be doing: see Progress.
var states = []string{"running", "paused", "yielding", "done"}

var (
	stateDesc   = replayDesc("state", "1 for what the replay is doing: running, paused, yielding to a live machine, done.", "state")
	shareDesc   = replayDesc("read_ratio", "How much of its input was read, 0 to 1. Not there where that is not known.")
	atDesc      = replayDesc("at_timestamp_seconds", "The time of the log that the replay is at. Not there before its first entry.")
	paceDesc    = replayDesc("speed_ratio", "How many times as fast as the wall's the log's time may pass; 0: as fast as can be.")
	entriesDesc = replayDesc("entries_total", "Entries of the log read.")
	reportsDesc = replayDesc("reports_total", "Reports told to the machine, in former runs of this replay too.")
	eventsDesc  = replayDesc("events_total", "Events found.")
	alertsDesc  = replayDesc("alerts_total", "New alerts found. No receiver hears of them.")
	deadDesc    = replayDesc("dead_total", "Entries that could not be read.")
)

func replayDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("quidnunc_replay_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (c *Control) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{stateDesc, shareDesc, atDesc, paceDesc, entriesDesc, reportsDesc, eventsDesc, alertsDesc, deadDesc} {
		ch <- d
	}
}

// Collect tells how far the replay is.
func (c *Control) Collect(ch chan<- prometheus.Metric) {
	p := c.Progress()
	send := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	for _, s := range states {
		now := 0.0
		if s == p.State {
			now = 1
		}
		send(stateDesc, prometheus.GaugeValue, now, s)
	}
	if p.Share >= 0 {
		send(shareDesc, prometheus.GaugeValue, p.Share)
	}
	if !p.At.IsZero() {
		send(atDesc, prometheus.GaugeValue, float64(p.At.Unix()))
	}
	send(paceDesc, prometheus.GaugeValue, p.Speed)
	send(entriesDesc, prometheus.CounterValue, float64(p.Entries))
	send(reportsDesc, prometheus.CounterValue, float64(p.Reports))
	send(eventsDesc, prometheus.CounterValue, float64(p.Events))
	send(alertsDesc, prometheus.CounterValue, float64(p.Alerts))
	send(deadDesc, prometheus.CounterValue, float64(p.Dead))
}
