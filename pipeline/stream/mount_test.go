//go:build !linux

package stream_test

import (
	"errors"
	"testing"
)

func mountSmall(*testing.T, string, string) error { return errors.ErrUnsupported }
