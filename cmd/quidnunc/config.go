package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// config is quidnunc.yaml. Paths in it are relative to the file.
type config struct {
	Data    string         `yaml:"data"`    // directory of the embedded server; "": $XDG_STATE_HOME/quidnunc
	Prefix  string         `yaml:"prefix"`  // of all subjects; "": quidnunc
	NATS    natsConfig     `yaml:"nats"`    // a server elsewhere, or settings of the embedded one
	Metrics metricsConfig  `yaml:"metrics"` // the listener for Prometheus and health checks
	Sources []sourceConfig `yaml:"sources"`
	Feeds   feedsConfig    `yaml:"feeds"` // how feeds are polled
	Push    pushConfig     `yaml:"push"`  // the door for programs that send articles
	API     apiConfig      `yaml:"api"`   // the listener for people and programs who handle alerts
	Rules   []located      `yaml:"rules"` // rule files; glob patterns are allowed
	// Rules that take more work for an article than they may are put out of force. Else they are only reported.
	Quarantine bool `yaml:"quarantine"`

	file string // where it was read
}

type natsConfig struct {
	URL         string        `yaml:"url"`          // "": the server inside this process
	Creds       string        `yaml:"creds"`        // credentials file for URL
	TLS         tlsConfig     `yaml:"tls"`          // for URL
	Port        int           `yaml:"port"`         // of the embedded server; 0: 4222 or the next free one
	Replicas    int           `yaml:"replicas"`     // of the streams in a cluster; 0: 1
	Streams     string        `yaml:"streams"`      // manage (default) or check
	DedupWindow time.Duration `yaml:"dedup_window"` // 0: 2m
}

// tlsConfig names files; relative ones stand beside the configuration.
type tlsConfig struct {
	CA   string `yaml:"ca"`   // who may have signed the server's certificate; "": whom the system trusts
	Cert string `yaml:"cert"` // our own, where the server wants one
	Key  string `yaml:"key"`
}

// under is what flags say, and t where they say nothing.
func (t tlsConfig) under(flags tlsConfig) tlsConfig {
	return tlsConfig{CA: nameOr(flags.CA, t.CA), Cert: nameOr(flags.Cert, t.Cert), Key: nameOr(flags.Key, t.Key)}
}

func (t tlsConfig) stream() stream.TLS { return stream.TLS{CA: t.CA, Cert: t.Cert, Key: t.Key} }

type metricsConfig struct {
	Listen string `yaml:"listen"` // "": 127.0.0.1:9610, or the next free port; off: none
}

type sourceConfig struct {
	Name       string    `yaml:"name"`    // for people; "": the paths
	Archive    []located `yaml:"archive"` // files, directories, glob patterns
	feedSource `yaml:",inline"`
}

// located is a path and where the configuration names it.
type located struct {
	path         string
	line, column int
}

func (l *located) UnmarshalYAML(n *yaml.Node) error {
	l.line, l.column = n.Line, n.Column
	return n.Decode(&l.path)
}

func paths(ls []located) []string {
	out := make([]string, len(ls))
	for i, l := range ls {
		out[i] = l.path
	}
	return out
}

// at says where in the configuration err comes from: the first of the paths that open cannot open by itself.
func (c config) at(ls []located, err error, open func(path string) error) error {
	for _, l := range ls {
		if alone := open(l.path); alone != nil {
			return usagef("%s:%d:%d: %w", c.file, l.line, l.column, alone)
		}
	}
	return &usageError{err}
}

const (
	defaultMetrics = "127.0.0.1:9610"
	off            = "off"
)

// readConfig reads and checks a configuration file. Every error names the file and, where there is one, the line.
func readConfig(file string) (config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return config{}, usagef("configuration: %w", err)
	}
	var c config
	if err := yaml.Load(data, &c, yaml.WithKnownFields()); err != nil {
		return config{}, &usageError{describe(file, err)}
	}
	c.file = file
	c.resolve(filepath.Dir(file))
	if err := c.validate(); err != nil {
		return config{}, usagef("%s: %w", file, err)
	}
	return c, nil
}

func (c *config) resolve(dir string) {
	c.Data = below(dir, c.Data)
	for _, file := range []*string{&c.NATS.Creds, &c.NATS.TLS.CA, &c.NATS.TLS.Cert, &c.NATS.TLS.Key} {
		*file = below(dir, *file)
	}
	c.Push.TokenFile.path = below(dir, c.Push.TokenFile.path)
	c.API.TokenFile.path = below(dir, c.API.TokenFile.path)
	for i := range c.Rules {
		c.Rules[i].path = below(dir, c.Rules[i].path)
	}
	for i := range c.Sources {
		for j := range c.Sources[i].Archive {
			c.Sources[i].Archive[j].path = below(dir, c.Sources[i].Archive[j].path)
		}
		c.Sources[i].OPML = below(dir, c.Sources[i].OPML)
	}
}

func below(dir, path string) string {
	if path == "" || path == "-" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func (c config) validate() error {
	for i, s := range c.Sources {
		if err := s.validate(); err != nil {
			return fmt.Errorf("sources[%d]: %w", i, err)
		}
	}
	if err := c.Feeds.validate(); err != nil {
		return fmt.Errorf("feeds: %w", err)
	}
	if _, err := c.NATS.mode(); err != nil {
		return err
	}
	return nil
}

// has tells what a command needs that the configuration does not have: one that only consumes has no sources.
func (c config) has(n need) error {
	switch {
	case n.sources && len(c.Sources) == 0 && c.Push.Listen == "":
		return usagef("%s: sources: none. Add at least one, for example\n  sources:\n  - archive: [articles/]", c.file)
	case n.rules && len(c.Rules) == 0:
		return usagef("%s: rules: none. Name at least one rule file, for example\n  rules: [rules.yaml]", c.file)
	}
	return nil
}

func (n natsConfig) mode() (stream.Mode, error) {
	switch n.Streams {
	case "", "manage":
		return stream.Manage, nil
	case "check":
		return stream.Check, nil
	}
	return 0, fmt.Errorf("streams %q: want manage (create and update them) or check (only look)", n.Streams)
}

// describe turns what the YAML reader says into "file:line:column: what: hint", a line each.
func describe(file string, err error) error {
	var several *yaml.LoadErrors
	var one *yaml.LoadError
	switch {
	case errors.As(err, &several):
		var out []error
		for _, e := range several.Errors {
			out = append(out, describeOne(file, e))
		}
		return errors.Join(out...)
	case errors.As(err, &one):
		return describeOne(file, one)
	}
	return fmt.Errorf("%s: %w", file, err)
}

var (
	unknownField = regexp.MustCompile(`^field (\S+) not found in type`)
	noDuration   = regexp.MustCompile("^cannot construct !!\\w+ `(.*)` into time.Duration$")
)

func describeOne(file string, e *yaml.LoadError) error {
	what := e.Message
	if strings.Contains(what, "no documents in stream") {
		return fmt.Errorf("%s: the file is empty: see deploy/quidnunc.yaml for an example", file)
	}
	if m := unknownField.FindStringSubmatch(what); m != nil {
		what = fmt.Sprintf("unknown key %q", m[1])
		if near := rule.Nearest(m[1], keys(reflect.TypeFor[config]())); near != "" {
			what += fmt.Sprintf(": did you mean %q?", near)
		}
	} else if m := noDuration.FindStringSubmatch(what); m != nil {
		what = fmt.Sprintf("%q is no duration: write 90s, 15m, 6h", m[1])
	}
	return fmt.Errorf("%s:%d:%d: %s", file, e.Mark.Line, e.Mark.Column, what)
}

// keys are the YAML keys of a struct and of those in it.
func keys(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		key, ok := f.Tag.Lookup("yaml")
		if !ok {
			continue
		}
		out = append(out, key)
		inner := f.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			out = append(out, keys(inner)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// The directories of data that nobody named.
const (
	stateName   = "quidnunc"
	sampleState = "quidnunc-sample"
)

// stateDir is where data live when nothing else is said.
func stateDir(name string) (string, error) {
	base := os.Getenv("XDG_STATE_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", usagef("no place for the data: %w. Set XDG_STATE_HOME or name a directory with --data", err)
		}
		base = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(base, name), nil
}
