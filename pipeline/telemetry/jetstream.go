package telemetry

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// JetStream gives a view of a NATS server and its streams: whoever knows NATS implements it.
type JetStream interface {
	Snapshot(ctx context.Context) (Facts, error)
}

// Facts is what a server tells of itself (NATS's /varz and /jsz).
type Facts struct {
	Server  Server
	Streams []Stream
}

// Server is one NATS server. Byte counts are bytes; CPU is per cent of one core.
type Server struct {
	ID, Name    string
	Cluster     string // empty for a single server
	Domain      string
	MetaLeader  string // a server's name; empty for a single server
	Version     string
	Start       time.Time
	Cores       int
	CPU         float64
	Memory      int64
	Connections int

	TotalConnections uint64
	Subscriptions    uint32
	SlowConsumers    int64
	Routes           int
	Leafnodes        int
	MaxConnections   int
	MaxPayload       int
	InMessages       int64
	OutMessages      int64
	InBytes          int64
	OutBytes         int64

	Disabled     bool  // JetStream is off
	MaxMemory    int64 // JetStream's limits
	MaxStorage   int64
	Streams      int // JetStream's totals
	Consumers    int
	Messages     uint64
	MessageBytes uint64
	MemoryUsed   uint64
	StorageUsed  uint64
	APITotal     uint64
	APIErrors    uint64
}

// Stream is one stream as a server sees it.
type Stream struct {
	Account   string
	AccountID string
	Name      string
	Leader    string // a server's name; empty for a single server
	Messages  uint64
	Bytes     uint64
	FirstSeq  uint64
	LastSeq   uint64
	Consumers []Consumer
}

// Consumer is one consumer of a stream.
type Consumer struct {
	Name        string
	Leader      string // a server's name; empty for a single server
	Description string
	Created     time.Time

	DeliveredConsumerSeq uint64
	DeliveredStreamSeq   uint64
	AckFloorConsumerSeq  uint64
	AckFloorStreamSeq    uint64
	AckPending           int
	Redelivered          int
	Waiting              int
	Pending              uint64
}

// maxConsumers bounds the consumers that one scrape tells of; couriers are few, but anybody with a credential can
// make more.
const maxConsumers = 1000

// snapshotPatience is how long a scrape waits for the server.
const snapshotPatience = 5 * time.Second

// NewJetStream collects what src tells under the names and labels of prometheus-nats-exporter (jetstream_…,
// gnatsd_varz_…), so that stock dashboards work. When src does not answer, quidnunc_telemetry_jetstream_up is 0 and
// the rest of the scrape goes on.
func NewJetStream(src JetStream) prometheus.Collector { return &jetStream{src} }

type jetStream struct{ src JetStream }

var (
	serverLabels   = []string{"server_id", "server_name", "cluster", "domain", "meta_leader", "is_meta_leader"}
	streamLabels   = append(serverLabels[:6:6], "account", "account_id", "stream_name", "stream_leader", "is_stream_leader")
	consumerLabels = append(streamLabels[:11:11], "consumer_name", "consumer_leader", "is_consumer_leader", "consumer_desc", "consumer_created")
)

// gauge is one stock metric: where its value stands in a server, stream or consumer.
type gauge[T any] struct {
	desc  *prometheus.Desc
	value func(T) float64
}

func varz(name, help string, value func(Server) float64) gauge[Server] {
	return gauge[Server]{prometheus.NewDesc("gnatsd_varz_"+name, help, []string{"server_id"}, nil), value}
}

func server(name, help string, value func(Server) float64) gauge[Server] {
	return gauge[Server]{prometheus.NewDesc("jetstream_server_"+name, help, serverLabels, nil), value}
}

func stream(name, help string, value func(Stream) float64) gauge[Stream] {
	return gauge[Stream]{prometheus.NewDesc("jetstream_stream_"+name, help, streamLabels, nil), value}
}

func consumer(name, help string, value func(Consumer) float64) gauge[Consumer] {
	return gauge[Consumer]{prometheus.NewDesc("jetstream_consumer_"+name, help, consumerLabels, nil), value}
}

var varzGauges = []gauge[Server]{
	varz("start", "When the server started, in Unix milliseconds.", func(s Server) float64 { return float64(s.Start.UnixMilli()) }),
	varz("cores", "Processor cores.", func(s Server) float64 { return float64(s.Cores) }),
	varz("cpu", "Processor use in per cent of one core.", func(s Server) float64 { return s.CPU }),
	varz("mem", "Memory in bytes.", func(s Server) float64 { return float64(s.Memory) }),
	varz("connections", "Open connections.", func(s Server) float64 { return float64(s.Connections) }),
	varz("total_connections", "Connections since the start.", func(s Server) float64 { return float64(s.TotalConnections) }),
	varz("subscriptions", "Subscriptions.", func(s Server) float64 { return float64(s.Subscriptions) }),
	varz("slow_consumers", "Connections cut for being slow.", func(s Server) float64 { return float64(s.SlowConsumers) }),
	varz("routes", "Routes to other servers.", func(s Server) float64 { return float64(s.Routes) }),
	varz("leafnodes", "Leaf nodes.", func(s Server) float64 { return float64(s.Leafnodes) }),
	varz("max_connections", "Connections allowed.", func(s Server) float64 { return float64(s.MaxConnections) }),
	varz("max_payload", "Bytes allowed in one message.", func(s Server) float64 { return float64(s.MaxPayload) }),
	varz("in_msgs", "Messages received.", func(s Server) float64 { return float64(s.InMessages) }),
	varz("out_msgs", "Messages sent.", func(s Server) float64 { return float64(s.OutMessages) }),
	varz("in_bytes", "Bytes received.", func(s Server) float64 { return float64(s.InBytes) }),
	varz("out_bytes", "Bytes sent.", func(s Server) float64 { return float64(s.OutBytes) }),
	varz("jetstream_stats_memory", "Bytes in JetStream's memory store.", func(s Server) float64 { return float64(s.MemoryUsed) }),
	varz("jetstream_stats_storage", "Bytes in JetStream's file store.", func(s Server) float64 { return float64(s.StorageUsed) }),
	varz("jetstream_stats_api_total", "JetStream API calls.", func(s Server) float64 { return float64(s.APITotal) }),
	varz("jetstream_stats_api_errors", "JetStream API calls that failed.", func(s Server) float64 { return float64(s.APIErrors) }),
	varz("jetstream_config_max_memory", "JetStream's memory limit.", func(s Server) float64 { return float64(s.MaxMemory) }),
	varz("jetstream_config_max_storage", "JetStream's storage limit.", func(s Server) float64 { return float64(s.MaxStorage) }),
}

var serverGauges = []gauge[Server]{
	server("jetstream_disabled", "1 when JetStream is off.", func(s Server) float64 { return number(s.Disabled) }),
	server("total_streams", "Streams.", func(s Server) float64 { return float64(s.Streams) }),
	server("total_consumers", "Consumers.", func(s Server) float64 { return float64(s.Consumers) }),
	server("total_messages", "Stored messages.", func(s Server) float64 { return float64(s.Messages) }),
	server("total_message_bytes", "Stored bytes.", func(s Server) float64 { return float64(s.MessageBytes) }),
	server("max_memory", "Memory limit in bytes.", func(s Server) float64 { return float64(s.MaxMemory) }),
	server("max_storage", "Storage limit in bytes.", func(s Server) float64 { return float64(s.MaxStorage) }),
}

var streamGauges = []gauge[Stream]{
	stream("total_messages", "Messages in the stream.", func(s Stream) float64 { return float64(s.Messages) }),
	stream("total_bytes", "Bytes in the stream.", func(s Stream) float64 { return float64(s.Bytes) }),
	stream("first_seq", "The stream's first sequence.", func(s Stream) float64 { return float64(s.FirstSeq) }),
	stream("last_seq", "The stream's last sequence.", func(s Stream) float64 { return float64(s.LastSeq) }),
	stream("consumer_count", "Consumers of the stream.", func(s Stream) float64 { return float64(len(s.Consumers)) }),
}

var consumerGauges = []gauge[Consumer]{
	consumer("delivered_consumer_seq", "Deliveries so far.", func(c Consumer) float64 { return float64(c.DeliveredConsumerSeq) }),
	consumer("delivered_stream_seq", "The last delivered stream sequence.", func(c Consumer) float64 { return float64(c.DeliveredStreamSeq) }),
	consumer("num_ack_pending", "Messages delivered and not yet acknowledged.", func(c Consumer) float64 { return float64(c.AckPending) }),
	consumer("num_redelivered", "Messages delivered more than once.", func(c Consumer) float64 { return float64(c.Redelivered) }),
	consumer("num_waiting", "Fetch requests that wait.", func(c Consumer) float64 { return float64(c.Waiting) }),
	consumer("num_pending", "Messages not yet delivered.", func(c Consumer) float64 { return float64(c.Pending) }),
	consumer("ack_floor_stream_seq", "All stream sequences up to here are acknowledged.", func(c Consumer) float64 { return float64(c.AckFloorStreamSeq) }),
	consumer("ack_floor_consumer_seq", "All deliveries up to here are acknowledged.", func(c Consumer) float64 { return float64(c.AckFloorConsumerSeq) }),
}

var (
	upDesc = prometheus.NewDesc("quidnunc_telemetry_jetstream_up",
		"1 when the NATS server answered this scrape.", nil, nil)
	versionDesc = prometheus.NewDesc("gnatsd_varz_version",
		"The server's version; always 1.", []string{"server_id", "value"}, nil)
	omittedDesc = prometheus.NewDesc("quidnunc_telemetry_jetstream_consumers_omitted",
		"Consumers left out of this scrape because there are too many.", nil, nil)
)

// Describe implements prometheus.Collector.
func (j *jetStream) Describe(ch chan<- *prometheus.Desc) {
	ch <- upDesc
	ch <- versionDesc
	ch <- omittedDesc
	describe(ch, varzGauges)
	describe(ch, serverGauges)
	describe(ch, streamGauges)
	describe(ch, consumerGauges)
}

// Collect implements prometheus.Collector.
func (j *jetStream) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), snapshotPatience)
	defer cancel()
	facts, err := j.src.Snapshot(ctx)
	if err != nil {
		send(ch, upDesc, 0)
		return
	}
	send(ch, upDesc, 1)
	s := facts.Server
	labels := []string{
		label(s.ID), label(s.Name), label(s.Cluster), label(s.Domain), label(s.MetaLeader), leads(s.MetaLeader, s.Name),
	}
	send(ch, versionDesc, 1, labels[0], label(s.Version))
	collect(ch, varzGauges, s, labels[:1])
	collect(ch, serverGauges, s, labels)
	told := 0
	for _, st := range facts.Streams {
		collectStream(ch, s.Name, st, labels, maxConsumers-told)
		told += len(st.Consumers)
	}
	send(ch, omittedDesc, float64(max(0, told-maxConsumers)))
}

func collectStream(ch chan<- prometheus.Metric, server string, st Stream, labels []string, room int) {
	labels = append(labels[:len(labels):len(labels)],
		label(st.Account), label(st.AccountID), label(st.Name), label(st.Leader), leads(st.Leader, server))
	collect(ch, streamGauges, st, labels)
	for _, c := range st.Consumers[:min(len(st.Consumers), max(0, room))] {
		collect(ch, consumerGauges, c, append(labels[:len(labels):len(labels)],
			label(c.Name), label(c.Leader), leads(c.Leader, server), label(c.Description),
			c.Created.UTC().Format(time.RFC3339)))
	}
}

func describe[T any](ch chan<- *prometheus.Desc, gauges []gauge[T]) {
	for _, g := range gauges {
		ch <- g.desc
	}
}

func collect[T any](ch chan<- prometheus.Metric, gauges []gauge[T], from T, labels []string) {
	for _, g := range gauges {
		send(ch, g.desc, g.value(from), labels...)
	}
}

func send(ch chan<- prometheus.Metric, desc *prometheus.Desc, value float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
}

// leads tells whether the server is the leader; a server alone leads always.
func leads(leader, server string) string { return strconv.FormatBool(leader == "" || leader == server) }

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
