package replay

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// slot is an item on its way through workers.
type slot[T any] struct {
	item T
	done chan struct{}
}

// inOrder lets workers do something with each item side by side, and hands the items on in their order. What it started
// ends with in, or with ctx.
func inOrder[T any](ctx context.Context, g *errgroup.Group, workers int, in <-chan T, do func(T)) <-chan T {
	work := make(chan slot[T])
	queue := make(chan slot[T], 2*workers)
	out := make(chan T)
	g.Go(func() error {
		defer close(work)
		defer close(queue)
		for item := range in {
			s := slot[T]{item, make(chan struct{})}
			if !send(ctx, queue, s) || !send(ctx, work, s) {
				return ctx.Err()
			}
		}
		return nil
	})
	for range workers {
		g.Go(func() error {
			for s := range work {
				do(s.item)
				close(s.done)
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(out)
		for s := range queue {
			select {
			case <-s.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			if !send(ctx, out, s.item) {
				return ctx.Err()
			}
		}
		return nil
	})
	return out
}

// send tells whether the value was taken before ctx ended.
func send[T any](ctx context.Context, c chan<- T, v T) bool {
	select {
	case c <- v:
		return true
	case <-ctx.Done():
		return false
	}
}
