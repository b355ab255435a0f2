package telemetry_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/quidnunc-news/quidnunc/pipeline/telemetry"
)

type snapshot func(context.Context) (telemetry.Facts, error)

func (s snapshot) Snapshot(ctx context.Context) (telemetry.Facts, error) { return s(ctx) }

// parse scrapes the collector and reads it with Prometheus's own text parser.
func parse(t *testing.T, src telemetry.JetStream) map[string]*dto.MetricFamily {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(telemetry.NewJetStream(src))
	if _, err := reg.Gather(); err != nil {
		t.Fatal(err)
	}
	plain := prometheus.NewRegistry()
	plain.MustRegister(telemetry.NewJetStream(src))
	rec := get(telemetry.Handler(telemetry.Config{Registry: plain}), "/metrics", "text/plain")
	return families(t, rec)
}

func families(t *testing.T, rec *httptest.ResponseRecorder) map[string]*dto.MetricFamily {
	t.Helper()
	p := expfmt.NewTextParser(model.UTF8Validation)
	got, err := p.TextToMetricFamilies(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func facts() telemetry.Facts {
	return telemetry.Facts{
		Server: telemetry.Server{
			ID: "SID", Name: "n1", Version: "2.15.2", Connections: 3, CPU: 12.5, Memory: 1 << 20,
			InMessages: 7, OutMessages: 8, InBytes: 70, OutBytes: 80, Start: time.Unix(5, 0),
			MaxMemory: 100, MaxStorage: 200, Streams: 1, Consumers: 1, Messages: 40, MessageBytes: 4000,
		},
		Streams: []telemetry.Stream{{
			Account: "$G", AccountID: "A1", Name: "REPORTS", Leader: "n2", Messages: 40, Bytes: 4000, FirstSeq: 3, LastSeq: 42,
			Consumers: []telemetry.Consumer{{
				Name: "courier-desk", Description: "why\xffnot", Created: time.Unix(0, 0),
				DeliveredStreamSeq: 41, DeliveredConsumerSeq: 12, AckFloorStreamSeq: 40, AckFloorConsumerSeq: 11,
				AckPending: 1, Redelivered: 2, Waiting: 4, Pending: 5,
			}},
		}},
	}
}

func TestJetStreamHasTheStockNames(t *testing.T) {
	got := parse(t, snapshot(func(context.Context) (telemetry.Facts, error) { return facts(), nil }))
	want := map[string]float64{
		"quidnunc_telemetry_jetstream_up":           1,
		"gnatsd_varz_connections":                   3,
		"gnatsd_varz_cpu":                           12.5,
		"gnatsd_varz_mem":                           1 << 20,
		"gnatsd_varz_in_msgs":                       7,
		"gnatsd_varz_out_msgs":                      8,
		"gnatsd_varz_in_bytes":                      70,
		"gnatsd_varz_out_bytes":                     80,
		"gnatsd_varz_start":                         5000,
		"jetstream_server_jetstream_disabled":       0,
		"jetstream_server_total_streams":            1,
		"jetstream_server_total_consumers":          1,
		"jetstream_server_total_messages":           40,
		"jetstream_server_total_message_bytes":      4000,
		"jetstream_server_max_memory":               100,
		"jetstream_server_max_storage":              200,
		"jetstream_stream_total_messages":           40,
		"jetstream_stream_total_bytes":              4000,
		"jetstream_stream_first_seq":                3,
		"jetstream_stream_last_seq":                 42,
		"jetstream_stream_consumer_count":           1,
		"jetstream_consumer_delivered_consumer_seq": 12,
		"jetstream_consumer_delivered_stream_seq":   41,
		"jetstream_consumer_ack_floor_stream_seq":   40,
		"jetstream_consumer_ack_floor_consumer_seq": 11,
		"jetstream_consumer_num_ack_pending":        1,
		"jetstream_consumer_num_redelivered":        2,
		"jetstream_consumer_num_waiting":            4,
		"jetstream_consumer_num_pending":            5,
	}
	for name, value := range want {
		f := got[name]
		if f == nil {
			t.Errorf("no %s", name)
			continue
		}
		if v := f.GetMetric()[0].GetGauge().GetValue(); v != value {
			t.Errorf("%s is %v, want %v", name, v, value)
		}
	}
	labels := map[string]string{}
	for _, l := range got["jetstream_consumer_num_pending"].GetMetric()[0].GetLabel() {
		labels[l.GetName()] = l.GetValue()
	}
	if diff := cmp.Diff(map[string]string{
		"server_id": "SID", "server_name": "n1", "cluster": "", "domain": "", "meta_leader": "", "is_meta_leader": "true",
		"account": "$G", "account_id": "A1", "stream_name": "REPORTS", "stream_leader": "n2", "is_stream_leader": "false",
		"consumer_name": "courier-desk", "consumer_leader": "", "is_consumer_leader": "true",
		"consumer_desc": "why\uFFFDnot", "consumer_created": "1970-01-01T00:00:00Z",
	}, labels); diff != "" {
		t.Error(diff)
	}
}

func TestJetStreamThatDoesNotAnswerIsDownAndHidesNothingElse(t *testing.T) {
	got := parse(t, snapshot(func(context.Context) (telemetry.Facts, error) {
		return telemetry.Facts{}, errors.New("gone")
	}))
	if f := got["quidnunc_telemetry_jetstream_up"]; f == nil || f.GetMetric()[0].GetGauge().GetValue() != 0 {
		t.Errorf("up is %v, want 0", f)
	}
	if f := got["gnatsd_varz_connections"]; f != nil {
		t.Errorf("told %v", f)
	}
}

func TestJetStreamLeavesOutConsumersBeyondTheLimit(t *testing.T) {
	got := parse(t, snapshot(func(context.Context) (telemetry.Facts, error) {
		f := facts()
		for i := range 1500 {
			f.Streams[0].Consumers = append(f.Streams[0].Consumers, telemetry.Consumer{Name: strconv.Itoa(i)})
		}
		return f, nil
	}))
	if n := len(got["jetstream_consumer_num_pending"].GetMetric()); n != 1000 {
		t.Errorf("%d consumers, want 1000", n)
	}
	if n := got["quidnunc_telemetry_jetstream_consumers_omitted"].GetMetric()[0].GetGauge().GetValue(); n != 501 {
		t.Errorf("%v omitted, want 501", n)
	}
}
