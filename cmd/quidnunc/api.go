package main

import (
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/quidnunc-news/quidnunc/producer/push"
)

// apiConfig is the listener for those who handle alerts, and for feeds.
type apiConfig struct {
	Listen    string  `yaml:"listen"`     // "": 127.0.0.1:8610, or the next free port; off: none
	TokenFile located `yaml:"token_file"` // the token that everybody must show; needed on other addresses than this machine's
}

const defaultAPI = "127.0.0.1:8610"

// token reads and checks what the configuration says of it.
func (c apiConfig) token(file string) (string, error) {
	token := ""
	if c.TokenFile.path != "" {
		data, err := os.ReadFile(c.TokenFile.path)
		if err != nil {
			return "", usagef("%s:%d:%d: api: %w", file, c.TokenFile.line, c.TokenFile.column, err)
		}
		if token = strings.TrimSpace(string(data)); token == "" {
			return "", usagef("%s:%d:%d: api: the token file is empty", file, c.TokenFile.line, c.TokenFile.column)
		}
	}
	if c.Listen == "" || c.Listen == off {
		return token, nil
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return "", usagef("api: listen %q: want host:port, such as %s, or 'off'", c.Listen, defaultAPI)
	}
	if token == "" && !ownHost(host) {
		return "", usagef("api: listen %q: other machines could handle alerts: set api.token_file", c.Listen)
	}
	return token, nil
}

// ownHost tells whether only this machine can reach an address.
func ownHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// shares tells whether the door for articles is at the API's address.
func (c apiConfig) shares(push string) bool {
	return c.Listen == push || c.Listen == "" && push == defaultAPI
}

// addAPI opens the listener for those who handle alerts.
func addAPI(h *house, p *plan) error {
	if p.api.Listen == off {
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/", newDesk(h.hub).Handler(p.style.Names))
	mux.HandleFunc("GET /feeds/{name}", p.workshop.feeds)
	token := nameOr(p.apiToken, p.pushToken)
	guarded := http.NewServeMux()
	guarded.Handle("/", guard(token, mux))
	if p.door != nil {
		guarded.Handle(push.Path, p.door) // it asks for its own token
	}
	l, err := listenNear(p.api.Listen, defaultAPI)
	if err != nil {
		return fmt.Errorf("api: %w. Choose another address with --api, or 'off'", err)
	}
	h.serveOn("api", l, guarded)
	if p.door != nil {
		announceDoor(h, l.Addr().String())
	}
	fmt.Fprintf(h.std.out, "api      http://%s/v1/alerts   feeds /feeds/NAME.atom\n", l.Addr())
	return nil
}

// guard lets those in who show the token (as a bearer's, or as a password, for feed readers). Without a token only this
// machine is let in, by an address that is its own: a web page elsewhere cannot reach through a browser here.
func guard(token string, next http.Handler) http.Handler {
	own := http.NewCrossOriginProtection()
	return own.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token == "" {
			host, _, err := net.SplitHostPort(r.Host)
			if err != nil {
				host = r.Host
			}
			if !ownHost(strings.Trim(host, "[]")) {
				http.Error(w, "ask by the address of this machine, or set api.token_file", http.StatusForbidden)
				return
			}
		} else if !shows(r, token) {
			w.Header().Set("WWW-Authenticate", `Basic realm="quidnunc"`)
			http.Error(w, "show the token", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

func shows(r *http.Request, token string) bool {
	shown, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		_, shown, _ = r.BasicAuth()
	}
	return subtle.ConstantTimeCompare([]byte(shown), []byte(token)) == 1
}
