package poll_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/producer/poll"
)

// fares are the feeds by condition, where there are any, and when the newest item came.
func fares(t *testing.T, reg *prometheus.Registry) (conditions map[string]float64, newest float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	conditions = map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			switch v := m.GetGauge().GetValue(); {
			case f.GetName() == "quidnunc_poll_feeds" && v != 0:
				conditions[m.GetLabel()[0].GetValue()] = v
			case f.GetName() == "quidnunc_poll_newest_item_timestamp_seconds":
				newest = v
			}
		}
	}
	return conditions, newest
}

func TestHowFeedsFareIsTold(t *testing.T) {
	good := publish(t, answer{body: rss(one)}, answer{body: rss(one)})
	bad := publish(t, answer{status: 500})
	gone := publish(t, answer{status: 410})
	r := newReader(t)
	begin := func(urls ...string) *prometheus.Registry {
		reg := prometheus.NewRegistry()
		r.cfg.Registerer = reg
		p, err := poll.New(r.cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range urls {
			p.Feed(poll.Feed{URL: u})
		}
		return reg
	}
	if got, newest := fares(t, begin(good.URL, bad.URL)); newest != 0 || !cmp.Equal(got, map[string]float64{"waiting": 2}) {
		t.Errorf("before the first poll: %v, newest %v", got, newest)
	}
	follow := func(url string, later time.Duration) (map[string]float64, float64) {
		r.cfg.Registerer = prometheus.NewRegistry()
		r.poll(poll.Feed{URL: url})
		r.now = r.now.Add(later)
		return fares(t, r.cfg.Registerer.(*prometheus.Registry))
	}
	began := r.now
	for _, c := range []struct {
		name, url string
		later     time.Duration
		want      string
		newest    time.Time
	}{
		{"a feed with something new works", good.URL, 0, "working", began},
		{"one that had nothing new for a day is not silent yet", good.URL, 23 * time.Hour, "working", began},
		{"one that had nothing new for longer is", good.URL, 25 * time.Hour, "silent", began},
		{"one that cannot be read fails", bad.URL, 0, "failing", time.Time{}},
		{"one that is gone is gone", gone.URL, 0, "gone", time.Time{}},
	} {
		got, newest := follow(c.url, c.later)
		wanted := 0.0
		if !c.newest.IsZero() {
			wanted = float64(c.newest.Unix())
		}
		if diff := cmp.Diff(map[string]float64{c.want: 1}, got); diff != "" || newest != wanted {
			t.Errorf("%s: newest %v, want %v; %s", c.name, newest, wanted, diff)
		}
	}
}
