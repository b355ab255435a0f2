// Package notify brings one alert to one receiver: a terminal, a webhook, an Alertmanager, a mailbox, a chat, a feed.
package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Receiver is somebody, or some program, that gets alerts.
type Receiver interface {
	// Name is what rules say in `to`.
	Name() string
	// Send delivers once. Nil means delivered; an error marked by pipeline.Permanent that no retry will help; one that is
	// ErrGone as well that no other alert will arrive either; a *RetryError that the receiver said when to come again; any
	// other error that a retry may help.
	Send(ctx context.Context, n Notice) error
}

// Keeper is a receiver that has to be told again and again what still holds, or that shows what it was sent.
type Keeper interface {
	Receiver
	// Memory is how far back it wants to be reminded.
	Memory() time.Duration
	// Remind tells it, as it starts, of an alert that was delivered to it before. Older ones come first.
	Remind(n Notice)
	// Keep does what has to be done from time to time, until ctx ends.
	Keep(ctx context.Context)
}

// Notice is one alert revision on its way to one receiver.
type Notice struct {
	Alert    news.Alert
	Key      string       // Alert.Key(): the same for every attempt, so that a receiver can tell a repetition
	Receiver string       // its name
	Queued   time.Time    // when the courier took it in hand: the same for every attempt
	Digest   []news.Alert // what a digest gathers, oldest first; nil: a single alert. Alert is its last then, and Key the digest's
}

// ErrGone is in the error of a receiver that says that it does not exist any more.
var ErrGone = errors.New("the receiver is gone for good")

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
