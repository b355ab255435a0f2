//go:build unix

package stream_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
	"golang.org/x/sys/unix"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// A round is what one turn of either loop does: publish articles in atomic batches, read the reports, commit an alert for each in atomic batches.
const (
	roundArticles = 2000
	roundBundle   = 2    // a told and a report
	roundBatch    = 500  // messages of one published batch
	roundOutputs  = 250  // outputs of one commit
	toldBytes     = 600  // of body
	reportBytes   = 4000 // of body
	alertBytes    = 1200 // of body
	roundMessages = roundArticles * (roundBundle + 2)
)

var (
	toldBody   = noise("told", toldBytes)
	reportBody = noise("report", reportBytes)
	alertBody  = noise("alert", alertBytes)
)

// BenchmarkPublishReadCommit compares this room with a loop written straight on nats.go: same server settings (every write forced to the
// disk), same batches, same bytes, turn by turn in one run. room and raw are microseconds of processor per message published, read or
// committed, the servers' own included; ratio is room/raw.
func BenchmarkPublishReadCommit(b *testing.B) {
	room, raw := newRoomLoop(b), newRawLoop(b)
	room.round(b, -1) // neither pays for the first touch of its files
	raw.round(b, -1)
	var roomCPU, rawCPU, roomTime, rawTime time.Duration
	b.ResetTimer()
	for i := range b.N {
		spent(b, &roomCPU, &roomTime, func() { room.round(b, i) })
		spent(b, &rawCPU, &rawTime, func() { raw.round(b, i) })
	}
	messages := float64(b.N * roundMessages)
	b.ReportMetric(float64(roomCPU.Microseconds())/messages, "room-cpu-µs/msg")
	b.ReportMetric(float64(rawCPU.Microseconds())/messages, "raw-cpu-µs/msg")
	b.ReportMetric(float64(roomCPU)/float64(rawCPU), "cpu-ratio")
	b.ReportMetric(messages/roomTime.Seconds(), "room-msg/s")
	b.ReportMetric(messages/rawTime.Seconds(), "raw-msg/s")
}

// spent adds the processor and the clock time that do takes.
func spent(b *testing.B, cpu, clock *time.Duration, do func()) {
	b.Helper()
	at, began := processor(b), time.Now()
	do()
	*clock += time.Since(began)
	*cpu += processor(b) - at
}

func processor(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

type roomLoop struct {
	hub        *stream.Hub
	next, last uint64
}

func newRoomLoop(b *testing.B) *roomLoop {
	b.Helper()
	s := serve(b, stream.ServerConfig{Dir: b.TempDir()})
	return &roomLoop{hub: connect(b, s, stream.Config{})}
}

func (l *roomLoop) round(b *testing.B, round int) {
	b.Helper()
	var batch [][]stream.Message
	for i := range roundArticles {
		id := fmt.Sprintf("r%d-%d", round, i)
		batch = append(batch, []stream.Message{
			{Subject: "told.sanction.rus.nato", MsgID: id + "-e", Data: toldBody},
			{Subject: "report.fr.none", MsgID: id, Data: reportBody},
		})
		if len(batch) == roundBatch/roundBundle {
			if _, err := l.hub.PublishBatch(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	var outputs []stream.Message
	read := 0
	err := l.hub.Read(b.Context(), l.next, func(m stream.Stored) (err error) {
		l.next = m.Seq + 1
		outputs = append(outputs, stream.Message{Subject: "alert.desk.rule.high", Data: alertBody})
		if len(outputs) == roundOutputs {
			l.last, err = l.hub.Commit(b.Context(), 0, outputs, []byte(strconv.FormatUint(m.Seq, 10)), l.last)
			outputs = outputs[:0]
		}
		if read++; err == nil && read == roundArticles {
			return stream.ErrStop
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

type rawLoop struct {
	js         jetstream.JetStream
	next, last uint64
}

func newRawLoop(b *testing.B) *rawLoop {
	b.Helper()
	s := serve(b, stream.ServerConfig{Dir: b.TempDir()})
	credential, err := stream.ReadCredential(s.Dir())
	if err != nil {
		b.Fatal(err)
	}
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.UserInfo(credential.User, credential.Password))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	for _, printed := range stream.Print(stream.Config{}) {
		var c jetstream.StreamConfig
		if err := json.Unmarshal(printed, &c); err != nil {
			b.Fatal(err)
		}
		if _, err := js.CreateStream(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
	return &rawLoop{js: js, next: 1}
}

func (l *rawLoop) publish(b *testing.B, batch []*nats.Msg) uint64 {
	b.Helper()
	ack, err := jetstreamext.PublishMsgBatch(b.Context(), l.js, batch)
	if err != nil {
		b.Fatal(err)
	}
	return ack.Sequence
}

func (l *rawLoop) round(b *testing.B, round int) {
	b.Helper()
	var batch []*nats.Msg
	for i := range roundArticles {
		id := fmt.Sprintf("r%d-%d", round, i)
		batch = append(batch,
			&nats.Msg{Subject: "log.quidnunc.told.sanction.rus.nato", Header: nats.Header{"Nats-Msg-Id": {id + "-e"}}, Data: toldBody},
			&nats.Msg{Subject: "log.quidnunc.report.fr.none", Header: nats.Header{"Nats-Msg-Id": {id}}, Data: reportBody})
		if len(batch) == roundBatch {
			l.publish(b, batch)
			batch = batch[:0]
		}
	}
	l.read(b)
}

func (l *rawLoop) read(b *testing.B) {
	b.Helper()
	filters := []string{"log.quidnunc.report.>", "log.quidnunc.rules.>", "log.quidnunc.correction.>", "log.quidnunc.tick"}
	consumer, err := l.js.OrderedConsumer(b.Context(), "quidnunc_REPORTS", jetstream.OrderedConsumerConfig{
		FilterSubjects: filters, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: l.next,
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, done := context.WithCancel(b.Context())
	defer done()
	var outputs []*nats.Msg
	read := 0
	reading, err := consumer.Consume(func(m jetstream.Msg) {
		meta, err := m.Metadata()
		if err != nil {
			b.Error(err)
		}
		l.next = meta.Sequence.Stream + 1
		outputs = append(outputs, &nats.Msg{Subject: "log.quidnunc.alert.desk.rule.high", Header: nats.Header{}, Data: alertBody})
		if len(outputs) == roundOutputs {
			outputs = append(outputs, &nats.Msg{Subject: "log.quidnunc.checkpoint.0", Data: []byte(strconv.FormatUint(meta.Sequence.Stream, 10)), Header: nats.Header{
				"Nats-Expected-Last-Subject-Sequence": {strconv.FormatUint(l.last, 10)}, "Nats-Rollup": {"sub"}, "Nats-TTL": {"never"},
			}})
			l.last = l.publish(b, outputs)
			outputs = outputs[:0]
		}
		if read++; read == roundArticles {
			done()
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	<-ctx.Done()
	reading.Stop()
}
