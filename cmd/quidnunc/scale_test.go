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
	"slices"
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
	article  time.Duration // processor time of our processes, for each article
	use      use
}

// use is what was done with the machine's processors while something was measured, start and end included.
type use struct {
	own  float64 // the share that our processes and the servers took
	busy float64 // the share that anybody took
}

// limit says what a measurement was limited by: the processors where nothing was left of them, or else the waits for
// forced writes and for one another.
func (u use) limit() string {
	switch {
	case u.busy < 0.85:
		return "waiting for writes"
	case u.own < 0.75*u.busy:
		return "other programs"
	}
	return "processors"
}

// stopwatch begins to watch the processors; calling what it returns with the time that was ours ends that.
func stopwatch(t *testing.T) func(own time.Duration) use {
	t.Helper()
	began := time.Now()
	idle, all := jiffies(t)
	return func(own time.Duration) use {
		t.Helper()
		idleNow, allNow := jiffies(t)
		return use{
			own:  own.Seconds() / time.Since(began).Seconds() / float64(runtime.NumCPU()),
			busy: 1 - (idleNow-idle)/(allNow-all),
		}
	}
}

// jiffies are those that all processors idled, waiting for the disk or not, and all there were.
func jiffies(t *testing.T) (idle, all float64) {
	t.Helper()
	line, _, _ := strings.Cut(readFile(t, "/proc/stat"), "\n")
	for i, field := range strings.Fields(line)[1:9] { // user nice system idle iowait irq softirq steal
		var n float64
		if _, err := fmt.Sscan(field, &n); err != nil {
			t.Fatal(err)
		}
		if all += n; i == 3 || i == 4 {
			idle += n
		}
	}
	return idle, all
}

// forced is how long a small write takes that is forced to the disk, in the median.
func forced(t *testing.T) time.Duration {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "forced"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it is thrown away
	var took []time.Duration
	for range 200 {
		began := time.Now()
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			t.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2]
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
	before, own, watch := y.spent(), self(), stopwatch(y.t)
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
	ours, servers := self()-own, y.spent()-before
	used := watch(ours + servers)
	rate, _ := y.pace(h, stream.Reports, "report.>")
	per := time.Duration(articles)
	return measure{"raw NATS, batches of 500 messages", y.replicas, rate, "articles", ours / per, servers / per, ours / per, used}
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
	before, watch := y.spent(), stopwatch(y.t)
	var all []*process
	for _, config := range y.archives(articles, n) {
		all = append(all, y.start("produce", prefix, config))
	}
	for _, p := range all {
		if code := p.ended(5 * time.Minute); code != exitOK {
			y.t.Fatalf("a producer ended with %d\n%s", code, lastLines(p.out.String(), 10))
		}
	}
	ours, servers := used(all), y.spent()-before
	share := watch(ours + servers)
	rate, stored := y.pace(h, stream.Reports, "report.>")
	if stored != articles {
		y.t.Errorf("%d producers stored %d of %d articles", n, stored, articles)
	}
	per := time.Duration(articles)
	return measure{several(n, "producer"), y.replicas, rate, "articles", ours / per, servers / per, ours / per, share}
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
	before, watch := y.spent(), stopwatch(y.t)
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
	ours, servers := used(all), y.spent()-before
	share := watch(ours + servers)
	rate, alerts := y.pace(h, stream.Events, wire.AlertKind+".>")
	per := time.Duration(alerts)
	return measure{several(n, "shard"), y.replicas, rate, "alerts", ours / per, servers / per, ours / time.Duration(articles), share}
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
	table, plan := scaleTable(all, forced(t)), planTable(all)
	t.Log("\n" + table + "\n" + plan)
	if *scaleDoc == "" {
		return
	}
	doc := between(t, readFile(t, *scaleDoc), "<!-- TestScale -->\n", table)
	write(t, filepath.Dir(*scaleDoc), filepath.Base(*scaleDoc), between(t, doc, "<!-- plan -->\n", plan))
}

// between puts a text between a mark of a page and the end of that place.
func between(t *testing.T, page, begin, text string) string {
	t.Helper()
	head, rest, found := strings.Cut(page, begin)
	_, tail, found2 := strings.Cut(rest, "<!-- end -->")
	if !found || !found2 {
		t.Fatalf("%s has no place for %s", *scaleDoc, begin)
	}
	return head + begin + text + "<!-- end -->" + tail
}

func several(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

func scaleTable(all []measure, forced time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d processors (%s), %d articles a measurement (raw: five times as many; shards: half); servers, producers and consumers share them.\n",
		runtime.NumCPU(), runtime.GOARCH, *scaleArticles)
	fmt.Fprintf(&b, "A forced write of 4 KiB takes %d µs.\n\n", forced.Microseconds())
	b.WriteString("| what | replicas | a second | | processor time of ours for each, start included | of the NATS servers | processors in use by these / by all | limited by |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, m := range all {
		fmt.Fprintf(&b, "| %s | R%d | %.0f | %s | %d µs | %d µs | %.0f %% / %.0f %% | %s |\n", m.what, m.replicas, m.rate, m.unit, m.ours.Microseconds(), m.servers.Microseconds(),
			100*m.use.own, 100*m.use.busy, m.use.limit())
	}
	return b.String()
}

// What the plan counts with.
const (
	worldsNews    = 1e6 // articles a day
	burst         = 5   // times the mean
	bytesOfOne    = 600 + 4000
	signatures    = 1 << 19 // articles among which copies are found
	articlesKnown = 16e6    // by their keys
)

// planTable is what ten, a hundred and a thousand times the world's news ask for: by arithmetic, and by the processor
// time that was measured with one producer and one shard.
func planTable(all []measure) string {
	var b strings.Builder
	b.WriteString("| | the world | ×10 | ×100 | ×1,000 |\n| --- | --- | --- | --- | --- |\n")
	row := func(what string, of func(times float64) string) {
		fmt.Fprintf(&b, "| %s |", what)
		for _, times := range []float64{1, 10, 100, 1000} {
			fmt.Fprintf(&b, " %s |", of(times))
		}
		b.WriteString("\n")
	}
	second := func(times float64) float64 { return times * worldsNews / 86_400 }
	processors := func(each time.Duration) func(float64) string {
		return func(times float64) string { return figure(burst * second(times) * each.Seconds()) }
	}
	row("articles a second, mean / burst", func(times float64) string { return fmt.Sprintf("%.0f / %.0f", second(times), burst*second(times)) })
	for _, m := range all {
		switch {
		case m.replicas == 3 && m.what == several(1, "producer"):
			row("processors that code, in a burst", processors(m.article))
			row("processors of three NATS servers that take it, together", processors(m.servers))
		case m.replicas == 3 && m.what == several(1, "shard"):
			row("processors that match 200 rules", processors(m.article))
		}
	}
	row("log in a day, one copy, not compressed", func(times float64) string { return size(times * worldsNews * bytesOfOne) })
	row("log of 100 days, three copies", func(times float64) string { return size(300 * times * worldsNews * bytesOfOne) })
	row("copies are found among the articles of the last", func(times float64) string { return span(signatures / second(times)) })
	row("an edited article is known for", func(times float64) string { return span(articlesKnown / second(times)) })
	return b.String()
}

// figure is a number with two digits, or those before its point.
func figure(n float64) string {
	switch {
	case n < 1:
		return fmt.Sprintf("%.2f", n)
	case n < 10:
		return fmt.Sprintf("%.1f", n)
	}
	return fmt.Sprintf("%.0f", n)
}

// size is so many bytes as people say it.
func size(n float64) string {
	units := []string{"GB", "TB", "PB"}
	i := 0
	for n /= 1e9; n >= 1000 && i < len(units)-1; n /= 1000 {
		i++
	}
	return fmt.Sprintf("%.3g %s", n, units[i])
}

// span is so many seconds as people say it.
func span(seconds float64) string {
	for _, u := range []struct {
		unit string
		of   float64
	}{{"days", 86_400}, {"h", 3600}, {"min", 60}} {
		if seconds >= 2*u.of || u.unit != "days" && seconds >= u.of {
			return fmt.Sprintf("%.2g %s", seconds/u.of, u.unit)
		}
	}
	return fmt.Sprintf("%.2g s", seconds)
}
