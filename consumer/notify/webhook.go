package notify

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/quidnunc-news/quidnunc/pipeline"
)

// WebhookConfig says where a webhook goes and how.
type WebhookConfig struct {
	Name    string   // the receiver's name; needed
	URL     string   // http or https; needed. A secret: it is never told in errors
	Secrets []string // each signs each request: the new and the old one while keys are rotated; "whsec_" and the base64 of 24 to 64 random bytes, the prefix may be missing; none: unsigned
	Web
	Names func(code string) string // for the headline; nil: codes
}

// maxSecrets: a new key and the one before it.
const maxSecrets = 2

// Webhook posts each alert as JSON (see Payload) with the headers
//
//	Idempotency-Key     the alert's key, the same for every attempt
//	webhook-id          the key with _ for its full stop
//	webhook-timestamp   the attempt's time in Unix seconds
//	webhook-signature   for each secret "v1," and the base64 of the HMAC-SHA256 of "<id>.<timestamp>.<body>", separated by spaces
//
// the last three as Standard Webhooks has them (https://www.standardwebhooks.com). An answer 2xx means delivered; 408,
// 425, 429 and 5xx that it is worth trying again, after Retry-After if given; 410 that the receiver is gone for good
// (ErrGone); anything else that no retry will help. A redirect is followed on the same host only, and only if it keeps the
// method (307, 308).
type Webhook struct {
	*post
	cfg  WebhookConfig
	keys []*standardwebhooks.Webhook
}

// NewWebhook checks the configuration. Its errors tell neither the secrets nor the address.
func NewWebhook(cfg WebhookConfig) (*Webhook, error) {
	p, err := newPost("webhook", cfg.Name, cfg.URL, cfg.Web)
	if err != nil {
		return nil, err
	}
	w := &Webhook{post: p, cfg: cfg}
	if len(cfg.Secrets) > maxSecrets {
		return nil, fmt.Errorf("webhook %s: %d secrets: want at most %d, the new one and the one before it", cfg.Name, len(cfg.Secrets), maxSecrets)
	}
	for _, s := range cfg.Secrets {
		key, err := parseSecret(s)
		if err != nil {
			return nil, fmt.Errorf("webhook %s: %w", cfg.Name, err)
		}
		w.keys = append(w.keys, key)
	}
	return w, nil
}

func parseSecret(s string) (*standardwebhooks.Webhook, error) {
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
	if err != nil || len(secret) < 24 || len(secret) > 64 {
		return nil, errors.New("secret: want whsec_ and the base64 of 24 to 64 random bytes (`openssl rand -base64 32` makes some)")
	}
	return standardwebhooks.NewWebhookRaw(secret)
}

// Name implements Receiver.
func (w *Webhook) Name() string { return w.cfg.Name }

// Send implements Receiver.
func (w *Webhook) Send(ctx context.Context, n Notice) error {
	body, err := payload(n, w.cfg.Names)
	if err != nil {
		return pipeline.Permanent(w.errorf("%w", err))
	}
	header, err := w.header(n.Key, body)
	if err != nil {
		return pipeline.Permanent(w.errorf("%w", err))
	}
	return w.send(ctx, header, body)
}

func (w *Webhook) header(key string, body []byte) (http.Header, error) {
	id := strings.ReplaceAll(key, ".", "_") // the full stop separates the parts of what is signed
	at := w.Now()
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("Idempotency-Key", key)
	h.Set(standardwebhooks.HeaderWebhookID, id)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, fmt.Sprint(at.Unix()))
	signatures, err := signatures(w.keys, id, at, body)
	if len(w.keys) > 0 {
		h.Set(standardwebhooks.HeaderWebhookSignature, signatures)
	}
	return h, err
}

// signatures has one for each key, so that a receiver that knows only one of them finds its own.
func signatures(keys []*standardwebhooks.Webhook, id string, at time.Time, body []byte) (string, error) {
	var all []string
	for _, key := range keys {
		s, err := key.Sign(id, at, body)
		if err != nil {
			return "", err
		}
		all = append(all, s)
	}
	return strings.Join(all, " "), nil
}
