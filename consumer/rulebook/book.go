// Package rulebook reads rule files.
//
// A file holds rules, receivers and tests. What is wrong in it is told with file, line and column, all at once, and
// with the nearest known word where one was mistyped. The rules alone go into the log, as a canonical encoding with a
// content hash; receivers hold secrets and stay in the process.
package rulebook

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/trial"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

// Book is what rule files say, in the order of the files.
type Book struct {
	Rules     []rule.Rule
	Places    []map[string]Place // of each of the Rules, where its keys stand; under "" the rule itself
	Receivers []Receiver
	Tests     []trial.Case
}

// The receivers that are there without being described.
const (
	DefaultReceiver  = trial.DefaultReceiver
	TerminalReceiver = "terminal"
)

// maxFile bounds a rule file, in bytes.
const maxFile = 32 << 20

// Load reads rule files as one Book; a path may be a glob pattern. A file whose name ends in .jsonl holds a rule a line. Names are unique across the files. The error joins an
// *Error for each thing that is wrong.
func Load(paths ...string) (Book, error) {
	files, err := expand(paths)
	if err != nil {
		return Book{}, err
	}
	var sources []source
	for _, f := range files {
		data, err := readFile(f)
		if err != nil {
			return Book{}, err
		}
		sources = append(sources, source{f, data})
	}
	return read(sources)
}

// Parse reads the bytes of one rule file. Its name stands in errors, and paths in it are relative to the name's
// directory.
func Parse(name string, data []byte) (Book, error) { return read([]source{{name, data}}) }

type source struct {
	name string
	data []byte
}

// expand replaces glob patterns by the files they match, sorted, each file once.
func expand(paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		found, err := filepath.Glob(p)
		if err != nil {
			return nil, fmt.Errorf("rules: %s: %w", p, err)
		}
		if len(found) == 0 {
			if _, err := os.Stat(p); err != nil {
				return nil, fmt.Errorf("rules: %w", err)
			}
			found = []string{p} // a file whose name has brackets in it
		}
		for _, f := range found {
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	limit := maxFile
	if isLines(name) {
		limit = maxLines
	}
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	if len(data) > limit {
		return nil, fmt.Errorf("rules: %s: more than %d MiB", name, limit>>20)
	}
	return data, nil
}

func read(sources []source) (Book, error) {
	l := loader{gazetteer: gazetteer.Default(), rules: map[string]place{}, receivers: map[string]place{}, lists: map[string][]string{}, listed: map[string]place{}}
	for _, s := range sources {
		if !isLines(s.name) {
			l.listsOf(s)
		}
	}
	for _, s := range sources {
		if isLines(s.name) {
			l.lines(s)
		} else {
			l.file(s)
		}
	}
	l.link()
	if err := l.errs.join(); err != nil {
		return Book{}, err
	}
	return l.book, nil
}

// loader gathers the Book and all that is wrong.
type loader struct {
	book      Book
	gazetteer *gazetteer.Gazetteer
	rules     map[string]place // where each was named
	receivers map[string]place
	lists     map[string][]string // of all files, read first
	listed    map[string]place
	wanted    []reference
	errs      problems
}

// reference is a name that something in a file must bear.
type reference struct {
	in    map[string]place
	kind  string // "receiver", "rule"
	name  string
	at    place
	known []string // names that need nobody to bear them
}

// link finds the names that nothing bears, once all files are read.
func (l *loader) link() {
	for _, r := range l.wanted {
		if _, ok := r.in[r.name]; ok || slices.Contains(r.known, r.name) {
			continue
		}
		candidates := slices.Clone(r.known)
		for name := range r.in {
			candidates = append(candidates, name)
		}
		slices.Sort(candidates)
		l.errs.named("unknown-"+r.kind, r.at, "no %s is named %q%s", r.kind, r.name, didYouMean(r.name, candidates))
	}
}

// claim notes a name, or says where it stands already.
func (l *loader) claim(names map[string]place, kind, name string, at place) {
	if before, ok := names[name]; ok {
		l.errs.add(at, "%s %q is already at %s", kind, name, before)
		return
	}
	names[name] = at
}

func didYouMean(s string, candidates []string) string {
	if near := rule.Nearest(s, candidates); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	return ""
}

// maxErrors bounds how many errors are told at once.
const maxErrors = 20

type problems struct{ list []error }

func (p *problems) add(at place, format string, args ...any) {
	p.list = append(p.list, at.err(fmt.Sprintf(format, args...)))
}

// named adds a problem of a kind that has a name.
func (p *problems) named(lint string, at place, format string, args ...any) {
	e := at.err(fmt.Sprintf(format, args...))
	e.Lint = lint
	p.list = append(p.list, e)
}

func (p *problems) join() error {
	if n := len(p.list) - maxErrors; n > 0 {
		return errors.Join(append(p.list[:maxErrors:maxErrors], fmt.Errorf("and %d more", n))...)
	}
	return errors.Join(p.list...)
}
