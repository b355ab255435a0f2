package consumer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

const (
	benchReports = 10_000 // for the consumer
	naiveReports = 300    // for the naive loop, which takes its time
)

// benchLog is a server that forces every write to the disk, with n reports in its log.
func benchLog(b *testing.B, n int) *house {
	b.Helper()
	server, err := stream.Serve(b.Context(), stream.ServerConfig{Dir: b.TempDir(), Port: -1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(server.Close)
	hub, err := stream.Connect(b.Context(), stream.Config{Server: server})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(hub.Close)
	if err := hub.Setup(b.Context(), stream.Manage); err != nil {
		b.Fatal(err)
	}
	h := newHouse(b)
	h.Hub, h.server = hub, server
	h.tellRules("1")
	var bundles [][]stream.Message
	for i := range n {
		var messages []stream.Message
		for _, m := range bundle(b, i, 2, news.Archive) {
			messages = append(messages, stream.Message(m))
		}
		bundles = append(bundles, messages)
		if len(bundles) == 100 || i == n-1 {
			if _, err := hub.PublishBatch(b.Context(), bundles); err != nil {
				b.Fatal(err)
			}
			bundles = nil
		}
	}
	return h
}

// BenchmarkConsumer prints how many reports a second the whole consumer takes from the log to committed outputs, on an
// embedded server that forces every write to the disk, beside the loop that one writes first: one report at a time, each
// output published for itself and acknowledged, then the position, then the input acknowledged. Every acknowledgement is
// a write forced to the disk, so the ratio hangs on what one of those costs there: sync-us.
func BenchmarkConsumer(b *testing.B) {
	var ours, naive, synced []float64
	for b.Loop() {
		b.StopTimer()
		synced = append(synced, syncCost(b))
		h := benchLog(b, benchReports)
		b.StartTimer()
		began := time.Now()
		c := h.consumer(consumer.Config{Vault: h})
		stop := running(c)
		last, err := h.Last(b.Context(), stream.Reports)
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Await(b.Context(), last); err != nil {
			b.Fatal(err)
		}
		ours = append(ours, float64(benchReports)/time.Since(began).Seconds())
		b.StopTimer()
		if err := stop(); err != nil {
			b.Fatal(err)
		}
		naive = append(naive, naiveLoop(b, benchLog(b, naiveReports), naiveReports))
		b.StartTimer()
	}
	b.ReportMetric(median(ours), "reports/s")
	b.ReportMetric(median(naive), "naive-reports/s")
	b.ReportMetric(median(ours)/median(naive), "times-naive")
	b.ReportMetric(median(synced), "sync-us")
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// syncCost is how many microseconds one small write forced to the disk takes.
func syncCost(b *testing.B) float64 {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "sync"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it only lent its disk
	const writes = 200
	began := time.Now()
	for range writes {
		if _, err := f.Write(make([]byte, 512)); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(time.Since(began).Microseconds()) / writes
}

// naiveLoop steps the log one message at a time and returns reports a second.
func naiveLoop(b *testing.B, h *house, reports int) float64 {
	b.Helper()
	credential, err := stream.ReadCredential(h.server.Dir())
	if err != nil {
		b.Fatal(err)
	}
	nc, err := nats.Connect("", nats.InProcessServer(h.server), nats.UserInfo(credential.User, credential.Password))
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	reader, err := js.CreateConsumer(b.Context(), "quidnunc_REPORTS", jetstream.ConsumerConfig{
		Durable: "naive", AckPolicy: jetstream.AckExplicitPolicy, FilterSubjects: []string{"log.quidnunc.report.>", "log.quidnunc.rules.>"},
	})
	if err != nil {
		b.Fatal(err)
	}
	messages, err := reader.Messages(jetstream.PullMaxMessages(64))
	if err != nil {
		b.Fatal(err)
	}
	defer messages.Stop()
	set, err := machine.Compile("1", h.rules["1"], gazetteer.Default())
	if err != nil {
		b.Fatal(err)
	}
	var state machine.State
	began := time.Now()
	for i := range reports + 1 { // and the rules
		m, err := messages.Next()
		if err != nil {
			b.Fatal(err)
		}
		stepNaively(b, js, &state, set, uint64(i+1), m)
	}
	return float64(reports) / time.Since(began).Seconds()
}

func stepNaively(b *testing.B, js jetstream.JetStream, state *machine.State, set *machine.Ruleset, seq uint64, m jetstream.Msg) {
	b.Helper()
	e, err := wire.DecodeEntry(strings.TrimPrefix(m.Subject(), "log.quidnunc."), m.Data())
	if err != nil {
		b.Fatal(err)
	}
	in := machine.Input{Seq: seq, Entry: e}
	if _, ok := e.(news.Rules); ok {
		in.Rules = set
	}
	for _, o := range state.Step(in).Outputs {
		said, err := o.Message()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := js.Publish(b.Context(), "log.quidnunc."+said.Subject, said.Data); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := js.Publish(b.Context(), "log.quidnunc.checkpoint.0", fmt.Appendf(nil, `{"sequence":%d}`, seq)); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
	defer cancel()
	if err := m.DoubleAck(ctx); err != nil {
		b.Fatal(err)
	}
}
