//go:build unix

package stream_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// readReports is how many reports the log of BenchmarkRead holds.
const readReports = 30_000

// BenchmarkRead reads a log as a replay does, beside a loop on nats.go that takes every message as it comes. The subjects are as many as in
// news: the countries of who and whom, the publishers. room and raw are microseconds of processor per report, the server's own included.
func BenchmarkRead(b *testing.B) {
	s := serve(b, stream.ServerConfig{})
	h := connect(b, s, stream.Config{})
	publishNews(b, h, readReports)
	last, err := h.Last(b.Context(), stream.Reports)
	if err != nil {
		b.Fatal(err)
	}
	readRaw(b, s, last) // neither pays for the first touch of the files
	var roomCPU, rawCPU, roomTime, rawTime time.Duration
	b.ResetTimer()
	for range b.N {
		spent(b, &rawCPU, &rawTime, func() { readRaw(b, s, last) })
		spent(b, &roomCPU, &roomTime, func() {
			read := 0
			if err := h.ReadTo(b.Context(), 1, last, func(stream.Stored) error { read++; return nil }); err != nil || read != readReports {
				b.Fatal(read, err)
			}
		})
	}
	reports := float64(b.N * readReports)
	b.ReportMetric(float64(roomCPU.Microseconds())/reports, "room-cpu-µs/report")
	b.ReportMetric(float64(rawCPU.Microseconds())/reports, "raw-cpu-µs/report")
	b.ReportMetric(float64(roomCPU)/float64(rawCPU), "cpu-ratio")
	b.ReportMetric(reports/roomTime.Seconds(), "room-reports/s")
	b.ReportMetric(reports/rawTime.Seconds(), "raw-reports/s")
}

// publishNews fills a log with reports, each behind the two or three events it tells.
func publishNews(b *testing.B, h *stream.Hub, reports int) {
	b.Helper()
	var batch [][]stream.Message
	for i := range reports {
		var article []stream.Message
		for n := range 2 + i%2 {
			deed := fmt.Sprintf("told.%s.c%d.c%d", []string{"coerce", "accuse", "assault", "aid"}[(i+n)%4], i*7%60, (i*13+n)%60)
			article = append(article, stream.Message{Subject: deed, MsgID: fmt.Sprintf("%d-%d", i, n), Data: toldBody})
		}
		report := stream.Message{Subject: fmt.Sprintf("report.en.p%d", i*i%997), MsgID: fmt.Sprint(i), Data: reportBody}
		if batch = append(batch, append(article, report)); len(batch) == 100 || i == reports-1 {
			if _, err := h.PublishBatch(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
}

// readRaw takes every message up to last.
func readRaw(b *testing.B, s *stream.Server, last uint64) {
	b.Helper()
	credential, err := stream.ReadCredential(s.Dir())
	if err != nil {
		b.Fatal(err)
	}
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.UserInfo(credential.User, credential.Password))
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	consumer, err := js.OrderedConsumer(b.Context(), "quidnunc_REPORTS", jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy})
	if err != nil {
		b.Fatal(err)
	}
	ctx, done := context.WithCancel(b.Context())
	defer done()
	reading, err := consumer.Consume(func(m jetstream.Msg) {
		if meta, err := m.Metadata(); err != nil || meta.Sequence.Stream == last {
			done()
		}
	}, jetstream.PullMaxBytes(8<<20))
	if err != nil {
		b.Fatal(err)
	}
	<-ctx.Done()
	reading.Stop()
}
