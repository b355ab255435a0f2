package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline"
)

// WebhookConfig says where a webhook goes and how.
type WebhookConfig struct {
	Name    string // the receiver's name; needed
	URL     string // http or https; needed. A secret: it is never told in errors
	Secret  string // signs each request; "whsec_" and the base64 of 24 to 64 random bytes, the prefix may be missing; empty: unsigned
	Private bool   // a host name may stand for a loopback, private or link-local address; a literal address and "localhost" always may

	Connect time.Duration                         // for the connection and for TLS; 0 means 10 s
	Timeout time.Duration                         // for the whole request; 0 means 30 s
	Names   func(code string) string              // for the headline; nil: codes
	Now     func() time.Time                      // for the signature and Retry-After; nil means time.Now
	Agent   string                                // User-Agent; empty means "quidnunc"
	Proxy   func(*http.Request) (*url.URL, error) // nil means http.ProxyFromEnvironment
}

const (
	maxRedirects  = 5
	maxResponse   = 64 << 10 // bytes of an answer read, so that the connection can be used again
	maxRetryAfter = time.Hour
)

// Webhook posts each alert as JSON (see Payload) with the headers
//
//	Idempotency-Key     the alert's key, the same for every attempt
//	webhook-id          the key with _ for its full stop
//	webhook-timestamp   the attempt's time in Unix seconds
//	webhook-signature   "v1," and the base64 of the HMAC-SHA256 of "<id>.<timestamp>.<body>", with a secret only
//
// the last three as Standard Webhooks has them (https://www.standardwebhooks.com). An answer 2xx means delivered; 408,
// 425, 429 and 5xx that it is worth trying again, after Retry-After if given; anything else that it is not. A redirect
// is followed on the same host only, and only if it keeps the method (307, 308).
type Webhook struct {
	cfg    WebhookConfig
	host   string // for errors: the address may hold a secret
	secret []byte
	client *http.Client
}

// NewWebhook checks the configuration. Its errors tell neither the secret nor the address.
func NewWebhook(cfg WebhookConfig) (*Webhook, error) {
	if cfg.Name == "" {
		return nil, errors.New("webhook: a receiver needs a name")
	}
	target, err := url.Parse(cfg.URL)
	if err != nil || target.Host == "" || target.Hostname() == "" || (target.Scheme != "http" && target.Scheme != "https") {
		return nil, fmt.Errorf("webhook %s: url: want http://host/… or https://host/…", cfg.Name)
	}
	secret, err := parseSecret(cfg.Secret)
	if err != nil {
		return nil, fmt.Errorf("webhook %s: %w", cfg.Name, err)
	}
	cfg.Connect = orElse(cfg.Connect, 10*time.Second)
	cfg.Timeout = orElse(cfg.Timeout, 30*time.Second)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Agent == "" {
		cfg.Agent = "quidnunc"
	}
	if cfg.Proxy == nil {
		cfg.Proxy = http.ProxyFromEnvironment
	}
	return &Webhook{cfg: cfg, host: target.Hostname(), secret: secret, client: newClient(cfg, target)}, nil
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

func parseSecret(s string) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
	if err != nil || len(secret) < 24 || len(secret) > 64 {
		return nil, errors.New("secret: want whsec_ and the base64 of 24 to 64 random bytes (`openssl rand -base64 32` makes some)")
	}
	return secret, nil
}

func newClient(cfg WebhookConfig, target *url.URL) *http.Client {
	dialer := &net.Dialer{Timeout: cfg.Connect}
	if !cfg.Private && !literal(target.Hostname()) && !proxied(cfg, target) {
		dialer.Control = refusePrivate
	}
	return &http.Client{
		Timeout: cfg.Timeout,
		Transport: &http.Transport{
			Proxy:                  cfg.Proxy,
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    cfg.Connect,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: followHome,
	}
}

// literal tells whether whoever wrote the address named the machine itself, so that a private address is no surprise.
func literal(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || host == "localhost"
}

func proxied(cfg WebhookConfig, target *url.URL) bool {
	proxy, err := cfg.Proxy(&http.Request{URL: target})
	return err == nil && proxy != nil
}

var errPrivate = errors.New("the host stands for a private address, which is refused unless allowed (private: true)")

// refusePrivate looks at the address after name resolution, so that a name cannot lead into our own network.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errPrivate
	}
	ip := at.Addr().Unmap()
	if ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast() {
		return errPrivate
	}
	return nil
}

// followHome follows a redirect that stays on the host, keeps the method and does not leave TLS. Any other is the answer.
func followHome(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	home := req.URL.Host == first.Host && req.URL.Scheme == first.Scheme ||
		req.URL.Hostname() == first.Hostname() && first.Scheme == "http" && req.URL.Scheme == "https"
	if !home || req.Method != http.MethodPost || len(via) > maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

// Name implements Receiver.
func (w *Webhook) Name() string { return w.cfg.Name }

// Send implements Receiver.
func (w *Webhook) Send(ctx context.Context, n Notice) error {
	body, err := Payload(n.Alert, w.cfg.Names)
	if err != nil {
		return pipeline.Permanent(w.errorf("%w", err))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return pipeline.Permanent(w.errorf("the address is not usable"))
	}
	w.sign(req.Header, n.Key, body)
	resp, err := w.client.Do(req)
	if err != nil {
		return w.unreachable(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.CopyN(io.Discard, resp.Body, maxResponse) // what it says does not matter, the status is the answer
	return w.verdict(resp)
}

func (w *Webhook) sign(h http.Header, key string, body []byte) {
	id := strings.ReplaceAll(key, ".", "_") // the full stop separates the parts of what is signed
	timestamp := strconv.FormatInt(w.cfg.Now().Unix(), 10)
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", w.cfg.Agent)
	h.Set("Idempotency-Key", key)
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", timestamp)
	if w.secret != nil {
		h.Set("Webhook-Signature", signature(w.secret, id, timestamp, body))
	}
}

func signature(secret []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// unreachable tells why there was no answer, without the address.
func (w *Webhook) unreachable(err error) error {
	if errors.Is(err, errPrivate) {
		return pipeline.Permanent(w.errorf("%w", errPrivate))
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		if wrapped.Timeout() && !errors.Is(err, context.Canceled) {
			return w.errorf("no answer in time: %w", context.DeadlineExceeded)
		}
		err = wrapped.Err
	}
	if w.tells(err) {
		return w.errorf("the connection failed")
	}
	return w.errorf("%w", err)
}

// tells whether an error repeats a part of the address that may be a secret.
func (w *Webhook) tells(err error) bool {
	target, parseErr := url.Parse(w.cfg.URL)
	if parseErr != nil {
		return true
	}
	password, _ := target.User.Password()
	for _, part := range []string{strings.Trim(target.Path, "/"), target.RawQuery, password} {
		if part != "" && strings.Contains(err.Error(), part) {
			return true
		}
	}
	return false
}

func (w *Webhook) verdict(resp *http.Response) error {
	status := resp.StatusCode
	switch {
	case status >= 200 && status < 300:
		return nil
	case status >= 300 && status < 400:
		return pipeline.Permanent(w.errorf("answered %d: a redirect elsewhere, which is not followed; change the address", status))
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		err := w.errorf("answered %d", status)
		if after := retryAfter(resp.Header.Get("Retry-After"), w.cfg.Now()); after > 0 {
			return &RetryError{After: after, Err: err}
		}
		return err
	}
	return pipeline.Permanent(w.errorf("answered %d", status))
}

// retryAfter reads seconds or a date; 0 when there is none to heed, at most an hour.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(0, min(at.Sub(now), maxRetryAfter))
}

func (w *Webhook) errorf(format string, args ...any) error {
	return fmt.Errorf("webhook %s (%s): "+format, append([]any{w.cfg.Name, w.host}, args...)...)
}
