package main

import (
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// The first lines name ports and directories, which differ from run to run.
var (
	aURL = regexp.MustCompile(`(nats|http)://[0-9.]+:[0-9]+`)
	aDir = regexp.MustCompile(`(?m)^(data     |ask .*--data ).*$`)
)

func settled(s string) string {
	return aDir.ReplaceAllString(aURL.ReplaceAllString(s, "$1://ADDRESS"), "${1}DIRECTORY")
}

func TestRunOnceOverTheSample(t *testing.T) {
	dir := t.TempDir()
	once := []string{"run", "--once", "--data", dir}
	first := quidnunc(t, once...)
	if first.code != exitOK {
		t.Fatalf("exit code %d\n%s\n%s", first.code, first.out, first.err)
	}
	golden(t, "run-once.golden", settled(first.out))
	if n := strings.Count(first.out, "  russia-nato-rupture ·"); n != 1 {
		t.Errorf("%d alerts for russia-nato-rupture, want 1", n)
	}
	if !strings.Contains(first.out, "suspendre] sa mission permanente") {
		t.Error("the alert does not cite the suspension of the permanent mission")
	}

	// Run again: within the dedup window, with a short one, and after that one has passed.
	alerts := regexp.MustCompile(`(\d+) alerts`).FindStringSubmatch(first.out[strings.LastIndex(first.out, "articles,"):])[1]
	for _, again := range [][]string{once, append(once, "--dedup-window", "1s"), append(once, "--dedup-window", "1s")} {
		r := quidnunc(t, again...)
		if r.code != exitOK || !strings.Contains(r.out, "nothing new: ") || !strings.Contains(r.out, alerts+" alerts were told before") {
			t.Errorf("%v: exit code %d\n%s\n%s", again, r.code, r.out, r.err)
		}
		if strings.Contains(r.out, "·") {
			t.Errorf("%v tells alerts again:\n%s", again, r.out)
		}
		time.Sleep(1100 * time.Millisecond)
	}

	explained(t, dir, first.out)
	if r := quidnunc(t, "verify", "--data", dir); r.code != exitOK || !strings.Contains(r.out, "all good") {
		t.Errorf("verify: exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
	if r := quidnunc(t, "status", "--data", dir); r.code != exitOK || !strings.Contains(r.out, "lag         0 entries") {
		t.Errorf("status: exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
}

// natsURL is the address that a command printed.
func natsURL(t *testing.T, out string) string {
	t.Helper()
	url := regexp.MustCompile(`nats://[0-9.:]+`).FindString(out)
	if url == "" {
		t.Fatalf("no address in\n%s", out)
	}
	return url
}

// listener is anybody with a NATS client and no credential.
type listener struct {
	conn   *nats.Conn
	denied chan string
}

func anonymous(t *testing.T, url string) *listener {
	t.Helper()
	l := &listener{denied: make(chan string, 16)}
	conn, err := nats.Connect(url, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { l.denied <- err.Error() }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	l.conn = conn
	return l
}

func (l *listener) hear(t *testing.T, subject string) chan *nats.Msg {
	t.Helper()
	heard := make(chan *nats.Msg, 10_000)
	if _, err := l.conn.ChanSubscribe(subject, heard); err != nil {
		t.Fatal(err)
	}
	if err := l.conn.Flush(); err != nil {
		t.Fatal(err)
	}
	return heard
}

func (l *listener) wasDenied(t *testing.T, what string) {
	t.Helper()
	select {
	case <-l.denied:
	case <-time.After(5 * time.Second):
		t.Errorf("%s was not denied", what)
	}
}

func TestAnybodyMayListenAndDoNothingElse(t *testing.T) {
	// The listener must be there before the events are: a first instance over an empty source keeps the server up, and
	// a producer joins it.
	dir := t.TempDir()
	empty := write(t, dir, "empty/none.jsonl", "")
	rules := write(t, dir, "rules.yaml", "rules:\n- name: all-sanctions\n  query: 'what:SANCTION'\n")
	config := write(t, dir, "quidnunc.yaml", "data: data\nsources:\n- archive: ["+empty+"]\nrules: ["+rules+"]\n")
	server := serve(t, "run", "--config", config, "--metrics", "off")
	url := natsURL(t, server.says(t, "rules    1"))

	l := anonymous(t, url)
	told, alerts := l.hear(t, "quidnunc.told.>"), l.hear(t, "quidnunc.alert.>")
	seed := write(t, dir, "seed/seed.txt", readFile(t, "sample/articles/seed-article.txt"))
	producing := write(t, dir, "produce.yaml", "data: data\nsources:\n- archive: ["+seed+"]\nrules: ["+rules+"]\n")
	if r := quidnunc(t, "produce", "--config", producing, "--metrics", "off"); r.code != exitOK {
		t.Fatalf("produce: exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
	subjects := map[string]int{}
	collect := func(heard chan *nats.Msg, wait time.Duration) {
		for {
			select {
			case m := <-heard:
				subjects[m.Subject]++
				wait = time.Second
			case <-time.After(wait):
				return
			}
		}
	}
	collect(told, 10*time.Second)
	collect(alerts, 10*time.Second)
	for _, want := range []string{"quidnunc.told.sanction.rus.nato", "quidnunc.told.sanction.nato.rus", "quidnunc.told.coerce.rus.ukr"} {
		if subjects[want] == 0 {
			t.Errorf("nobody hears %s; heard %v", want, subjects)
		}
	}
	if n := subjects["quidnunc.alert.none.all-sanctions.medium"]; n != 1 {
		t.Errorf("the alert is heard %d times, want once; heard %v", n, subjects)
	}

	for _, subject := range []string{"log.>", "$JS.>", ">", "$SYS.>"} {
		l.hear(t, subject)
		l.wasDenied(t, "to listen to "+subject)
	}
	for _, subject := range []string{"quidnunc.alert.none.forged.high", "log.quidnunc.report.fr.none", "$JS.API.STREAM.DELETE.quidnunc_REPORTS"} {
		if err := l.conn.Publish(subject, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		if err := l.conn.Flush(); err != nil {
			t.Fatal(err)
		}
		l.wasDenied(t, "to publish to "+subject)
	}
}

func TestTheHalvesJoinOnOneDirectory(t *testing.T) {
	dir := t.TempDir()
	empty := write(t, dir, "none.jsonl", "")
	config := write(t, dir, "quidnunc.yaml", "sources:\n- archive: ["+empty+"]\nrules: ["+write(t, dir, "rules.yaml", oneRule)+"]\n")
	data := filepath.Join(dir, "data")
	first := serve(t, "produce", "--config", config, "--data", data, "--metrics", "off")
	if out := first.says(t, "serving until interrupted"); !strings.Contains(out, "0 articles, ") || natsURL(t, out) == "" {
		t.Errorf("produce says\n%s", out)
	}
	if r := quidnunc(t, "run", "--once", "--data", data, "--metrics", "off"); r.code != exitFailure || !strings.Contains(r.err, data) {
		t.Errorf("a second server on the directory: exit code %d\n%s", r.code, r.err)
	}
	c := serve(t, "consume", "--data", data, "--metrics", "off")
	c.says(t, "rules    ")
	if r := quidnunc(t, "produce", "--data", data, "--metrics", "off"); r.code != exitOK || !strings.Contains(r.out, " articles, ") {
		t.Errorf("a second producer: exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
	c.says(t, "russia-nato-rupture ·")
	follower := serve(t, "tail", "--data", data, "told.>")
	time.Sleep(500 * time.Millisecond) // until it listens: what is told before is not heard
	again := write(t, dir, "more.jsonl", goodArticle)
	more := write(t, dir, "more.yaml", "sources:\n- archive: ["+again+"]\nrules: ["+filepath.Join(dir, "rules.yaml")+"]\n")
	if r := quidnunc(t, "produce", "--config", more, "--data", data, "--metrics", "off"); r.code != exitOK {
		t.Errorf("a third producer: exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
	if out := follower.says(t, "Russia"); !strings.Contains(out, "SANCTION") {
		t.Errorf("tail says\n%s", out)
	}
	for name, s := range map[string]*serving{"tail": follower, "consume": c, "produce": first} {
		if code := s.stop(t); code != exitOK {
			t.Errorf("%s ends with %d\n%s", name, code, s.errs)
		}
	}
}

func TestRulesPutReachesARunningInstanceAndAStoppedOne(t *testing.T) {
	dir := t.TempDir()
	in := write(t, dir, "in/none.jsonl", "")
	rules := write(t, dir, "rules.yaml", oneRule)
	other := write(t, dir, "other.yaml", "rules:\n- name: protests\n  query: 'what:PROTEST'\n")
	config := write(t, dir, "quidnunc.yaml", "data: data\nsources:\n- archive: ["+in+"]\nrules: ["+rules+"]\nmetrics: {listen: 'off'}\n")
	data := filepath.Join(dir, "data")
	s := serve(t, "run", "--config", config)
	s.says(t, "rules    1")
	if r := quidnunc(t, "rules", "put", "--data", data, other); r.code != exitOK || !strings.Contains(r.out, "1 rules are in the log") {
		t.Errorf("rules put: exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
	if code := s.stop(t); code != exitOK {
		t.Errorf("run ends with %d\n%s", code, s.errs)
	}
	if r := quidnunc(t, "rules", "put", "--data", data, other); r.code != exitOK || !strings.Contains(r.out, "in force already") {
		t.Errorf("rules put: exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
	if r := quidnunc(t, "rules", "check", other); r.code != exitOK || !strings.Contains(r.out, "protests  medium, live") {
		t.Errorf("rules check: exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
}

func TestAChangedRuleFileIsInForceAndABrokenOneIsNot(t *testing.T) {
	dir := t.TempDir()
	in := write(t, dir, "in/none.jsonl", "")
	rules := write(t, dir, "rules.yaml", oneRule)
	config := write(t, dir, "quidnunc.yaml", "data: data\nsources:\n- archive: ["+in+"]\nrules: ["+rules+"]\nmetrics: {listen: 'off'}\n")
	s := serve(t, "run", "--config", config, "--log", "info")
	s.says(t, "rules    1")
	write(t, dir, "rules.yaml", "rules:\n- name: (\n")
	s.complains(t, "the last good version stays in force")
	write(t, dir, "rules.yaml", oneRule+"- name: protests\n  query: 'what:PROTEST'\n")
	s.complains(t, "rules told")
	if code := s.stop(t); code != exitOK {
		t.Errorf("run ends with %d\n%s", code, s.errs)
	}
}

// The process that holds the server is stopped for longer than the lease lasts; the one that joined it goes on.
func TestAConsumerThatLosesItsLeaseWaitsForItAgain(t *testing.T) {
	dir := t.TempDir()
	config := write(t, dir, "quidnunc.yaml", "sources:\n- archive: ["+write(t, dir, "none.jsonl", "")+"]\nrules: ["+write(t, dir, "rules.yaml", oneRule)+"]\n")
	data := filepath.Join(dir, "data")
	server := program(t, "produce", "--config", config, "--data", data, "--metrics", "off")
	out := &tee{}
	server.Stdout, server.Stderr = out, out
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	for deadline := time.Now().Add(time.Minute); !strings.Contains(out.String(), "serving until"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no server after a minute\n%s", out)
		}
	}
	c := serve(t, "consume", "--config", config, "--data", data, "--metrics", "off")
	c.says(t, "rules    1")
	if err := server.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Second)
	if err := server.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	more := write(t, dir, "more.yaml", "sources:\n- archive: ["+write(t, dir, "more.jsonl", goodArticle)+"]\nrules: ["+filepath.Join(dir, "rules.yaml")+"]\n")
	if r := quidnunc(t, "produce", "--config", more, "--data", data, "--metrics", "off"); r.code != exitOK {
		t.Errorf("produce: exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
	c.says(t, "sanctions ·")
	if code := c.stop(t); code != exitOK {
		t.Errorf("consume ends with %d\n%s", code, c.errs)
	}
}

// A second run over an archive goes on behind its end; what was added since is all that it reads. An interrupted run
// goes on where it was.
func TestAnArchiveIsGoneOnWith(t *testing.T) {
	dir := t.TempDir()
	file := archiveOf(t, dir, 300, rand.New(rand.NewPCG(1, 2)))
	for n, want := range []string{"300 articles,", "nothing new: 1 archives read to their end before;", "1 articles, 1 events"} {
		if n == 2 {
			write(t, dir, "more.jsonl", `{"id":"more","lang":"en","text":"Russia expelled two diplomats of France on Monday.","published":"2023-01-01"}`+"\n")
			write(t, dir, "quidnunc.yaml", strings.Replace(readFile(t, file), "[articles.jsonl]", "['*.jsonl']", 1))
			r := quidnunc(t, "run", "--once", "--config", file)
			if r.code != exitOK || !strings.Contains(r.out, "301 articles,") {
				t.Fatalf("another list of files is read anew: exit code %d\n%s%s", r.code, tailOf(r.out), r.err)
			}
			write(t, dir, "much-more.jsonl", `{"id":"much","lang":"en","text":"Russia expelled two diplomats of Poland on Monday.","published":"2023-01-02"}`+"\n")
		}
		r := quidnunc(t, "run", "--once", "--config", file)
		if r.code != exitOK || !strings.Contains(r.out, want) {
			t.Fatalf("run %d: exit code %d, want %q in\n%s%s", n+1, r.code, want, r.out, r.err)
		}
	}
	if r := quidnunc(t, "verify", "--data", filepath.Join(dir, "data")); r.code != exitOK {
		t.Errorf("verify: exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
}
