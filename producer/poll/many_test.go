package poll_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/fetch"
	"github.com/quidnunc-news/quidnunc/producer/poll"
)

// many is publishers on hosts hosts of this machine, each feed with items items; those whose number ends in bad mean
// harm: they never answer, or never end.
func many(tb testing.TB, items int, bad bool) (address func(n int) string, sent *atomic.Int64) {
	sent = &atomic.Int64{}
	text := strings.Repeat("Moscow suspends its mission to NATO and closes the office in the capital. ", 12)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := 0
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err != nil {
			return
		}
		switch {
		case bad && n%100 == 1:
			<-r.Context().Done()
			return
		case bad && n%100 == 2:
			_, _ = io.Copy(w, endless{})
			return
		}
		var b strings.Builder
		b.WriteString(`<rss version="2.0"><channel><title>Wire</title>`)
		for i := range items {
			fmt.Fprintf(&b, "<item><title>Story %d of %d</title><link>https://wire%d.example/%d</link><description>%s</description></item>", i, n, n, i, text)
		}
		b.WriteString("</channel></rss>")
		k, _ := io.WriteString(w, b.String())
		sent.Add(int64(k))
	})
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}} //nolint:gosec // in this process only
	s.Start()
	tb.Cleanup(s.Close)
	port := l.Addr().(*net.TCPAddr).Port
	return func(n int) string { return fmt.Sprintf("http://127.1.%d.%d:%d/%d", n/250, n%250+1, port, n) }, sent
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// pollAll polls n feeds once, side by side, as the producer does, and returns what they gave.
func pollAll(tb testing.TB, n int, address func(int) string, cfg poll.Config) int64 {
	p, err := poll.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	var inputs []producer.Input
	for i := range n {
		inputs = append(inputs, producer.Input{Name: address(i), Origin: news.Live, Source: p.Feed(poll.Feed{URL: address(i)})})
	}
	log := &counting{}
	made, err := producer.New(inputs, uncoded{}, log, buried{}, producer.Config{Ahead: 1})
	if err != nil {
		tb.Fatal(err)
	}
	if err := made.Run(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return log.n.Load()
}

type uncoded struct{}

func (uncoded) Name() string                   { return "none" }
func (uncoded) Code(news.Article) []news.Event { return nil }

type counting struct{ n atomic.Int64 }

func (c *counting) Publish(_ context.Context, reports []news.Report) (producer.Receipt, error) {
	c.n.Add(int64(len(reports)))
	return producer.Receipt{Stored: len(reports)}, nil
}

type buried struct{}

func (buried) Bury(context.Context, string, string, []byte) error { return nil }

// peak watches memory and open files while something runs.
func peak(run func()) (heap uint64, files int) {
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			heap = max(heap, m.HeapInuse+m.StackInuse)
			if open, err := os.ReadDir("/proc/self/fd"); err == nil {
				files = max(files, len(open))
			}
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	run()
	close(done)
	watching.Wait()
	return heap, files
}

func manyConfig(tb testing.TB, total time.Duration) poll.Config {
	client := fetch.New(fetch.Config{Agent: "test", Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Total: total})
	tb.Cleanup(client.Close)
	return poll.Config{Getter: client, Once: true, Spacing: -1}
}

// A thousand feeds, of which twenty mean harm, cost bounded memory and files, and the twenty hold nobody up for long.
func TestAThousandFeedsSideBySide(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux answers on all of 127.0.0.0/8")
	}
	const feeds, items = 1000, 20
	address, _ := many(t, items, true)
	var got int64
	heap, files := peak(func() { got = pollAll(t, feeds, address, manyConfig(t, 3*time.Second)) })
	t.Logf("%d articles, %d MB of heap and stacks, %d open files", got, heap>>20, files)
	if want := int64(feeds-feeds/50) * items; got != want {
		t.Errorf("%d articles, want %d", got, want)
	}
	if heap > 256<<20 || files > 400 {
		t.Errorf("%d MB, %d files", heap>>20, files)
	}
}

// BenchmarkFeeds polls a thousand feeds of 50 items; publishers and reader share the machine.
func BenchmarkFeeds(b *testing.B) {
	const feeds, items = 1000, 50
	address, sent := many(b, items, false)
	cfg := manyConfig(b, 30*time.Second)
	var heap uint64
	var files int
	articles := int64(0)
	for b.Loop() {
		h, f := peak(func() { articles += pollAll(b, feeds, address, cfg) })
		heap, files = max(heap, h), max(files, f)
		cfg.Store = nil
	}
	s := b.Elapsed().Seconds()
	b.ReportMetric(float64(b.N*feeds)/s, "feeds/s")
	b.ReportMetric(float64(articles)/s, "items/s")
	b.ReportMetric(float64(sent.Load())/1e6/s, "MB/s")
	b.ReportMetric(float64(heap>>20), "peak-MB")
	b.ReportMetric(float64(files), "peak-files")
}
