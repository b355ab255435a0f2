package stream

import (
	"context"
	"errors"
	"fmt"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/quidnunc-news/quidnunc/pipeline/telemetry"
)

// Snapshot is what the embedded server tells of itself, for the metrics collector.
func (s *Server) Snapshot(context.Context) (telemetry.Facts, error) {
	server := s.current.Load()
	if server == nil {
		return telemetry.Facts{}, errors.New("stream: the embedded server is stopped")
	}
	v, err := server.Varz(nil)
	if err != nil {
		return telemetry.Facts{}, fmt.Errorf("stream: varz: %w", err)
	}
	j, err := server.Jsz(&natsserver.JSzOptions{Accounts: true, Streams: true, Consumer: true, Config: true})
	if err != nil {
		return telemetry.Facts{}, fmt.Errorf("stream: jsz: %w", err)
	}
	facts := telemetry.Facts{Server: serverFacts(v, j)}
	for _, account := range j.AccountDetails {
		for _, one := range account.Streams {
			facts.Streams = append(facts.Streams, streamFacts(account, one))
		}
	}
	return facts, nil
}

func serverFacts(v *natsserver.Varz, j *natsserver.JSInfo) telemetry.Server {
	return telemetry.Server{
		ID: v.ID, Name: v.Name, Cluster: v.Cluster.Name, Domain: j.Config.Domain, Version: v.Version,
		Start: v.Start, Cores: v.Cores, CPU: v.CPU, Memory: v.Mem,
		Connections: v.Connections, TotalConnections: v.TotalConnections, MaxConnections: v.MaxConn,
		Subscriptions: v.Subscriptions, SlowConsumers: v.SlowConsumers, Routes: v.Routes, Leafnodes: v.Leafs, MaxPayload: v.MaxPayload,
		InMessages: v.InMsgs, OutMessages: v.OutMsgs, InBytes: v.InBytes, OutBytes: v.OutBytes,
		Disabled: j.Disabled, MaxMemory: j.Config.MaxMemory, MaxStorage: j.Config.MaxStore,
		Streams: j.Streams, Consumers: j.Consumers, Messages: j.Messages, MessageBytes: j.Bytes,
		MemoryUsed: j.Memory, StorageUsed: j.Store, APITotal: j.API.Total, APIErrors: j.API.Errors,
	}
}

func streamFacts(account *natsserver.AccountDetail, d natsserver.StreamDetail) telemetry.Stream {
	s := telemetry.Stream{
		Account: account.Name, AccountID: account.Id, Name: d.Name,
		Messages: d.State.Msgs, Bytes: d.State.Bytes, FirstSeq: d.State.FirstSeq, LastSeq: d.State.LastSeq,
	}
	for _, c := range d.Consumer {
		one := telemetry.Consumer{
			Name: c.Name, Created: c.Created,
			DeliveredConsumerSeq: c.Delivered.Consumer, DeliveredStreamSeq: c.Delivered.Stream,
			AckFloorConsumerSeq: c.AckFloor.Consumer, AckFloorStreamSeq: c.AckFloor.Stream,
			AckPending: c.NumAckPending, Redelivered: c.NumRedelivered, Waiting: c.NumWaiting, Pending: c.NumPending,
		}
		if c.Config != nil {
			one.Description = c.Config.Description
		}
		s.Consumers = append(s.Consumers, one)
	}
	return s
}

// Snapshot is what can be known of the server: all of an embedded one, else this prefix's streams and their consumers.
func (h *Hub) Snapshot(ctx context.Context) (telemetry.Facts, error) {
	if h.config.Server != nil {
		return h.config.Server.Snapshot(ctx)
	}
	facts := telemetry.Facts{Server: telemetry.Server{
		ID: h.conn.ConnectedServerId(), Name: h.conn.ConnectedServerName(), Cluster: h.conn.ConnectedClusterName(),
		Version: h.conn.ConnectedServerVersion(), MaxPayload: int(h.MaxPayload()),
	}}
	for _, want := range h.wanted() {
		one, err := h.streamFacts(ctx, want.Name)
		if err != nil {
			return facts, fmt.Errorf("stream: facts of %s: %w", want.Name, err)
		}
		facts.Streams = append(facts.Streams, one)
	}
	return facts, nil
}

func (h *Hub) streamFacts(ctx context.Context, name string) (telemetry.Stream, error) {
	s, err := h.js.Stream(ctx, name)
	if err != nil {
		return telemetry.Stream{}, err
	}
	info := s.CachedInfo()
	facts := telemetry.Stream{
		Name: name, Messages: info.State.Msgs, Bytes: info.State.Bytes, FirstSeq: info.State.FirstSeq, LastSeq: info.State.LastSeq,
	}
	if info.Cluster != nil {
		facts.Leader = info.Cluster.Leader
	}
	consumers := s.ListConsumers(ctx)
	for c := range consumers.Info() {
		facts.Consumers = append(facts.Consumers, consumerFacts(c))
	}
	return facts, consumers.Err()
}

func consumerFacts(c *jetstream.ConsumerInfo) telemetry.Consumer {
	facts := telemetry.Consumer{
		Name: c.Name, Created: c.Created, Description: c.Config.Description,
		DeliveredConsumerSeq: c.Delivered.Consumer, DeliveredStreamSeq: c.Delivered.Stream,
		AckFloorConsumerSeq: c.AckFloor.Consumer, AckFloorStreamSeq: c.AckFloor.Stream,
		AckPending: c.NumAckPending, Redelivered: c.NumRedelivered, Waiting: c.NumWaiting, Pending: c.NumPending,
	}
	if c.Cluster != nil {
		facts.Leader = c.Cluster.Leader
	}
	return facts
}
