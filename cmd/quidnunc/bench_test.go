package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/quidnunc-news/quidnunc/cmd/quidnunc/sample"
	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/archive"
)

// benchArticles is how many articles one iteration takes from JSONL to alerts.
const benchArticles = 1000

// jsonl is the sample's articles, again and again under new addresses, as one JSONL text.
func jsonl(b testing.TB, n int) string {
	b.Helper()
	source, err := archive.OpenFS(archive.Config{Now: time.Now}, sample.Articles())
	if err != nil {
		b.Fatal(err)
	}
	var articles []news.Article
	for {
		a, err := source.Next(b.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
		articles = append(articles, a)
	}
	var out strings.Builder
	for i := range n {
		a := articles[i%len(articles)]
		line, err := json.Marshal(map[string]string{
			"url": fmt.Sprintf("https://example.org/%d", i), "publisher": a.Publisher, "title": a.Title, "text": a.Text, "published": a.Published.String(),
		})
		if err != nil {
			b.Fatal(err)
		}
		out.Write(append(line, '\n'))
	}
	return out.String()
}

func read(b *testing.B, text string) (articles []news.Article) {
	b.Helper()
	source := archive.Read(archive.Config{Now: time.Now}, "bench.jsonl", strings.NewReader(text))
	for {
		a, err := source.Next(b.Context())
		if errors.Is(err, io.EOF) {
			return articles
		}
		if err != nil {
			b.Fatal(err)
		}
		articles = append(articles, a)
	}
}

// cpu is the processor time this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkArticlesToAlerts takes articles from JSONL through an embedded server that forces every write to the disk,
// to committed alerts, and prints articles/s and the processor time of an article in all.
func BenchmarkArticlesToAlerts(b *testing.B) {
	text := jsonl(b, benchArticles)
	var wall, busy time.Duration
	for b.Loop() {
		b.StopTimer()
		r := benchHouse(b, b.TempDir())
		r.plan.inputs = []producer.Input{{Name: "bench", Origin: news.Archive, Source: archive.Read(archive.Config{Now: time.Now}, "bench.jsonl", strings.NewReader(text))}}
		if err := r.prepare(b.Context()); err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error, 1)
		b.StartTimer()
		began, used := time.Now(), cpu(b)
		go func() { done <- machineRole(ctx, r.house, r.consumer) }()
		if err := r.producer.Run(ctx); err != nil {
			b.Fatal(err)
		}
		last, err := r.hub.Last(ctx, stream.Reports)
		if err != nil {
			b.Fatal(err)
		}
		if err := r.consumer.Await(ctx, last); err != nil {
			b.Fatal(err)
		}
		wall, busy = wall+time.Since(began), busy+cpu(b)-used
		b.StopTimer()
		cancel()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		r.close()
		b.StartTimer()
	}
	n := float64(b.N * benchArticles)
	b.ReportMetric(n/wall.Seconds(), "articles/s")
	b.ReportMetric(float64(busy.Microseconds())/n, "cpu-µs/article")
}

func benchHouse(b *testing.B, data string) *running {
	b.Helper()
	log := slog.New(slog.DiscardHandler)
	h, err := open(b.Context(), houseConfig{data: data, nats: natsConfig{Port: -1}, listen: off}, streams{nil, io.Discard, io.Discard}, log)
	if err != nil {
		b.Fatal(err)
	}
	h.registry = prometheus.NewRegistry()
	book, err := rulebook.Parse("sample/rules.yaml", sample.Rules())
	if err != nil {
		b.Fatal(err)
	}
	p := &plan{log: log, book: book, sample: true}
	p.workshop = newWorkshop(io.Discard, p.style)
	if p.receivers, err = p.workshop.receivers(book.Receivers); err != nil {
		b.Fatal(err)
	}
	return &running{house: h, plan: p}
}

// BenchmarkStages prints the processor time that each stage takes of an article, one after the other on one core. What
// is left of cpu-µs/article above is the server's, the client's and the file system's.
func BenchmarkStages(b *testing.B) {
	text := jsonl(b, benchArticles)
	articles := read(b, text)
	made := newCoder()
	reports := make([]news.Report, len(articles))
	for i, a := range articles {
		reports[i] = news.Report{Article: a, Events: made.Code(a), At: news.LogTime(a, news.Archive), Origin: news.Archive, Coder: made.Name()}
	}
	var bodies []wire.Message
	for _, r := range reports {
		bundle, err := wire.Bundle(r)
		if err != nil {
			b.Fatal(err)
		}
		bodies = append(bodies, bundle[len(bundle)-1])
	}
	book, err := rulebook.Parse("sample/rules.yaml", sample.Rules())
	if err != nil {
		b.Fatal(err)
	}
	set, err := machine.Compile("bench", book.Rules, gazetteer.Default())
	if err != nil {
		b.Fatal(err)
	}
	outputs := stepAll(set, reports)

	stage := func(name string, all func()) {
		b.Run(name, func(b *testing.B) {
			used := cpu(b)
			for b.Loop() {
				all()
			}
			b.ReportMetric(float64((cpu(b)-used).Nanoseconds())/1e3/float64(b.N*benchArticles), "cpu-µs/article")
		})
	}
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	stage("read", func() { read(b, text) })
	stage("code", func() {
		for _, a := range articles {
			made.Code(a)
		}
	})
	stage("encode-reports", func() {
		for _, r := range reports {
			_, err := wire.Bundle(r)
			must(err)
		}
	})
	stage("decode-reports", func() {
		for _, m := range bodies {
			_, err := wire.DecodeEntry(m.Subject, m.Data)
			must(err)
		}
	})
	stage("step", func() { stepAll(set, reports) })
	stage("encode-outputs", func() {
		for _, o := range outputs {
			_, err := o.Message()
			must(err)
		}
	})
}

func stepAll(set *machine.Ruleset, reports []news.Report) (out []machine.Output) {
	var state machine.State
	state.Step(machine.Input{Seq: 1, Entry: news.Rules{Hash: "bench"}, Rules: set})
	for i, r := range reports {
		out = append(out, state.Step(machine.Input{Seq: uint64(i + 2), Entry: r}).Outputs...)
	}
	return out
}

// livePace is how many articles a second BenchmarkSeenToWebhook lets in, liveArticles how many in all, and liveWarm how
// many before those that count where the program's start is not what is asked for.
const (
	livePace     = 100
	liveArticles = 1000
	liveWarm     = 200
)

// liveSource gives articles at a steady pace, each seen at the moment it is given.
type liveSource struct {
	begun time.Time
	n     int
	all   int // how many it gives
}

func (s *liveSource) Next(ctx context.Context) (news.Article, error) {
	if s.n == s.all {
		return news.Article{}, io.EOF
	}
	if s.n == 0 {
		s.begun = time.Now()
	}
	select {
	case <-time.After(time.Until(s.begun.Add(time.Duration(s.n) * time.Second / livePace))):
	case <-ctx.Done():
		return news.Article{}, ctx.Err()
	}
	s.n++
	now := time.Now().UTC()
	return news.Article{
		URL: fmt.Sprintf("https://example.org/live/%d", s.n), Publisher: "example.org", Language: "en", Seen: now,
		Text:      fmt.Sprintf("Russia expelled %d diplomats of Poland on Monday. The minister spoke of many other things that day.", 2+s.n),
		Published: news.Interval{Start: now.Truncate(time.Second), End: now.Truncate(time.Second).Add(time.Second), Grain: news.Instant},
	}.Identify(""), nil
}

// latencies collects how long after it was seen each article's alert reached the webhook.
type latencies struct {
	mu  sync.Mutex
	all []time.Duration
}

func (l *latencies) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var p struct {
		Data struct {
			Article struct {
				Seen time.Time `json:"seen"`
			} `json:"article"`
		} `json:"data"`
	}
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, time.Since(p.Data.Article.Seen))
}

func (l *latencies) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all)
}

// BenchmarkSeenToWebhook lets a hundred articles a second in, each of which raises an alert, and prints how long after it
// was seen the alert reached a webhook, through an embedded server that forces every write to the disk.
func BenchmarkSeenToWebhook(b *testing.B) {
	for b.Loop() {
		got := seenToWebhook(b, liveArticles, 0, nil)
		reportLatency(b, "", got)
		b.ReportMetric(latencyAt(got, 1), "max-ms")
	}
}

// BenchmarkSeenToWebhookBesideReplays is BenchmarkSeenToWebhook of twice as many articles; while the second half come in,
// the log of this instance is coded and replayed anew as fast as can be, by one process after the other. It prints the
// latencies of both halves, and how many times the first half's p99 the second half's is.
func BenchmarkSeenToWebhookBesideReplays(b *testing.B) {
	for b.Loop() {
		replays := 0
		got := seenToWebhook(b, liveWarm+liveArticles, liveArticles, func(ctx context.Context, data string) {
			rules := filepath.Join(b.TempDir(), "rules.yaml")
			if err := os.WriteFile(rules, []byte("rules:\n- {name: everything, query: 'lang:en', when: {each: article}, limit: 1000000/h}\n"), 0o600); err != nil {
				b.Error(err)
				return
			}
			for ctx.Err() == nil {
				c := exec.CommandContext(ctx, os.Args[0], "replay", "--data", data, "--rules", rules, "--recode", "--api", off, "--out", filepath.Join(b.TempDir(), "result"))
				c.Env = append(os.Environ(), asProgram+"=1")
				if said, err := c.CombinedOutput(); err != nil && ctx.Err() == nil {
					b.Errorf("replay: %v\n%s", err, said)
					return
				}
				replays++
			}
		})
		idle, beside := got[liveWarm:liveWarm+liveArticles], got[liveWarm+liveArticles:]
		reportLatency(b, "idle-", idle)
		reportLatency(b, "beside-", beside)
		b.ReportMetric(latencyAt(beside, 0.99)/latencyAt(idle, 0.99), "beside/idle-p99")
		b.ReportMetric(float64(replays), "replays")
	}
}

func reportLatency(b *testing.B, of string, got []time.Duration) {
	b.Helper()
	b.ReportMetric(latencyAt(got, 0.5), of+"p50-ms")
	b.ReportMetric(latencyAt(got, 0.99), of+"p99-ms")
}

// latencyAt is the latency, in milliseconds, that so large a share of them does not exceed.
func latencyAt(got []time.Duration, share float64) float64 {
	got = slices.Sorted(slices.Values(got))
	return float64(got[int(share*float64(len(got)-1))].Microseconds()) / 1000
}

// seenToWebhook lets articles in and returns how long each took, in the order in which they arrived. From the moment at
// which the first of them have, beside runs, until all have; nil: nothing.
func seenToWebhook(b *testing.B, first, then int, beside func(ctx context.Context, data string)) []time.Duration {
	b.Helper()
	n := first + then
	got := &latencies{}
	hook := httptest.NewServer(got)
	defer hook.Close()
	data := b.TempDir()
	r := benchHouse(b, data)
	defer r.close()
	rules := fmt.Sprintf("rules:\n- {name: expulsions, query: 'what:SANCTION who:RUS', when: {each: article}, limit: 1000000/h, to: [desk]}\nreceivers:\n- {name: desk, webhook: {url: '%s'}}\n", hook.URL)
	book, err := rulebook.Parse("rules.yaml", []byte(rules))
	if err != nil {
		b.Fatal(err)
	}
	r.plan.book = book
	if r.plan.receivers, err = r.plan.workshop.receivers(book.Receivers); err != nil {
		b.Fatal(err)
	}
	r.plan.inputs = []producer.Input{{Name: "live", Origin: news.Live, Source: &liveSource{all: n}}}
	if err := r.prepare(b.Context()); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	g, working := errgroup.WithContext(ctx)
	g.Go(func() error { return machineRole(working, r.house, r.consumer) })
	g.Go(func() error { return r.courier.Run(working) })
	g.Go(func() error { return r.producer.Run(working) })
	deadline := time.Now().Add(5 * time.Minute)
	await := func(n int) {
		for ; got.len() < n; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				b.Fatalf("%d of %d alerts were delivered", got.len(), n)
			}
		}
	}
	await(first)
	besides, stop := context.WithCancel(ctx)
	var run sync.WaitGroup
	if beside != nil {
		run.Go(func() { beside(besides, data) })
	}
	await(n)
	stop()
	run.Wait()
	cancel()
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		b.Fatal(err)
	}
	return got.all
}
