package consumer_test

import (
	"context"
	"fmt"
	"os"

	"github.com/quidnunc-news/quidnunc/consumer"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// books is a library of one version of the rules.
type books map[string][]rule.Rule

func (b books) Rules(_ context.Context, hash string) ([]rule.Rule, error) { return b[hash], nil }

// A consumer steps the log from its checkpoint on, commits what follows, and can be asked how far it is.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "quidnunc")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, err := stream.Serve(ctx, stream.ServerConfig{Dir: dir, Port: -1, NoSync: true})
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
	told, err := wire.Rules(news.Rules{Version: "first", Hash: "c0ffee", At: start})
	if err != nil {
		panic(err)
	}
	if _, err := hub.PublishBatch(ctx, [][]stream.Message{{stream.Message(told)}}); err != nil {
		panic(err)
	}

	c, err := consumer.New(hub, books{"c0ffee": nil}, &house{Hub: hub}, gazetteer.Default(), consumer.Config{})
	if err != nil {
		panic(err)
	}
	stop := running(c)
	if err := c.Await(ctx, 1); err != nil {
		panic(err)
	}
	fmt.Println("committed up to", c.Counts().Sequence, "with", c.Counts().Alerts, "alerts")
	if err := stop(); err != nil {
		panic(err)
	}
	// Output: committed up to 1 with 0 alerts
}
