// Package telemetry shows a running process to those who look after it: its metrics, its health, its profile.
package telemetry

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// BuildInfo says which build of the program runs.
type BuildInfo struct {
	Version  string // "1.4.0", or "dev"
	Revision string // the commit; empty when not known
	Time     string // the commit's time, RFC 3339; empty when not known
}

// NewRegistry returns a registry that already tells of the Go runtime, the process and the build
// (quidnunc_build_info, always 1).
func NewRegistry(build BuildInfo) *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		buildInfo(build),
	)
	return reg
}

func buildInfo(build BuildInfo) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "quidnunc_build_info",
		Help: "The build that runs; always 1.",
		ConstLabels: prometheus.Labels{
			"version":   label(build.Version),
			"revision":  label(build.Revision),
			"time":      label(build.Time),
			"goversion": runtime.Version(),
		},
	}, func() float64 { return 1 })
}

// Native histograms cost a few hundred bytes a series: a resolution of about 10 %, at most 160 buckets, which are
// merged rather than grown, and at most one reset an hour.
const (
	nativeFactor     = 1.1
	nativeBuckets    = 160
	nativeResetAfter = time.Hour
)

// Duration describes a histogram of how long a piece of work took, in seconds, from 10 µs to 30 s. Scrapers that ask
// for native histograms get one; the others get the classic buckets.
func Duration(name, help string) prometheus.HistogramOpts {
	return histogram(name, help, []float64{
		1e-5, 2.5e-5, 1e-4, 2.5e-4, 1e-3, 2.5e-3, 1e-2, 2.5e-2, 0.1, 0.25, 1, 2.5, 10, 30,
	})
}

// Latency describes a histogram of how long somebody waited for something, in seconds, from 5 ms to a day; native and
// classic like Duration. It is meant for live sources only: an archive's latencies are years.
func Latency(name, help string) prometheus.HistogramOpts {
	return histogram(name, help, []float64{
		0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 6 * 3600, 24 * 3600,
	})
}

func histogram(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name:                            name,
		Help:                            help,
		Buckets:                         buckets,
		NativeHistogramBucketFactor:     nativeFactor,
		NativeHistogramMaxBucketNumber:  nativeBuckets,
		NativeHistogramMinResetDuration: nativeResetAfter,
	}
}
