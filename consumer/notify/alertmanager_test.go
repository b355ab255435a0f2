package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// called is what an Alertmanager's own webhook says when it calls back.
type called struct {
	Status   string            `json:"status"`
	GroupKey string            `json:"groupKey"`
	Group    map[string]string `json:"groupLabels"`
	Alerts   []struct {
		Status string            `json:"status"`
		Labels map[string]string `json:"labels"`
	} `json:"alerts"`
}

// callbacks gathers them.
type callbacks struct {
	mu  sync.Mutex
	all []called
}

func (c *callbacks) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var one called
	if json.Unmarshal(body, &one) == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.all = append(c.all, one)
	}
}

// wait is the first call that fits.
func (c *callbacks) wait(t *testing.T, what string, fits func(called) bool) called {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		c.mu.Lock()
		i := slices.IndexFunc(c.all, fits)
		if i >= 0 {
			defer c.mu.Unlock()
			return c.all[i]
		}
		c.mu.Unlock()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t.Fatalf("no call with %s: %+v", what, c.all)
	return called{}
}

// alertmanagers starts real ones, of Debian's package prometheus-alertmanager (tools/alertmanager.sh installs it): each for
// itself, or gossiping as one cluster.
func alertmanagers(t *testing.T, n int, callback string, gossiping bool) []string {
	t.Helper()
	program, err := exec.LookPath("prometheus-alertmanager")
	if err != nil {
		if program, err = exec.LookPath("alertmanager"); err != nil {
			if os.Getenv("QUIDNUNC_REQUIRE_SHARED") == "1" {
				t.Fatal("no Alertmanager here: tools/alertmanager.sh installs it")
			}
			t.Skip("NOT TESTED: no Alertmanager here: tools/alertmanager.sh installs it")
		}
	}
	config := filepath.Join(t.TempDir(), "alertmanager.yml")
	text := fmt.Sprintf("route:\n  receiver: us\n  group_by: [alertname]\n  group_wait: 200ms\n  group_interval: 300ms\n  repeat_interval: 1h\n"+
		"receivers:\n- name: us\n  webhook_configs:\n  - {url: '%s', send_resolved: true}\n", callback)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var urls []string
	first := ""
	for range n {
		cluster := []string{"--cluster.listen-address="}
		if gossiping {
			mine := freeAddress(t)
			cluster = []string{"--cluster.listen-address=" + mine, "--cluster.peer-timeout=2s", "--cluster.gossip-interval=50ms", "--cluster.settle-timeout=1s"}
			if first != "" {
				cluster = append(cluster, "--cluster.peer="+first)
			}
			first = mine
		}
		urls = append(urls, startAlertmanager(t, program, config, cluster...))
	}
	return urls
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it only lent its port
	return l.Addr().String()
}

func startAlertmanager(t *testing.T, program, config string, cluster ...string) string {
	t.Helper()
	address := freeAddress(t)
	c := exec.Command(program, append(cluster, "--config.file="+config, "--storage.path="+t.TempDir(), "--web.listen-address="+address)...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get("http://" + address + "/-/ready")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return "http://" + address
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("the Alertmanager does not start:", err)
		}
	}
}

func TestARealAlertmanagerGroupsAndCallsBack(t *testing.T) {
	calls := &callbacks{}
	us := httptest.NewServer(calls)
	defer us.Close()
	peers := alertmanagers(t, 2, us.URL, false)
	am, err := notify.NewAlertmanager(notify.AlertmanagerConfig{Name: "am", URLs: peers, Labels: map[string]string{"team": "desk"}, Style: notify.Style{Names: names}})
	if err != nil {
		t.Fatal(err)
	}
	a, b := seed(t), seed(t)
	b.ID = "anotheralertofthesameruleab"
	tell := func(alert news.Alert) {
		t.Helper()
		if err := am.Send(t.Context(), notify.Notice{Alert: alert, Key: alert.Key(), Receiver: "am", Queued: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	tell(a)
	tell(b)
	both := calls.wait(t, "both alerts in one group", func(c called) bool { return c.Status == "firing" && len(c.Alerts) == 2 })
	if diff := cmp.Diff(map[string]string{"alertname": "russia-nato-rupture"}, both.Group); diff != "" {
		t.Error(diff)
	}
	labels := both.Alerts[0].Labels
	if labels["severity"] != "high" || labels["team"] != "desk" || labels["owner"] != "europe-desk" || labels["alert"] == "" {
		t.Errorf("%v", labels)
	}
	for _, peer := range peers {
		if n := strings.Count(firing(t, peer), `"fingerprint"`); n != 2 {
			t.Errorf("%s has %d alerts", peer, n)
		}
	}
	a.Revision, a.Change = 2, news.Retracted
	tell(a)
	gone := calls.wait(t, "the retracted one resolved", func(c called) bool {
		return slices.ContainsFunc(c.Alerts, func(one struct {
			Status string            `json:"status"`
			Labels map[string]string `json:"labels"`
		},
		) bool {
			return one.Status == "resolved" && one.Labels["alert"] == string(a.ID)
		})
	})
	if len(gone.Alerts) != 2 || gone.Status != "firing" {
		t.Errorf("the other one does not stand: %+v", gone)
	}
}

// A cluster does not pass alerts on: its peers tell each other only whom they called. So each of them has to be sent every
// alert, and because they gossip, we are called once all the same.
func TestAClusterOfAlertmanagersHasEveryAlertAtEachPeerAndCallsOnce(t *testing.T) {
	calls := &callbacks{}
	us := httptest.NewServer(calls)
	defer us.Close()
	peers := alertmanagers(t, 2, us.URL, true)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		status := asked(t, peers[1]+"/api/v2/status")
		if strings.Count(status, `"address"`) == 2 && strings.Contains(status, `"ready"`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the peers do not find each other: %s", status)
		}
	}
	am, err := notify.NewAlertmanager(notify.AlertmanagerConfig{Name: "am", URLs: peers, Style: notify.Style{Names: names}})
	if err != nil {
		t.Fatal(err)
	}
	a := seed(t)
	if err := am.Send(t.Context(), notify.Notice{Alert: a, Key: a.Key(), Receiver: "am", Queued: time.Now()}); err != nil {
		t.Fatal(err)
	}
	for _, peer := range peers {
		if n := strings.Count(firing(t, peer), `"fingerprint"`); n != 1 {
			t.Errorf("%s has %d alerts", peer, n)
		}
	}
	of := func(c called) bool { return len(c.Alerts) == 1 && c.Alerts[0].Labels["alert"] == string(a.ID) }
	calls.wait(t, "the alert", of)
	time.Sleep(5 * time.Second) // twice what the second peer waits for the first
	calls.mu.Lock()
	defer calls.mu.Unlock()
	if len(calls.all) != 1 {
		t.Errorf("called %d times: %+v", len(calls.all), calls.all)
	}
}

func firing(t *testing.T, peer string) string {
	t.Helper()
	return asked(t, peer+"/api/v2/alerts?active=true")
}

func asked(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// A peer that starts anew has forgotten everything: it is told again, and one that is down does not keep an alert from the
// others.
func TestAlertmanagersAreKeptTold(t *testing.T) {
	var mu sync.Mutex
	var bodies []string
	up := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		bodies = append(bodies, string(body))
	}))
	defer up.Close()
	down := httptest.NewServer(nil)
	down.Close()
	am, err := notify.NewAlertmanager(notify.AlertmanagerConfig{Name: "am", URLs: []string{down.URL, up.URL}, Repeat: 5 * time.Millisecond, Stands: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	a := seed(t)
	am.Remind(notify.Notice{Alert: a, Key: a.Key(), Receiver: "am", Queued: time.Now().Add(-time.Minute)}) // delivered before we started
	ctx, cancel := context.WithCancel(t.Context())
	kept := make(chan struct{})
	go func() { defer close(kept); am.Keep(ctx) }()
	heard := func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(bodies) }
	for len(heard()) < 3 {
		time.Sleep(time.Millisecond)
	}
	a.Revision, a.Severity = 2, news.Critical // the labels change: the alert under the former ones ends
	if err := am.Send(t.Context(), notify.Notice{Alert: a, Key: a.Key(), Receiver: "am", Queued: time.Now()}); err != nil {
		t.Fatal(err)
	}
	rose := slices.ContainsFunc(heard(), func(body string) bool {
		return strings.Contains(body, `"severity":"high"`) && strings.Contains(body, `"severity":"critical"`)
	})
	if !rose {
		t.Errorf("a rise in severity leaves the former alert standing: %v", heard())
	}
	cancel()
	<-kept
	old := seed(t)
	am.Remind(notify.Notice{Alert: old, Key: old.Key(), Receiver: "am", Queued: time.Now().Add(-2 * time.Hour)})
	none, err := notify.NewAlertmanager(notify.AlertmanagerConfig{Name: "am", URLs: []string{down.URL}})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(t, none); err == nil {
		t.Error("delivered to nobody")
	}
}
