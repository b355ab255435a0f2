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
			Help: "What came of attempts: delivered, retrying, dead; or duplicate, when it had been delivered before.",
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

func (m *metrics) outcome(receiver, outcome string) {
	m.deliveries.WithLabelValues(m.names.Label(receiver), outcome).Inc()
}

func (m *metrics) delivered(receiver string, a news.Alert, now time.Time) {
	m.outcome(receiver, string(Delivered))
	if a.Origin == news.Live && !a.Article.Seen.IsZero() {
		m.latency.Observe(max(0, now.Sub(a.Article.Seen).Seconds()))
	}
}
