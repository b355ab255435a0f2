package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/quidnunc-news/quidnunc/producer/fetch"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

// zeros is n zero bytes, packed.
func zeros(n int) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.CopyN(z, zero{}, int64(n))
	_ = z.Close()
	return b.Bytes()
}

type zero struct{}

func (zero) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// hostile plays a part of the internet that means harm, or is broken.
func hostile(t *testing.T) *httptest.Server {
	bomb := zeros(14 << 20)
	mux := http.NewServeMux()
	handle := func(path string, h http.HandlerFunc) { mux.HandleFunc(path, h) }
	redirect := func(path, to string, status int) {
		handle(path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) })
	}
	handle("/good", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "good") })
	handle("/slow-headers", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	handle("/slow-body", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "a")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	handle("/endless", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, zero{}) })
	handle("/large", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "99999999999") })
	handle("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb)
	})
	handle("/bomb-unnamed", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bomb) })
	handle("/gzip-cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb[:100])
	})
	handle("/brotli", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		_, _ = io.WriteString(w, "x")
	})
	handle("/huge-headers", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) })
	handle("/hang-up", func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = c.Close()
		}
	})
	redirect("/loop", "/loop", http.StatusFound)
	redirect("/loop-a", "/loop-b", http.StatusMovedPermanently)
	redirect("/loop-b", "/loop-a", http.StatusMovedPermanently)
	handle("/on/", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) })
	redirect("/metadata", "http://169.254.169.254/latest/meta-data/", http.StatusFound)
	redirect("/private", "http://10.0.0.1/", http.StatusFound)
	redirect("/mapped", "http://[::ffff:127.0.0.3]/", http.StatusFound)
	redirect("/six", "http://[::1]/", http.StatusFound)
	redirect("/decimal", "http://2130706434/", http.StatusFound)
	handle("/file", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "file:///etc/passwd")
		w.WriteHeader(http.StatusFound)
	})
	redirect("/moved", "/moved-on", http.StatusMovedPermanently)
	redirect("/moved-on", "/temporary", http.StatusPermanentRedirect)
	redirect("/temporary", "/good", http.StatusFound)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestAHostileInternetIsRefusedForAReason(t *testing.T) {
	server := hostile(t)
	dns := flipping(t)
	c := fetch.New(fetch.Config{Allow: loopback, Total: time.Second, MaxBody: 4 << 20, Resolver: dns})
	t.Cleanup(c.Close)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		url  string
		want fetch.Reason // "": it is got
	}{
		"a good page is got":                         {"/good", ""},
		"headers that never come":                    {"/slow-headers", fetch.Slow},
		"a body that never ends slowly":              {"/slow-body", fetch.Slow},
		"a body that never ends":                     {"/endless", fetch.TooLarge},
		"a body that says it is too large":           {"/large", fetch.TooLarge},
		"a gzip bomb":                                {"/bomb", fetch.Bomb},
		"a gzip bomb that does not say so":           {"/bomb-unnamed", fetch.Bomb},
		"a packed body that is cut":                  {"/gzip-cut", ""},
		"a packing that was not asked for":           {"/brotli", fetch.BadBody},
		"headers without end":                        {"/huge-headers", fetch.Unreachable},
		"a server that hangs up":                     {"/hang-up", fetch.Unreachable},
		"a redirect to itself":                       {"/loop", fetch.Loop},
		"two redirects to each other":                {"/loop-a", fetch.Loop},
		"redirects on and on":                        {"/on/", fetch.Redirects},
		"a redirect to the cloud's metadata":         {"/metadata", fetch.Forbidden},
		"a redirect into the private network":        {"/private", fetch.Forbidden},
		"a redirect to this machine in IPv6 clothes": {"/mapped", fetch.Forbidden},
		"a redirect to this machine in IPv6":         {"/six", fetch.Forbidden},
		"a redirect to a file":                       {"/file", fetch.BadAddress},
		"a file":                                     {"file:///etc/passwd", fetch.BadAddress},
		"another scheme":                             {"gopher://127.0.0.1/", fetch.BadAddress},
		"no host":                                    {"http:///x", fetch.BadAddress},
		"a name that turns to a forbidden address":   {"http://always.test:" + port + "/good", fetch.Forbidden},
		"a name that has an allowed address":         {"http://good.test:" + port + "/good", ""},
		"a name that nobody knows":                   {"http://unknown.test/", fetch.NoName},
		"a port where nobody listens":                {"http://127.0.0.1:1/", fetch.Unreachable},
		"TLS where there is none":                    {strings.Replace(server.URL, "http:", "https:", 1), fetch.Unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := tc.url
			if strings.HasPrefix(url, "/") {
				url = server.URL + url
			}
			got, err := c.Get(t.Context(), fetch.Request{URL: url})
			var refused *fetch.Refused
			switch {
			case tc.want == "" && err != nil:
				t.Fatal(err)
			case tc.want == "" && got.Status != http.StatusOK:
				t.Fatalf("status %d", got.Status)
			case tc.want != "" && (!errors.As(err, &refused) || refused.Reason != tc.want):
				t.Fatalf("%v, want %s", err, tc.want)
			}
		})
	}
}

// A name that was good when it was first asked for, and then points at this machine, is refused: the address is checked
// where it is dialled.
func TestANameThatFlipsIsRefused(t *testing.T) {
	server := hostile(t)
	c := fetch.New(fetch.Config{Allow: loopback, Resolver: flipping(t), Idle: -1})
	t.Cleanup(c.Close)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(server.URL, "http://"))
	url := "http://flips.test:" + port + "/good"
	if _, err := c.Get(t.Context(), fetch.Request{URL: url}); err != nil {
		t.Fatal(err)
	}
	c.Close() // the connection, so that the name is asked for again
	_, err := c.Get(t.Context(), fetch.Request{URL: url})
	var refused *fetch.Refused
	if !errors.As(err, &refused) || refused.Reason != fetch.Forbidden {
		t.Fatalf("%v, want %s", err, fetch.Forbidden)
	}
}

func TestOnlyPermanentRedirectsMoveAFeed(t *testing.T) {
	server := hostile(t)
	c := fetch.New(fetch.Config{Allow: loopback})
	t.Cleanup(c.Close)
	got, err := c.Get(t.Context(), fetch.Request{URL: server.URL + "/moved"})
	if err != nil {
		t.Fatal(err)
	}
	if want := server.URL + "/temporary"; got.Permanent != want || got.URL != server.URL+"/good" {
		t.Errorf("permanent %q, got from %q; want %q", got.Permanent, got.URL, want)
	}
	if got, err = c.Get(t.Context(), fetch.Request{URL: server.URL + "/temporary"}); err != nil || got.Permanent != "" {
		t.Errorf("permanent %q, %v; want none", got.Permanent, err)
	}
}

func TestRobotsAreHeeded(t *testing.T) {
	var asked atomic.Int32
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	none := httptest.NewServer(http.NotFoundHandler())
	some := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, "User-agent: *\nDisallow: /all\nUser-agent: quidnunc\nDisallow: /private\nCrawl-delay: 3\n")
	}))
	for _, s := range []*httptest.Server{down, none, some} {
		t.Cleanup(s.Close)
	}
	c := fetch.New(fetch.Config{Allow: loopback})
	t.Cleanup(c.Close)
	r := fetch.NewRobots(c, "quidnunc", time.Now)
	for name, tc := range map[string]struct {
		page string
		may  bool
	}{
		"what is forbidden to us":           {some.URL + "/private/x", false},
		"what is forbidden to others":       {some.URL + "/all", true},
		"a site without robots.txt":         {none.URL + "/x", true},
		"a site whose robots.txt is broken": {down.URL + "/x", false},
	} {
		if _, err := r.Check(t.Context(), tc.page); (err == nil) != tc.may {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("robots.txt was asked for %d times", n)
	}
	if d, _ := r.Check(t.Context(), some.URL+"/y"); d != 3*time.Second {
		t.Errorf("delay %s", d)
	}
}

func Example() {
	c := fetch.New(fetch.Config{Agent: "quidnunc/1.0 (+https://example.org/bot)"})
	_, err := c.Get(context.Background(), fetch.Request{URL: "http://169.254.169.254/latest/meta-data/"})
	var refused *fetch.Refused
	fmt.Println(errors.As(err, &refused), refused.Reason)
	// Output: true forbidden_address
}

// flipping is a name server: good.test is allowed, always.test is not, and flips.test is what it wants to be.
func flipping(t *testing.T) *net.Resolver {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		flips := 0
		b := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			answer := func(last byte) {
				if q.Type == dnsmessage.TypeA {
					m.Answers = append(m.Answers, dnsmessage.Resource{
						Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
						Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, last}},
					})
				}
			}
			switch q.Name.String() {
			case "good.test.":
				answer(1)
			case "always.test.":
				answer(2)
			case "flips.test.":
				if q.Type == dnsmessage.TypeA {
					flips++
				}
				answer(byte(min(flips, 2)))
			default:
				m.RCode = dnsmessage.RCodeNameError
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}
