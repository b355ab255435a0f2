package wire

import (
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

type rulesV1 struct {
	versionV1
	Version string    `json:"version"`
	Hash    string    `json:"hash"`
	At      time.Time `json:"at"`
}

type correctionV1 struct {
	versionV1
	Article   news.ID   `json:"article"`
	Publisher string    `json:"publisher"`
	Reason    string    `json:"reason,omitempty"`
	At        time.Time `json:"at"`
}

type tickV1 struct {
	versionV1
	At time.Time `json:"at"`
}

// Rules is the message that puts a version of the rules in force.
func Rules(r news.Rules) (Message, error) {
	data, err := encode("rules", rulesV1{versionV1{version}, r.Version, r.Hash, r.At.UTC()})
	return Message{Subject: subject(RulesKind, Token(r.Version)), Data: data}, err
}

// Correction is the message that withdraws an article.
func Correction(c news.Correction) (Message, error) {
	data, err := encode("correction", correctionV1{versionV1{version}, c.Article, c.Publisher, c.Reason, c.At.UTC()})
	return Message{Subject: subject(CorrectionKind, Token(c.Publisher)), Data: data}, err
}

// Tick is the message that tells the time.
func Tick(t news.Tick) (Message, error) {
	data, err := encode("tick", tickV1{versionV1{version}, t.At.UTC()})
	return Message{Subject: TickKind, Data: data}, err
}

// DecodeEntry reads a message of the log that the machine steps.
func DecodeEntry(subject string, data []byte) (news.Entry, error) {
	switch Kind(subject) {
	case ReportKind:
		return entry(DecodeReport(data))
	case RulesKind:
		w, err := decode[rulesV1]("rules", data)
		return entry(news.Rules{Version: w.Version, Hash: w.Hash, At: w.At.UTC()}, err)
	case CorrectionKind:
		w, err := decode[correctionV1]("correction", data)
		return entry(news.Correction{Article: w.Article, Publisher: w.Publisher, Reason: w.Reason, At: w.At.UTC()}, err)
	case TickKind:
		w, err := decode[tickV1]("tick", data)
		return entry(news.Tick{At: w.At.UTC()}, err)
	}
	return nil, fmt.Errorf("wire: subject %q is no entry of the log", subject)
}

// At is the time of an entry of the log, without decoding the rest of it.
func At(data []byte) (time.Time, error) {
	w, err := decode[tickV1]("entry", data)
	return w.At.UTC(), err
}

func entry[E news.Entry](e E, err error) (news.Entry, error) {
	if err != nil {
		return nil, err
	}
	return e, nil
}

// Checkpoint is how far a shard's machine has committed, and what the stream must then hold.
type Checkpoint struct {
	Shard    int    // the shard whose machine this is
	Shards   int    // how many shards there are; 0, as checkpoints had it before there were several, means 1
	Sequence uint64 // REPORTS sequence of the entry whose outputs were committed last, in whole or in part
	Written  int    // outputs of that entry already written; -1: all
	Commit   uint64 // number of this commit, from 1
	Events   uint64 // event messages this shard has ever committed
	Alerts   uint64 // alert messages this shard has ever committed
	Hash     string // hex chain hash over subject and body of all of them: see Chain
	Step     int    // version of the machine's Step
}

type checkpointV1 struct {
	versionV1
	Shard    int    `json:"shard"`
	Shards   int    `json:"shards,omitempty"`
	Sequence uint64 `json:"seq"`
	Written  int    `json:"written"`
	Commit   uint64 `json:"commit"`
	Events   uint64 `json:"events"`
	Alerts   uint64 `json:"alerts"`
	Hash     string `json:"hash"`
	Step     int    `json:"step"`
}

// EncodeCheckpoint writes a checkpoint.
func EncodeCheckpoint(c Checkpoint) ([]byte, error) {
	return encode("checkpoint", checkpointV1{
		versionV1{version}, c.Shard, c.Shards, c.Sequence, c.Written, c.Commit, c.Events, c.Alerts, c.Hash, c.Step,
	})
}

// DecodeCheckpoint reads a checkpoint; no bytes are the zero Checkpoint, a machine that never committed.
func DecodeCheckpoint(data []byte) (Checkpoint, error) {
	if len(data) == 0 {
		return Checkpoint{}, nil
	}
	w, err := decode[checkpointV1]("checkpoint", data)
	return Checkpoint{w.Shard, w.Shards, w.Sequence, w.Written, w.Commit, w.Events, w.Alerts, w.Hash, w.Step}, err
}
