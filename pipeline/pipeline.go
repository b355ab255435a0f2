// Package pipeline holds the joint that every room is hung on: what an error says of trying again.
package pipeline

import "errors"

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
