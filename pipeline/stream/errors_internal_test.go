package stream

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestARefusalInEitherHalfOfTheClientLibraryIsUnderstood(t *testing.T) {
	for name, c := range map[string]struct {
		err       error
		transient bool
	}{
		"no leader yet":                      {&jetstream.APIError{Code: 503, ErrorCode: 10008}, true},
		"no leader yet, told to a watcher":   {&nats.APIError{Code: 503, ErrorCode: 10008}, true},
		"a stream that is not there":         {&nats.APIError{Code: 404, ErrorCode: 10059}, false},
		"a message that cannot be too large": {&jetstream.APIError{Code: 400, ErrorCode: 10054}, false},
	} {
		if got := transient(fmt.Errorf("wrapped: %w", c.err)); got != c.transient {
			t.Errorf("%s: transient %t", name, got)
		}
	}
}
