package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// fault is something that goes wrong and raises an alert on ourselves until it is mended.
type fault struct {
	alert  string
	labels map[string]string // that the alert has, among others
	tells  string            // whom the example of a routing tells
	cause  func()
	mend   func()
}

// troubles are faults of the instance that does everything.
func troubles(t *testing.T) []fault {
	t.Helper()
	rules := filepath.Join(live.dir, "rules.yaml")
	good, err := os.ReadFile(rules)
	if err != nil {
		t.Fatal(err)
	}
	instead := func(text []byte) func() {
		return func() {
			if err := os.WriteFile(rules, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	nothing := func() {}
	here := map[string]string{"instance": live.address(t)}
	return []fault{
		{ // a subscriber is away, and comes
			alert: "QuidnuncReceiverDown", labels: map[string]string{"receiver": "late"}, tells: "team",
			cause: nothing,
			mend: func() {
				l, err := net.Listen("tcp", late)
				if err != nil {
					t.Fatal(err)
				}
				s := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})} //nolint:gosec // nobody is slow here
				go s.Serve(l)                                                                             //nolint:errcheck // ends with Close
				t.Cleanup(func() { _ = s.Close() })
			},
		},
		{ // a subscriber refuses what he is sent
			alert: "QuidnuncDeliveriesDead", labels: map[string]string{"receiver": "strict"}, tells: "on-call",
			cause: func() {
				world.change(func(o *outsideWorld) { o.refuses = true })
				sendNews(t, live, 3)
			},
			mend: func() { world.change(func(o *outsideWorld) { o.refuses = false }) },
		},
		{alert: "QuidnuncDeadLetters", tells: "team", cause: nothing, mend: nothing}, // of what he refused
		{ // publishers fail, all at once
			alert: "QuidnuncFeedsFailing", labels: here, tells: "editors",
			cause: func() { world.change(func(o *outsideWorld) { o.broken = true }) },
			mend:  func() { world.change(func(o *outsideWorld) { o.broken = false }) },
		},
		{ // no publisher has anything new, until one has
			alert: "QuidnuncNothingNew", labels: here, tells: "editors",
			cause: nothing,
			mend:  func() { world.change(func(o *outsideWorld) { o.items++ }) },
		},
		{ // an analyst breaks a rule file; the last, since the alerts above need the rules
			alert: "QuidnuncRulesNotReloaded", labels: here, tells: "editors",
			cause: instead([]byte("rules: [{name: broken, query: 'what:('}]\n")), mend: instead(good),
		},
	}
}

// apart is an instance of several processes: a server with the users of deploy/nats, a producer, and two consumers of which
// one works.
type apart struct {
	addresses []string // of the metrics: the producer's, then the consumers'

	dir       string
	server    *running
	producer  *running
	consumers [2]*running
	url       string
	events    jetstream.StreamConfig // as it should be
}

func separate(t *testing.T) *apart {
	t.Helper()
	listen := unusedAddress()
	a := &apart{addresses: []string{unusedAddress(), unusedAddress(), unusedAddress()}, dir: t.TempDir(), url: "nats://%[1]s:secret@" + listen}
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(a.dir, "nats-server"), "github.com/nats-io/nats-server/v2")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, user := range []string{"ADMINISTRATOR", "PRODUCER", "CONSUMER", "COURIER", "SUBSCRIBER", "SYSTEM"} {
		t.Setenv("QUIDNUNC_"+user+"_PASSWORD", "secret")
	}
	a.write(t, "accounts.conf", deployed(t, "nats/accounts.conf"))
	a.write(t, "server.conf", "listen: '"+listen+"'\njetstream { store_dir: store }\ninclude accounts.conf\n")
	a.write(t, "rules.yaml", "rules:\n- {name: expulsions, query: 'what:SANCTION', when: {each: article}, limit: none}\n")
	a.write(t, "quidnunc.yaml", "push: {listen: '127.0.0.1:0'}\nrules: [rules.yaml]\n")
	a.server = serve(t, a.dir, filepath.Join(a.dir, "nats-server"), "-c", "server.conf")
	program := filepath.Join(live.dir, "quidnunc")
	eventually(t, "the administrator makes the streams", func() bool {
		out, err := exec.Command(program, "streams", "make", "--nats", fmt.Sprintf(a.url, "administrator")).CombinedOutput()
		t.Logf("streams make: %s", out)
		return err == nil
	})
	a.consume(t, 0)
	eventually(t, "the first consumer has the turn", func() bool { return a.shows(1, `quidnunc_consumer_leads{shard="0/1"} 1`) })
	a.consume(t, 1)
	a.producer = serve(t, a.dir, program, "produce", "--nats", fmt.Sprintf(a.url, "producer"), "--config", "quidnunc.yaml", "--streams", "check",
		"--metrics", a.addresses[0])
	sendNews(t, a.producer, 3)
	eventually(t, "the first articles raise alerts", func() bool { return a.shows(1, `quidnunc_alerts_total{change="new",severity="medium"} 3`) })
	for n := range a.addresses {
		eventually(t, "each process is ready", func() bool { return a.shows(n, `quidnunc_ready{check="stream"} 1`) })
	}
	return a
}

func (a *apart) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// consume starts a consumer.
func (a *apart) consume(t *testing.T, n int) {
	t.Helper()
	a.consumers[n] = serve(t, a.dir, filepath.Join(live.dir, "quidnunc"), "consume", "--nats", fmt.Sprintf(a.url, "consumer"), "--config", "quidnunc.yaml",
		"--streams", "check", "--deliver=false", "--api", "off", "--metrics", a.addresses[1+n])
}

// shows tells whether a process shows a metric with a value.
func (a *apart) shows(n int, line string) bool {
	dump, err := read("http://" + a.addresses[n] + "/metrics")
	return err == nil && strings.Contains(string(dump), line+"\n")
}

// troubles are faults of these processes.
func (a *apart) troubles(t *testing.T) []fault {
	t.Helper()
	return []fault{
		{ // an administrator lets EVENTS hold no more than it holds; mended first, since a consumer that starts looks at the streams
			alert: "QuidnuncCheckpointStuck", labels: map[string]string{"instance": a.addresses[1]}, tells: "on-call",
			cause: func() {
				a.alter(t, func(c *jetstream.StreamConfig, s jetstream.StreamState) {
					c.MaxMsgs, c.Discard = int64(s.Msgs), jetstream.DiscardNew
				})
				sendNews(t, a.producer, 4)
			},
			mend: func() {
				a.alter(t, func(c *jetstream.StreamConfig, _ jetstream.StreamState) { *c = a.events })
			},
		},
		{ // the standby is killed
			alert: "QuidnuncDown", labels: map[string]string{"instance": a.addresses[2]}, tells: "on-call",
			cause: func() {
				if err := a.consumers[1].cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			},
			mend: func() { a.consume(t, 1) },
		},
	}
}

// alter changes the configuration of the stream EVENTS, as the administrator.
func (a *apart) alter(t *testing.T, change func(*jetstream.StreamConfig, jetstream.StreamState)) {
	t.Helper()
	nc, err := nats.Connect(fmt.Sprintf(a.url, "administrator"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	events, err := js.Stream(t.Context(), "quidnunc_EVENTS")
	if err != nil {
		t.Fatal(err)
	}
	info := events.CachedInfo()
	if a.events.Name == "" {
		a.events = info.Config
	}
	config := info.Config
	change(&config, info.State)
	if _, err := js.UpdateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
}

// caughtUp waits until an alert was told for each article, once, by whichever consumer has the turn now.
func (a *apart) caughtUp(t *testing.T) {
	t.Helper()
	var out []byte
	defer func() { t.Logf("verify: %s", out) }()
	eventually(t, "an alert for each article", func() bool {
		var err error
		out, err = exec.Command(filepath.Join(live.dir, "quidnunc"), "verify", "--nats", fmt.Sprintf(a.url, "administrator")).CombinedOutput()
		return err == nil && strings.Contains(string(out), " 7 alerts")
	})
}
