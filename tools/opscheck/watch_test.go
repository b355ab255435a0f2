package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
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

// heard returns the first notice of an alert in a status.
func (w *watchers) heard(alert, status string) (notice, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.told {
		if n.Labels["alertname"] == alert && n.Status == status {
			return n, true
		}
	}
	return notice{}, false
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

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // only its address is wanted
	return l.Addr().String()
}

// serve starts a program and stops it with the test.
func serve(t *testing.T, dir, program string, args ...string) {
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
}

func watch(t *testing.T) *watchers {
	t.Helper()
	w := &watchers{prometheus: freeAddress(t)}
	hook := httptest.NewServer(http.HandlerFunc(w.hear))
	t.Cleanup(hook.Close)
	alertmanager, dir := freeAddress(t), t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("prometheus.yml", deployed(t, "prometheus/prometheus.yml",
		"'127.0.0.1:9610'", fmt.Sprintf("'%s', '%s'", live.address(t), replay.address(t)), "127.0.0.1:9090", w.prometheus, "127.0.0.1:9093", alertmanager,
		"interval: 15s", "interval: 2s", "scrape_timeout: 10s", "scrape_timeout: 2s"))
	write("alertmanager.yml", deployed(t, "alertmanager/alertmanager.yml",
		"http://127.0.0.1:8081", hook.URL, "group_wait: 30s", "group_wait: 1s", "group_interval: 5m", "group_interval: 2s"))
	if err := os.CopyFS(filepath.Join(dir, "rules"), os.DirFS("../../deploy/prometheus/rules")); err != nil {
		t.Fatal(err)
	}
	serve(t, dir, "prometheus-alertmanager", "--config.file=alertmanager.yml", "--storage.path=silences", "--web.listen-address="+alertmanager, "--cluster.listen-address=")
	serve(t, dir, "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=series", "--web.listen-address="+w.prometheus)
	eventually(t, "Prometheus scrapes both instances", func() bool {
		n, err := w.series(`up{job="quidnunc"} == 1`)
		return err == nil && n == 2
	})
	return w
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

// An analyst breaks a rule file: an alert on ourselves fires, goes to whom the example routes it, and resolves when the file
// is mended. Beside that every query of every dashboard has an answer.
func TestARealPrometheusAndAlertmanagerWatchAnInstance(t *testing.T) {
	dumps(t) // both have done some of everything
	w := watch(t)
	sendNews(t, 5) // what is counted before the first scrape is no increase
	t.Run("every panel has something to show", func(t *testing.T) { everyPanel(t, w) })

	const alert = "QuidnuncRulesNotReloaded"
	file := filepath.Join(live.dir, "rules.yaml")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("rules: [{name: broken, query: 'what:('}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the alert fires", func() bool { _, ok := w.heard(alert, "firing"); return ok })
	n, _ := w.heard(alert, "firing")
	if n.Receiver != "editors" || n.Labels["instance"] != live.address(t) || !strings.HasPrefix(n.Annotations["runbook_url"], repository) || n.Annotations["summary"] == "" {
		t.Errorf("the alert came as %+v", n)
	}
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the alert resolves", func() bool { _, ok := w.heard(alert, "resolved"); return ok })
	for _, severe := range []string{"QuidnuncDown", "QuidnuncWriteProbeFailing", "QuidnuncEntriesUnaccounted", "QuidnuncCheckpointStuck", "QuidnuncLogHole"} {
		if n, ok := w.heard(severe, "firing"); ok {
			t.Errorf("an instance that is well raises %+v", n)
		}
	}
}

var door = regexp.MustCompile(`push +(http://\S+?),`)

// sendNews sends the instance articles as a program would.
func sendNews(t *testing.T, n int) {
	t.Helper()
	m := door.FindStringSubmatch(live.text())
	if m == nil {
		t.Fatalf("the instance does not say where articles are taken: %s", live.text())
	}
	for i := range n {
		body := fmt.Sprintf(`{"id":"sent-%d","publisher":"sent","lang":"en","text":"Russia expelled %d British diplomats on Tuesday."}`, i, 100+i)
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
