package poll

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/producer/feed"
	"github.com/quidnunc-news/quidnunc/producer/fetch"
)

type metrics struct {
	polls    *prometheus.CounterVec
	refused  *prometheus.CounterVec
	items    *prometheus.CounterVec
	pages    *prometheus.CounterVec
	warnings *prometheus.CounterVec
	seconds  prometheus.Histogram
	bytes    prometheus.Counter
}

// The outcomes of a poll.
const (
	outcomeNew       = "changed"
	outcomeSame      = "unchanged"
	outcomeRefused   = "refused"
	outcomeStatus    = "bad_status"
	outcomeThrottled = "throttled"
	outcomeNoFeed    = "no_feed"
	outcomeGone      = "gone"
)

// The outcomes of a page beside refused, bad_status and throttled.
const (
	outcomeRead   = "read"
	outcomeNoMore = "no_more" // than the feed tells
)

// What becomes of an item.
const (
	itemNew       = "new"
	itemBaseline  = "baseline"
	itemEdited    = "edited"
	itemKnown     = "known"
	itemWithdrawn = "withdrawn"
)

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quidnunc_poll_polls_total", Help: "Polls of feeds, by outcome.",
		}, []string{"outcome"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quidnunc_poll_refused_total", Help: "Documents not got, by reason.",
		}, []string{"reason"}),
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quidnunc_poll_items_total", Help: "Items of feeds that changed, by what became of them.",
		}, []string{"fate"}),
		pages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quidnunc_poll_pages_total", Help: "Pages of articles that their feeds only sum up, by outcome.",
		}, []string{"outcome"}),
		warnings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quidnunc_poll_warnings_total", Help: "Feeds that were mended or partly read, by warning.",
		}, []string{"warning"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "quidnunc_poll_fetch_seconds", Help: "Time to get one feed.",
			Buckets:                        prometheus.ExponentialBuckets(0.01, 3, 9),
			NativeHistogramBucketFactor:    1.1,
			NativeHistogramMaxBucketNumber: 100,
		}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "quidnunc_poll_received_bytes_total", Help: "Bytes of feeds as they were sent.",
		}),
	}
	for _, o := range []string{outcomeNew, outcomeSame, outcomeRefused, outcomeStatus, outcomeThrottled, outcomeNoFeed, outcomeGone} {
		m.polls.WithLabelValues(o)
	}
	for _, r := range fetch.Reasons() {
		m.refused.WithLabelValues(string(r))
	}
	for _, o := range []string{outcomeRead, outcomeNoMore, outcomeRefused, outcomeStatus, outcomeThrottled} {
		m.pages.WithLabelValues(o)
	}
	for _, f := range []string{itemNew, itemBaseline, itemEdited, itemKnown, itemWithdrawn} {
		m.items.WithLabelValues(f)
	}
	for _, n := range feed.Names() {
		m.warnings.WithLabelValues(string(n))
	}
	if reg == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.polls, m.refused, m.items, m.pages, m.warnings, m.seconds, m.bytes} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

func (m *metrics) fetched(took time.Duration, sent int64) {
	m.seconds.Observe(took.Seconds())
	m.bytes.Add(float64(sent))
}
