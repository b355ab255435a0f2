//go:build chaos

package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

var (
	scaleDoc      = flag.String("scale-doc", "", "file with a table of TestScale's to write anew")
	scaleArticles = flag.Int("scale-articles", 4000, "articles of one measurement of TestScale")
)

// scaleRules make each of the sample's events raise alerts of several owners: what shards divide.
func scaleRules() string {
	var b strings.Builder
	b.WriteString("rules:\n")
	for i := range 40 {
		for _, what := range []string{"SANCTION", "ACCUSE", "CONSULT", "ASSAULT", "THREATEN"} {
			fmt.Fprintf(&b, "- {name: %s-%d, query: 'what:%s', when: {each: article}, limit: none}\n", strings.ToLower(what), i, what)
		}
	}
	return b.String()
}

// measure is one row of the table.
type measure struct {
	what     string
	replicas int
	rate     float64       // a second
	unit     string        // articles or alerts
	ours     time.Duration // processor time of our processes, for each unit
	servers  time.Duration // and of the NATS servers'
}

// A yard is where scale is measured: one server or a cluster, each process on its own.
type yard struct {
	t        *testing.T
	dir      string
	nodes    []*natsNode
	urls     string
	replicas int
	prefixes int
}

func newYard(t *testing.T, replicas int) *yard {
	t.Helper()
	y := &yard{t: t, dir: t.TempDir(), replicas: replicas}
	if replicas == 1 {
		n := newNode(t, "n1", freeAddr(t), "")
		n.start()
		y.nodes, y.urls = []*natsNode{n}, n.url()
	} else {
		c := newCluster(t)
		y.nodes, y.urls = c.nodes, c.urls()
	}
	write(t, y.dir, "rules.yaml", scaleRules())
	return y
}

// hub makes the streams under a prefix that is new.
func (y *yard) hub() (h *stream.Hub, prefix string) {
	y.t.Helper()
	y.prefixes++
	prefix = fmt.Sprintf("scale%d", y.prefixes)
	h, err := stream.Connect(y.t.Context(), stream.Config{URL: y.urls, Prefix: prefix, Replicas: y.replicas})
	if err != nil {
		y.t.Fatal(err)
	}
	y.t.Cleanup(h.Close)
	if err := h.Setup(y.t.Context(), stream.Manage); err != nil {
		y.t.Fatal(err)
	}
	return h, prefix
}

// archives writes n articles of the sample's as count archives, and a configuration over each.
func (y *yard) archives(n, count int) (configs []string) {
	y.t.Helper()
	lines := strings.SplitAfter(strings.TrimSpace(jsonl(y.t, n)), "\n")
	for i := range count {
		part := lines[i*len(lines)/count : (i+1)*len(lines)/count]
		write(y.t, y.dir, fmt.Sprintf("articles-%d-%d.jsonl", count, i), strings.Join(part, ""))
		configs = append(configs, write(y.t, y.dir, fmt.Sprintf("of-%d-%d.yaml", count, i), fmt.Sprintf(
			"sources:\n- archive: [articles-%d-%d.jsonl]\nrules: [rules.yaml]\nmetrics: {listen: 'off'}\nnats: {replicas: %d}\n", count, i, y.replicas)))
	}
	return configs
}

func (y *yard) start(command, prefix, config string, more ...string) *process {
	y.t.Helper()
	args := append(natsArgs(command, y.urls, config, "--prefix", prefix, "--api", "off", "--log", "error"), more...)
	return startProcess(y.t, program(y.t, args...))
}

// spent is the processor time that the servers have used.
func (y *yard) spent() (sum time.Duration) {
	y.t.Helper()
	for _, n := range y.nodes {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.cmd.Process.Pid))
		if err != nil {
			y.t.Fatal(err)
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		for _, ticks := range fields[11:13] { // utime and stime, in hundredths
			var n int64
			if _, err := fmt.Sscan(ticks, &n); err != nil {
				y.t.Fatal(err)
			}
			sum += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return sum
}

// used is the processor time of processes that have ended.
func used(all []*process) (sum time.Duration) {
	for _, p := range all {
		sum += p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	}
	return sum
}

// pace is how many messages of a kind were stored a second, by the server's clock, from the first to the last.
func (y *yard) pace(h *stream.Hub, of stream.Stream, filter string) (rate float64, n int) {
	y.t.Helper()
	var first, last time.Time
	err := h.Scan(y.t.Context(), of, filter, 1, func(m stream.Stored) error {
		if n++; n == 1 {
			first = m.Time
		}
		last = m.Time
		return nil
	})
	if err != nil {
		y.t.Fatal(err)
	}
	return float64(n-1) / last.Sub(first).Seconds(), n
}

// raw stores messages of our sizes in our batches, and does nothing else: what the servers can do.
func (y *yard) raw(articles int) measure {
	y.t.Helper()
	h, prefix := y.hub()
	nc, err := nats.Connect(y.urls)
	if err != nil {
		y.t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		y.t.Fatal(err)
	}
	body := make([]byte, 4000)
	if _, err := rand.Read(body); err != nil {
		y.t.Fatal(err)
	}
	before, own := y.spent(), self()
	var batch []*nats.Msg
	for range articles {
		batch = append(batch,
			&nats.Msg{Subject: "log." + prefix + ".told.x", Header: nats.Header{}, Data: body[:600]},
			&nats.Msg{Subject: "log." + prefix + ".report.en.none", Header: nats.Header{}, Data: body})
		if len(batch) == 500 {
			if _, err := jetstreamext.PublishMsgBatch(y.t.Context(), js, batch, jetstreamext.BatchFlowControl{}); err != nil {
				y.t.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	rate, _ := y.pace(h, stream.Reports, "report.>")
	per := time.Duration(articles)
	return measure{"raw NATS, batches of 500 messages", y.replicas, rate, "articles", (self() - own) / per, (y.spent() - before) / per}
}

// self is the processor time of this process.
func self() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (y *yard) producers(n, articles int) measure {
	y.t.Helper()
	h, prefix := y.hub()
	before := y.spent()
	var all []*process
	for _, config := range y.archives(articles, n) {
		all = append(all, y.start("produce", prefix, config))
	}
	for _, p := range all {
		if code := p.ended(5 * time.Minute); code != exitOK {
			y.t.Fatalf("a producer ended with %d\n%s", code, lastLines(p.out.String(), 10))
		}
	}
	rate, stored := y.pace(h, stream.Reports, "report.>")
	if stored != articles {
		y.t.Errorf("%d producers stored %d of %d articles", n, stored, articles)
	}
	per := time.Duration(articles)
	return measure{several(n, "producer"), y.replicas, rate, "articles", used(all) / per, (y.spent() - before) / per}
}

func (y *yard) shards(n, articles int) measure {
	y.t.Helper()
	h, prefix := y.hub()
	config := y.archives(articles, 1)[0]
	y.inForce(h, prefix, config)
	p := y.start("produce", prefix, config)
	if code := p.ended(5 * time.Minute); code != exitOK {
		y.t.Fatalf("the producer ended with %d\n%s", code, lastLines(p.out.String(), 10))
	}
	end, err := h.Last(y.t.Context(), stream.Reports)
	if err != nil {
		y.t.Fatal(err)
	}
	before := y.spent()
	var all []*process
	for i := range n {
		all = append(all, y.start("consume", prefix, config, "--deliver=false", "--shard", fmt.Sprintf("%d/%d", i, n)))
	}
	for i := range n {
		y.reaches(h, i, end)
	}
	for _, p := range all {
		p.signal(syscall.SIGTERM)
		if code := p.ended(time.Minute); code != exitOK {
			y.t.Fatalf("a consumer ended with %d\n%s", code, lastLines(p.out.String(), 10))
		}
	}
	rate, alerts := y.pace(h, stream.Events, wire.AlertKind+".>")
	per := time.Duration(alerts)
	return measure{several(n, "shard"), y.replicas, rate, "alerts", used(all) / per, (y.spent() - before) / per}
}

// inForce puts the rules into an empty log, as a consumer does that starts before the producers.
func (y *yard) inForce(h *stream.Hub, prefix, config string) {
	y.t.Helper()
	p := y.start("consume", prefix, config, "--deliver=false", "--shard", "63/64")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		rules, err := lastRules(y.t.Context(), h)
		if err != nil {
			y.t.Fatal(err)
		}
		if rules.Hash != "" {
			break
		}
		if time.Now().After(deadline) || p.gone() {
			y.t.Fatalf("no rules in force\n%s", lastLines(p.out.String(), 10))
		}
	}
	p.kill()
}

// reaches waits until a shard has committed all up to end.
func (y *yard) reaches(h *stream.Hub, shard int, end uint64) {
	y.t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if data, _, err := h.Checkpoint(context.Background(), shard); err == nil && len(data) > 0 {
			if c, err := wire.DecodeCheckpoint(data); err == nil && c.Sequence >= end {
				return
			}
		}
		if time.Now().After(deadline) {
			y.t.Fatalf("shard %d does not reach %d", shard, end)
		}
	}
}

// TestScale measures how throughput grows by producers, shards and replicas, and writes the table of docs/scale.md.
func TestScale(t *testing.T) {
	var all []measure
	for _, replicas := range []int{1, 3} {
		y := newYard(t, replicas)
		all = append(all, y.raw(5**scaleArticles))
		for _, n := range []int{1, 2, 4} {
			all = append(all, y.producers(n, *scaleArticles))
		}
		for _, n := range []int{1, 2, 4} {
			all = append(all, y.shards(n, *scaleArticles/2))
		}
		for _, n := range y.nodes {
			n.kill()
		}
	}
	table := scaleTable(all)
	t.Log("\n" + table)
	if *scaleDoc == "" {
		return
	}
	const begin, end = "<!-- TestScale -->\n", "<!-- end -->"
	doc := readFile(t, *scaleDoc)
	head, rest, found := strings.Cut(doc, begin)
	_, tail, found2 := strings.Cut(rest, end)
	if !found || !found2 {
		t.Fatalf("%s has no place for the table", *scaleDoc)
	}
	write(t, filepath.Dir(*scaleDoc), filepath.Base(*scaleDoc), head+begin+table+end+tail)
}

func several(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

func scaleTable(all []measure) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d processors (%s), %d articles a measurement (raw: five times as many; shards: half); servers, producers and consumers share them.\n\n", runtime.NumCPU(), runtime.GOARCH, *scaleArticles)
	b.WriteString("| what | replicas | a second | | processor time of ours for each, start included | of the NATS servers |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, m := range all {
		fmt.Fprintf(&b, "| %s | R%d | %.0f | %s | %d µs | %d µs |\n", m.what, m.replicas, m.rate, m.unit, m.ours.Microseconds(), m.servers.Microseconds())
	}
	return b.String()
}
