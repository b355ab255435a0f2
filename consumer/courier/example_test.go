package courier_test

import (
	"context"
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/courier"
)

func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	desk := &receiver{name: "desk"}
	c, err := courier.New(courier.Config{
		Queue:     newQueue(alert("a", "desk"), alert("b", "desk")),
		Ledger:    newLedger(),
		Decode:    decode,
		Receivers: plain(desk, &receiver{name: "terminal"}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	for open, err := c.Open(ctx); err != nil || !open.None(); open, err = c.Open(ctx) {
		time.Sleep(time.Millisecond)
	}
	cancel()
	fmt.Println(<-ended, desk.keys())
	// Output: <nil> [a.1 b.1]
}
