package producer

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

type metrics struct {
	articles  *prometheus.CounterVec
	events    *prometheus.CounterVec
	badInput  *prometheus.CounterVec
	stages    *prometheus.HistogramVec
	cutEvents prometheus.Counter
	retries   prometheus.Counter
}

// newMetrics makes the metrics and shows each label value from the start, so that a rate over one that never happened
// is zero and not nothing.
func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		articles: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quidnunc_producer_articles_total",
			Help: "Articles by outcome: read = coded + failed in coding; coded = stored + duplicate + refused.",
		}, []string{"outcome"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quidnunc_producer_events_total", Help: "Events coded, by PLOVER type.",
		}, []string{"what"}),
		badInput: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quidnunc_producer_bad_input_total", Help: "Documents buried or mended, by reason.",
		}, []string{"reason"}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "quidnunc_producer_stage_seconds", Help: "Time per stage: read and code one article, publish one batch.",
			Buckets:                        prometheus.ExponentialBuckets(1e-5, 4, 12),
			NativeHistogramBucketFactor:    1.1,
			NativeHistogramMaxBucketNumber: 100,
		}, []string{"stage"}),
		cutEvents: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "quidnunc_producer_cut_events_total", Help: "Events beyond the limit of one report.",
		}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "quidnunc_producer_retries_total", Help: "Failed attempts to publish or bury.",
		}),
	}
	for _, outcome := range []string{"read", "coded", "failed", "stored", "duplicate"} {
		m.articles.WithLabelValues(outcome)
	}
	for _, t := range plover.Types() {
		m.events.WithLabelValues(string(t))
	}
	for _, r := range reasons {
		m.badInput.WithLabelValues(string(r))
	}
	return m, m.register(reg)
}

func (m *metrics) register(reg prometheus.Registerer) error {
	if reg == nil {
		return nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.articles, m.events, m.badInput, m.stages, m.cutEvents, m.retries} {
		errs = append(errs, reg.Register(c))
	}
	return errors.Join(errs...)
}

func (m *metrics) stage(name string, d time.Duration) {
	m.stages.WithLabelValues(name).Observe(d.Seconds())
}
