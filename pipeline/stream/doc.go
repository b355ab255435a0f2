// Package stream carries opaque messages through NATS JetStream, and is the only room that knows NATS.
//
// Two durable logs, REPORTS and EVENTS, store under "log.<prefix>.…" and are republished, once a message is committed, to the
// public "<prefix>.…": whoever subscribes there hears committed messages only. A work queue, DELIVERIES, and a place for what nobody
// could handle, DEAD, store under "log." too and are not republished. Rules live in an object store, the ledger and the leases in
// key-value buckets.
//
//	Serve ──► *Server, the embedded server, one per directory
//	            │ Config.Server (in process), or Config.URL (elsewhere)
//	Connect ──► *Hub: PublishBatch · Read · Commit · Consume · Scan · Listen · buckets · leases
//
// Subjects in this package's API are relative: "report.fr.none", never "log.quidnunc.report.fr.none".
// Message bodies are not looked into.
package stream
