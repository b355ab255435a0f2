// Package notify brings one alert to one receiver: a terminal, a webhook.
package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Receiver is somebody, or some program, that gets alerts.
type Receiver interface {
	// Name is what rules say in `to`.
	Name() string
	// Send delivers once. Nil means delivered; an error marked by pipeline.Permanent that no retry will help; a
	// *RetryError that the receiver said when to come again; any other error that a retry may help.
	Send(ctx context.Context, n Notice) error
}

// Notice is one alert revision on its way to one receiver.
type Notice struct {
	Alert    news.Alert
	Key      string // Alert.Key(): the same for every attempt, so that a receiver can tell a repetition
	Receiver string // its name
}

// RetryError is a failure after which the receiver asked to be left alone for a while.
type RetryError struct {
	After time.Duration // more than 0
	Err   error
}

// Error implements error.
func (e *RetryError) Error() string { return fmt.Sprintf("%v (retry after %v)", e.Err, e.After) }

// Unwrap returns the failure.
func (e *RetryError) Unwrap() error { return e.Err }

// RetryAfter is After, for queues that do not know this room.
func (e *RetryError) RetryAfter() time.Duration { return e.After }
