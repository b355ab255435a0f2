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

// reloadMetric counts the rule files that could not be read again.
func reloadMetric(reg prometheus.Registerer) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "quidnunc_rules_reload_failures_total", Help: "Changed rule files that could not be read; the last good version stayed in force.",
	})
	reg.MustRegister(c)
	return c
}
