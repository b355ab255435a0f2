//go:build chaos

package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// The faults: `make chaos` runs each several times and writes docs/reliability.md, `make chaos-short` once.
var (
	chaosRuns = flag.Int("chaos-runs", 1, "how many times each fault happens")
	chaosFew  = flag.Bool("chaos-few", false, "only some of the points to be killed at, and one of the faults of a cluster, chosen by the seed")
	chaosSeed = flag.Uint64("chaos-seed", 0, "seed of what is random; 0: of the clock, printed")
	chaosDoc  = flag.String("chaos-doc", "", "file to write the table to")
)

// account is what one experiment did to everything that was offered.
type account struct {
	offered, stored, alerts, delivered, repeated int
	lost, doubled                                int
	recovery                                     time.Duration // from the fault until everything was delivered, or from its end where it lasts
}

// accounts of all experiments, by fault.
type accounts struct {
	mu    sync.Mutex
	order []string
	runs  map[string][]account
}

var book = accounts{runs: map[string][]account{}}

func (b *accounts) add(fault string, a account) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.runs[fault]; !known {
		b.order = append(b.order, fault)
	}
	b.runs[fault] = append(b.runs[fault], a)
}

// table is the page that is published.
func (b *accounts) table(seed uint64) string {
	var s strings.Builder
	fmt.Fprintf(&s, "| fault | runs | articles offered | alerts | deliveries | of them repeated, same key | lost | doubled | slowest recovery |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, fault := range b.order {
		var sum account
		for _, a := range b.runs[fault] {
			sum.offered += a.offered
			sum.alerts += a.alerts
			sum.delivered += a.delivered
			sum.repeated += a.repeated
			sum.lost += a.lost
			sum.doubled += a.doubled
			sum.recovery = max(sum.recovery, a.recovery)
		}
		fmt.Fprintf(&s, "| %s | %d | %d | %d | %d | %d | %d | %d | %.1f s |\n", fault, len(b.runs[fault]), sum.offered, sum.alerts, sum.delivered+sum.repeated,
			sum.repeated, sum.lost, sum.doubled, sum.recovery.Seconds())
	}
	fmt.Fprintf(&s, "\nSeed %d. Nothing offered was lost and no alert was told twice with different content, or the run would have failed.\n", seed)
	return s.String()
}

const chaosBegin, chaosEnd = "<!-- faults -->\n", "<!-- end of faults -->\n"

// write puts the table between the marks of the page.
func (b *accounts) write(t *testing.T, path string, seed uint64) {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), chaosBegin)
	_, after, ok2 := strings.Cut(rest, chaosEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", path)
	}
	if err := os.WriteFile(path, []byte(before+chaosBegin+b.table(seed)+chaosEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// stage is what an experiment happens on: articles, rules, a desk to deliver to, and a server.
type stage struct {
	t        *testing.T
	rng      *rand.Rand
	dir      string
	config   string
	articles int
	desk     *inbox
	node     *natsNode
	proxy    *proxy
}

func newStage(t *testing.T, rng *rand.Rand, articles int) *stage {
	t.Helper()
	s := &stage{t: t, rng: rng, dir: t.TempDir(), articles: articles, desk: newInbox(t)}
	archiveOf(t, s.dir, articles, rng)
	s.rules("")
	s.config = write(t, s.dir, "quidnunc.yaml", "data: data\nsources:\n- archive: [articles.jsonl]\nrules: [rules.yaml]\nmetrics: {listen: 'off'}\n")
	return s
}

func (s *stage) rules(more string) {
	s.t.Helper()
	write(s.t, s.dir, "rules.yaml", fmt.Sprintf(`rules:
- {name: russian-sanctions, query: 'what:SANCTION who:Russia', when: {each: event}, limit: 100000/h, to: [desk]}
- {name: accusations-of-iran, query: 'what:ACCUSE whom:Iran', severity: high, limit: 100000/h, to: [desk]}
- {name: embargo, query: 'embargo lang:en', when: {each: article}, severity: low, limit: 100000/h, to: [desk]}
%sreceivers:
- name: desk
  webhook: {url: '%s'}
`, more, s.desk.URL))
}

// external gives the stage a NATS server of its own behind a proxy.
func (s *stage) external() *stage {
	s.t.Helper()
	s.node = newNode(s.t, "one", freeAddr(s.t), "")
	s.node.start()
	s.proxy = newProxy(s.t, s.node.addr)
	return s
}

func (s *stage) start(args ...string) *process {
	s.t.Helper()
	return startProcess(s.t, program(s.t, args...))
}

// once runs the program over the server to its end.
func (s *stage) once(url string) {
	s.t.Helper()
	p := s.start(natsArgs("run", url, s.config, "--once", "--grace", "2m")...)
	if code := p.ended(4 * time.Minute); code != exitOK {
		s.t.Fatalf("exit code %d\n%s", code, lastLines(p.out.String(), 30))
	}
}

// settle compares all that there is with what was offered and what a machine says to which nothing happened.
func (s *stage) settle(url string) account {
	s.t.Helper()
	hub, err := stream.Connect(s.t.Context(), stream.Config{URL: url})
	if err != nil {
		s.t.Fatal(err)
	}
	defer hub.Close()
	a := s.accountOf(hub)
	if r := quidnunc(s.t, "verify", "--nats", url); r.code != exitOK {
		s.t.Errorf("verify: exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
	return a
}

func (s *stage) accountOf(hub *stream.Hub) account {
	s.t.Helper()
	a := account{offered: s.articles}
	seen := map[string]bool{}
	err := hub.Scan(s.t.Context(), stream.Reports, "report.>", 1, func(m stream.Stored) error {
		r, err := wire.DecodeReport(m.Data)
		seen[string(r.Article.ID)] = true
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	a.stored = len(seen)
	got, want := committed(s.t, hub), replayed(s.t, hub)
	if diff := gocmp.Diff(want, got); diff != "" {
		s.t.Errorf("the stream differs from what an undisturbed machine says (-undisturbed +stream):\n%.3000s", diff)
	}
	told := map[string]string{}
	for _, o := range got {
		if wire.Kind(o.Subject) != wire.AlertKind {
			continue
		}
		alert, err := wire.DecodeAlert([]byte(o.Body))
		if err != nil {
			s.t.Fatal(err)
		}
		if before, ok := told[alert.Key()]; ok && before != o.Body {
			a.doubled++
			s.t.Errorf("alert %s is told with two contents", alert.Key())
		}
		told[alert.Key()] = o.Body
	}
	a.alerts = len(told)
	delivered := s.desk.keys()
	for key := range told {
		if _, ok := delivered[key]; !ok {
			a.lost++
			s.t.Errorf("alert %s was not delivered", key)
		}
	}
	for key := range delivered {
		if _, ok := told[key]; !ok {
			a.doubled++
			s.t.Errorf("delivery %s is of no alert", key)
		}
	}
	a.delivered, a.repeated = len(delivered), s.desk.again
	if len(s.desk.differs) > 0 {
		a.doubled += len(s.desk.differs)
		s.t.Errorf("deliveries came again with another content: %q", s.desk.differs)
	}
	if a.stored != a.offered {
		a.lost += a.offered - a.stored
		s.t.Errorf("%d of %d articles are stored", a.stored, a.offered)
	}
	if a.alerts < s.articles/20 {
		s.t.Errorf("only %d alerts of %d articles: the experiment shows nothing", a.alerts, s.articles)
	}
	return a
}

// point is a place at which the program is killed: before the server has something, or when it has it and the program
// does not know yet.
type point struct {
	name  string
	match func(frame) bool
	after bool
	skip  int // most that go by first

	articles int // offered; 0 means 150
}

func points() []point {
	sent := func(prefix string, last bool) func(frame) bool {
		return func(f frame) bool { return strings.HasPrefix(f.subject, prefix) && (!last || f.commits()) }
	}
	var out []point
	for _, p := range []point{
		{name: "the rules are told", match: sent("log.quidnunc.rules.", false)},
		{name: "a batch of articles is stored", match: sent("log.quidnunc.report.", true), skip: 3, articles: 1500},
		{name: "the end of the archive is told", match: sent("log.quidnunc.tick", false)},
		{name: "events, alerts and the checkpoint are committed", match: sent("log.quidnunc.checkpoint.", true), skip: 3, articles: 1500},
		{name: "a snapshot is stored", match: sent("$O.quidnunc_SNAPSHOTS.C.", false)},
		{name: "a snapshot is named", match: sent("$O.quidnunc_SNAPSHOTS.M.", false)},
		{name: "a delivery is queued", match: sent("log.quidnunc.delivery.", false), skip: 20},
		{name: "the ledger is written", match: sent("$KV.quidnunc_LEDGER.", false), skip: 60},
		{name: "an alert is acknowledged", match: sent("$JS.ACK.quidnunc_EVENTS.", false), skip: 10},
		{name: "a delivery is acknowledged", match: sent("$JS.ACK.quidnunc_DELIVERIES.", false), skip: 10},
	} {
		before, after := p, p
		before.name, after.name, after.after = "before "+p.name, "after "+p.name, true
		out = append(out, before, after)
	}
	return out
}

func TestChaos(t *testing.T) {
	seed := cmp.Or(*chaosSeed, uint64(time.Now().UnixNano()))
	t.Logf("seed %d (-chaos-seed makes it happen again)", seed)
	rng := func(t *testing.T, run int) *rand.Rand {
		return rand.New(rand.NewPCG(seed, uint64(len(t.Name())*1000+run)))
	}
	kills, faults := points(), experiments()
	if *chaosFew {
		kills, faults = few(rng(t, 0), kills, faults)
	}
	for _, p := range kills {
		t.Run("killed "+p.name, func(t *testing.T) {
			for run := range *chaosRuns {
				book.add("kill -9 "+p.name, killedAt(t, rng(t, run), p))
			}
		})
	}
	for _, e := range faults {
		t.Run(e.name, func(t *testing.T) {
			for run := range *chaosRuns {
				book.add(e.name, e.do(t, rng(t, run)))
			}
		})
	}
	if *chaosDoc != "" && !t.Failed() {
		book.write(t, *chaosDoc, seed)
	}
	t.Log("\n" + book.table(seed))
}

// few leaves some out, so that it does not take long.
func few(rng *rand.Rand, kills []point, faults []experiment) ([]point, []experiment) {
	rng.Shuffle(len(kills), func(i, j int) { kills[i], kills[j] = kills[j], kills[i] })
	rng.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
	clusters := 0
	faults = slices.DeleteFunc(faults, func(e experiment) bool {
		if strings.HasPrefix(e.name, "three nodes") {
			clusters++
			return clusters > 1
		}
		return false
	})
	return kills[:6], faults
}

// experiment is one fault and what is done about it.
type experiment struct {
	name string
	do   func(*testing.T, *rand.Rand) account
}

func experiments() []experiment {
	return []experiment{
		{"kill -9 before the webhook answers", func(t *testing.T, rng *rand.Rand) account { return killedBySend(t, rng, false) }},
		{"kill -9 after the webhook answered", func(t *testing.T, rng *rand.Rand) account { return killedBySend(t, rng, true) }},
		{"SIGTERM in the middle: drains within 10 s", terminated},
		{"the active machine stopped (SIGSTOP) for long and its return", slept},
		{"the active machine killed after Step, before Commit, a standby ahead", leaderKilled},
		{"the server killed and started again", serverKilled},
		{"a rules file half-written while it is reloaded", rulesHalfWritten},
		{"a rule that matches everything", everythingMatches},
		{"a webhook that breaks off or answers 500, 429 and 503", moodyWebhook},
		{"a webhook that hangs, and one that answers without end", endlessWebhook},
		{"a webhook that is gone (410), opened and driven again by hand", goneWebhook},
		{"a snapshot damaged on the server", snapshotDamaged},
		{"a block of the log damaged: refused, and whole again from a copy", blockDamaged},
		{"the disk full, and freed", diskFull},
		{"three nodes, each killed in turn", nodesKilled},
		{"three nodes, two killed: writes stop, and resume whole", twoNodesKilled},
		{"three nodes, one cut off from the others", nodeCutOff},
	}
}

// killedAt kills the program at a point and lets it go to the end after that.
func killedAt(t *testing.T, rng *rand.Rand, p point) account {
	s := newStage(t, rng, cmp.Or(p.articles, 150)).external()
	skip := 0
	if p.skip > 0 {
		skip = rng.IntN(p.skip)
	}
	victim := make(chan *process, 1)
	killed := make(chan struct{})
	s.proxy.trap.Store(&trap{match: p.match, after: p.after, skip: skip, spring: func() {
		(<-victim).kill()
		close(killed)
	}})
	v := s.start(natsArgs("run", s.proxy.url(), s.config, "--once", "--grace", "2m")...)
	victim <- v
	select {
	case <-killed:
	case <-v.done:
		<-time.After(100 * time.Millisecond) // it may just have been killed
		select {
		case <-killed:
		default:
			t.Fatalf("the program ended before the point\n%s", lastLines(v.out.String(), 20))
		}
	case <-time.After(2 * time.Minute):
		t.Fatalf("the point is not reached\n%s", lastLines(v.out.String(), 20))
	}
	began := time.Now()
	s.proxy.trap.Store(nil)
	s.once(s.proxy.url())
	recovery := time.Since(began)
	a := s.settle(s.node.url())
	a.recovery = recovery
	return a
}

// killedBySend kills the program while the webhook has a request, before or just after it is answered.
func killedBySend(t *testing.T, rng *rand.Rand, answered bool) account {
	s := newStage(t, rng, 150).external()
	victim, killed := make(chan *process, 1), make(chan struct{})
	at := 1 + rng.IntN(5)
	var once sync.Once
	s.desk.behave(func(w http.ResponseWriter, nth int) bool {
		if nth != at {
			return true
		}
		go once.Do(func() {
			if answered {
				time.Sleep(time.Millisecond)
			}
			(<-victim).kill()
			close(killed)
		})
		if !answered {
			<-killed
			return false
		}
		return true
	})
	v := s.start(natsArgs("run", s.proxy.url(), s.config, "--once", "--grace", "2m")...)
	victim <- v
	select {
	case <-killed:
	case <-time.After(2 * time.Minute):
		t.Fatalf("the webhook is not asked\n%s", lastLines(v.out.String(), 20))
	}
	began := time.Now()
	s.once(s.proxy.url())
	recovery := time.Since(began)
	a := s.settle(s.node.url())
	a.recovery = recovery
	return a
}

func terminated(t *testing.T, rng *rand.Rand) account {
	s := newStage(t, rng, 400).external()
	p := s.start(natsArgs("run", s.node.url(), s.config)...)
	s.until("the first deliveries", func() bool { return s.desk.count() > 3 })
	began := time.Now()
	p.signal(syscall.SIGTERM)
	if code := p.ended(10 * time.Second); code != exitOK {
		t.Fatalf("exit code %d within 10 s of SIGTERM\n%s", code, lastLines(p.out.String(), 20))
	}
	drained := time.Since(began)
	s.once(s.node.url())
	a := s.settle(s.node.url())
	a.recovery = drained
	return a
}

// until waits for something to become true.
func (s *stage) until(what string, is func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: not within two minutes", what)
		}
	}
}

// allDelivered waits until every alert that was committed is delivered and nothing of the log is left to read.
func (s *stage) allDelivered(url string) {
	s.t.Helper()
	hub, err := stream.Connect(s.t.Context(), stream.Config{URL: url})
	if err != nil {
		s.t.Fatal(err)
	}
	defer hub.Close()
	s.until("everything delivered", func() bool {
		data, _, err := hub.Checkpoint(s.t.Context(), 0)
		if err != nil {
			return false
		}
		c, err := wire.DecodeCheckpoint(data)
		if err != nil {
			s.t.Fatal(err)
		}
		lag, err := hub.Lag(s.t.Context(), c.Sequence)
		return err == nil && lag == 0 && c.Sequence > 0 && uint64(s.desk.count()) >= c.Alerts
	})
}

// pair starts two consumers, each behind a proxy of its own, and gives the one whose turn it is first.
func (s *stage) pair() (active, standby *process, ofActive *proxy) {
	s.t.Helper()
	ofActive = newProxy(s.t, s.node.addr)
	active = s.start(natsArgs("consume", ofActive.url(), s.config)...)
	s.until("the first consumer starts", func() bool { return strings.Contains(active.out.String(), "rules ") })
	time.Sleep(time.Second) // it takes the lease
	standby = s.start(natsArgs("consume", newProxy(s.t, s.node.addr).url(), s.config, "--log", "info")...)
	s.until("the second consumer starts", func() bool { return strings.Contains(standby.out.String(), "rules ") })
	return active, standby, ofActive
}

func (s *stage) produceAll(url string) {
	s.t.Helper()
	p := s.start(natsArgs("produce", url, s.config)...)
	if code := p.ended(3 * time.Minute); code != exitOK {
		s.t.Fatalf("produce: exit code %d\n%s", code, lastLines(p.out.String(), 20))
	}
}

func slept(t *testing.T, rng *rand.Rand) account {
	s := newStage(t, rng, 300).external()
	active, _, _ := s.pair()
	active.signal(sigstop)
	began := time.Now()
	s.produceAll(s.node.url())
	s.allDelivered(s.node.url())
	recovery := time.Since(began)
	sleep := time.Minute
	if *chaosFew {
		sleep = 6 * time.Second
	}
	time.Sleep(max(0, sleep-time.Since(began)))
	active.signal(sigcont)
	time.Sleep(3 * time.Second) // it finds out
	if active.gone() {
		t.Errorf("the machine that woke up ended\n%s", lastLines(active.out.String(), 20))
	}
	a := s.settle(s.node.url())
	a.recovery = recovery
	return a
}

// leaderKilled holds the commits of the active machine back until the standby is ahead, and kills it then.
func leaderKilled(t *testing.T, rng *rand.Rand) account {
	s := newStage(t, rng, 2500).external()
	active, standby, proxy := s.pair()
	held := make(chan struct{})
	proxy.trap.Store(&trap{match: func(f frame) bool { return strings.HasPrefix(f.subject, "log.quidnunc.checkpoint.") }, spring: func() { <-held }})
	s.produceAll(s.node.url())
	time.Sleep(2 * time.Second) // the standby reads all of it
	active.kill()
	began := time.Now()
	close(held)
	s.allDelivered(s.node.url())
	recovery := time.Since(began)
	ahead := 0
	if _, after, ok := strings.Cut(standby.out.String(), " ready="); ok {
		_, _ = fmt.Sscan(after, &ahead) // stays 0 where it says something else
	}
	if ahead < 1000 {
		t.Errorf("the standby was %d entries ahead, want 1,000\n%s", ahead, lastLines(standby.out.String(), 20))
	}
	a := s.settle(s.node.url())
	a.recovery = recovery
	return a
}

func serverKilled(t *testing.T, rng *rand.Rand) account {
	s := newStage(t, rng, 600).external()
	s.slowDesk()
	p := s.start(natsArgs("run", s.node.url(), s.config, "--once", "--grace", "3m")...)
	var slowest time.Duration
	for n := range 3 {
		before := s.desk.count()
		s.until("deliveries go on", func() bool { return p.gone() || s.desk.count() > before+2 })
		s.still(p)
		time.Sleep(time.Duration(rng.IntN(300)) * time.Millisecond)
		s.node.kill()
		time.Sleep(time.Duration(200+rng.IntN(1000)) * time.Millisecond)
		began := time.Now()
		s.node.start()
		at := s.desk.count()
		s.until(fmt.Sprintf("deliveries after kill %d", n), func() bool { return p.gone() || s.desk.count() > at })
		slowest = max(slowest, time.Since(began))
	}
	if code := p.ended(4 * time.Minute); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, lastLines(p.out.String(), 30))
	}
	a := s.settle(s.node.url())
	a.recovery = slowest
	return a
}

// slowDesk makes deliveries last, so that there is something to disturb.
func (s *stage) slowDesk() {
	s.desk.behave(func(http.ResponseWriter, int) bool { time.Sleep(50 * time.Millisecond); return true })
}

// still fails where a process has ended before the fault.
func (s *stage) still(p *process) {
	s.t.Helper()
	if p.gone() {
		s.t.Fatalf("the program ended before the fault\n%s", lastLines(p.out.String(), 20))
	}
}

func rulesHalfWritten(t *testing.T, rng *rand.Rand) account {
	s := newStage(t, rng, 200).external()
	p := s.start(natsArgs("run", s.node.url(), s.config)...)
	s.until("the first deliveries", func() bool { return s.desk.count() > 3 })
	file := filepath.Join(s.dir, "rules.yaml")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := os.WriteFile(file, whole[:rng.IntN(len(whole))], 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(700 * time.Millisecond)
	}
	began := time.Now()
	if err := os.WriteFile(file, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	s.allDelivered(s.node.url())
	if p.gone() {
		t.Errorf("the process ended\n%s", lastLines(p.out.String(), 20))
	}
	recovery := time.Since(began)
	p.signal(os.Interrupt)
	if code := p.ended(10 * time.Second); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	a := s.settle(s.node.url())
	a.recovery = recovery
	return a
}

func everythingMatches(t *testing.T, rng *rand.Rand) account {
	s := newStage(t, rng, 400).external()
	s.rules("- {name: everything, query: 'lang:en', when: {each: article}, limit: 100000/h, to: [desk]}\n")
	began := time.Now()
	s.once(s.node.url())
	recovery := time.Since(began)
	a := s.settle(s.node.url())
	if a.alerts < s.articles {
		t.Errorf("%d alerts of %d articles", a.alerts, s.articles)
	}
	a.recovery = recovery
	return a
}

func moodyWebhook(t *testing.T, rng *rand.Rand) account {
	s := newStage(t, rng, 120).external()
	moods := []int{0, http.StatusInternalServerError, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	s.desk.behave(func(w http.ResponseWriter, nth int) bool {
		if nth > 16 || nth%2 == 0 { // never so many in a row that it is left alone for minutes
			return true
		}
		if code := moods[nth/2%len(moods)]; code > 0 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(code)
			return false
		}
		panic(http.ErrAbortHandler)
	})
	began := time.Now()
	s.once(s.node.url())
	recovery := time.Since(began)
	a := s.settle(s.node.url())
	a.recovery = recovery
	return a
}

// endlessWebhook has one request hang until it is given up, and answers others 200 with bodies without end.
func endlessWebhook(t *testing.T, rng *rand.Rand) account {
	s := newStage(t, rng, 120).external()
	hang := 1 + rng.IntN(8)
	var hung, endless atomic.Int32
	chunk := make([]byte, 1<<20)
	s.desk.behave(func(w http.ResponseWriter, nth int) bool {
		switch {
		case nth == hang:
			hung.Add(1)
			<-s.desk.asking(nth).Done()
			return false
		case nth%5 == 0:
			endless.Add(1)
			for n := 0; n < 10<<10; n++ { // 10 GB
				if _, err := w.Write(chunk); err != nil {
					return true
				}
			}
			t.Error("ten gigabytes of an answer were read")
		}
		return true
	})
	began := time.Now()
	s.once(s.node.url())
	recovery := time.Since(began)
	if hung.Load() != 1 || endless.Load() < 3 {
		t.Errorf("%d requests hung, %d answers had no end", hung.Load(), endless.Load())
	}
	a := s.settle(s.node.url())
	a.recovery = recovery
	return a
}

// goneWebhook says once that it is gone for good: everything for it is buried until somebody opens it again.
func goneWebhook(t *testing.T, rng *rand.Rand) account {
	s := newStage(t, rng, 150).external()
	at := 2 + rng.IntN(6)
	s.desk.behave(func(w http.ResponseWriter, nth int) bool {
		if nth == at {
			w.WriteHeader(http.StatusGone)
		}
		return nth != at
	})
	p := s.start(natsArgs("run", s.node.url(), s.config)...)
	hub, err := stream.Connect(t.Context(), stream.Config{URL: s.node.url()})
	if err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	s.until("every alert delivered or buried", func() bool {
		data, _, err := hub.Checkpoint(t.Context(), 0)
		if err != nil {
			return false
		}
		c, err := wire.DecodeCheckpoint(data)
		if err != nil {
			t.Fatal(err)
		}
		lag, err := hub.Lag(t.Context(), c.Sequence)
		dead := uint64(0)
		deadErr := hub.DeadLetters(t.Context(), 1, func(stream.DeadLetter) error { dead++; return nil })
		return errors.Join(err, deadErr) == nil && lag == 0 && dead > 0 && uint64(s.desk.count())+dead >= c.Alerts
	})
	began := time.Now()
	for _, command := range [][]string{{"receivers", "open", "desk"}, {"dead", "redrive", "--all"}} {
		if r := quidnunc(t, append(command, "--nats", s.node.url())...); r.code != exitOK {
			t.Fatalf("%q: exit code %d\n%s\n%s", command, r.code, r.out, r.err)
		}
	}
	s.allDelivered(s.node.url())
	recovery := time.Since(began)
	s.still(p)
	p.signal(os.Interrupt)
	if code := p.ended(10 * time.Second); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	a := s.settle(s.node.url())
	a.recovery = recovery
	return a
}

// snapshotDamaged overwrites the snapshot's chunks on the server: the next start says so and steps the log instead.
func snapshotDamaged(t *testing.T, rng *rand.Rand) account {
	s := newStage(t, rng, 200).external()
	s.once(s.node.url())
	damageSnapshots(t, s.node.url())
	began := time.Now()
	p := s.start(natsArgs("run", s.node.url(), s.config, "--once")...)
	if code := p.ended(2 * time.Minute); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, lastLines(p.out.String(), 20))
	}
	recovery := time.Since(began)
	if out := p.out.String(); !strings.Contains(out, "a snapshot cannot be used") {
		t.Errorf("nothing is said of the damage\n%s", lastLines(out, 20))
	}
	hub, err := stream.Connect(t.Context(), stream.Config{URL: s.node.url()})
	if err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	a := s.accountOf(hub)
	a.recovery = recovery
	return a
}

// blockDamaged flips a bit in a block of REPORTS while its server is down, which costs the messages behind it. Everybody
// says so, nobody goes on; with the block as it was everything goes on.
func blockDamaged(t *testing.T, rng *rand.Rand) account {
	s := newStage(t, rng, 1500).external()
	s.once(s.node.url())
	s.node.kill()
	block := filepath.Join(filepath.Dir(s.node.conf), "js", "jetstream", "$G", "streams", "quidnunc_REPORTS", "msgs", "1.blk")
	copied, err := os.ReadFile(block)
	if err != nil {
		t.Fatal(err)
	}
	harmed := slices.Clone(copied)
	harmed[len(harmed)/4+rng.IntN(len(harmed)/2)] ^= 1 << rng.IntN(8)
	if err := os.WriteFile(block, harmed, 0o600); err != nil {
		t.Fatal(err)
	}
	s.node.start()
	if r := quidnunc(t, "verify", "--nats", s.node.url()); r.code == exitOK || !strings.Contains(r.out, "PROBLEM") {
		t.Errorf("verify: exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
	p := s.start(natsArgs("run", s.node.url(), s.config, "--once")...)
	if code := p.ended(2 * time.Minute); code == exitOK || code < 0 || !strings.Contains(p.out.String(), consumer.ErrLogLost.Error()) {
		t.Errorf("exit code %d over a damaged log\n%s", code, lastLines(p.out.String(), 20))
	}
	s.node.kill()
	if err := os.WriteFile(block, copied, 0o600); err != nil {
		t.Fatal(err)
	}
	s.node.start()
	began := time.Now()
	s.once(s.node.url())
	recovery := time.Since(began)
	a := s.settle(s.node.url())
	a.recovery = recovery
	return a
}
