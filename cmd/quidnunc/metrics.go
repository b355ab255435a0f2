package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// newDeadLetters tells how many dead letters lie in the log's DEAD stream, whichever process buried them.
func newDeadLetters(hub *stream.Hub) prometheus.Collector {
	return &deadLetters{hub: hub, desc: prometheus.NewDesc(
		"quidnunc_dead_letters", "Messages that nobody could handle and that lie in DEAD. Not there when the server does not answer.", nil, nil)}
}

type deadLetters struct {
	hub  *stream.Hub
	desc *prometheus.Desc
}

// patience is how long a scrape waits for the server.
const patience = 3 * time.Second

func (d *deadLetters) Describe(ch chan<- *prometheus.Desc) { ch <- d.desc }

func (d *deadLetters) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	n, err := d.hub.Count(ctx, stream.Dead)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(d.desc, err)
		return
	}
	ch <- prometheus.MustNewConstMetric(d.desc, prometheus.GaugeValue, float64(n))
}

// reloads tells how reading the rule files again went.
type reloads struct {
	failures prometheus.Counter
	good     prometheus.Gauge
}

func newReloads(reg prometheus.Registerer) reloads {
	r := reloads{
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "quidnunc_rules_reload_failures_total", Help: "Changed rule files that could not be read; the last good version stayed in force.",
		}),
		good: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "quidnunc_rules_last_reload_successful", Help: "1 while the rule files are as they are in force, 0 since a change of them could not be read.",
		}),
	}
	r.good.Set(1)
	reg.MustRegister(r.failures, r.good)
	return r
}

func (r reloads) failed() {
	r.failures.Inc()
	r.good.Set(0)
}

func (r reloads) succeeded() { r.good.Set(1) }

// newDisk tells how much room the embedded server's disk has.
func newDisk(free func() (uint64, error)) prometheus.Collector {
	return &disk{
		free, prometheus.NewDesc("quidnunc_disk_free_bytes", "Free on the volume of the data directory. Only where the server is embedded.", nil, nil),
		prometheus.NewDesc("quidnunc_disk_watermark_bytes", "Free bytes below which this process is not ready.", nil, nil),
	}
}

type disk struct {
	free            func() (uint64, error)
	left, watermark *prometheus.Desc
}

func (d *disk) Describe(ch chan<- *prometheus.Desc) { ch <- d.left; ch <- d.watermark }

func (d *disk) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.MustNewConstMetric(d.watermark, prometheus.GaugeValue, minFree)
	free, err := d.free()
	if err != nil {
		ch <- prometheus.NewInvalidMetric(d.left, err)
		return
	}
	ch <- prometheus.MustNewConstMetric(d.left, prometheus.GaugeValue, float64(free))
}
