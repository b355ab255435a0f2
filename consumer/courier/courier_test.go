package courier_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func TestAlertsGoToWhomTheyName(t *testing.T) {
	for _, c := range []struct {
		name      string
		receivers []string
		to        []string
		want      []string
	}{
		{"whom it names", []string{"terminal", "desk"}, []string{"desk"}, []string{"desk"}},
		{"all whom it names, each once", []string{"terminal", "desk", "wall"}, []string{"desk", "wall", "desk"}, []string{"desk", "wall"}},
		{"nobody named: the default", []string{"terminal", "default"}, nil, []string{"default"}},
		{"nobody named and no default: the terminal", []string{"terminal", "desk"}, nil, []string{"terminal"}},
		{"an unknown one: the default, once", []string{"terminal", "default"}, []string{"x", "y", "default"}, []string{"default"}},
		{"an unknown one beside a known one", []string{"terminal", "desk"}, []string{"desk", "x"}, []string{"desk", "terminal"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := courier.Config{Queue: newQueue(alert("a", c.to...)), Ledger: newLedger()}
			var all []*receiver
			for _, name := range c.receivers {
				all = append(all, &receiver{name: name})
				cfg.Receivers = append(cfg.Receivers, courier.Receiver{Receiver: all[len(all)-1]})
			}
			deliverAll(t, cfg)
			var got []string
			for _, r := range all {
				for range r.keys() {
					got = append(got, r.name)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheRowTellsWhatHappened(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		name   string
		answer func(attempt int) error
		config courier.Config
		want   courier.Row
		buried int64
	}{
		{
			"delivered at once", nil,
			courier.Config{},
			courier.Row{State: courier.Delivered, Attempts: 1},
			0,
		},
		{"delivered after two failures", func(n int) error {
			if n < 3 {
				return errDown
			}
			return nil
		}, courier.Config{}, courier.Row{State: courier.Delivered, Attempts: 3}, 0},
		{
			"dead at once", func(int) error { return pipeline.Permanent(errors.New("410")) },
			courier.Config{},
			courier.Row{State: courier.Dead, Attempts: 1, Error: "410"},
			1,
		},
		{
			"dead after as many attempts as allowed", func(int) error { return errDown },
			courier.Config{Attempts: 4},
			courier.Row{State: courier.Dead, Attempts: 4, Error: "given up after 4 attempts: down"},
			1,
		},
		{
			"an error's length is bounded", func(int) error { return pipeline.Permanent(errors.New(strings.Repeat("é", 400))) },
			courier.Config{},
			courier.Row{State: courier.Dead, Attempts: 1, Error: strings.Repeat("é", 250)},
			1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, l := newQueue(alert("a", "desk")), newLedger()
			c.config.Queue, c.config.Ledger = q, l
			c.config.Receivers = plain(&receiver{name: "terminal"}, &receiver{name: "desk", answer: c.answer})
			c.config.Now = func() time.Time { return start }
			deliverAll(t, c.config)
			c.want.Version, c.want.Alert, c.want.Rule, c.want.Receiver = 1, "a.1", "rule-a", "desk"
			c.want.Queued, c.want.Changed, c.want.Severity = start, start, news.High
			for n := range c.want.Attempts {
				try := courier.Attempt{At: start}
				if n < c.want.Attempts-1 || c.want.State == courier.Dead {
					try.Error = strings.TrimPrefix(orDown(c.want.Error), "given up after 4 attempts: ")
				}
				c.want.Log = append(c.want.Log, try)
			}
			if c.want.State == courier.Delivered {
				c.want.Delivered = start
			}
			if diff := cmp.Diff(c.want, l.row(t, "desk.a.1")); diff != "" {
				t.Error(diff)
			}
			if q.buried.Load() != c.buried {
				t.Errorf("buried %d, want %d", q.buried.Load(), c.buried)
			}
			if diff := cmp.Diff([]string{"a.1.desk"}, q.ids); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPatienceEnds(t *testing.T) {
	var mu sync.Mutex
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	l := newLedger()
	deliverAll(t, courier.Config{
		Queue: newQueue(alert("a")), Ledger: l, Patience: time.Hour, Attempts: 1 << 20,
		Receivers: plain(&receiver{name: "terminal", answer: func(int) error {
			mu.Lock()
			defer mu.Unlock()
			now = now.Add(20 * time.Minute)
			return errDown
		}}),
		Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
	})
	if row := l.row(t, "terminal.a.1"); row.State != courier.Dead || row.Attempts != 3 {
		t.Errorf("%+v", row)
	}
}

func TestNothingIsDeliveredTwice(t *testing.T) {
	l, r := newLedger(), &receiver{name: "terminal"}
	for run := range 3 { // the second is a restart, after which the stream hands out everything again
		q := newQueue(alert("a"), alert("a"), alert("b"))
		if run == 2 {
			q.of("terminal") <- encode(alert("a")) // a delivery acknowledged, and the acknowledgement lost
		}
		c, err := courier.New(courier.Config{Queue: q, Ledger: l, Decode: decode, Receivers: plain(r)})
		if err != nil {
			t.Fatal(err)
		}
		open := until(t, c, func(o courier.Open) bool { return o.None() && len(q.of("terminal")) == 0 })
		if open.Delivered != 2 {
			t.Errorf("delivered %d, want 2", open.Delivered)
		}
	}
	if diff := cmp.Diff([]string{"a.1", "b.1"}, r.keys()); diff != "" {
		t.Error(diff)
	}
}

func TestAFailedEnqueueIsMadeGood(t *testing.T) {
	q, r := newQueue(alert("a")), &receiver{name: "terminal"}
	q.fail = errDown
	deliverAll(t, courier.Config{Queue: q, Ledger: newLedger(), Receivers: plain(r)})
	if diff := cmp.Diff([]string{"a.1"}, r.keys()); diff != "" {
		t.Error(diff)
	}
}

func TestACrashAfterTheAttemptBeganSendsAgainWithTheSameKey(t *testing.T) {
	l, r := newLedger(), &receiver{name: "terminal"}
	row := []byte(`{"v":1,"alert":"a.1","receiver":"terminal","state":"attempting","attempts":1,"queued":"2026-01-02T03:04:05Z","changed":"2026-01-02T03:04:05Z"}`)
	if _, err := l.Update(t.Context(), "terminal.a.1", row, 0); err != nil {
		t.Fatal(err)
	}
	q := newQueue()
	q.of("terminal") <- encode(alert("a"))
	deliverAll(t, courier.Config{Queue: q, Ledger: l, Receivers: plain(r)})
	if diff := cmp.Diff([]string{"a.1"}, r.keys()); diff != "" {
		t.Error(diff)
	}
	if got := l.row(t, "terminal.a.1"); got.Attempts != 2 || got.State != courier.Delivered {
		t.Errorf("%+v", got)
	}
}

func TestADeadDeliveryCanBeDrivenAgain(t *testing.T) {
	l := newLedger()
	r := &receiver{name: "terminal", answer: func(n int) error {
		if n == 1 {
			return pipeline.Permanent(errDown)
		}
		return nil
	}}
	q := newQueue(alert("a"))
	cfg := courier.Config{Queue: q, Ledger: l, Receivers: plain(r), Decode: decode}
	if open := deliverAll(t, cfg); open.Dead != 1 || open.Delivered != 0 {
		t.Errorf("%+v", open)
	}
	if err := courier.Redrive(t.Context(), q, l, "terminal", alert("a"), encode(alert("a")), "again", time.Now()); err != nil {
		t.Fatal(err)
	}
	c, err := courier.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if open := until(t, c, func(o courier.Open) bool { return o.None() && o.Delivered == 1 }); open.Dead != 0 {
		t.Errorf("%+v", open)
	}
}

func TestASlowOrDeadReceiverDelaysNobodyElse(t *testing.T) {
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer slow.Close()
	defer close(release)
	down := httptest.NewServer(nil)
	down.Close()
	hook := func(name, url string) notify.Receiver {
		w, err := notify.NewWebhook(notify.WebhookConfig{Name: name, URL: url})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	var out bytes.Buffer
	reg := prometheus.NewRegistry()
	q := newQueue()
	for i := range 50 {
		q.put(encode(alert(fmt.Sprintf("a%d", i), "slow", "down", "terminal")))
	}
	c, err := courier.New(courier.Config{
		Queue: q, Ledger: newLedger(), Decode: decode, Metrics: reg,
		Receivers: plain(hook("slow", slow.URL), hook("down", down.URL), notify.NewTerminal(&out, notify.Style{})),
	})
	if err != nil {
		t.Fatal(err)
	}
	open := until(t, c, func(o courier.Open) bool { return o.Delivered == 50 && served(t, reg)["down"] == 0 })
	if open.None() || open.Receivers["slow"] != 50 || open.Receivers["down"] != 50 || open.Receivers["terminal"] != 0 {
		t.Errorf("%+v", open)
	}
	if n := strings.Count(out.String(), "sent to: slow, down, terminal"); n != 50 {
		t.Errorf("%d on the terminal", n)
	}
	if diff := cmp.Diff(map[string]float64{"slow": 1, "down": 0, "terminal": 1}, served(t, reg)); diff != "" {
		t.Error("which receivers are served: " + diff)
	}
}

func TestAWebhookGetsEachAlertOnceItIsBack(t *testing.T) {
	var mu sync.Mutex
	calls, got := 0, map[string]int{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if calls++; calls%3 != 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		got[r.Header.Get("Idempotency-Key")]++
	}))
	defer srv.Close()
	w, err := notify.NewWebhook(notify.WebhookConfig{Name: "default", URL: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	deliverAll(t, courier.Config{Queue: newQueue(alert("a"), alert("b"), alert("c")), Ledger: newLedger(), Receivers: plain(w)})
	if diff := cmp.Diff(map[string]int{"a.1": 1, "b.1": 1, "c.1": 1}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStoppingIsNoAttempt(t *testing.T) {
	l := newLedger()
	began := make(chan struct{})
	r := waiting{began: began}
	c, err := courier.New(courier.Config{Queue: newQueue(alert("a")), Ledger: l, Decode: decode, Receivers: plain(r)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	<-began
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if row := l.row(t, "terminal.a.1"); row.State != courier.Retrying || row.Attempts != 0 {
		t.Errorf("%+v", row)
	}
}

type waiting struct{ began chan struct{} }

func (waiting) Name() string { return "terminal" }

func (w waiting) Send(ctx context.Context, _ notify.Notice) error {
	close(w.began)
	<-ctx.Done()
	return ctx.Err()
}

func TestWhatCannotBeReadIsBuried(t *testing.T) {
	q, l := newQueue(), newLedger()
	q.put([]byte("not an alert"))
	q.of("terminal") <- []byte("not an alert either")
	q.put(encode(alert("a")))
	r := &receiver{name: "terminal"}
	deliverAll(t, courier.Config{Queue: q, Ledger: l, Receivers: plain(r)})
	if diff := cmp.Diff([]string{"a.1"}, r.keys()); diff != "" || q.buried.Load() != 2 {
		t.Error(q.buried.Load(), diff)
	}
}

func TestAReceiversNameNeedNotBeAKey(t *testing.T) {
	l := newLedger()
	name := "Müller & Söhne *.>"
	deliverAll(t, courier.Config{
		Queue: newQueue(alert("a", name)), Ledger: l,
		Receivers: plain(&receiver{name: "terminal"}, &receiver{name: name}),
	})
	keys, err := l.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) != 1 || strings.ContainsAny(keys[0], " *>&ü") || l.row(t, keys[0]).Receiver != name {
		t.Error(keys)
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	failing := func(n int) error {
		switch n {
		case 1:
			return errDown
		case 2:
			return nil
		}
		return pipeline.Permanent(errDown)
	}
	deliverAll(t, courier.Config{
		Queue: newQueue(alert("a"), alert("b", "nobody")), Ledger: newLedger(), Metrics: reg,
		Receivers: plain(&receiver{name: "terminal", answer: failing}),
	})
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			if f.GetName() == "quidnunc_courier_deliveries_total" && m.GetCounter().GetValue() == 0 {
				continue
			}
			got[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	want := map[string]float64{
		"quidnunc_courier_queued_total terminal":               2,
		"quidnunc_courier_attempts_total terminal":             3,
		"quidnunc_courier_attempt_seconds terminal":            3,
		"quidnunc_courier_deliveries_total delivered terminal": 1,
		"quidnunc_courier_deliveries_total dead terminal":      1,
		"quidnunc_courier_deliveries_total retrying terminal":  1,
		"quidnunc_courier_unknown_receivers_total":             1,
		"quidnunc_courier_seen_delivered_seconds":              0,
		"quidnunc_courier_receiver_up terminal":                1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// served is which receivers are, by the metric.
func served(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "quidnunc_courier_receiver_up" {
				out[m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue()
			}
		}
	}
	return out
}

func TestConfigIsCheckedAtTheDoor(t *testing.T) {
	q, l := newQueue(), newLedger()
	desk, terminal := &receiver{name: "desk"}, &receiver{name: "terminal"}
	for _, c := range []struct {
		name string
		cfg  courier.Config
		ok   bool
	}{
		{"whole", courier.Config{Queue: q, Ledger: l, Decode: decode, Receivers: plain(desk, terminal)}, true},
		{"no codec", courier.Config{Queue: q, Ledger: l, Receivers: plain(terminal)}, false},
		{"nobody to fall back on", courier.Config{Queue: q, Ledger: l, Decode: decode, Receivers: plain(desk)}, false},
		{"two of a name", courier.Config{Queue: q, Ledger: l, Decode: decode, Receivers: plain(terminal, terminal)}, false},
	} {
		if _, err := courier.New(c.cfg); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestRunTellsWhenTheQueueFails(t *testing.T) {
	c, err := courier.New(courier.Config{
		Queue: brokenQueue{newQueue()}, Ledger: newLedger(), Decode: decode, Receivers: plain(&receiver{name: "terminal"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("%v", err)
	}
}

type brokenQueue struct{ *queue }

func (brokenQueue) Deliveries(context.Context, string, func(context.Context, []byte) error) error {
	return errDown
}

func orDown(told string) string {
	if told == "" {
		return errDown.Error()
	}
	return told
}
