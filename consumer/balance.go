package consumer

import "github.com/prometheus/client_golang/prometheus"

// balance proves that no entry of the log is dropped in silence: each that the machine took beyond the checkpoint is
// committed with a fate, passed to another machine, or waits. One goroutine keeps it, so that its sums always agree.
type balance struct {
	taken   prometheus.Counter
	passed  prometheus.Counter
	waiting prometheus.Gauge
	off     prometheus.Gauge

	in, out, open int
}

func newBalance() balance {
	return balance{
		taken: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "quidnunc_consumer_entries_total", Help: "Entries of the log taken beyond the checkpoint: the sum of all fates, those passed and those waiting.",
		}),
		passed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "quidnunc_consumer_passed_total", Help: "Entries taken that another machine committed, or that this one took again after it had begun anew.",
		}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{Name: "quidnunc_consumer_waiting_entries", Help: "Entries stepped and not yet committed."}),
		off: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "quidnunc_consumer_unaccounted_entries", Help: "Entries taken that have no fate, were not passed and do not wait. Anything but 0 is a bug.",
		}),
	}
}

// take notes one more entry, with which so many wait.
func (b *balance) take(waiting int) {
	b.taken.Inc()
	b.in++
	b.settle(waiting)
}

// end notes entries that were committed or passed to another machine, after which so many wait.
func (b *balance) end(committed, passed, waiting int) {
	b.passed.Add(float64(passed))
	b.out += committed + passed
	b.settle(waiting)
}

func (b *balance) settle(waiting int) {
	b.open = waiting
	b.waiting.Set(float64(waiting))
	b.off.Set(float64(b.in - b.out - waiting))
}

// restart notes that what waited is taken again.
func (b *balance) restart() { b.end(0, b.open, 0) }
