package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/model"
)

// watchers are a real Prometheus and a real Alertmanager, with the files under deploy/, and those whom Alertmanager tells.
type watchers struct {
	prometheus string // its address

	mu   sync.Mutex
	told []notice
}

// notice is one alert as a receiver was told of it.
type notice struct {
	Receiver    string
	Status      string
	Labels      map[string]string
	Annotations map[string]string
}

// hear takes what Alertmanager posts; the path is the receiver.
func (w *watchers) hear(rw http.ResponseWriter, r *http.Request) {
	var post struct{ Alerts []notice }
	if err := json.NewDecoder(r.Body).Decode(&post); err != nil {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range post.Alerts {
		n.Receiver = strings.TrimPrefix(r.URL.Path, "/")
		w.told = append(w.told, n)
	}
}

// heard returns the first notice of an alert in a status that has all of some labels.
func (w *watchers) heard(alert, status string, labels map[string]string) (notice, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.told {
		if n.Labels["alertname"] == alert && n.Status == status && has(n.Labels, labels) {
			return n, true
		}
	}
	return notice{}, false
}

func has(all, some map[string]string) bool {
	for k, v := range some {
		if all[k] != v {
			return false
		}
	}
	return true
}

// deployed reads a file under deploy/ and puts this test's addresses and a faster pace in place of the file's.
func deployed(t *testing.T, file string, changes ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "deploy", file))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("deploy/%s holds no %q", file, changes[i])
		}
		text = strings.ReplaceAll(text, changes[i], changes[i+1])
	}
	return text
}

// serve starts a program and stops it with the test.
func serve(t *testing.T, dir, program string, args ...string) *running {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%v: tools/prometheus.sh and tools/alertmanager.sh install it", err)
	}
	r := start(dir, path, args...)
	if r.err != nil {
		t.Fatal(r.err)
	}
	t.Cleanup(func() {
		r.stop()
		if t.Failed() {
			t.Logf("%s said:\n%s", program, r.text())
		}
	})
	return r
}

// watch lets both look at instances, and hurries some alerts.
func watch(t *testing.T, instances []string, hurry ...string) *watchers {
	t.Helper()
	w := &watchers{prometheus: unusedAddress()}
	hook := httptest.NewServer(http.HandlerFunc(w.hear))
	t.Cleanup(hook.Close)
	alertmanager, dir := unusedAddress(), t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("prometheus.yml", deployed(t, "prometheus/prometheus.yml",
		"'127.0.0.1:9610'", "'"+strings.Join(instances, "', '")+"'", "127.0.0.1:9090", w.prometheus, "127.0.0.1:9093", alertmanager,
		"interval: 15s", "interval: 2s", "scrape_timeout: 10s", "scrape_timeout: 2s"))
	write("alertmanager.yml", deployed(t, "alertmanager/alertmanager.yml",
		"http://127.0.0.1:8081", hook.URL, "group_wait: 30s", "group_wait: 1s", "group_interval: 5m", "group_interval: 2s"))
	if err := os.Mkdir(filepath.Join(dir, "rules"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("rules/recording.yml", deployed(t, "prometheus/rules/recording.yml"))
	write("rules/alerts.yml", hurried(t, deployed(t, "prometheus/rules/alerts.yml"), hurry))
	serve(t, dir, "prometheus-alertmanager", "--config.file=alertmanager.yml", "--storage.path=silences", "--web.listen-address="+alertmanager, "--cluster.listen-address=")
	serve(t, dir, "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=series", "--web.listen-address="+w.prometheus)
	eventually(t, "Prometheus scrapes all instances", func() bool {
		n, err := w.series(`up{job="quidnunc"} == 1`)
		return err == nil && n == len(instances)
	})
	return w
}

var (
	rest    = regexp.MustCompile(`(for: )(\w+)`)
	stretch = regexp.MustCompile(`(\[)(\w+)`)
)

// hurried shortens how long some alerts wait and how far back they look, sixty times as far as scrapes every two seconds
// allow; what they ask for stays.
func hurried(t *testing.T, rules string, alerts []string) string {
	t.Helper()
	blocks := strings.Split(rules, "- alert: ")
	shorter := func(least, most time.Duration) func(string) string {
		return func(s string) string {
			d, err := model.ParseDuration(s[strings.IndexAny(s, "[ ")+1:])
			if err != nil {
				t.Fatal(err)
			}
			return s[:strings.IndexAny(s, "[ ")+1] + model.Duration(min(max(time.Duration(d)/60, least), most)).String()
		}
	}
	for _, alert := range alerts {
		i := slices.IndexFunc(blocks, func(b string) bool { return strings.HasPrefix(b, alert+"\n") })
		if i < 0 {
			t.Fatalf("no alert is named %s", alert)
		}
		blocks[i] = rest.ReplaceAllStringFunc(blocks[i], shorter(2*time.Second, 10*time.Second))
		blocks[i] = stretch.ReplaceAllStringFunc(blocks[i], shorter(10*time.Second, 20*time.Second))
		blocks[i] = strings.Replace(blocks[i], " 6 * 3600\n", " 20\n", 1) // in seconds
	}
	return strings.Join(blocks, "- alert: ")
}

// series asks Prometheus, and says how many series the answer has.
func (w *watchers) series(expr string) (int, error) {
	r, err := http.Get("http://" + w.prometheus + "/api/v1/query?query=" + url.QueryEscape(expr))
	if err != nil {
		return 0, err
	}
	defer r.Body.Close() //nolint:errcheck // it is read
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err
	}
	var answer struct {
		Status, Error string
		Data          struct{ Result []json.RawMessage }
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return 0, err
	}
	if answer.Status != "success" {
		return 0, fmt.Errorf("%s", answer.Error)
	}
	return len(answer.Data.Result), nil
}

// Things go wrong in an instance that does everything, and in one of several processes: each raises its alert, which goes to
// whom the example routes it and resolves when the thing is mended. Beside that every query of every dashboard has an answer.
func TestARealPrometheusAndAlertmanagerWatchInstances(t *testing.T) {
	dumps(t) // both have done some of everything
	apart := separate(t)
	faults := append(troubles(t), apart.troubles(t)...)
	var names []string
	for _, f := range faults {
		names = append(names, f.alert)
	}
	w := watch(t, append([]string{live.address(t), replay.address(t)}, apart.addresses...), names...)
	sendNews(t, live, 5) // what is counted before the first scrape is no increase
	t.Run("every panel has something to show", func(t *testing.T) { everyPanel(t, w) })

	for _, f := range faults {
		f.cause()
	}
	for _, f := range faults {
		eventually(t, f.alert+" fires", func() bool { _, ok := w.heard(f.alert, "firing", f.labels); return ok })
		n, _ := w.heard(f.alert, "firing", f.labels)
		if n.Receiver != f.tells || !strings.HasPrefix(n.Annotations["runbook_url"], repository) || n.Annotations["summary"] == "" {
			t.Errorf("the alert came as %+v", n)
		}
		t.Logf("%s: %s", n.Receiver, n.Annotations["summary"])
	}
	for _, f := range faults {
		f.mend()
	}
	for _, f := range faults {
		eventually(t, f.alert+" resolves", func() bool { _, ok := w.heard(f.alert, "resolved", f.labels); return ok })
	}
	apart.caughtUp(t)
	for _, severe := range []string{"QuidnuncWriteProbeFailing", "QuidnuncEntriesUnaccounted", "QuidnuncArticlesUnaccounted", "QuidnuncLogHole"} {
		if n, ok := w.heard(severe, "firing", nil); ok {
			t.Errorf("what went wrong raises %+v too", n)
		}
	}
}

var door = regexp.MustCompile(`push +(http://\S+?),`)

// sent is how many articles were sent to any instance: no two are alike.
var sent int

// sendNews sends an instance articles as a program would.
func sendNews(t *testing.T, to *running, n int) {
	t.Helper()
	var m []string
	eventually(t, "the instance says where articles are taken", func() bool {
		m = door.FindStringSubmatch(to.text())
		return m != nil
	})
	for range n {
		sent++
		body := fmt.Sprintf(`{"id":"sent-%d","publisher":"sent","lang":"en","text":"Russia expelled %d British diplomats on Tuesday."}`, sent, 100+sent)
		r, err := http.Post(m[1], "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close() //nolint:errcheck // the status says all
		if r.StatusCode/100 != 2 {
			t.Fatalf("an article was answered with %s", r.Status)
		}
	}
}

// everyPanel asks a real Prometheus what each panel asks.
func everyPanel(t *testing.T, w *watchers) {
	choose := strings.NewReplacer("$__rate_interval", "1m", "$__range", "5m", "$job", ".+", "$instance", ".+", "$what", ".+", "$owner", ".+", "$receiver", ".+", "$stream", ".+")
	root := os.DirFS("../../deploy/grafana/dashboards")
	files, err := fs.Glob(root, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, file := range files {
		data, err := fs.ReadFile(root, file)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(data, &d); err != nil {
			t.Fatal(err)
		}
		for _, p := range d.flat() {
			for _, q := range p.Targets {
				asked++
				expr, n := choose.Replace(q.Expr), 0
				eventually(t, fmt.Sprintf("%s: panel %q: %s gives an answer", file, p.Title, expr), func() bool {
					if n, err = w.series(expr); err != nil {
						t.Fatalf("%s: panel %q: %s: %v", file, p.Title, expr, err)
					}
					return n > 0 || slices.Contains(mayBeEmpty, p.Title)
				})
			}
		}
	}
	if asked == 0 {
		t.Error("no panel asks anything")
	}
	t.Logf("%d queries of %d dashboards", asked, len(files))
}

// mayBeEmpty are panels that show only what went wrong.
var mayBeEmpty = []string{"Documents buried or mended", "Documents not got"}
