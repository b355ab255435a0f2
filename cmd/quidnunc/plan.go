package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/quidnunc-news/quidnunc/cmd/quidnunc/sample"
	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/archive"
)

// settings are the flags of the commands that start roles.
type settings struct {
	place
	look
	config      string
	metrics     string
	api         string
	streams     string
	port        int
	dedupWindow time.Duration
}

func (s *settings) flags(f *pflag.FlagSet) {
	s.place.flags(f)
	s.look.flags(f)
	f.StringVarP(&s.config, "config", "c", "", "configuration file; deploy/quidnunc.yaml is an example")
	f.StringVar(&s.metrics, "metrics", "", "address for metrics and health, or 'off' (default "+defaultMetrics+", or the next free port)")
	f.StringVar(&s.api, "api", "", "address of the API and the feeds, or 'off' (default "+defaultAPI+", or the next free port)")
	f.StringVar(&s.streams, "streams", "", "manage the streams (default), or only check them")
	f.IntVar(&s.port, "port", 0, "port of the embedded NATS server (default 4222, or the next free one)")
	f.DurationVar(&s.dedupWindow, "dedup-window", 0, "how long the server remembers what was published (default 2m)")
}

// plan is everything a process will do, checked before anything is started.
type plan struct {
	house     houseConfig
	log       *slog.Logger
	style     notify.Style
	inputs    []producer.Input
	feeds     feedPlan // opened when the log is there, which remembers them
	push      pushConfig
	pushToken string
	archives  []archiveInput // of the inputs
	notes     *bookmarks     // of the archives
	ruleFiles []string       // watched for changes; none for the sample
	book      rulebook.Book
	ward      bool // rules that cost too much are put out of force
	workshop  *workshop
	receivers []courier.Receiver
	api       apiConfig
	apiToken  string
	door      http.Handler // for articles, where it shares the API's address
	sample    bool
	close     []func()
}

// archiveInput is an archive and where it was told to lie; nowhere for the sample.
type archiveInput struct {
	source *archive.Source
	paths  []string
}

// need says which parts of a plan a command wants.
type need struct{ sources, rules bool }

// plan reads the configuration, or takes the sample where there is none. Every error is one the user can mend.
func (s *settings) plan(std streams, n need) (*plan, error) {
	p := &plan{}
	var err error
	if p.log, err = newLog(std.err, s.level); err != nil {
		return nil, err
	}
	if p.style, err = s.style(std.out); err != nil {
		return nil, err
	}
	c := config{}
	if s.config != "" {
		if c, err = readConfig(s.config); err != nil {
			return nil, err
		}
		if err := c.has(n); err != nil {
			return nil, err
		}
	}
	p.sample = s.config == ""
	p.api = c.API
	p.api.Listen = nameOr(s.api, c.API.Listen)
	if p.apiToken, err = p.api.token(c.file); err != nil {
		return nil, err
	}
	if p.house, err = s.house(c, p.sample); err != nil {
		return nil, err
	}
	if n.rules {
		if err := p.readRules(c, std.out); err != nil {
			return nil, err
		}
	}
	if n.sources {
		if err := p.openSources(c); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *plan) end() {
	for _, f := range p.close {
		f()
	}
}

// house puts flags over the configuration.
func (s *settings) house(c config, sample bool) (houseConfig, error) {
	h := houseConfig{data: nameOr(s.data, c.Data), prefix: nameOr(s.prefix, c.Prefix), nats: c.NATS, listen: nameOr(s.metrics, c.Metrics.Listen)}
	h.nats.URL = nameOr(s.url, h.nats.URL)
	h.nats.Creds = nameOr(s.creds, h.nats.Creds)
	h.nats.TLS = h.nats.TLS.under(s.tls)
	h.nats.Streams = nameOr(s.streams, h.nats.Streams)
	if s.port != 0 {
		h.nats.Port = s.port
	}
	if s.dedupWindow != 0 {
		h.nats.DedupWindow = s.dedupWindow
	}
	if err := h.validate(); err != nil {
		return h, &usageError{err}
	}
	if h.data != "" || h.nats.URL != "" {
		return h, nil
	}
	name := stateName
	if sample {
		name = sampleState
	}
	var err error
	h.data, err = stateDir(name)
	return h, err
}

// validate finds what cannot work before anything is started.
func (h houseConfig) validate() error {
	if _, err := h.nats.mode(); err != nil {
		return err
	}
	if (h.nats.Creds != "" || h.nats.TLS != tlsConfig{}) && h.nats.URL == "" {
		return errors.New("credentials and certificates are for a NATS server elsewhere: name it with --nats, or nats.url in the configuration")
	}
	server := stream.ServerConfig{Dir: nameOr(h.data, "."), Port: h.nats.Port, Prefix: h.prefix}
	if err := server.Validate(); err != nil {
		return err
	}
	client := stream.Config{
		URL: nameOr(h.nats.URL, "nats://127.0.0.1"), TLS: h.nats.TLS.stream(), Prefix: h.prefix, Replicas: h.nats.Replicas, DedupWindow: h.nats.DedupWindow,
	}
	if err := client.Validate(); err != nil {
		return err
	}
	if h.listen == "" || h.listen == off {
		return nil
	}
	if _, port, err := net.SplitHostPort(h.listen); err != nil || port == "" {
		return fmt.Errorf("metrics address %q: want host:port, such as %s, or 'off'", h.listen, defaultMetrics)
	}
	return nil
}

func (p *plan) readRules(c config, out io.Writer) error {
	p.ward = c.Quarantine
	var err error
	if p.sample {
		p.book, err = rulebook.Parse("sample/rules.yaml", sample.Rules())
	} else {
		p.ruleFiles = paths(c.Rules)
		p.book, err = rulebook.Load(p.ruleFiles...)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return c.at(c.Rules, err, func(path string) error { _, err := rulebook.Load(path); return err })
	}
	if err != nil {
		return &usageError{err}
	}
	p.workshop = newWorkshop(out, p.style)
	p.receivers, err = p.workshop.receivers(p.book.Receivers)
	if err != nil {
		return &usageError{err}
	}
	return nil
}

func (p *plan) openSources(c config) error {
	cfg := archive.Config{Now: time.Now}
	if p.sample {
		source, err := archive.OpenFS(cfg, sample.Articles())
		if err != nil {
			return err
		}
		p.add("the sample", source, nil)
		return nil
	}
	if err := p.feeds.read(c); err != nil {
		return err
	}
	token, err := c.Push.read(c.file)
	if err != nil {
		return err
	}
	p.push, p.pushToken = c.Push, token
	for _, s := range c.Sources {
		if len(s.Archive) == 0 {
			continue
		}
		source, err := archive.Open(cfg, paths(s.Archive)...)
		if err != nil {
			return c.at(s.Archive, err, func(path string) error {
				alone, err := archive.Open(cfg, path)
				if err == nil {
					alone.Close()
				}
				return err
			})
		}
		p.add(nameOr(s.Name, strings.Join(paths(s.Archive), ", ")), source, paths(s.Archive))
	}
	return nil
}

func (p *plan) add(name string, source *archive.Source, paths []string) {
	p.inputs = append(p.inputs, producer.Input{Name: name, Origin: news.Archive, Source: source})
	p.archives = append(p.archives, archiveInput{source, paths})
	p.close = append(p.close, source.Close)
}

// holder names this process to those who ask who commits.
func holder(h *house) string {
	if h.server != nil {
		return "embedded" // the lock on the data directory lets only one be
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}
