package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/quidnunc-news/quidnunc/pipeline"
)

// The errors a caller chooses by. Every one is wrapped with what it concerns; test with errors.Is.
var (
	// ErrLocked: another process serves this directory. The text says which, and what to do.
	ErrLocked = errors.New("data directory in use")
	// ErrNoBatches: the server is older than 2.12 and cannot store several messages as one.
	ErrNoBatches = errors.New("server without atomic batches")
	// ErrFenced: another machine committed this shard's checkpoint. Nothing of the refused commit was stored or heard.
	ErrFenced = errors.New("fenced: another machine committed this shard")
	// ErrTooLarge: a message exceeds the server's max_payload, or one bundle or commit exceeds a batch. Permanent.
	ErrTooLarge = errors.New("too large")
	// ErrDenied: the server's permissions forbid the operation. The text says which subject. Permanent.
	ErrDenied = errors.New("denied by the server")
	// ErrUnavailable: the server did not acknowledge in time: unreachable, overloaded, or unable to write. Worth retrying.
	ErrUnavailable = errors.New("not acknowledged by the server")
	// ErrDiskFull: as ErrUnavailable (which it wraps), and the volume of the data directory has no space left.
	// Freeing space does not heal a running server: free space, then Server.Restart or start the process again.
	ErrDiskFull = fmt.Errorf("disk full: %w", ErrUnavailable)
	// ErrNotFound: no such key, object, stream or message.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the key exists already, or changed since the revision that was read.
	ErrConflict = errors.New("changed by another")
	// ErrCorrupt: a stored body is not what its name says.
	ErrCorrupt = errors.New("corrupt")
	// ErrStop ends Read, Scan, Dead and Listen without an error when a handler returns it.
	ErrStop = errors.New("stop")

	// errContended: another write of the checkpoint was in flight and came to nothing.
	errContended = errors.New("checkpoint contended")
)

// A DifferenceError says how the streams of a server differ from what this version needs.
type DifferenceError struct {
	Differences []string // "quidnunc_EVENTS: allow_atomic is false, want true"
}

func (e *DifferenceError) Error() string {
	return fmt.Sprintf("streams differ from what is needed (use --streams manage, or ask the administrator): %s",
		strings.Join(e.Differences, "; "))
}

// RetryAfter is what an error may also be: Consume waits that long before the message is delivered again.
type RetryAfter interface {
	error
	RetryAfter() time.Duration
}

// Codes of the server's refusals that this package acts upon.
const (
	codeWrongLastSequence   = 10071 // the expected last sequence of the subject is another
	codeWrongLastConstant   = 10164 // the same, decided while another write of the subject is in flight
	codeIncomplete          = 10176 // a message of the batch was lost on its way
	codeDuplicate           = 10201 // the batch holds a Msg-Id that is stored already
	codeTooManyInFlight     = 10210
	codeStoreFailed         = 10077
	codeInsufficient        = 10023
	codeStreamOffline       = 10118
	codeClusterNoLeader     = 10009
	codeBatchTooLarge       = 10199
	codeMessageTooLarge     = 10054
	codeTemporarilyUnavail  = 10008
	statusServiceUnavail    = 503
	statusTooManyOrRequests = 429
)

func code(err error) int {
	c, _ := refusal(err)
	return c
}

// refusal is the server's code and the HTTP-like status of its class; 0 where err is no refusal of the server. The client
// library watches keys through its older half, which has an error type of its own.
func refusal(err error) (code, status int) {
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		return int(api.ErrorCode), api.Code
	}
	if api, ok := errors.AsType[*nats.APIError](err); ok {
		return int(api.ErrorCode), api.Code
	}
	return 0, 0
}

func fenced(err error) bool {
	c := code(err)
	return c == codeWrongLastSequence || c == codeWrongLastConstant
}

// leaderless tells whether the server knows no leader that could do what is asked.
func leaderless(err error) bool {
	c := code(err)
	return c == codeTemporarilyUnavail || c == codeClusterNoLeader
}

// transient tells whether the same attempt, made again, may succeed.
func transient(err error) bool {
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout), errors.Is(err, nats.ErrNoResponders),
		errors.Is(err, nats.ErrDisconnected), errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrConnectionReconnecting),
		errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, jetstreamext.ErrInvalidBatchAck), errors.Is(err, errContended):
		return true
	}
	code, status := refusal(err)
	switch code {
	case codeIncomplete, codeTooManyInFlight, codeStoreFailed, codeInsufficient, codeStreamOffline, codeClusterNoLeader,
		codeTemporarilyUnavail:
		return true
	}
	return status == statusServiceUnavail || status == statusTooManyOrRequests
}

// sizeError turns the server's and the client's words for "too large" into ErrTooLarge, marked permanent.
func sizeError(err error) error {
	c := code(err)
	if errors.Is(err, nats.ErrMaxPayload) || c == codeBatchTooLarge || c == codeMessageTooLarge {
		return pipeline.Permanent(fmt.Errorf("%w: %w", ErrTooLarge, err))
	}
	return err
}
