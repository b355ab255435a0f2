// Package pipeline holds the joints that every room is hung on.
package pipeline

import (
	"context"
	"errors"
)

// Stage does one thing to a value on its way and passes it on, or ends the way with an error.
// Its signature says that it may wait; a step that only computes is a plain function.
type Stage[In, Out any] func(ctx context.Context, in In) (Out, error)

// Permanent marks err as one that no retry will mend: whoever handles it buries the message with this reason
// instead of trying again. A nil error stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanent{err}
}

// IsPermanent tells whether err, or an error it wraps, was marked by Permanent.
func IsPermanent(err error) bool {
	var p *permanent
	return errors.As(err, &p)
}

type permanent struct{ error }

func (p *permanent) Unwrap() error { return p.error }
