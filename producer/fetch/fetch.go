// Package fetch gets documents from an internet that may be hostile.
//
// Every address is checked where it is dialled, after the name was resolved and again on every redirect, so that a name
// that suddenly points at this machine or its network is refused. Time, redirects, bytes and the ratio of decompression
// are bounded. Whatever is refused is refused for a named Reason.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// Reason names why nothing was got; there are few, so that they can be a metric's label.
type Reason string

// The reasons.
const (
	BadAddress   Reason = "bad_address"        // not http or https, or no address at all
	Forbidden    Reason = "forbidden_address"  // private, loopback, link-local: not on the allow-list
	NoName       Reason = "name_not_found"     // the name does not resolve
	Unreachable  Reason = "unreachable"        // no connection, or it broke
	BadTLS       Reason = "bad_tls"            // the certificate is not good
	Slow         Reason = "slow"               // not done within the time
	Redirects    Reason = "too_many_redirects" // more than allowed
	Loop         Reason = "redirect_loop"      // a redirect to where it came from
	TooLarge     Reason = "too_large"          // the body is beyond the limit
	Bomb         Reason = "decompression_bomb" // the body unpacks to far more than was sent
	BadBody      Reason = "bad_body"           // the body cannot be unpacked
	RobotsForbid Reason = "robots_txt"         // the site does not want it read
)

// Reasons lists all.
func Reasons() []Reason {
	return []Reason{
		BadAddress, Forbidden, NoName, Unreachable, BadTLS, Slow, Redirects, Loop, TooLarge, Bomb, BadBody, RobotsForbid,
	}
}

// Refused is the error of a document that was not got.
type Refused struct {
	Reason Reason
	URL    string
	Err    error
}

func (e *Refused) Error() string { return fmt.Sprintf("fetch %s: %s: %v", e.URL, e.Reason, e.Err) }
func (e *Refused) Unwrap() error { return e.Err }

// Config tunes a Client. The zero value is good for production, but for Agent.
type Config struct {
	Agent     string         // the User-Agent: say who you are, and how to reach you
	Allow     []netip.Prefix // addresses that may be dialled though they are not public, on any port
	Connect   time.Duration  // for one connection; 0 means 10s
	Total     time.Duration  // for one document with all redirects; 0 means 30s
	Redirects int            // followed; 0 means 5
	MaxBody   int64          // bytes of a body, unpacked; 0 means 15 MiB
	Ratio     int64          // bytes unpacked for each that was sent, after the first MiB; 0 means 100
	Idle      int            // connections kept open; 0 means 64
	Resolver  *net.Resolver  // nil means the system's
}

const ratioAfter = 1 << 20

func (c Config) withDefaults() Config {
	c.Connect = or(c.Connect, 10*time.Second)
	c.Total = or(c.Total, 30*time.Second)
	c.Redirects = or(c.Redirects, 5)
	c.MaxBody = or(c.MaxBody, 15<<20)
	c.Ratio = or(c.Ratio, 100)
	c.Idle = or(c.Idle, 64)
	if c.Agent == "" {
		c.Agent = "quidnunc"
	}
	return c
}

func or[T comparable](v, standard T) T {
	var zero T
	if v == zero {
		return standard
	}
	return v
}

// Client gets documents. It is safe for concurrent use.
type Client struct {
	cfg  Config
	http http.Client
}

// New returns a Client. It takes no proxy from the environment: a proxy would dial what this Client must not.
func New(cfg Config) *Client {
	cfg = cfg.withDefaults()
	dialer := &net.Dialer{Timeout: cfg.Connect, Resolver: cfg.Resolver, Control: cfg.guard()}
	c := &Client{cfg: cfg}
	c.http = http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    cfg.Connect,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true, // unpacked here, where it is counted
			MaxIdleConns:           cfg.Idle,
			MaxIdleConnsPerHost:    1,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
	}
	return c
}

// guard checks the address of each connection before it is made.
func (c Config) guard() func(network, address string, conn syscall.RawConn) error {
	public := ssrf.New(ssrf.WithAnyPort()).Safe
	allowed := c.Allow
	return func(network, address string, conn syscall.RawConn) error {
		if at, err := netip.ParseAddrPort(address); err == nil {
			for _, p := range allowed {
				if p.Contains(at.Addr().Unmap()) {
					return nil
				}
			}
		}
		return public(network, address, conn)
	}
}

// Close lets go of the connections that are kept.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Request is what to get.
type Request struct {
	URL          string
	Accept       string // "" means anything
	ETag         string // of what is known already
	LastModified string
}

// Response is what came. Of a status other than 200 the body is not read.
type Response struct {
	Status    int
	Header    http.Header
	URL       string // where it came from, after all redirects
	Permanent string // where permanent redirects (301, 308) alone lead; "" when there were none
	Body      []byte
	Sent      int64 // bytes of the body as sent
}

// Get gets a document. The error is a *Refused, or ctx's.
func (c *Client) Get(ctx context.Context, r Request) (*Response, error) {
	u, err := address(r.URL)
	if err != nil {
		return nil, &Refused{BadAddress, r.URL, err}
	}
	limited, cancel := context.WithTimeout(ctx, c.cfg.Total)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, &Refused{BadAddress, r.URL, err}
	}
	req.Header.Set("User-Agent", c.cfg.Agent)
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("Accept", or(r.Accept, "*/*"))
	set(req.Header, "If-None-Match", r.ETag)
	set(req.Header, "If-Modified-Since", r.LastModified)
	t := trail{limit: c.cfg.Redirects}
	client := c.http
	client.CheckRedirect = t.follow
	res, err := client.Do(req)
	if err != nil {
		return nil, why(ctx, limited, r.URL, err)
	}
	defer func() { _ = res.Body.Close() }()
	out := &Response{Status: res.StatusCode, Header: res.Header, URL: res.Request.URL.String(), Permanent: t.permanent}
	if res.StatusCode != http.StatusOK {
		return out, nil
	}
	if out.Body, out.Sent, err = c.body(res); err != nil {
		return nil, why(ctx, limited, r.URL, err)
	}
	return out, nil
}

// Post sends a form, and follows no redirect. The answer's body is not read. The error is a *Refused, or ctx's.
func (c *Client) Post(ctx context.Context, to string, form url.Values) (status int, err error) {
	u, err := address(to)
	if err != nil {
		return 0, &Refused{BadAddress, to, err}
	}
	limited, cancel := context.WithTimeout(ctx, c.cfg.Total)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodPost, u.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return 0, &Refused{BadAddress, to, err}
	}
	req.Header.Set("User-Agent", c.cfg.Agent)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := c.http
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	if err != nil {
		return 0, why(ctx, limited, to, err)
	}
	return res.StatusCode, res.Body.Close()
}

func set(h http.Header, key, value string) {
	if value != "" && !strings.ContainsAny(value, "\r\n\x00") {
		h.Set(key, value)
	}
}

// address checks what a client is asked to get.
func address(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, errors.New("not an address")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%q is neither http nor https", u.Scheme)
	case u.Hostname() == "":
		return nil, errors.New("no host")
	}
	return u, nil
}

// trail follows one request's redirects.
type trail struct {
	limit     int
	permanent string
	ended     bool // a temporary redirect came: what follows is not for good
}

func (t *trail) follow(next *http.Request, before []*http.Request) error {
	last := before[len(before)-1]
	if len(before) > t.limit {
		return &Refused{Redirects, next.URL.String(), fmt.Errorf("more than %d", t.limit)}
	}
	if _, err := address(next.URL.String()); err != nil {
		return &Refused{BadAddress, next.URL.String(), fmt.Errorf("redirected to it: %w", err)}
	}
	for _, b := range before {
		if b.URL.String() == next.URL.String() {
			return &Refused{Loop, next.URL.String(), errors.New("was there before")}
		}
	}
	if last.URL.Host != next.URL.Host { // another host's validators are not this one's
		next.Header.Del("If-None-Match")
		next.Header.Del("If-Modified-Since")
	}
	switch next.Response.StatusCode {
	case http.StatusMovedPermanently, http.StatusPermanentRedirect:
		if !t.ended {
			t.permanent = next.URL.String()
		}
	default:
		t.ended = true
	}
	return nil
}

// why gives an error its Reason.
func why(ctx, limited context.Context, url string, err error) error {
	var refused *Refused
	if errors.As(err, &refused) {
		return refused
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return &Refused{Slow, url, limited.Err()}
	}
	return &Refused{reason(err), url, plain(err)}
}

func reason(err error) Reason {
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrProhibitedPort),
		errors.Is(err, ssrf.ErrInvalidHostPort):
		return Forbidden
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Slow
	case errors.As(err, &dns):
		return NoName
	case isTLS(err):
		return BadTLS
	}
	return Unreachable
}

// plain takes the repeated address out of what net/http says.
func plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// counted counts what is read of a body as it is sent.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
