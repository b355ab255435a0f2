package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const oneRule = "rules:\n- name: sanctions\n  query: 'what:SANCTION'\n"

// goodArticle is told whatever else is in the input.
const goodArticle = `{"id":"good","lang":"en","text":"Russia expelled seven diplomats of Poland on Monday.","published":"2022-03-04"}` + "\n"

// runOver runs once over a file of the given name and text, and returns what happened and the directory of the data.
func runOver(t *testing.T, name, text, rules string) (result, string) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "in/"+name, text)
	write(t, dir, "in/z-good.jsonl", goodArticle)
	write(t, dir, "rules.yaml", rules)
	config := write(t, dir, "quidnunc.yaml", "data: data\nsources:\n- archive: [in]\nrules: [rules.yaml]\nmetrics: {listen: 'off'}\n")
	return quidnunc(t, "run", "--once", "--config", config), filepath.Join(dir, "data")
}

func TestBadInputIsBuriedWithItsReasonAndLosesNothingElse(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		reason     string // in the dead letters; "": nothing is buried
		articles   int    // read, the good one included
	}{
		"a broken line":            {"a.jsonl", "{\"id\": \n", "a.jsonl:1", 1},
		"a line of 20 MB":          {"a.jsonl", `{"text":"` + strings.Repeat("a", 20<<20) + "\"}\n", "a.jsonl:1", 1},
		"invalid UTF-8":            {"a.jsonl", "{\"id\":\"1\",\"text\":\"Caf\xff is open.\",\"published\":\"2022-01-01\"}\n", "", 2},
		"an empty document":        {"a.jsonl", "{\"id\":\"1\",\"text\":\"\"}\n", "a.jsonl:1", 1},
		"one without a date":       {"a.jsonl", "{\"id\":\"1\",\"lang\":\"en\",\"text\":\"China imposed sanctions on Japan.\"}\n", "", 2},
		"an article of 3 MB":       {"a.txt", " date 2022-01-01 China imposed sanctions on Japan. " + strings.Repeat("More was said of it. ", 150_000), "", 2},
		"a gzip file that is none": {"a.jsonl.gz", "this is no gzip", "a.jsonl.gz", 1},
	} {
		t.Run(name, func(t *testing.T) {
			r, data := runOver(t, c.file, c.text, oneRule)
			if r.code != exitOK || !strings.Contains(r.out, "sanctions ·") {
				t.Fatalf("exit code %d\n%.3000s\n%s", r.code, r.out, r.err)
			}
			if want := fmt.Sprintf("\n%d articles, ", c.articles); !strings.Contains(r.out, want) {
				t.Errorf("want %q in\n%s", want, tailOf(r.out))
			}
			dead := quidnunc(t, "dead", "list", "--data", data)
			if c.reason == "" {
				if !strings.Contains(dead.out, "no dead letters") {
					t.Errorf("buried:\n%s", dead.out)
				}
				return
			}
			if !strings.Contains(dead.out, c.reason) || !strings.Contains(tailOf(r.out), ", 1 dead") {
				t.Errorf("want a dead letter with %q; there is\n%s\n%s", c.reason, dead.out, tailOf(r.out))
			}
			number := strings.Fields(dead.out)[0]
			if show := quidnunc(t, "dead", "show", number, "--data", data); show.code != exitOK || !strings.Contains(show.out, "reason   ") {
				t.Errorf("dead show: exit code %d\n%s\n%s", show.code, show.out, show.err)
			}
		})
	}
}

func TestAWebhookGetsItsAlertAndAnUnreachableOneIsNamed(t *testing.T) {
	var bodies []string
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		bodies = append(bodies, r.Header.Get("Idempotency-Key")+" "+string(body))
	}))
	defer hook.Close()
	rules := oneRule + "  to: [desk]\nreceivers:\n- name: desk\n  webhook: {url: '" + hook.URL + "'}\n"
	if r, _ := runOver(t, "none.jsonl", "", rules); r.code != exitOK || len(bodies) != 1 || !strings.Contains(bodies[0], `"sanctions"`) {
		t.Errorf("exit code %d, %d requests\n%s\n%s", r.code, len(bodies), r.out, r.err)
	}

	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	unreachable := "http://" + closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "in/z-good.jsonl", goodArticle)
	write(t, dir, "rules.yaml", "rules:\n- {name: sanctions, query: 'what:SANCTION', to: [desk, terminal]}\nreceivers:\n- name: desk\n  webhook: {url: '"+unreachable+"'}\n")
	config := write(t, dir, "quidnunc.yaml", "data: data\nsources:\n- archive: [in]\nrules: [rules.yaml]\nmetrics: {listen: 'off'}\n")
	r := quidnunc(t, "run", "--once", "--config", config, "--grace", "3s")
	if r.code != exitFailure || !strings.Contains(r.err, "1 deliveries to desk") {
		t.Errorf("exit code %d, want %d and what is open\n%s\n%s", r.code, exitFailure, r.out, r.err)
	}
	if !strings.Contains(r.out, "sanctions ·") {
		t.Errorf("the terminal got nothing:\n%s", r.out)
	}
}

// oldServer says what a nats-server before 2.12 says first.
func oldServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, `INFO {"server_id":"X","version":"2.11.4","proto":1,"headers":true,"jetstream":true,"max_payload":1048576}`+"\r\n")
			buf := make([]byte, 4096)
			for {
				n, err := conn.Read(buf)
				if err != nil {
					break
				}
				if strings.Contains(string(buf[:n]), "PING") {
					fmt.Fprint(conn, "PONG\r\n")
				}
			}
			_ = conn.Close()
		}
	}()
	return "nats://" + l.Addr().String()
}

func TestAServerWithoutAtomicBatchesIsRefusedInOneSentence(t *testing.T) {
	r := quidnunc(t, "run", "--once", "--nats", oldServer(t), "--metrics", "off")
	if r.code != exitFailure || !strings.Contains(r.err, "2.11.4") || !strings.Contains(r.err, "2.12") || strings.Count(strings.TrimSpace(r.err), "\n") > 0 {
		t.Errorf("exit code %d\n%s", r.code, r.err)
	}
}

var aMetric = regexp.MustCompile(`http://[0-9.:]+/metrics`)

func TestMetricsTellOfWhatWasRead(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "in/a.jsonl", "{broken\n"+goodArticle)
	write(t, dir, "rules.yaml", oneRule)
	config := write(t, dir, "quidnunc.yaml", "data: data\nsources:\n- archive: [in]\nrules: [rules.yaml]\nmetrics: {listen: '127.0.0.1:0'}\n")
	s := serve(t, "run", "--config", config)
	out := s.says(t, "sanctions ·")
	url := aMetric.FindString(out)
	deadline := time.Now().Add(20 * time.Second)
	wants := []string{
		`quidnunc_producer_articles_total{outcome="read"} 1`, `quidnunc_producer_events_total{what="SANCTION"} 1`,
		`quidnunc_reports_total{fate="stepped"} 1`, `quidnunc_alerts_total{change="new",severity="medium"} 1`, `quidnunc_rules_loaded 1`,
		`quidnunc_producer_bad_input_total{reason="broken_line"} 1`, "quidnunc_consumer_lag_messages 0", "quidnunc_build_info{",
		`jetstream_stream_total_messages{`, "quidnunc_checkpoint_sequence ", `quidnunc_courier_deliveries_total{outcome="delivered",receiver="terminal"} 1`,
		"quidnunc_dead_letters ",
	}
	for {
		page := get(t, url, http.StatusOK)
		missing := ""
		for _, want := range wants {
			if !strings.Contains(page, want) {
				missing = want
			}
		}
		if missing == "" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q is not in\n%s", missing, page)
		}
		time.Sleep(100 * time.Millisecond)
	}
	get(t, strings.TrimSuffix(url, "metrics")+"healthz", http.StatusOK)
	get(t, strings.TrimSuffix(url, "metrics")+"readyz", http.StatusOK)
}

func get(t *testing.T, url string, want int) string {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != want {
		t.Fatalf("%s: %s (%v)\n%s", url, r.Status, err, body)
	}
	return string(body)
}
