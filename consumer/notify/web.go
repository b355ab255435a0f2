package notify

import (
	"bytes"
	"context"
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

// Web says how a receiver is reached by HTTP. The zero Web is fine.
type Web struct {
	Private bool                                  // a host name may stand for a loopback, private or link-local address; a literal address and "localhost" always may
	Connect time.Duration                         // for the connection and for TLS; 0 means 10 s
	Timeout time.Duration                         // for the whole request; 0 means 30 s
	Now     func() time.Time                      // for signatures and Retry-After; nil means time.Now
	Agent   string                                // User-Agent; empty means "quidnunc"
	Proxy   func(*http.Request) (*url.URL, error) // nil means http.ProxyFromEnvironment
}

const (
	maxRedirects  = 5
	maxResponse   = 64 << 10 // bytes of an answer read, so that the connection can be used again
	maxRetryAfter = time.Hour
)

func (w Web) filled() Web {
	w.Connect = orElse(w.Connect, 10*time.Second)
	w.Timeout = orElse(w.Timeout, 30*time.Second)
	if w.Now == nil {
		w.Now = time.Now
	}
	if w.Agent == "" {
		w.Agent = "quidnunc"
	}
	if w.Proxy == nil {
		w.Proxy = http.ProxyFromEnvironment
	}
	return w
}

// post sends bodies to one address and turns the answers into verdicts: 2xx means delivered; 408, 425, 429 and 5xx that
// it is worth trying again, after Retry-After if given; 410 that the receiver is gone; anything else that it is not worth it.
// Its errors name kind, receiver and host, never the address, which may be a secret.
type post struct {
	Web
	kind, name string
	url, host  string
	client     *http.Client
}

// newPost checks an address. Its errors do not tell it.
func newPost(kind, name, address string, w Web) (*post, error) {
	if name == "" {
		return nil, fmt.Errorf("%s: a receiver needs a name", kind)
	}
	target, err := url.Parse(address)
	if err != nil || target.Host == "" || target.Hostname() == "" || (target.Scheme != "http" && target.Scheme != "https") {
		return nil, fmt.Errorf("%s %s: url: want http://host/… or https://host/…", kind, name)
	}
	w = w.filled()
	return &post{Web: w, kind: kind, name: name, url: address, host: target.Hostname(), client: newClient(w, target)}, nil
}

// send makes one attempt.
func (p *post) send(ctx context.Context, header http.Header, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return pipeline.Permanent(p.errorf("the address is not usable"))
	}
	req.Header = header
	req.Header.Set("User-Agent", p.Agent)
	resp, err := p.client.Do(req)
	if err != nil {
		return p.unreachable(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.CopyN(io.Discard, resp.Body, maxResponse) // what it says does not matter, the status is the answer
	return p.verdict(resp)
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

func newClient(cfg Web, target *url.URL) *http.Client {
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

func proxied(cfg Web, target *url.URL) bool {
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

// unreachable tells why there was no answer, without the address.
func (p *post) unreachable(err error) error {
	if errors.Is(err, errPrivate) {
		return pipeline.Permanent(p.errorf("%w", errPrivate))
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		if wrapped.Timeout() && !errors.Is(err, context.Canceled) {
			return p.errorf("no answer in time: %w", context.DeadlineExceeded)
		}
		err = wrapped.Err
	}
	if p.tells(err) {
		return p.errorf("the connection failed")
	}
	return p.errorf("%w", err)
}

// tells whether an error repeats a part of the address that may be a secret.
func (p *post) tells(err error) bool {
	target, parseErr := url.Parse(p.url)
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

func (p *post) verdict(resp *http.Response) error {
	status := resp.StatusCode
	switch {
	case status >= 200 && status < 300:
		return nil
	case status >= 300 && status < 400:
		return pipeline.Permanent(p.errorf("answered %d: a redirect elsewhere, which is not followed; change the address", status))
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		err := p.errorf("answered %d", status)
		if after := retryAfter(resp.Header.Get("Retry-After"), p.Now()); after > 0 {
			return &RetryError{After: after, Err: err}
		}
		return err
	}
	if status == http.StatusGone {
		return pipeline.Permanent(p.errorf("answered %d: %w", status, ErrGone))
	}
	return pipeline.Permanent(p.errorf("answered %d", status))
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

func (p *post) errorf(format string, args ...any) error {
	return fmt.Errorf("%s %s (%s): "+format, append([]any{p.kind, p.name, p.host}, args...)...)
}
