package courier

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/telemetry"
)

type metrics struct {
	names      *telemetry.Cap // of receivers
	queued     *prometheus.CounterVec
	deliveries *prometheus.CounterVec
	attempts   *prometheus.CounterVec
	seconds    *prometheus.HistogramVec
	misrouted  prometheus.Counter
	latency    prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		names: telemetry.NewCap(100),
		queued: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quidnunc_courier_queued_total", Help: "Deliveries queued.",
		}, []string{"receiver"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quidnunc_courier_deliveries_total",
			Help: "What came of deliveries: delivered, retrying, dead, suppressed; or duplicate, when it had been delivered before.",
		}, []string{"receiver", "outcome"}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quidnunc_courier_attempts_total", Help: "Attempts to deliver.",
		}, []string{"receiver"}),
		seconds: prometheus.NewHistogramVec(
			telemetry.Duration("quidnunc_courier_attempt_seconds", "How long an attempt to deliver took."), []string{"receiver"}),
		misrouted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "quidnunc_courier_unknown_receivers_total", Help: "Alerts that name a receiver nobody knows; they went to the default.",
		}),
		latency: prometheus.NewHistogram(
			telemetry.Latency("quidnunc_courier_seen_delivered_seconds", "From seeing an article to delivering its alert; live sources only.")),
	}
	if reg != nil {
		reg.MustRegister(m.queued, m.deliveries, m.attempts, m.seconds, m.misrouted, m.latency)
	}
	return m
}

var servedDesc = prometheus.NewDesc("quidnunc_courier_receiver_up",
	"1 while the receiver is served; 0 while it is left alone after failures in a row, or since it said that it is gone for good.", []string{"receiver"}, nil)

// Describe implements prometheus.Collector.
func (c *Courier) Describe(ch chan<- *prometheus.Desc) { ch <- servedDesc }

// Collect tells which receivers are served.
func (c *Courier) Collect(ch chan<- prometheus.Metric) {
	known, _ := c.inForce()
	told := map[string]float64{}
	for name, w := range known {
		up, l := 1.0, c.metrics.names.Label(name)
		if !w.served() {
			up = 0
		}
		if before, ok := told[l]; !ok || up < before { // of those that share the overflow, the worst
			told[l] = up
		}
	}
	for l, up := range told {
		ch <- prometheus.MustNewConstMetric(servedDesc, prometheus.GaugeValue, up, l)
	}
}

// know shows a receiver's counters from the start, so that a rate over what never happened is zero and not nothing.
func (m *metrics) know(receiver string) {
	l := m.names.Label(receiver)
	m.queued.WithLabelValues(l)
	m.attempts.WithLabelValues(l)
	for _, outcome := range []string{string(Delivered), string(Retrying), string(Dead), string(Suppressed), duplicate} {
		m.deliveries.WithLabelValues(l, outcome)
	}
}

// duplicate is the outcome of a delivery that had been delivered before.
const duplicate = "duplicate"

func (m *metrics) outcome(receiver, outcome string) {
	m.deliveries.WithLabelValues(m.names.Label(receiver), outcome).Inc()
}

func (m *metrics) delivered(receiver string, a news.Alert, now time.Time) {
	m.outcome(receiver, string(Delivered))
	if a.Origin == news.Live && !a.Article.Seen.IsZero() {
		m.latency.Observe(max(0, now.Sub(a.Article.Seen).Seconds()))
	}
}
