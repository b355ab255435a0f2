package telemetry_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/pipeline/telemetry"
)

func Example() {
	reg := telemetry.NewRegistry(telemetry.BuildInfo{Version: "1.0.0"})
	sent := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "quidnunc_example_sent_total", Help: "Sent."}, []string{"to"})
	reg.MustRegister(sent)

	receivers := telemetry.NewCap(1)
	sent.WithLabelValues(receivers.Label("desk")).Inc()
	sent.WithLabelValues(receivers.Label("one too many")).Inc()

	handler := telemetry.Handler(telemetry.Config{
		Registry: reg,
		Checks:   map[string]telemetry.Check{"store": func(context.Context) error { return nil }},
	})
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	fmt.Print(rec.Body)
	// Output:
	// [+] store
	// ready
}
