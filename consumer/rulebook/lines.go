package rulebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
)

// maxLines bounds a file of a rule a line, in bytes; maxLine one line of it.
const (
	maxLines = 1 << 30
	maxLine  = 2 << 20
)

func isLines(name string) bool { return strings.HasSuffix(name, ".jsonl") }

// lines reads a file of a rule a line. An error names the file and the line.
func (l *loader) lines(s source) {
	doc := &document{name: s.name}
	lines := bytes.Split(s.data, []byte("\n"))
	rules, errs := make([]rule.Rule, len(lines)), make([]error, len(lines))
	spread(len(lines), func(i int) {
		if lines[i] = bytes.TrimSpace(lines[i]); len(lines[i]) > 0 {
			rules[i], errs[i] = l.readLine(lines[i])
		}
	})
	l.book.Rules = slices.Grow(l.book.Rules, len(lines))
	for i, r := range rules {
		if len(lines[i]) == 0 {
			continue
		}
		at := place{doc: doc, line: i + 1, column: 1}
		if err := errs[i]; err != nil {
			if l.errs.add(at, "%v", err); len(l.errs.list) > 10*maxErrors {
				return
			}
			continue
		}
		l.claim(l.rules, "rule", r.Name, at)
		for _, to := range r.To {
			l.wanted = append(l.wanted, reference{
				in: l.receivers, kind: "receiver", name: to, at: at, known: []string{DefaultReceiver, TerminalReceiver},
			})
		}
		l.book.Rules = append(l.book.Rules, r)
		l.book.Places = append(l.book.Places, map[string]Place{"": {s.name, i + 1, 1}})
	}
}

// broken is where the first byte stands that is no UTF-8.
func broken(data []byte) int {
	for at := 0; at < len(data); {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n == 1 {
			return at
		}
		at += n
	}
	return len(data)
}

func (l *loader) readLine(data []byte) (rule.Rule, error) {
	if len(data) > maxLine {
		return rule.Rule{}, fmt.Errorf("a line of more than %d MiB", maxLine>>20)
	}
	if !utf8.Valid(data) { // else broken bytes would become other letters
		return rule.Rule{}, fmt.Errorf("not UTF-8: byte %d of the line", broken(data)+1)
	}
	var v ruleV1 // its keys are those of the YAML, and each
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return rule.Rule{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return rule.Rule{}, errors.New("want one object a line")
	}
	r, err := v.rule()
	if err != nil {
		return r, err
	}
	if r, err = r.Complete(); err != nil {
		return r, err
	}
	r = r.Bind(l.lists)
	if err := rule.Validate(r.Expr, l.gazetteer); err != nil {
		return r, fmt.Errorf("rule %s: %w", r.Name, err)
	}
	for i, step := range r.When.Steps {
		if err := rule.Validate(step.Expr, l.gazetteer); err != nil {
			return r, fmt.Errorf("rule %s: step %d: %w", r.Name, i+1, err)
		}
	}
	if r.Summary != "" {
		if _, err := rule.ParseSummary(r.Summary); err != nil {
			return r, fmt.Errorf("rule %s: %w", r.Name, err)
		}
	}
	return r, r.Check()
}
