package poll

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// fares is how the feeds fare, for the metrics: counts by condition, never by address.
type fares struct {
	now func() time.Time

	mu sync.Mutex
	of map[string]fare // by the feed's address
}

// fare is how one feed fares.
type fare struct {
	known    bool // its state was read: it was polled before, in this life or an earlier one
	gone     bool
	failures int
	since    time.Time // when it was first looked at in this life
	changed  time.Time // when it last had something new; zero: never
	rhythm   time.Duration
}

// The conditions of a feed.
const (
	fareWaiting = "waiting" // for its first poll
	fareWorking = "working"
	fareFailing = "failing"
	fareSilent  = "silent"
	fareGone    = "gone"
)

// A feed that works is silent when it has had nothing new for ten times its rhythm, and for a day at least.
const (
	silentRhythms = 10
	silentAtLeast = 24 * time.Hour
)

func (f fare) condition(now time.Time) string {
	quiet := max(silentRhythms*f.rhythm, silentAtLeast)
	switch {
	case f.gone:
		return fareGone
	case f.failures > 0:
		return fareFailing
	case !f.known:
		return fareWaiting
	case now.Sub(f.changed) > quiet && now.Sub(f.since) > quiet:
		return fareSilent
	}
	return fareWorking
}

// note takes down how a feed fares by its state.
func (x *fares) note(url string, s State) {
	x.mu.Lock()
	defer x.mu.Unlock()
	f := fare{known: !s.Polled.IsZero(), gone: s.Gone, failures: s.Failures, since: x.of[url].since, changed: s.Changed, rhythm: s.Rhythm}
	if f.since.IsZero() {
		f.since = x.now()
	}
	x.of[url] = f
}

var (
	faresDesc  = prometheus.NewDesc("quidnunc_poll_feeds", "Feeds by condition: waiting for their first poll, working, failing, silent (nothing new for ten times their rhythm, a day at least), gone.", []string{"condition"}, nil)
	newestDesc = prometheus.NewDesc("quidnunc_poll_newest_item_timestamp_seconds", "When any feed last had something new; 0: never.", nil, nil)
)

// Describe implements prometheus.Collector.
func (x *fares) Describe(ch chan<- *prometheus.Desc) { ch <- faresDesc; ch <- newestDesc }

// Collect implements prometheus.Collector.
func (x *fares) Collect(ch chan<- prometheus.Metric) {
	counts, newest := x.counts()
	for condition, n := range counts {
		ch <- prometheus.MustNewConstMetric(faresDesc, prometheus.GaugeValue, float64(n), condition)
	}
	ch <- prometheus.MustNewConstMetric(newestDesc, prometheus.GaugeValue, newest)
}

// counts are the feeds by condition, and the Unix time of the newest item.
func (x *fares) counts() (map[string]int, float64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	now, newest := x.now(), time.Time{}
	out := map[string]int{fareWaiting: 0, fareWorking: 0, fareFailing: 0, fareSilent: 0, fareGone: 0}
	for _, f := range x.of {
		out[f.condition(now)]++
		if f.changed.After(newest) {
			newest = f.changed
		}
	}
	if newest.IsZero() {
		return out, 0
	}
	return out, float64(newest.Unix())
}
