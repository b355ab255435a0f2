package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// Killed again and again, a replay taken up by the same command says in the end what an undisturbed one says; so does one
// that Ctrl-C let drain.
func TestAKilledReplayGoesOn(t *testing.T) {
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(7, 8))
	n := 4000
	if testing.Short() {
		n = 1500
	}
	archiveOf(t, dir, n, rng)
	articles, rules := filepath.Join(dir, "articles.jsonl"), filepath.Join(dir, "rules.yaml")
	for _, order := range []string{"published", "log"} {
		command := func(out string) []string {
			return []string{"replay", "--api", off, "--rules", rules, "--order", order, "--checkpoint", "20ms", "--out", filepath.Join(dir, out), articles}
		}
		undisturbed := quidnunc(t, command("whole-"+order)...)
		want := fourLines.FindString(undisturbed.out)
		if want == "" {
			t.Fatalf("%s\n%s", undisturbed.out, undisturbed.err)
		}
		kills, resumed := 0, false
		var got string
		for got == "" {
			c := program(t, command("killed-"+order)...)
			var out, errs bytes.Buffer
			c.Stdout, c.Stderr = &out, &errs
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() { defer close(ended); _ = c.Wait() }()
			if kills < 5 {
				// Not before it has got somewhere: a killed start proves nothing.
				checkpoint := filepath.Join(dir, "killed-"+order, replay.CheckpointFile)
				before := modified(checkpoint)
				for deadline := time.Now().Add(time.Minute); modified(checkpoint).Equal(before) && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
					select {
					case <-ended:
						deadline = time.Time{}
					default:
					}
				}
				time.Sleep(time.Duration(rng.IntN(30)) * time.Millisecond)
				_ = c.Process.Kill()
				kills++
			}
			<-ended
			resumed = resumed || strings.Contains(errs.String(), "goes on behind entry")
			got = fourLines.FindString(out.String())
		}
		if !resumed {
			t.Errorf("%s: killed %d times, it never went on from a checkpoint", order, kills)
		}
		if got != want {
			t.Errorf("%s: after %d kills\n%swant\n%s", order, kills, got, want)
		}
		for _, file := range []string{replay.AlertsFile, replay.SummaryFile} {
			if readFile(t, filepath.Join(dir, "whole-"+order, file)) != readFile(t, filepath.Join(dir, "killed-"+order, file)) {
				t.Errorf("%s: %s is another", order, file)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "killed-"+order, replay.CheckpointFile)); err == nil {
			t.Errorf("%s: a complete replay leaves its checkpoint", order)
		}
	}
}

// modified is when a file was written; zero where there is none.
func modified(name string) time.Time {
	if info, err := os.Stat(name); err == nil {
		return info.ModTime()
	}
	return time.Time{}
}

// hook is a webhook that keeps what it is sent.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	keys   []string
	bodies []string
}

func hookOf(t *testing.T) *hook {
	t.Helper()
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.keys, h.bodies = append(h.keys, r.Header.Get("Idempotency-Key")), append(h.bodies, string(body))
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) all() (keys, bodies []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.keys), slices.Clone(h.bodies)
}

// Beside a live system with a webhook runs a replay whose rules match everything and name that webhook: the webhook hears
// only live alerts, and the live system's outputs are what its machine says, undisturbed. Only --deliver-to reaches the
// webhook, and then each message says that it is a replay's.
func TestAReplayNeverReachesALiveReceiver(t *testing.T) {
	desk := hookOf(t)
	dir := t.TempDir()
	archiveOf(t, dir, 300, rand.New(rand.NewPCG(9, 10)))
	receivers := "receivers:\n- {name: desk, webhook: {url: '" + desk.URL + "'}}\n"
	write(t, dir, "live.yaml", "rules:\n- {name: sanctions, query: 'what:SANCTION', to: [desk], when: {each: article}}\n"+receivers)
	everything := write(t, dir, "everything.yaml", "rules:\n- {name: everything, query: 'lang:en OR lang:fr', to: [desk], when: {each: article}, limit: 100000/h}\n"+receivers)
	config := write(t, dir, "quidnunc.yaml", "data: data\nsources:\n- archive: [articles.jsonl]\nrules: [live.yaml]\nmetrics: {listen: 'off'}\npush: {listen: '127.0.0.1:0'}\n")
	data := filepath.Join(dir, "data")
	live := serve(t, "run", "--config", config, "--api", off)
	out := live.says(t, "rules    1")
	door := regexp.MustCompile(`push +(http://[^ ,]+),`).FindStringSubmatch(out)[1]

	listener := anonymous(t, natsURL(t, out))
	published := listener.hear(t, "quidnunc.replay.*.alert.>")
	desk.await(t, 20) // there is something to replay
	var replays sync.WaitGroup
	result := filepath.Join(dir, "result")
	var said []byte
	replays.Go(func() {
		c := program(t, "replay", "--data", data, "--rules", everything, "--publish", "--api", off, "--out", result)
		said, _ = c.CombinedOutput()
	})
	for i := range 40 { // live news, all the while
		ask(t, "POST", door, fmt.Sprintf(`{"text":"Iran imposed sanctions on France. %d","lang":"en"}`, i))
	}
	replays.Wait()
	found, err := replay.ReadResult(result)
	if err != nil || !found.Summary.Complete || found.Summary.Alerts.New == 0 {
		t.Fatalf("the replay: %v %+v\n%s", err, found.Summary.Alerts, said)
	}
	eventually(t, "alerts published by the replay", func() bool { return len(published) >= found.Summary.Alerts.All() })

	liveKeys := settledKeys(t, data)
	desk.await(t, len(liveKeys))
	got, bodies := desk.all()
	slices.Sort(got)
	if diff := cmp.Diff(liveKeys, slices.Compact(got)); diff != "" {
		t.Errorf("the webhook heard something else than the live alerts (-live +heard):\n%s", diff)
	}
	for _, body := range bodies {
		if strings.Contains(body, "everything") || strings.Contains(body, `"origin":"replay"`) {
			t.Errorf("the webhook heard of the replay: %.300s", body)
		}
	}

	// On purpose, and to one receiver: each message is marked, and none takes a live one's key.
	before := len(bodies)
	r := quidnunc(t, "replay", "--data", data, "--rules", everything, "--deliver-to", "desk", "--api", off, "--out", filepath.Join(dir, "sent"))
	if r.code != exitOK {
		t.Fatalf("%s%s", r.out, r.err)
	}
	sent, err := replay.ReadResult(filepath.Join(dir, "sent"))
	if err != nil {
		t.Fatal(err)
	}
	keys, bodies := desk.all()
	if n := len(bodies) - before; n != sent.Summary.Alerts.All() {
		t.Errorf("%d messages sent of %d alerts", n, sent.Summary.Alerts.All())
	}
	for i, body := range bodies[before:] {
		var m struct {
			Data struct{ Title, Origin string }
		}
		if err := json.Unmarshal([]byte(body), &m); err != nil || m.Data.Origin != "replay" || !strings.HasPrefix(m.Data.Title, "[replay]") || !strings.HasPrefix(keys[before+i], "replay-") {
			t.Errorf("a message that does not say it is a replay's: %v %s %.300s", err, keys[before+i], body)
		}
	}
	if r := quidnunc(t, "replay", "--data", data, "--rules", everything, "--deliver-to", "nobody", "--api", off, "--out", filepath.Join(dir, "none")); r.code != exitUsage {
		t.Errorf("a receiver that is not there: exit code %d\n%s", r.code, r.err)
	}
	if code := live.stop(t); code != exitOK {
		t.Errorf("live ends with %d\n%s", code, live.errs)
	}

	// The live outputs are those of a machine that nothing ever happened to, and the replay of the whole log proves it.
	hub, done, err := stream.Attach(t.Context(), data, stream.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(replayed(t, hub), committed(t, hub)); diff != "" {
		t.Errorf("the live outputs differ (-undisturbed +live):\n%.2000s", diff)
	}
	checkpoint, _, err := hub.Checkpoint(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	done()
	at, err := wire.DecodeCheckpoint(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	if lines := replayHashes(t, "--data", data); of(lines, "output") != "output sha256:"+at.Hash {
		t.Errorf("a replay of the whole log gives\n%sthe live checkpoint says %s", lines, at.Hash)
	}
}

func (h *hook) await(t *testing.T, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d deliveries", n), func() bool {
		keys, _ := h.all()
		slices.Sort(keys)
		return len(slices.Compact(keys)) >= n
	})
}

// settledKeys are the keys of all live alerts, sorted, once the machine has nothing more to do.
func settledKeys(t *testing.T, data string) (keys []string) {
	t.Helper()
	eventually(t, "rest of the live machine", func() bool {
		return strings.Contains(quidnunc(t, "status", "--data", data).out, "lag         0 entries")
	})
	hub, done, err := stream.Attach(t.Context(), data, stream.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	err = hub.Scan(t.Context(), stream.Events, wire.AlertKind+".>", 1, func(m stream.Stored) error {
		a, err := wire.DecodeAlert(m.Data)
		keys = append(keys, a.Key())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	return keys
}

func TestReplayIsSteeredByPrograms(t *testing.T) {
	dir := t.TempDir()
	archiveOf(t, dir, 200, rand.New(rand.NewPCG(1, 1)))
	s := serve(t, "replay", "--rules", filepath.Join(dir, "rules.yaml"), "--speed", "1", "--api", "127.0.0.1:0", "--out", filepath.Join(dir, "out"), filepath.Join(dir, "articles.jsonl"))
	api := regexp.MustCompile(`http://[0-9.:]+/v1/replay`).FindString(s.complains(t, "tells how far it is"))
	progress := func(method, path string) (p replay.Progress) {
		t.Helper()
		status, body := ask(t, method, api+path, "")
		if err := json.Unmarshal([]byte(body), &p); err != nil || status != http.StatusOK {
			t.Fatalf("%s %s: %d %s", method, path, status, body)
		}
		return p
	}
	if p := progress("POST", "/pause"); p.State != "paused" || p.Speed != 1 {
		t.Errorf("paused: %+v", p)
	}
	progress("POST", "/step?n=7")
	eventually(t, "seven steps", func() bool { return progress("GET", "").Reports >= 7 })
	if p := progress("GET", ""); p.Reports > 8 || p.State != "paused" {
		t.Errorf("stepped: %+v", p)
	}
	if status, _ := ask(t, "POST", api+"/step?n=0", ""); status != http.StatusBadRequest {
		t.Errorf("a step of nothing: %d", status)
	}
	if _, metrics := ask(t, "GET", strings.TrimSuffix(api, "/v1/replay")+"/metrics", ""); !strings.Contains(metrics, "quidnunc_replay_reports_total") {
		t.Errorf("metrics: %.300s", metrics)
	}
	second := quidnunc(t, "replay", "--rules", filepath.Join(dir, "rules.yaml"), "--api", off, "--out", filepath.Join(dir, "out"), filepath.Join(dir, "articles.jsonl"))
	if second.code != exitUsage || !strings.Contains(second.err, "another replay is writing into it: wait until it has ended, or choose another directory with --out") {
		t.Errorf("a second replay into the directory: exit code %d\n%s", second.code, second.err)
	}
	progress("POST", "/speed?x=0")
	progress("POST", "/resume")
	eventually(t, "end", func() bool { return strings.Contains(s.out.String(), "output sha256:") })
	if code := s.stop(t); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// Ctrl-C drains and leaves a checkpoint, with the exit code of what was interrupted; the same command goes on there.
func TestCtrlCLeavesAReplayToGoOn(t *testing.T) {
	dir := t.TempDir()
	archiveOf(t, dir, 200, rand.New(rand.NewPCG(2, 2)))
	args := []string{"replay", "--rules", filepath.Join(dir, "rules.yaml"), "--speed", "1", "--api", off, "--out", filepath.Join(dir, "out"), filepath.Join(dir, "articles.jsonl")}
	var out, errs bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	defer time.AfterFunc(2*time.Second, cancel).Stop()
	if code := Main(ctx, args, streams{strings.NewReader(""), &out, &errs}); code != exitInterrupted {
		t.Errorf("exit code %d\n%s\n%s", code, &out, &errs)
	}
	if !strings.Contains(out.String(), "the same command goes on there") {
		t.Errorf("it does not say how to go on:\n%s", &out)
	}
	args[4] = "max" // the speed is no part of what was asked for
	r := quidnunc(t, args...)
	if r.code != exitOK || !strings.Contains(r.err, "goes on behind entry") {
		t.Errorf("exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
	args[8] = filepath.Join(dir, "whole")
	if whole := quidnunc(t, args...); fourLines.FindString(whole.out) != fourLines.FindString(r.out) || whole.code != exitOK {
		t.Errorf("taken up it gives\n%sundisturbed\n%s", r.out, whole.out)
	}
	if r := quidnunc(t, "replay", "--rules", filepath.Join(dir, "rules.yaml"), "--order", "log", "--api", off, "--out", filepath.Join(dir, "out"), filepath.Join(dir, "articles.jsonl")); r.code != exitUsage {
		t.Errorf("another replay into the same directory: exit code %d\n%s", r.code, r.err)
	}
}

func TestReplayRefusesWhatCannotWork(t *testing.T) {
	dir := t.TempDir()
	rules := write(t, dir, "rules.yaml", oneRule)
	file := write(t, dir, "a.txt", readFile(t, "sample/articles/seed-article.txt"))
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"a time that is none":            {[]string{"--from", "yesterday"}, "--from"},
		"an end before the beginning":    {[]string{"--from", "2021-11-01", "--to", "2021-10-01"}, "not before"},
		"a speed that is none":           {[]string{"--speed", "fast"}, "--speed"},
		"a negative speed":               {[]string{"--speed", "-1"}, "--speed"},
		"an order that is none":          {[]string{"--order", "random"}, "--order"},
		"a format that is none":          {[]string{"--format", "xml"}, "--format"},
		"files without rules":            {[]string{file}, "name them with --rules"},
		"publication without rules":      {[]string{"--order", "published", "--data", dir}, "--rules"},
		"a file that is not there":       {[]string{"--rules", rules, filepath.Join(dir, "none.txt")}, "none.txt"},
		"rules that are none":            {[]string{"--rules", file, file}, ""},
		"a snapshot for files":           {[]string{"--base", "latest", "--rules", rules, file}, "--base"},
		"the log and files":              {[]string{"--source", "stream", "--rules", rules, file}, "--source"},
		"a negative time between":        {[]string{"--checkpoint", "-1s", "--rules", rules, file}, "--checkpoint"},
		"a receiver that is not there":   {[]string{"--deliver-to", "nobody", "--rules", rules, file}, "nobody"},
		"an address others could ask at": {[]string{"--api", "0.0.0.0:0", "--rules", rules, file}, "api"},
	} {
		r := quidnunc(t, append([]string{"replay", "--out", filepath.Join(t.TempDir(), "out")}, c.args...)...)
		if r.code != exitUsage || !strings.Contains(r.err, c.says) {
			t.Errorf("%s: exit code %d\n%s%s", name, r.code, r.out, r.err)
		}
	}
}
