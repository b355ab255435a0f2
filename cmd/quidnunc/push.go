package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/push"
)

// pushConfig is where programs send articles.
type pushConfig struct {
	Listen    string  `yaml:"listen"`     // address for POST /v1/articles; "": no door
	TokenFile located `yaml:"token_file"` // the token that senders must show; needed on other addresses than this machine's
}

// read checks the configuration of the door and returns its token.
func (c pushConfig) read(file string) (token string, err error) {
	if c.TokenFile.path != "" {
		data, err := os.ReadFile(c.TokenFile.path)
		if err != nil {
			return "", usagef("%s:%d:%d: push: %w", file, c.TokenFile.line, c.TokenFile.column, err)
		}
		if token = strings.TrimSpace(string(data)); token == "" {
			return "", usagef("%s:%d:%d: push: the token file is empty", file, c.TokenFile.line, c.TokenFile.column)
		}
	}
	if c.Listen == "" {
		return token, nil
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return "", usagef("%s: push: listen %q: want host:port, such as 127.0.0.1:8610", file, c.Listen)
	}
	if token == "" && !ownHost(host) {
		return "", usagef("%s: push: listen %q: other machines could send articles: set token_file", file, c.Listen)
	}
	return token, nil
}

// addPush opens the door for programs that send articles, by HTTP and, with the log's credential, by messages.
// Where its address is the API's too (mayShare: there will be one), the API opens it.
func addPush(h *house, p *plan, mayShare bool) error {
	if p.push.Listen == "" {
		return nil
	}
	door, err := push.New(push.Config{Token: p.pushToken, Registerer: h.registry})
	if err != nil {
		return err
	}
	if mayShare && p.api.shares(p.push.Listen) {
		p.door, p.api.Listen = door, p.push.Listen
	} else {
		mux := http.NewServeMux()
		mux.Handle(push.Path, door)
		bound, err := h.serve("push", p.push.Listen, mux)
		if err != nil {
			return err
		}
		announceDoor(h, bound.String())
	}
	listening, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := door.Listen(listening, h.hub); err != nil && !errors.Is(err, context.Canceled) {
			h.log.Error("push: messages are not taken", "error", err)
		}
	}()
	h.stop = append(h.stop, func() { stop(); <-ended })
	p.close = append(p.close, door.Close)
	p.inputs = append(p.inputs, producer.Input{Name: "push", Origin: news.Push, Source: door})
	return nil
}

// announceDoor says where articles are taken.
func announceDoor(h *house, addr string) {
	fmt.Fprintf(h.std.out, "push     http://%s%s, or requests to %s.%s\n", addr, push.Path, h.hub.Prefix(), push.Subject)
}
