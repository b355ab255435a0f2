package stream

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/quidnunc-news/quidnunc/pipeline"
)

// Put sets a key of a key-value bucket and returns its new revision. Keys are made of letters, digits and "-_=/.".
func (h *Hub) Put(ctx context.Context, in Bucket, key string, value []byte) (revision uint64, err error) {
	err = h.key(ctx, "put", in, key, func(ctx context.Context, kv jetstream.KeyValue) error {
		revision, err = kv.Put(ctx, key, value)
		return err
	})
	return revision, err
}

// Update sets a key only if its revision still is the one given (0: only if the key does not exist), else ErrConflict. After a time-out
// it looks whether its own value arrived.
func (h *Hub) Update(ctx context.Context, in Bucket, key string, value []byte, revision uint64) (next uint64, err error) {
	err = h.key(ctx, "update", in, key, func(ctx context.Context, kv jetstream.KeyValue) error {
		if revision == 0 {
			next, err = kv.Create(ctx, key, value)
		} else {
			next, err = kv.Update(ctx, key, value, revision)
		}
		return err
	})
	if errors.Is(err, ErrConflict) {
		if now, at, valueErr := h.Value(ctx, in, key); valueErr == nil && at > revision && bytes.Equal(now, value) {
			return at, nil
		}
	}
	return next, err
}

// Value returns a key's value and revision, or ErrNotFound.
func (h *Hub) Value(ctx context.Context, in Bucket, key string) (value []byte, revision uint64, err error) {
	err = h.key(ctx, "get", in, key, func(ctx context.Context, kv jetstream.KeyValue) error {
		entry, err := kv.Get(ctx, key)
		if err != nil {
			return err
		}
		value, revision = entry.Value(), entry.Revision()
		return nil
	})
	return value, revision, err
}

// Delete removes a key; one that does not exist is no error.
func (h *Hub) Delete(ctx context.Context, in Bucket, key string) error {
	return h.key(ctx, "delete", in, key, func(ctx context.Context, kv jetstream.KeyValue) error { return kv.Delete(ctx, key) })
}

// Keys lists a bucket's keys under a filter ("desk.>"; "" means all), sorted.
func (h *Hub) Keys(ctx context.Context, in Bucket, filter string) ([]string, error) {
	var keys []string
	err := h.key(ctx, "list", in, or(filter, ">"), func(ctx context.Context, kv jetstream.KeyValue) error {
		keys = nil
		watch, err := kv.Watch(ctx, or(filter, ">"), jetstream.IgnoreDeletes(), jetstream.MetaOnly())
		if err != nil {
			return err
		}
		defer func() { _ = watch.Stop() }()
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case entry, ok := <-watch.Updates():
				if !ok {
					return jetstream.ErrConnectionClosed
				}
				if entry == nil { // the end of what is there now
					return nil
				}
				keys = append(keys, entry.Key())
			}
		}
	})
	slices.Sort(keys)
	return slices.Compact(keys), err
}

// key does one thing to a bucket, again while the server does not answer, and says its errors in this package's words.
func (h *Hub) key(ctx context.Context, verb string, in Bucket, key string, do func(context.Context, jetstream.KeyValue) error) error {
	return h.until(ctx, fmt.Sprintf("%s %s of %s", verb, key, in), func(ctx context.Context) error {
		kv, err := h.js.KeyValue(ctx, h.names.bucket(in))
		if err != nil {
			return bucketError(err)
		}
		return bucketError(do(ctx, kv))
	})
}

func bucketError(err error) error {
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound), errors.Is(err, jetstream.ErrBucketNotFound), errors.Is(err, jetstream.ErrObjectNotFound),
		errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("%w (%w)", ErrNotFound, err)
	case errors.Is(err, jetstream.ErrKeyExists), fenced(err):
		return fmt.Errorf("%w (%w)", ErrConflict, err)
	case errors.Is(err, jetstream.ErrInvalidKey):
		return pipeline.Permanent(err)
	}
	return err
}

// Hash names a body by its content: hex SHA-256.
func Hash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// PutObject stores a body of any size under its Hash, which it returns. A body that is there already is not written again;
// one that is there and damaged is.
func (h *Hub) PutObject(ctx context.Context, in Bucket, body []byte) (hash string, err error) {
	hash = Hash(body)
	err = h.object(ctx, "put", in, hash, len(body), func(ctx context.Context, store jetstream.ObjectStore) error {
		if info, err := store.GetInfo(ctx, hash); err == nil && info.Size == uint64(len(body)) {
			if there, err := store.GetBytes(ctx, hash); err == nil && Hash(there) == hash {
				return nil
			}
		}
		return h.putPaced(ctx, store, in, hash, body)
	})
	return hash, err
}

func (h *Hub) putPaced(ctx context.Context, store jetstream.ObjectStore, in Bucket, name string, body []byte) error {
	backing, err := h.js.Stream(ctx, "OBJ_"+h.names.bucket(in))
	if err != nil {
		return err
	}
	_, err = store.Put(ctx, jetstream.ObjectMeta{Name: name}, &pacedReader{ctx: ctx, body: bytes.NewReader(body), backing: backing})
	return err
}

// pacedReader gives out a body as fast as the stream behind a bucket stores it. The client sends all it is given without
// waiting, and a server that is given more than its queue holds, some 128 MB, drops the rest without a word.
type pacedReader struct {
	ctx     context.Context
	body    *bytes.Reader
	backing jetstream.Stream
	sent    int    // messages: the client makes one of each Read
	before  uint64 // the stream's last sequence before the first of them
}

// paceMessages are sent before the stream is looked at: of 128 KiB each, a sixteenth of what the queue holds.
const paceMessages = 64

func (r *pacedReader) Read(b []byte) (int, error) {
	if r.sent%paceMessages == 0 {
		if err := r.wait(); err != nil {
			return 0, err
		}
	}
	r.sent++
	return r.body.Read(b)
}

// wait returns when the stream has stored what was sent.
func (r *pacedReader) wait() error {
	for {
		info, err := r.backing.Info(r.ctx)
		if err != nil {
			return err
		}
		if r.sent == 0 {
			r.before = info.State.LastSeq
		}
		if info.State.LastSeq >= r.before+uint64(r.sent) {
			return nil
		}
		select {
		case <-r.ctx.Done():
			return r.ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Object returns the body stored under a hash: ErrNotFound when there is none, ErrCorrupt when it is not what the hash says.
func (h *Hub) Object(ctx context.Context, in Bucket, hash string) ([]byte, error) {
	return h.objectBody(ctx, in, hash, hash)
}

// ObjectSize is how many bytes are stored under a hash: ErrNotFound when there is none.
func (h *Hub) ObjectSize(ctx context.Context, in Bucket, hash string) (size uint64, err error) {
	err = h.object(ctx, "find", in, hash, 0, func(ctx context.Context, store jetstream.ObjectStore) error {
		info, err := store.GetInfo(ctx, hash)
		if err == nil {
			size = info.Size
		}
		return err
	})
	return size, err
}

func (h *Hub) objectBody(ctx context.Context, in Bucket, name, hash string) (body []byte, err error) {
	size := 0
	err = h.object(ctx, "find", in, name, 0, func(ctx context.Context, store jetstream.ObjectStore) error {
		info, err := store.GetInfo(ctx, name)
		if err == nil {
			size = int(info.Size)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = h.object(ctx, "get", in, name, size, func(ctx context.Context, store jetstream.ObjectStore) error {
		body, err = store.GetBytes(ctx, name)
		return err
	})
	if errors.Is(err, jetstream.ErrDigestMismatch) || err == nil && Hash(body) != hash {
		return nil, fmt.Errorf("stream: object %s of %s: %w", name, in, ErrCorrupt)
	}
	return body, err
}

// slowest is how many bytes of an object a second has to move; a large one may take longer than a message.
const slowest = 1 << 20

func (h *Hub) object(ctx context.Context, verb string, in Bucket, hash string, size int, do func(context.Context, jetstream.ObjectStore) error) error {
	longer := time.Duration(size/slowest) * time.Second
	return h.untilWithin(ctx, longer, fmt.Sprintf("%s object %s of %s", verb, hash, in), func(ctx context.Context) error {
		store, err := h.js.ObjectStore(ctx, h.names.bucket(in))
		if err != nil {
			return bucketError(err)
		}
		return bucketError(do(ctx, store))
	})
}
