package rulebook

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
)

// value is a node of a rule file, with the names of the keys that lead to it.
type value struct {
	*yaml.Node
	doc  *document
	errs *problems
	path string // "rules[2].when"
}

func (v value) place() place { return v.doc.at(v.Node) }

func (v value) fail(format string, args ...any) {
	v.errs.add(v.place(), "%s: %s", v.path, fmt.Sprintf(format, args...))
}

// root parses the document. An empty one is fine; ok is false if there is nothing to read in it.
func (d *document) root(errs *problems) (v value, ok bool) {
	var n yaml.Node
	if err := yaml.Load(d.data, &n); err != nil {
		if len(bytes.TrimSpace(stripComments(d.data))) > 0 {
			errs.list = append(errs.list, d.yamlError(err))
		}
		return value{}, false
	}
	if n.Kind != yaml.DocumentNode || len(n.Content) == 0 || n.Content[0].Tag == "!!null" {
		return value{}, false
	}
	return value{Node: deref(n.Content[0]), doc: d, errs: errs}, true
}

func stripComments(data []byte) []byte {
	var out []byte
	for line := range bytes.Lines(data) {
		if !bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) {
			out = append(out, line...)
		}
	}
	return out
}

// yamlError is the first of the parser's complaints in our form.
func (d *document) yamlError(err error) error {
	problem, mark := err.Error(), yaml.Mark{}
	var one *yaml.LoadError
	if errors.As(err, &one) {
		problem, mark = one.Message, one.Mark
		if one.ContextMsg != "" {
			problem += " (" + one.ContextMsg + ")"
		}
	}
	problem = "not YAML: " + strings.TrimPrefix(problem, "yaml: ")
	if mark.Line < 1 {
		return &Error{Lint: NotYAML, File: d.name, Problem: problem}
	}
	return place{d, mark.Line, max(1, mark.Column)}.shown(NotYAML, problem)
}

func deref(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n
}

// handler reads the value of one key.
type handler func(value)

// fields reads a mapping: each key by its handler, none twice. Later names keys of the full format that this version
// refuses.
func (v value) fields(handlers map[string]handler, later ...string) {
	if v.Kind != yaml.MappingNode {
		v.fail("want keys and values")
		return
	}
	seen := map[string]place{}
	for i := 0; i+1 < len(v.Content); i += 2 {
		key := deref(v.Content[i])
		at := v.doc.at(v.Content[i])
		sub := value{Node: deref(v.Content[i+1]), doc: v.doc, errs: v.errs, path: join(v.path, key.Value)}
		handle, known := handlers[key.Value]
		before, again := seen[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode:
			v.errs.add(at, "%s: want a plain key", v.path)
		case again:
			v.errs.add(at, "%s: the key is already at %s", sub.path, before)
		case known:
			handle(sub)
		case slices.Contains(later, key.Value):
			v.errs.add(at, "%s: not yet supported", sub.path)
		default:
			v.errs.add(at, "unknown key %q%s", sub.path, didYouMean(key.Value, keysOf(handlers)))
		}
		seen[key.Value] = at
	}
}

func keysOf(handlers map[string]handler) []string {
	var out []string
	for k := range handlers {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// items reads a sequence, each element by handle.
func (v value) items(handle handler) {
	if v.Kind == yaml.ScalarNode && v.Tag == "!!null" {
		return
	}
	if v.Kind != yaml.SequenceNode {
		v.fail("want a list")
		return
	}
	for i, n := range v.Content {
		handle(value{Node: deref(n), doc: v.doc, errs: v.errs, path: fmt.Sprintf("%s[%d]", v.path, i)})
	}
}

// text is a scalar as written; ok is false, and the error told, if it is none.
func (v value) text() (s string, ok bool) {
	if v.Kind != yaml.ScalarNode || v.Tag == "!!null" {
		v.fail("want a text")
		return "", false
	}
	return v.Value, true
}

// into puts a scalar into s.
func into(s *string) handler {
	return func(v value) {
		if text, ok := v.text(); ok {
			*s = text
		}
	}
}

// oneOf puts a scalar into s if it is one of the values.
func oneOf[T ~string](s *T, values []T) handler {
	return func(v value) {
		text, ok := v.text()
		if !ok {
			return
		}
		if !slices.Contains(values, T(text)) {
			names := make([]string, len(values))
			for i, x := range values {
				names[i] = string(x)
			}
			hint := didYouMean(text, names)
			if hint == "" {
				hint = ": want one of " + strings.Join(names, ", ")
			}
			v.fail("%q%s", text, hint)
			return
		}
		*s = T(text)
	}
}

// duration puts a length of time into d.
func duration(d *time.Duration) handler {
	return func(v value) {
		text, ok := v.text()
		if !ok {
			return
		}
		parsed, err := rule.ParseDuration(text)
		if err != nil || parsed <= 0 {
			v.fail("%q is no length of time: want such as 30m, 6h or 7d", text)
			return
		}
		*d = parsed
	}
}
