package telemetry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/quidnunc-news/quidnunc/pipeline/telemetry"
)

// scrape reads /metrics as Prometheus would and returns the families by name.
func scrape(t *testing.T, h http.Handler, accept string) (families map[string]int, native bool) {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", accept)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	if rec.Code != http.StatusOK {
		t.Fatalf("status %d: %s", rec.Code, rec.Body)
	}
	families = map[string]int{}
	dec := expfmt.NewDecoder(rec.Body, expfmt.ResponseFormat(rec.Header()))
	for {
		var f dto.MetricFamily
		switch err := dec.Decode(&f); {
		case errors.Is(err, io.EOF):
			return families, native
		case err != nil:
			t.Fatal(err)
		}
		families[f.GetName()] = len(f.GetMetric())
		for _, m := range f.GetMetric() {
			native = native || m.GetHistogram().GetSchema() != 0 || len(m.GetHistogram().GetPositiveSpan()) > 0
		}
	}
}

func TestMetricsAreWhatTheScraperAsksFor(t *testing.T) {
	for _, c := range []struct {
		name, accept string
		native       bool
	}{
		{"the text format carries classic buckets", "text/plain;version=0.0.4", false},
		{"the protobuf format carries native histograms", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			reg := telemetry.NewRegistry(telemetry.BuildInfo{Version: "1.0.0", Revision: "abc"})
			h := prometheus.NewHistogram(telemetry.Latency("quidnunc_test_seconds", "A test."))
			reg.MustRegister(h)
			h.Observe(0.3)
			families, native := scrape(t, telemetry.Handler(telemetry.Config{Registry: reg}), c.accept)
			for _, want := range []string{"quidnunc_build_info", "quidnunc_test_seconds", "go_goroutines"} {
				if families[want] == 0 {
					t.Errorf("no %s among %v", want, families)
				}
			}
			if native != c.native {
				t.Errorf("native buckets: %v, want %v", native, c.native)
			}
		})
	}
}

func TestMetricsKeepTheNamingRules(t *testing.T) {
	reg := prometheus.NewRegistry()
	reg.MustRegister(
		prometheus.NewHistogram(telemetry.Duration("quidnunc_test_step_seconds", "A test.")),
		prometheus.NewHistogram(telemetry.Latency("quidnunc_test_wait_seconds", "A test.")),
	)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := promlint.NewWithMetricFamilies(families).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v, %v", problems, err)
	}
}

func TestBuildInfoWithBrokenBytesDoesNotPanic(t *testing.T) {
	reg := telemetry.NewRegistry(telemetry.BuildInfo{Version: "1.0\xff"})
	if _, err := reg.Gather(); err != nil {
		t.Error(err)
	}
}

func TestHealthzAnswersAlways(t *testing.T) {
	h := telemetry.Handler(telemetry.Config{
		Registry: prometheus.NewRegistry(),
		Checks:   map[string]telemetry.Check{"store": func(context.Context) error { return errors.New("down") }},
	})
	rec := get(h, "/healthz", "")
	if diff := cmp.Diff("200 ok\n", fmt.Sprintf("%d %s", rec.Code, rec.Body)); diff != "" {
		t.Error(diff)
	}
}

func TestReadyz(t *testing.T) {
	good := func(context.Context) error { return nil }
	bad := func(context.Context) error { return errors.New("no space\nleft") }
	slow := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	wild := func(context.Context) error { panic("boom") }
	for _, c := range []struct {
		name   string
		checks map[string]telemetry.Check
		code   int
		body   string
	}{
		{"no checks is ready", nil, 200, "ready\n"},
		{"all checks pass", map[string]telemetry.Check{"store": good, "disk": good}, 200, "[+] disk\n[+] store\nready\n"},
		{"one check fails and says why on one line", map[string]telemetry.Check{"store": good, "disk": bad}, 503, "[-] disk: no space left\n[+] store\nnot ready\n"},
		{"a slow check is not ready", map[string]telemetry.Check{"store": slow}, 503, "[-] store: no answer within 50ms\nnot ready\n"},
		{"a check that panics is not ready", map[string]telemetry.Check{"store": wild}, 503, "[-] store: check panicked: boom\nnot ready\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := get(telemetry.Handler(telemetry.Config{
				Registry: prometheus.NewRegistry(), Checks: c.checks, Patience: 50 * time.Millisecond,
			}), "/readyz", "")
			if rec.Code != c.code {
				t.Errorf("status %d, want %d", rec.Code, c.code)
			}
			if diff := cmp.Diff(c.body, rec.Body.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatReadyzFindsIsAMetric(t *testing.T) {
	rec := get(telemetry.Handler(telemetry.Config{
		Registry: prometheus.NewRegistry(),
		Checks: map[string]telemetry.Check{
			"disk": func(context.Context) error { return nil }, "stream": func(context.Context) error { return errors.New("no answer") },
		},
	}), "/metrics", "")
	for _, want := range []string{`quidnunc_ready{check="disk"} 1`, `quidnunc_ready{check="stream"} 0`} {
		if !strings.Contains(rec.Body.String(), want+"\n") {
			t.Errorf("no %s in\n%s", want, rec.Body)
		}
	}
}

func TestReadyzInJSON(t *testing.T) {
	rec := get(telemetry.Handler(telemetry.Config{
		Registry: prometheus.NewRegistry(),
		Checks:   map[string]telemetry.Check{"disk": func(context.Context) error { return errors.New("full") }},
	}), "/readyz", "application/json")
	var got any
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := any(map[string]any{
		"ready": false, "checks": []any{map[string]any{"name": "disk", "ready": false, "why": "full"}},
	})
	if diff := cmp.Diff(want, got); diff != "" || rec.Code != http.StatusServiceUnavailable {
		t.Error(rec.Code, diff)
	}
}

func TestReadyzThatHangsIsAskedOnce(t *testing.T) {
	release := make(chan struct{})
	var mu sync.Mutex
	asked := 0
	h := telemetry.Handler(telemetry.Config{
		Registry: prometheus.NewRegistry(), Patience: 20 * time.Millisecond,
		Checks: map[string]telemetry.Check{"disk": func(context.Context) error {
			mu.Lock()
			asked++
			mu.Unlock()
			<-release // deaf to ctx, like a write to a dead disk
			return nil
		}},
	})
	for range 3 {
		if rec := get(h, "/readyz", ""); rec.Code != http.StatusServiceUnavailable {
			t.Errorf("status %d", rec.Code)
		}
	}
	close(release)
	mu.Lock()
	defer mu.Unlock()
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
}

func TestReadyzServesManyAtOnce(t *testing.T) {
	h := telemetry.Handler(telemetry.Config{
		Registry: prometheus.NewRegistry(),
		Checks: map[string]telemetry.Check{"store": func(context.Context) error {
			time.Sleep(5 * time.Millisecond)
			return nil
		}},
	})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if rec := get(h, "/readyz", ""); rec.Code != http.StatusOK {
				t.Errorf("status %d: %s", rec.Code, rec.Body)
			}
		})
	}
	wg.Wait()
}

func TestHandlerIsReadOnly(t *testing.T) {
	h := telemetry.Handler(telemetry.Config{Registry: prometheus.NewRegistry()})
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/debug/pprof/symbol"} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, path, strings.NewReader("x")))
		if rec.Code != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: status %d", path, rec.Code)
		}
	}
	if rec := get(h, "/debug/pprof/goroutine?debug=1", ""); rec.Code != http.StatusOK {
		t.Errorf("pprof: status %d", rec.Code)
	}
}

func TestCap(t *testing.T) {
	labels := telemetry.NewCap(2)
	long := strings.Repeat("é", 100)
	var got []string
	for _, v := range []string{"a", "b\xff", "c", "a", "b\xff"} {
		got = append(got, labels.Label(v))
	}
	if diff := cmp.Diff([]string{"a", "b\uFFFD", telemetry.Overflow, "a", "b\uFFFD"}, got); diff != "" {
		t.Error(diff)
	}
	if v := telemetry.NewCap(0).Label(long); len(v) > 128 || !utf8.ValidString(v) {
		t.Errorf("%d bytes, valid %v", len(v), utf8.ValidString(v))
	}
}

func TestCapHoldsUnderManyHands(t *testing.T) {
	labels := telemetry.NewCap(10)
	var mu sync.Mutex
	seen := map[string]bool{}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				v := labels.Label(fmt.Sprint(g*200 + i))
				mu.Lock()
				seen[v] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(seen) != 11 {
		t.Errorf("%d values, want 10 and the overflow", len(seen))
	}
}

func FuzzCap(f *testing.F) {
	f.Add("a")
	f.Add("\xff\xfe")
	f.Fuzz(func(t *testing.T, v string) {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"v"})
		c.WithLabelValues(telemetry.NewCap(1).Label(v)).Inc() // must not panic
	})
}

func get(h http.Handler, path, accept string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, path, nil)
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}
