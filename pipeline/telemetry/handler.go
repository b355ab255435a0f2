package telemetry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/pprof"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Check tells whether one part of the process is ready for work: nil when it is, else why not. It should give up when
// ctx ends.
type Check func(ctx context.Context) error

// Config is what Handler serves.
type Config struct {
	Registry *prometheus.Registry // needed
	Checks   map[string]Check     // by name, for /readyz; none: always ready
	Patience time.Duration        // for one check; 0 means 5 s
}

// Handler serves, for reading only:
//
//	/metrics        for Prometheus: text, OpenMetrics, or protobuf with native histograms, as the scraper asks
//	/healthz        200 as long as the process answers at all
//	/readyz         200 when every check passes, else 503; one line a check, or JSON for Accept: application/json
//	/debug/pprof/   profiles
//
// What the checks find is a metric too: quidnunc_ready, by check.
func Handler(cfg Config) http.Handler {
	ready := newReadiness(cfg)
	own := prometheus.NewRegistry()
	own.MustRegister(ready)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(prometheus.Gatherers{cfg.Registry, own}, promhttp.HandlerOpts{
		Registry:            cfg.Registry,
		ErrorHandling:       promhttp.ContinueOnError, // one broken collector hides no other
		EnableOpenMetrics:   true,
		MaxRequestsInFlight: 8,
	}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") })
	mux.Handle("GET /readyz", ready)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

type readiness struct {
	probes   []*probe // by name
	patience time.Duration
}

type probe struct {
	name  string
	check Check

	mu  sync.Mutex
	now *flight // the check that runs; nil when none does
}

type flight struct {
	done chan struct{}
	err  error // once done is closed
}

// finding is one check's answer, and its form in JSON.
type finding struct {
	Name  string `json:"name"`
	Ready bool   `json:"ready"`
	Why   string `json:"why,omitempty"`
}

func newReadiness(cfg Config) *readiness {
	r := &readiness{patience: cfg.Patience}
	if r.patience <= 0 {
		r.patience = 5 * time.Second
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Checks)) {
		r.probes = append(r.probes, &probe{name: name, check: cfg.Checks[name]})
	}
	return r
}

var readyDesc = prometheus.NewDesc("quidnunc_ready", "1 when the check of /readyz passes.", []string{"check"}, nil)

// Describe implements prometheus.Collector.
func (r *readiness) Describe(ch chan<- *prometheus.Desc) { ch <- readyDesc }

// Collect implements prometheus.Collector.
func (r *readiness) Collect(ch chan<- prometheus.Metric) {
	for _, f := range r.ask(context.Background()) {
		send(ch, readyDesc, number(f.Ready), label(f.Name))
	}
}

func (r *readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	findings := r.ask(req.Context())
	ready := !slices.ContainsFunc(findings, func(f finding) bool { return !f.Ready })
	status := http.StatusOK
	if !ready {
		status = http.StatusServiceUnavailable
	}
	if strings.Contains(req.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(struct {
			Ready  bool      `json:"ready"`
			Checks []finding `json:"checks"`
		}{ready, findings})
		return
	}
	plain(w, status, lines(ready, findings))
}

// ask asks all probes at the same time, so that readiness takes as long as the slowest of them.
func (r *readiness) ask(ctx context.Context) []finding {
	findings := make([]finding, len(r.probes))
	var wg sync.WaitGroup
	for i, p := range r.probes {
		wg.Go(func() { findings[i] = p.ask(ctx, r.patience) })
	}
	wg.Wait()
	return findings
}

// ask gives the check its time and no more. Callers that come together share one answer. A check that hangs although
// its time is over (a write to a dead disk cannot be called back) keeps its one goroutine; until it returns, it is not
// started again and is not ready.
func (p *probe) ask(ctx context.Context, patience time.Duration) finding {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	f := p.fly(ctx, patience)
	select {
	case <-f.done:
		return p.finding(f.err, patience)
	case <-ctx.Done():
		return p.finding(ctx.Err(), patience)
	}
}

// fly joins the check that runs, or starts it.
func (p *probe) fly(ctx context.Context, patience time.Duration) *flight {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now != nil {
		return p.now
	}
	f := &flight{done: make(chan struct{})}
	p.now = f
	go func() {
		// Not the caller's patience: it may leave, and others may have joined.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		f.err = p.run(ctx)
		p.mu.Lock()
		p.now = nil
		p.mu.Unlock()
		close(f.done)
	}()
	return f
}

func (p *probe) run(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("check panicked: %v", r)
		}
	}()
	return p.check(ctx)
}

func (p *probe) finding(err error, patience time.Duration) finding {
	switch {
	case err == nil:
		return finding{Name: p.name, Ready: true}
	case errors.Is(err, context.DeadlineExceeded):
		return finding{Name: p.name, Why: fmt.Sprintf("no answer within %v", patience)}
	}
	return finding{Name: p.name, Why: strings.Join(strings.Fields(err.Error()), " ")}
}

func lines(ready bool, findings []finding) string {
	var b strings.Builder
	for _, f := range findings {
		if f.Ready {
			fmt.Fprintf(&b, "[+] %s\n", f.Name)
		} else {
			fmt.Fprintf(&b, "[-] %s: %s\n", f.Name, f.Why)
		}
	}
	if ready {
		b.WriteString("ready\n")
	} else {
		b.WriteString("not ready\n")
	}
	return b.String()
}

func plain(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // a reader that went away is nobody's error
}
