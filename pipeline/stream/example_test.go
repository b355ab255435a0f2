package stream_test

import (
	"context"
	"fmt"
	"os"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// One article's way: a producer stores it with what it tells, a machine reads it and commits an alert, a courier takes the alert.
func Example() {
	dir, err := os.MkdirTemp("", "quidnunc")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, done := context.WithCancel(context.Background())
	defer done()

	server, err := stream.Serve(ctx, stream.ServerConfig{Dir: dir, Port: -1})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	hub, err := stream.Connect(ctx, stream.Config{Server: server})
	if err != nil {
		panic(err)
	}
	defer hub.Close()
	if err := hub.Setup(ctx, stream.Manage); err != nil {
		panic(err)
	}

	article := []stream.Message{
		{Subject: "told.sanction.rus.nato", MsgID: "k7q2.e1", Data: []byte("Russia suspends its mission")},
		{Subject: "report.fr.none", MsgID: "k7q2", Data: []byte("the article, with its events")},
	}
	for range 2 {
		receipt, err := hub.PublishBatch(ctx, [][]stream.Message{article})
		fmt.Println("stored", receipt.Stored, "known", receipt.Duplicate, err)
	}

	_, checkpoint, err := hub.Checkpoint(ctx, 0)
	if err != nil {
		panic(err)
	}
	err = hub.Read(ctx, 1, func(m stream.Stored) error {
		fmt.Println("read", m.Seq, m.Subject)
		alert := stream.Message{Subject: "alert.europe-desk.rupture.high", Data: []byte("Russia → NATO")}
		if _, err := hub.Commit(ctx, 0, []stream.Message{alert}, fmt.Append(nil, m.Seq), checkpoint); err != nil {
			return err
		}
		return stream.ErrStop
	})
	fmt.Println("machine ends:", err)

	err = hub.Consume(ctx, stream.ConsumeConfig{Stream: stream.Events, Durable: "courier", Filter: "alert.>"}, func(_ context.Context, m stream.Stored) error {
		fmt.Printf("deliver %s: %s\n", m.Subject, m.Data)
		done()
		return nil
	})
	fmt.Println("courier ends:", err)

	// Output:
	// stored 1 known 0 <nil>
	// stored 0 known 1 <nil>
	// read 2 report.fr.none
	// machine ends: <nil>
	// deliver alert.europe-desk.rupture.high: Russia → NATO
	// courier ends: <nil>
}
